// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "lib/answer.h"
#include "folded.h"
#include "kind.h"
#include "value.h"

bool folded_output;

struct line {
	char *stack;
	long long number;
};

/* Frames stand between semicolons, lines end with a newline: no name has either. */
static void add_frame(struct text *out, const char *name, size_t len, const char *suffix)
{
	size_t i;

	if (out->len)
		text_char(out, ';');
	for (i = 0; i < len; i++)
		text_char(out, name[i] == ';' ? ':' : name[i] == '\n' ? ' ' : name[i]);
	text_puts(out, suffix);
}

/* Calls from two places of a function are one frame: "read+12" is "read". */
static size_t without_offset(const char *frame, size_t len)
{
	size_t end = len;

	while (end && isdigit((unsigned char)frame[end - 1]))
		end--;
	return end > 1 && end < len && frame[end - 1] == '+' ? end - 1 : len;
}

static void add_line(struct text *out, const char *line, size_t len, const char *suffix)
{
	/* kstack(perf) */
	if (len && *line == '\t') {
		line++;
		len--;
	}
	if (len)
		add_frame(out, line, without_offset(line, len), suffix);
}

/* @lines: frames as they are printed, the innermost first. */
static void add_stack(struct text *out, const char *lines, const char *suffix)
{
	const char *end = lines + strlen(lines);

	while (end > lines) {
		const char *frame = end;

		while (frame > lines && frame[-1] != '\n')
			frame--;
		add_line(out, frame, end - frame, suffix);
		end = frame > lines ? frame - 1 : lines;
	}
}

static bool is_stack(const struct kps_field *field)
{
	return field->type == KPS_T_KSTACK || field->type == KPS_T_USTACK;
}

static void add_field(struct text *out, const struct kps_field *field,
		      const struct datum *datum)
{
	struct text text = { 0 };

	value_write(&text, field, datum, 0);
	text_string(&text);
	if (is_stack(field))
		add_stack(out, text.data, field->type == KPS_T_KSTACK ? "_[k]" : "");
	else
		add_frame(out, text.data, text.len, "");
	text_free(&text);
}

/* In which order fields are gone through: user space called the kernel. */
static unsigned int place_of(const struct kps_field *field)
{
	return !is_stack(field) ? 0 : field->type == KPS_T_USTACK ? 1 : 2;
}

static char *fold(const struct map_answer *map, const struct entry_answer *entry)
{
	struct text text = { 0 };
	unsigned int place;
	size_t i;

	for (place = 0; place <= 2; place++)
		for (i = 0; i < entry->nr_key; i++)
			if (place_of(&map->key[i]) == place)
				add_field(&text, &map->key[i], &entry->key[i]);
	text_string(&text);
	return text.data;
}

static bool has_stack(const struct map_answer *map)
{
	size_t i;

	for (i = 0; i < map->nr_key; i++)
		if (is_stack(&map->key[i]))
			return true;
	return false;
}

/* Stacks that differ in offsets alone become one: that takes a sum. */
static bool has_sum(const struct map_answer *map)
{
	switch (map->kind) {
	case KPS_MAP_AVG:
	case KPS_MAP_MIN:
	case KPS_MAP_MAX:
		return false;
	case KPS_MAP_VALUE:
		return map->nr_value == 1 && map->value[0].type == KPS_T_INT;
	default:
		return true;
	}
}

static long long number_of(const struct map_answer *map, const struct entry_answer *entry)
{
	if (map->kind == KPS_MAP_VALUE)
		return entry->nr_plain ? (long long)entry->plain[0].number : 0;
	return kind_of(map)->weight(map, entry);
}

static int by_stack(const void *left, const void *right)
{
	const struct line *a = left, *b = right;

	return strcmp(a->stack, b->stack);
}

static void print_lines(struct line *lines, size_t nr, long long div)
{
	size_t i;

	qsort(lines, nr, sizeof(*lines), by_stack);
	for (i = 0; i < nr; i++) {
		if (i + 1 < nr && !strcmp(lines[i].stack, lines[i + 1].stack))
			lines[i + 1].number += lines[i].number;
		else
			printf("%s %lld\n", lines[i].stack, lines[i].number / (div ? div : 1));
	}
}

void folded_print(const struct map_answer *map, size_t first, long long div)
{
	struct line *lines;
	size_t nr = map->nr_entries - first, i;

	if (!has_stack(map) || !has_sum(map)) {
		warning("%s is left out: %s", map->name,
			has_stack(map) ? "its values have no sum" : "its key holds no stack");
		return;
	}
	lines = xcalloc(nr, sizeof(*lines));
	for (i = 0; i < nr; i++) {
		const struct entry_answer *entry = &map->entries[first + i];

		lines[i] = (struct line){ fold(map, entry), number_of(map, entry) };
	}
	print_lines(lines, nr, div);
	for (i = 0; i < nr; i++)
		free(lines[i].stack);
	free(lines);
}

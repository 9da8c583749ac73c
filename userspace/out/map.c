// SPDX-License-Identifier: GPL-2.0
/*
 * Maps as bpftrace prints them.  Entries come sorted from the module.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "json.h"
#include "lib/answer.h"
#include "map.h"

#define BAR_WIDTH 52
#define LABEL_SIZE 64

static bool is_signed(const struct kps_field *field)
{
	return field->flags & KPS_FIELD_SIGNED;
}

static bool is_histogram(const struct map_answer *map)
{
	return map->kind == KPS_MAP_HIST || map->kind == KPS_MAP_LHIST;
}

static long long average(const struct entry_answer *entry)
{
	if (entry->nr_values < 2 || !entry->values[0])
		return 0;
	return (long long)entry->values[1] / (long long)entry->values[0];
}

static unsigned long long first_value(const struct entry_answer *entry)
{
	return entry->nr_values ? entry->values[0] : 0;
}

/* 1024 is "1K": limits of hist() are powers of two. */
static void power_text(unsigned long long value, char *text, size_t size)
{
	static const char suffixes[] = "KMGTPE";
	int i = -1;

	while (value >= 1024 && !(value % 1024) && suffixes[i + 1]) {
		value /= 1024;
		i++;
	}
	if (i < 0)
		snprintf(text, size, "%llu", value);
	else
		snprintf(text, size, "%llu%c", value, suffixes[i]);
}

static void hist_label(unsigned int bucket, char *text)
{
	char from[24], to[24];

	if (!bucket) {
		strcpy(text, "(..., 0)");
	} else if (bucket <= 2) {
		snprintf(text, LABEL_SIZE, "[%u]", bucket - 1);
	} else {
		power_text(1ULL << (bucket - 2), from, sizeof(from));
		power_text(1ULL << (bucket - 1), to, sizeof(to));
		snprintf(text, LABEL_SIZE, "[%s, %s)", from, to);
	}
}

static unsigned int lhist_last(const struct kps_lhist *lhist)
{
	unsigned long long span = lhist->max - lhist->min;

	return 1 + (span + lhist->step - 1) / lhist->step;
}

static void lhist_label(const struct kps_lhist *lhist, unsigned int bucket,
			char *text)
{
	long long from = lhist->min + (long long)(bucket - 1) * lhist->step;

	if (!bucket)
		snprintf(text, LABEL_SIZE, "(..., %" PRId64 ")",
			 (int64_t)lhist->min);
	else if (bucket == lhist_last(lhist))
		snprintf(text, LABEL_SIZE, "[%" PRId64 ", ...)",
			 (int64_t)lhist->max);
	else
		snprintf(text, LABEL_SIZE, "[%lld, %lld)", from,
			 from + (long long)lhist->step);
}

void bucket_label(const struct map_answer *map, unsigned int bucket, char *text)
{
	if (map->kind == KPS_MAP_HIST)
		hist_label(bucket, text);
	else
		lhist_label(&map->lhist, bucket, text);
}

struct range {
	unsigned int first;
	unsigned int end;	/* one past the last */
	unsigned long long most;
};

/* From the first to the last bucket that has anything. */
static struct range find_range(const struct entry_answer *entry)
{
	struct range range = { 0, 0, 0 };
	unsigned int i;

	for (i = 0; i < entry->nr_values; i++) {
		if (!entry->values[i])
			continue;
		if (!range.end)
			range.first = i;
		range.end = i + 1;
		if (entry->values[i] > range.most)
			range.most = entry->values[i];
	}
	return range;
}

static void print_histogram(const struct map_answer *map,
			    const struct entry_answer *entry)
{
	static const char full[] =
		"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@";
	struct range range = find_range(entry);
	unsigned int i;

	for (i = range.first; i < range.end; i++) {
		int width = (double)entry->values[i] / range.most * BAR_WIDTH;
		char label[LABEL_SIZE];

		bucket_label(map, i, label);
		printf("%-16s%8llu |%.*s%*s|\n", label, entry->values[i],
		       width, full, BAR_WIDTH - width, "");
	}
	putchar('\n');
}

static void print_number(unsigned long long number, const struct kps_field *field)
{
	if (is_signed(field))
		printf("%lld", (long long)number);
	else
		printf("%llu", number);
}

static void print_stack(const char *text)
{
	putchar('\n');
	while (*text) {
		int len = strcspn(text, "\n");

		printf("    %.*s\n", len, text);
		text += len + (text[len] == '\n');
	}
}

static void print_key(const struct map_answer *map,
		      const struct entry_answer *entry)
{
	size_t i;

	if (!entry->nr_key)
		return;
	putchar('[');
	for (i = 0; i < entry->nr_key; i++) {
		bool stack = map->key[i].type == KPS_T_KSTACK;

		if (i)
			printf(stack ? "," : ", ");
		if (stack)
			print_stack(entry->key[i].text);
		else if (entry->key[i].is_text)
			printf("%s", entry->key[i].text);
		else
			print_number(entry->key[i].number, &map->key[i]);
	}
	putchar(']');
}

static void print_value(const struct map_answer *map,
			const struct entry_answer *entry)
{
	switch (map->kind) {
	case KPS_MAP_AVG:
		printf("%lld\n", average(entry));
		break;
	case KPS_MAP_STATS:
		printf("count %llu, average %lld, total %lld\n",
		       first_value(entry), average(entry),
		       entry->nr_values > 1 ? (long long)entry->values[1] : 0);
		break;
	case KPS_MAP_VALUE:
		if (entry->plain.is_text)
			printf("%s", entry->plain.text);
		else
			print_number(entry->plain.number, &map->value);
		putchar('\n');
		break;
	default:
		print_number(first_value(entry), &map->value);
		putchar('\n');
	}
}

static void print_entry(const struct map_answer *map,
			const struct entry_answer *entry)
{
	printf("%s", map->name);
	print_key(map, entry);
	if (is_histogram(map)) {
		fputs(": ", stdout);
		putchar('\n');
		print_histogram(map, entry);
		return;
	}
	printf(": ");
	print_value(map, entry);
}

/* bpftrace joins the fields of a key with commas. */
static char *key_text(const struct map_answer *map,
		      const struct entry_answer *entry)
{
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	for (i = 0; i < entry->nr_key; i++) {
		const struct datum *datum = &entry->key[i];

		if (i)
			fputc(',', out);
		if (datum->is_text)
			fputs(datum->text, out);
		else if (is_signed(&map->key[i]))
			fprintf(out, "%lld", (long long)datum->number);
		else
			fprintf(out, "%llu", datum->number);
	}
	fclose(out);
	return text;
}

static struct json_object *json_number(unsigned long long number,
				       const struct kps_field *field)
{
	if (is_signed(field))
		return json_object_new_int64(number);
	return json_object_new_uint64(number);
}

static void hist_bounds(struct json_object *object, unsigned int bucket)
{
	if (!bucket) {
		json_add_int(object, "max", -1);
	} else if (bucket == 1) {
		json_add_int(object, "min", 0);
		json_add_int(object, "max", 0);
	} else {
		json_add_uint(object, "min", 1ULL << (bucket - 2));
		json_add_uint(object, "max", (1ULL << (bucket - 1)) - 1);
	}
}

static void json_bounds(struct json_object *object,
			const struct map_answer *map, unsigned int bucket)
{
	const struct kps_lhist *lhist = &map->lhist;
	long long from;

	if (map->kind == KPS_MAP_HIST) {
		hist_bounds(object, bucket);
		return;
	}
	from = lhist->min + (long long)(bucket - 1) * lhist->step;
	if (bucket)
		json_add_int(object, "min",
			     bucket == lhist_last(lhist) ? lhist->max : from);
	if (bucket != lhist_last(lhist))
		json_add_int(object, "max", bucket ? from + lhist->step - 1 :
			     lhist->min - 1);
}

static struct json_object *json_histogram(const struct map_answer *map,
					  const struct entry_answer *entry)
{
	struct json_object *buckets = json_object_new_array();
	struct range range = find_range(entry);
	unsigned int i;

	for (i = range.first; i < range.end; i++) {
		struct json_object *bucket = json_object_new_object();

		json_bounds(bucket, map, i);
		json_add_uint(bucket, "count", entry->values[i]);
		json_object_array_add(buckets, bucket);
	}
	return buckets;
}

static struct json_object *json_value(const struct map_answer *map,
				      const struct entry_answer *entry)
{
	struct json_object *stats;

	switch (map->kind) {
	case KPS_MAP_HIST:
	case KPS_MAP_LHIST:
		return json_histogram(map, entry);
	case KPS_MAP_AVG:
		return json_object_new_int64(average(entry));
	case KPS_MAP_STATS:
		stats = json_object_new_object();
		json_add_uint(stats, "count", first_value(entry));
		json_add_int(stats, "average", average(entry));
		json_add_int(stats, "total",
			     entry->nr_values > 1 ? entry->values[1] : 0);
		return stats;
	case KPS_MAP_VALUE:
		if (entry->plain.is_text)
			return json_object_new_string(entry->plain.text);
		return json_number(entry->plain.number, &map->value);
	default:
		return json_number(first_value(entry), &map->value);
	}
}

static const char *document_type(const struct map_answer *map)
{
	if (is_histogram(map))
		return "hist";
	return map->kind == KPS_MAP_STATS ? "stats" : "map";
}

/* {"type": "map", "data": {"@name": {"key": value}}}, as bpftrace -f json. */
static void json_map(const struct map_answer *map)
{
	struct json_object *document = json_object_new_object();
	struct json_object *data = json_object_new_object();
	struct json_object *keyed = NULL;
	size_t i;

	json_add_string(document, "type", document_type(map));
	json_object_object_add(document, "data", data);
	if (map->nr_key) {
		keyed = json_object_new_object();
		json_object_object_add(data, map->name, keyed);
	}
	for (i = 0; i < map->nr_entries; i++) {
		const struct entry_answer *entry = &map->entries[i];
		struct json_object *value = json_value(map, entry);
		char *key;

		if (!keyed) {
			json_object_object_add(data, map->name, value);
			continue;
		}
		key = key_text(map, entry);
		json_object_object_add(keyed, key, value);
		free(key);
	}
	json_print(document);
}

static void text_map(const struct map_answer *map)
{
	size_t i;

	for (i = 0; i < map->nr_entries; i++)
		print_entry(map, &map->entries[i]);
	if (map->nr_entries && !is_histogram(map))
		putchar('\n');
	if (map->overflow)
		warning("%s: %llu updates were lost, all %u slots of a CPU were taken; give --max-keys more",
			map->name, map->overflow, map->max_entries);
}

void time_print(void)
{
	time_t seconds = time(NULL);
	char text[16];

	if (json_output)
		return;
	strftime(text, sizeof(text), "%H:%M:%S", localtime(&seconds));
	puts(text);
}

void maps_print(const struct maps_answer *maps)
{
	size_t i;

	for (i = 0; i < maps->nr; i++) {
		if (json_output)
			json_map(&maps->maps[i]);
		else
			text_map(&maps->maps[i]);
	}
	fflush(stdout);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Maps as bpftrace prints them.  Entries come sorted from the module.
 */
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

/* Limits of hist(), powers of two. */
static void power_text(unsigned int power, char *text, size_t size)
{
	static const char * const suffixes[] = { "", "K", "M", "G", "T" };
	unsigned int unit = power < 40 ? power / 10 : 4;

	snprintf(text, size, "%llu%s", 1ULL << (power - 10 * unit),
		 suffixes[unit]);
}

static void hist_label(unsigned int bucket, char *text)
{
	char from[24], to[24];

	if (!bucket) {
		strcpy(text, "(..., 0)");
	} else if (bucket <= 2) {
		snprintf(text, LABEL_SIZE, "[%u]", bucket - 1);
	} else {
		power_text(bucket - 2, from, sizeof(from));
		power_text(bucket - 1, to, sizeof(to));
		snprintf(text, LABEL_SIZE, "[%s, %s)", from, to);
	}
}

static unsigned int lhist_last(const struct kps_lhist *lhist)
{
	unsigned long long span = lhist->max - lhist->min;

	return 1 + (span + lhist->step - 1) / lhist->step;
}

/* Limits of lhist(): "1K" only if it is exact. */
static void limit_text(long long value, char *text, size_t size)
{
	if (value && !(value % (1 << 20)))
		snprintf(text, size, "%lldM", value / (1 << 20));
	else if (value && !(value % (1 << 10)))
		snprintf(text, size, "%lldK", value / (1 << 10));
	else
		snprintf(text, size, "%lld", value);
}

static void lhist_label(const struct kps_lhist *lhist, unsigned int bucket,
			char *text)
{
	long long limit = lhist->min + (long long)bucket * lhist->step;
	char from[24], to[24];

	if (!bucket) {
		limit_text(lhist->min, to, sizeof(to));
		snprintf(text, LABEL_SIZE, "(..., %s)", to);
	} else if (bucket == lhist_last(lhist)) {
		limit_text(lhist->max, from, sizeof(from));
		snprintf(text, LABEL_SIZE, "[%s, ...)", from);
	} else {
		limit_text(limit - lhist->step, from, sizeof(from));
		limit_text(limit, to, sizeof(to));
		snprintf(text, LABEL_SIZE, "[%s, %s)", from, to);
	}
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
		/* In float, so that it rounds as bpftrace's bars do. */
		int width = entry->values[i] / (float)range.most * BAR_WIDTH;
		char label[LABEL_SIZE];

		bucket_label(map, i, label);
		printf("%-16s%8llu |%.*s%*s|\n", label, entry->values[i],
		       width, full, BAR_WIDTH - width, "");
	}
	putchar('\n');
}

/* A line per frame, indented, as bpftrace has it also in JSON. */
static void write_stack(FILE *out, const char *text)
{
	fputc('\n', out);
	while (*text) {
		int len = strcspn(text, "\n");

		fprintf(out, "    %.*s\n", len, text);
		text += len + (text[len] == '\n');
	}
}

static void write_number(FILE *out, unsigned long long number,
			 const struct kps_field *field)
{
	if (is_signed(field))
		fprintf(out, "%lld", (long long)number);
	else
		fprintf(out, "%llu", number);
}

static void write_key(FILE *out, const struct map_answer *map,
		      const struct entry_answer *entry, const char *separator)
{
	size_t i;

	for (i = 0; i < entry->nr_key; i++) {
		const struct datum *datum = &entry->key[i];

		if (i)
			fputs(separator, out);
		if (!datum->is_text)
			write_number(out, datum->number, &map->key[i]);
		else if (map->key[i].type == KPS_T_KSTACK)
			write_stack(out, datum->text);
		else
			fputs(datum->text, out);
	}
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
			write_number(stdout, entry->plain.number, &map->value);
		putchar('\n');
		break;
	default:
		write_number(stdout, first_value(entry), &map->value);
		putchar('\n');
	}
}

static void print_entry(const struct map_answer *map,
			const struct entry_answer *entry)
{
	printf("%s", map->name);
	if (entry->nr_key) {
		putchar('[');
		write_key(stdout, map, entry, ", ");
		putchar(']');
	}
	if (is_histogram(map)) {
		fputs(": ", stdout);
		putchar('\n');
		print_histogram(map, entry);
		return;
	}
	printf(": ");
	print_value(map, entry);
}

/* JSON keys are strings; bpftrace joins the fields with commas. */
static char *key_text(const struct map_answer *map,
		      const struct entry_answer *entry)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return strdup("");
	write_key(out, map, entry, ",");
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
	/* bpftrace calls averages stats, too. */
	if (map->kind == KPS_MAP_STATS || map->kind == KPS_MAP_AVG)
		return "stats";
	return "map";
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
		/* Different keys may read the same; none replaces another. */
		json_object_object_add_ex(keyed, key, value,
					  JSON_C_OBJECT_ADD_KEY_IS_NEW);
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
}

static void warn_of_overflow(const struct map_answer *map)
{
	if (map->overflow)
		warning("%s: %llu updates were lost, all %u slots of a CPU were taken; give --max-keys more",
			map->name, map->overflow, map->max_entries);
}

void time_print(void)
{
	time_t seconds = time(NULL);
	struct json_object *document;
	char text[16];

	strftime(text, sizeof(text), "%H:%M:%S\n", localtime(&seconds));
	if (!json_output) {
		fputs(text, stdout);
		return;
	}
	document = json_object_new_object();
	json_add_string(document, "type", "time");
	json_add_string(document, "data", text);
	json_print(document);
}

void maps_print(const struct maps_answer *maps)
{
	size_t i;

	for (i = 0; i < maps->nr; i++) {
		const struct map_answer *map = &maps->maps[i];

		if (!json_output)
			text_map(map);
		else if (map->nr_entries)
			json_map(map);
		warn_of_overflow(map);
	}
	fflush(stdout);
}

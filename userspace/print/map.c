// SPDX-License-Identifier: GPL-2.0
/*
 * Maps as bpftrace prints them.  Entries come sorted from the module.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "lib/answer.h"
#include "map.h"
#include "merge.h"
#include "shape.h"

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

static bool is_average(const struct map_answer *map)
{
	return map->kind == KPS_MAP_STATS || map->kind == KPS_MAP_AVG;
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

/* Limits of hist(): with bits "1280K", for all of them are whole numbers. */
static void power_text(unsigned long long value, unsigned int bits, char *text,
		       size_t size)
{
	static const char * const suffixes[] = {
		"", "K", "M", "G", "T", "P", "E",
	};
	unsigned int power = value ? 63 - __builtin_clzll(value) : 0;
	unsigned int unit = power > bits ? (power - bits) / 10 : 0;

	snprintf(text, size, "%llu%s", value >> 10 * unit, suffixes[unit]);
}

static void hist_label(unsigned int bits, unsigned int bucket, char *text)
{
	unsigned long long first, end;
	char from[24], to[24];

	if (!bucket) {
		strcpy(text, "(..., 0)");
		return;
	}
	first = kps_hist_from(bucket, bits);
	end = kps_hist_from(bucket + 1, bits);
	power_text(first, bits, from, sizeof(from));
	power_text(end, bits, to, sizeof(to));
	if (end == first + 1)
		snprintf(text, LABEL_SIZE, "[%s]", from);
	else
		snprintf(text, LABEL_SIZE, "[%s, %s)", from, to);
}

static unsigned int lhist_last(const struct kps_lhist *lhist)
{
	return 1 + kps_lhist_steps(lhist);
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
		hist_label(map->bits, bucket, text);
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

/* bpftrace divides what hist() counted, and not what lhist() did. */
static unsigned long long bucket_count(const struct map_answer *map,
				       unsigned long long count, long long div)
{
	return div && map->kind == KPS_MAP_HIST ? count / div : count;
}

static void print_histogram(const struct map_answer *map,
			    const struct entry_answer *entry, long long div)
{
	static const char full[] =
		"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@";
	struct range range = find_range(entry);
	unsigned long long most = bucket_count(map, range.most, div);
	unsigned int i;

	for (i = range.first; i < range.end; i++) {
		unsigned long long count = bucket_count(map, entry->values[i], div);
		/* In float, so that it rounds as bpftrace's bars do. */
		int width = most ? count / (float)most * BAR_WIDTH : 0;
		char label[LABEL_SIZE];

		bucket_label(map, i, label);
		printf("%-16s%8llu |%.*s%*s|\n", label, count, width, full,
		       BAR_WIDTH - width, "");
	}
	putchar('\n');
}

static struct values key_values(const struct map_answer *map,
				const struct entry_answer *entry)
{
	return (struct values){ entry->nr_key, map->key, entry->key, INDENT_KEY, 0,
				map->key_shape };
}

static struct values plain_values(const struct map_answer *map,
				  const struct entry_answer *entry,
				  long long div)
{
	return (struct values){ entry->nr_plain, map->value, entry->plain,
				INDENT_VALUE, div, map->value_shape };
}

/* stats() are not divided, nor cut to the last few: bpftrace warns of it. */
static void write_value(struct text *out, const struct map_answer *map,
			const struct entry_answer *entry, long long div)
{
	const struct datum first = { .number = first_value(entry) };
	const struct values aggregate = { 1, map->value, &first, INDENT_VALUE, div, NULL };
	const struct values plain = plain_values(map, entry, div);

	switch (map->kind) {
	case KPS_MAP_AVG:
		text_printf(out, "%lld", average(entry) / (div ? div : 1));
		break;
	case KPS_MAP_STATS:
		text_printf(out, "{ .count = %llu, .average = %lld, .total = %lld }",
			    first_value(entry), average(entry),
			    entry->nr_values > 1 ?
			    (long long)entry->values[1] : 0);
		break;
	case KPS_MAP_VALUE:
		values_write(out, &plain);
		break;
	default:
		values_write(out, &aggregate);
	}
}

static void print_entry(const struct map_answer *map,
			const struct entry_answer *entry, long long div)
{
	struct text text = { 0 };

	text_puts(&text, map->name);
	if (entry->nr_key) {
		const struct values key = key_values(map, entry);

		text_char(&text, '[');
		values_write(&text, &key);
		text_char(&text, ']');
	}
	text_puts(&text, ": ");
	if (!is_histogram(map))
		write_value(&text, map, entry, div);
	text_char(&text, '\n');
	fwrite(text.data, 1, text.len, stdout);
	text_free(&text);
	if (is_histogram(map))
		print_histogram(map, entry, div);
}

/* JSON keys are strings; bpftrace joins the fields with commas. */
static char *key_text(const struct map_answer *map,
		      const struct entry_answer *entry)
{
	const struct values key = key_values(map, entry);
	struct text text = { 0 };

	values_key(&text, &key);
	text_string(&text);
	return text.data;
}

static struct json_object *json_number(unsigned long long number,
				       const struct kps_field *field)
{
	if (is_signed(field))
		return json_object_new_int64(number);
	return json_object_new_uint64(number);
}

static void hist_bounds(struct json_object *object, unsigned int bits,
			unsigned int bucket)
{
	if (!bucket) {
		json_add_int(object, "max", -1);
		return;
	}
	json_add_uint(object, "min", kps_hist_from(bucket, bits));
	json_add_uint(object, "max", kps_hist_from(bucket + 1, bits) - 1);
}

static void json_bounds(struct json_object *object,
			const struct map_answer *map, unsigned int bucket)
{
	const struct kps_lhist *lhist = &map->lhist;
	long long from;

	if (map->kind == KPS_MAP_HIST) {
		hist_bounds(object, map->bits, bucket);
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
					  const struct entry_answer *entry,
					  long long div)
{
	struct json_object *buckets = json_object_new_array();
	struct range range = find_range(entry);
	unsigned int i;

	for (i = range.first; i < range.end; i++) {
		struct json_object *bucket = json_object_new_object();

		json_bounds(bucket, map, i);
		json_add_uint(bucket, "count",
			      bucket_count(map, entry->values[i], div));
		json_object_array_add(buckets, bucket);
	}
	return buckets;
}

/* What is written as JSON, as a part of a document. */
static struct json_object *json_values(const struct values *values, const char *opens,
				       const char *closes)
{
	struct json_object *object;
	struct text text = { 0 };

	text_puts(&text, opens);
	values_json(&text, values);
	text_puts(&text, closes);
	object = json_tokener_parse(text_string(&text));
	text_free(&text);
	return object;
}

/* {"key": ["a", 1], "value": 5} */
static struct json_object *json_entry(const struct map_answer *map,
				      const struct entry_answer *entry,
				      struct json_object *value)
{
	const struct values key = key_values(map, entry);
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "key", json_values(&key, "[", "]"));
	json_object_object_add(object, "value", value);
	return object;
}

static struct json_object *json_plain(const struct map_answer *map,
				      const struct entry_answer *entry,
				      long long div)
{
	const struct values plain = plain_values(map, entry, div);

	return json_values(&plain, "", "");
}

static struct json_object *json_stats(const struct entry_answer *entry)
{
	struct json_object *stats = json_object_new_object();

	json_add_uint(stats, "count", first_value(entry));
	json_add_int(stats, "average", average(entry));
	json_add_int(stats, "total",
		     entry->nr_values > 1 ? entry->values[1] : 0);
	return stats;
}

static struct json_object *json_value(const struct map_answer *map,
				      const struct entry_answer *entry,
				      long long div)
{
	switch (map->kind) {
	case KPS_MAP_HIST:
	case KPS_MAP_LHIST:
		return json_histogram(map, entry, div);
	case KPS_MAP_AVG:
		return json_object_new_int64(average(entry) / (div ? div : 1));
	case KPS_MAP_STATS:
		return json_stats(entry);
	case KPS_MAP_VALUE:
		return json_plain(map, entry, div);
	default:
		return json_number(divide(first_value(entry), div, map->value),
				   map->value);
	}
}

static const char *document_type(const struct map_answer *map)
{
	if (is_histogram(map))
		return "hist";
	/* bpftrace calls averages stats, too. */
	if (is_average(map))
		return "stats";
	return "map";
}

/*
 * {"type": "map", "data": {"@name": [{"key": ["a", 1], "value": 5}]}}, or
 * {"@name": {"a,1": 5}} as bpftrace -f json
 */
static void json_map(const struct map_answer *map, size_t first, long long div)
{
	struct json_object *document = json_object_new_object();
	struct json_object *data = json_object_new_object();
	struct json_object *keyed = NULL;
	size_t i;

	json_add_string(document, "type", document_type(map));
	json_object_object_add(document, "data", data);
	if (map->nr_key) {
		keyed = json_as_bpftrace ? json_object_new_object() :
					   json_object_new_array();
		json_object_object_add(data, map->name, keyed);
	}
	for (i = first; i < map->nr_entries; i++) {
		const struct entry_answer *entry = &map->entries[i];
		struct json_object *value = json_value(map, entry, div);
		char *key;

		if (!keyed) {
			json_object_object_add(data, map->name, value);
			continue;
		}
		if (!json_as_bpftrace) {
			json_object_array_add(keyed,
					      json_entry(map, entry, value));
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

/* Histograms end with an empty line each, averages all together. */
static void text_map(const struct map_answer *map, size_t first, long long div)
{
	size_t i;

	for (i = first; i < map->nr_entries; i++)
		print_entry(map, &map->entries[i], div);
	if (is_average(map))
		putchar('\n');
}

/* Where the last @top entries begin. */
static size_t first_of(const struct map_answer *map, unsigned long top)
{
	if (!top || top >= map->nr_entries || map->kind == KPS_MAP_STATS)
		return 0;
	return map->nr_entries - top;
}

/* What a map without keys has before anything is assigned: 0, false, or no text. */
static void print_nothing(struct map_answer *map, long long div)
{
	unsigned long long values[2] = { 0 };
	struct entry_answer entry = { .nr_values = 2, .values = values,
				      .nr_plain = map->nr_value };
	struct map_answer one = *map;
	unsigned int i;

	for (i = 0; i < map->nr_value; i++) {
		unsigned int type = map->value[i].type;
		bool is_bool = map->value[i].flags & KPS_FIELD_BOOL;

		entry.plain[i].is_text = is_bool || (type != KPS_T_INT && type != KPS_T_ENUM);
		entry.plain[i].is_bytes = type == KPS_T_BUF;
		entry.plain[i].text = is_bool ? (char *)"false" :
				      type == KPS_T_ADDR ? (char *)"0x0" : (char *)"";
	}
	one.nr_entries = 1;
	one.entries = &entry;
	if (json_output)
		json_map(&one, 0, div);
	else
		text_map(&one, 0, div);
}

void map_print(struct map_answer *map, unsigned long top, unsigned long div)
{
	size_t first;

	map_merge(map);
	first = first_of(map, top);
	if (!map->nr_entries && !map->nr_key && !is_histogram(map))
		print_nothing(map, div);
	else if (json_output && map->nr_entries)
		json_map(map, first, div);
	else if (!json_output && map->nr_entries)
		text_map(map, first, div);
	else if (!json_output)
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
		struct map_answer *map = &maps->maps[i];

		if (map->nr_entries)
			map_print(map, 0, 0);
		warn_of_overflow(map);
	}
	fflush(stdout);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Kinds of map: a row for each.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "lib/answer.h"
#include "kind.h"
#include "shape.h"

#define BAR_WIDTH 52

static bool is_signed(const struct map_answer *map)
{
	return map->value[0].flags & KPS_FIELD_SIGNED;
}

static long long average(const struct map_answer *map, const struct entry_answer *entry)
{
	if (entry->nr_values < 2 || !entry->values[0])
		return 0;
	if (!is_signed(map))
		return entry->values[1] / entry->values[0];
	return (long long)entry->values[1] / (long long)entry->values[0];
}

static unsigned long long first_value(const struct entry_answer *entry)
{
	return entry->nr_values ? entry->values[0] : 0;
}

/*
 * Charts
 */

#define LABEL_SIZE 64

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

static void hist_label(const struct map_answer *map, unsigned int bucket, char *text)
{
	unsigned long long first, end;
	char from[24], to[24];

	if (!bucket) {
		strcpy(text, "(..., 0)");
		return;
	}
	first = kps_hist_from(bucket, map->bits);
	end = kps_hist_from(bucket + 1, map->bits);
	power_text(first, map->bits, from, sizeof(from));
	power_text(end, map->bits, to, sizeof(to));
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

static void lhist_label(const struct map_answer *map, unsigned int bucket, char *text)
{
	const struct kps_lhist *lhist = &map->lhist;
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

/* What the two charts differ in. */
struct chart {
	void (*label)(const struct map_answer *map, unsigned int bucket, char *text);
	void (*bounds)(struct json_object *object, const struct map_answer *map,
		       unsigned int bucket);
	bool is_divided;
};

static void hist_bounds(struct json_object *object, const struct map_answer *map,
			unsigned int bucket)
{
	if (!bucket) {
		json_add_int(object, "max", -1);
		return;
	}
	json_object_object_add(object, "min",
			       json_counted(kps_hist_from(bucket, map->bits), false));
	json_object_object_add(object, "max",
			       json_counted(kps_hist_from(bucket + 1, map->bits) - 1, false));
}

static void lhist_bounds(struct json_object *object, const struct map_answer *map,
			 unsigned int bucket)
{
	const struct kps_lhist *lhist = &map->lhist;
	long long from = lhist->min + (long long)(bucket - 1) * lhist->step;

	if (bucket)
		json_add_int(object, "min",
			     bucket == lhist_last(lhist) ? lhist->max : from);
	if (bucket != lhist_last(lhist))
		json_add_int(object, "max", bucket ? from + lhist->step - 1 :
			     lhist->min - 1);
}

/* bpftrace divides what hist() counted, and not what lhist() did. */
static const struct chart hist = { hist_label, hist_bounds, true };
static const struct chart lhist = { lhist_label, lhist_bounds, false };

static const struct chart *chart_of(const struct map_answer *map)
{
	return map->kind == KPS_MAP_HIST ? &hist : &lhist;
}

void bucket_label(const struct map_answer *map, unsigned int bucket, char *text)
{
	chart_of(map)->label(map, bucket, text);
}

static unsigned long long bucket_count(const struct map_answer *map,
				       unsigned long long count, long long div)
{
	return div && chart_of(map)->is_divided ? count / div : count;
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

static void write_chart(struct text *out, const struct map_answer *map,
			const struct entry_answer *entry, long long div)
{
	struct range range = find_range(entry);
	unsigned long long most = bucket_count(map, range.most, div);
	unsigned int i;

	text_char(out, '\n');
	for (i = range.first; i < range.end; i++) {
		unsigned long long count = bucket_count(map, entry->values[i], div);
		/* In float, so that it rounds as bpftrace's bars do. */
		int width = most ? count / (float)most * BAR_WIDTH : 0;
		char label[LABEL_SIZE];

		bucket_label(map, i, label);
		text_printf(out, "%-16s%8llu |", label, count);
		text_fill(out, '@', width);
		text_fill(out, ' ', BAR_WIDTH - width);
		text_puts(out, "|\n");
	}
}

static struct json_object *json_chart(const struct map_answer *map,
				      const struct entry_answer *entry,
				      long long div)
{
	struct json_object *buckets = json_object_new_array();
	struct range range = find_range(entry);
	unsigned int i;

	for (i = range.first; i < range.end; i++) {
		struct json_object *bucket = json_object_new_object();

		chart_of(map)->bounds(bucket, map, i);
		json_add_uint(bucket, "count",
			      bucket_count(map, entry->values[i], div));
		json_object_array_add(buckets, bucket);
	}
	return buckets;
}

static long long sum_of(const struct map_answer *map, const struct entry_answer *entry)
{
	unsigned long long sum = 0;
	size_t i;

	(void)map;
	for (i = 0; i < entry->nr_values; i++)
		sum += entry->values[i];
	return sum;
}

/*
 * Numbers
 */

static void write_number(struct text *out, const struct map_answer *map,
			 const struct entry_answer *entry, long long div)
{
	const struct datum first = { .number = first_value(entry) };
	const struct values values = { 1, map->value, &first, INDENT_VALUE, div, NULL };

	values_write(out, &values);
}

static struct json_object *json_number(const struct map_answer *map,
				       const struct entry_answer *entry,
				       long long div)
{
	unsigned long long number = divide(first_value(entry), div, map->value);

	return json_counted(number, is_signed(map));
}

static long long number_of(const struct map_answer *map, const struct entry_answer *entry)
{
	(void)map;
	return first_value(entry);
}

static unsigned long long average_by(const struct map_answer *map,
				     const struct entry_answer *entry, long long div)
{
	if (!is_signed(map))
		return (unsigned long long)average(map, entry) / (div ? div : 1);
	return average(map, entry) / (div ? div : 1);
}

static void write_average(struct text *out, const struct map_answer *map,
			  const struct entry_answer *entry, long long div)
{
	text_printf(out, is_signed(map) ? "%lld" : "%llu", average_by(map, entry, div));
}

static struct json_object *json_average(const struct map_answer *map,
					const struct entry_answer *entry,
					long long div)
{
	return json_counted(average_by(map, entry, div), is_signed(map));
}

static long long average_of(const struct map_answer *map, const struct entry_answer *entry)
{
	return average(map, entry);
}

static long long total(const struct entry_answer *entry)
{
	return entry->nr_values > 1 ? (long long)entry->values[1] : 0;
}

/* stats() are not divided, nor cut to the last few: bpftrace warns of it. */
static void write_stats(struct text *out, const struct map_answer *map,
			const struct entry_answer *entry, long long div)
{
	(void)div;
	text_printf(out, is_signed(map) ?
		    "{ .count = %llu, .average = %lld, .total = %lld }" :
		    "{ .count = %llu, .average = %llu, .total = %llu }",
		    first_value(entry), average(map, entry), total(entry));
}

static struct json_object *json_stats(const struct map_answer *map,
				      const struct entry_answer *entry,
				      long long div)
{
	struct json_object *stats = json_object_new_object();

	(void)div;
	json_add_uint(stats, "count", first_value(entry));
	json_object_object_add(stats, "average",
			       json_counted(average(map, entry), is_signed(map)));
	json_object_object_add(stats, "total", json_counted(total(entry), is_signed(map)));
	return stats;
}

/*
 * Plain values
 */

static struct values plain_values(const struct map_answer *map,
				  const struct entry_answer *entry,
				  long long div)
{
	return (struct values){ entry->nr_plain, map->value, entry->plain,
				INDENT_VALUE, div, map->value_shape };
}

static void write_plain(struct text *out, const struct map_answer *map,
			const struct entry_answer *entry, long long div)
{
	const struct values plain = plain_values(map, entry, div);

	values_write(out, &plain);
}

static struct json_object *json_plain(const struct map_answer *map,
				      const struct entry_answer *entry,
				      long long div)
{
	const struct values plain = plain_values(map, entry, div);
	struct text text = { 0 };

	values_json(&text, &plain);
	return json_text(&text);
}

/*
 * Merging
 */

static void add_up(const struct map_answer *map, struct entry_answer *to,
		   const struct entry_answer *from)
{
	size_t i;

	(void)map;
	for (i = 0; i < to->nr_values && i < from->nr_values; i++)
		to->values[i] += from->values[i];
}

static bool is_less(const struct map_answer *map, unsigned long long a,
		    unsigned long long b)
{
	if (map->value[0].flags & KPS_FIELD_SIGNED)
		return (long long)a < (long long)b;
	return a < b;
}

static void keep_least(const struct map_answer *map, struct entry_answer *to,
		       const struct entry_answer *from)
{
	if (to->nr_values && is_less(map, first_value(from), first_value(to)))
		to->values[0] = first_value(from);
}

static void keep_greatest(const struct map_answer *map, struct entry_answer *to,
			  const struct entry_answer *from)
{
	if (to->nr_values && is_less(map, first_value(to), first_value(from)))
		to->values[0] = first_value(from);
}

static const struct kind count_kind = {
	.type	= "map",
	.write	= write_number,
	.json	= json_number,
	.weight	= number_of,
	.merge	= add_up,
};

static const struct kind sum_kind = {
	.type	= "map",
	.write	= write_number,
	.json	= json_number,
	.weight	= number_of,
	.merge	= add_up,
};

/* bpftrace calls averages stats, too. */
static const struct kind avg_kind = {
	.type	= "stats",
	.write	= write_average,
	.json	= json_average,
	.weight	= average_of,
	.merge	= add_up,
	.ends_empty = true,
};

static const struct kind min_kind = {
	.type	= "map",
	.write	= write_number,
	.json	= json_number,
	.weight	= number_of,
	.merge	= keep_least,
};

static const struct kind max_kind = {
	.type	= "map",
	.write	= write_number,
	.json	= json_number,
	.weight	= number_of,
	.merge	= keep_greatest,
};

static const struct kind stats_kind = {
	.type	= "stats",
	.write	= write_stats,
	.json	= json_stats,
	.weight	= number_of,
	.merge	= add_up,
	.is_whole = true,
	.ends_empty = true,
};

static const struct kind hist_kind = {
	.type	= "hist",
	.write	= write_chart,
	.json	= json_chart,
	.weight	= sum_of,
	.merge	= add_up,
};

static const struct kind lhist_kind = {
	.type	= "hist",
	.write	= write_chart,
	.json	= json_chart,
	.weight	= sum_of,
	.merge	= add_up,
};

static const struct kind value_kind = {
	.type	= "map",
	.write	= write_plain,
	.json	= json_plain,
};

const struct kind *kind_of(const struct map_answer *map)
{
#define KIND_ROW(upper, name, is_chart)					\
	[KPS_MAP_##upper] = &name##_kind,
	static const struct kind * const kinds[] = { KPS_MAP_KINDS(KIND_ROW) };

	return kinds[map->kind];
}

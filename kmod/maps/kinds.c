// SPDX-License-Identifier: GPL-2.0
/*
 * Kinds of map: a row for each.
 */
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "kpstat.h"
#include "maps/kinds.h"

static int one_word(const struct kps_map *map, struct kps_error *error)
{
	return 1;
}

static int count_and_total(const struct kps_map *map, struct kps_error *error)
{
	return 2;
}

static int hist_words(const struct kps_map *map, struct kps_error *error)
{
	if (map->bits > KPS_MAX_HIST_BITS)
		return kps_error(error, -EINVAL, "hist() with %u bits, at most %u",
				 map->bits, KPS_MAX_HIST_BITS);
	return KPS_HIST_BUCKETS(map->bits);
}

/* Its steps, what is below, and what is above. */
static int lhist_words(const struct kps_map *map, struct kps_error *error)
{
	const struct kps_lhist *lhist = &map->lhist;
	bool has_steps = lhist->step > 0 && lhist->max > lhist->min;

	if (!has_steps || kps_lhist_steps(lhist) > KPS_MAX_LHIST_BUCKETS)
		return kps_error(error, -EINVAL,
				 "lhist(min %lld, max %lld, step %lld) does not make 1 to %u buckets",
				 lhist->min, lhist->max, lhist->step,
				 KPS_MAX_LHIST_BUCKETS);
	return kps_lhist_steps(lhist) + 2;
}

static int plain_words(const struct kps_map *map, struct kps_error *error)
{
	u32 i, size = 0;

	for (i = 0; i < map->nr_value; i++)
		size += map->value[i].size;
	if (size > KPS_MAX_VALUE_SIZE)
		return kps_error(error, -E2BIG, "a value of %u bytes, at most %u",
				 size, KPS_MAX_VALUE_SIZE);
	return size / sizeof(u64);
}

static void merge_least(const struct kps_map *map, u64 *into, const u64 *from)
{
	into[0] = min_t(s64, into[0], READ_ONCE(from[0]));
}

static void merge_greatest(const struct kps_map *map, u64 *into, const u64 *from)
{
	into[0] = max_t(s64, into[0], READ_ONCE(from[0]));
}

static void merge_sums(const struct kps_map *map, u64 *into, const u64 *from)
{
	u32 i;

	for (i = 0; i < map->value_size / sizeof(u64); i++)
		into[i] += READ_ONCE(from[i]);
}

/**
 * kps_number_merge() - as the kind's merge(), of a map that is no chart
 * @map: that both are of
 * @into: the sum of the others
 * @from: one CPU's value
 *
 * For clauses that read a map: without a call through a pointer. Context: any.
 */
void kps_number_merge(const struct kps_map *map, u64 *into, const u64 *from)
{
	if (map->kind == KPS_MAP_MIN)
		merge_least(map, into, from);
	else if (map->kind == KPS_MAP_MAX)
		merge_greatest(map, into, from);
	else
		merge_sums(map, into, from);
}

/** kps_value_init() - what a value is before its first event */
void kps_value_init(const struct kps_map *map, u64 *value)
{
	memset(value, 0, map->value_size);
	value[0] = kps_kinds[map->kind]->nothing;
}

/**
 * kps_value_known() - the first word of a value as others see it
 * @map: that it is of
 * @value: of one CPU, or merged. In any context.
 *
 * Return: 0 for the least and the greatest of nothing: a key that a reset kept has none.
 */
u64 kps_value_known(const struct kps_map *map, const u64 *value)
{
	return value[0] == kps_kinds[map->kind]->nothing ? 0 : value[0];
}

/**
 * kps_average() - of a count and a total
 * @value: of a map of kind AVG or STATS: others may end after one word, and the
 *	least number divided by -1 is an oops
 *
 * Return: the average, 0 of nothing.
 */
s64 kps_average(const u64 *value)
{
	return value[0] ? div64_s64(value[1], value[0]) : 0;
}

/* bpftrace sorts by the number that it shows, or by how many a histogram has. */
static s64 by_first(const struct kps_map *map, const u64 *value)
{
	return value[0];
}

static s64 by_average(const struct kps_map *map, const u64 *value)
{
	return kps_average(value);
}

static s64 by_sum(const struct kps_map *map, const u64 *value)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < map->value_size / sizeof(u64); i++)
		sum += value[i];
	return sum;
}

/* What is no number is in the order of the keys. */
static s64 by_number(const struct kps_map *map, const u64 *value)
{
	return map->nr_value == 1 && map->value[0].type == KPS_T_INT ? value[0] : 0;
}

static const struct kps_kind count_kind = {
	.words	= one_word,
	.merge	= merge_sums,
	.weight	= by_first,
	.show	= kps_show_number,
};

static const struct kps_kind sum_kind = {
	.words	= one_word,
	.merge	= merge_sums,
	.weight	= by_first,
	.show	= kps_show_number,
};

static const struct kps_kind avg_kind = {
	.words	= count_and_total,
	.merge	= merge_sums,
	.weight	= by_average,
	.show	= kps_show_average,
};

static const struct kps_kind min_kind = {
	.words	= one_word,
	.nothing = S64_MAX,
	.merge	= merge_least,
	.weight	= by_first,
	.show	= kps_show_number,
};

static const struct kps_kind max_kind = {
	.words	= one_word,
	.nothing = S64_MIN,
	.merge	= merge_greatest,
	.weight	= by_first,
	.show	= kps_show_number,
};

static const struct kps_kind stats_kind = {
	.words	= count_and_total,
	.merge	= merge_sums,
	.weight	= by_first,
	.show	= kps_show_stats,
};

static const struct kps_kind hist_kind = {
	.words	= hist_words,
	.merge	= merge_sums,
	.weight	= by_sum,
	.show	= kps_show_hist,
};

static const struct kps_kind lhist_kind = {
	.words	= lhist_words,
	.merge	= merge_sums,
	.weight	= by_sum,
	.show	= kps_show_lhist,
};

static const struct kps_kind value_kind = {
	.words	= plain_words,
	.weight	= by_number,
	.show	= kps_show_plain,
};

#define KIND_ROW(upper, name, is_chart)					\
	[KPS_MAP_##upper] = &name##_kind,
const struct kps_kind * const kps_kinds[__KPS_MAP_KIND_NR] = {
	KPS_MAP_KINDS(KIND_ROW)
};

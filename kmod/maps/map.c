// SPDX-License-Identifier: GPL-2.0
/*
 * What a map is.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kpstat.h"

static const char * const kind_names[__KPS_MAP_KIND_NR] = {
	[KPS_MAP_COUNT]	= "count",
	[KPS_MAP_SUM]	= "sum",
	[KPS_MAP_AVG]	= "avg",
	[KPS_MAP_MIN]	= "min",
	[KPS_MAP_MAX]	= "max",
	[KPS_MAP_STATS]	= "stats",
	[KPS_MAP_HIST]	= "hist",
	[KPS_MAP_LHIST]	= "lhist",
	[KPS_MAP_VALUE]	= "value",
};

const char *kps_map_kind_name(enum kps_map_kind kind)
{
	return kind_names[kind];
}

/** kps_lhist_buckets() - with those below and above; 0 if it makes no sense */
u32 kps_lhist_buckets(const struct kps_lhist *lhist)
{
	u64 steps;

	if (lhist->step <= 0 || lhist->max <= lhist->min)
		return 0;
	steps = kps_lhist_steps(lhist);
	if (steps > KPS_MAX_LHIST_BUCKETS)
		return 0;
	return steps + 2;
}

/** kps_map_alloc() - a map to be filled in, then kps_map_finish()ed */
struct kps_map *kps_map_alloc(const char *name, enum kps_map_kind kind,
			      struct kps_error *error)
{
	struct kps_map *map = kzalloc(sizeof(*map), GFP_KERNEL);

	if (!map)
		return ERR_PTR(kps_error(error, -ENOMEM, "no memory"));
	strscpy(map->name, name, sizeof(map->name));
	map->kind = kind;
	map->nr_value = 1;
	map->value[0].type = KPS_T_INT;
	map->value[0].size = sizeof(u64);
	return map;
}

void kps_map_free(struct kps_map *map)
{
	if (!map)
		return;
	kps_values_free(map->values);
	kfree(map->key_shape);
	kfree(map->value_shape);
	kfree(map);
}

static u32 plain_words(const struct kps_map *map)
{
	u32 i, size = 0;

	for (i = 0; i < map->nr_value; i++)
		size += map->value[i].size;
	return size / sizeof(u64);
}

static u32 value_words(const struct kps_map *map)
{
	switch (map->kind) {
	case KPS_MAP_AVG:
	case KPS_MAP_STATS:
		return 2;
	case KPS_MAP_HIST:
		return KPS_HIST_BUCKETS;
	case KPS_MAP_LHIST:
		return kps_lhist_buckets(&map->lhist);
	case KPS_MAP_VALUE:
		return plain_words(map);
	default:
		return 1;
	}
}

/**
 * kps_map_finish() - work out sizes, check limits, allocate plain values
 * @map: with kind, key, value, lhist and max_entries filled in
 * @error: gets the reason
 *
 * Return: 0 or a negative errno.
 */
int kps_map_finish(struct kps_map *map, struct kps_error *error)
{
	u32 i;

	map->key_size = 0;
	for (i = 0; i < map->nr_key; i++)
		map->key_size += map->key[i].size;
	if (map->key_size > KPS_MAX_KEY_SIZE)
		return kps_error(error, -E2BIG, "a key of %u bytes, at most %u",
				 map->key_size, KPS_MAX_KEY_SIZE);

	map->value_size = value_words(map) * sizeof(u64);
	if (map->kind == KPS_MAP_VALUE && map->value_size > KPS_MAX_VALUE_SIZE)
		return kps_error(error, -E2BIG, "a value of %u bytes, at most %u",
				 map->value_size, KPS_MAX_VALUE_SIZE);
	if (!map->value_size)
		return kps_error(error, -EINVAL,
				 "lhist(min %lld, max %lld, step %lld) does not make 1 to %u buckets",
				 map->lhist.min, map->lhist.max,
				 map->lhist.step, KPS_MAX_LHIST_BUCKETS);
	map->has_stack_values = map->kind == KPS_MAP_VALUE &&
				kps_hold_stacks(map->value, map->nr_value);
	if (!map->nr_key)
		map->max_entries = 1;
	if (!map->max_entries || map->max_entries > KPS_MAX_ENTRIES)
		return kps_error(error, -E2BIG, "%u keys, 1 to %u are possible",
				 map->max_entries, KPS_MAX_ENTRIES);
	return 0;
}

static size_t shape_bytes(const char *shape)
{
	return shape ? strlen(shape) + 1 : 0;
}

/** kps_map_memory() - bytes that it and its tables hold, of as many CPUs */
size_t kps_map_memory(const struct kps_map *map, u32 nr_cpus)
{
	size_t shapes = shape_bytes(map->key_shape) + shape_bytes(map->value_shape);

	if (map->kind == KPS_MAP_VALUE)
		return kps_values_bytes(map->key_size, map->value_size,
					map->max_entries) + shapes;
	return kps_table_bytes(map) * nr_cpus + shapes;
}

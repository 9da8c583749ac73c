// SPDX-License-Identifier: GPL-2.0
/*
 * What a map is.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kpstat.h"
#include "maps/kinds.h"

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
	int words;

	map->key_size = 0;
	for (i = 0; i < map->nr_key; i++)
		map->key_size += map->key[i].size;
	if (map->key_size > KPS_MAX_KEY_SIZE)
		return kps_error(error, -E2BIG, "a key of %u bytes, at most %u",
				 map->key_size, KPS_MAX_KEY_SIZE);

	words = kps_kinds[map->kind]->words(map, error);
	if (words < 0)
		return words;
	map->value_size = words * sizeof(u64);
	map->has_stack_values = map->kind == KPS_MAP_VALUE &&
				kps_hold_stacks(map->value, map->nr_value);
	if (!map->nr_key)
		map->max_entries = 1;
	if (!map->max_entries || map->max_entries > KPS_MAX_ENTRIES)
		return kps_error(error, -E2BIG, "%u keys: a map has 1 to %u",
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

// SPDX-License-Identifier: GPL-2.0
/*
 * Entries whose keys print the same are one.  The module sees to that for what it names
 * of the kernel; what a user address means is found out here, and may be the same in
 * many processes. Functions and marks of programs may share a name.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "lib/answer.h"
#include "kind.h"
#include "merge.h"
#include "value.h"

/* An entry, with its key as it is printed, and where it was. */
struct keyed {
	struct entry_answer entry;
	struct text text;
	size_t at;
	long long weight;
};

static bool is_user(const struct kps_field *field)
{
	return field->type == KPS_T_USTACK || field->type == KPS_T_USYM ||
	       field->type == KPS_T_PROBE || field->type == KPS_T_FUNCTION;
}

/* Whether there are two entries of which user space has something of its own to say. */
static bool may_merge(const struct map_answer *map)
{
	unsigned int i;

	if (!kind_of(map)->merge || map->nr_entries < 2)
		return false;
	for (i = 0; i < map->nr_key; i++)
		if (is_user(&map->key[i]))
			return true;
	return false;
}

static void write_key(struct keyed *keyed, const struct map_answer *map)
{
	size_t i;

	for (i = 0; i < keyed->entry.nr_key; i++) {
		value_write(&keyed->text, &map->key[i], &keyed->entry.key[i], 0);
		/* What stands between no two fields of a key. */
		text_char(&keyed->text, '\0');
	}
}

static int by_text(const void *left, const void *right)
{
	const struct keyed *a = left, *b = right;
	size_t len = a->text.len < b->text.len ? a->text.len : b->text.len;
	int order = len ? memcmp(a->text.data, b->text.data, len) : 0;

	if (order)
		return order;
	if (a->text.len != b->text.len)
		return a->text.len < b->text.len ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* As the module sorts them; what weighs the same is in the module's order. */
static int by_weight(const void *left, const void *right)
{
	const struct keyed *a = left, *b = right;

	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* @all is in the order of the texts. Return: how many are left, in front. */
static size_t add_up(const struct map_answer *map, struct keyed *all, size_t nr)
{
	size_t i, left = 0;

	for (i = 0; i < nr; i++) {
		struct keyed *last = left ? &all[left - 1] : NULL;

		if (!last || last->text.len != all[i].text.len ||
		    memcmp(last->text.data, all[i].text.data, last->text.len)) {
			all[left++] = all[i];
			continue;
		}
		kind_of(map)->merge(map, &last->entry, &all[i].entry);
		text_free(&all[i].text);
		entry_clear(&all[i].entry);
	}
	return left;
}

void map_merge(struct map_answer *map)
{
	struct keyed *all;
	size_t i, nr = map->nr_entries;

	if (!may_merge(map))
		return;
	all = xcalloc(nr, sizeof(*all));
	for (i = 0; i < nr; i++) {
		all[i].entry = map->entries[i];
		all[i].at = i;
		write_key(&all[i], map);
	}
	qsort(all, nr, sizeof(*all), by_text);
	nr = add_up(map, all, nr);
	for (i = 0; i < nr; i++)
		all[i].weight = kind_of(map)->weight(map, &all[i].entry);
	qsort(all, nr, sizeof(*all), by_weight);
	for (i = 0; i < nr; i++) {
		map->entries[i] = all[i].entry;
		text_free(&all[i].text);
	}
	map->nr_entries = nr;
	free(all);
}

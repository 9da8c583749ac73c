// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "fnv.h"
#include "strset.h"
#include "xalloc.h"

static size_t hash(const char *text)
{
	uint64_t sum = fnv1a(FNV1A_START, text);

	return sum ^ sum >> 32;
}

static const char **find_slot(const struct strset *set, const char *text)
{
	size_t i = hash(text) & (set->size - 1);

	while (set->slots[i] && strcmp(set->slots[i], text))
		i = (i + 1) & (set->size - 1);
	return &set->slots[i];
}

static void grow(struct strset *set)
{
	struct strset bigger = { .size = set->size ? set->size * 2 : 64 };
	size_t i;

	bigger.slots = xcalloc(bigger.size, sizeof(*bigger.slots));
	bigger.nr = set->nr;
	for (i = 0; i < set->size; i++)
		if (set->slots[i])
			*find_slot(&bigger, set->slots[i]) = set->slots[i];
	free(set->slots);
	*set = bigger;
}

bool strset_add(struct strset *set, const char *text)
{
	const char **slot;

	if (set->nr * 2 >= set->size)
		grow(set);
	slot = find_slot(set, text);
	if (*slot)
		return false;
	*slot = text;
	set->nr++;
	return true;
}

bool strset_has(const struct strset *set, const char *text)
{
	return set->size && *find_slot(set, text);
}

void strset_free(struct strset *set)
{
	free(set->slots);
	*set = (struct strset){ 0 };
}

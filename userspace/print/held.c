// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "held.h"

/* What cannot wait is done; so little memory is taken. */
#define HELD_MAX 10000

struct held_record {
	struct held_record *next;
	struct record record;
};

static void copy_texts(struct record *record)
{
	size_t i;

	for (i = 0; i < record->nr_fields; i++)
		datum_own(&record->fields[i]);
}

static void free_record(struct held_record *kept)
{
	size_t i;

	for (i = 0; i < kept->record.nr_fields; i++)
		if (kept->record.fields[i].is_text)
			free(kept->record.fields[i].text);
	free(kept);
}

bool held_add(struct held *held, const struct record *record)
{
	struct held_record *kept;

	if (held->nr >= HELD_MAX)
		return false;
	kept = xcalloc(1, sizeof(*kept));
	kept->record = *record;
	copy_texts(&kept->record);
	if (!held->first)
		held->end = &held->first;
	*held->end = kept;
	held->end = &kept->next;
	held->nr++;
	return true;
}

void held_release(struct held *held, record_visit visit, void *data)
{
	struct held_record *kept = held->first, *next;

	*held = (struct held){ 0 };
	for (; kept; kept = next) {
		next = kept->next;
		visit(&kept->record, data);
		free_record(kept);
	}
}

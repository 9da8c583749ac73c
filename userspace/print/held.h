/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A print() of a map that waits whether a clear() or zero() of it follows, and what
 * comes behind it meanwhile.
 */
#ifndef KPCTL_HELD_H
#define KPCTL_HELD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/records.h"

struct held_record;

struct held {
	const struct object_output *print;	/* NULL: none waits */
	unsigned long long time;		/* of its record */
	struct held_record *first, **end;	/* what came behind it */
	size_t nr;
};

/* Return: false if there is no room, or no memory, for one more. */
bool held_add(struct held *held, const struct record *record);

/* Visit what came behind it, oldest first; nothing waits any more then. */
void held_release(struct held *held, record_visit visit, void *data);

#endif

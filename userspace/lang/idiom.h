/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The time of a call, as everybody writes it:
 *
 *	kprobe:F { @start[tid] = nsecs; }
 *	kretprobe:F /@start[tid]/ { ... nsecs - @start[tid] ...; delete(@start[tid]); }
 *
 * A kretprobe keeps the time of entry with each call by itself: the first probe
 * and the map are not needed, and nested calls come out right.
 */
#ifndef KPCTL_IDIOM_H
#define KPCTL_IDIOM_H

#include "ast.h"
#include "resolve.h"

/* A clause and what it is attached to. */
struct unit {
	struct clause *clause;
	struct event *events;
	struct unit *next;
};

/**
 * idiom_timed_calls() - recognise the idiom, and say duration instead
 * @arena: for new nodes
 * @units: of the whole program, resolved and not yet checked; those that are
 *	needed no more are taken out
 * @object: gets a sentence for each map that is gone
 *
 * Only where every use of the map is one of those above: whatever else a
 * program does with it, it keeps it.
 */
void idiom_timed_calls(struct arena *arena, struct unit **units,
		       struct object *object);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* "Did you mean ...?": of many names, those closest to a mistyped one. */
#ifndef KPCTL_NEAR_H
#define KPCTL_NEAR_H

#include "arena.h"

#define NEAR_MAX 3

struct near {
	const char *word;
	const char *names[NEAR_MAX];	/* closest first */
	unsigned int distances[NEAR_MAX];
};

/* Offer every name there is; names must live as long as @near. */
void near_offer(struct near *near, const char *name);

/* "did you mean a, b or c?", or NULL if nothing is close. */
const char *near_hint(struct arena *arena, const struct near *near);

#endif

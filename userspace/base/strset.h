/* SPDX-License-Identifier: GPL-2.0 */
/* A set of strings, for the tens of thousands of a kernel's functions. */
#ifndef KPCTL_STRSET_H
#define KPCTL_STRSET_H

#include <stdbool.h>
#include <stddef.h>

struct strset {
	const char **slots;
	size_t size;		/* a power of two */
	size_t nr;
};

/* Strings are kept, not copied.  Returns false if it was in already. */
bool strset_add(struct strset *set, const char *text);
bool strset_has(const struct strset *set, const char *text);
void strset_free(struct strset *set);

#endif

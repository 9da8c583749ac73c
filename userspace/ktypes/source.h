/* SPDX-License-Identifier: GPL-2.0 */
/* Where the types come from, and the index that was made of them. */
#ifndef KPCTL_KTYPES_SOURCE_H
#define KPCTL_KTYPES_SOURCE_H

#include "index.h"

#define SOURCE_PATH_MAX 512

struct source {
	char path[SOURCE_PATH_MAX];	/* "": there is none */
	bool is_object;			/* or else BTF */
	const char *part;		/* "function" or "variable" of a program; or NULL */
	char release[65];		/* or which of them */
	char key[INDEX_KEY_MAX];	/* of the file as it is now */
};

/*
 * Looks where it may be, and reads nothing.  @release: of which kernel, or NULL: of
 * this; BTF there is of this one only.
 */
void source_find(struct source *source, const char *release);

/* This kernel's own BTF, whatever else there is. */
void source_find_btf(struct source *source);

/*
 * The index of @source, open to be read: that in the cache if it is of this very
 * file and nobody but root can have written it, or else a new one.  Return: a
 * descriptor; -1 with a sentence in @why.
 */
int source_index(const struct source *source, char *why, size_t size);

/* Of a part of a program: nobody keeps it. Return: a descriptor, or -1. */
int source_part(const struct source *source);

/* Only if it is in the cache. */
int source_cached(const struct source *source);

#endif

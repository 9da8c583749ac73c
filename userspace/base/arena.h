/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of one compilation: taken piece by piece, given back all at once. */
#ifndef KPCTL_ARENA_H
#define KPCTL_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

/**
 * arena_alloc() - zeroed memory that lives until arena_free()
 * @arena: zero-initialised by its owner
 * @size: in bytes
 *
 * Return: never NULL; a compiler that is out of memory exits.
 */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

#endif

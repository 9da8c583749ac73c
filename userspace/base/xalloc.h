/* SPDX-License-Identifier: GPL-2.0 */
/* Memory for a command: if there is none, that is said, and kpctl ends. */
#ifndef KPCTL_XALLOC_H
#define KPCTL_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* What a library says without an error of its own. */
void out_of_memory(void) __attribute__((noreturn));

/* As realloc(), calloc() and so on, but never NULL. */
void *xrealloc(void *old, size_t nr, size_t size);
void *xcalloc(size_t nr, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);
char *xvasprintf(const char *fmt, va_list args);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One more element, zeroed, at the end of an array: of a pointer and a size_t. */
void *xappend(void *array, size_t *nr, size_t size);
#define APPEND(items, nr) xappend(&(items), &(nr), sizeof(*(items)))

#endif

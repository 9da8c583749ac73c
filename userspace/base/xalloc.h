/* SPDX-License-Identifier: GPL-2.0 */
/* Memory for a command: if there is none, that is said, and kpctl ends. */
#ifndef KPCTL_XALLOC_H
#define KPCTL_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* As realloc(), calloc() and so on, but never NULL. */
void *xrealloc(void *old, size_t nr, size_t size);
void *xcalloc(size_t nr, size_t size);
char *xstrdup(const char *text);
char *xvasprintf(const char *fmt, va_list args);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions in /proc/kallsyms, kept in /run: the kernel takes a tenth of a
 * second or more to write out all its symbols, each time, and they change only
 * when a module comes or goes.
 */
#ifndef KPCTL_KALLSYMS_CACHE_H
#define KPCTL_KALLSYMS_CACHE_H

#include <stddef.h>

/**
 * kallsyms_text() - lines of /proc/kallsyms, at least those of functions
 * @len: of all
 *
 * From the cache if that is of this boot, of the modules that are loaded, and
 * written by root; else from the kernel, and for root the cache is made anew. A
 * cache that cannot be read or written is none.
 *
 * Return: from malloc(), NUL-terminated; NULL with errno set.
 */
char *kallsyms_text(size_t *len);

#endif

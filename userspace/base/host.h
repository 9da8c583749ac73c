/* SPDX-License-Identifier: GPL-2.0 */
/* The files under /proc and /sys that describe this kernel. */
#ifndef KPCTL_HOST_H
#define KPCTL_HOST_H

#include <stdbool.h>
#include <stddef.h>

/**
 * host_set_root() - look for /proc and /sys below another directory
 * @root: kept, not copied; NULL: the real ones
 *
 * For tests, and for compiling against another machine's description.
 */
void host_set_root(const char *root);

/* From malloc(). */
char *host_path(const char *path);

/**
 * host_read() - a whole file
 * @path: absolute
 * @len: its length, or NULL
 *
 * Return: the contents, NUL-terminated, from malloc(); NULL with errno set.
 */
char *host_read(const char *path, size_t *len);
bool host_exists(const char *path);

#endif

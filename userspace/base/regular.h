/* SPDX-License-Identifier: GPL-2.0 */
/* Files that nothing happens to when they are opened. */
#ifndef KPCTL_REGULAR_H
#define KPCTL_REGULAR_H

struct stat;

/**
 * regular_open() - a regular file, to be read
 * @path: whatever is called so; a device or a pipe is not opened
 * @st: filled
 *
 * Return: a descriptor, or -1 with errno; EINVAL: it is something else.
 */
int regular_open(const char *path, struct stat *st);

#endif

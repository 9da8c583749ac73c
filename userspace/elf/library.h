/* SPDX-License-Identifier: GPL-2.0 */
/* From the name of a library, or of a program, to its file. */
#ifndef KPCTL_LIBRARY_H
#define KPCTL_LIBRARY_H

#include <stdbool.h>

/**
 * library_find() - "libc", "libc.so", "libc.so.6": as the dynamic linker finds it
 * @name: without a path
 *
 * Return: the file's path, from malloc(); or NULL.
 */
char *library_find(const char *name);

/* Whether that is a file's name, as a library. */
bool library_is_called(const char *file, const char *name);

/* As a shell finds it: along $PATH. From malloc(), or NULL. */
char *program_find(const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Constants of the kernel's that stand by name in format files. */
#ifndef KPCTL_CONSTANTS_H
#define KPCTL_CONSTANTS_H

#include <stdbool.h>
#include <stddef.h>

/* @name: @len characters. Return: whether it is known; then @value is set. */
bool constant_find(const char *name, size_t len, long long *value);

#endif

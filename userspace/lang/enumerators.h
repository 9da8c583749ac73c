/* SPDX-License-Identifier: GPL-2.0 */
/* Enumerators of the kernel's that stand by name in format files. */
#ifndef KPCTL_ENUMERATORS_H
#define KPCTL_ENUMERATORS_H

#include <stdbool.h>
#include <stddef.h>

/* @name: @len characters. Return: whether it is known; then @value is set. */
bool enumerator_find(const char *name, size_t len, long long *value);

#endif

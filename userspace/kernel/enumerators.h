/* SPDX-License-Identifier: GPL-2.0 */
/* Enumerators of the kernel's that stand by name in format files. */
#ifndef KPCTL_ENUMERATORS_H
#define KPCTL_ENUMERATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* @text: @len characters of it. Return: whether that is one; then @value is set. */
bool enumerator_find(const char *text, size_t len, int64_t *value);

#endif

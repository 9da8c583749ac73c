/* SPDX-License-Identifier: GPL-2.0 */
/* C's integers have several names each; one of them is canonical. */
#ifndef KPCTL_KTYPES_INT_NAME_H
#define KPCTL_KTYPES_INT_NAME_H

#include <stdbool.h>

/* Room for any name of canonical_int(). */
#define INT_NAME_MAX 32

/*
 * "unsigned long" as gcc names it: "long unsigned int".  Return: false if @name
 * is made of other words.
 */
bool canonical_int(const char *name, char canonical[INT_NAME_MAX]);

#endif

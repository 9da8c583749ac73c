/* SPDX-License-Identifier: GPL-2.0 */
/* Macros of the language: macro NAME(PARAMETERS) { ... } */
#ifndef KPCTL_MACRO_H
#define KPCTL_MACRO_H

#include "ast.h"

/**
 * macros_expand() - put macros' bodies where they are used
 * @program: as it was parsed; whose clauses have no macro left behind it
 * @arena: for the copies
 *
 * Return: 0, or -1 after an error was reported.
 */
int macros_expand(struct program *program, struct arena *arena);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Names of C++, as their authors have written them. */
#ifndef KPCTL_DEMANGLE_H
#define KPCTL_DEMANGLE_H

/**
 * demangle() - "lab::area(int) const", of "_ZNK3lab4areaEi"
 * @name: as the linker has it; whoever has written it may not be trusted
 *
 * Return: from malloc(); NULL: it is no name of C++, or too long as one.
 */
char *demangle(const char *name);

/* The length of it without its parameters: of "lab::area", there. */
int demangled_stem(const char *name);

#endif

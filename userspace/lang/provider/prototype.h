/* SPDX-License-Identifier: GPL-2.0 */
/* The arguments of the kernel's functions, by their names. */
#ifndef KPCTL_PROVIDER_PROTOTYPE_H
#define KPCTL_PROVIDER_PROTOTYPE_H

#include "kernel/event_fields.h"

/**
 * prototype_fields() - what a function is called with
 * @function: of the kernel itself
 * @skipped: how many parameters it has before those that the clause is given
 * @fields: filled on success
 *
 * Return: 0, or -ENOENT: its prototype is not known.
 */
int prototype_fields(const char *function, unsigned int skipped,
		     struct event_fields *fields);

/* The same of a function of a program, which is open and begins there. */
int prototype_fields_in(int fd, unsigned long long address, struct event_fields *fields);

/* And what it returns, as "retval", if it returns something. */
void prototype_add_return(const char *function, struct event_fields *fields);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Names for the values of a field, as an event's format or a provider has them. */
#ifndef KPCTL_ENUM_TABLE_H
#define KPCTL_ENUM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct enum_table {
	bool is_bits;			/* that may be set together */
	bool is_bool;			/* true and false */
	size_t nr;
	struct enum_name {
		int64_t value;
		char *name;
	} *names;
};

/* Its names are from malloc(). */
void enum_table_clear(struct enum_table *table);

#endif

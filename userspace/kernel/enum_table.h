/* SPDX-License-Identifier: GPL-2.0 */
/* Names for the values of a field, as an event's format or a provider has them. */
#ifndef KPCTL_ENUM_TABLE_H
#define KPCTL_ENUM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct enum_table {
	bool is_bits;			/* that may be set together */
	size_t nr;
	struct enum_name {
		int64_t value;
		char *name;
	} *names;
};

/* @name is from malloc(), and the table's from now on. */
void enum_table_add(struct enum_table *table, int64_t value, char *name);
void enum_table_clear(struct enum_table *table);

#endif

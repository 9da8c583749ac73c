// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "base/xalloc.h"
#include "enum_table.h"

void enum_table_add(struct enum_table *table, int64_t value, char *name)
{
	struct enum_name *added = APPEND(table->names, table->nr);

	*added = (struct enum_name){ value, name };
}

void enum_table_clear(struct enum_table *table)
{
	size_t i;

	for (i = 0; i < table->nr; i++)
		free(table->names[i].name);
	free(table->names);
	*table = (struct enum_table){ 0 };
}

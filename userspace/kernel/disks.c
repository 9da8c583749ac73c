// SPDX-License-Identifier: GPL-2.0
/* Names of block devices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "base/xalloc.h"
#include "disks.h"

/* The kernel's own dev_t, which is not user space's. */
#define MINOR_BITS 20

static void add_line(struct enum_table *table, const char *line)
{
	unsigned int major, minor;
	char name[64];

	if (sscanf(line, "%u %u %*u %63s", &major, &minor, name) == 3)
		enum_table_add(table, (int64_t)major << MINOR_BITS | minor, xstrdup(name));
}

const struct enum_table *disk_names(void)
{
	static struct enum_table table;
	static bool is_filled;
	char *text, *line, *rest;

	if (is_filled)
		return &table;
	is_filled = true;
	text = host_read("/proc/partitions", NULL);
	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		add_line(&table, line);
	free(text);
	return &table;
}

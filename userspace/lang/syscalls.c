// SPDX-License-Identifier: GPL-2.0
/* System calls by their numbers: those of the headers that kpctl is built with. */
#include <string.h>
#include <asm/unistd.h>

#include "base/array.h"
#include "builtins.h"

#define SYSCALL(name) { __NR_##name, (char *)#name },
static struct enum_name names[] = {
#include "syscalls.inc"
};
#undef SYSCALL

static const struct enum_table table = { .nr = ARRAY_SIZE(names), .names = names };

const struct enum_table *syscall_names(void)
{
	return &table;
}

/* __NR_openat */
bool syscall_number(const char *name, uint64_t *number)
{
	static const char prefix[] = "__NR_";
	size_t i;

	if (strncmp(name, prefix, strlen(prefix)))
		return false;
	for (i = 0; i < table.nr; i++) {
		if (strcmp(name + strlen(prefix), names[i].name))
			continue;
		*number = names[i].value;
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the load generators share.  Each takes a name first: the comm that it
 * gives itself before the work begins, so that what the dynamic linker and the
 * shell do is nobody's event.
 */
#ifndef LOAD_H
#define LOAD_H

#include <err.h>
#include <link.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>

static inline long number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 0);

	if (end == text || *end)
		errx(2, "not a number: %s", text);
	return n;
}

static inline void become(const char *comm)
{
	if (prctl(PR_SET_NAME, comm))
		err(1, "prctl");
}

/* What is looked for, by its address, and where in its file it is. */
struct in_file {
	unsigned long address;
	unsigned long long offset;
};

static inline int find_in_file(struct dl_phdr_info *info, size_t size, void *data)
{
	struct in_file *it = data;
	unsigned long at = it->address - info->dlpi_addr;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		__typeof__(info->dlpi_phdr) part = &info->dlpi_phdr[i];

		if (part->p_type != PT_LOAD || at - part->p_vaddr >= part->p_filesz)
			continue;
		it->offset = at - part->p_vaddr + part->p_offset;
		return 1;
	}
	return 0;
}

/* Of a function or a variable of this program. */
static inline unsigned long long place_in_file(const void *its)
{
	struct in_file it = { .address = (unsigned long)its };

	if (!dl_iterate_phdr(find_in_file, &it))
		errx(1, "it is in no file");
	return it.offset;
}

static inline void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "sched_setaffinity");
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the load generators share.  Each takes a name first: the comm that it
 * gives itself before the work begins, so that what the dynamic linker and the
 * shell do is nobody's event.
 */
#ifndef LOAD_H
#define LOAD_H

#include <err.h>
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

static inline void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "sched_setaffinity");
}

#endif

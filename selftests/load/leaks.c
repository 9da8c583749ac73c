// SPDX-License-Identifier: GPL-2.0
/*
 * leaks N: N times 100 bytes that nobody frees, twice as many of 1,000 in another function,
 * and as many of 500 that are freed.
 */
#include "load.h"

#define PROBED static __attribute__((noipa, used))

static void *volatile last;

PROBED void *forgets(void)
{
	void *memory = malloc(100);

	last = memory;
	return memory;
}

PROBED void *loses(void)
{
	void *memory = malloc(1000);

	last = memory;
	return memory;
}

PROBED void cares(void)
{
	void *memory = malloc(500);

	last = memory;
	free(memory);
}

int main(int argc, char **argv)
{
	long i, n;

	if (argc != 2)
		errx(2, "usage: leaks N");
	n = number(argv[1]);
	for (i = 0; i < n; i++) {
		forgets();
		loses();
		loses();
		cares();
	}
	return 0;
}

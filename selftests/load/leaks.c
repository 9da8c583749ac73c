// SPDX-License-Identifier: GPL-2.0
/*
 * leaks N: N times 100 bytes that nobody frees, twice as many of 1,000 in another function,
 * and as many of 500 that are freed.
 */
#include "load.h"

#define PROBED static __attribute__((noipa, used))

/* Somebody might look at it. */
static void *seen(void *memory)
{
	asm volatile("" : "+r"(memory));
	return memory;
}

PROBED void *forgets(void)
{
	return seen(malloc(100));
}

PROBED void *loses(void)
{
	return seen(malloc(1000));
}

PROBED void cares(void)
{
	free(seen(malloc(500)));
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

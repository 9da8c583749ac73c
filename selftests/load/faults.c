// SPDX-License-Identifier: GPL-2.0
/*
 * faults COMM PAGES: touches so many pages of its own for the first time, and says
 * how many minor faults the kernel has counted meanwhile.
 */
#include "load.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static long faults(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		err(1, "getrusage");
	return usage.ru_minflt;
}

static void touch(char *memory, long pages)
{
	long i, size = sysconf(_SC_PAGESIZE);

	for (i = 0; i < pages; i++)
		memory[i * size] = 1;
}

/* What is called for the first time may fault: each has been before it counts. */
int main(int argc, char **argv)
{
	long pages, before, after;
	char *memory;

	if (argc != 3)
		errx(2, "usage: faults COMM PAGES");
	pages = number(argv[2]);
	memory = mmap(NULL, (pages + 1) * sysconf(_SC_PAGESIZE),
		      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		err(1, "mmap");
	if (madvise(memory, (pages + 1) * sysconf(_SC_PAGESIZE), MADV_NOHUGEPAGE))
		warn("madvise");
	become("warms up");
	touch(memory, 1);
	faults();
	become(argv[1]);
	before = faults();
	touch(memory + sysconf(_SC_PAGESIZE), pages);
	after = faults();
	become("is done");
	printf("%ld\n", after - before);
	return 0;
}

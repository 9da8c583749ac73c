// SPDX-License-Identifier: GPL-2.0
/*
 * stacks COMM CPU FIRST LAST TIMES: for each number from FIRST to LAST a read(2) of that
 * many bytes of /dev/null, by a call chain that is the number in binary: left is 0,
 * right is 1, the innermost the highest, one left before all. TIMES over; TIMES = 0:
 * until SIGTERM. Then it says how many they were, and stays, since names of its stacks
 * may be asked for, until SIGTERM (once more).
 */
#include "load.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Numbers up to 16383. */
#define BITS 14

static atomic_int stops;
static char byte;
static int fd;

static void stop(int signal)
{
	(void)signal;
	stops++;
}

static void left(long size, long rest, int bits);
static void right(long size, long rest, int bits);

/* The innermost caller of what saves no frame pointer (syscall()) is not seen. */
__attribute__((noinline, noclone, optimize("no-omit-frame-pointer")))
static void read_null(long size)
{
	if (syscall(SYS_read, fd, &byte, size))
		err(1, "read of %ld bytes", size);
}

/* One frame each, and its own name: neither is inlined nor jumped to. */
#define A_FRAME(name_)							\
__attribute__((noinline, noclone, optimize("no-omit-frame-pointer",	\
					   "no-optimize-sibling-calls")))\
static void name_(long size, long rest, int bits)				\
{									\
	if (!bits)							\
		read_null(size);					\
	else if (rest & 1)						\
		right(size, rest >> 1, bits - 1);			\
	else								\
		left(size, rest >> 1, bits - 1);			\
	/* There is something to return to, and no two are the same. */	\
	__asm__ volatile("# " #name_ : : : "memory");			\
}

A_FRAME(left)
A_FRAME(right)

int main(int argc, char **argv)
{
	long first, last, times, size, i, n = 0;

	if (argc != 6)
		errx(2, "usage: stacks COMM CPU FIRST LAST TIMES");
	first = number(argv[3]);
	last = number(argv[4]);
	times = number(argv[5]);
	fd = open("/dev/null", O_RDONLY);
	if (fd < 0)
		err(1, "/dev/null");
	pin(number(argv[2]));
	signal(SIGTERM, stop);
	become(argv[1]);
	for (i = 0; !times || i < times; i++)
		for (size = first; size <= last; size++, n++) {
			if (atomic_load_explicit(&stops, memory_order_relaxed))
				goto out;
			left(size, size, BITS);
		}
out:
	printf("%ld\n", n);
	fflush(stdout);
	while (atomic_load_explicit(&stops, memory_order_relaxed) < (times ? 1 : 2))
		usleep(10000);
	return 0;
}

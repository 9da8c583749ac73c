// SPDX-License-Identifier: GPL-2.0
/*
 * calls COMM CPU N: N reads of one byte of /dev/zero on one CPU; N = 0: until
 * SIGTERM, and then it says how many they were.
 */
#include "load.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static atomic_bool enough;

static void stop(int signal)
{
	(void)signal;
	enough = true;
}

int main(int argc, char **argv)
{
	long i, n;
	char byte;
	int fd;

	if (argc != 4)
		errx(2, "usage: calls COMM CPU N");
	n = number(argv[3]);
	fd = open("/dev/zero", O_RDONLY);
	if (fd < 0)
		err(1, "/dev/zero");
	pin(number(argv[2]));
	become(argv[1]);
	signal(SIGTERM, stop);
	for (i = 0; (!n || i < n) && !atomic_load_explicit(&enough, memory_order_relaxed); i++)
		if (read(fd, &byte, 1) != 1)
			err(1, "read");
	if (!n)
		printf("%ld\n", i);
	return 0;
}

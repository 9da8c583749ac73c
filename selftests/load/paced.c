// SPDX-License-Identifier: GPL-2.0
/*
 * paced COMM CPU RATE SECONDS: RATE reads of one byte of /dev/zero a second, on
 * one CPU, in even portions of a millisecond.  Says how long it took, in
 * milliseconds: longer than it should where the machine is too slow.
 */
#include "load.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void read_bytes(int fd, long n)
{
	char byte;

	while (n-- > 0)
		if (read(fd, &byte, 1) != 1)
			err(1, "read");
}

int main(int argc, char **argv)
{
	long rate, portions, i;
	long long start;
	int fd;

	if (argc != 5)
		errx(2, "usage: paced COMM CPU RATE SECONDS");
	fd = open("/dev/zero", O_RDONLY);
	if (fd < 0)
		err(1, "/dev/zero");
	rate = number(argv[3]);
	portions = number(argv[4]) * 1000;
	pin(number(argv[2]));
	become(argv[1]);
	start = now_ns();
	for (i = 1; i <= portions; i++) {
		read_bytes(fd, rate / 1000);
		while (now_ns() < start + i * 1000000)
			;
	}
	printf("%lld\n", (now_ns() - start) / 1000000);
	return 0;
}

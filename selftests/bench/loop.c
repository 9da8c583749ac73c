// SPDX-License-Identifier: GPL-2.0
/*
 * loop N: what one read(2) of /dev/zero costs, by clock_gettime around N of
 * them.  Under run.sh --icount the clock counts instructions.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long long start, best = -1;
	int fd = open("/dev/zero", O_RDONLY);
	int round, i, n;
	char byte;

	if (argc != 2)
		errx(2, "usage: loop N");
	if (fd < 0)
		err(1, "/dev/zero");
	n = atoi(argv[1]);
	prctl(PR_SET_NAME, "kps_loop");
	/* The best of several: timer interrupts only ever add. */
	for (round = 0; round < 5; round++) {
		start = now();
		for (i = 0; i < n; i++)
			if (read(fd, &byte, 1) != 1)
				err(1, "read");
		start = now() - start;
		if (best < 0 || start < best)
			best = start;
	}
	printf("%.1f\n", (double)best / n);
	return 0;
}

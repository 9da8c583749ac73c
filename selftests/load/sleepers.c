// SPDX-License-Identifier: GPL-2.0
/*
 * sleepers COMM N MS: N processes that are in nanosleep(2) at the same time,
 * for MS milliseconds, once each.
 */
#include "load.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec t;
	long i, n, ms;

	if (argc != 4)
		errx(2, "usage: sleepers COMM N MS");
	n = number(argv[2]);
	ms = number(argv[3]);
	t.tv_sec = ms / 1000;
	t.tv_nsec = ms % 1000 * 1000000;
	become(argv[1]);
	for (i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (!pid)
			_exit(nanosleep(&t, NULL) ? 1 : 0);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}

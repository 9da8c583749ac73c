// SPDX-License-Identifier: GPL-2.0
/* forks COMM N: N forks, one after the other; the children do nothing. */
#include "load.h"

#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long i, n;
	pid_t pid;

	if (argc != 3)
		errx(2, "usage: forks COMM N");
	n = number(argv[2]);
	become(argv[1]);
	for (i = 0; i < n; i++) {
		pid = fork();
		if (pid < 0)
			err(1, "fork");
		if (!pid)
			_exit(0);
		if (waitpid(pid, NULL, 0) != pid)
			err(1, "waitpid");
	}
	return 0;
}

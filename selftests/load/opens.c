// SPDX-License-Identifier: GPL-2.0
/*
 * opens COMM N PATH|bad: N openat(2)s of PATH (whose result does not matter),
 * or, with "bad", of a name at an address where nothing is mapped.
 */
#include "load.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *path;
	long i, n;

	if (argc != 4)
		errx(2, "usage: opens COMM N PATH|bad");
	n = number(argv[2]);
	path = strcmp(argv[3], "bad") ? argv[3] : (const char *)8;
	become(argv[1]);
	for (i = 0; i < n; i++) {
		long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);

		if (fd >= 0)
			close(fd);
	}
	return 0;
}

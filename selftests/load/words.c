// SPDX-License-Identifier: GPL-2.0
/*
 * words COMM TIMES NUMBER...: fallocate(2) at each of these offsets, which may be
 * any word; its length says which one it is, from 1 on. Nobody else calls it, and
 * what comes of it does not matter: the file is not open for writing.
 */
#include "load.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = open("/etc/passwd", O_RDONLY), i;
	long times, round;

	if (argc < 4)
		errx(2, "usage: words COMM TIMES NUMBER...");
	if (fd < 0)
		err(1, "/etc/passwd");
	times = number(argv[2]);
	become(argv[1]);
	for (round = 0; round < times; round++)
		for (i = 3; i < argc; i++)
			syscall(SYS_fallocate, fd, 0, strtoull(argv[i], NULL, 0),
				(long)i - 2);
	return 0;
}

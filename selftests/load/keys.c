// SPDX-License-Identifier: GPL-2.0
/*
 * keys COMM FIRST LAST TIMES [CPU]: read(2)s of /dev/null, for which any size
 * will do and costs the same: each size from FIRST to LAST, 1 + size % TIMES
 * times.
 */
#include "load.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long size, last, times, i;
	static char byte;
	int fd;

	if (argc != 5 && argc != 6)
		errx(2, "usage: keys COMM FIRST LAST TIMES [CPU]");
	size = number(argv[2]);
	last = number(argv[3]);
	times = number(argv[4]);
	fd = open("/dev/null", O_RDONLY);
	if (fd < 0)
		err(1, "/dev/null");
	if (argc == 6)
		pin(number(argv[5]));
	become(argv[1]);
	for (; size <= last; size++)
		for (i = 0; i <= size % times; i++)
			if (syscall(SYS_read, fd, &byte, size))
				err(1, "read of %ld bytes", size);
	return 0;
}

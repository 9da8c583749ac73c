// SPDX-License-Identifier: GPL-2.0
/*
 * reads COMM SIZExCOUNT...: COUNT read(2)s for each SIZE, each of which
 * returns just SIZE: bytes of /dev/zero.  A SIZE below 0 is a read of a
 * directory, which returns -EISDIR.
 */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char buffer[1 << 20];

static void read_zeros(int fd, long size, long count)
{
	while (count-- > 0)
		if (read(fd, buffer, size) != size)
			err(1, "read of %ld bytes", size);
}

static void read_directory(int fd, long count)
{
	while (count-- > 0)
		if (read(fd, buffer, 1) != -1 || errno != EISDIR)
			err(1, "read of a directory");
}

int main(int argc, char **argv)
{
	int zero, dir, i;

	if (argc < 3)
		errx(2, "usage: reads COMM SIZExCOUNT...");
	zero = open("/dev/zero", O_RDONLY);
	dir = open("/", O_RDONLY | O_DIRECTORY);
	if (zero < 0 || dir < 0)
		err(1, "open");
	become(argv[1]);
	for (i = 2; i < argc; i++) {
		char *x = strchr(argv[i], 'x');
		long size;

		if (!x)
			errx(2, "no SIZExCOUNT: %s", argv[i]);
		*x = '\0';
		size = number(argv[i]);
		if (size > (long)sizeof(buffer))
			errx(2, "more than %zu bytes", sizeof(buffer));
		if (size < 0)
			read_directory(dir, number(x + 1));
		else
			read_zeros(zero, size, number(x + 1));
	}
	return 0;
}

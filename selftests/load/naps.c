// SPDX-License-Identifier: GPL-2.0
/* naps NAME SECONDS NANOSECONDS: nanosleep(), which the C library does otherwise. */
#include "load.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec nap;

	if (argc != 4)
		errx(2, "usage: naps NAME SECONDS NANOSECONDS");
	nap.tv_sec = number(argv[2]);
	nap.tv_nsec = number(argv[3]);
	become(argv[1]);
	return syscall(SYS_nanosleep, &nap, NULL) ? 1 : 0;
}

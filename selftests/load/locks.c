// SPDX-License-Identifier: GPL-2.0
/*
 * locks COMM CPU: on one CPU, until killed, calls that do little but take spin
 * locks: dup(2) and close(2) take that of the table of files.
 */
#include "load.h"

#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: locks COMM CPU");
	pin(number(argv[2]));
	become(argv[1]);
	for (;;)
		if (close(dup(0)))
			err(1, "close");
}

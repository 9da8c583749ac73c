// SPDX-License-Identifier: GPL-2.0
/*
 * nests ROUNDS: the same calls each time, nested, recursive and sleeping, by two new
 * tasks. nest_a is nest_c every other round; it wakes and looks at an epoll in an
 * epoll in an epoll, naps, and sleeps in reading what nest_b writes after a nap.
 */
#include "load.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEEP 3

static void nap(void)
{
	struct timespec ts = { .tv_nsec = 2000000 };

	if (syscall(SYS_nanosleep, &ts, NULL))
		err(1, "nanosleep");
}

/* The outermost of epolls of each other; there is something to read at the bottom. */
static int nested_epolls(int *bottom)
{
	struct epoll_event event = { .events = EPOLLIN };
	int outer, inner = *bottom = eventfd(1, 0);
	int i;

	for (i = 0; i < DEEP; i++, inner = outer) {
		outer = epoll_create1(0);
		if (inner < 0 || outer < 0 ||
		    epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event))
			err(1, "epoll");
	}
	return inner;
}

static void reader(int from, int to, long rounds)
{
	int bottom;
	struct pollfd fd = { .fd = nested_epolls(&bottom), .events = POLLIN };
	long i;
	char c;

	for (i = 0; i < rounds; i++) {
		become(i & 1 ? "nest_c" : "nest_a");
		/* Each epoll wakes the one that it is in. */
		if (eventfd_write(bottom, 1))
			err(1, "eventfd");
		if (poll(&fd, 1, 0) != 1)
			errx(1, "nothing to read");
		nap();
		if (write(to, "x", 1) != 1 || read(from, &c, 1) != 1)
			err(1, "pipe");
	}
}

static void writer(int from, int to, long rounds)
{
	char c;

	become("nest_b");
	while (rounds--) {
		if (read(from, &c, 1) != 1)
			err(1, "read");
		nap();
		if (write(to, "y", 1) != 1)
			err(1, "write");
	}
}

int main(int argc, char **argv)
{
	int up[2], down[2], i, status, failed = 0;
	long rounds;

	if (argc != 2)
		errx(2, "usage: nests ROUNDS");
	rounds = number(argv[1]);
	if (pipe(up) || pipe(down))
		err(1, "pipe");
	for (i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid)
			continue;
		if (i)
			writer(up[0], down[1], rounds);
		else
			reader(down[0], up[1], rounds);
		_exit(0);
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed != 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * deletes ROUNDS CALLS: two CPUs. One reads /dev/zero as often as CALLS says, while the
 * other seeks there once with SEEK_CUR, for which a probe deletes what was counted of the
 * reads. Then it seeks with SEEK_SET to LEAST << 32 | MOST: as many reads as began behind
 * that call, and as many as had not ended before it. What was counted since is between.
 */
#include "load.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of one round; @next is its number, from 1 on. */
struct shared {
	atomic_long next, began, ended;
};

static void count(struct shared *shared, int fd, long rounds, long calls)
{
	char byte;
	long i, nr;

	for (nr = 1; nr <= rounds; nr++) {
		while (atomic_load(&shared->next) < nr)
			;
		for (i = 0; i < calls; i++) {
			atomic_fetch_add(&shared->began, 1);
			if (read(fd, &byte, 1) != 1)
				err(1, "read");
			atomic_fetch_add(&shared->ended, 1);
		}
	}
}

static void seek(int fd, off_t to, int whence)
{
	if (lseek(fd, to, whence) < 0)
		err(1, "lseek");
}

static void delete(struct shared *shared, int fd, long rounds, long calls)
{
	long nr, all, least, most;

	for (nr = 1; nr <= rounds; nr++) {
		all = nr * calls;
		atomic_store(&shared->next, nr);
		while (atomic_load(&shared->ended) < all - calls + random() % calls)
			;
		most = all - atomic_load(&shared->ended);
		seek(fd, 0, SEEK_CUR);
		least = all - atomic_load(&shared->began);
		while (atomic_load(&shared->ended) < all)
			;
		seek(fd, least << 32 | most, SEEK_SET);
	}
}

int main(int argc, char **argv)
{
	struct shared *shared;
	long rounds, calls;
	int fd, status;
	pid_t child;

	if (argc != 3)
		errx(2, "usage: deletes ROUNDS CALLS");
	rounds = number(argv[1]);
	calls = number(argv[2]);
	fd = open("/dev/zero", O_RDONLY);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || shared == MAP_FAILED)
		err(1, "setup");
	become("deleting");
	child = fork();
	if (child < 0)
		err(1, "fork");
	pin(!child);
	if (!child) {
		count(shared, fd, rounds, calls);
		return 0;
	}
	delete(shared, fd, rounds, calls);
	return waitpid(child, &status, 0) != child || status;
}

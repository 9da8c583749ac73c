// SPDX-License-Identifier: GPL-2.0
/*
 * stores N [THREADS]: waits for SIGUSR1, if it has threads, and then stores N numbers in each
 * at 0x10000000, and as many beside it; prints "ready" before, and how many those were.
 */
#include "load.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#define PLACE ((long *)0x10000000)
#define MAX_THREADS 64

static long times;
static pthread_barrier_t begin;

static void store(void)
{
	long i;

	for (i = 0; i < times; i++) {
		__atomic_store_n(&PLACE[0], i, __ATOMIC_RELAXED);
		__atomic_store_n(&PLACE[1], i, __ATOMIC_RELAXED);
	}
}

static void *thread(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&begin);
	store();
	return NULL;
}

static void in_threads(long nr)
{
	pthread_t threads[MAX_THREADS];
	sigset_t set;
	long i;
	int got;

	if (nr < 1 || nr > MAX_THREADS)
		errx(2, "1 to %d threads", MAX_THREADS);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pthread_barrier_init(&begin, NULL, nr + 1);
	for (i = 0; i < nr; i++)
		if (pthread_create(&threads[i], NULL, thread, NULL))
			errx(1, "pthread_create");
	puts("ready");
	fflush(stdout);
	sigwait(&set, &got);
	pthread_barrier_wait(&begin);
	for (i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3)
		errx(2, "usage: stores N [THREADS]");
	times = number(argv[1]);
	if (mmap((void *)PLACE, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != PLACE)
		err(1, "mmap");
	if (argc == 3)
		in_threads(number(argv[2]));
	else
		store();
	printf("%ld\n", times * (argc == 3 ? number(argv[2]) : 1));
	return 0;
}

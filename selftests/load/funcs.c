// SPDX-License-Identifier: GPL-2.0
/*
 * funcs WHAT N [THREADS]: calls functions of its own, and says how many calls it was
 * that they have counted themselves.
 *
 *	work	N calls in each thread; 0: until SIGTERM
 *	deep	N calls of one inside of each other, a millisecond each
 *	jump	N calls that longjmp() leaves, and N that return
 *	fork	N children that return from a call which their parent has begun
 *	exit	N children that end inside of a call, by turns by exit and exec
 *	late	waits for SIGUSR1 between its first mapping and the call
 *	args	one call of each that takes arguments
 *	sealed	N calls when nothing but read, write and exit is allowed
 *	absent	N calls with text of a file (5th argument) that is not in memory
 *	never	N calls with memory that nobody will deliver (userfaultfd)
 */
#include "load.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* As they are written, whoever calls them. */
#define PROBED static __attribute__((noipa, used))
#define MAX_THREADS 64

static atomic_long calls;
static atomic_bool enough;
static jmp_buf back;
static long times;


static void count(void)
{
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
}

/* What begins with the prefix lock cannot be probed: see locked(). */
#define BEGIN() asm volatile("nop")

PROBED long work(long n)
{
	BEGIN();
	count();
	return n * 2;
}

PROBED void locked(void)
{
	count();
}

/* One more name of it. */
PROBED long work_alias(long n) __attribute__((alias("work")));

PROBED long also_work(long n)
{
	BEGIN();
	count();
	return n + 1;
}

static void wait_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left))
		;
}

PROBED long deep(long n)
{
	long below;

	count();
	wait_ms(1);
	if (n <= 1)
		return 1;
	below = deep(n - 1);
	wait_ms(1);
	return below + 1;
}

PROBED long leave(bool jump)
{
	BEGIN();
	count();
	if (jump)
		longjmp(back, 1);
	return 7;
}

PROBED long split(void)
{
	pid_t child;

	count();
	child = fork();
	if (child < 0)
		err(1, "fork");
	return child;
}

PROBED void end(bool by_exec)
{
	if (by_exec)
		execl("/bin/true", "true", NULL);
	_exit(0);
}

PROBED long many(long a, int b, unsigned char c, long d, long e, long f, long g,
		 long h)
{
	BEGIN();
	count();
	return a + b + c + d + e + f + g + h;
}

PROBED const char *greet(const char *name, size_t len)
{
	BEGIN();
	count();
	return len ? name + len : name;
}

static void *thread(void *unused)
{
	long i;

	(void)unused;
	for (i = 0; (!times || i < times) && !atomic_load_explicit(&enough, memory_order_relaxed); i++)
		if (work(i) != 2 * i)
			errx(1, "work() returned something else");
	return NULL;
}

static void stop(int signal)
{
	(void)signal;
	enough = true;
}

static void do_work(long n, long nr_threads)
{
	pthread_t threads[MAX_THREADS];
	long i;

	if (nr_threads < 1 || nr_threads > MAX_THREADS)
		errx(2, "1 to %d threads", MAX_THREADS);
	times = n;
	signal(SIGTERM, stop);
	for (i = 0; i < nr_threads; i++)
		if (pthread_create(&threads[i], NULL, thread, NULL))
			errx(1, "pthread_create");
	for (i = 0; i < nr_threads; i++)
		pthread_join(threads[i], NULL);
}

static void do_deep(long n)
{
	if (deep(n) != n)
		errx(1, "deep() returned something else");
}

static void do_jump(long n)
{
	volatile long i;

	for (i = 0; i < n; i++) {
		if (!setjmp(back))
			leave(true);
		if (leave(false) != 7)
			errx(1, "leave() returned something else");
	}
}

static void reap(long n)
{
	int status;

	while (n--)
		if (wait(&status) < 0 || status)
			errx(1, "a child ended with status %d", status);
}

static void do_fork(long n)
{
	long i;

	for (i = 0; i < n; i++)
		if (!split())
			_exit(0);
	reap(n);
}

static void do_exit(long n)
{
	long i;

	for (i = 0; i < n; i++) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (!child)
			end(i % 2);
		count();
	}
	reap(n);
}

static void do_late(long n)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	puts("ready");
	fflush(stdout);
	sigwait(&set, &got);
	while (n--)
		work(n);
}

static void do_args(void)
{
	static const char world[] = "hello, world";

	if (many(1, -2, 3, 4, 5, 6, 77, 88) != 1 - 2 + 3 + 4 + 5 + 6 + 77 + 88)
		errx(1, "many() returned something else");
	if (strcmp(greet(world, 7), "world"))
		errx(1, "greet() returned something else");
	also_work(5);
}

static void do_sealed(long n)
{
	char text[32];
	long i;

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		err(1, "seccomp");
	for (i = 0; i < n; i++)
		work(i);
	snprintf(text, sizeof(text), "%ld\n", atomic_load(&calls));
	syscall(SYS_write, STDOUT_FILENO, text, strlen(text));
	syscall(SYS_exit, 0);
}

#define PAGE 4096

/* As if nobody had read it yet: neither this process nor another has it. */
static char *map_absent(int fd, off_t offset)
{
	unsigned char is_there;
	char *page;

	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		err(1, "posix_fadvise");
	page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, offset);
	if (page == MAP_FAILED || mincore(page, PAGE, &is_there))
		err(1, "mmap");
	if (is_there & 1)
		errx(1, "it is in memory");
	return page;
}

static void do_absent(long n, const char *file)
{
	int fd = open(file, O_RDWR);
	long i;

	if (fd < 0)
		err(1, "%s", file);
	for (i = 0; i < n; i++) {
		char *page = map_absent(fd, i * PAGE);

		greet(page, 0);
		munmap(page, PAGE);
	}
	close(fd);
}

static void do_never(long n)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register its = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (fd < 0 || page == MAP_FAILED || ioctl(fd, UFFDIO_API, &api))
		err(1, "userfaultfd");
	its.range.start = (unsigned long)page;
	its.range.len = PAGE;
	if (ioctl(fd, UFFDIO_REGISTER, &its))
		err(1, "userfaultfd");
	signal(SIGTERM, stop);
	times = n;
	while ((!times || n--) && !atomic_load(&enough))
		greet(page, 0);
}

int main(int argc, char **argv)
{
	long n;

	if (argc < 3 || argc > 5)
		errx(2, "usage: funcs WHAT N [THREADS [FILE]]");
	n = number(argv[2]);
	if (!strcmp(argv[1], "work"))
		do_work(n, argc > 3 ? number(argv[3]) : 1);
	else if (!strcmp(argv[1], "deep"))
		do_deep(n);
	else if (!strcmp(argv[1], "jump"))
		do_jump(n);
	else if (!strcmp(argv[1], "fork"))
		do_fork(n);
	else if (!strcmp(argv[1], "exit"))
		do_exit(n);
	else if (!strcmp(argv[1], "late"))
		do_late(n);
	else if (!strcmp(argv[1], "sealed"))
		do_sealed(n);
	else if (!strcmp(argv[1], "absent") && argc == 5)
		do_absent(n, argv[4]);
	else if (!strcmp(argv[1], "never"))
		do_never(n);
	else if (!strcmp(argv[1], "args"))
		do_args();
	else
		errx(2, "it cannot %s", argv[1]);
	printf("%ld\n", atomic_load(&calls));
	return 0;
}

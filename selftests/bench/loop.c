// SPDX-License-Identifier: GPL-2.0
/*
 * loop LOAD N TIMES [CPUS]: what one call of a load costs, in nanoseconds: the
 * shortest of TIMES runs of N calls each, on as many CPUs at once. Under run.sh
 * --icount the clock counts instructions. "loop where": the place of called() in the file.
 */
#include "load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int fd, peer;
static struct sockaddr_in address = { .sin_family = AF_INET };

static void zero_open(void)
{
	fd = open("/dev/zero", O_RDONLY);
	if (fd < 0)
		err(1, "/dev/zero");
}

static void zero_read(void)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		err(1, "read");
}

static void nothing(void)
{
}

static void parent(void)
{
	syscall(SYS_getppid);
}

/* What a uprobe is put on. */
static __attribute__((noipa)) long called(long n)
{
	asm volatile("nop");
	return n + 1;
}

static void call_it(void)
{
	static long n;

	n = called(n);
}

static void udp_open(void)
{
	socklen_t len = sizeof(address);

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	peer = socket(AF_INET, SOCK_DGRAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || peer < 0 ||
	    bind(peer, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(peer, (struct sockaddr *)&address, &len))
		err(1, "udp");
}

static void udp_send(void)
{
	char byte = 0;

	if (sendto(fd, &byte, 1, 0, (struct sockaddr *)&address,
		   sizeof(address)) != 1 || recv(peer, &byte, 1, 0) != 1)
		err(1, "udp");
}

/* To a port that a rule drops what comes for: see instructions.sh. */
static void drop_open(void)
{
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(9);
	if (fd < 0)
		err(1, "udp");
}

static void drop_send(void)
{
	char byte = 0;

	if (sendto(fd, &byte, 1, 0, (struct sockaddr *)&address,
		   sizeof(address)) != 1)
		err(1, "udp");
}

static void fork_once(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

/* A task that sends back whatever it is sent: two switches for each byte. */
static void switch_open(void)
{
	int there[2], back[2];
	char byte;

	if (pipe(there) || pipe(back))
		err(1, "pipe");
	if (!fork()) {
		close(there[1]);
		close(back[0]);
		while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
			;
		_exit(0);
	}
	close(there[0]);
	close(back[1]);
	fd = there[1];
	peer = back[0];
}

static void switch_twice(void)
{
	char byte = 0;

	if (write(fd, &byte, 1) != 1 || read(peer, &byte, 1) != 1)
		err(1, "pipe");
}

static const struct load {
	const char *name;
	void (*open)(void);
	void (*call)(void);
} loads[] = {
	{ "getppid", nothing, parent },
	{ "call", nothing, call_it },
	{ "read", zero_open, zero_read },
	{ "udp", udp_open, udp_send },
	{ "drop", drop_open, drop_send },
	{ "fork", nothing, fork_once },
	{ "switch", switch_open, switch_twice },
};

static const struct load *find_load(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		if (!strcmp(loads[i].name, name))
			return &loads[i];
	errx(2, "no load %s", name);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* The others begin when this is set, and say in it that they are ready. */
static int *ready;

static long long run(const struct load *load, int n, int cpu, int cpus)
{
	long long start;

	pin(cpu);
	load->open();
	__atomic_add_fetch(ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(ready, __ATOMIC_SEQ_CST) < cpus)
		;
	start = now();
	while (n--)
		load->call();
	return now() - start;
}

/* On all at once: how long the slowest took. */
static long long run_all(const struct load *load, int n, int cpus)
{
	long long *took = (long long *)(ready + 2), worst = 0;
	int cpu;

	*ready = 0;
	/* What leaves nothing behind: bpftrace's -c does not see children. */
	if (cpus == 1 && load->open == nothing)
		return run(load, n, 0, cpus);
	for (cpu = 0; cpu < cpus; cpu++)
		if (!fork()) {
			took[cpu] = run(load, n, cpu, cpus);
			_exit(0);
		}
	for (cpu = 0; cpu < cpus; cpu++)
		wait(NULL);
	for (cpu = 0; cpu < cpus; cpu++)
		if (took[cpu] > worst)
			worst = took[cpu];
	return worst;
}

int main(int argc, char **argv)
{
	int n, times, cpus = 1;
	long long took, best = -1;
	const struct load *load;

	if (argc == 2 && !strcmp(argv[1], "where")) {
		printf("%llu\n", place_in_file((const void *)called));
		return 0;
	}
	if (argc != 4 && argc != 5)
		errx(2, "usage: loop LOAD N TIMES [CPUS], or loop where");
	load = find_load(argv[1]);
	n = number(argv[2]);
	times = number(argv[3]);
	if (argc == 5)
		cpus = number(argv[4]);
	ready = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ready == MAP_FAILED)
		err(1, "mmap");
	become("kps_loop");
	/* Timer interrupts, and whoever else runs, only ever add. */
	while (times--) {
		took = run_all(load, n, cpus);
		if (best < 0 || took < best)
			best = took;
	}
	printf("%.1f\n", (double)best / n);
	return 0;
}

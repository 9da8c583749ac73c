// SPDX-License-Identifier: GPL-2.0
/*
 * collide COMM N plain|chosen: fallocate(2) at N offsets, all of them TIMES times:
 * at 1 to N, or at words that a table which multiplies by a number known to all,
 * and folds, keeps in one place. Prints what one call took, in nanoseconds, in the
 * quickest round but the first.
 */
#include "load.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TIMES 3
#define START 0x9e3779b97f4a7c15ULL
#define FACTOR 0xd6e8feb86659fd93ULL

/* Of an odd number, modulo 2^64: each step doubles the bits that are right. */
static uint64_t inverse(uint64_t of)
{
	uint64_t x = of;
	int i;

	for (i = 0; i < 5; i++)
		x *= 2 - of * x;
	return x;
}

/* (word ^ START) * FACTOR has halves that are folded to the same for each nr. */
static uint64_t chosen(uint64_t nr)
{
	return ((nr << 32 | (nr ^ 0x12345)) * inverse(FACTOR)) ^ START;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	int fd = open("/etc/passwd", O_RDONLY), round;
	uint64_t began, took, least = UINT64_MAX, i, n;
	uint64_t *words;

	if (argc != 4)
		errx(2, "usage: collide COMM N plain|chosen");
	if (fd < 0)
		err(1, "/etc/passwd");
	n = number(argv[2]);
	words = calloc(n, sizeof(*words));
	if (!words)
		err(1, "memory");
	for (i = 0; i < n; i++)
		words[i] = strcmp(argv[3], "chosen") ? i + 1 : chosen(i + 1);
	become(argv[1]);
	for (round = 0; round < TIMES; round++) {
		began = now();
		for (i = 0; i < n; i++)
			syscall(SYS_fallocate, fd, 0, words[i], 1L);
		took = now() - began;
		if (round && took < least)
			least = took;
	}
	printf("%llu\n", (unsigned long long)(least / n));
	return 0;
}

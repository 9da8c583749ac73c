/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file and its damaged copies, each of which a turn's number makes again: for those
 * fuzzers that change bytes of a good file.
 */
#ifndef FUZZ_DAMAGE_H
#define FUZZ_DAMAGE_H

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (1 << 20)

static unsigned char good[FILE_MAX], bad[FILE_MAX];
static uint64_t state;

static uint64_t next(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

/* Return: how many bytes; 0 if it cannot be read. */
static size_t read_good(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t size = read(fd, good, sizeof(good));

	close(fd);
	return size > 0 ? size : 0;
}

/* The first turn is the file as it is. Return: how often it is to be changed. */
static unsigned int begin_turn(size_t size, unsigned int turn)
{
	state = turn * 0x9e3779b97f4a7c15ull + 1;
	memcpy(bad, good, size);
	return turn ? 1 + turn % 8 : 0;
}

/* One turn in eight is cut short, too. Return: to how many bytes. */
static size_t end_turn(size_t size, unsigned int turn)
{
	return turn && turn % 8 == 0 ? next(size) : size;
}

#endif

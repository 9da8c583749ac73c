/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file that one kpctl leaves for the next: root's alone, and whoever opens it finds
 * all of it, or none.
 */
#ifndef KPCTL_CACHE_FILE_H
#define KPCTL_CACHE_FILE_H

#include <limits.h>
#include <stdbool.h>

struct stat;

/* Of root's, and nobody else could have written to it. */
bool cache_is_trusted(const struct stat *st);

/* Return: a file descriptor to read; -1 if there is none that can be trusted. */
int cache_open(const char *path);

/* One that is being written, under a name of its own. */
struct cache_file {
	int fd;
	char path[PATH_MAX];
};

/* Return: whether it is there; then .fd is open, to be read and written. */
bool cache_create(struct cache_file *file, const char *path);

/**
 * cache_commit() - put it in its place, or remove it
 * @file: from cache_create(); .fd is left as it is
 * @path: the same
 * @good: all of it is written
 *
 * Return: whether it is in its place.
 */
bool cache_commit(struct cache_file *file, const char *path, bool good);

#endif

// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_file.h"

bool cache_is_trusted(const struct stat *st)
{
	return st->st_uid == 0 && !(st->st_mode & 0022);
}

int cache_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && cache_is_trusted(&st))
		return fd;
	close(fd);
	return -1;
}

bool cache_create(struct cache_file *file, const char *path)
{
	if (snprintf(file->path, sizeof(file->path), "%s.%d", path, getpid()) >=
	    (int)sizeof(file->path))
		return false;
	file->fd = open(file->path,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return file->fd >= 0;
}

bool cache_commit(struct cache_file *file, const char *path, bool good)
{
	if (good && !rename(file->path, path))
		return true;
	unlink(file->path);
	return false;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"
#include "xalloc.h"

#define FIRST_READ 65536

static const char *host_root;

void host_set_root(const char *root)
{
	host_root = root;
}

char *host_path(const char *path)
{
	return xasprintf("%s%s", host_root ? host_root : "", path);
}

static int host_open(const char *path)
{
	char *full = host_path(path);
	int fd = open(full, O_RDONLY | O_CLOEXEC);

	free(full);
	return fd;
}

bool host_exists(const char *path)
{
	char *full = host_path(path);
	bool exists = !access(full, F_OK);

	free(full);
	return exists;
}

/* Files of /proc have no size: read until there is nothing more. */
static char *read_all(int fd, size_t *len)
{
	size_t size = FIRST_READ, used = 0;
	char *text = xrealloc(NULL, 1, size);
	ssize_t got;

	for (;;) {
		got = read(fd, text + used, size - used - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += got;
		if (size - used < FIRST_READ / 2) {
			size *= 2;
			text = xrealloc(text, 1, size);
		}
	}
	text[used] = '\0';
	if (len)
		*len = used;
	if (!got)
		return text;
	free(text);
	return NULL;
}

char *host_read(const char *path, size_t *len)
{
	int fd = host_open(path);
	char *text;
	int saved;

	if (fd < 0)
		return NULL;
	text = read_all(fd, len);
	saved = errno;
	close(fd);
	errno = saved;
	return text;
}

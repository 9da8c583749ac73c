// SPDX-License-Identifier: GPL-2.0
/*
 * stalls FILE: reads it into memory that never comes (userfaultfd). Prints "stalled" when
 * the kernel waits for that, and stays so until it is killed; "unable" if this kernel has
 * no such memory.
 */
#include "load.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static char *page;

static void *read_into_page(void *fd)
{
	if (read(*(int *)fd, page, PAGE) < 0)
		warn("read");
	return NULL;
}

/* Return: what tells of faults in the page, or -1. */
static int watch_page(void)
{
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		return -1;
	area.range.start = (unsigned long)page;
	area.range.len = PAGE;
	return ioctl(fd, UFFDIO_REGISTER, &area) ? -1 : fd;
}

int main(int argc, char **argv)
{
	struct pollfd faults = { .events = POLLIN };
	pthread_t reader;
	int fd;

	if (argc != 2)
		errx(2, "usage: stalls FILE");
	fd = open(argv[1], O_RDONLY);
	if (fd < 0)
		err(1, "%s", argv[1]);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		err(1, "mmap");
	faults.fd = watch_page();
	if (faults.fd < 0) {
		puts("unable");
		return 0;
	}
	if (pthread_create(&reader, NULL, read_into_page, &fd))
		errx(1, "no thread");
	poll(&faults, 1, -1);
	puts("stalled");
	fflush(stdout);
	pause();
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Files with code, whose symbols are kept as long as there is room. */
#ifndef KPCTL_BINARY_H
#define KPCTL_BINARY_H

#include <stdbool.h>

#include "elf/elf_file.h"

/* What a file is, whatever it is called. */
struct file_id {
	unsigned long long device;
	unsigned long long inode;
	unsigned long long size;
	long long changed;		/* ns */
};

bool file_same(const struct file_id *a, const struct file_id *b);
/* Of an open file. Return: false: nobody says. */
bool file_identify(int fd, struct file_id *id);

/* Return: what its symbol tables say; NULL: it is not known (any more). */
const struct elf_file *binary_find(const struct file_id *id);
/* The same, read from @fd. Valid until the next call. */
const struct elf_file *binary_read(const struct file_id *id, int fd);

/* The code that the kernel gives to each process, open; or -1. */
int vdso_open(void);

#endif

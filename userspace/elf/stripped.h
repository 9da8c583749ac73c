/* SPDX-License-Identifier: GPL-2.0 */
/* The table of symbols that a file was stripped of. */
#ifndef KPCTL_STRIPPED_H
#define KPCTL_STRIPPED_H

#include <libelf.h>
#include <stddef.h>

/* Another file, or a part of the first one. */
struct stripped {
	Elf *elf;		/* NULL: there is none */
	int fd;			/* or -1 */
	void *memory;		/* or NULL */
};

/**
 * stripped_open() - where the symbols are that @elf has not
 * @elf: a program or a library without .symtab
 * @fd: the same, open
 * @found: filled; end with stripped_close()
 *
 * Looked for are debug files, by build id and by .gnu_debuglink, and .gnu_debugdata, in
 * this order. A debug file that is another build's is none.
 */
void stripped_open(Elf *elf, int fd, struct stripped *found);
void stripped_close(struct stripped *found);

/* What tells one build of a file from another, in hex, from malloc(); NULL: it has none. */
char *build_id_text(Elf *elf);

#endif

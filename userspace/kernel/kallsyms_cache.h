/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions in /proc/kallsyms by name, kept in /run: the kernel takes a tenth
 * of a second or more to write out all its symbols, each time, and they change
 * only when a module comes or goes.
 */
#ifndef KPCTL_KALLSYMS_CACHE_H
#define KPCTL_KALLSYMS_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/* Lines of /proc/kallsyms, by name, and by place among those of one name. */
struct functions {
	const char *text;	/* ends with a newline */
	size_t len;
	void *map;		/* that holds it */
	size_t map_len;
};

/**
 * functions_open() - the functions of this kernel
 * @functions: filled in
 *
 * From the cache if that is of this boot, of the modules that are loaded, and
 * written by root; else from the kernel, and for root the cache is made anew. A
 * cache that cannot be read or written is none. What bpf() has made is left out:
 * it comes and goes. So are kpstat's own functions: they cannot be probed, and a name
 * that the kernel has too would be that of several.
 *
 * Return: 0 or -errno.
 */
int functions_open(struct functions *functions);
void functions_close(struct functions *functions);

/*
 * The next one to open them asks the kernel: a module may have gone and come back
 * to the same place while it wrote them out.
 */
void functions_forget(void);

/* Where the name begins in a line that ends before @end. */
const char *symbol_name(const char *line, const char *end);

/* As strcmp(), of names that end with a blank, a newline or the text. */
int symbol_name_cmp(const char *a, const char *b);

#endif

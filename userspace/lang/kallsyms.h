/* SPDX-License-Identifier: GPL-2.0 */
/* The functions of the running kernel, and which of them can be probed. */
#ifndef KPCTL_KALLSYMS_H
#define KPCTL_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>

#include "strset.h"

struct symbol {
	const char *address;		/* hexadecimal, see symbol_address() */
	const char *name;
	const char *module;		/* NULL: the kernel itself */
};

struct kallsyms {
	char *text;
	struct symbol *symbols;		/* functions, in the file's order */
	size_t nr;
	char *blacklist_text;
	struct strset blacklist;	/* names that no kprobe may touch */
	char *filter_text;
	struct strset traceable;	/* names that ftrace knows */
};

/* 0 under kptr_restrict */
unsigned long long symbol_address(const struct symbol *symbol);

/**
 * kallsyms_load() - read the functions of /proc/kallsyms and the kprobes blacklist
 * @ks: zero-initialised; does nothing if it is loaded already
 *
 * Return: 0 or -errno. A blacklist that cannot be read counts as empty.
 */
int kallsyms_load(struct kallsyms *ks);

/* What ftrace can trace, for globs; read once, stays empty if it cannot be. */
void kallsyms_load_traceable(struct kallsyms *ks);
void kallsyms_free(struct kallsyms *ks);

/* Of a line's " TYPE ", behind its address. */
bool kallsyms_is_function(const char *type);

/* The next function of that name after @from (NULL: the first); @module NULL: any. */
const struct symbol *kallsyms_next(const struct kallsyms *ks,
				   const struct symbol *from,
				   const char *module, const char *name);

/* Bytes up to the next function, 0 if addresses are hidden. */
unsigned long long kallsyms_size(const struct kallsyms *ks,
				 const struct symbol *symbol);

bool kallsyms_has_module(const struct kallsyms *ks, const char *module);

/* May a glob attach to it? */
bool kallsyms_probeable(const struct kallsyms *ks, const struct symbol *symbol);

#endif

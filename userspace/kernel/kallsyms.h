/* SPDX-License-Identifier: GPL-2.0 */
/* The functions of the running kernel, and which of them can be probed. */
#ifndef KPCTL_KALLSYMS_H
#define KPCTL_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/strset.h"
#include "kallsyms_cache.h"

struct symbol {
	const char *address;		/* hexadecimal, see symbol_address() */
	const char *name;
	const char *module;		/* NULL: the kernel itself */
};

struct symbols {
	struct symbol *list;		/* by name */
	size_t nr;
};

struct kallsyms {
	struct functions functions;
	struct symbols all;		/* see kallsyms_all() */
	struct arena arena;		/* of all symbols that were asked for */
	char *text;			/* see kallsyms_address() */
	char *blacklist_text;
	struct strset blacklist;	/* names that no kprobe may touch */
	char *filter_text;
	struct strset traceable;	/* names that ftrace knows */
};

/* 0 under kptr_restrict */
unsigned long long symbol_address(const struct symbol *symbol);

/* "vmlinux" is the kernel itself. */
const char *symbol_module(const struct symbol *symbol);

/**
 * kallsyms_load() - open the kernel's functions
 * @ks: zero-initialised; does nothing if it is loaded already
 *
 * Return: 0 or -errno.
 */
int kallsyms_load(struct kallsyms *ks);

/* What ftrace can trace, for globs; read once, stays empty if it cannot be. */
void kallsyms_load_traceable(struct kallsyms *ks);
void kallsyms_free(struct kallsyms *ks);

/* The functions of that name; @module NULL: in any. Cheap. */
struct symbols kallsyms_named(struct kallsyms *ks, const char *module,
			      const char *name);

/* That function and what its name begins with before a dot: name.isra.0. Cheap. */
struct symbols kallsyms_forms(struct kallsyms *ks, const char *module,
			      const char *name);

/* All functions. Takes a while, the first time. */
const struct symbols *kallsyms_all(struct kallsyms *ks);

/* Bytes up to the next function, 0 if addresses are hidden. */
unsigned long long kallsyms_size(struct kallsyms *ks,
				 const struct symbol *symbol);

/* Of a function or data of the kernel itself; 0: there is none, or it is hidden. */
unsigned long long kallsyms_address(struct kallsyms *ks, const char *name);

/* Is it in the kprobes blacklist? One that cannot be read counts as empty. */
bool kallsyms_forbids(struct kallsyms *ks, const char *name);

/* May a glob attach to it? */
bool kallsyms_probeable(struct kallsyms *ks, const struct symbol *symbol);

#endif

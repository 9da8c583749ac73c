/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of functions, served by ftrace itself; see ftrace.c.
 */
#ifndef KPS_PROVIDERS_FTRACE_H
#define KPS_PROVIDERS_FTRACE_H

#include "compat/compat.h"
#include "kpstat.h"

struct kps_ftrace;

/**
 * struct kps_ftraced - a function's entry; the first that is in the priv of a site which
 *	ftrace may serve
 * @ip: where ftrace's call is
 * @ftrace: serves it, or NULL: a kprobe does
 * @why: a kprobe does, or NULL: ftrace may
 * @returns: what is wanted is the return: kps_kretprobe_enters(), and not the clause, is
 *	called
 */
struct kps_ftraced {
	unsigned long ip;
	struct kps_ftrace *ftrace;
	const char *why;
	bool returns;
};

static inline struct kps_ftraced *kps_ftraced_of(const struct kps_site *site)
{
	return site->priv;
}

/* kretprobe.c */
void kps_kretprobe_enters(const struct kps_site *site, struct pt_regs *regs);

#ifdef KPS_HAS_FTRACE
void kps_ftrace_attach(struct kps_site **sites, unsigned int nr);
bool kps_ftrace_knows(unsigned long ip);
void kps_ftrace_detach(struct kps_site **sites, unsigned int nr);
#else
static inline void kps_ftrace_attach(struct kps_site **sites, unsigned int nr)
{
}

static inline bool kps_ftrace_knows(unsigned long ip)
{
	return false;
}

static inline void kps_ftrace_detach(struct kps_site **sites, unsigned int nr)
{
}
#endif

#endif

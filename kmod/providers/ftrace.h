/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of functions, served by ftrace itself; see ftrace.c.
 */
#ifndef KPS_PROVIDERS_FTRACE_H
#define KPS_PROVIDERS_FTRACE_H

#include "compat/compat.h"
#include "kpstat.h"

struct kps_ftrace;

#ifdef KPS_HAS_FTRACE
struct kps_ftrace *kps_ftrace_attach(struct kps_site **sites,
				     unsigned long *ips, unsigned int nr);
void kps_ftrace_detach(struct kps_ftrace *ftrace);
#else
static inline struct kps_ftrace *
kps_ftrace_attach(struct kps_site **sites, unsigned long *ips,
		  unsigned int nr)
{
	return NULL;
}

static inline void kps_ftrace_detach(struct kps_ftrace *ftrace)
{
}
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of a function that are under way: how many, and of user space's when they were
 * entered, see calls.c.
 */
#ifndef KPS_PROVIDERS_CALLS_H
#define KPS_PROVIDERS_CALLS_H

#include <linux/minmax.h>
#include <linux/types.h>

#include "../kpstat.h"

struct kps_calls;

/*
 * Calls under way at once, where the user does not say: many functions at once must not
 * need much memory, one function may be slept in by many tasks.
 */
#define KPS_CALLS_OF_ONE	1024
#define KPS_CALLS_OF_MANY	64
#define KPS_CALLS_LIMIT		16384

/** kps_calls_at_once() - that can be followed at one of a probe's @nr_sites */
static inline u32 kps_calls_at_once(const struct kps_probe *probe, u32 nr_sites)
{
	if (probe->maxactive)
		return min_t(u32, probe->maxactive, KPS_CALLS_LIMIT);
	return nr_sites > 1 ? KPS_CALLS_OF_MANY : KPS_CALLS_OF_ONE;
}

size_t kps_calls_bytes(u32 nr);
struct kps_calls *kps_calls_alloc(u32 nr);
void kps_calls_free(struct kps_calls *calls);
void kps_call_entered(struct kps_calls *calls, unsigned long stack, u64 now);
bool kps_call_returned(struct kps_calls *calls, unsigned long stack, u64 *entered);

#endif

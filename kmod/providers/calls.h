/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of a function of user space that are under way, see calls.c.
 */
#ifndef KPS_PROVIDERS_CALLS_H
#define KPS_PROVIDERS_CALLS_H

#include <linux/types.h>

struct kps_calls;

size_t kps_calls_bytes(u32 nr);
struct kps_calls *kps_calls_alloc(u32 nr);
void kps_calls_free(struct kps_calls *calls);
void kps_call_entered(struct kps_calls *calls, unsigned long stack, u64 now);
bool kps_call_returned(struct kps_calls *calls, unsigned long stack, u64 *entered);

#endif

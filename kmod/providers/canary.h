/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether kprobes fire at all; see canary.c.
 */
#ifndef KPS_PROVIDERS_CANARY_H
#define KPS_PROVIDERS_CANARY_H

#include <linux/types.h>

struct kprobe;

/**
 * struct kps_watch - for how long a site could not fire
 * @on: it has a kprobe that is armed
 * @before: what the canary had when @on was set, in ns
 * @taken: of the times before that, in ns
 */
struct kps_watch {
	bool on;
	u64 before;
	u64 taken;
};

int kps_watch_begin(struct kps_watch *watch, const struct kprobe *kp);
void kps_watch_end(struct kps_watch *watch);
u64 kps_watch_silent_ns(const struct kps_watch *watch);
bool kps_watch_is_silent(const struct kps_watch *watch);

void kps_canary_look(void);
void kps_canary_exit(void);

#endif

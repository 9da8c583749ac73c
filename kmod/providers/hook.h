/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kprobes and kretprobes, see hook.c.
 */
#ifndef KPS_PROVIDERS_HOOK_H
#define KPS_PROVIDERS_HOOK_H

#include <linux/kprobes.h>

#include "../kpstat.h"

int kps_register_kprobe(struct kprobe *kp);
int kps_register_kretprobe(struct kretprobe *rp);
int kps_attach_kretprobe(struct kps_site *site, struct kretprobe *rp);
int kps_arm(struct kps_site *site, struct kprobe *kp);
bool kps_disarm(struct kprobe *kp);
const char *kps_kprobe_how(const struct kprobe *kp);
u64 kps_kretprobe_missed(const struct kretprobe *rp);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place that knows kernel versions.  Call sites never see one.
 */
#ifndef KPS_COMPAT_H
#define KPS_COMPAT_H

#include <linux/kprobes.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/version.h>

/* kretprobe_instance lost its rp pointer in 5.11. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
static inline struct kretprobe *kps_get_kretprobe(struct kretprobe_instance *ri)
{
	return ri->rp;
}
#else
#define kps_get_kretprobe(ri) get_kretprobe(ri)
#endif

#endif

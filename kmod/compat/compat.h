/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where kernels differ: one interface for all of them, see features.mk.
 */
#ifndef KPS_COMPAT_H
#define KPS_COMPAT_H

#include <linux/kprobes.h>

#ifdef KPS_HAS_GET_KRETPROBE
#define kps_get_kretprobe(ri) get_kretprobe(ri)
#else
#define kps_get_kretprobe(ri) ((ri)->rp)
#endif

#endif

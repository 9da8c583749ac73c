/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The arguments of a function, out of the registers at its entry.
 */
#ifndef KPS_COMPAT_REGS_H
#define KPS_COMPAT_REGS_H

#include <linux/kernel.h>
#include <linux/kpstat.h>
#include <linux/ptrace.h>

#ifdef CONFIG_X86_64
/* As regs_get_kernel_argument(), which asks more than once where they are. */
static __always_inline u64 kps_argument(const struct pt_regs *regs,
					unsigned int nr)
{
	static const u8 at[] = {
		offsetof(struct pt_regs, di), offsetof(struct pt_regs, si),
		offsetof(struct pt_regs, dx), offsetof(struct pt_regs, cx),
		offsetof(struct pt_regs, r8), offsetof(struct pt_regs, r9),
	};

	BUILD_BUG_ON(ARRAY_SIZE(at) < KPS_NR_ARGS);
	return *(const u64 *)((const u8 *)regs + at[nr]);
}
#else
static __always_inline u64 kps_argument(struct pt_regs *regs, unsigned int nr)
{
	return regs_get_kernel_argument(regs, nr);
}
#endif

#endif

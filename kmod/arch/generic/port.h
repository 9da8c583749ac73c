/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A processor that has no folder of its own, see ../arch.h: kernel stacks begin in
 * kpstat itself, and ftrace is used by the kernel's kprobes only.
 */
#ifndef KPS_ARCH_PORT_H
#define KPS_ARCH_PORT_H

#include <linux/compat.h>
#include <linux/stacktrace.h>

#define KPS_BREAKPOINT "breakpoint"

/* The kernel's function changes nothing, and does not say so everywhere. */
static __always_inline u64 kps_argument(const struct pt_regs *regs, unsigned int nr)
{
	return regs_get_kernel_argument((struct pt_regs *)regs, nr);
}

static inline u32 kps_stack_save(struct pt_regs *regs, unsigned long probed,
				 unsigned long *ips, u32 max)
{
	return stack_trace_save(ips, max, 1);
}

static inline bool kps_is_32bit(const struct pt_regs *regs)
{
#ifdef CONFIG_COMPAT
	return is_compat_task();
#else
	return false;
#endif
}

static inline unsigned long kps_user_code(unsigned long address)
{
	return address;
}

static inline unsigned long kps_user_frame_pointer(const struct pt_regs *regs)
{
	return frame_pointer((struct pt_regs *)regs);
}

/* Where a register holds the return address, which is most. */
static inline unsigned long kps_entry_stack(const struct pt_regs *regs)
{
	return user_stack_pointer((struct pt_regs *)regs);
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where kernels for arm64 differ.
 */
#ifndef KPS_COMPAT_ARM64_H
#define KPS_COMPAT_ARM64_H

#include <linux/ptrace.h>
#include <linux/uaccess.h>

/* What AAPCS64 calls a frame record; x29 is where the last one is. */
struct kps_frame_record {
	unsigned long next;
	unsigned long ret;
};

/*
 * In the place of a record of zeros, the last one of a function's caller: the exception
 * in whose registers it lies. Older kernels leave a record of where it came from.
 *
 * Context: any. Return: false: there is none, and the stack ends.
 */
#ifdef KPS_HAS_FRAME_RECORD_META
#include <asm/stacktrace/frame.h>

static inline bool kps_record_of_exception(struct kps_frame_record *record, unsigned long fp)
{
	const struct pt_regs *regs =
		(const struct pt_regs *)(fp - offsetof(struct pt_regs, stackframe));
	u64 type;

	return !copy_from_kernel_nofault(&type, &regs->stackframe.type, sizeof(type)) &&
	       type == FRAME_META_TYPE_PT_REGS &&
	       !copy_from_kernel_nofault(&record->next, &regs->regs[29], sizeof(record->next)) &&
	       !copy_from_kernel_nofault(&record->ret, &regs->pc, sizeof(record->ret));
}
#else
static inline bool kps_record_of_exception(struct kps_frame_record *record, unsigned long fp)
{
	return false;
}
#endif

#endif

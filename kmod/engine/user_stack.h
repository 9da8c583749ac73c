/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stack of a task in user space.
 */
#ifndef KPS_ENGINE_USER_STACK_H
#define KPS_ENGINE_USER_STACK_H

#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>

#include "arch/arch.h"

/* What a function's prologue leaves on the stack, by most ABIs. */
struct kps_user_frame {
	unsigned long next;
	unsigned long ret;
};

/* The same of a task that runs 32-bit code. */
struct kps_user_frame32 {
	u32 next;
	u32 ret;
};

static inline bool kps_user_frame_get(struct kps_user_frame *frame,
				      unsigned long fp, bool is_32bit)
{
	const void __user *from = (const void __user *)fp;
	struct kps_user_frame32 narrow;

	if (!is_32bit)
		return !copy_from_user_nofault(frame, from, sizeof(*frame));
	if (copy_from_user_nofault(&narrow, from, sizeof(narrow)))
		return false;
	frame->next = narrow.next;
	frame->ret = narrow.ret;
	return true;
}

/**
 * kps_user_stack_save() - the return addresses of the task in user space
 * @ips: filled in, innermost first
 * @max: room in it, at least 1
 *
 * By frame pointers, as perf walks it: code that is built without them leads
 * astray, and memory that is not there ends the walk.
 *
 * Context: any, with preemption off, of a task with user memory. Return: how
 * many.
 */
static inline u32 __kprobes kps_user_stack_save(unsigned long *ips, u32 max)
{
	struct pt_regs *regs = task_pt_regs(current);
	bool is_32bit = kps_is_32bit(regs);
	unsigned long fp = kps_user_frame_pointer(regs);
	struct kps_user_frame frame;
	u32 nr = 0;

	ips[nr++] = instruction_pointer(regs);
	while (nr < max && fp && kps_user_frame_get(&frame, fp, is_32bit) &&
	       frame.ret) {
		ips[nr++] = kps_user_code(frame.ret);
		fp = frame.next;
	}
	return nr;
}

#endif

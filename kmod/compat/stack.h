/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel stack from the registers of an event on.
 *
 * stack_trace_save() starts where it is called, which is below a clause: and
 * where that is compiled, the unwinder's callers stop at the first address that
 * is in no known text.  Where the unwinder itself is exported it is started
 * from the registers instead, as perf_callchain_kernel() does.
 */
#ifndef KPS_COMPAT_STACK_H
#define KPS_COMPAT_STACK_H

#include <linux/compat.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <linux/uaccess.h>

#ifdef CONFIG_X86
#include <asm/text-patching.h>
#include <asm/unwind.h>

/* Registers of a trap or a call; else only ip, sp and bp are there. */
static inline bool kps_full_regs(const struct pt_regs *regs)
{
	return regs->flags & X86_EFLAGS_FIXED;
}

/**
 * kps_stack_save() - the return addresses of the current task, innermost first
 * @regs: where it starts
 * @probed: the instruction that a kprobe is at, or 0
 * @ips: filled in
 * @max: room in it, at least 1
 *
 * A kprobe's registers say that they are behind the breakpoint. If that stands for a
 * push of one byte, the next instruction's stack has one word more than there is yet,
 * and whoever unwinds it by that takes the caller's caller for the caller, or finds none.
 *
 * Context: any, with preemption off. Return: how many.
 */
static inline u32 __kprobes kps_stack_save(struct pt_regs *regs,
					   unsigned long probed,
					   unsigned long *ips, u32 max)
{
	struct unwind_state state;
	u32 nr = 0;

	if (kps_full_regs(regs)) {
		ips[nr++] = regs->ip;
		if (probed && regs->ip == probed + INT3_INSN_SIZE)
			regs->ip = probed;
		unwind_start(&state, current, regs, NULL);
		regs->ip = ips[0];
	} else {
		unwind_start(&state, current, NULL, (void *)regs->sp);
	}
	for (; nr < max && !unwind_done(&state); unwind_next_frame(&state)) {
		unsigned long ip = unwind_get_return_address(&state);

		if (!ip)
			break;
		ips[nr++] = ip;
	}
	return nr;
}
#else
static inline u32 kps_stack_save(struct pt_regs *regs, unsigned long probed,
				 unsigned long *ips, u32 max)
{
	return stack_trace_save(ips, max, 1);
}
#endif

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

/** kps_is_32bit() - whether user space is 32-bit code, by its registers */
static inline bool kps_is_32bit(const struct pt_regs *regs)
{
#ifdef CONFIG_X86
	return regs->cs == __USER32_CS;
#elif defined(CONFIG_COMPAT)
	return is_compat_task();
#else
	return false;
#endif
}

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
	unsigned long fp = is_32bit ? (u32)frame_pointer(regs) :
				      frame_pointer(regs);
	struct kps_user_frame frame;
	u32 nr = 0;

	ips[nr++] = instruction_pointer(regs);
	while (nr < max && fp && kps_user_frame_get(&frame, fp, is_32bit) &&
	       frame.ret) {
		ips[nr++] = frame.ret;
		fp = frame.next;
	}
	return nr;
}

#endif

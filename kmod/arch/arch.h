/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kpstat has to know of a processor.
 *
 * A port is a folder, kmod/arch/ARCH, as the kernel's own arch/ has its name.  In it
 * port.h gives what is declared here, and port.mk may say
 *
 *	kps-arch-ftrace := y	this kernel's ftrace saves the arguments for everybody
 *
 * Without a folder of its own a processor has that of generic/: all that works by
 * what the kernel gives for any, at the price that is said there.
 *
 *	KPS_BREAKPOINT		how a kprobe is called that is neither ftrace's nor
 *				optimised, after the instruction it puts
 * And with kps-arch-ftrace:
 *
 *	KPS_BEHIND_BREAKPOINT	bytes by which the registers of a kprobe's handler are
 *				behind the probed instruction
 *	KPS_FTRACE_MARK		bytes there may be between where a function begins and
 *				ftrace's call in it; less than any function is long
 *	kps_ftrace_function()	where the function begins that such a call is in
 */
#ifndef KPS_ARCH_H
#define KPS_ARCH_H

#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/types.h>

/**
 * kps_argument() - of a function, out of the registers at its entry
 * @regs: may hold nothing but arguments
 * @nr: up to KPS_NR_ARGS
 *
 * Context: any.
 */
static __always_inline u64 kps_argument(const struct pt_regs *regs, unsigned int nr);

/**
 * kps_stack_save() - the return addresses of the current task, innermost first
 * @regs: where it starts
 * @probed: the instruction that a kprobe is at, or 0
 * @ips: filled in
 * @max: room in it, at least 1
 *
 * stack_trace_save() starts where it is called, which is below a clause: and
 * where that is compiled, the unwinder's callers stop at the first address that
 * is in no known text.  Where the unwinder itself is exported it is started
 * from the registers instead, as perf_callchain_kernel() does.
 *
 * Context: any, with preemption off. Return: how many.
 */
static inline u32 kps_stack_save(struct pt_regs *regs, unsigned long probed,
				 unsigned long *ips, u32 max);

/** kps_entry_stack() - where a function's stack was when user space entered it, by the
 * registers that it has returned with
 */
static inline unsigned long kps_entry_stack(const struct pt_regs *regs);

/** kps_user_code() - an address in a program, as a return address on its stack says it */
static inline unsigned long kps_user_code(unsigned long address);

/** kps_user_frame_pointer() - where the walk of a user stack begins, or 0 */
static inline unsigned long kps_user_frame_pointer(const struct pt_regs *regs);

/** kps_is_32bit() - whether user space is 32-bit code, by its registers */
static inline bool kps_is_32bit(const struct pt_regs *regs);

#include "port.h"

#endif

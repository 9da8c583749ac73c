/* SPDX-License-Identifier: GPL-2.0 */
/*
 * x86-64, see ../arch.h.
 */
#ifndef KPS_ARCH_PORT_H
#define KPS_ARCH_PORT_H

#include <linux/kernel.h>
#include <linux/kpstat.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <asm/text-patching.h>
#include <asm/unwind.h>

#define KPS_BREAKPOINT "int3"
#define KPS_BEHIND_BREAKPOINT INT3_INSN_SIZE

/* An ENDBR; ftrace's call is five bytes long. */
#define KPS_FTRACE_MARK 4

/* As regs_get_kernel_argument(), which asks more than once where they are. */
static __always_inline u64 kps_argument(const struct pt_regs *regs, unsigned int nr)
{
	static const u8 at[] = {
		offsetof(struct pt_regs, di), offsetof(struct pt_regs, si),
		offsetof(struct pt_regs, dx), offsetof(struct pt_regs, cx),
		offsetof(struct pt_regs, r8), offsetof(struct pt_regs, r9),
	};

	BUILD_BUG_ON(ARRAY_SIZE(at) < KPS_NR_ARGS);
	return *(const u64 *)((const u8 *)regs + at[nr]);
}

/* What follows a mark is as good as the function's first. */
static __always_inline unsigned long kps_ftrace_function(unsigned long ip)
{
	return ip;
}

static inline unsigned long kps_user_code(unsigned long address)
{
	return address;
}

/* Registers of a trap or a call; else only ip, sp and bp are there. */
static inline bool kps_full_regs(const struct pt_regs *regs)
{
	return regs->flags & X86_EFLAGS_FIXED;
}

/*
 * A kprobe's registers say that they are behind the breakpoint. If that stands for a
 * push of one byte, the next instruction's stack has one word more than there is yet,
 * and whoever unwinds it by that takes the caller's caller for the caller, or finds none.
 */
static inline u32 __kprobes kps_stack_save(struct pt_regs *regs, unsigned long probed,
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

static inline bool kps_is_32bit(const struct pt_regs *regs)
{
	return regs->cs == __USER32_CS;
}

static inline unsigned long kps_user_frame_pointer(const struct pt_regs *regs)
{
	return kps_is_32bit(regs) ? (u32)regs->bp : regs->bp;
}

/* The return address has been taken from it. */
static inline unsigned long kps_entry_stack(const struct pt_regs *regs)
{
	return regs->sp - (kps_is_32bit(regs) ? sizeof(u32) : sizeof(u64));
}

#endif

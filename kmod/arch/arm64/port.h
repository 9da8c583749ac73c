/* SPDX-License-Identifier: GPL-2.0 */
/*
 * arm64, see ../arch.h.
 */
#ifndef KPS_ARCH_PORT_H
#define KPS_ARCH_PORT_H

#include <linux/bits.h>
#include <linux/kpstat.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/insn.h>
#include <asm/memory.h>

#include "compat/arm64.h"

#define KPS_BREAKPOINT "brk"

/* The registers of a BRK say where it is. */
#define KPS_BEHIND_BREAKPOINT 0

/* A "bti c", and the first of the two instructions that call ftrace. */
#define KPS_FTRACE_MARK (2 * AARCH64_INSN_SIZE)

#define KPS_BTI_C 0xd503245f
#define KPS_RET 0xd65f03c0
/* mov x9, x30, with which a call of ftrace begins. */
#define KPS_FTRACE_CALL 0xaa1e03e9

static __always_inline u64 kps_argument(const struct pt_regs *regs, unsigned int nr)
{
	BUILD_BUG_ON(KPS_NR_ARGS > 8);
	return regs->regs[nr];
}

/*
 * ftrace names the second instruction of its two. Before them is the function's first,
 * or what may be jumped to.
 */
static __always_inline unsigned long kps_ftrace_function(unsigned long ip)
{
	ip -= AARCH64_INSN_SIZE;
	if (*(const __le32 *)(ip - AARCH64_INSN_SIZE) == cpu_to_le32(KPS_BTI_C))
		ip -= AARCH64_INSN_SIZE;
	return ip;
}

/*
 * An address of the kernel's code, without the signature that a return address bears
 * while it is on the stack: all code is in the part that even the smallest address
 * space has (VA_BITS_MIN), and its upper bits are ones.
 */
static inline unsigned long kps_kernel_code(unsigned long address)
{
	return address | GENMASK(BITS_PER_LONG - 1, VA_BITS_MIN - 1);
}

/* And of a program's, which is below 2^48 as long as nobody asks for more. */
static inline unsigned long kps_user_code(unsigned long address)
{
	return address & GENMASK(47, 0);
}

/* Of the Arm Architecture Reference Manual (DDI 0487), C6.2: bits that count, and their value. */
static const struct kps_pattern {
	u32 mask, value;
} kps_makes_record[] = {
	{ 0xffc07fff, 0xa9007bfd },	/* stp x29, x30, [sp, #N] */
	{ 0xffc07fff, 0xa9807bfd },	/* stp x29, x30, [sp, #N]! */
	{ 0xffc003ff, 0x910003fd },	/* add x29, sp, #N; mov x29, sp */
}, kps_ends_look[] = {
	{ 0x7c000000, 0x14000000 },	/* b, bl */
	{ 0xfe000000, 0xd6000000 },	/* br, blr, ret, and those that authenticate */
	{ 0xffc07fff, 0xa9407bfd },	/* ldp x29, x30, [sp, #N] */
	{ 0xffc07fff, 0xa8c07bfd },	/* ldp x29, x30, [sp], #N */
};

#define kps_is_among(insn, patterns) kps_is_one_of(insn, patterns, ARRAY_SIZE(patterns))

static inline bool kps_is_one_of(u32 insn, const struct kps_pattern *patterns, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if ((insn & patterns[i].mask) == patterns[i].value)
			return true;
	return false;
}

/*
 * Whether a function is before the instructions that make its record: then its caller is
 * in the link register and nowhere else. Those in a row ahead tell: a function that has
 * its record makes no other. One that makes none calls nobody and returns.
 */
static inline bool __kprobes kps_record_is_to_come(unsigned long pc)
{
	__le32 code[16];
	unsigned int i;

	if (copy_from_kernel_nofault(code, (const void *)pc, sizeof(code)))
		return false;
	for (i = 0; i < ARRAY_SIZE(code); i++) {
		u32 insn = le32_to_cpu(code[i]);

		if (insn == KPS_FTRACE_CALL)
			i++;
		if (kps_is_among(insn, kps_makes_record))
			return true;
		if (kps_is_among(insn, kps_ends_look))
			return insn == KPS_RET;
	}
	return false;
}

static inline bool __kprobes kps_record_get(struct kps_frame_record *record, unsigned long fp)
{
	if (!fp || !IS_ALIGNED(fp, sizeof(fp)) ||
	    copy_from_kernel_nofault(record, (const void *)fp, sizeof(*record)))
		return false;
	if (!record->ret && !kps_record_of_exception(record, fp))
		return false;
	record->ret = kps_kernel_code(record->ret);
	return true;
}

/*
 * No unwinder that starts from registers is exported: the records are walked, as the
 * kernel's own does it (arch/arm64/kernel/stacktrace.c). Where a tracepoint or a counter
 * has taken the registers, they are in the function that the last record returns to, and
 * have no link register.
 */
static inline u32 __kprobes kps_stack_save(struct pt_regs *regs, unsigned long probed,
					   unsigned long *ips, u32 max)
{
	struct kps_frame_record record = { .next = regs->regs[29] };
	bool more = kps_record_get(&record, record.next);
	u32 nr = 0;

	ips[nr++] = regs->pc;
	if (more && record.ret == regs->pc)
		more = kps_record_get(&record, record.next);
	else if (nr < max && kps_record_is_to_come(regs->pc))
		ips[nr++] = kps_kernel_code(regs->regs[30]);
	for (; more && nr < max; more = kps_record_get(&record, record.next))
		ips[nr++] = record.ret;
	return nr;
}

static inline bool kps_is_32bit(const struct pt_regs *regs)
{
	return compat_user_mode(regs);
}

/* Where records of code of 32 bits are is not told by its registers alone. */
static inline unsigned long kps_user_frame_pointer(const struct pt_regs *regs)
{
	return kps_is_32bit(regs) ? 0 : regs->regs[29];
}

/* A call leaves the stack as it is. */
static inline unsigned long kps_entry_stack(const struct pt_regs *regs)
{
	return kps_is_32bit(regs) ? regs->compat_sp : regs->sp;
}

#endif

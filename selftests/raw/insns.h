/* SPDX-License-Identifier: GPL-2.0 */
#ifndef INSNS_H
#define INSNS_H

#include <stddef.h>
#include <string.h>
#include <linux/bpf.h>
#include <linux/kpstat.h>

/* Instructions, as the kernel's filter.h writes them. */
#define INSN(c, d, s, o, i)						\
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s),\
			    .off = (o), .imm = (i) })
#define ALU64_IMM(op, d, i)	INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define ALU64_REG(op, d, s)	INSN(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define ALU32_IMM(op, d, i)	INSN(BPF_ALU | (op) | BPF_K, d, 0, 0, i)
#define ALU32_REG(op, d, s)	INSN(BPF_ALU | (op) | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i)		ALU64_IMM(BPF_MOV, d, i)
#define MOV_REG(d, s)		ALU64_REG(BPF_MOV, d, s)
#define MOV32_IMM(d, i)		ALU32_IMM(BPF_MOV, d, i)
#define MOV32_REG(d, s)		ALU32_REG(BPF_MOV, d, s)
#define LD_IMM64(d, v)							\
	INSN(BPF_LD | BPF_IMM | BPF_DW, d, 0, 0, (__u32)(v)),		\
	INSN(0, 0, 0, 0, (__u32)((__u64)(v) >> 32))
#define LDX(size, d, s, o)	INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STX(size, d, s, o)	INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define ST(size, d, o, i)	INSN(BPF_ST | BPF_MEM | (size), d, 0, o, i)
#define JMP_IMM(op, d, i, o)	INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define JMP_REG(op, d, s, o)	INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define JMP32_IMM(op, d, i, o)	INSN(BPF_JMP32 | (op) | BPF_K, d, 0, o, i)
#define JA(o)			INSN(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define CALL(fn)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, fn)
#define EXIT			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

/* The end of a clause: the event is recorded. */
#define DONE MOV_IMM(R0, 1), EXIT

/* Where byte @n of scratch is for loads and stores. */
#define SCRATCH(n) ((int)KPS_SCRATCH + (n))

/* Of an array of @max that is filled up with zeros, which is no instruction. */
static inline size_t insns_count(const struct bpf_insn *insns, size_t max)
{
	static const struct bpf_insn none;

	while (max && !memcmp(&insns[max - 1], &none, sizeof(none)))
		max--;
	return max;
}

#endif

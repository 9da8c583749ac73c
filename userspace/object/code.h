/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A clause's instructions while they are put together: jumps go to labels, a
 * 64-bit constant is one instruction.  code_finish() makes struct bpf_insn of
 * them, without those that cannot be reached, which the verifier refuses.
 */
#ifndef KPCTL_CODE_H
#define KPCTL_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>

struct code_insn {
	struct bpf_insn insn;
	uint64_t value;		/* of a 64-bit constant */
	int label;		/* of a jump; -1: none */
	bool dead;
};

struct code {
	struct code_insn *insns;
	size_t nr;
	size_t *labels;		/* instruction that each stands before */
	size_t nr_labels;
};

/* Registers: R6 is CTX, R7 to R9 survive calls, the others do not. */
#define CODE_CTX BPF_REG_6

void code_mov_imm(struct code *code, int dst, uint64_t value);
void code_mov(struct code *code, int dst, int src);
void code_alu_imm(struct code *code, int op, int dst, int32_t imm);
void code_alu(struct code *code, int op, int dst, int src);
void code_swap(struct code *code, int reg, int bits);
void code_load(struct code *code, int size, int dst, int offset);
void code_store(struct code *code, int size, int offset, int src);
void code_store_imm(struct code *code, int size, int offset, int32_t imm);
void code_call(struct code *code, int fn);
void code_exit(struct code *code);

/* Make a label; it must be placed after all jumps to it. */
int code_label(struct code *code);
void code_place(struct code *code, int label);
void code_jump(struct code *code, int label);
void code_jump_imm(struct code *code, int op, int reg, int32_t imm, int label);
void code_jump_reg(struct code *code, int op, int a, int b, int label);

/* Does a value fit the 32 bits, sign-extended, of an instruction? */
bool code_is_imm(uint64_t value);

/**
 * code_finish() - the instructions as the kernel takes them
 * @code: emptied
 * @nr: set to their number
 *
 * Return: an array from malloc().
 */
struct bpf_insn *code_finish(struct code *code, size_t *nr);

#endif

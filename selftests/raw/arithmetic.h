/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What instructions compute, as RFC 9669 says: for all interpreters of the tests.
 * netlink/compute holds it to what the kernel's BPF core computes.
 */
#ifndef ARITHMETIC_H
#define ARITHMETIC_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/bpf.h>

/* Bytes that a load or a store is of. */
static inline unsigned int insn_size(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* @b is not 0 where it divides. Of 32 bits the upper half of what comes out is anything. */
static inline uint64_t insn_compute(unsigned int op, uint64_t a, uint64_t b, bool is64)
{
	unsigned int bits = is64 ? 64 : 32;

	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return a / b;
	case BPF_MOD:
		return a % b;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b % bits);
	case BPF_RSH:
		return a >> (b % bits);
	case BPF_ARSH:
		return is64 ? (uint64_t)((int64_t)a >> (b % 64)) :
			      (uint32_t)((int32_t)a >> (b % 32));
	case BPF_NEG:
		return -a;
	default:
		return b;	/* BPF_MOV */
	}
}

/* BPF_END, where the CPU is little-endian. */
static inline uint64_t insn_swap(uint64_t value, int bits, bool big)
{
	switch (bits) {
	case 16:
		return big ? __builtin_bswap16(value) : (uint16_t)value;
	case 32:
		return big ? __builtin_bswap32(value) : (uint32_t)value;
	default:
		return big ? __builtin_bswap64(value) : value;
	}
}

/* Whether a conditional jump is taken; 32-bit operands come sign-extended. */
static inline bool insn_holds(unsigned int op, uint64_t a, uint64_t b)
{
	int64_t sa = a, sb = b;

	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	case BPF_JSLE:
		return sa <= sb;
	default:
		return a & b;	/* BPF_JSET */
	}
}

#endif

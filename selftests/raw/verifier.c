// SPDX-License-Identifier: GPL-2.0
/*
 * Every rule of the verifier, with a clause that it accepts and one that it
 * refuses, with the instruction's number and the reason.  What is accepted is
 * also run once, and its result compared, where it has one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <asm/ptrace.h>
#include <unistd.h>

#include "raw.h"

/* What every program here has. */
enum {
	MAP_SUM,	/* no key, sum */
	MAP_PAIR,	/* two integers, count */
	MAP_PLAIN,	/* one integer, plain value */
	MAP_TUPLE,	/* one integer, a plain value of two */
	MAP_GONE,	/* no key, count; it is deleted */
};

enum {
	OUT_PAIR,	/* two integers */
	OUT_JOIN,	/* one integer, joined text */
	OUT_NOTHING,	/* no field */
};

/* @sum += R7; R1 is lost, so CTX must be in R6. */
#define KEEP MOV_REG(R6, R1)
#define ADD_R7								\
	MOV_REG(R1, R6), MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0),		\
	MOV_REG(R4, R7), CALL(KPS_FN_MAP_UPDATE), DONE

#define MAX_INSNS 64

/* Of the kernel's struct pt_regs: bytes before its parts. */
enum {
#if defined(__x86_64__)
	FIRST_ARGUMENT = offsetof(struct pt_regs, rdi),
	SYSTEM_CALL = offsetof(struct pt_regs, orig_rax),
	LAST_REGISTER = sizeof(struct pt_regs) - 8,
	BEHIND_REGISTERS = sizeof(struct pt_regs),
#elif defined(__aarch64__)
	/* User space knows its beginning. */
	FIRST_ARGUMENT = offsetof(struct user_pt_regs, regs[0]),
	SYSTEM_CALL = offsetof(struct user_pt_regs, regs[8]),
	LAST_REGISTER = offsetof(struct user_pt_regs, pstate),
	BEHIND_REGISTERS = 4096,
#endif
};

struct rule {
	const char *name;
	struct bpf_insn insns[MAX_INSNS];
	const char *refused;	/* NULL: accepted */
	long long result;	/* of @sum, if it is accepted and has one */
	bool has_result;
	bool no_stacks;		/* load it without a stack table */
};

#define ACCEPT(name_, ...) { .name = name_, .insns = { __VA_ARGS__ } }
#define REFUSE(name_, why_, ...)					\
	{ .name = name_, .insns = { __VA_ARGS__ }, .refused = why_ }
#define RESULT(name_, want_, ...)					\
	{ .name = name_, .insns = { KEEP, __VA_ARGS__, ADD_R7 },	\
	  .result = want_, .has_result = true }

#define BIG 0x123456789abcdef0LL

static const struct rule rules[] = {
	/* Ends */
	ACCEPT("a constant and exit", DONE),
	REFUSE("R0 at exit must be set", "instruction 0: R0 is read", EXIT),
	REFUSE("R0 at exit must be a number",
	       "instruction 1: R0 is CTX", MOV_REG(R0, R1), EXIT),
	REFUSE("running off the end", "instruction 1: the program runs past",
	       MOV_IMM(R0, 1), MOV_IMM(R0, 2)),
	REFUSE("a branch that runs off the end",
	       "instruction 3: the program runs past",
	       MOV_IMM(R0, 1), JMP_IMM(BPF_JEQ, R0, 1, 1), EXIT,
	       MOV_IMM(R0, 1)),
	REFUSE("exit with a reserved field", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 1)),

	/* Jumps */
	ACCEPT("a jump forward", MOV_IMM(R0, 1), JMP_IMM(BPF_JEQ, R0, 1, 1),
	       MOV_IMM(R9, 9), EXIT),
	ACCEPT("a jump to what follows", MOV_IMM(R0, 1), JA(0), EXIT),
	REFUSE("a jump backward", "instruction 1: backward jump",
	       MOV_IMM(R0, 1), JA(-2), EXIT),
	REFUSE("a jump to itself", "instruction 1: backward jump",
	       MOV_IMM(R0, 1), JMP_IMM(BPF_JEQ, R0, 1, -1), EXIT),
	REFUSE("a jump past the end", "instruction 1: jump past the end",
	       MOV_IMM(R0, 1), JMP_IMM(BPF_JEQ, R0, 1, 1), EXIT),
	REFUSE("what cannot be reached", "instruction 2: it can never be reached",
	       MOV_IMM(R0, 1), EXIT, MOV_IMM(R0, 2), EXIT),
	REFUSE("a jump into a 64-bit constant",
	       "instruction 2: jump into a 64-bit constant",
	       MOV_IMM(R0, 1), JMP_IMM(BPF_JEQ, R0, 1, 1), LD_IMM64(R0, 7),
	       EXIT),
	REFUSE("always with a condition's field", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | BPF_JA, 0, 0, 0, 5), EXIT),
	REFUSE("always in 32 bits", "instruction 1: unknown jump",
	       MOV_IMM(R0, 1), INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, 0), EXIT),
	REFUSE("an unknown jump", "instruction 1: unknown jump",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | 0xe0, 0, 0, 0, 0), EXIT),
	REFUSE("a condition's reserved field", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0, 0),
	       EXIT),
	REFUSE("a condition on CTX", "instruction 0: R1 is CTX",
	       JMP_IMM(BPF_JEQ, R1, 0, 0), DONE),
	REFUSE("a condition against CTX", "instruction 1: R1 is CTX",
	       MOV_IMM(R0, 1), JMP_REG(BPF_JEQ, R0, R1, 0), EXIT),
	ACCEPT("a 32-bit condition", MOV_IMM(R0, 1),
	       JMP32_IMM(BPF_JSGT, R0, -1, 0), EXIT),

	/* Registers */
	REFUSE("R10 is no register", "instruction 0: register R10",
	       MOV_REG(R0, R10), EXIT),
	REFUSE("R15 cannot be read", "instruction 0: register R15",
	       MOV_REG(R0, 15), EXIT),
	REFUSE("R10 cannot be written", "instruction 0: register R10",
	       MOV_IMM(R10, 0), DONE),
	REFUSE("R15 is no register", "instruction 0: register R15",
	       MOV_IMM(15, 0), DONE),
	REFUSE("a register that was not written",
	       "instruction 0: R3 is read", MOV_REG(R0, R3), EXIT),
	REFUSE("a register that one path did not write",
	       "instruction 4: R7 is read",
	       MOV_IMM(R0, 1), LDX(BPF_DW, R2, R1, 0),
	       JMP_IMM(BPF_JEQ, R2, 0, 1), MOV_IMM(R7, 1), MOV_REG(R0, R7),
	       EXIT),
	ACCEPT("a register that both paths wrote",
	       MOV_IMM(R0, 1), MOV_IMM(R7, 2), LDX(BPF_DW, R2, R1, 0),
	       JMP_IMM(BPF_JEQ, R2, 0, 1), MOV_IMM(R7, 1), MOV_REG(R0, R7),
	       EXIT),
	REFUSE("CTX on one path, a number on the other",
	       "instruction 4: R7 is read",
	       MOV_REG(R7, R1), LDX(BPF_DW, R2, R1, 0),
	       JMP_IMM(BPF_JEQ, R2, 0, 1), MOV_IMM(R7, 1), MOV_REG(R0, R7),
	       EXIT),
	REFUSE("R1 to R5 after a call", "instruction 2: R1 is read",
	       MOV_REG(R6, R1), CALL(KPS_FN_CPU), MOV_REG(R0, R1), EXIT),

	/* CTX is no number */
	REFUSE("arithmetic on CTX", "instruction 0: R1 is CTX",
	       ALU64_IMM(BPF_ADD, R1, 8), DONE),
	REFUSE("arithmetic with CTX", "instruction 1: R1 is CTX",
	       MOV_IMM(R0, 1), ALU64_REG(BPF_ADD, R0, R1), EXIT),
	REFUSE("half of CTX", "instruction 0: R1 is CTX",
	       MOV32_REG(R0, R1), EXIT),
	REFUSE("the negative of CTX", "instruction 0: R1 is CTX",
	       INSN(BPF_ALU64 | BPF_NEG, R1, 0, 0, 0), DONE),
	REFUSE("CTX with swapped bytes", "instruction 0: R1 is CTX",
	       INSN(BPF_ALU | BPF_END | BPF_X, R1, 0, 0, 64), DONE),
	REFUSE("CTX in scratch", "instruction 0: R1 is CTX",
	       STX(BPF_DW, R1, R1, SCRATCH(0)), DONE),
	REFUSE("CTX as a helper's argument", "instruction 2: R2 is CTX",
	       MOV_REG(R2, R1), MOV_IMM(R3, 1), CALL(KPS_FN_DIV), DONE),

	/* Loads */
	ACCEPT("the frame's last byte before scratch",
	       LDX(BPF_B, R0, R1, SCRATCH(-1)), EXIT),
	REFUSE("before the frame", "instruction 0: load outside",
	       LDX(BPF_DW, R0, R1, -8), EXIT),
	REFUSE("behind the frame", "instruction 0: load outside",
	       LDX(BPF_B, R0, R1, SCRATCH(KPS_SCRATCH_SIZE)), EXIT),
	REFUSE("across the frame's end", "instruction 1: load outside",
	       ST(BPF_DW, R1, SCRATCH(KPS_SCRATCH_SIZE - 8), 0),
	       LDX(BPF_DW, R0, R1, SCRATCH(KPS_SCRATCH_SIZE - 4)), EXIT),
	REFUSE("not aligned", "instruction 0: load at 4 is not aligned",
	       LDX(BPF_DW, R0, R1, 4), EXIT),
	REFUSE("scratch that was not written",
	       "instruction 0: scratch byte 0 is read",
	       LDX(BPF_B, R0, R1, SCRATCH(0)), EXIT),
	REFUSE("scratch of which one byte was not written",
	       "instruction 1: scratch byte 0 is read",
	       ST(BPF_W, R1, SCRATCH(0), 0),
	       LDX(BPF_DW, R0, R1, SCRATCH(0)), EXIT),
	REFUSE("scratch that one path did not write",
	       "instruction 3: scratch byte 0 is read",
	       LDX(BPF_DW, R2, R1, 0), JMP_IMM(BPF_JEQ, R2, 0, 1),
	       ST(BPF_DW, R1, SCRATCH(0), 1),
	       LDX(BPF_DW, R0, R1, SCRATCH(0)), EXIT),
	ACCEPT("scratch that both paths wrote",
	       LDX(BPF_DW, R2, R1, 0), JMP_IMM(BPF_JEQ, R2, 0, 2),
	       ST(BPF_DW, R1, SCRATCH(0), 1), JA(1),
	       ST(BPF_DW, R1, SCRATCH(0), 2),
	       LDX(BPF_DW, R0, R1, SCRATCH(0)), EXIT),
	REFUSE("through a number", "instruction 1: memory is reached only",
	       MOV_IMM(R2, 0), LDX(BPF_DW, R0, R2, 0), EXIT),
	REFUSE("a load with a reserved field", "instruction 0: unknown load",
	       INSN(BPF_LDX | BPF_MEM | BPF_DW, R0, R1, 0, 1), EXIT),
	REFUSE("a sign-extending load", "instruction 0: unknown load",
	       INSN(BPF_LDX | 0x80 | BPF_W, R0, R1, 0, 0), EXIT),
	REFUSE("a packet's byte", "instruction 0: unknown load",
	       INSN(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, 0), DONE),

	/* Stores */
	ACCEPT("scratch's last byte",
	       ST(BPF_B, R1, SCRATCH(KPS_SCRATCH_SIZE - 1), 1), DONE),
	REFUSE("the read-only part", "instruction 0: store outside of scratch",
	       ST(BPF_DW, R1, SCRATCH(-8), 0), DONE),
	REFUSE("behind scratch", "instruction 0: store outside of scratch",
	       ST(BPF_B, R1, SCRATCH(KPS_SCRATCH_SIZE), 0), DONE),
	REFUSE("across scratch's end", "instruction 0: store outside of scratch",
	       ST(BPF_DW, R1, SCRATCH(KPS_SCRATCH_SIZE - 4), 0), DONE),
	REFUSE("a store that is not aligned", "is not aligned",
	       ST(BPF_DW, R1, SCRATCH(4), 0), DONE),
	REFUSE("a store of nothing", "instruction 0: R7 is read",
	       STX(BPF_DW, R1, R7, SCRATCH(0)), DONE),
	REFUSE("a store through a number",
	       "instruction 1: memory is reached only", MOV_IMM(R2, 0),
	       ST(BPF_DW, R2, 0, 0), DONE),
	REFUSE("an atomic operation", "instruction 1: unknown store",
	       MOV_IMM(R2, 1),
	       INSN(BPF_STX | 0xc0 | BPF_DW, R1, R2, SCRATCH(0), 0), DONE),
	REFUSE("a store with a reserved field", "instruction 0: reserved",
	       INSN(BPF_ST | BPF_MEM | BPF_DW, R1, 3, SCRATCH(0), 0), DONE),

	/* 64-bit constants */
	REFUSE("a constant that is cut off", "64-bit constant is cut off",
	       MOV_IMM(R0, 1), INSN(BPF_LD | BPF_IMM | BPF_DW, R0, 0, 0, 1)),
	REFUSE("a constant that names a map", "instruction 0: reserved",
	       INSN(BPF_LD | BPF_IMM | BPF_DW, R0, 1, 0, 1),
	       INSN(0, 0, 0, 0, 0), EXIT),
	REFUSE("a constant's second half", "instruction 0: reserved",
	       INSN(BPF_LD | BPF_IMM | BPF_DW, R0, 0, 0, 1),
	       INSN(BPF_LDX, 0, 0, 0, 0), EXIT),

	/* Arithmetic that the core leaves to its callers */
	REFUSE("division by the constant 0", "instruction 1: division by zero",
	       MOV_IMM(R0, 1), ALU64_IMM(BPF_DIV, R0, 0), EXIT),
	REFUSE("remainder by the constant 0", "instruction 1: division by zero",
	       MOV_IMM(R0, 1), ALU32_IMM(BPF_MOD, R0, 0), EXIT),
	REFUSE("division by a register", "instruction 2: division by a register",
	       MOV_IMM(R0, 1), MOV_IMM(R2, 1), ALU64_REG(BPF_DIV, R0, R2),
	       EXIT),
	REFUSE("a shift by 64", "instruction 1: shift by 64 bits",
	       MOV_IMM(R0, 1), ALU64_IMM(BPF_LSH, R0, 64), EXIT),
	REFUSE("a 32-bit shift by 32", "instruction 1: shift by 32 bits",
	       MOV_IMM(R0, 1), ALU32_IMM(BPF_RSH, R0, 32), EXIT),
	REFUSE("a negative shift", "instruction 1: shift by -1 bits",
	       MOV_IMM(R0, 1), ALU64_IMM(BPF_ARSH, R0, -1), EXIT),
	REFUSE("a byte swap of 8 bits", "instruction 1: byte swap of 8",
	       MOV_IMM(R0, 1), INSN(BPF_ALU | BPF_END | BPF_X, R0, 0, 0, 8),
	       EXIT),
	REFUSE("a byte swap in 64-bit arithmetic",
	       "instruction 1: unknown byte swap", MOV_IMM(R0, 1),
	       INSN(BPF_ALU64 | BPF_END, R0, 0, 0, 16), EXIT),
	REFUSE("an unknown operation", "instruction 1: unknown arithmetic",
	       MOV_IMM(R0, 1), INSN(BPF_ALU64 | 0xe0, R0, 0, 0, 1), EXIT),
	REFUSE("signed division by offset", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_ALU64 | BPF_DIV, R0, 0, 1, 3), EXIT),
	REFUSE("a source in an immediate form", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_ALU64 | BPF_ADD, R0, 2, 0, 1), EXIT),

	/* Calls */
	REFUSE("helper 0", "instruction 0: there is no helper 0", CALL(0), DONE),
	REFUSE("a helper that is not there", "there is no helper 9999",
	       CALL(9999), DONE),
	REFUSE("a negative helper", "there is no helper -1", CALL(-1), DONE),
	REFUSE("a call of another function", "instruction 0: unknown kind",
	       INSN(BPF_JMP | BPF_CALL, 0, 1, 0, 1), DONE),
	REFUSE("R1 that is not CTX", "instruction 1: R1 must be CTX",
	       MOV_IMM(R1, 0), CALL(KPS_FN_CPU), DONE),
	REFUSE("an argument that is missing", "instruction 1: R3 is read",
	       MOV_IMM(R2, 1), CALL(KPS_FN_DIV), DONE),
	REFUSE("a map that is not there", "there is no map 5",
	       MOV_IMM(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a map number that is not known",
	       "instruction 3: R2 must be a known constant",
	       LDX(BPF_DW, R2, R1, 0), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a map number that differs between paths",
	       "R2 must be a known constant",
	       MOV_IMM(R2, 0), LDX(BPF_DW, R5, R1, 0),
	       JMP_IMM(BPF_JEQ, R5, 0, 1), MOV_IMM(R2, 1), MOV_IMM(R3, 0),
	       MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("aggregating into a plain value", "map_update cannot be used on map @plain",
	       MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("setting an aggregate", "map_set cannot be used on map @sum",
	       MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	       CALL(KPS_FN_MAP_SET), DONE),
	REFUSE("a key that was not written",
	       "bytes 0 to 15 of scratch are not all written",
	       MOV_IMM(R2, MAP_PAIR), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a key of which half was written", "are not all written",
	       ST(BPF_DW, R1, SCRATCH(0), 1), MOV_IMM(R2, MAP_PAIR),
	       MOV_IMM(R3, 0), MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	ACCEPT("a key that was written", ST(BPF_DW, R1, SCRATCH(8), 1),
	       ST(BPF_DW, R1, SCRATCH(16), 1), MOV_IMM(R2, MAP_PAIR),
	       MOV_IMM(R3, 8), MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a key that is not aligned", "scratch offset 4 is not a multiple",
	       MOV_IMM(R2, MAP_PAIR), MOV_IMM(R3, 4), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a key outside of scratch", "leave the scratch area",
	       MOV_IMM(R2, MAP_PAIR), MOV_IMM(R3, KPS_SCRATCH_SIZE - 8),
	       MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a key at a negative offset", "leave the scratch area",
	       MOV_IMM(R2, MAP_PAIR), MOV_IMM(R3, -8), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a value that was not written", "are not all written",
	       ST(BPF_DW, R1, SCRATCH(0), 1), MOV_IMM(R2, MAP_PLAIN),
	       MOV_IMM(R3, 0), MOV_IMM(R4, 8), CALL(KPS_FN_MAP_SET), DONE),
	ACCEPT("what a helper fills is written", MOV_IMM(R2, 64),
	       MOV_REG(R6, R1), CALL(KPS_FN_COMM),
	       LDX(BPF_DW, R0, R6, SCRATCH(72)), EXIT),
	REFUSE("what lies behind it is not", "scratch byte 80 is read",
	       MOV_IMM(R2, 64), MOV_REG(R6, R1), CALL(KPS_FN_COMM),
	       LDX(BPF_DW, R0, R6, SCRATCH(80)), EXIT),
	REFUSE("room that is too small for comm", "leave the scratch area",
	       MOV_IMM(R2, KPS_SCRATCH_SIZE - 8), CALL(KPS_FN_COMM), DONE),
	REFUSE("a string of a length that is not known",
	       "R3 must be a known constant", LDX(BPF_DW, R2, R1, 0),
	       MOV_REG(R3, R2), MOV_IMM(R4, 0), CALL(KPS_FN_STR), DONE),
	REFUSE("a string that is too long", "length 2056 is not",
	       MOV_IMM(R2, 0), MOV_IMM(R3, KPS_MAX_STR + 8), MOV_IMM(R4, 0),
	       CALL(KPS_FN_STR), DONE),
	REFUSE("a string of length 0", "length 0 is not", MOV_IMM(R2, 0),
	       MOV_IMM(R3, 0), MOV_IMM(R4, 0), CALL(KPS_FN_STR), DONE),
	REFUSE("a read of 3 bytes", "size 3 is not", MOV_IMM(R2, 0),
	       MOV_IMM(R3, 3), CALL(KPS_FN_READ), DONE),
	REFUSE("a record's offset that is too large", "record offset 65536",
	       MOV_IMM(R2, 65536), MOV_IMM(R3, 8), CALL(KPS_FN_RECORD), DONE),
	REFUSE("too many bytes of a record", "2049 bytes of a record",
	       MOV_IMM(R2, 0), MOV_IMM(R3, KPS_MAX_STR + 1), MOV_IMM(R4, 0),
	       CALL(KPS_FN_RECORD_BYTES), DONE),
	REFUSE("bytes by a string's word", "bytes of a record",
	       MOV_IMM(R2, 0), MOV_IMM(R3, 8 | KPS_DATA_LOC), MOV_IMM(R4, 0),
	       CALL(KPS_FN_RECORD_BYTES), DONE),
	REFUSE("a record's bytes into too little room", "leave the scratch area",
	       MOV_IMM(R2, 0), MOV_IMM(R3, 9),
	       MOV_IMM(R4, KPS_SCRATCH_SIZE - 8), CALL(KPS_FN_RECORD_BYTES),
	       DONE),
	ACCEPT("a stack", MOV_IMM(R2, 3), CALL(KPS_FN_KSTACK), DONE),
	REFUSE("a stack of 0 frames", "a stack of 0 frames", MOV_IMM(R2, 0),
	       CALL(KPS_FN_KSTACK), DONE),
	REFUSE("a stack of 128 frames", "a stack of 128 frames",
	       MOV_IMM(R2, 128), CALL(KPS_FN_KSTACK), DONE),
	{ .name = "a stack without a stack table", .no_stacks = true,
	  .insns = { MOV_IMM(R2, 3), CALL(KPS_FN_KSTACK), DONE },
	  .refused = "instruction 1: kstack without a stack table" },

	/* Adding to a plain value */
	RESULT("adding to a plain value", 12, ST(BPF_DW, R6, SCRATCH(0), 1),
	       MOV_REG(R1, R6), MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0),
	       MOV_IMM(R4, 5), CALL(KPS_FN_MAP_ADD), MOV_REG(R1, R6),
	       MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0), MOV_IMM(R4, 7),
	       CALL(KPS_FN_MAP_ADD), MOV_REG(R7, R0)),
	REFUSE("adding to an aggregate", "map_add cannot be used on map @sum",
	       MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_ADD), DONE),
	REFUSE("adding to a tuple", "map_add needs a map of integers",
	       ST(BPF_DW, R1, SCRATCH(0), 1), MOV_IMM(R2, MAP_TUPLE),
	       MOV_IMM(R3, 0), MOV_IMM(R4, 1), CALL(KPS_FN_MAP_ADD), DONE),
	REFUSE("adding under a key that was not written", "are not all written",
	       MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_ADD), DONE),
	ACCEPT("setting a tuple", ST(BPF_DW, R1, SCRATCH(0), 1),
	       ST(BPF_DW, R1, SCRATCH(8), 2), ST(BPF_DW, R1, SCRATCH(16), 3),
	       MOV_IMM(R2, MAP_TUPLE), MOV_IMM(R3, 0), MOV_IMM(R4, 8),
	       CALL(KPS_FN_MAP_SET), DONE),
	REFUSE("setting half of a tuple", "bytes 8 to 23 of scratch are not all",
	       ST(BPF_DW, R1, SCRATCH(0), 1), ST(BPF_DW, R1, SCRATCH(8), 2),
	       MOV_IMM(R2, MAP_TUPLE), MOV_IMM(R3, 0), MOV_IMM(R4, 8),
	       CALL(KPS_FN_MAP_SET), DONE),

	/* Lengths */
	RESULT("keys of a plain value map", 1, ST(BPF_DW, R6, SCRATCH(0), 1),
	       MOV_REG(R1, R6), MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0),
	       MOV_IMM(R4, 5), CALL(KPS_FN_MAP_ADD), MOV_REG(R1, R6),
	       MOV_IMM(R2, MAP_PLAIN), CALL(KPS_FN_MAP_LEN), MOV_REG(R7, R0)),
	REFUSE("keys of an aggregate", "map_len cannot be used on map @sum",
	       MOV_IMM(R2, MAP_SUM), CALL(KPS_FN_MAP_LEN), DONE),
	REFUSE("keys of a plain value map on each CPU", "tables_len cannot be used on map",
	       MOV_IMM(R2, MAP_PLAIN), CALL(KPS_FN_TABLES_LEN), DONE),
	RESULT("a key of an aggregate that no CPU has", 0,
	       MOV_REG(R1, R6), MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0),
	       CALL(KPS_FN_TABLES_HAVE), MOV_REG(R7, R0)),
	REFUSE("a key is deleted of a map that has not said so",
	       "tables_delete needs a map whose keys are deleted, not @sum",
	       MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0), CALL(KPS_FN_TABLES_DELETE), DONE),
	REFUSE("such a map is not added to without a look",
	       "map_update needs a map whose keys are never deleted, not @gone",
	       MOV_IMM(R2, MAP_GONE), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	RESULT("a key that is deleted was there, and is not any more", 10,
	       MOV_IMM(R2, MAP_GONE), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_TABLES_ADD), MOV_REG(R1, R6), MOV_IMM(R2, MAP_GONE),
	       MOV_IMM(R3, 0), CALL(KPS_FN_TABLES_DELETE), MOV_REG(R7, R0),
	       ALU64_IMM(BPF_MUL, R7, 10), MOV_REG(R1, R6), MOV_IMM(R2, MAP_GONE),
	       MOV_IMM(R3, 0), CALL(KPS_FN_TABLES_HAVE), ALU64_REG(BPF_ADD, R7, R0)),
	ACCEPT("frames of any number", MOV_IMM(R2, 99999),
	       CALL(KPS_FN_STACK_LEN), DONE),
	REFUSE("frames of CTX", "R2 is CTX where a number is wanted",
	       MOV_REG(R2, R1), CALL(KPS_FN_STACK_LEN), DONE),

	/* Outputs */
	ACCEPT("an output", ST(BPF_DW, R1, SCRATCH(8), 1),
	       ST(BPF_DW, R1, SCRATCH(16), 2), MOV_IMM(R2, OUT_PAIR),
	       MOV_IMM(R3, 8), CALL(KPS_FN_OUTPUT), DONE),
	ACCEPT("an output without a field", MOV_IMM(R2, OUT_NOTHING),
	       MOV_IMM(R3, KPS_SCRATCH_SIZE), CALL(KPS_FN_OUTPUT), DONE),
	REFUSE("an output that is not there", "there is no output 3",
	       MOV_IMM(R2, 3), MOV_IMM(R3, 0), CALL(KPS_FN_OUTPUT), DONE),
	REFUSE("an output that is not known", "R2 must be a known constant",
	       LDX(BPF_DW, R2, R1, 0), MOV_IMM(R3, 0), CALL(KPS_FN_OUTPUT),
	       DONE),
	REFUSE("fields at an offset that is not known",
	       "R3 must be a known constant", MOV_IMM(R2, OUT_NOTHING),
	       LDX(BPF_DW, R3, R1, 0), CALL(KPS_FN_OUTPUT), DONE),
	REFUSE("fields of which one was not written",
	       "bytes 0 to 15 of scratch are not all written",
	       ST(BPF_DW, R1, SCRATCH(0), 1), MOV_IMM(R2, OUT_PAIR),
	       MOV_IMM(R3, 0), CALL(KPS_FN_OUTPUT), DONE),
	REFUSE("fields outside of scratch", "leave the scratch area",
	       MOV_IMM(R2, OUT_PAIR), MOV_IMM(R3, KPS_SCRATCH_SIZE - 8),
	       CALL(KPS_FN_OUTPUT), DONE),
	REFUSE("fields that are not aligned", "scratch offset 4 is not",
	       MOV_IMM(R2, OUT_NOTHING), MOV_IMM(R3, 4), CALL(KPS_FN_OUTPUT),
	       DONE),
	REFUSE("an output that lacks its joined text",
	       "output cannot be used on output 1",
	       ST(BPF_DW, R1, SCRATCH(0), 1), MOV_IMM(R2, OUT_JOIN),
	       MOV_IMM(R3, 0), CALL(KPS_FN_OUTPUT), DONE),
	ACCEPT("a joined text", ST(BPF_DW, R1, SCRATCH(0), 1),
	       MOV_IMM(R2, OUT_JOIN), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	       MOV_IMM(R5, ' '), CALL(KPS_FN_JOIN), DONE),
	REFUSE("a joined text that has no place",
	       "join cannot be used on output 0",
	       MOV_IMM(R2, OUT_PAIR), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	       MOV_IMM(R5, ' '), CALL(KPS_FN_JOIN), DONE),
	REFUSE("a separator that is not known", "R5 must be a known constant",
	       ST(BPF_DW, R1, SCRATCH(0), 1), MOV_IMM(R2, OUT_JOIN),
	       MOV_IMM(R3, 0), MOV_IMM(R4, 0), LDX(BPF_DW, R5, R1, 0),
	       CALL(KPS_FN_JOIN), DONE),
	REFUSE("a vector that is CTX", "R4 is CTX",
	       ST(BPF_DW, R1, SCRATCH(0), 1), MOV_IMM(R2, OUT_JOIN),
	       MOV_IMM(R3, 0), MOV_REG(R4, R1), MOV_IMM(R5, ' '),
	       CALL(KPS_FN_JOIN), DONE),

	/* Memory, stacks, registers */
	ACCEPT("memory, and the last line that there is", MOV_IMM(R2, 0),
	       MOV_IMM(R3, 8 | KPS_LINE_MAX << KPS_LINE_SHIFT),
	       CALL(KPS_FN_READ), DONE),
	REFUSE("a line behind it", "line 32768, at most 32767", MOV_IMM(R2, 0),
	       LD_IMM64(R3, 8 | (KPS_LINE_MAX + 1ULL) << KPS_LINE_SHIFT),
	       CALL(KPS_FN_READ), DONE),
	REFUSE("a string's room of no size, with a line", "length 0 is not",
	       MOV_IMM(R2, 0), MOV_IMM(R3, 1 << KPS_LINE_SHIFT),
	       MOV_IMM(R4, 0), CALL(KPS_FN_STR), DONE),
	ACCEPT("bytes fill what they are given", LDX(BPF_DW, R3, R1, 0),
	       MOV_IMM(R2, 0), MOV_IMM(R4, 24), MOV_IMM(R5, 8),
	       MOV_REG(R6, R1), CALL(KPS_FN_BYTES),
	       LDX(BPF_DW, R0, R6, SCRATCH(24)), DONE),
	REFUSE("bytes into too little room", "leave the scratch area",
	       MOV_IMM(R2, 0), MOV_IMM(R3, 1), MOV_IMM(R4, 16),
	       MOV_IMM(R5, KPS_SCRATCH_SIZE - 8), CALL(KPS_FN_BYTES), DONE),
	REFUSE("bytes into room of a size that is not known",
	       "R4 must be a known constant", MOV_IMM(R2, 0), MOV_IMM(R3, 1),
	       LDX(BPF_DW, R4, R1, 0), MOV_IMM(R5, 0), CALL(KPS_FN_BYTES),
	       DONE),
	ACCEPT("bytes of the record, where a word of it says",
	       MOV_REG(R6, R1), MOV_IMM(R2, 8), MOV_IMM(R3, 4),
	       CALL(KPS_FN_RECORD), MOV_REG(R1, R6), MOV_REG(R2, R0),
	       MOV_REG(R3, R0), MOV_IMM(R4, 24), MOV_IMM(R5, 8),
	       CALL(KPS_FN_RECORD_BUF), LDX(BPF_DW, R0, R6, SCRATCH(24)), DONE),
	REFUSE("bytes of the record into too little room",
	       "leave the scratch area", MOV_IMM(R2, 0), MOV_IMM(R3, 1),
	       MOV_IMM(R4, 16), MOV_IMM(R5, KPS_SCRATCH_SIZE - 8),
	       CALL(KPS_FN_RECORD_BUF), DONE),
	REFUSE("bytes into room of 12", "length 12 is not", MOV_IMM(R2, 0),
	       MOV_IMM(R3, 1), MOV_IMM(R4, 12), MOV_IMM(R5, 0),
	       CALL(KPS_FN_BYTES), DONE),
	ACCEPT("a user stack", MOV_REG(R6, R1), MOV_IMM(R2, 3),
	       MOV_IMM(R3, 8), CALL(KPS_FN_USTACK),
	       LDX(BPF_DW, R0, R6, SCRATCH(16)), DONE),
	REFUSE("a user stack of 128 frames", "a stack of 128 frames",
	       MOV_IMM(R2, 128), MOV_IMM(R3, 0), CALL(KPS_FN_USTACK), DONE),
	REFUSE("a user stack into too little room", "leave the scratch area",
	       MOV_IMM(R2, 3), MOV_IMM(R3, KPS_SCRATCH_SIZE - 8),
	       CALL(KPS_FN_USTACK), DONE),
	{ .name = "a user stack without a stack table", .no_stacks = true,
	  .insns = { MOV_IMM(R2, 3), MOV_IMM(R3, 0), CALL(KPS_FN_USTACK),
		     DONE },
	  .refused = "instruction 2: ustack without a stack table" },
	ACCEPT("a register", MOV_IMM(R2, LAST_REGISTER),
	       CALL(KPS_FN_REG), DONE),
	REFUSE("a register behind the last", "there is no register at",
	       MOV_IMM(R2, BEHIND_REGISTERS), CALL(KPS_FN_REG), DONE),
	REFUSE("half of a register", "there is no register at 4",
	       MOV_IMM(R2, 4), CALL(KPS_FN_REG), DONE),
	REFUSE("a register before the first", "there is no register at",
	       MOV_IMM(R2, -8), CALL(KPS_FN_REG), DONE),
	RESULT("a register holds what it held", SYS_getppid,
	       MOV_IMM(R2, FIRST_ARGUMENT), CALL(KPS_FN_REG),
	       MOV_REG(R1, R6), MOV_REG(R2, R0),
	       /* the system call's own registers */
	       ALU64_IMM(BPF_ADD, R2, SYSTEM_CALL),
	       MOV_IMM(R3, 8), CALL(KPS_FN_READ), MOV_REG(R7, R0)),
	ACCEPT("a clock", MOV_IMM(R2, KPS_CLOCK_TAI), CALL(KPS_FN_CLOCK), DONE),
	REFUSE("a clock that is not there", "there is no clock 2",
	       MOV_IMM(R2, 2), CALL(KPS_FN_CLOCK), DONE),
	RESULT("the time since boot goes on", 1, MOV_IMM(R2, KPS_CLOCK_BOOT),
	       CALL(KPS_FN_CLOCK), MOV_REG(R7, R0), MOV_REG(R1, R6),
	       MOV_IMM(R2, KPS_CLOCK_BOOT), CALL(KPS_FN_CLOCK),
	       JMP_REG(BPF_JLT, R0, R7, 1), MOV_IMM(R7, 1)),
	RESULT("two random numbers differ", 1, CALL(KPS_FN_RAND),
	       MOV_REG(R7, R0), MOV_REG(R1, R6), CALL(KPS_FN_RAND),
	       JMP_REG(BPF_JEQ, R0, R7, 1), MOV_IMM(R7, 1)),
	RESULT("the task's parent is some task", 1, CALL(KPS_FN_PPID),
	       MOV_IMM(R7, 0), JMP_IMM(BPF_JEQ, R0, 0, 1), MOV_IMM(R7, 1)),
	RESULT("the task is somewhere in the kernel's half", 1,
	       CALL(KPS_FN_CURTASK), MOV_IMM(R7, 0),
	       JMP_IMM(BPF_JSGE, R0, 0, 1), MOV_IMM(R7, 1)),
	RESULT("a cgroup has a number", 1, CALL(KPS_FN_CGROUP),
	       MOV_IMM(R7, 0), JMP_IMM(BPF_JEQ, R0, 0, 1), MOV_IMM(R7, 1)),
	RESULT("jiffies go on", 1, CALL(KPS_FN_JIFFIES), MOV_IMM(R7, 0),
	       JMP_IMM(BPF_JEQ, R0, 0, 1), MOV_IMM(R7, 1)),
	RESULT("one node", 0, CALL(KPS_FN_NUMA), MOV_REG(R7, R0)),

	/* What is accepted computes what RFC 9669 says */
	RESULT("a constant is sign-extended", -5, MOV_IMM(R7, -5)),
	RESULT("a 32-bit constant is not", 0xfffffffbLL, MOV32_IMM(R7, -5)),
	RESULT("a 64-bit constant", BIG, LD_IMM64(R7, BIG)),
	RESULT("+", 12, MOV_IMM(R7, 5), ALU64_IMM(BPF_ADD, R7, 7)),
	RESULT("-", -2, MOV_IMM(R7, 5), ALU64_IMM(BPF_SUB, R7, 7)),
	RESULT("*", -35, MOV_IMM(R7, 5), ALU64_IMM(BPF_MUL, R7, -7)),
	RESULT("/ by a constant", 6, MOV_IMM(R7, 45), ALU64_IMM(BPF_DIV, R7, 7)),
	RESULT("% by a constant", 3, MOV_IMM(R7, 45), ALU64_IMM(BPF_MOD, R7, 7)),
	RESULT("|", 7, MOV_IMM(R7, 5), ALU64_IMM(BPF_OR, R7, 3)),
	RESULT("&", 1, MOV_IMM(R7, 5), ALU64_IMM(BPF_AND, R7, 3)),
	RESULT("^", 6, MOV_IMM(R7, 5), ALU64_IMM(BPF_XOR, R7, 3)),
	RESULT("<<", 5LL << 40, MOV_IMM(R7, 5), ALU64_IMM(BPF_LSH, R7, 40)),
	RESULT(">>", (long long)(-8ULL >> 1), MOV_IMM(R7, -8),
	       ALU64_IMM(BPF_RSH, R7, 1)),
	RESULT("arithmetic >>", -4, MOV_IMM(R7, -8),
	       ALU64_IMM(BPF_ARSH, R7, 1)),
	RESULT("a shift by a register goes round at 64", 10, MOV_IMM(R7, 5),
	       MOV_IMM(R2, 65), ALU64_REG(BPF_LSH, R7, R2)),
	RESULT("negation", -5, MOV_IMM(R7, 5),
	       INSN(BPF_ALU64 | BPF_NEG, R7, 0, 0, 0)),
	RESULT("32-bit + drops the upper half", 2, LD_IMM64(R7, 0x100000001LL),
	       ALU32_IMM(BPF_ADD, R7, 1)),
	RESULT("bytes swapped", 0x3412, MOV_IMM(R7, 0x1234),
	       INSN(BPF_ALU | BPF_END | BPF_X, R7, 0, 0, 16)),
	RESULT("a signed comparison", 1, MOV_IMM(R7, 1), MOV_IMM(R2, -1),
	       JMP_IMM(BPF_JSLT, R2, 0, 1), MOV_IMM(R7, 2)),
	RESULT("an unsigned comparison", 1, MOV_IMM(R7, 1), MOV_IMM(R2, -1),
	       JMP_IMM(BPF_JGT, R2, 5, 1), MOV_IMM(R7, 2)),
	RESULT("scratch keeps what was stored", BIG, LD_IMM64(R2, BIG),
	       STX(BPF_DW, R6, R2, SCRATCH(504)),
	       LDX(BPF_DW, R7, R6, SCRATCH(504))),
	RESULT("a byte is loaded without sign", 0xff,
	       ST(BPF_B, R6, SCRATCH(0), -1), LDX(BPF_B, R7, R6, SCRATCH(0))),
	RESULT("the helper divides", 6, MOV_IMM(R2, 45), MOV_IMM(R3, 7),
	       CALL(KPS_FN_DIV), MOV_REG(R7, R0)),
	RESULT("division by 0 is 0", 0, MOV_IMM(R2, 45), MOV_IMM(R3, 0),
	       CALL(KPS_FN_DIV), MOV_REG(R7, R0)),
	RESULT("a remainder by 0 is the number itself", 45, MOV_IMM(R2, 45),
	       MOV_IMM(R3, 0), CALL(KPS_FN_MOD), MOV_REG(R7, R0)),
	RESULT("arguments of other kinds of probe are 0", 0,
	       LDX(BPF_DW, R7, R6, offsetof(struct kps_frame, retval))),
};

#define NR_RULES (sizeof(rules) / sizeof(rules[0]))

#define NUMBER { .type = KPS_T_INT, .size = 8 }

static void put_tuple_map(struct nl_msg *msg)
{
	static const struct kps_field pair[] = { NUMBER, NUMBER };
	struct nlattr *nest = nla_nest_start(msg, KPS_A_MAP);

	nla_put_string(msg, KPS_MAP_A_NAME, "@tuple");
	nla_put_u32(msg, KPS_MAP_A_KIND, KPS_MAP_VALUE);
	nla_put_u32(msg, KPS_MAP_A_MAX_ENTRIES, 16);
	nla_put(msg, KPS_MAP_A_KEY, sizeof(pair[0]), pair);
	nla_put(msg, KPS_MAP_A_VALUE, sizeof(pair), pair);
	nla_nest_end(msg, nest);
}

static int load(const struct bpf_insn *insns, size_t nr, bool stacks, char *why)
{
	static const struct kps_field pair[] = { NUMBER, NUMBER };
	static const struct kps_field joined[] = {
		NUMBER, { .type = KPS_T_JOIN, .size = 8 }
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096 + nr * 8);

	if (stacks)
		nla_put_u32(msg, KPS_A_STACK_ENTRIES, 16);
	raw_put_map(msg, "@sum", KPS_MAP_SUM, 0, 1);
	raw_put_map(msg, "@pair", KPS_MAP_COUNT, 2, 16);
	raw_put_map(msg, "@plain", KPS_MAP_VALUE, 1, 16);
	put_tuple_map(msg);
	raw_put_flagged_map(msg, "@gone", KPS_MAP_COUNT, 0, 1, KPS_MAP_F_FORGETS);
	raw_put_output(msg, pair, 2);
	raw_put_output(msg, joined, 2);
	raw_put_output(msg, NULL, 0);
	nla_put_u32(msg, KPS_A_BUFFER, 8192);
	raw_put_probe(msg, "kprobe", SYSCALL_FUNCTION("getppid"), insns, nr);
	return raw_send(msg, why);
}

static void check_refused(const struct rule *rule)
{
	char why[WHY_MAX];
	int err = load(rule->insns, insns_count(rule->insns, MAX_INSNS),
		       !rule->no_stacks, why);

	check(err == -EINVAL && strstr(why, rule->refused), "refused: %s",
	      rule->name);
	if (err != -EINVAL || !strstr(why, rule->refused))
		printf("# %d, \"%s\", want \"%s\"\n", err, why, rule->refused);
	if (!err)
		raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

static void check_result(const struct rule *rule)
{
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };
	struct raw_entry entry = { 0 };
	int nr;

	syscall(SYS_getppid);
	raw_command(KPS_CMD_DISABLE, PROGRAM);
	raw_ledger(PROGRAM, ledger);
	nr = raw_read(PROGRAM, "@sum", false, &entry, 1);
	/* Before 5.14 the kernel counts a fault in a handler as a miss, too. */
	check(ledger[KPS_LEDGER_HITS] - ledger[KPS_LEDGER_MISSED] == 1 &&
	      (!rule->has_result ||
	       (nr == 1 && (long long)entry.values[0] == rule->result)),
	      "runs: %s", rule->name);
	if (rule->has_result && (long long)entry.values[0] != rule->result)
		printf("# %lld, want %lld\n", (long long)entry.values[0],
		       rule->result);
}

static void check_accepted(const struct rule *rule)
{
	char why[WHY_MAX];
	int err = load(rule->insns, insns_count(rule->insns, MAX_INSNS),
		       !rule->no_stacks, why);

	check(!err, "accepted: %s", rule->name);
	if (err) {
		printf("# %d, \"%s\"\n", err, why);
		return;
	}
	check_result(rule);
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

/* The limit itself, and one more. */
static void check_length(size_t nr, int want)
{
	struct bpf_insn *insns = calloc(nr, sizeof(*insns));
	char why[WHY_MAX];
	size_t i;
	int err;

	for (i = 0; i + 1 < nr; i++)
		insns[i] = MOV_IMM(R0, 1);
	if (nr)
		insns[nr - 1] = EXIT;
	err = load(insns, nr, false, why);
	check(err == want, "%zu instructions: %s", nr,
	      want ? "refused" : "accepted");
	if (err != want)
		printf("# %d, \"%s\"\n", err, why);
	if (!err)
		raw_command(KPS_CMD_UNLOAD, PROGRAM);
	free(insns);
}

int main(void)
{
	size_t i;

	plan();
	raw_open();
	for (i = 0; i < NR_RULES; i++) {
		if (rules[i].refused)
			check_refused(&rules[i]);
		else
			check_accepted(&rules[i]);
	}
	check_length(0, -EINVAL);
	check_length(KPS_MAX_INSNS, 0);
	check_length(KPS_MAX_INSNS + 1, -E2BIG);
	raw_check_nothing_left();
	return finish();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier's rules, second part: every field of every kind of instruction,
 * every argument of every helper, and what is known where paths meet.  The
 * first part, one case and its opposite for each rule, is raw/verifier.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../raw/raw.h"

/* What every program here has. */
enum {
	MAP_SUM,	/* no key, sum */
	MAP_PAIR,	/* two integers, count */
	MAP_PLAIN,	/* one integer, plain value */
};

#define MAX_INSNS 32

struct rule {
	const char *name;
	struct bpf_insn insns[MAX_INSNS];
	const char *refused;	/* NULL: accepted */
	long long result;	/* of @sum */
	bool has_result;
};

#define ACCEPT(name_, ...) { .name = name_, .insns = { __VA_ARGS__ } }
#define REFUSE(name_, why_, ...)					\
	{ .name = name_, .insns = { __VA_ARGS__ }, .refused = why_ }

/* CTX is in R6, the result in R7. */
#define RESULT(name_, want_, ...)					\
	{ .name = name_, .has_result = true, .result = want_,		\
	  .insns = { MOV_REG(R6, R1), __VA_ARGS__, MOV_REG(R1, R6),	\
		     MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0),		\
		     MOV_REG(R4, R7), CALL(KPS_FN_MAP_UPDATE), DONE } }

/* R5 = what nobody knows at load time; R1 stays. */
#define UNKNOWN LDX(BPF_DW, R5, R1, 0)

static const struct rule rules[] = {
	/* The number of the instruction is that of the culprit */
	REFUSE("the reason names the last instruction too",
	       "instruction 4: R9 is read", MOV_IMM(R0, 1), MOV_IMM(R2, 1),
	       MOV_IMM(R3, 1), MOV_IMM(R4, 1), MOV_REG(R0, R9), EXIT),
	REFUSE("both halves of a constant count", "instruction 3: R9 is read",
	       MOV_IMM(R0, 1), LD_IMM64(R2, 7), MOV_REG(R0, R9), EXIT),

	/* Fields that must be 0 */
	REFUSE("exit with a source", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | BPF_EXIT, 0, 1, 0, 0)),
	REFUSE("exit with a destination", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | BPF_EXIT, 1, 0, 0, 0)),
	REFUSE("exit with an offset", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | BPF_EXIT, 0, 0, 1, 0)),
	REFUSE("exit by register", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | BPF_EXIT | BPF_X, 0, 0, 0, 0)),
	REFUSE("a jump with a destination", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | BPF_JA, 1, 0, 0, 0), EXIT),
	REFUSE("a jump with a source", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | BPF_JA, 0, 1, 0, 0), EXIT),
	REFUSE("a jump by register", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | BPF_JA | BPF_X, 0, 0, 0, 0),
	       EXIT),
	REFUSE("a condition by register with a constant",
	       "instruction 1: reserved", MOV_IMM(R0, 1),
	       INSN(BPF_JMP | BPF_JEQ | BPF_X, R0, R0, 0, 1), EXIT),
	REFUSE("arithmetic by register with a constant",
	       "instruction 1: reserved", MOV_IMM(R0, 1),
	       INSN(BPF_ALU64 | BPF_ADD | BPF_X, R0, R0, 0, 1), EXIT),
	REFUSE("a sign-extending copy", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_ALU64 | BPF_MOV | BPF_X, R0, R0, 8, 0),
	       EXIT),
	REFUSE("a negation by register", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_ALU64 | BPF_NEG | BPF_X, R0, 0, 0, 0),
	       EXIT),
	REFUSE("a negation with a constant", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_ALU64 | BPF_NEG, R0, 0, 0, 1), EXIT),
	REFUSE("a byte swap with a source", "instruction 1: unknown byte swap",
	       MOV_IMM(R0, 1), INSN(BPF_ALU | BPF_END, R0, 1, 0, 16), EXIT),
	REFUSE("a byte swap with an offset", "instruction 1: reserved",
	       MOV_IMM(R0, 1), INSN(BPF_ALU | BPF_END, R0, 0, 1, 16), EXIT),
	REFUSE("a constant with an offset", "instruction 0: reserved",
	       INSN(BPF_LD | BPF_IMM | BPF_DW, R0, 0, 1, 1),
	       INSN(0, 0, 0, 0, 1), EXIT),
	REFUSE("a second half with a destination", "instruction 0: reserved",
	       INSN(BPF_LD | BPF_IMM | BPF_DW, R0, 0, 0, 1),
	       INSN(0, 1, 0, 0, 1), EXIT),
	REFUSE("a second half with a source", "instruction 0: reserved",
	       INSN(BPF_LD | BPF_IMM | BPF_DW, R0, 0, 0, 1),
	       INSN(0, 0, 1, 0, 1), EXIT),
	REFUSE("a second half with an offset", "instruction 0: reserved",
	       INSN(BPF_LD | BPF_IMM | BPF_DW, R0, 0, 0, 1),
	       INSN(0, 0, 0, 1, 1), EXIT),
	REFUSE("a register's store with a constant", "instruction 1: reserved",
	       MOV_IMM(R2, 1), INSN(BPF_STX | BPF_MEM | BPF_DW, R1, R2,
				    SCRATCH(0), 1), DONE),
	REFUSE("a call with a destination", "instruction 0: unknown kind",
	       INSN(BPF_JMP | BPF_CALL, 1, 0, 0, KPS_FN_CPU), DONE),
	REFUSE("a call with an offset", "instruction 0: unknown kind",
	       INSN(BPF_JMP | BPF_CALL, 0, 0, 1, KPS_FN_CPU), DONE),
	REFUSE("a call by register", "instruction 0: unknown kind",
	       INSN(BPF_JMP | BPF_CALL | BPF_X, 0, 0, 0, KPS_FN_CPU), DONE),

	/* Codes that do not exist here */
	REFUSE("a 32-bit call", "instruction 0: unknown jump",
	       INSN(BPF_JMP32 | BPF_CALL, 0, 0, 0, KPS_FN_CPU), DONE),
	REFUSE("a 32-bit exit", "instruction 1: unknown jump",
	       MOV_IMM(R0, 1), INSN(BPF_JMP32 | BPF_EXIT, 0, 0, 0, 0)),
	REFUSE("a 32-bit constant's load", "instruction 0: unknown load",
	       INSN(BPF_LD | BPF_IMM | BPF_W, R0, 0, 0, 1),
	       INSN(0, 0, 0, 0, 0), DONE),
	REFUSE("a packet's byte by register", "instruction 0: unknown load",
	       INSN(BPF_LD | BPF_IND | BPF_B, 0, R1, 0, 0), DONE),
	REFUSE("a load that may fault", "instruction 0: unknown load",
	       INSN(BPF_LDX | 0x20 | BPF_DW, R0, R1, 0, 0), EXIT),
	REFUSE("a constant atomic operation", "instruction 0: unknown store",
	       INSN(BPF_ST | 0xc0 | BPF_W, R1, 0, SCRATCH(0), 0), DONE),
	REFUSE("a 32-bit atomic operation", "instruction 1: unknown store",
	       MOV_IMM(R2, 1), INSN(BPF_STX | 0xc0 | BPF_W, R1, R2,
				    SCRATCH(0), 1), DONE),
	REFUSE("0xf0 in 32 bits", "instruction 1: unknown arithmetic",
	       MOV_IMM(R0, 1), INSN(BPF_ALU | 0xf0, R0, 0, 0, 1), EXIT),
	REFUSE("0xf0 as a jump", "instruction 1: unknown jump",
	       MOV_IMM(R0, 1), INSN(BPF_JMP | 0xf0, R0, 0, 0, 1), EXIT),

	/* Registers, wherever one can stand */
	REFUSE("R10 as a base to load", "instruction 0: register R10",
	       LDX(BPF_DW, R0, R10, -8), EXIT),
	REFUSE("R10 as a load's destination", "instruction 0: register R10",
	       LDX(BPF_DW, R10, R1, 0), DONE),
	REFUSE("R10 as a base to store", "instruction 0: register R10",
	       ST(BPF_DW, R10, -8, 0), DONE),
	REFUSE("R10 stored", "instruction 0: register R10",
	       STX(BPF_DW, R1, R10, SCRATCH(0)), DONE),
	REFUSE("R10 as a constant's destination", "instruction 0: register R10",
	       LD_IMM64(R10, 1), DONE),
	REFUSE("R10 in arithmetic", "instruction 1: register R10",
	       MOV_IMM(R0, 1), ALU64_REG(BPF_ADD, R0, R10), EXIT),
	REFUSE("R10 in a condition", "instruction 0: register R10",
	       JMP_IMM(BPF_JEQ, R10, 0, 0), DONE),
	REFUSE("R10 on a condition's right", "instruction 1: register R10",
	       MOV_IMM(R0, 1), JMP_REG(BPF_JEQ, R0, R10, 0), EXIT),
	REFUSE("what was not written, in arithmetic", "instruction 0: R7 is read",
	       ALU64_IMM(BPF_ADD, R7, 1), DONE),
	REFUSE("what was not written, on the right", "instruction 1: R7 is read",
	       MOV_IMM(R0, 1), ALU64_REG(BPF_ADD, R0, R7), EXIT),
	REFUSE("what was not written, negated", "instruction 0: R7 is read",
	       INSN(BPF_ALU64 | BPF_NEG, R7, 0, 0, 0), DONE),
	REFUSE("what was not written, swapped", "instruction 0: R7 is read",
	       INSN(BPF_ALU | BPF_END, R7, 0, 0, 16), DONE),
	REFUSE("what was not written, in a condition",
	       "instruction 0: R7 is read", JMP_IMM(BPF_JEQ, R7, 0, 0), DONE),
	REFUSE("a base that was not written", "instruction 0: R7 is read",
	       LDX(BPF_DW, R0, R7, 0), EXIT),
	REFUSE("R1 that was not written, in a call",
	       "instruction 2: R1 must be CTX", MOV_REG(R6, R1),
	       CALL(KPS_FN_CPU), CALL(KPS_FN_CPU), DONE),
	REFUSE("R5 after a call", "instruction 3: R5 is read",
	       MOV_REG(R6, R1), MOV_IMM(R5, 1), CALL(KPS_FN_CPU),
	       MOV_REG(R0, R5), EXIT),
	ACCEPT("R6 to R9 after a call", MOV_IMM(R6, 1), MOV_IMM(R7, 1),
	       MOV_IMM(R8, 1), MOV_REG(R9, R1), CALL(KPS_FN_CPU),
	       ALU64_REG(BPF_ADD, R6, R7), ALU64_REG(BPF_ADD, R6, R8),
	       LDX(BPF_DW, R0, R9, 0), EXIT),
	ACCEPT("CTX in any register", MOV_REG(R9, R1), MOV_REG(R3, R9),
	       ST(BPF_DW, R3, SCRATCH(0), 1), LDX(BPF_DW, R0, R3, SCRATCH(0)),
	       EXIT),

	/* Memory, at each size */
	REFUSE("two bytes, not aligned", "instruction 0: load at 1 is not",
	       LDX(BPF_H, R0, R1, 1), EXIT),
	REFUSE("four bytes, not aligned", "instruction 0: load at 2 is not",
	       LDX(BPF_W, R0, R1, 2), EXIT),
	REFUSE("two bytes stored, not aligned",
	       "instruction 0: store at 81 is not", ST(BPF_H, R1, SCRATCH(1), 0),
	       DONE),
	REFUSE("four bytes stored, not aligned",
	       "instruction 0: store at 82 is not", ST(BPF_W, R1, SCRATCH(2), 0),
	       DONE),
	REFUSE("a store's last byte is not the next one",
	       "instruction 1: scratch byte 1 is read",
	       ST(BPF_B, R1, SCRATCH(0), 0), LDX(BPF_B, R0, R1, SCRATCH(1)),
	       EXIT),
	REFUSE("the farthest offset back", "instruction 0: load outside",
	       LDX(BPF_B, R0, R1, -32768), EXIT),
	REFUSE("the farthest offset", "instruction 0: load outside",
	       LDX(BPF_B, R0, R1, 32767), EXIT),
	REFUSE("a store before the frame", "instruction 0: store outside",
	       ST(BPF_B, R1, -1, 0), DONE),
	ACCEPT("every word before scratch can be loaded",
	       LDX(BPF_DW, R0, R1, 0), LDX(BPF_DW, R0, R1, 8),
	       LDX(BPF_DW, R0, R1, 16), LDX(BPF_DW, R0, R1, 24),
	       LDX(BPF_DW, R0, R1, 32), LDX(BPF_DW, R0, R1, 72), DONE),
	RESULT("what is written byte by byte can be loaded at once", 0x04030201,
	       ST(BPF_B, R6, SCRATCH(0), 1), ST(BPF_B, R6, SCRATCH(1), 2),
	       ST(BPF_B, R6, SCRATCH(2), 3), ST(BPF_B, R6, SCRATCH(3), 4),
	       LDX(BPF_W, R7, R6, SCRATCH(0))),

	/* Shifts */
	REFUSE("a 32-bit shift by -1", "instruction 1: shift by -1",
	       MOV_IMM(R0, 1), ALU32_IMM(BPF_LSH, R0, -1), EXIT),
	REFUSE("an arithmetic shift by 64", "instruction 1: shift by 64",
	       MOV_IMM(R0, 1), ALU64_IMM(BPF_ARSH, R0, 64), EXIT),
	REFUSE("a shift right by 64", "instruction 1: shift by 64",
	       MOV_IMM(R0, 1), ALU64_IMM(BPF_RSH, R0, 64), EXIT),
	RESULT("a shift by 63", 1, MOV_IMM(R7, -1), ALU64_IMM(BPF_RSH, R7, 63)),
	RESULT("a 32-bit shift by 31", 1, MOV_IMM(R7, -1),
	       ALU32_IMM(BPF_RSH, R7, 31)),
	REFUSE("a remainder by a register", "instruction 2: division by a",
	       MOV_IMM(R0, 1), MOV_IMM(R2, 1), ALU32_REG(BPF_MOD, R0, R2), EXIT),

	/* Known constants */
	ACCEPT("the same constant on both paths is known", UNKNOWN,
	       MOV_IMM(R2, MAP_SUM), JMP_IMM(BPF_JEQ, R5, 0, 1),
	       MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a sum of constants is not",
	       "instruction 4: R2 must be a known constant",
	       MOV_IMM(R2, 0), ALU64_IMM(BPF_ADD, R2, 0), MOV_IMM(R3, 0),
	       MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("nor is a negated constant", "R2 must be a known constant",
	       MOV_IMM(R2, 0), INSN(BPF_ALU64 | BPF_NEG, R2, 0, 0, 0),
	       MOV_IMM(R3, 0), MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("nor is a swapped one", "R2 must be a known constant",
	       MOV_IMM(R2, 0), INSN(BPF_ALU | BPF_END, R2, 0, 0, 64),
	       MOV_IMM(R3, 0), MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("nor is one that went through scratch",
	       "R2 must be a known constant", ST(BPF_DW, R1, SCRATCH(0), 0),
	       LDX(BPF_DW, R2, R1, SCRATCH(0)), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("nor is a call's result", "R2 must be a known constant",
	       MOV_REG(R6, R1), CALL(KPS_FN_CPU), MOV_REG(R1, R6),
	       MOV_REG(R2, R0), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a constant on one path, any number on the other",
	       "R2 must be a known constant", UNKNOWN, MOV_IMM(R2, MAP_SUM),
	       JMP_IMM(BPF_JEQ, R5, 0, 1), LDX(BPF_DW, R2, R1, 0),
	       MOV_IMM(R3, 0), MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("the other way round", "R2 must be a known constant", UNKNOWN,
	       LDX(BPF_DW, R2, R1, 0), JMP_IMM(BPF_JEQ, R5, 0, 1),
	       MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("constants of which the third differs",
	       "R2 must be a known constant", UNKNOWN, MOV_IMM(R2, MAP_SUM),
	       JMP_IMM(BPF_JEQ, R5, 0, 3), JMP_IMM(BPF_JEQ, R5, 1, 2),
	       MOV_IMM(R2, 1), JA(0), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	ACCEPT("a 32-bit copy of a constant is known", MOV_IMM(R3, MAP_SUM),
	       MOV32_REG(R2, R3), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	ACCEPT("and its upper half is gone", LD_IMM64(R3, 1LL << 32),
	       MOV32_REG(R2, R3), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("all 64 bits of a map's number count",
	       "there is no map 4294967296", LD_IMM64(R2, 1LL << 32),
	       MOV_IMM(R3, 0), MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a negative map's number", "there is no map 18446744073709551615",
	       MOV_IMM(R2, -1), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("a negative 32-bit one", "there is no map 4294967295",
	       MOV32_IMM(R2, -1), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	       CALL(KPS_FN_MAP_UPDATE), DONE),

	/* Where paths meet */
	REFUSE("CTX on one path, nothing on the other",
	       "instruction 3: R7 is read", UNKNOWN,
	       JMP_IMM(BPF_JEQ, R5, 0, 1), MOV_REG(R7, R1),
	       LDX(BPF_DW, R0, R7, 0), EXIT),
	REFUSE("a number on one path, CTX on the other, as a base",
	       "instruction 4: R7 is read", UNKNOWN, MOV_IMM(R7, 0),
	       JMP_IMM(BPF_JEQ, R5, 0, 1), MOV_REG(R7, R1),
	       LDX(BPF_DW, R0, R7, 0), EXIT),
	REFUSE("what a jumped over call filled",
	       "instruction 5: scratch byte 0 is read", MOV_REG(R6, R1),
	       UNKNOWN, JMP_IMM(BPF_JEQ, R5, 0, 2), MOV_IMM(R2, 0),
	       CALL(KPS_FN_COMM), LDX(BPF_DW, R0, R6, SCRATCH(0)), EXIT),
	REFUSE("R1 after a call that was jumped over",
	       "instruction 4: R1 is read", MOV_REG(R6, R1), UNKNOWN,
	       JMP_IMM(BPF_JEQ, R5, 0, 1), CALL(KPS_FN_CPU),
	       LDX(BPF_DW, R0, R1, 0), EXIT),
	REFUSE("three paths, of which one did not write",
	       "instruction 6: scratch byte 0 is read", UNKNOWN,
	       JMP_IMM(BPF_JEQ, R5, 0, 4), ST(BPF_DW, R1, SCRATCH(0), 1),
	       JMP_IMM(BPF_JEQ, R5, 1, 2), ST(BPF_DW, R1, SCRATCH(0), 2),
	       JA(0), LDX(BPF_DW, R0, R1, SCRATCH(0)), EXIT),
	REFUSE("what cannot be reached, behind a jump",
	       "instruction 2: it can never be reached", MOV_IMM(R0, 1), JA(1),
	       MOV_IMM(R0, 2), EXIT),
	REFUSE("a jump beyond the program's last instruction",
	       "instruction 1: jump past the end", MOV_IMM(R0, 1), JA(32767),
	       EXIT),
	REFUSE("the farthest jump back", "instruction 1: backward jump",
	       MOV_IMM(R0, 1), JA(-32768), EXIT),
	REFUSE("a last call without exit",
	       "instruction 0: the program runs past", CALL(KPS_FN_CPU)),
	REFUSE("a last constant without exit", "the program runs past its end",
	       LD_IMM64(R0, 1LL << 32)),

	/* Every argument of every helper */
	REFUSE("comm's room that is not known", "R2 must be a known constant",
	       UNKNOWN, MOV_REG(R2, R5), CALL(KPS_FN_COMM), DONE),
	REFUSE("comm's room that is not aligned",
	       "instruction 1: scratch offset 4 is not", MOV_IMM(R2, 4),
	       CALL(KPS_FN_COMM), DONE),
	REFUSE("comm's room before scratch", "leave the scratch area",
	       MOV_IMM(R2, -8), CALL(KPS_FN_COMM), DONE),
	ACCEPT("comm's room at the very end",
	       MOV_IMM(R2, KPS_SCRATCH_SIZE - 16), CALL(KPS_FN_COMM), DONE),
	REFUSE("a record's offset that is not known",
	       "R2 must be a known constant", UNKNOWN, MOV_REG(R2, R5),
	       MOV_IMM(R3, 8), CALL(KPS_FN_RECORD), DONE),
	REFUSE("a record's negative offset", "record offset", MOV_IMM(R2, -1),
	       MOV_IMM(R3, 8), CALL(KPS_FN_RECORD), DONE),
	REFUSE("a record's size 0", "size 0 is not", MOV_IMM(R2, 0),
	       MOV_IMM(R3, 0), CALL(KPS_FN_RECORD), DONE),
	REFUSE("a record's size with another flag", "size 516 is not",
	       MOV_IMM(R2, 0), MOV_IMM(R3, 4 | 1 << 9), CALL(KPS_FN_RECORD),
	       DONE),
	REFUSE("a record's size that is not known",
	       "R3 must be a known constant", UNKNOWN, MOV_REG(R3, R5),
	       MOV_IMM(R2, 0), CALL(KPS_FN_RECORD), DONE),
	ACCEPT("signed fields of each size", MOV_REG(R6, R1), MOV_IMM(R2, 0),
	       MOV_IMM(R3, 1 | KPS_SIGNED), CALL(KPS_FN_RECORD),
	       MOV_REG(R1, R6), MOV_IMM(R2, 0), MOV_IMM(R3, 8 | KPS_SIGNED),
	       CALL(KPS_FN_RECORD), DONE),
	REFUSE("a record's bytes, length not known",
	       "R3 must be a known constant", UNKNOWN, MOV_REG(R3, R5),
	       MOV_IMM(R2, 0), MOV_IMM(R4, 0), CALL(KPS_FN_RECORD_BYTES), DONE),
	REFUSE("a record's bytes, room not aligned", "scratch offset 1 is not",
	       MOV_IMM(R2, 0), MOV_IMM(R3, 8), MOV_IMM(R4, 1),
	       CALL(KPS_FN_RECORD_BYTES), DONE),
	REFUSE("nine bytes fill sixteen, not more",
	       "scratch byte 16 is read", MOV_REG(R6, R1), MOV_IMM(R2, 0),
	       MOV_IMM(R3, 9), MOV_IMM(R4, 0), CALL(KPS_FN_RECORD_BYTES),
	       LDX(BPF_DW, R0, R6, SCRATCH(8)),
	       LDX(BPF_DW, R0, R6, SCRATCH(16)), EXIT),
	REFUSE("a record's string, 2049 bytes", "2049 bytes of a record",
	       MOV_IMM(R2, 0), MOV_IMM(R3, KPS_MAX_STR + 1), MOV_IMM(R4, 8), MOV_IMM(R5, 0),
	       CALL(KPS_FN_RECORD_STR), DONE),
	REFUSE("a record's string, room of 12 bytes", "length 12 is not",
	       MOV_IMM(R2, 0), MOV_IMM(R3, 8), MOV_IMM(R4, 12), MOV_IMM(R5, 0),
	       CALL(KPS_FN_RECORD_STR), DONE),
	REFUSE("a record's string beyond scratch", "leave the scratch area",
	       MOV_IMM(R2, 0), MOV_IMM(R3, 8), MOV_IMM(R4, 16),
	       MOV_IMM(R5, KPS_SCRATCH_SIZE - 8), CALL(KPS_FN_RECORD_STR),
	       DONE),
	REFUSE("a record's string fills its room, not more",
	       "scratch byte 8 is read", MOV_REG(R6, R1), MOV_IMM(R2, 0),
	       MOV_IMM(R3, 200), MOV_IMM(R4, 8), MOV_IMM(R5, 0),
	       CALL(KPS_FN_RECORD_STR), LDX(BPF_DW, R0, R6, SCRATCH(0)),
	       LDX(BPF_DW, R0, R6, SCRATCH(8)), EXIT),
	REFUSE("str: CTX as an address", "instruction 3: R2 is CTX",
	       MOV_REG(R2, R1), MOV_IMM(R3, 8), MOV_IMM(R4, 0),
	       CALL(KPS_FN_STR), DONE),
	REFUSE("str: 12 bytes", "length 12 is not", MOV_IMM(R2, 0),
	       MOV_IMM(R3, 12), MOV_IMM(R4, 0), CALL(KPS_FN_STR), DONE),
	REFUSE("str: beyond scratch", "leave the scratch area", MOV_IMM(R2, 0),
	       MOV_IMM(R3, 256), MOV_IMM(R4, KPS_SCRATCH_SIZE - 248),
	       CALL(KPS_FN_STR), DONE),
	REFUSE("str: room not known", "R4 must be a known constant", UNKNOWN,
	       MOV_IMM(R2, 0), MOV_IMM(R3, 8), MOV_REG(R4, R5),
	       CALL(KPS_FN_STR), DONE),
	REFUSE("read: CTX as an address", "instruction 2: R2 is CTX",
	       MOV_REG(R2, R1), MOV_IMM(R3, 8), CALL(KPS_FN_READ), DONE),
	REFUSE("read: 16 bytes", "size 16 is not", MOV_IMM(R2, 0),
	       MOV_IMM(R3, 16), CALL(KPS_FN_READ), DONE),
	REFUSE("read: size not known", "R3 must be a known constant", UNKNOWN,
	       MOV_IMM(R2, 0), MOV_REG(R3, R5), CALL(KPS_FN_READ), DONE),
	REFUSE("a stack of a depth not known", "R2 must be a known constant",
	       UNKNOWN, MOV_REG(R2, R5), CALL(KPS_FN_KSTACK), DONE),
	ACCEPT("a stack of 127 frames", MOV_IMM(R2, 127), CALL(KPS_FN_KSTACK),
	       DONE),
	REFUSE("an update's value that was not written",
	       "instruction 2: R4 is read", MOV_IMM(R2, MAP_SUM),
	       MOV_IMM(R3, 0), CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("an update's key that is not known",
	       "R3 must be a known constant", UNKNOWN, MOV_IMM(R2, MAP_SUM),
	       MOV_REG(R3, R5), MOV_IMM(R4, 0), CALL(KPS_FN_MAP_UPDATE), DONE),
	REFUSE("getting from an aggregate", "map_get cannot be used on map @sum",
	       MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	       CALL(KPS_FN_MAP_GET), DONE),
	REFUSE("deleting from an aggregate",
	       "map_delete cannot be used on map @sum", MOV_IMM(R2, MAP_SUM),
	       MOV_IMM(R3, 0), CALL(KPS_FN_MAP_DELETE), DONE),
	REFUSE("getting by a key that was not written", "are not all written",
	       MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0), MOV_IMM(R4, 8),
	       CALL(KPS_FN_MAP_GET), DONE),
	REFUSE("deleting by a key that was not written", "are not all written",
	       MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0), CALL(KPS_FN_MAP_DELETE),
	       DONE),
	REFUSE("getting to beyond scratch", "leave the scratch area",
	       ST(BPF_DW, R1, SCRATCH(0), 1), MOV_IMM(R2, MAP_PLAIN),
	       MOV_IMM(R3, 0), MOV_IMM(R4, KPS_SCRATCH_SIZE),
	       CALL(KPS_FN_MAP_GET), DONE),
	REFUSE("setting by a value that is not known where",
	       "R4 must be a known constant", UNKNOWN,
	       ST(BPF_DW, R1, SCRATCH(0), 1), MOV_IMM(R2, MAP_PLAIN),
	       MOV_IMM(R3, 0), MOV_REG(R4, R5), CALL(KPS_FN_MAP_SET), DONE),
	REFUSE("getting fills the value, not more", "scratch byte 16 is read",
	       MOV_REG(R6, R1), ST(BPF_DW, R1, SCRATCH(0), 1),
	       MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0), MOV_IMM(R4, 8),
	       CALL(KPS_FN_MAP_GET), LDX(BPF_DW, R0, R6, SCRATCH(8)),
	       LDX(BPF_DW, R0, R6, SCRATCH(16)), EXIT),

	/* What helpers leave behind */
	RESULT("what was not set is got as 0", 0,
	       ST(BPF_DW, R6, SCRATCH(0), 1), ST(BPF_DW, R6, SCRATCH(8), -1),
	       MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0), MOV_IMM(R4, 8),
	       CALL(KPS_FN_MAP_GET), LDX(BPF_DW, R7, R6, SCRATCH(8))),
	RESULT("a key's place can take its value", 5,
	       ST(BPF_DW, R6, SCRATCH(0), 1), ST(BPF_DW, R6, SCRATCH(8), 5),
	       MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0), MOV_IMM(R4, 8),
	       CALL(KPS_FN_MAP_SET), MOV_REG(R1, R6), MOV_IMM(R2, MAP_PLAIN),
	       MOV_IMM(R3, 0), MOV_IMM(R4, 0), CALL(KPS_FN_MAP_GET),
	       LDX(BPF_DW, R7, R6, SCRATCH(0))),
	RESULT("a value can be its own key", 1, ST(BPF_DW, R6, SCRATCH(0), 9),
	       MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	       CALL(KPS_FN_MAP_SET), MOV_REG(R1, R6), MOV_IMM(R2, MAP_PLAIN),
	       MOV_IMM(R3, 0), CALL(KPS_FN_MAP_DELETE), MOV_REG(R7, R0)),
	RESULT("deleting what is not there says 0", 0,
	       ST(BPF_DW, R6, SCRATCH(0), 1), MOV_IMM(R2, MAP_PLAIN),
	       MOV_IMM(R3, 0), CALL(KPS_FN_MAP_DELETE), MOV_REG(R7, R0)),
	RESULT("division is unsigned", 0x7fffffffffffffffLL, MOV_IMM(R2, -1),
	       MOV_IMM(R3, 2), CALL(KPS_FN_DIV), MOV_REG(R7, R0)),
	RESULT("so is the remainder", 5, MOV_IMM(R2, -1), MOV_IMM(R3, 10),
	       CALL(KPS_FN_MOD), MOV_REG(R7, R0)),
};

#define NR_RULES (sizeof(rules) / sizeof(rules[0]))

static int load(const struct bpf_insn *insns, char *why)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096);

	nla_put_u32(msg, KPS_A_STACK_ENTRIES, 16);
	raw_put_map(msg, "@sum", KPS_MAP_SUM, 0, 1);
	raw_put_map(msg, "@pair", KPS_MAP_COUNT, 2, 16);
	raw_put_map(msg, "@plain", KPS_MAP_VALUE, 1, 16);
	raw_put_probe(msg, "kprobe", SYSCALL_FUNCTION("getppid"), insns,
		      insns_count(insns, MAX_INSNS));
	return raw_send(msg, why);
}

static void check_refused(const struct rule *rule)
{
	char why[WHY_MAX];
	int err = load(rule->insns, why);
	bool good = err == -EINVAL && strstr(why, "instruction ") &&
		    strstr(why, rule->refused);

	check(good, "refused: %s", rule->name);
	if (!good)
		printf("# %d, \"%s\", want \"%s\"\n", err, why, rule->refused);
	if (!err)
		raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

static void check_accepted(const struct rule *rule)
{
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };
	struct raw_entry entry = { 0 };
	char why[WHY_MAX];
	int nr, err = load(rule->insns, why);

	if (err) {
		check(false, "accepted: %s", rule->name);
		printf("# %d, \"%s\"\n", err, why);
		return;
	}
	syscall(SYS_getppid);
	raw_command(KPS_CMD_DISABLE, PROGRAM);
	raw_ledger(PROGRAM, ledger);
	nr = raw_read(PROGRAM, "@sum", false, &entry, 1);
	check(ledger[KPS_LEDGER_HITS] == 1 &&
	      (!rule->has_result ||
	       (nr == 1 && (long long)entry.values[0] == rule->result)),
	      "accepted and run: %s", rule->name);
	if (rule->has_result && (long long)entry.values[0] != rule->result)
		printf("# %lld, want %lld\n", (long long)entry.values[0],
		       rule->result);
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

/* R0: 0 is filtered, anything else recorded. */
static void check_outcome(const char *name, unsigned long long r0,
			  enum kps_ledger want)
{
	const struct bpf_insn insns[MAX_INSNS] = { LD_IMM64(R0, r0), EXIT };
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };
	char why[WHY_MAX];

	if (!load(insns, why)) {
		syscall(SYS_getppid);
		raw_command(KPS_CMD_DISABLE, PROGRAM);
		raw_ledger(PROGRAM, ledger);
		raw_command(KPS_CMD_UNLOAD, PROGRAM);
	}
	check(ledger[KPS_LEDGER_HITS] == 1 && ledger[want] == 1, "%s", name);
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
	check_outcome("R0 = 0: filtered", 0, KPS_LEDGER_FILTERED);
	check_outcome("R0 = 1: recorded", 1, KPS_LEDGER_RECORDED);
	check_outcome("R0 = -1: recorded", -1ULL, KPS_LEDGER_RECORDED);
	raw_check_nothing_left();
	return finish();
}

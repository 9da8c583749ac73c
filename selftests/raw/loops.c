// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks: what the verifier takes and what it does not, what their rounds do, and that
 * each loop ends, by itself or for want of fuel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "raw.h"

/* What every program here has. */
enum {
	MAP_SUM,	/* no key, sum */
	MAP_PAIR,	/* two integers, count */
	MAP_PLAIN,	/* one integer, plain value */
	MAP_HIST,	/* one integer, histogram */
};

#define MAX_INSNS 32
#define MAX_BLOCKS 6

#define KEEP MOV_REG(R6, R1)
#define CTX MOV_REG(R1, R6)
#define NEXT MOV_IMM(R0, KPS_BLOCK_NEXT), EXIT
#define BREAK MOV_IMM(R0, KPS_BLOCK_BREAK), EXIT
#define LEAVE MOV_IMM(R0, KPS_BLOCK_LEAVE), EXIT
#define LOOP(block) CTX, MOV_IMM(R2, block), CALL(KPS_FN_LOOP)
#define EACH(map, block)						\
	CTX, MOV_IMM(R2, map), MOV_IMM(R3, 0), MOV_IMM(R4, 16),	\
	MOV_IMM(R5, block), CALL(KPS_FN_EACH)
/* @sum += a number, or a register. */
#define ADD(n)								\
	CTX, MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0), MOV_IMM(R4, n),	\
	CALL(KPS_FN_MAP_UPDATE)
#define ADD_REG(r)							\
	CTX, MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0), MOV_REG(R4, r),	\
	CALL(KPS_FN_MAP_UPDATE)
#define SET_WORD(n, value) ST(BPF_DW, R6, SCRATCH(n), value)
#define COUNT_DOWN(n)							\
	LDX(BPF_DW, R7, R6, SCRATCH(n)), ALU64_IMM(BPF_SUB, R7, 1),	\
	STX(BPF_DW, R6, R7, SCRATCH(n)), JMP_IMM(BPF_JNE, R7, 0, 2), BREAK

/* @plain[key] = value, both in scratch, at 32 and 40 */
#define SET_PLAIN(key, value)						\
	SET_WORD(32, key), SET_WORD(40, value), CTX, MOV_IMM(R2, MAP_PLAIN), \
	MOV_IMM(R3, 32), MOV_IMM(R4, 40), CALL(KPS_FN_MAP_SET)

struct program {
	const char *name;
	struct bpf_insn clause[MAX_INSNS];
	struct bpf_insn blocks[MAX_BLOCKS][MAX_INSNS];
	const char *refused;	/* NULL: accepted */
	long long sum;		/* of one event */
	enum kps_ledger outcome;
};

#define CLAUSE(...) .clause = { KEEP, __VA_ARGS__ }
#define BLOCK(n, ...) .blocks[n] = { KEEP, __VA_ARGS__ }

static const struct program programs[] = {
	{ "a loop ends when its block says so",
	  CLAUSE(SET_WORD(0, 5), LOOP(0), DONE),
	  BLOCK(0, ADD(1), COUNT_DOWN(0), NEXT),
	  .sum = 5, .outcome = KPS_LEDGER_RECORDED },
	{ "R0 behind it says whether the clause was left",
	  CLAUSE(LOOP(0), ADD_REG(R0), LOOP(1), ADD_REG(R0), DONE),
	  BLOCK(0, LEAVE), BLOCK(1, BREAK),
	  .sum = 1, .outcome = KPS_LEDGER_RECORDED },
	{ "registers that survive a call survive rounds",
	  CLAUSE(MOV_IMM(R7, 7), MOV_IMM(R8, 8), MOV_IMM(R9, 9), LOOP(0), ADD_REG(R7),
		 ADD_REG(R8), ADD_REG(R9), DONE),
	  BLOCK(0, MOV_IMM(R7, 0), MOV_IMM(R8, 0), MOV_IMM(R9, 0), BREAK),
	  .sum = 24, .outcome = KPS_LEDGER_RECORDED },
	{ "what a block writes its next round finds, and its caller",
	  CLAUSE(SET_WORD(0, 4), SET_WORD(8, 0), LOOP(0), LDX(BPF_DW, R7, R6, SCRATCH(8)),
		 ADD_REG(R7), DONE),
	  BLOCK(0, LDX(BPF_DW, R8, R6, SCRATCH(8)), ALU64_IMM(BPF_ADD, R8, 10),
		STX(BPF_DW, R6, R8, SCRATCH(8)), COUNT_DOWN(0), NEXT),
	  .sum = 40, .outcome = KPS_LEDGER_RECORDED },
	{ "loops in loops",
	  CLAUSE(SET_WORD(0, 3), SET_WORD(8, 0), LOOP(0), DONE),
	  BLOCK(0, SET_WORD(8, 4), LOOP(1), COUNT_DOWN(0), NEXT),
	  BLOCK(1, ADD(1), COUNT_DOWN(8), NEXT),
	  .sum = 12, .outcome = KPS_LEDGER_RECORDED },
	{ "one block for two loops of a clause",
	  CLAUSE(SET_WORD(0, 3), LOOP(0), SET_WORD(0, 2), LOOP(0), DONE),
	  BLOCK(0, ADD(1), COUNT_DOWN(0), NEXT),
	  .sum = 5, .outcome = KPS_LEDGER_RECORDED },
	{ "each key of a plain map has a round, with its value",
	  CLAUSE(SET_PLAIN(1, 10), SET_PLAIN(2, 200), EACH(MAP_PLAIN, 0), DONE),
	  BLOCK(0, LDX(BPF_DW, R7, R6, SCRATCH(0)), LDX(BPF_DW, R8, R6, SCRATCH(16)),
		ALU64_REG(BPF_ADD, R8, R7), ADD_REG(R8), NEXT),
	  .sum = 213, .outcome = KPS_LEDGER_RECORDED },
	{ "a map without an entry has no round",
	  CLAUSE(EACH(MAP_PLAIN, 0), EACH(MAP_PAIR, 0), ADD(7), DONE),
	  BLOCK(0, ADD(1), NEXT),
	  .sum = 7, .outcome = KPS_LEDGER_RECORDED },
	{ "a block that sets its keys again has each of them once",
	  CLAUSE(SET_PLAIN(1, 10), SET_PLAIN(2, 200), EACH(MAP_PLAIN, 0), DONE),
	  BLOCK(0, ADD(1), CTX, MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0), MOV_IMM(R4, 16),
		CALL(KPS_FN_MAP_SET), NEXT),
	  .sum = 2, .outcome = KPS_LEDGER_RECORDED },
	{ "a block may delete the key of its round",
	  CLAUSE(SET_PLAIN(1, 10), SET_PLAIN(2, 200), EACH(MAP_PLAIN, 0), CTX,
		 MOV_IMM(R2, MAP_PLAIN), CALL(KPS_FN_MAP_LEN), ADD_REG(R0), DONE),
	  BLOCK(0, ADD(1), CTX, MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0),
		CALL(KPS_FN_MAP_DELETE), NEXT),
	  .sum = 2, .outcome = KPS_LEDGER_RECORDED },
	/* At most as many as the map has room for: 4,096. */
	{ "a block that adds to the map it goes through comes to its end",
	  CLAUSE(SET_PLAIN(1, 10), EACH(MAP_PLAIN, 0), DONE),
	  BLOCK(0, LDX(BPF_DW, R7, R6, SCRATCH(0)), ALU64_IMM(BPF_ADD, R7, 1),
		STX(BPF_DW, R6, R7, SCRATCH(0)), CTX, MOV_IMM(R2, MAP_PLAIN),
		MOV_IMM(R3, 0), MOV_IMM(R4, 16), CALL(KPS_FN_MAP_SET), NEXT),
	  .outcome = KPS_LEDGER_RECORDED },
	{ "a block that never ends is ended",
	  CLAUSE(LOOP(0), ADD(3), DONE), BLOCK(0, NEXT),
	  .sum = 3, .outcome = KPS_LEDGER_FUEL },
	{ "and all four loops that never end, one in the other",
	  CLAUSE(LOOP(0), ADD(3), DONE), BLOCK(0, LOOP(1), NEXT),
	  BLOCK(1, LOOP(2), NEXT), BLOCK(2, LOOP(3), NEXT), BLOCK(3, NEXT),
	  .sum = 3, .outcome = KPS_LEDGER_FUEL },
	{ "a number that is no end ends the loop",
	  CLAUSE(LOOP(0), ADD(3), DONE), BLOCK(0, MOV_IMM(R0, -1), EXIT),
	  .sum = 3, .outcome = KPS_LEDGER_RECORDED },

	{ "a block that is not there", CLAUSE(LOOP(1), DONE), BLOCK(0, NEXT),
	  .refused = "there is no block 1" },
	{ "a number of a block that is not known",
	  CLAUSE(LDX(BPF_DW, R2, R1, 0), CTX, CALL(KPS_FN_LOOP), DONE), BLOCK(0, NEXT),
	  .refused = "must be a known constant for loop" },
	{ "a block that calls itself", CLAUSE(LOOP(0), DONE),
	  BLOCK(0, LOOP(0), NEXT),
	  .refused = "block 0: instruction 3: block 0 does not come later" },
	{ "a block that calls an earlier one", CLAUSE(LOOP(0), LOOP(1), DONE),
	  BLOCK(0, NEXT), BLOCK(1, LOOP(0), NEXT),
	  .refused = "block 1: instruction 3: block 0 does not come later" },
	{ "five loops, one in the other", CLAUSE(LOOP(0), DONE), BLOCK(0, LOOP(1), NEXT),
	  BLOCK(1, LOOP(2), NEXT), BLOCK(2, LOOP(3), NEXT), BLOCK(3, LOOP(4), NEXT),
	  BLOCK(4, NEXT), .refused = "a loop inside of 4 others" },
	{ "a block that nobody calls", CLAUSE(DONE), BLOCK(0, NEXT),
	  .refused = "block 0 is never called" },
	{ "a register of the caller", CLAUSE(MOV_IMM(R7, 1), LOOP(0), DONE),
	  BLOCK(0, MOV_REG(R0, R7), EXIT),
	  .refused = "block 0: instruction 1: R7 is read before it is written" },
	{ "scratch that one of two callers has not written",
	  CLAUSE(LOOP(0), SET_WORD(0, 1), LOOP(0), DONE),
	  BLOCK(0, LDX(BPF_DW, R0, R6, SCRATCH(0)), EXIT),
	  .refused = "block 0: instruction 1: scratch byte 0 is read" },
	{ "scratch that a block has written, and there may be no round",
	  CLAUSE(LOOP(0), LDX(BPF_DW, R0, R6, SCRATCH(0)), EXIT),
	  BLOCK(0, SET_WORD(0, 1), BREAK), .refused = "scratch byte 0 is read" },
	{ "a key that was written for the block only",
	  CLAUSE(EACH(MAP_PLAIN, 0), LDX(BPF_DW, R0, R6, SCRATCH(0)), EXIT),
	  BLOCK(0, NEXT), .refused = "scratch byte 0 is read" },
	{ "a block without an end", CLAUSE(LOOP(0), DONE), BLOCK(0, MOV_IMM(R0, 0)),
	  .refused = "block 0: instruction 1: the program runs past its end" },
	{ "a jump back in a block", CLAUSE(LOOP(0), DONE), BLOCK(0, JA(-2), NEXT),
	  .refused = "block 0: instruction 1: backward jump" },
	{ "a map without keys", CLAUSE(EACH(MAP_SUM, 0), DONE), BLOCK(0, NEXT),
	  .refused = "each needs a map with keys" },
	{ "a map of histograms", CLAUSE(EACH(MAP_HIST, 0), DONE), BLOCK(0, NEXT),
	  .refused = "are not histograms" },
	{ "a round that may take too long", CLAUSE(LOOP(0), DONE),
	  BLOCK(0, CTX, MOV_IMM(R2, 8), MOV_IMM(R3, 0), MOV_IMM(R4, 8), MOV_IMM(R5, 8),
		CALL(KPS_FN_STRSTR), NEXT),
	  .refused = "scratch" },
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static int load(const struct program *program, char *why)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, 16384);
	size_t i, nr;

	raw_put_map(msg, "@sum", KPS_MAP_SUM, 0, 1);
	raw_put_map(msg, "@pair", KPS_MAP_COUNT, 2, 16);
	raw_put_map(msg, "@plain", KPS_MAP_VALUE, 1, 4096);
	raw_put_map(msg, "@hist", KPS_MAP_HIST, 1, 16);
	for (i = 0; i < MAX_BLOCKS; i++) {
		nr = insns_count(program->blocks[i], MAX_INSNS);
		if (nr)
			raw_put_block(msg, program->blocks[i], nr);
	}
	raw_put_probe(msg, "kprobe", SYSCALL_FUNCTION("getppid"), program->clause,
		      insns_count(program->clause, MAX_INSNS));
	return raw_send(msg, why);
}

static void check_refused(const struct program *program)
{
	char why[WHY_MAX];
	int err = load(program, why);

	check(err == -EINVAL && strstr(why, program->refused), "refused: %s",
	      program->name);
	if (err != -EINVAL || !strstr(why, program->refused))
		printf("# %d, \"%s\", want \"%s\"\n", err, why, program->refused);
	if (!err)
		raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

static void check_run(const struct program *program)
{
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };
	struct raw_entry entry = { 0 };
	char why[WHY_MAX];
	int err = load(program, why);

	if (err) {
		check(false, "%s", program->name);
		printf("# %d, \"%s\"\n", err, why);
		return;
	}
	syscall(SYS_getppid);
	raw_command(KPS_CMD_DISABLE, PROGRAM);
	raw_ledger(PROGRAM, ledger);
	raw_read(PROGRAM, "@sum", false, &entry, 1);
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
	check(ledger[KPS_LEDGER_HITS] == 1 && ledger[program->outcome] == 1 &&
	      (long long)entry.values[0] == program->sum, "%s", program->name);
	if ((long long)entry.values[0] != program->sum || ledger[program->outcome] != 1)
		printf("# sum %lld, want %lld; %llu hits, %llu fuel\n",
		       (long long)entry.values[0], program->sum, ledger[KPS_LEDGER_HITS],
		       ledger[KPS_LEDGER_FUEL]);
}

/* Of one probe, and of no other. */
static void check_other_probe(void)
{
	static const struct bpf_insn clause[] = { KEEP, LOOP(0), DONE };
	static const struct bpf_insn block[] = { KEEP, BREAK };
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096);
	char why[WHY_MAX];
	int err;

	raw_put_block(msg, block, NR(block));
	raw_put_probe(msg, "kprobe", SYSCALL_FUNCTION("getppid"), clause, NR(clause));
	raw_put_probe(msg, "kprobe", SYSCALL_FUNCTION("getpid"), clause, NR(clause));
	err = raw_send(msg, why);
	check(err == -EINVAL && strstr(why, "block 0 is another probe's"),
	      "refused: a block of two probes");
}

static void check_too_many(void)
{
	static const struct bpf_insn clause[] = { KEEP, LOOP(0), DONE };
	static const struct bpf_insn block[] = { KEEP, BREAK };
	struct nl_msg *msg = raw_begin_load(PROGRAM, 65536);
	char why[WHY_MAX];
	int i, err;

	for (i = 0; i <= KPS_MAX_BLOCKS; i++)
		raw_put_block(msg, block, NR(block));
	raw_put_probe(msg, "kprobe", SYSCALL_FUNCTION("getppid"), clause, NR(clause));
	err = raw_send(msg, why);
	check(err == -E2BIG && strstr(why, "1025 blocks"), "refused: more blocks than there may be");
}

int main(void)
{
	size_t i;

	plan();
	raw_open();
	for (i = 0; i < NR(programs); i++) {
		if (programs[i].refused)
			check_refused(&programs[i]);
		else
			check_run(&programs[i]);
	}
	check_other_probe();
	check_too_many();
	raw_check_nothing_left();
	return finish();
}

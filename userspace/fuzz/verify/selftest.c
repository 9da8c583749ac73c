// SPDX-License-Identifier: GPL-2.0
/*
 * A test that cannot fail is no test: streams that break one promise each go
 * past the verifier, and the reference must say so.  That the verifier refuses
 * them is checked beside it.
 */
#include <stdio.h>
#include <string.h>

#include "../../../selftests/raw/insns.h"
#include "verify.h"

#define MAX_INSNS 12

/* Numbers in layout.h. */
enum { MAP_SUM, MAP_PAIR, MAP_PLAIN, MAP_TUPLE, NO_MAP = 10 };
enum { OUT_PAIR, OUT_JOIN, OUT_NOTHING, NO_OUTPUT = 5 };

struct unsafe {
	const char *why;	/* what the reference says */
	struct bpf_insn insns[MAX_INSNS];
	bool form;		/* said of the form, without running it */
	bool no_stacks;
	bool unnoted;		/* the verifier is as if it had noted nothing */
	struct bpf_insn block[MAX_INSNS]; /* number 0; none if it is empty */
};

#define RUNS(why_, ...) { .why = why_, .insns = { __VA_ARGS__ } }
#define BLOCK(...) .block = { __VA_ARGS__ }
#define FORM(why_, ...) { .why = why_, .insns = { __VA_ARGS__ }, .form = true }

static const struct unsafe unsafe[] = {
	/* Termination */
	RUNS("more steps than instructions", MOV_IMM(R0, 1), JA(-1), EXIT),
	RUNS("it runs past the end", MOV_IMM(R0, 1)),
	RUNS("it runs past the end", MOV_IMM(R0, 1), JA(1), EXIT),
	FORM("a jump backward", MOV_IMM(R0, 1), JA(-1), EXIT),
	FORM("a jump past the end", MOV_IMM(R0, 1), JA(1), EXIT),
	FORM("a jump into a 64-bit constant", JA(1), LD_IMM64(R0, 1), EXIT),
	RUNS("half of a 64-bit constant is run", JA(1), LD_IMM64(R0, 1), EXIT),
	FORM("a 64-bit constant that is cut off",
	     INSN(BPF_LD | BPF_IMM | BPF_DW, R0, 0, 0, 1)),

	/* Registers */
	FORM("a register that does not exist", MOV_IMM(10, 1), DONE),
	RUNS("a register that was not written", MOV_REG(R0, R3), EXIT),
	RUNS("a register that was not written", EXIT),
	RUNS("a register that was not written", MOV_REG(R6, R1),
	     CALL(KPS_FN_CPU), MOV_REG(R0, R1), EXIT),
	RUNS("a register that was not written", LDX(BPF_DW, R2, R1, 0),
	     JMP_IMM(BPF_JSET, R2, 1, 1), MOV_IMM(R0, 1), EXIT),

	/* CTX as a number */
	RUNS("CTX used as a number", MOV_REG(R0, R1), EXIT),
	RUNS("CTX used as a number", ALU64_IMM(BPF_ADD, R1, 8), DONE),
	RUNS("CTX used as a number", MOV32_REG(R0, R1), EXIT),
	RUNS("CTX used as a number", JMP_IMM(BPF_JEQ, R1, 0, 0), DONE),
	RUNS("CTX used as a number", STX(BPF_DW, R1, R1, SCRATCH(0)), DONE),
	RUNS("CTX used as a number", MOV_IMM(R2, MAP_SUM), MOV_IMM(R3, 0),
	     MOV_REG(R4, R1), CALL(KPS_FN_MAP_UPDATE), DONE),

	/* Memory */
	RUNS("memory outside of the frame", LDX(BPF_DW, R0, R1, -8), EXIT),
	RUNS("memory outside of the frame",
	     ST(BPF_B, R1, SCRATCH(KPS_SCRATCH_SIZE), 1), DONE),
	RUNS("memory outside of the frame",
	     ST(BPF_DW, R1, SCRATCH(KPS_SCRATCH_SIZE - 4), 1), DONE),
	RUNS("memory that is not aligned", LDX(BPF_W, R0, R1, 2), EXIT),
	RUNS("memory that is not reached through CTX", MOV_IMM(R2, 0),
	     LDX(BPF_DW, R0, R2, 0), EXIT),
	RUNS("a store to what is read-only", ST(BPF_DW, R1, 0, 0), DONE),
	RUNS("scratch that was not written", LDX(BPF_B, R0, R1, SCRATCH(0)),
	     EXIT),
	RUNS("scratch that was not written", ST(BPF_W, R1, SCRATCH(0), 1),
	     LDX(BPF_DW, R0, R1, SCRATCH(0)), EXIT),
	RUNS("scratch that was not written", MOV_REG(R6, R1), MOV_IMM(R2, 0),
	     CALL(KPS_FN_COMM), LDX(BPF_DW, R0, R6, SCRATCH(16)), EXIT),
	{ .why = "a word of the frame that was not noted as read",
	  .insns = { LDX(BPF_DW, R0, R1, 8), EXIT }, .unnoted = true },

	/* Arithmetic */
	RUNS("a division by zero", MOV_IMM(R0, 1), MOV_IMM(R2, 0),
	     ALU64_REG(BPF_DIV, R0, R2), EXIT),
	FORM("a division by the constant 0", MOV_IMM(R0, 1),
	     ALU64_IMM(BPF_DIV, R0, 0), EXIT),
	FORM("a division by a register", MOV_IMM(R0, 1),
	     ALU64_REG(BPF_MOD, R0, R0), EXIT),
	FORM("a shift by a constant out of range", MOV_IMM(R0, 1),
	     ALU64_IMM(BPF_LSH, R0, 64), EXIT),
	FORM("a shift by a constant out of range", MOV_IMM(R0, 1),
	     ALU32_IMM(BPF_ARSH, R0, 32), EXIT),
	FORM("arithmetic with an offset", MOV_IMM(R0, 1),
	     INSN(BPF_ALU64 | BPF_DIV, R0, 0, 1, 3), EXIT),
	FORM("an unknown arithmetic", MOV_IMM(R0, 1),
	     INSN(BPF_ALU64 | 0xe0, R0, 0, 0, 1), EXIT),
	FORM("an unknown jump", MOV_IMM(R0, 1), INSN(BPF_JMP | 0xe0, R0, 0, 0, 0),
	     EXIT),
	FORM("a mode of memory access that is not plain", MOV_IMM(R2, 1),
	     INSN(BPF_STX | 0xc0 | BPF_DW, R1, R2, SCRATCH(0), 0), DONE),
	FORM("a call, exit or jump of another form",
	     INSN(BPF_JMP | BPF_CALL, 0, 1, 0, KPS_FN_CPU), DONE),

	/* Helpers */
	RUNS("a helper that is not there", CALL(__KPS_FN_NR), DONE),
	RUNS("a call without CTX in R1", MOV_IMM(R1, 0), CALL(KPS_FN_CPU), DONE),
	RUNS("a register that was not written", MOV_IMM(R2, 1),
	     CALL(KPS_FN_DIV), DONE),
	RUNS("a map that is not there", MOV_IMM(R2, NO_MAP), MOV_IMM(R3, 0),
	     MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	RUNS("a map of the wrong kind", MOV_IMM(R2, MAP_PLAIN), MOV_IMM(R3, 0),
	     MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	RUNS("a map that holds no number", ST(BPF_DW, R1, SCRATCH(0), 1),
	     MOV_IMM(R2, MAP_TUPLE), MOV_IMM(R3, 0), MOV_IMM(R4, 1),
	     CALL(KPS_FN_MAP_ADD), DONE),
	RUNS("a helper reads scratch that was not written",
	     ST(BPF_DW, R1, SCRATCH(0), 1), MOV_IMM(R2, MAP_PAIR),
	     MOV_IMM(R3, 0), MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE), DONE),
	RUNS("a helper outside of scratch", MOV_IMM(R2, MAP_PAIR),
	     MOV_IMM(R3, KPS_SCRATCH_SIZE - 8), MOV_IMM(R4, 1),
	     CALL(KPS_FN_MAP_UPDATE), DONE),
	RUNS("a helper outside of scratch", MOV_IMM(R2, KPS_SCRATCH_SIZE - 8),
	     CALL(KPS_FN_COMM), DONE),
	RUNS("a helper outside of scratch", MOV_IMM(R2, -8), CALL(KPS_FN_COMM),
	     DONE),
	RUNS("an offset of scratch that is not a multiple of 8",
	     MOV_IMM(R2, 4), CALL(KPS_FN_COMM), DONE),
	RUNS("an argument that differs between two runs",
	     LDX(BPF_DW, R2, R1, 0), ALU64_IMM(BPF_AND, R2, 0x1f8),
	     ALU64_IMM(BPF_MOD, R2, 32), CALL(KPS_FN_COMM), DONE),
	RUNS("room of a size that a helper does not take", MOV_IMM(R2, 0),
	     MOV_IMM(R3, KPS_MAX_STR + 8), MOV_IMM(R4, 0), CALL(KPS_FN_STR), DONE),
	RUNS("a size that is not 1, 2, 4 or 8", MOV_IMM(R2, 0), MOV_IMM(R3, 3),
	     CALL(KPS_FN_READ), DONE),
	RUNS("a record's offset that is too large", MOV_IMM(R2, 65536),
	     MOV_IMM(R3, 8), CALL(KPS_FN_RECORD), DONE),
	RUNS("too many bytes of a record", MOV_IMM(R2, 200), MOV_IMM(R3, KPS_MAX_STR + 1),
	     MOV_IMM(R4, 0), CALL(KPS_FN_RECORD_BYTES), DONE),
	{ .why = "bytes of a record that were not noted",
	  .insns = { MOV_IMM(R2, 0), MOV_IMM(R3, 8), CALL(KPS_FN_RECORD), DONE },
	  .unnoted = true },
	RUNS("a stack of a depth that is not possible", MOV_IMM(R2, 128),
	     CALL(KPS_FN_KSTACK), DONE),
	{ .why = "a stack without a stack table", .no_stacks = true,
	  .insns = { MOV_IMM(R2, 3), CALL(KPS_FN_KSTACK), DONE } },
	{ .why = "registers are read, which was not noted", .unnoted = true,
	  .insns = { MOV_IMM(R2, 3), CALL(KPS_FN_KSTACK), DONE } },
	RUNS("a register that is not in pt_regs", MOV_IMM(R2, 168),
	     CALL(KPS_FN_REG), DONE),
	RUNS("an unknown clock", MOV_IMM(R2, 2), CALL(KPS_FN_CLOCK), DONE),
	RUNS("an output that is not there", MOV_IMM(R2, NO_OUTPUT),
	     MOV_IMM(R3, 0), CALL(KPS_FN_OUTPUT), DONE),
	RUNS("an output of the wrong kind", ST(BPF_DW, R1, SCRATCH(0), 1),
	     MOV_IMM(R2, OUT_JOIN), MOV_IMM(R3, 0), CALL(KPS_FN_OUTPUT), DONE),
	RUNS("a helper reads scratch that was not written",
	     MOV_IMM(R2, OUT_PAIR), MOV_IMM(R3, 0), CALL(KPS_FN_OUTPUT), DONE),
};

#define LOOPS(why_, block_, ...)					\
	{ .why = why_, .insns = { __VA_ARGS__ }, block_ }
#define LOOP_0 MOV_IMM(R2, 0), CALL(KPS_FN_LOOP)
#define EACH_0(map, key, value)						\
	MOV_IMM(R2, map), MOV_IMM(R3, key), MOV_IMM(R4, value), MOV_IMM(R5, 0), \
	CALL(KPS_FN_EACH)

static const struct unsafe unsafe_loops[] = {
	RUNS("a block that is not there", LOOP_0, DONE),
	LOOPS("a block that is called by itself or by a later one",
	      BLOCK(LOOP_0, DONE), LOOP_0, DONE),
	LOOPS("it runs past the end", BLOCK(MOV_IMM(R0, 1)), LOOP_0, DONE),
	LOOPS("a register that was not written", BLOCK(MOV_REG(R0, R6), EXIT),
	      MOV_IMM(R6, 1), LOOP_0, DONE),
	LOOPS("CTX used as a number", BLOCK(MOV_REG(R0, R1), EXIT), LOOP_0, DONE),
	LOOPS("scratch that was not written",
	      BLOCK(LDX(BPF_DW, R0, R1, SCRATCH(0)), EXIT), LOOP_0, DONE),
	/* What a round wrote may never have been written: there are no rounds. */
	LOOPS("scratch that was not written",
	      BLOCK(ST(BPF_DW, R1, SCRATCH(0), 1), DONE), MOV_REG(R6, R1),
	      LOOP_0, LDX(BPF_DW, R0, R6, SCRATCH(0)), EXIT),
	LOOPS("a map without keys to go through", BLOCK(DONE),
	      EACH_0(MAP_SUM, 0, 8), DONE),
	LOOPS("a helper outside of scratch", BLOCK(DONE),
	      EACH_0(MAP_PAIR, KPS_SCRATCH_SIZE - 8, 0), DONE),
	LOOPS("a helper outside of scratch", BLOCK(DONE),
	      EACH_0(MAP_TUPLE, 0, KPS_SCRATCH_SIZE - 8), DONE),
	LOOPS("scratch that was not written",
	      BLOCK(LDX(BPF_DW, R0, R1, SCRATCH(16)), EXIT),
	      EACH_0(MAP_PLAIN, 0, 8), DONE),
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static void add_part(struct stream *stream, const struct bpf_insn *insns)
{
	unsigned int nr = insns_count(insns, MAX_INSNS);

	memcpy(&stream->insns[stream->nr], insns, nr * sizeof(*insns));
	stream->begin[stream->parts++] = stream->nr;
	stream->nr += nr;
}

static void make_stream(const struct unsafe *one, struct stream *stream)
{
	stream->stacks = !one->no_stacks;
	stream->nr = stream->parts = 0;
	add_part(stream, one->insns);
	add_part(stream, one->block);
	stream->parts -= stream->begin[1] == stream->nr;
}

static const char *caught(const struct unsafe *one, const struct stream *stream)
{
	struct noted noted = { .frame_read = ~0U, .reads_regs = true,
			       .record_used = { ~0UL, ~0UL },
			       .verified = { true, true } };
	struct dice dice = { 1 };
	struct strict strict = { .steps = 0 };
	const char *bad = NULL;
	int i;

	if (one->unnoted)
		noted = (struct noted){ .verified = { true, true } };
	strict_begin(&strict, stream);
	if (one->form)
		return strict_encoding(&strict, stream, &noted);
	for (i = 0; i < 32 && !bad; i++)
		bad = strict_run(&strict, stream, &noted, &dice, false);
	return bad;
}

/* What is unsafe only if nothing is noted is a stream to accept. */
static bool verifier_agrees(const struct unsafe *one,
			    const struct stream *stream)
{
	struct noted noted;
	char why[WHY_MAX];

	return !module_verify(stream, &noted, why) == one->unnoted;
}

static int test_all(const struct unsafe *all, unsigned int nr, unsigned int *tests)
{
	static struct stream stream;
	const struct unsafe *one;
	int broken = 0;

	for (one = all; one < all + nr; one++) {
		const char *bad;
		bool good;

		make_stream(one, &stream);
		bad = caught(one, &stream);
		good = bad && !strcmp(bad, one->why) && verifier_agrees(one, &stream);
		broken += !good;
		printf("%sok %u - the reference sees: %s\n", good ? "" : "not ",
		       ++*tests, one->why);
		if (!good)
			printf("# it says: %s\n", bad ? bad : "nothing");
	}
	return broken;
}

int selftest(unsigned int *tests)
{
	return test_all(unsafe, NR(unsafe), tests) +
	       test_all(unsafe_loops, NR(unsafe_loops), tests);
}

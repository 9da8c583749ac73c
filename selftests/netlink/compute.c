// SPDX-License-Identifier: GPL-2.0
/*
 * Every operation and every comparison, in both widths, with a constant and
 * with a register, on numbers where carries, signs and shifts show: what the
 * kernel's BPF core computes is what RFC 9669 says.
 *
 * A case leaves its result as @r[its number] += result.  As many cases as fit
 * make one clause, which getppid(2) runs once.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interp.h"

#define MAX_CASES 250
#define ROOM (KPS_MAX_INSNS - 40)

static const uint64_t lefts[] = {
	0, 1, 7, -1ULL, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
	INT64_MAX, (uint64_t)INT64_MIN, 0x123456789abcdef0, 0xfedcba9876543210,
};

static const int32_t rights[] = { 0, 1, -1, 3, 31, 32, 63, INT_MAX, INT_MIN };

#define NR(array) (sizeof(array) / sizeof((array)[0]))

struct batch {
	struct bpf_insn insns[KPS_MAX_INSNS];
	size_t nr;
	unsigned int cases;
	unsigned int total;
	char what[MAX_CASES][64];
	uint64_t want[MAX_CASES];
	bool seen[MAX_CASES];
	unsigned int wrong;
};

static void add(struct batch *batch, struct bpf_insn insn)
{
	batch->insns[batch->nr++] = insn;
}

static void add_constant(struct batch *batch, int reg, uint64_t value)
{
	const struct bpf_insn both[] = { LD_IMM64(reg, value) };

	add(batch, both[0]);
	add(batch, both[1]);
}

static void keep(struct run *run, uint64_t map, uint64_t key, uint64_t value)
{
	struct batch *batch = run->data;

	(void)map;
	batch->want[key] = value;
}

static void compare(struct batch *batch)
{
	static struct raw_entry entries[MAX_CASES];
	struct run run = { .nr_maps = 1, .keyed = true, .update = keep,
			   .data = batch };
	const char *bad = interp(batch->insns, batch->nr, &run);
	int i, nr = raw_read(PROGRAM, "@r", false, entries, MAX_CASES);

	if (bad || nr != (int)batch->cases) {
		printf("# %s; %d results of %u\n", bad ? bad : "", nr,
		       batch->cases);
		batch->wrong++;
		return;
	}
	for (i = 0; i < nr; i++) {
		uint64_t key = entries[i].key[0];

		if (entries[i].values[0] == batch->want[key])
			continue;
		batch->wrong++;
		printf("# %s: 0x%llx, want 0x%llx\n", batch->what[key],
		       entries[i].values[0],
		       (unsigned long long)batch->want[key]);
	}
}

static void flush(struct batch *batch)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, 65536);
	char why[WHY_MAX];
	int err;

	add(batch, MOV_IMM(R0, 1));
	add(batch, EXIT);
	raw_put_map(msg, "@r", KPS_MAP_SUM, 1, MAX_CASES);
	raw_put_probe(msg, "kprobe", SYSCALL_FUNCTION("getppid"), batch->insns,
		      batch->nr);
	err = raw_send(msg, why);
	if (err) {
		printf("# %d, \"%s\"\n", err, why);
		batch->wrong++;
	} else {
		syscall(SYS_getppid);
		raw_command(KPS_CMD_DISABLE, PROGRAM);
		compare(batch);
		raw_command(KPS_CMD_UNLOAD, PROGRAM);
	}
	batch->total += batch->cases;
	batch->nr = 0;
	batch->cases = 0;
}

/* What the case computes is in R7; CTX is in R6. */
static void end_case(struct batch *batch)
{
	add(batch, ST(BPF_DW, R6, SCRATCH(0), batch->cases++));
	add(batch, MOV_REG(R1, R6));
	add(batch, MOV_IMM(R2, 0));
	add(batch, MOV_IMM(R3, 0));
	add(batch, MOV_REG(R4, R7));
	add(batch, CALL(KPS_FN_MAP_UPDATE));
	if (batch->cases == MAX_CASES || batch->nr > ROOM)
		flush(batch);
}

static void begin_case(struct batch *batch, int code, uint64_t a, int64_t b)
{
	if (!batch->nr)
		add(batch, MOV_REG(R6, R1));
	snprintf(batch->what[batch->cases], sizeof(batch->what[0]),
		 "0x%02x on 0x%llx, %lld", code, (unsigned long long)a,
		 (long long)b);
	add_constant(batch, R7, a);
	add_constant(batch, R8, b);
}

static bool is_allowed(int class, int op, bool from_reg, int32_t right)
{
	int bits = class == BPF_ALU64 ? 64 : 32;

	switch (op) {
	case BPF_DIV:
	case BPF_MOD:
		return !from_reg && right;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return from_reg || (right >= 0 && right < bits);
	default:
		return true;
	}
}

static void operations(struct batch *batch, int class, int op)
{
	size_t i, j;
	int reg;

	for (i = 0; i < NR(lefts); i++)
		for (j = 0; j < NR(rights); j++)
			for (reg = 0; reg < 2; reg++) {
				int code = class | op | (reg ? BPF_X : BPF_K);

				if (!is_allowed(class, op, reg, rights[j]))
					continue;
				begin_case(batch, code, lefts[i], rights[j]);
				add(batch, INSN(code, R7, reg ? R8 : 0, 0,
						reg ? 0 : rights[j]));
				end_case(batch);
			}
}

/* R7 = 1 if the condition holds, else 2. */
static void conditions(struct batch *batch, int class, int op)
{
	size_t i, j;
	int reg;

	for (i = 0; i < NR(lefts); i++)
		for (j = 0; j < NR(rights); j++)
			for (reg = 0; reg < 2; reg++) {
				int code = class | op | (reg ? BPF_X : BPF_K);

				begin_case(batch, code, lefts[i], rights[j]);
				add(batch, INSN(code, R7, reg ? R8 : 0, 2,
						reg ? 0 : rights[j]));
				add(batch, MOV_IMM(R7, 2));
				add(batch, JA(1));
				add(batch, MOV_IMM(R7, 1));
				end_case(batch);
			}
}

static void unary(struct batch *batch, int code, int imm)
{
	size_t i;

	for (i = 0; i < NR(lefts); i++) {
		begin_case(batch, code, lefts[i], imm);
		add(batch, INSN(code, R7, 0, 0, imm));
		end_case(batch);
	}
}

static void memory(struct batch *batch, int size)
{
	size_t i;

	for (i = 0; i < NR(lefts); i++) {
		begin_case(batch, BPF_STX | size, lefts[i], 0);
		add(batch, ST(BPF_DW, R6, SCRATCH(8), -1));
		add(batch, STX(size, R6, R7, SCRATCH(8)));
		add(batch, LDX(BPF_DW, R7, R6, SCRATCH(8)));
		end_case(batch);

		begin_case(batch, BPF_LDX | size, lefts[i], 0);
		add(batch, STX(BPF_DW, R6, R7, SCRATCH(8)));
		add(batch, LDX(size, R7, R6, SCRATCH(8)));
		end_case(batch);

		begin_case(batch, BPF_ST | size, lefts[i], 0);
		add(batch, STX(BPF_DW, R6, R7, SCRATCH(8)));
		add(batch, ST(size, R6, SCRATCH(8), -2));
		add(batch, LDX(BPF_DW, R7, R6, SCRATCH(8)));
		end_case(batch);
	}
}

static void told(struct batch *batch, const char *name)
{
	if (batch->cases)
		flush(batch);
	check(!batch->wrong && batch->total, "%s: %u cases", name,
	      batch->total);
	batch->wrong = 0;
	batch->total = 0;
}

struct operation {
	const char *name;
	int code;
};

int main(void)
{
	static const struct operation ops[] = {
		{ "+", BPF_ADD }, { "-", BPF_SUB }, { "*", BPF_MUL },
		{ "/", BPF_DIV }, { "%", BPF_MOD }, { "|", BPF_OR },
		{ "&", BPF_AND }, { "^", BPF_XOR }, { "<<", BPF_LSH },
		{ ">>", BPF_RSH }, { "arithmetic >>", BPF_ARSH },
		{ "=", BPF_MOV },
	};
	static const struct operation tests[] = {
		{ "==", BPF_JEQ }, { "!=", BPF_JNE }, { ">", BPF_JGT },
		{ ">=", BPF_JGE }, { "<", BPF_JLT }, { "<=", BPF_JLE },
		{ "signed >", BPF_JSGT }, { "signed >=", BPF_JSGE },
		{ "signed <", BPF_JSLT }, { "signed <=", BPF_JSLE },
		{ "bits in common", BPF_JSET },
	};
	static const int sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	static struct batch batch;
	int bits;
	size_t i;

	plan();
	raw_open();
	for (i = 0; i < NR(ops); i++) {
		operations(&batch, BPF_ALU64, ops[i].code);
		operations(&batch, BPF_ALU, ops[i].code);
		told(&batch, ops[i].name);
	}
	for (i = 0; i < NR(tests); i++) {
		conditions(&batch, BPF_JMP, tests[i].code);
		conditions(&batch, BPF_JMP32, tests[i].code);
		told(&batch, tests[i].name);
	}
	unary(&batch, BPF_ALU64 | BPF_NEG, 0);
	unary(&batch, BPF_ALU | BPF_NEG, 0);
	told(&batch, "negation");
	for (bits = 16; bits <= 64; bits *= 2) {
		unary(&batch, BPF_ALU | BPF_END | BPF_X, bits);
		unary(&batch, BPF_ALU | BPF_END | BPF_K, bits);
	}
	told(&batch, "byte order");
	for (i = 0; i < NR(sizes); i++)
		memory(&batch, sizes[i]);
	told(&batch, "loads and stores of every size");
	return finish();
}

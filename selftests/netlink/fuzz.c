// SPDX-License-Identifier: GPL-2.0
/*
 * Random clauses, many of them damaged.  Of what the verifier accepts, no path
 * does what is forbidden (all branches are taken, by a coin), and what the
 * kernel computes is what interp() computes.
 *
 * fuzz [SEED [CLAUSES]]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interp.h"

#define BODY 40
#define MAX_INSNS (BODY * 8 + 40)
#define WALKS 40
#define LIVE 32		/* clauses that run side by side, each with a map */

struct clause {
	struct bpf_insn insns[MAX_INSNS];
	size_t nr;
	size_t map_at;		/* the instruction that holds the map's number */
	size_t begin;		/* where damage may be done */
};

static unsigned int state;
static int zero;

static unsigned int any(unsigned int below)
{
	return interp_random(&state, below);
}

static uint64_t any_number(void)
{
	uint64_t number = (uint64_t)any(~0U) << 32 | any(~0U);

	switch (any(4)) {
	case 0:
		return any(4);
	case 1:
		return -(uint64_t)any(300);
	default:
		return number >> any(64);
	}
}

static void add(struct clause *clause, struct bpf_insn insn)
{
	clause->insns[clause->nr++] = insn;
}

static void add_all(struct clause *clause, const struct bpf_insn *insns,
		    size_t nr)
{
	while (nr--)
		add(clause, *insns++);
}

/* Any but R1 and R9, which hold CTX. */
static int any_reg(void)
{
	static const int regs[] = { R0, R2, R3, R4, R5, R6, R7, R8 };

	return regs[any(8)];
}

static void add_arithmetic(struct clause *clause)
{
	static const int ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_XOR, BPF_MOV,
		BPF_LSH, BPF_RSH, BPF_ARSH, BPF_DIV, BPF_MOD,
	};
	int class = any(2) ? BPF_ALU64 : BPF_ALU;
	int i = any(12);

	if (i < 10 && any(2))
		add(clause, INSN(class | ops[i] | BPF_X, any_reg(), any_reg(),
				 0, 0));
	else if (i < 7)
		add(clause, INSN(class | ops[i], any_reg(), 0, 0,
				 (int)any_number()));
	else if (i < 10)
		add(clause, INSN(class | ops[i], any_reg(), 0, 0, any(32)));
	else
		add(clause, INSN(class | ops[i], any_reg(), 0, 0,
				 1 + any(1000)));
}

/* Eight words are written before; what lies behind them may not be. */
static int any_slot(int bytes)
{
	return SCRATCH(any((any(40) ? 64 : 96) / bytes) * bytes);
}

static void add_memory(struct clause *clause)
{
	static const int sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	int i = any(4), at = any_slot(1 << i);

	switch (any(3)) {
	case 0:
		add(clause, LDX(sizes[i], any_reg(), R9, at));
		break;
	case 1:
		add(clause, STX(sizes[i], R9, any_reg(), at));
		break;
	default:
		add(clause, ST(sizes[i], R9, at, (int)any_number()));
	}
}

static void add_jump(struct clause *clause)
{
	static const int ops[] = {
		BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
		BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE,
	};
	int class = any(2) ? BPF_JMP : BPF_JMP32;
	int code = class | ops[any(11)], off = any(4);

	if (any(2))
		add(clause, INSN(code | BPF_X, any_reg(), any_reg(), off, 0));
	else
		add(clause, INSN(code, any_reg(), 0, off, (int)any_number()));
}

static void add_call(struct clause *clause)
{
	const struct bpf_insn insns[] = {
		MOV_REG(R1, R9), MOV_REG(R2, any_reg()), MOV_REG(R3, R2),
		CALL(any(2) ? KPS_FN_DIV : KPS_FN_MOD),
		MOV_IMM(R2, any(9)), MOV_IMM(R3, any(9)), MOV_REG(R4, R2),
		MOV_REG(R5, R3),
	};

	add_all(clause, insns, 8);
}

static void add_constant(struct clause *clause)
{
	const struct bpf_insn insns[] = { LD_IMM64(any_reg(), any_number()) };

	add_all(clause, insns, 2);
}

static void add_any(struct clause *clause)
{
	unsigned int dice = any(100);

	if (dice < 45)
		add_arithmetic(clause);
	else if (dice < 70)
		add_memory(clause);
	else if (dice < 85)
		add_jump(clause);
	else if (dice < 92)
		add_constant(clause);
	else
		add_call(clause);
}

/* Events of other processes are filtered: their reads are none of ours. */
static void begin_clause(struct clause *clause)
{
	const struct bpf_insn insns[] = {
		MOV_REG(R9, R1), LDX(BPF_DW, R6, R1,
				     offsetof(struct kps_frame, arg[2])),
		CALL(KPS_FN_PID_TGID), ALU64_IMM(BPF_RSH, R0, 32),
		JMP_IMM(BPF_JEQ, R0, getpid(), 2), MOV_IMM(R0, 0), EXIT,
	};
	int i;

	add_all(clause, insns, sizeof(insns) / sizeof(insns[0]));
	clause->begin = clause->nr;
	for (i = 0; i < 64; i += 8)
		add(clause, ST(BPF_DW, R9, SCRATCH(i), (int)any_number()));
	for (i = R0; i <= R8; i++)
		if (i != R1 && i != R6 && any(200))
			add(clause, MOV_IMM(i, (int)any_number()));
}

/* @sum += what is in R6, R7, R8 and a word of scratch. */
static void end_clause(struct clause *clause)
{
	const struct bpf_insn insns[] = {
		LDX(BPF_DW, R5, R9, SCRATCH(0)), ALU64_REG(BPF_XOR, R7, R5),
		ALU64_IMM(BPF_MUL, R7, 0x01000193), ALU64_REG(BPF_ADD, R7, R6),
		ALU64_IMM(BPF_MUL, R7, 0x01000193), ALU64_REG(BPF_XOR, R7, R8),
		MOV_REG(R1, R9), MOV_IMM(R3, 0), MOV_REG(R4, R7),
		MOV_IMM(R2, 0), CALL(KPS_FN_MAP_UPDATE), MOV_IMM(R0, 1), EXIT,
	};

	clause->map_at = clause->nr + 9;
	add_all(clause, insns, sizeof(insns) / sizeof(insns[0]));
}

static int any_code(void)
{
	return any(2) ? (int)any(256) : (int)(any(8) | any(2) << 3 | any(16) << 4);
}

static void damage(struct clause *clause)
{
	size_t at = clause->begin + any(clause->nr - clause->begin);
	struct bpf_insn *insn = &clause->insns[at];

	switch (any(6)) {
	case 0:
		insn->code = any_code();
		break;
	case 1:
		insn->dst_reg = any(16);
		break;
	case 2:
		insn->src_reg = any(16);
		break;
	case 3:
		insn->off = any(3) ? insn->off + (int)any(32) - 16 :
				     (int)any(65536);
		break;
	case 4:
		insn->imm = (int)any_number();
		break;
	default:
		*insn = clause->insns[any(clause->nr)];
	}
}

static void make_clause(struct clause *clause)
{
	int i, nr = 3 + any(BODY - 3);

	memset(clause, 0, sizeof(*clause));
	begin_clause(clause);
	for (i = 0; i < nr; i++)
		add_any(clause);
	end_clause(clause);
	if (any(2))
		for (i = any(3); i >= 0; i--)
			damage(clause);
}

/* Disabled, so that nothing is attached. Return: as raw_send(). */
static int verify(const struct clause *clause)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	char why[WHY_MAX];
	int err;

	nla_put_u32(msg, KPS_A_FLAGS, KPS_F_DISABLED);
	raw_put_map(msg, "@m", KPS_MAP_SUM, 0, 1);
	raw_put_probe(msg, "kprobe", "vfs_read", clause->insns, clause->nr);
	err = raw_send(msg, why);
	if (!err)
		raw_command(KPS_CMD_UNLOAD, PROGRAM);
	return err;
}

/* All its helpers are interp()'s, and one of them changes the one map. */
static bool is_comparable(const struct clause *clause)
{
	unsigned int updates = 0;
	size_t i;

	for (i = 0; i < clause->nr; i++) {
		const struct bpf_insn *insn = &clause->insns[i];

		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW)) {
			i++;
			continue;
		}
		if (insn->code != (BPF_JMP | BPF_CALL))
			continue;
		if (!interp_knows(insn->imm))
			return false;
		updates += insn->imm == KPS_FN_MAP_UPDATE;
	}
	return updates == 1;
}

static void show(const struct clause *clause, const char *bad)
{
	size_t i;

	printf("# %s\n", bad);
	for (i = 0; i < clause->nr; i++)
		printf("#   %zu: code 0x%02x R%d R%d off %d imm %d\n", i,
		       clause->insns[i].code, clause->insns[i].dst_reg,
		       clause->insns[i].src_reg, clause->insns[i].off,
		       clause->insns[i].imm);
}

static bool is_safe(const struct clause *clause)
{
	struct run run = { .nr_maps = 1, .coin = &state };
	const char *bad;
	int i;

	for (i = 0; i < WALKS; i++) {
		bad = interp(clause->insns, clause->nr, &run);
		if (bad) {
			show(clause, bad);
			return false;
		}
	}
	return true;
}

static void sum_up(struct run *run, uint64_t map, uint64_t key, uint64_t value)
{
	uint64_t *sum = run->data;

	(void)map;
	(void)key;
	*sum += value;
}

/* Of one live clause. Return: whether the kernel's sum is interp()'s. */
static bool agrees(const struct clause *clause, unsigned int nr,
		   const uint64_t *inputs, int nr_inputs, bool *unknown)
{
	struct raw_entry entry = { 0 };
	char name[16];
	uint64_t sum = 0;
	int i;

	*unknown = false;
	for (i = 0; i < nr_inputs; i++) {
		struct run run = {
			.arg2 = inputs[i], .nr_maps = LIVE, .update = sum_up,
			.data = &sum, .pid_tgid = (uint64_t)getpid() << 32 |
						  (uint32_t)getpid(),
		};

		if (interp(clause->insns, clause->nr, &run)) {
			show(clause, "forbidden with a real input");
			return false;
		}
		*unknown |= run.unknown;
	}
	snprintf(name, sizeof(name), "@m%u", nr);
	if (raw_read(PROGRAM, name, false, &entry, 1) < 0)
		return false;
	if (*unknown || entry.values[0] == sum)
		return true;
	printf("# 0x%llx, want 0x%llx\n", entry.values[0],
	       (unsigned long long)sum);
	show(clause, "computes something else");
	return false;
}

#define INPUTS 24

struct score {
	unsigned int accepted, refused, unsafe, compared, wrong;
};

static void run_live(struct clause *clauses, unsigned int nr,
		     struct score *score)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, 1 << 18);
	uint64_t inputs[INPUTS];
	char name[16], why[WHY_MAX];
	bool unknown;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "@m%u", i);
		raw_put_map(msg, name, KPS_MAP_SUM, 0, 1);
	}
	for (i = 0; i < nr; i++)
		raw_put_probe(msg, "kprobe", "vfs_read", clauses[i].insns,
			      clauses[i].nr);
	if (raw_send(msg, why)) {
		printf("# not loaded: %s\n", why);
		score->wrong++;
		return;
	}
	for (i = 0; i < INPUTS; i++) {
		inputs[i] = any_number();
		/* To nowhere: the event comes first, then EFAULT. */
		syscall(SYS_read, zero, NULL, inputs[i]);
	}
	raw_command(KPS_CMD_DISABLE, PROGRAM);
	for (i = 0; i < nr; i++) {
		if (!agrees(&clauses[i], i, inputs, INPUTS, &unknown))
			score->wrong++;
		else if (!unknown)
			score->compared++;
	}
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

/* Its map's number becomes @nr, if it is still where it was. */
static bool take_map(struct clause *clause, unsigned int nr)
{
	struct bpf_insn *insn = &clause->insns[clause->map_at];
	const struct bpf_insn want = MOV_IMM(R2, 0);

	if (memcmp(insn, &want, sizeof(want)))
		return false;
	insn->imm = nr;
	return true;
}

static void fuzz(unsigned int clauses, struct score *score)
{
	static struct clause live[LIVE];
	unsigned int i, nr = 0;

	for (i = 0; i < clauses; i++) {
		struct clause *clause = &live[nr];

		make_clause(clause);
		if (verify(clause)) {
			score->refused++;
			continue;
		}
		score->accepted++;
		if (!is_comparable(clause))
			continue;
		if (!is_safe(clause)) {
			score->unsafe++;
			continue;
		}
		if (take_map(clause, nr) && ++nr == LIVE) {
			run_live(live, nr, score);
			nr = 0;
		}
	}
}

int main(int argc, char **argv)
{
	unsigned int seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 20221121;
	unsigned int clauses = argc > 2 ? strtoul(argv[2], NULL, 0) : 2000;
	unsigned int programs;
	unsigned long long memory;
	struct score score = { 0 };

	plan();
	raw_open();
	zero = open("/dev/zero", O_RDONLY);
	/* For who hits upon its number. */
	eventfd(0, EFD_NONBLOCK);
	state = seed ? seed : 1;
	fuzz(clauses, &score);
	check(score.accepted > clauses / 8 && score.refused > clauses / 8,
	      "seed %u: of %u clauses %u are accepted, %u refused", seed,
	      clauses, score.accepted, score.refused);
	check(!score.unsafe, "none that is accepted does what is forbidden");
	check(!score.wrong && score.compared > clauses / 16,
	      "%u were run, %d times each, and compute what RFC 9669 says",
	      score.compared, INPUTS);
	raw_status(&programs, &memory);
	check(!programs && !memory, "nothing is left");
	return finish();
}

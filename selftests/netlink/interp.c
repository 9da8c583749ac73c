// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "../raw/arithmetic.h"
#include "interp.h"

enum tag { UNSET, NUMBER, CONTEXT };

struct machine {
	const struct bpf_insn *insns;
	size_t nr;
	size_t pc;
	enum tag tag[16];
	uint64_t reg[16];
	uint8_t scratch[KPS_SCRATCH_SIZE];
	bool written[KPS_SCRATCH_SIZE];
	struct run *run;
	bool ended;
};

/* xorshift32: the same numbers every time. */
unsigned int interp_random(unsigned int *state, unsigned int below)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state % below;
}

static const char *number(const struct machine *m, unsigned int reg)
{
	if (reg > 9)
		return "a register that does not exist";
	if (m->tag[reg] == UNSET)
		return "a register that was not written";
	return m->tag[reg] == CONTEXT ? "CTX used as a number" : NULL;
}

static void set(struct machine *m, unsigned int reg, uint64_t value)
{
	m->tag[reg] = NUMBER;
	m->reg[reg] = value;
}

static const char *alu(struct machine *m, const struct bpf_insn *insn)
{
	bool is64 = BPF_CLASS(insn->code) == BPF_ALU64;
	unsigned int op = BPF_OP(insn->code);
	uint64_t a = m->reg[insn->dst_reg], b = (int64_t)insn->imm;
	bool from_reg = BPF_SRC(insn->code) == BPF_X;
	const char *bad = NULL;

	if (insn->dst_reg > 9)
		return "a register that does not exist";
	if (op == BPF_END) {
		bad = number(m, insn->dst_reg);
		if (!bad)
			set(m, insn->dst_reg, insn_swap(a, insn->imm, from_reg));
		return bad;
	}
	if (op == BPF_MOV && from_reg && is64 && insn->src_reg < 10 &&
	    m->tag[insn->src_reg] == CONTEXT) {
		m->tag[insn->dst_reg] = CONTEXT;
		return NULL;
	}
	if (op != BPF_MOV)
		bad = number(m, insn->dst_reg);
	if (!bad && from_reg && op != BPF_NEG)
		bad = number(m, insn->src_reg);
	if (bad)
		return bad;
	if (from_reg)
		b = m->reg[insn->src_reg];
	if (!is64) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	if ((op == BPF_DIV || op == BPF_MOD) && !b)
		return "division by zero";
	a = insn_compute(op, a, b, is64);
	set(m, insn->dst_reg, is64 ? a : (uint32_t)a);
	return NULL;
}

static const char *reach(const struct machine *m, unsigned int base, long off,
			 unsigned int size)
{
	if (base > 9 || m->tag[base] != CONTEXT)
		return "memory not through CTX";
	if (off < 0 || off + size > (long)SCRATCH(KPS_SCRATCH_SIZE) || off % size)
		return "memory outside of the frame";
	return NULL;
}

static const char *load(struct machine *m, const struct bpf_insn *insn)
{
	unsigned int i, size = insn_size(insn);
	long off = insn->off;
	uint64_t value = 0;
	const char *bad = reach(m, insn->src_reg, off, size);

	if (bad)
		return bad;
	if (off >= SCRATCH(0)) {
		off -= SCRATCH(0);
		for (i = 0; i < size; i++)
			if (!m->written[off + i])
				return "scratch that was not written";
		memcpy(&value, &m->scratch[off], size);
	} else if (off == (long)offsetof(struct kps_frame, arg[2]) && size == 8) {
		value = m->run->arg2;
	} else if (off < (long)offsetof(struct kps_frame, retval) ||
		   off >= (long)offsetof(struct kps_frame, arg)) {
		m->run->unknown = true;
	}
	set(m, insn->dst_reg, value);
	return NULL;
}

static const char *store(struct machine *m, const struct bpf_insn *insn)
{
	bool from_reg = BPF_CLASS(insn->code) == BPF_STX;
	unsigned int size = insn_size(insn);
	uint64_t value = (int64_t)insn->imm;
	const char *bad = reach(m, insn->dst_reg, insn->off, size);

	if (!bad && from_reg)
		bad = number(m, insn->src_reg);
	if (bad)
		return bad;
	if (insn->off < SCRATCH(0))
		return "a store to what is read-only";
	if (from_reg)
		value = m->reg[insn->src_reg];
	memcpy(&m->scratch[insn->off - SCRATCH(0)], &value, size);
	memset(&m->written[insn->off - SCRATCH(0)], true, size);
	return NULL;
}

static const char *jump(struct machine *m, const struct bpf_insn *insn)
{
	if (insn->off < 0)
		return "a jump backward";
	m->pc += insn->off;
	return NULL;
}

static const char *condition(struct machine *m, const struct bpf_insn *insn)
{
	uint64_t a = m->reg[insn->dst_reg], b = (int64_t)insn->imm;
	const char *bad = number(m, insn->dst_reg);
	bool taken;

	if (!bad && BPF_SRC(insn->code) == BPF_X) {
		bad = number(m, insn->src_reg);
		b = m->reg[insn->src_reg];
	}
	if (bad)
		return bad;
	if (BPF_CLASS(insn->code) == BPF_JMP32) {
		/* Sign-extended: right for signed and unsigned order alike. */
		a = (int64_t)(int32_t)a;
		b = (int64_t)(int32_t)b;
	}
	taken = m->run->coin ? interp_random(m->run->coin, 2) :
			       insn_holds(BPF_OP(insn->code), a, b);
	return taken ? jump(m, insn) : NULL;
}

bool interp_knows(int fn)
{
	return fn == KPS_FN_PID_TGID || fn == KPS_FN_DIV ||
	       fn == KPS_FN_MOD || fn == KPS_FN_MAP_UPDATE;
}

static const char *map_update(struct machine *m)
{
	uint64_t key = m->reg[3], word = 0;
	unsigned int i;

	if (m->reg[2] >= m->run->nr_maps)
		return "a map that is not there";
	if (key % 8 || key > KPS_SCRATCH_SIZE)
		return "a key outside of scratch";
	if (m->run->keyed) {
		if (key + 8 > KPS_SCRATCH_SIZE)
			return "a key outside of scratch";
		for (i = 0; i < 8; i++)
			if (!m->written[key + i])
				return "a key that was not written";
		memcpy(&word, &m->scratch[key], 8);
	}
	if (m->run->update && !m->run->coin)
		m->run->update(m->run, m->reg[2], word, m->reg[4]);
	return NULL;
}

static const char *call(struct machine *m, const struct bpf_insn *insn)
{
	static const int nr_args[] = {
		[KPS_FN_DIV] = 2, [KPS_FN_MOD] = 2, [KPS_FN_MAP_UPDATE] = 3,
	};
	uint64_t result = 0, a = m->reg[2], b = m->reg[3];
	const char *bad = NULL;
	int i, args = 0;

	if (!interp_knows(insn->imm))
		return "a helper that is not known here";
	if (m->tag[1] != CONTEXT)
		return "a call without CTX in R1";
	if (insn->imm != KPS_FN_PID_TGID)
		args = nr_args[insn->imm];
	for (i = 0; i < args && !bad; i++)
		bad = number(m, 2 + i);
	if (bad)
		return bad;
	if (insn->imm == KPS_FN_PID_TGID)
		result = m->run->pid_tgid;
	else if (insn->imm == KPS_FN_DIV)
		result = b ? a / b : 0;
	else if (insn->imm == KPS_FN_MOD)
		result = b ? a % b : a;
	else
		bad = map_update(m);
	for (i = 1; i <= 5; i++)
		m->tag[i] = UNSET;
	set(m, 0, result);
	return bad;
}

static const char *branch(struct machine *m, const struct bpf_insn *insn)
{
	const char *bad;

	switch (BPF_OP(insn->code)) {
	case BPF_CALL:
		return call(m, insn);
	case BPF_EXIT:
		bad = number(m, 0);
		m->run->r0 = m->reg[0];
		m->ended = true;
		return bad;
	case BPF_JA:
		return jump(m, insn);
	default:
		return condition(m, insn);
	}
}

static const char *constant(struct machine *m, const struct bpf_insn *insn)
{
	if (++m->pc >= m->nr)
		return "a constant that is cut off";
	if (insn->dst_reg > 9)
		return "a register that does not exist";
	set(m, insn->dst_reg,
	    (uint32_t)insn->imm | (uint64_t)(uint32_t)insn[1].imm << 32);
	return NULL;
}

static const char *step(struct machine *m)
{
	const struct bpf_insn *insn = &m->insns[m->pc];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu(m, insn);
	case BPF_LD:
		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			return "half of a constant is run";
		return constant(m, insn);
	case BPF_LDX:
		return load(m, insn);
	case BPF_ST:
	case BPF_STX:
		return store(m, insn);
	default:
		return branch(m, insn);
	}
}

const char *interp(const struct bpf_insn *insns, size_t nr, struct run *run)
{
	struct machine m = { .insns = insns, .nr = nr, .run = run };
	const char *bad = NULL;

	m.tag[1] = CONTEXT;
	for (; !bad && !m.ended; m.pc++) {
		if (m.pc >= nr)
			return "it runs past the end";
		bad = step(&m);
	}
	return bad;
}

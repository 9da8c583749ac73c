// SPDX-License-Identifier: GPL-2.0
/*
 * What of a clause can be done without running it.
 *
 * The commonest clauses make one key of what is at hand and add to one map; the
 * commonest filters compare one word of the frame with a constant. Both are told
 * by their instructions, which have been verified; what is not recognised is run,
 * and does the same.
 */
#include <linux/filter.h>

#include "kpstat.h"

/* Instructions that find_part() may look at. */
#define MOST_OF_A_PART 6

static bool is(const struct bpf_insn *insn, u8 code, u8 dst)
{
	return insn->code == code && insn->dst_reg == dst;
}

static bool is_exit_with(const struct bpf_insn *insn, s32 result)
{
	return is(insn, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0) &&
	       insn[0].imm == result && insn[1].code == (BPF_JMP | BPF_EXIT);
}

/* r6 = r1: the context is kept over calls. Return: instructions looked at. */
static unsigned int skip_context_copy(const struct bpf_insn *insn)
{
	return is(insn, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6) &&
	       insn->src_reg == BPF_REG_1;
}

static void set_arc(struct kps_shortcut *it, u64 first, u64 last)
{
	it->first = first;
	it->span = last - first;
}

/*
 * What passes is what the jump @op does not take: that leads to the exit.
 * Return: false if it is another comparison, or no number or any would pass.
 */
static bool set_filter(struct kps_shortcut *it, u8 op, s64 than)
{
	switch (op) {
	case BPF_JNE:
		set_arc(it, than, than);
		return true;
	case BPF_JEQ:
		set_arc(it, than + 1, than - 1);
		return true;
	case BPF_JLE:
		set_arc(it, than + 1, U64_MAX);
		return (u64)than != U64_MAX;
	case BPF_JLT:
		set_arc(it, than, U64_MAX);
		return true;
	case BPF_JGE:
		set_arc(it, 0, than - 1);
		return than;
	case BPF_JGT:
		set_arc(it, 0, than);
		return true;
	case BPF_JSLE:
		set_arc(it, than + 1, S64_MAX);
		return than != S64_MAX;
	case BPF_JSLT:
		set_arc(it, than, S64_MAX);
		return true;
	case BPF_JSGE:
		set_arc(it, S64_MIN, than - 1);
		return than != S64_MIN;
	case BPF_JSGT:
		set_arc(it, S64_MIN, than);
		return true;
	default:
		return false;
	}
}

/* A word that a kps_word_fn knows. */
static bool loads_word(const struct bpf_insn *insn, u8 dst)
{
	return is(insn, BPF_LDX | BPF_MEM | BPF_DW, dst) &&
	       insn->off >= offsetof(struct kps_frame, retval) &&
	       insn->off < KPS_SCRATCH;
}

/* rN = word of the frame; if rN OP constant goto exit with 0 */
static bool find_filter(struct kps_shortcut *it, const struct bpf_insn *insn,
			const struct bpf_insn *end)
{
	const struct bpf_insn *jump = insn + 1, *target;

	if (end - insn < 4 || !loads_word(insn, insn->dst_reg))
		return false;
	if (BPF_CLASS(jump->code) != BPF_JMP || BPF_SRC(jump->code) != BPF_K ||
	    jump->dst_reg != insn->dst_reg)
		return false;
	target = jump + 1 + jump->off;
	if (end - target < 2 || !is_exit_with(target, 0))
		return false;
	it->filter = insn->off / sizeof(u64);
	return set_filter(it, BPF_OP(jump->code), jump->imm);
}

static bool sets(const struct bpf_insn *insn, u8 dst)
{
	return is(insn, BPF_ALU64 | BPF_MOV | BPF_K, dst);
}

static bool calls(const struct bpf_insn *insn, enum kps_fn fn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->imm == fn;
}

static bool shifts(const struct bpf_insn *insn, u8 op)
{
	return is(insn, BPF_ALU64 | op | BPF_K, BPF_REG_0) && insn->imm == 32;
}

/* [r1 = r6] before a call: the verifier has seen that it is the context. */
static const struct bpf_insn *skip_context(const struct bpf_insn *insn)
{
	return insn + is(insn, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1);
}

/* r2 = offset, call comm */
static const struct bpf_insn *find_comm(struct kps_part *part, s32 at,
					const struct bpf_insn *insn)
{
	if (!sets(insn, BPF_REG_2) || insn->imm != at)
		return NULL;
	insn = skip_context(insn + 1);
	part->kind = KPS_PART_COMM;
	return calls(insn, KPS_FN_COMM) ? insn + 1 : NULL;
}

/* call pid_tgid, r0 >>= 32, or both shifts for the other half */
static const struct bpf_insn *find_id(struct kps_part *part,
				      const struct bpf_insn *insn)
{
	part->kind = KPS_PART_PID;
	if (shifts(insn, BPF_LSH)) {
		part->kind = KPS_PART_TID;
		insn++;
	}
	return shifts(insn, BPF_RSH) ? insn + 1 : NULL;
}

/* One part of a key, at @at of scratch. Return: what follows it, or NULL. */
static const struct bpf_insn *find_part(struct kps_part *part, s32 at,
					const struct bpf_insn *insn)
{
	const struct bpf_insn *call = skip_context(insn);

	if (loads_word(insn, BPF_REG_0)) {
		part->kind = KPS_PART_WORD;
		part->word = insn->off / sizeof(u64);
		insn++;
	} else if (calls(call, KPS_FN_PID_TGID)) {
		insn = find_id(part, call + 1);
	} else if (calls(call, KPS_FN_CPU)) {
		part->kind = KPS_PART_CPU;
		insn = call + 1;
	} else {
		return find_comm(part, at, insn);
	}
	if (!insn || !is(insn, BPF_STX | BPF_MEM | BPF_DW, insn->dst_reg) ||
	    insn->src_reg != BPF_REG_0 ||
	    insn->off != KPS_SCRATCH + at)
		return NULL;
	return insn + 1;
}

static u32 part_size(const struct kps_part *part)
{
	return part->kind == KPS_PART_COMM ? TASK_COMM_LEN : sizeof(u64);
}

/*
 * The parts of a key, then: r4 = word or number, r3 = key, r2 = map, [r1 = r6],
 * call map_update, r0 = 1, exit.
 */
static bool find_whole(struct kps_shortcut *it,
		       const struct kps_program *program,
		       const struct bpf_insn *insn, const struct bpf_insn *end)
{
	const struct bpf_insn *next;
	u32 size = 0;

	while (it->nr_parts < KPS_MAX_PARTS && end - insn > MOST_OF_A_PART) {
		next = find_part(&it->parts[it->nr_parts], size, insn);
		if (!next)
			break;
		size += part_size(&it->parts[it->nr_parts++]);
		insn = next;
	}
	if (end - insn < 6)
		return false;
	it->by_word = loads_word(insn, BPF_REG_4);
	it->value = it->by_word ? insn->off / sizeof(u64) : insn->imm;
	if (!it->by_word && !sets(insn, BPF_REG_4))
		return false;
	if (!sets(insn + 1, BPF_REG_3) || !sets(insn + 2, BPF_REG_2))
		return false;
	if (it->nr_parts && insn[1].imm)
		return false;
	it->map = insn[2].imm;
	insn = skip_context(insn + 3);
	return end - insn >= 3 && calls(insn, KPS_FN_MAP_UPDATE) &&
	       is_exit_with(insn + 1, 1) &&
	       program->maps[it->map]->key_size == size;
}

static bool looks_at_words(const struct kps_shortcut *it)
{
	unsigned int i;

	for (i = 0; i < it->nr_parts; i++)
		if (it->parts[i].kind == KPS_PART_WORD)
			return true;
	return it->filters || it->by_word;
}

static bool any_may_not_nest(const struct bpf_insn *insn,
			     const struct bpf_insn *end)
{
	for (; insn < end; insn++) {
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			insn++;
		else if (insn->code == (BPF_JMP | BPF_CALL) &&
			 !kps_helpers[insn->imm].traits->nests)
			return true;
	}
	return false;
}

/**
 * kps_shortcuts_find() - see what of a clause needs not be run
 * @code: is told
 * @program: that it is of
 * @insns: verified, calls by number
 * @nr: of them
 */
void kps_shortcuts_find(struct kps_code *code, const struct kps_program *program,
			const struct bpf_insn *insns, unsigned int nr)
{
	const struct bpf_insn *end = insns + nr;
	const struct bpf_insn *insn = insns + skip_context_copy(insns);
	struct kps_shortcut *it = &code->shortcut;

	code->guarded = code->large || any_may_not_nest(insns, end);
	it->filters = find_filter(it, insn, end);
	if (it->filters)
		insn += 2;
	it->whole = find_whole(it, program, insn, end);
	it->words = looks_at_words(it);
}

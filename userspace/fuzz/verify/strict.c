// SPDX-License-Identifier: GPL-2.0
/*
 * The reference: runs a stream and says when it does what no accepted stream
 * may do.  Written from the contract in kpstat.h; neither the verifier's rules
 * nor its table of helpers are used, so that a fault in them is seen here.
 */
#include <string.h>
#include <asm/ptrace.h>

#include "../../../selftests/raw/arithmetic.h"
#include "layout.h"
#include "verify.h"

#define NR_REGS 10	/* there is no R10 */
#define FRAME_WORDS (KPS_SCRATCH / 8)
#define RECORD_TRACKED 128

enum tag { UNSET, NUMBER, CONTEXT };

struct machine {
	struct strict *strict;
	const struct stream *stream;
	const struct noted *noted;
	struct dice *dice;
	bool coin;
	bool ended;
	unsigned int pc;
	unsigned int part;	/* 0: the clause */
	unsigned int depth;	/* of loops around */
	enum tag tag[NR_REGS];
	uint64_t reg[NR_REGS];
	uint64_t frame[FRAME_WORDS];
	uint8_t scratch[KPS_SCRATCH_SIZE];
	bool written[KPS_SCRATCH_SIZE];
};

/* Numbers at the edges, and all others. */
uint64_t dice_number(struct dice *dice)
{
	uint64_t word = dice_word(dice);

	switch (word & 7) {
	case 0:
		return word >> 3 & 3;
	case 1:
		return -(word >> 3 & 255);
	case 2:
		return 1ULL << (word >> 3 & 63);
	case 3:
		return (1ULL << (word >> 3 & 63)) - 1;
	case 4:
		return dice_word(dice);
	default:
		return dice_word(dice) >> (word >> 3 & 63);
	}
}

/*
 * The form of all instructions, run or not: the core translates every one.
 */

static bool is_constant(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static const char *form_memory(const struct bpf_insn *insn)
{
	int class = BPF_CLASS(insn->code);

	if (BPF_MODE(insn->code) != BPF_MEM)
		return "a mode of memory access that is not plain";
	if (class != BPF_ST && insn->imm)
		return "a memory access with a constant that nobody uses";
	if (class == BPF_ST && insn->src_reg)
		return "a store with a source that nobody uses";
	return NULL;
}

static const char *form_swap(const struct bpf_insn *insn)
{
	if (BPF_CLASS(insn->code) != BPF_ALU || insn->src_reg || insn->off)
		return "a byte swap of another form";
	if (insn->imm != 16 && insn->imm != 32 && insn->imm != 64)
		return "a byte swap of another width";
	return NULL;
}

static const char *form_operands(const struct bpf_insn *insn)
{
	int bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;
	bool from_reg = BPF_SRC(insn->code) == BPF_X;

	if (from_reg ? insn->imm : insn->src_reg)
		return "an operand that nobody uses";
	switch (BPF_OP(insn->code)) {
	case BPF_NEG:
		return from_reg || insn->imm ? "a negation of another form" :
					       NULL;
	case BPF_DIV:
	case BPF_MOD:
		if (from_reg)
			return "a division by a register";
		return insn->imm ? NULL : "a division by the constant 0";
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (!from_reg && (insn->imm < 0 || insn->imm >= bits))
			return "a shift by a constant out of range";
		return NULL;
	default:
		return NULL;
	}
}

static const char *form_alu(const struct bpf_insn *insn)
{
	if (BPF_OP(insn->code) == BPF_END)
		return form_swap(insn);
	if (BPF_OP(insn->code) > BPF_END)
		return "an unknown arithmetic";
	return insn->off ? "arithmetic with an offset" : form_operands(insn);
}

static const char *form_jump(const struct bpf_insn *insn)
{
	bool is64 = BPF_CLASS(insn->code) == BPF_JMP;
	int op = BPF_OP(insn->code);

	if (op > BPF_JSLE)
		return "an unknown jump";
	if (op == BPF_CALL || op == BPF_EXIT || op == BPF_JA) {
		if (!is64 || BPF_SRC(insn->code) != BPF_K || insn->dst_reg ||
		    insn->src_reg)
			return "a call, exit or jump of another form";
		if (op != BPF_CALL && insn->imm)
			return "an exit or jump with a constant";
		if (op != BPF_JA && insn->off)
			return "a call or exit with an offset";
		return NULL;
	}
	if (BPF_SRC(insn->code) == BPF_X ? insn->imm : insn->src_reg)
		return "a condition with an operand that nobody uses";
	return NULL;
}

static const char *form(const struct bpf_insn *insn)
{
	if (insn->dst_reg >= NR_REGS || insn->src_reg >= NR_REGS)
		return "a register that does not exist";
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		return is_constant(insn) && !insn->src_reg && !insn->off ?
		       NULL : "a load of another form";
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return form_memory(insn);
	case BPF_ALU:
	case BPF_ALU64:
		return form_alu(insn);
	default:
		return form_jump(insn);
	}
}

static bool jumps(const struct bpf_insn *insn)
{
	int class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL &&
	       op != BPF_EXIT;
}

static const char *form_target(const struct stream *stream, unsigned int pc,
			       unsigned int end, const bool *half)
{
	long target = (long)pc + 1 + stream->insns[pc].off;

	if (target <= (long)pc)
		return "a jump backward";
	if (target >= (long)end)
		return "a jump past the end";
	return half[target] ? "a jump into a 64-bit constant" : NULL;
}

static const char *form_second_half(const struct stream *stream,
				    unsigned int pc, unsigned int end)
{
	const struct bpf_insn *insn = &stream->insns[pc];

	if (pc >= end)
		return "a 64-bit constant that is cut off";
	if (insn->code || insn->dst_reg || insn->src_reg || insn->off)
		return "a 64-bit constant with another second half";
	return NULL;
}

void strict_begin(struct strict *strict, const struct stream *stream)
{
	strict->nr_seen = stream->nr;
	memset(strict->seen, 0, stream->nr);
}

static const char *form_part(struct strict *strict, const struct stream *stream,
			     unsigned int part)
{
	const unsigned int begin = stream->begin[part], end = stream_end(stream, part);
	const struct bpf_insn *insns = stream->insns;
	bool half[STREAM_MAX + 1];
	const char *bad = NULL;
	unsigned int pc;

	memset(half, 0, sizeof(half));
	for (pc = begin; pc < end && !bad; pc++) {
		strict->pc = pc;
		bad = form(&insns[pc]);
		if (bad || !is_constant(&insns[pc]))
			continue;
		bad = form_second_half(stream, ++pc, end);
		half[pc] = true;
	}
	for (pc = begin; pc < end && !bad; pc++) {
		strict->pc = pc;
		if (!half[pc] && jumps(&insns[pc]))
			bad = form_target(stream, pc, end, half);
	}
	return bad;
}

const char *strict_encoding(struct strict *strict, const struct stream *stream,
			    const struct noted *noted)
{
	const char *bad = NULL;
	unsigned int part;

	for (part = 0; part < stream->parts && !bad; part++)
		if (noted->verified[part])
			bad = form_part(strict, stream, part);
	return bad;
}

/*
 * Running it.
 */

static const char *number(const struct machine *m, unsigned int reg)
{
	if (reg >= NR_REGS)
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

static const char *run_swap(struct machine *m, const struct bpf_insn *insn)
{
	const char *bad = number(m, insn->dst_reg);

	if (!bad)
		set(m, insn->dst_reg,
		    insn_swap(m->reg[insn->dst_reg], insn->imm,
			 BPF_SRC(insn->code) == BPF_X));
	return bad;
}

static bool copies_context(const struct machine *m, const struct bpf_insn *insn)
{
	return insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) &&
	       m->tag[insn->src_reg] == CONTEXT;
}

static const char *run_alu(struct machine *m, const struct bpf_insn *insn)
{
	bool is64 = BPF_CLASS(insn->code) == BPF_ALU64;
	bool from_reg = BPF_SRC(insn->code) == BPF_X;
	uint64_t a = 0, b = (int64_t)insn->imm;
	int op = BPF_OP(insn->code);
	const char *bad = NULL;

	if (op == BPF_END)
		return run_swap(m, insn);
	if (copies_context(m, insn)) {
		m->tag[insn->dst_reg] = CONTEXT;
		return NULL;
	}
	if (op != BPF_MOV) {
		bad = number(m, insn->dst_reg);
		a = m->reg[insn->dst_reg];
	}
	if (!bad && from_reg && op != BPF_NEG) {
		bad = number(m, insn->src_reg);
		b = m->reg[insn->src_reg];
	}
	if (bad)
		return bad;
	if (!is64) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	if ((op == BPF_DIV || op == BPF_MOD) && !b)
		return "a division by zero";
	a = insn_compute(op, a, b, is64);
	set(m, insn->dst_reg, is64 ? a : (uint32_t)a);
	return NULL;
}

static const char *reach(const struct machine *m, unsigned int base, long off,
			 unsigned int size)
{
	if (m->tag[base] == UNSET)
		return "a register that was not written";
	if (m->tag[base] != CONTEXT)
		return "memory that is not reached through CTX";
	if (off < 0 || off + size > KPS_SCRATCH + KPS_SCRATCH_SIZE)
		return "memory outside of the frame";
	return off % size ? "memory that is not aligned" : NULL;
}

static bool all_written(const struct machine *m, uint64_t off, unsigned int size)
{
	return !memchr(&m->written[off], 0, size);
}

/* What the rest of the module clears is what the verifier noted. */
static const char *load_frame(struct machine *m, const struct bpf_insn *insn)
{
	uint64_t value = 0;

	if (!(m->noted->frame_read >> insn->off / 8 & 1))
		return "a word of the frame that was not noted as read";
	memcpy(&value, (char *)m->frame + insn->off, insn_size(insn));
	set(m, insn->dst_reg, value);
	return NULL;
}

static const char *run_load(struct machine *m, const struct bpf_insn *insn)
{
	long off = insn->off - (long)KPS_SCRATCH;
	unsigned int size = insn_size(insn);
	const char *bad = reach(m, insn->src_reg, insn->off, size);
	uint64_t value = 0;

	if (bad)
		return bad;
	if (off < 0)
		return load_frame(m, insn);
	if (!all_written(m, off, size))
		return "scratch that was not written";
	memcpy(&value, &m->scratch[off], size);
	set(m, insn->dst_reg, value);
	return NULL;
}

static const char *run_store(struct machine *m, const struct bpf_insn *insn)
{
	long off = insn->off - (long)KPS_SCRATCH;
	bool from_reg = BPF_CLASS(insn->code) == BPF_STX;
	unsigned int size = insn_size(insn);
	uint64_t value = (int64_t)insn->imm;
	const char *bad = reach(m, insn->dst_reg, insn->off, size);

	if (bad)
		return bad;
	if (off < 0)
		return "a store to what is read-only";
	if (from_reg) {
		bad = number(m, insn->src_reg);
		if (bad)
			return bad;
		value = m->reg[insn->src_reg];
	}
	memcpy(&m->scratch[off], &value, size);
	memset(&m->written[off], true, size);
	return NULL;
}

static const char *run_condition(struct machine *m, const struct bpf_insn *insn)
{
	uint64_t a, b = (int64_t)insn->imm;
	const char *bad = number(m, insn->dst_reg);
	bool taken;

	if (!bad && BPF_SRC(insn->code) == BPF_X) {
		bad = number(m, insn->src_reg);
		b = m->reg[insn->src_reg];
	}
	if (bad)
		return bad;
	a = m->reg[insn->dst_reg];
	if (BPF_CLASS(insn->code) == BPF_JMP32) {
		/* Sign-extended: right for signed and unsigned order alike. */
		a = (int64_t)(int32_t)a;
		b = (int64_t)(int32_t)b;
	}
	taken = m->coin ? dice_word(m->dice) >> 63 :
			  insn_holds(BPF_OP(insn->code), a, b);
	if (taken)
		m->pc += insn->off;
	return NULL;
}

/*
 * Helpers: R2 is argument 0.
 */

static uint64_t arg(const struct machine *m, int nr)
{
	return m->reg[2 + nr];
}

static const char *in_scratch(uint64_t off, uint64_t size)
{
	if (off % 8)
		return "an offset of scratch that is not a multiple of 8";
	if (off > KPS_SCRATCH_SIZE || size > KPS_SCRATCH_SIZE - off)
		return "a helper outside of scratch";
	return NULL;
}

static const char *takes(const struct machine *m, uint64_t off, uint64_t size)
{
	const char *bad = in_scratch(off, size);

	if (!bad && size && !all_written(m, off, size))
		return "a helper reads scratch that was not written";
	return bad;
}

static const char *fills(struct machine *m, uint64_t off, uint64_t size)
{
	const char *bad = in_scratch(off, size);
	uint64_t i, word;

	for (i = 0; !bad && i < size; i += 8) {
		word = dice_word(m->dice);
		memcpy(&m->scratch[off + i], &word, 8);
	}
	if (!bad)
		memset(&m->written[off], true, size);
	return bad;
}

/* An argument may have a line of the text above its size. */
static uint64_t size_in(uint64_t arg)
{
	return arg & ((1u << KPS_LINE_SHIFT) - 1);
}

static const char *line(uint64_t arg)
{
	return arg >> KPS_LINE_SHIFT > KPS_LINE_MAX ?
		"a line that no text has" : NULL;
}

static const char *room(uint64_t arg)
{
	uint64_t size = size_in(arg);

	if (!size || size % 8 || size > KPS_MAX_STR)
		return "room of a size that a helper does not take";
	return line(arg);
}

static const char *word_size(uint64_t arg)
{
	uint64_t size = size_in(arg) & ~(uint64_t)KPS_SIGNED;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return "a size that is not 1, 2, 4 or 8";
	return line(arg);
}

static const char *depth(const struct machine *m)
{
	if (!m->stream->stacks)
		return "a stack without a stack table";
	if (!arg(m, 0) || arg(m, 0) > KPS_MAX_STACK_DEPTH)
		return "a stack of a depth that is not possible";
	return NULL;
}

static const char *regs(const struct machine *m)
{
	return m->noted->reads_regs ? NULL :
	       "registers are read, which was not noted";
}

static const char *record_bytes(const struct machine *m, uint64_t off,
				uint64_t size)
{
	if (off > UINT16_MAX)
		return "a record's offset that is too large";
	for (; size && off < RECORD_TRACKED; off++, size--)
		if (!(m->noted->record_used[off / 64] >> off % 64 & 1))
			return "bytes of a record that were not noted";
	return NULL;
}

static const struct layout_map *map_of(const struct machine *m)
{
	return arg(m, 0) < LAYOUT_NR_MAPS ? &layout_maps[arg(m, 0)] : NULL;
}

static const char *map_kind(const struct machine *m, bool plain)
{
	const struct layout_map *map = map_of(m);

	if (!map)
		return "a map that is not there";
	if ((map->kind == KPS_MAP_VALUE) != plain)
		return "a map of the wrong kind";
	return NULL;
}

static const char *map_key(const struct machine *m, bool plain)
{
	const char *bad = map_kind(m, plain);

	return bad ?: takes(m, arg(m, 1), layout_size(map_of(m)->key,
						      map_of(m)->nr_key));
}

static unsigned int value_size(const struct machine *m)
{
	return layout_size(map_of(m)->value, map_of(m)->nr_value);
}

static const char *map_number(const struct machine *m)
{
	const char *bad = map_key(m, true);

	if (!bad && (map_of(m)->nr_value != 1 ||
		     map_of(m)->value[0].type != KPS_T_INT))
		return "a map that holds no number";
	return bad;
}

static const char *map_sum(const struct machine *m)
{
	const char *bad = map_key(m, false);

	if (!bad && kps_map_is_chart(map_of(m)->kind))
		bad = "a histogram where a number is wanted";
	return bad;
}

static const char *map_tables(const struct machine *m, bool forgets)
{
	const char *bad = map_key(m, false);

	if (!bad && map_of(m)->forgets != forgets)
		bad = "a map whose keys are deleted, or one whose keys are not";
	return bad;
}

/* A string that stands in scratch: its size, and where. */
static const char *string_arg(const struct machine *m, int nr)
{
	return room(arg(m, nr)) ?: takes(m, arg(m, nr + 1), size_in(arg(m, nr)));
}

static const char *output(const struct machine *m, bool joins)
{
	const struct layout_output *to;

	if (arg(m, 0) >= LAYOUT_NR_OUTPUTS)
		return "an output that is not there";
	to = &layout_outputs[arg(m, 0)];
	if (layout_joins(to) != joins)
		return "an output of the wrong kind";
	return takes(m, arg(m, 1), layout_size(to->fields, to->nr));
}

static const char *record_string(struct machine *m)
{
	uint64_t len = arg(m, 1);
	const char *bad = room(arg(m, 2));

	/* Where the text is only its word in the record knows. */
	if (!bad && !(len & KPS_DATA_LOC) && len > KPS_MAX_STR)
		bad = "too many bytes of a record";
	if (!bad)
		bad = record_bytes(m, arg(m, 0), len & KPS_DATA_LOC ? 0 : len);
	return bad ?: fills(m, arg(m, 3), size_in(arg(m, 2)));
}

static const char *some_record_bytes(struct machine *m)
{
	const char *bad = record_bytes(m, arg(m, 0), arg(m, 1));

	if (!bad && arg(m, 1) > KPS_MAX_STR)
		bad = "too many bytes of a record";
	return bad ?: fills(m, arg(m, 2), (arg(m, 1) + 7) / 8 * 8);
}

/*
 * Blocks. How many rounds there are is left to lot: none, too. What a round has written
 * is not written for the next one, nor for the caller.
 */

#define MAX_ROUNDS 3

static const char *run_part(struct machine *m);

static const char *may_call(const struct machine *m, uint64_t block)
{
	if (block >= m->stream->parts - 1)
		return "a block that is not there";
	if (block < m->part)
		return "a block that is called by itself or by a later one";
	if (!m->noted->verified[block + 1])
		return "a block that was not verified";
	if (m->depth == KPS_MAX_BLOCK_DEPTH)
		return "loops that are too deep";
	return NULL;
}

/* Registers come back as they were: the core keeps R6 to R9, a call takes the others. */
static const char *run_round(struct machine *m, uint64_t block)
{
	enum tag tag[NR_REGS];
	uint64_t reg[NR_REGS];
	const unsigned int pc = m->pc, part = m->part;
	const char *bad;

	memcpy(tag, m->tag, sizeof(tag));
	memcpy(reg, m->reg, sizeof(reg));
	memset(m->tag, 0, sizeof(m->tag));
	m->tag[1] = CONTEXT;
	m->part = block + 1;
	m->depth++;
	bad = run_part(m);
	m->strict->rounds++;
	if (bad)
		return bad;
	m->ended = false;
	m->depth--;
	m->part = part;
	m->pc = pc;
	memcpy(m->reg, reg, sizeof(reg));
	memcpy(m->tag, tag, sizeof(tag));
	return NULL;
}

static unsigned int round_value_size(const struct machine *m)
{
	return map_of(m)->kind == KPS_MAP_VALUE ? value_size(m) : 8;
}

static const char *fill_round(struct machine *m)
{
	return fills(m, arg(m, 1), layout_size(map_of(m)->key, map_of(m)->nr_key)) ?:
	       fills(m, arg(m, 2), round_value_size(m));
}

static const char *run_rounds(struct machine *m, uint64_t block, bool each)
{
	unsigned int rounds = dice_below(m->dice, MAX_ROUNDS + 1);
	const char *bad = may_call(m, block);
	bool written[KPS_SCRATCH_SIZE];

	memcpy(written, m->written, sizeof(written));
	while (rounds-- && !bad) {
		if (each)
			bad = fill_round(m);
		if (!bad)
			bad = run_round(m, block);
		memcpy(m->written, written, sizeof(written));
	}
	return bad;
}

static const char *each_map(struct machine *m)
{
	const struct layout_map *map = map_of(m);

	if (!map)
		return "a map that is not there";
	if (!map->nr_key)
		return "a map without keys to go through";
	if (kps_map_is_chart(map->kind))
		return "a histogram where a number is wanted";
	return in_scratch(arg(m, 1), layout_size(map->key, map->nr_key)) ?:
	       in_scratch(arg(m, 2), round_value_size(m));
}

static const char *run_helper(struct machine *m, int fn)
{
	switch (fn) {
	case KPS_FN_COMM:
		return fills(m, arg(m, 0), 16);
	case KPS_FN_RECORD:
		return word_size(arg(m, 1)) ?:
		       record_bytes(m, arg(m, 0), arg(m, 1) & 15);
	case KPS_FN_RECORD_BYTES:
		return some_record_bytes(m);
	case KPS_FN_RECORD_STR:
		return record_string(m);
	case KPS_FN_STR:
		return room(arg(m, 1)) ?:
		       fills(m, arg(m, 2), size_in(arg(m, 1)));
	case KPS_FN_BYTES:
	case KPS_FN_RECORD_BUF:
	case KPS_FN_STRN:
		return room(arg(m, 2)) ?:
		       fills(m, arg(m, 3), size_in(arg(m, 2)));
	case KPS_FN_READ:
		return word_size(arg(m, 1));
	case KPS_FN_KSTACK:
		return depth(m) ?: regs(m);
	case KPS_FN_USTACK:
		return depth(m) ?: fills(m, arg(m, 1), 16);
	case KPS_FN_STACK_LEN:
		return m->stream->stacks ? NULL : "a stack without a stack table";
	case KPS_FN_REG:
		if (arg(m, 0) % 8 || arg(m, 0) >= sizeof(struct pt_regs))
			return "a register that is not in pt_regs";
		return regs(m);
	case KPS_FN_CLOCK:
		return arg(m, 0) > KPS_CLOCK_TAI ? "an unknown clock" : NULL;
	case KPS_FN_MAP_UPDATE:
		return map_tables(m, false);
	case KPS_FN_MAP_SET:
		return map_key(m, true) ?: takes(m, arg(m, 2), value_size(m));
	case KPS_FN_MAP_GET:
		return map_key(m, true) ?: fills(m, arg(m, 2), value_size(m));
	case KPS_FN_MAP_DELETE:
		return map_key(m, true);
	case KPS_FN_MAP_ADD:
		return map_number(m);
	case KPS_FN_MAP_LEN:
		return map_kind(m, true);
	case KPS_FN_AGGREGATE:
		return map_sum(m);
	case KPS_FN_TABLES_ADD:
	case KPS_FN_TABLES_DELETE:
		return map_tables(m, true);
	case KPS_FN_TABLES_HAVE:
		return map_key(m, false);
	case KPS_FN_TABLES_LEN:
		return map_kind(m, false);
	case KPS_FN_STRLEN:
		return string_arg(m, 0);
	case KPS_FN_STRBYTE:
		return string_arg(m, 0);
	case KPS_FN_STRCPY:
		return string_arg(m, 0) ?: room(arg(m, 2)) ?:
		       fills(m, arg(m, 3), size_in(arg(m, 2)));
	case KPS_FN_STRCMP:
	case KPS_FN_STRSTR:
		return string_arg(m, 0) ?: string_arg(m, 2);
	case KPS_FN_USERMODE:
		return regs(m);
	case KPS_FN_OUTPUT:
		return output(m, false);
	case KPS_FN_JOIN:
		return output(m, true);
	case KPS_FN_LOOP:
		return run_rounds(m, arg(m, 0), false);
	case KPS_FN_EACH:
		return each_map(m) ?: run_rounds(m, arg(m, 3), true);
	default:
		return NULL;
	}
}

/*
 * Arguments of each: c a constant, n any number. Written by hand, and so is run_helper():
 * what this knows does not come from where the verifier has it.
 */
_Static_assert(__KPS_FN_NR == 51, "a helper was added, or taken away: say it here, too");
static const char * const prototypes[__KPS_FN_NR] = {
	[KPS_FN_PID_TGID] = "", [KPS_FN_UID_GID] = "", [KPS_FN_COMM] = "c",
	[KPS_FN_CPU] = "", [KPS_FN_NSECS] = "", [KPS_FN_ELAPSED] = "",
	[KPS_FN_DIV] = "nn", [KPS_FN_MOD] = "nn", [KPS_FN_RECORD] = "cc",
	[KPS_FN_RECORD_BYTES] = "ccc", [KPS_FN_RECORD_STR] = "cccc",
	[KPS_FN_STR] = "ncc", [KPS_FN_READ] = "nc", [KPS_FN_KSTACK] = "c",
	[KPS_FN_MAP_UPDATE] = "ccn", [KPS_FN_MAP_SET] = "ccc",
	[KPS_FN_MAP_GET] = "ccc", [KPS_FN_MAP_DELETE] = "cc",
	[KPS_FN_MAP_ADD] = "ccn", [KPS_FN_OUTPUT] = "cc",
	[KPS_FN_JOIN] = "ccnc",
	[KPS_FN_BYTES] = "nncc", [KPS_FN_USTACK] = "cc", [KPS_FN_REG] = "c",
	[KPS_FN_CURTASK] = "", [KPS_FN_PPID] = "", [KPS_FN_RAND] = "",
	[KPS_FN_CGROUP] = "", [KPS_FN_NUMA] = "", [KPS_FN_JIFFIES] = "",
	[KPS_FN_CLOCK] = "c", [KPS_FN_MAP_LEN] = "c",
	[KPS_FN_STACK_LEN] = "n",
	[KPS_FN_RECORD_BUF] = "nncc",
	[KPS_FN_AGGREGATE] = "cc", [KPS_FN_SDIV] = "nn", [KPS_FN_SMOD] = "nn",
	[KPS_FN_STRLEN] = "cc", [KPS_FN_STRSTR] = "cccc", [KPS_FN_STRCPY] = "cccc",
	[KPS_FN_STRCMP] = "cccc", [KPS_FN_STRBYTE] = "ccn", [KPS_FN_USERMODE] = "",
	[KPS_FN_STRN] = "nncc", [KPS_FN_LOOP] = "c", [KPS_FN_EACH] = "cccc",
	[KPS_FN_TABLES_ADD] = "ccn", [KPS_FN_TABLES_HAVE] = "cc",
	[KPS_FN_TABLES_DELETE] = "cc", [KPS_FN_TABLES_LEN] = "c",
};

/* A constant is one that no path and no event changes. */
static const char *check_constants(struct machine *m, const char *prototype)
{
	uint64_t *constants = m->strict->constants[m->pc];
	bool first = !m->strict->seen[m->pc];
	int i;

	m->strict->seen[m->pc] = true;
	for (i = 0; prototype[i]; i++) {
		if (prototype[i] != 'c')
			continue;
		if (!first && constants[i] != arg(m, i))
			return "an argument that differs between two runs";
		constants[i] = arg(m, i);
	}
	return NULL;
}

static const char *run_call(struct machine *m, const struct bpf_insn *insn)
{
	const char *bad = NULL, *prototype;
	int i;

	if (insn->imm < 0 || insn->imm >= __KPS_FN_NR || !prototypes[insn->imm])
		return "a helper that is not there";
	if (m->tag[1] != CONTEXT)
		return "a call without CTX in R1";
	prototype = prototypes[insn->imm];
	for (i = 0; prototype[i] && !bad; i++)
		bad = number(m, 2 + i);
	if (!bad)
		bad = run_helper(m, insn->imm);
	if (!bad)
		bad = check_constants(m, prototype);
	for (i = 1; i <= 5; i++)
		m->tag[i] = UNSET;
	set(m, 0, dice_number(m->dice));
	return bad;
}

static const char *run_branch(struct machine *m, const struct bpf_insn *insn)
{
	switch (BPF_OP(insn->code)) {
	case BPF_CALL:
		return run_call(m, insn);
	case BPF_EXIT:
		m->ended = true;
		return number(m, 0);
	case BPF_JA:
		m->pc += insn->off;
		return NULL;
	default:
		return run_condition(m, insn);
	}
}

static const char *run_constant(struct machine *m, const struct bpf_insn *insn)
{
	if (!is_constant(insn))
		return "half of a 64-bit constant is run";
	if (++m->pc >= stream_end(m->stream, m->part))
		return "a 64-bit constant that is cut off";
	set(m, insn->dst_reg,
	    (uint32_t)insn->imm | (uint64_t)(uint32_t)insn[1].imm << 32);
	return NULL;
}

static const char *run_insn(struct machine *m)
{
	const struct bpf_insn *insn = &m->stream->insns[m->pc];

	m->strict->pc = m->pc;
	if (insn->dst_reg >= NR_REGS || insn->src_reg >= NR_REGS)
		return "a register that does not exist";
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return run_alu(m, insn);
	case BPF_LD:
		return run_constant(m, insn);
	case BPF_LDX:
		return run_load(m, insn);
	case BPF_ST:
	case BPF_STX:
		return run_store(m, insn);
	default:
		return run_branch(m, insn);
	}
}

/* One after the other, from the first of the part on, to its end. */
static const char *run_part(struct machine *m)
{
	const unsigned int begin = m->stream->begin[m->part];
	const unsigned int end = stream_end(m->stream, m->part);
	const char *bad = NULL;
	unsigned int steps = 0;

	for (m->pc = begin; !bad && !m->ended; m->pc++) {
		if (m->pc >= end)
			return "it runs past the end";
		if (++steps > end - begin)
			return "more steps than instructions";
		bad = run_insn(m);
	}
	m->strict->steps += steps;
	return bad;
}

const char *strict_run(struct strict *strict, const struct stream *stream,
		       const struct noted *noted, struct dice *dice, bool coin)
{
	struct machine m;
	unsigned int i;

	m.strict = strict;
	m.stream = stream;
	m.noted = noted;
	m.dice = dice;
	m.coin = coin;
	m.ended = false;
	m.part = m.depth = 0;
	memset(m.tag, 0, sizeof(m.tag));
	memset(m.reg, 0, sizeof(m.reg));
	memset(m.written, 0, sizeof(m.written));
	for (i = 0; i < FRAME_WORDS; i++)
		m.frame[i] = dice_number(dice);
	m.tag[1] = CONTEXT;
	return run_part(&m);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Streams.  The generator keeps a rough account of what is written, so that
 * most of what it makes is accepted, and now and then does not look at it.
 */
#include <string.h>
#include <asm/ptrace.h>

#include "layout.h"
#include "verify.h"

#define NR_REGS 10
#define WORDS (KPS_SCRATCH_SIZE / 8)
#define CARELESS 250	/* one choice in so many is made blindly */
#define ROOM 80		/* instructions that one statement may need */
#define DEPTH 4

enum tag { UNSET, NUMBER, CONTEXT };

struct known {
	uint8_t tag[NR_REGS];
	bool word[WORDS];
};

struct gen {
	struct dice *dice;
	struct stream *stream;
	struct known known;
	unsigned int depth;
	unsigned int part;		/* that is written now; 0: the clause */
	struct known entry[STREAM_PARTS]; /* of blocks that are called */
};

#define INSN(c, d, s, o, i)						\
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s),\
			    .off = (o), .imm = (i) })

static unsigned int below(struct gen *gen, unsigned int n)
{
	return dice_below(gen->dice, n);
}

static bool careless(struct gen *gen)
{
	return dice_one_in(gen->dice, CARELESS);
}

static void emit(struct gen *gen, struct bpf_insn insn)
{
	if (gen->stream->nr < STREAM_MAX)
		gen->stream->insns[gen->stream->nr++] = insn;
}

static int scratch_at(int n)
{
	return (int)KPS_SCRATCH + n;
}

/* Some register that holds that, from a random one on; -1 if there is none. */
static int reg_with(struct gen *gen, enum tag tag)
{
	unsigned int i, from = below(gen, NR_REGS);

	for (i = 0; i < NR_REGS; i++)
		if (gen->known.tag[(from + i) % NR_REGS] == tag)
			return (from + i) % NR_REGS;
	return -1;
}

static int context(struct gen *gen)
{
	int reg = careless(gen) ? -1 : reg_with(gen, CONTEXT);

	return reg < 0 ? (int)below(gen, NR_REGS) : reg;
}

/* The last register with CTX is kept: without it there is little to do. */
static int target(struct gen *gen)
{
	int i, contexts = 0, reg = below(gen, NR_REGS);

	for (i = 0; i < NR_REGS; i++)
		contexts += gen->known.tag[i] == CONTEXT;
	if (gen->known.tag[reg] == CONTEXT && contexts == 1 && !careless(gen))
		reg = (reg + 1) % NR_REGS;
	return reg;
}

static void emit_constant(struct gen *gen, int reg, uint64_t value)
{
	if (value == (uint64_t)(int64_t)(int32_t)value && below(gen, 8)) {
		emit(gen, INSN(BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, value));
	} else if (value == (uint32_t)value && below(gen, 2)) {
		emit(gen, INSN(BPF_ALU | BPF_MOV | BPF_K, reg, 0, 0, value));
	} else {
		emit(gen, INSN(BPF_LD | BPF_IMM | BPF_DW, reg, 0, 0, value));
		emit(gen, INSN(0, 0, 0, 0, value >> 32));
	}
	if (reg < NR_REGS)
		gen->known.tag[reg] = NUMBER;
}

static int number(struct gen *gen)
{
	int reg;

	if (careless(gen))
		return below(gen, 16);
	reg = reg_with(gen, NUMBER);
	if (reg >= 0)
		return reg;
	reg = target(gen);
	emit_constant(gen, reg, dice_number(gen->dice));
	return reg;
}

static void add_constant(struct gen *gen)
{
	emit_constant(gen, target(gen), dice_number(gen->dice));
}

static void add_copy(struct gen *gen)
{
	int to = target(gen), from = below(gen, NR_REGS), class = BPF_ALU64;

	if (gen->known.tag[from] == UNSET && !careless(gen))
		from = context(gen);
	if ((gen->known.tag[from] == NUMBER && below(gen, 2)) || careless(gen))
		class = BPF_ALU;
	emit(gen, INSN(class | BPF_MOV | BPF_X, to, from, 0, 0));
	gen->known.tag[to] = gen->known.tag[from];
}

static int arithmetic_constant(struct gen *gen, int op, int bits)
{
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		return careless(gen) ? bits : (int)below(gen, bits);
	if (op == BPF_DIV || op == BPF_MOD)
		return careless(gen) ? 0 : 1 + below(gen, 1000);
	return dice_number(gen->dice);
}

static void add_arithmetic(struct gen *gen)
{
	static const int ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_XOR, BPF_MOV,
		BPF_LSH, BPF_RSH, BPF_ARSH, BPF_DIV, BPF_MOD,
	};
	int class = below(gen, 2) ? BPF_ALU64 : BPF_ALU;
	unsigned int op = below(gen, 12);
	int dst = number(gen);

	if (op < 10 && below(gen, 2))
		emit(gen, INSN(class | ops[op] | BPF_X, dst, number(gen), 0, 0));
	else
		emit(gen, INSN(class | ops[op] | BPF_K, dst, 0, 0,
			       arithmetic_constant(gen, ops[op], class ==
						   BPF_ALU64 ? 64 : 32)));
}

static void add_unary(struct gen *gen)
{
	int class = below(gen, 2) ? BPF_ALU64 : BPF_ALU, dst = number(gen);

	if (below(gen, 2))
		emit(gen, INSN(class | BPF_NEG, dst, 0, 0, 0));
	else
		emit(gen, INSN(BPF_ALU | BPF_END | (below(gen, 2) ? BPF_X : 0),
			       dst, 0, 0, 16 << below(gen, careless(gen) ? 4 : 3)));
}

/* Where in scratch @size bytes fit; the edges more often than the rest. */
static int place(struct gen *gen, int size, int align)
{
	int last = KPS_SCRATCH_SIZE - size;

	if (careless(gen))
		return (int)below(gen, KPS_SCRATCH_SIZE + 88) - 40;
	switch (below(gen, 8)) {
	case 0:
		return 0;
	case 1:
		return last / align * align;
	case 2:
		return below(gen, last / align + 1) * align;
	default:
		return below(gen, (last < 64 ? last : 64) / align + 1) * align;
	}
}

static const int sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

static void add_store(struct gen *gen)
{
	int i = below(gen, 3) ? 3 : below(gen, 3), at = place(gen, 1 << i, 1 << i);
	int to = context(gen);

	if (below(gen, 2))
		emit(gen, INSN(BPF_ST | BPF_MEM | sizes[i], to, 0,
			       scratch_at(at), dice_number(gen->dice)));
	else
		emit(gen, INSN(BPF_STX | BPF_MEM | sizes[i], to, number(gen),
			       scratch_at(at), 0));
	if (i == 3 && at >= 0 && at < KPS_SCRATCH_SIZE)
		gen->known.word[at / 8] = true;
}

static int written_word(struct gen *gen)
{
	unsigned int i, from = below(gen, WORDS);

	for (i = 0; i < WORDS; i++)
		if (gen->known.word[(from + i) % WORDS])
			return (from + i) % WORDS;
	return -1;
}

static void add_load(struct gen *gen)
{
	int i = below(gen, 4), from = context(gen), to = target(gen);
	int word = below(gen, 2) ? written_word(gen) : -1;
	int at = below(gen, scratch_at(0) >> i) << i;

	if (careless(gen))
		at = (int)below(gen, 700) - 40;
	else if (word >= 0)
		at = scratch_at(word * 8 + (below(gen, 8) >> i << i));
	emit(gen, INSN(BPF_LDX | BPF_MEM | sizes[i], to, from, at, 0));
	gen->known.tag[to] = NUMBER;
}

/*
 * Arguments of helpers
 */

static bool is_map(const struct layout_map *map, enum kps_arg kind)
{
	bool plain = map->kind == KPS_MAP_VALUE;

	switch (kind) {
	case KPS_ARG_MAP:
		return !plain && !map->forgets;
	case KPS_ARG_FORGETFUL:
		return map->forgets;
	case KPS_ARG_TABLES:
		return !plain;
	case KPS_ARG_VMAP:
		return plain;
	case KPS_ARG_SUM_MAP:
		return !plain && !kps_map_is_chart(map->kind);
	case KPS_ARG_LOOP_MAP:
		return map->nr_key && !kps_map_is_chart(map->kind);
	default:
		return plain && map->nr_value == 1 &&
		       map->value[0].type == KPS_T_INT;
	}
}

static unsigned int index_of_map(struct gen *gen, enum kps_arg kind)
{
	unsigned int nr;

	if (careless(gen))
		return below(gen, LAYOUT_NR_MAPS + 2);
	do
		nr = below(gen, LAYOUT_NR_MAPS);
	while (!is_map(&layout_maps[nr], kind));
	return nr;
}

static unsigned int index_of_output(struct gen *gen, bool joins)
{
	unsigned int nr;

	if (careless(gen))
		return below(gen, LAYOUT_NR_OUTPUTS + 2);
	do
		nr = below(gen, LAYOUT_NR_OUTPUTS);
	while (layout_joins(&layout_outputs[nr]) != joins);
	return nr;
}

/* @size bytes of scratch, written to where they are not. */
static int written_place(struct gen *gen, int size)
{
	int at = place(gen, size, 8), i;

	if (at < 0 || at % 8)
		return at;
	for (i = at / 8; i < (at + size) / 8 && i < WORDS; i++) {
		if (gen->known.word[i] || careless(gen))
			continue;
		emit(gen, INSN(BPF_ST | BPF_MEM | BPF_DW, context(gen), 0,
			       scratch_at(i * 8), dice_number(gen->dice)));
		gen->known.word[i] = true;
	}
	return at;
}

#define NR_ARGS 4	/* R2 .. R5 */
#define ARGUMENTS(NAME, name, ...)					\
	[KPS_FN_##NAME] = { __VA_ARGS__ },
static const enum kps_arg arguments[__KPS_FN_NR][NR_ARGS] = {
	KPS_HELPERS(ARGUMENTS)
};

struct call {
	unsigned int map;
	unsigned int output;
	int len;
	int out;		/* bytes that are written then, at ... */
	int out_len;
	struct known round;	/* words that are written before each round of a block */
};

static uint64_t out_place(struct gen *gen, struct call *call, int len)
{
	call->out = place(gen, (len + 7) / 8 * 8, 8);
	call->out_len = len;
	return (int64_t)call->out;
}

static int key_size(const struct call *call)
{
	const struct layout_map *map = &layout_maps[call->map % LAYOUT_NR_MAPS];

	return layout_size(map->key, map->nr_key);
}

static int value_size(const struct call *call)
{
	const struct layout_map *map = &layout_maps[call->map % LAYOUT_NR_MAPS];

	return layout_size(map->value, map->nr_value);
}

static int fields_size(const struct call *call)
{
	const struct layout_output *output =
		&layout_outputs[call->output % LAYOUT_NR_OUTPUTS];

	return layout_size(output->fields, output->nr);
}

static uint64_t record_len(struct gen *gen, struct call *call, bool text)
{
	call->len = below(gen, careless(gen) ? 300 : 72);
	return call->len | (text && below(gen, 2) ? KPS_DATA_LOC : 0);
}

static uint64_t line(struct gen *gen)
{
	uint64_t line = below(gen, 2) ? 0 :
			below(gen, KPS_LINE_MAX + 1 + careless(gen));

	return line << KPS_LINE_SHIFT;
}

static uint64_t room(struct gen *gen, struct call *call)
{
	call->len = 8 * (1 + below(gen, below(gen, 4) ? 8 : KPS_MAX_STR / 8));
	if (careless(gen))
		call->len = below(gen, KPS_MAX_STR + 88);
	return call->len | line(gen);
}

static uint64_t word_size(struct gen *gen)
{
	uint64_t size = 1 << below(gen, careless(gen) ? 6 : 4);

	return (below(gen, 2) ? size | KPS_SIGNED : size) | line(gen);
}

static uint64_t round_place(struct gen *gen, struct call *call, int len)
{
	int i, at = place(gen, len, 8);

	for (i = at / 8; at >= 0 && i < (at + len) / 8 && i < WORDS; i++)
		call->round.word[i] = true;
	return (int64_t)at;
}

static int round_value_size(const struct call *call)
{
	const struct layout_map *map = &layout_maps[call->map % LAYOUT_NR_MAPS];

	return map->kind == KPS_MAP_VALUE ? value_size(call) : 8;
}

/* A new block, while there is room for one; its code is made when the caller's is done. */
static uint64_t block_for(struct gen *gen, const struct call *call)
{
	struct known *entry;
	int i;

	if (careless(gen) || gen->stream->parts == STREAM_PARTS)
		return below(gen, STREAM_PARTS);
	entry = &gen->entry[gen->stream->parts++];
	*entry = (struct known){ .tag[1] = CONTEXT };
	for (i = 0; i < WORDS; i++)
		entry->word[i] = gen->known.word[i] || call->round.word[i];
	return gen->stream->parts - 2;
}

static uint64_t constant_for(struct gen *gen, struct call *call,
			     enum kps_arg kind)
{
	switch (kind) {
	case KPS_ARG_MAP:
	case KPS_ARG_VMAP:
	case KPS_ARG_NUMBER_MAP:
	case KPS_ARG_SUM_MAP:
	case KPS_ARG_TABLES:
	case KPS_ARG_FORGETFUL:
	case KPS_ARG_LOOP_MAP:
		return call->map = index_of_map(gen, kind);
	case KPS_ARG_KEY:
		return (int64_t)written_place(gen, key_size(call));
	case KPS_ARG_VALUE:
		return (int64_t)written_place(gen, value_size(call));
	case KPS_ARG_MAP_OUT:
		return out_place(gen, call, value_size(call));
	case KPS_ARG_COMM_OUT:
	case KPS_ARG_STACK_OUT:
		return out_place(gen, call, 16);
	case KPS_ARG_OUT:
		return out_place(gen, call, call->len);
	case KPS_ARG_IN:
		return (int64_t)written_place(gen, call->len);
	case KPS_ARG_LEN:
		return room(gen, call);
	case KPS_ARG_SIZE:
		return word_size(gen);
	case KPS_ARG_RECORD:
		return below(gen, below(gen, 8) ? 160 : 65536 + careless(gen));
	case KPS_ARG_RECORD_LEN:
	case KPS_ARG_RECORD_STR:
		return record_len(gen, call, kind == KPS_ARG_RECORD_STR);
	case KPS_ARG_DEPTH:
		return careless(gen) ? below(gen, 2) * 128 : 1 + below(gen, 127);
	case KPS_ARG_OUTPUT:
	case KPS_ARG_JOIN_OUTPUT:
		return call->output = index_of_output(gen, kind == KPS_ARG_JOIN_OUTPUT);
	case KPS_ARG_FIELDS:
		return (int64_t)written_place(gen, fields_size(call));
	case KPS_ARG_REG:
		return careless(gen) ? below(gen, 200) :
				       8 * below(gen, sizeof(struct pt_regs) / 8);
	case KPS_ARG_CLOCK:
		return below(gen, careless(gen) ? 4 : 2);
	case KPS_ARG_ROUND_KEY:
		return round_place(gen, call, key_size(call));
	case KPS_ARG_ROUND_VALUE:
		return round_place(gen, call, round_value_size(call));
	case KPS_ARG_BLOCK:
		return block_for(gen, call);
	default:
		return dice_number(gen->dice);
	}
}

static bool lacks_context(const struct gen *gen, int reg)
{
	return gen->known.tag[reg] != CONTEXT;
}

/* One that a call leaves alone, for CTX. */
static void keep_context(struct gen *gen)
{
	int i, keeper = 6 + below(gen, 4);

	for (i = 6; i < NR_REGS; i++)
		if (gen->known.tag[i] == CONTEXT)
			return;
	emit(gen, INSN(BPF_ALU64 | BPF_MOV | BPF_X, keeper, context(gen), 0, 0));
	gen->known.tag[keeper] = CONTEXT;
}

static void add_number_argument(struct gen *gen, int reg)
{
	int from = number(gen);

	if (from != reg)
		emit(gen, INSN(BPF_ALU64 | BPF_MOV | BPF_X, reg, from, 0, 0));
	gen->known.tag[reg] = NUMBER;
}

static void add_condition(struct gen *gen)
{
	static const int ops[] = {
		BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
		BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE,
	};
	int code = (below(gen, 4) ? BPF_JMP : BPF_JMP32) | ops[below(gen, 11)];

	if (below(gen, 2))
		emit(gen, INSN(code | BPF_X, number(gen), number(gen), 0, 0));
	else
		emit(gen, INSN(code | BPF_K, number(gen), 0, 0,
			       dice_number(gen->dice)));
}

/* A constant; by way of another register; or, on one path only, another. */
static void add_constant_argument(struct gen *gen, struct call *call, int reg,
				  enum kps_arg kind)
{
	uint64_t value = constant_for(gen, call, kind), other;
	int by = 6 + below(gen, 4), class = below(gen, 2) ? BPF_ALU64 : BPF_ALU;

	if (below(gen, 12) || gen->known.tag[by] == CONTEXT) {
		emit_constant(gen, reg, value);
	} else {
		emit_constant(gen, by, value);
		emit(gen, INSN(class | BPF_MOV | BPF_X, reg, by, 0, 0));
		gen->known.tag[reg] = NUMBER;
	}
	if (!careless(gen) || kind == KPS_ARG_BLOCK)
		return;
	other = constant_for(gen, call, kind);
	add_condition(gen);
	gen->stream->insns[gen->stream->nr - 1].off = 1;
	emit(gen, INSN(BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, other));
}

static void add_arguments(struct gen *gen, struct call *call,
			  const enum kps_arg *args)
{
	int i;

	for (i = 0; i < NR_ARGS && args[i]; i++) {
		if (args[i] == KPS_ARG_ANY && below(gen, 2))
			add_number_argument(gen, 2 + i);
		else
			add_constant_argument(gen, call, 2 + i, args[i]);
	}
}

/* The last word that a helper filled, and sometimes the first behind it. */
static void add_look(struct gen *gen, const struct call *call)
{
	int end = call->out + (call->out_len + 7) / 8 * 8, to = target(gen);

	if (!call->out_len || below(gen, 3))
		return;
	if (below(gen, 16))
		end -= 8;
	emit(gen, INSN(BPF_LDX | BPF_MEM | BPF_DW, to, context(gen),
		       scratch_at(end), 0));
	gen->known.tag[to] = NUMBER;
}

static int some_helper(struct gen *gen)
{
	if (careless(gen))
		return below(gen, __KPS_FN_NR + 2);
	if (!below(gen, 12))
		return below(gen, 2) ? KPS_FN_LOOP : KPS_FN_EACH;
	return 1 + below(gen, __KPS_FN_NR - 1);
}

/* Registers that arguments took may have been somebody's only CTX or number. */
static void add_call(struct gen *gen)
{
	int i, fn = some_helper(gen);
	const enum kps_arg *args = arguments[fn < __KPS_FN_NR ? fn : 0];
	struct call call = { .out_len = 0 };

	/* There would be no block for it. */
	if ((fn == KPS_FN_LOOP || fn == KPS_FN_EACH) &&
	    gen->stream->parts == STREAM_PARTS && !careless(gen))
		return;
	if (!careless(gen))
		keep_context(gen);
	add_arguments(gen, &call, args);
	if (lacks_context(gen, 1) && !careless(gen))
		emit(gen, INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, context(gen), 0,
			       0));
	emit(gen, INSN(BPF_JMP | BPF_CALL, 0, 0, 0, fn));
	for (i = 1; i <= 5; i++)
		gen->known.tag[i] = UNSET;
	gen->known.tag[0] = NUMBER;
	for (i = 0; i < (call.out_len + 7) / 8 && call.out >= 0; i++)
		if (call.out / 8 + i < WORDS)
			gen->known.word[call.out / 8 + i] = true;
	add_look(gen, &call);
}

static void meet(struct known *into, const struct known *from)
{
	int i;

	for (i = 0; i < NR_REGS; i++)
		if (into->tag[i] != from->tag[i])
			into->tag[i] = UNSET;
	for (i = 0; i < WORDS; i++)
		into->word[i] &= from->word[i];
}

static void add_exit(struct gen *gen)
{
	if (gen->known.tag[0] != NUMBER && !careless(gen))
		emit_constant(gen, 0, below(gen, gen->part ? 3 : 2));
	emit(gen, INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

static void add_statements(struct gen *gen, unsigned int nr);

/* The jump at @at leads to what comes next. */
static void land(struct gen *gen, unsigned int at)
{
	int off = (int)gen->stream->nr - (int)at - 1;

	if (careless(gen))
		off += (int)below(gen, 9) - 4;
	gen->stream->insns[at].off = off;
}

/* An if, with what else there is, or with an end of its own. */
static void add_branch(struct gen *gen)
{
	struct known before, after;
	unsigned int at, over;

	if (gen->depth == DEPTH)
		return;
	gen->depth++;
	add_condition(gen);
	at = gen->stream->nr - 1;
	before = gen->known;
	add_statements(gen, 1 + below(gen, 4));
	switch (below(gen, 4)) {
	case 0:
		add_exit(gen);
		land(gen, at);
		gen->known = before;
		break;
	case 1:
		emit(gen, INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0));
		over = gen->stream->nr - 1;
		land(gen, at);
		after = gen->known;
		gen->known = before;
		add_statements(gen, 1 + below(gen, 3));
		land(gen, over);
		meet(&gen->known, &after);
		break;
	default:
		land(gen, at);
		meet(&gen->known, &before);
	}
	gen->depth--;
}

static void add_statement(struct gen *gen)
{
	unsigned int which = below(gen, 100);

	if (which < 15)
		add_constant(gen);
	else if (which < 30)
		add_arithmetic(gen);
	else if (which < 35)
		add_unary(gen);
	else if (which < 42)
		add_copy(gen);
	else if (which < 56)
		add_store(gen);
	else if (which < 70)
		add_load(gen);
	else if (which < 84)
		add_branch(gen);
	else
		add_call(gen);
}

static void add_statements(struct gen *gen, unsigned int nr)
{
	while (nr-- && gen->stream->nr + ROOM < STREAM_MAX)
		add_statement(gen);
}

/* Written like a program. */
void gen_stream(struct dice *dice, struct stream *stream)
{
	struct gen gen = { .dice = dice, .stream = stream };

	stream->nr = 0;
	stream->parts = 1;
	stream->stacks = dice_below(dice, 16);
	gen.entry[0].tag[1] = CONTEXT;
	for (gen.part = 0; gen.part < stream->parts; gen.part++) {
		stream->begin[gen.part] = stream->nr;
		gen.known = gen.entry[gen.part];
		add_statements(&gen, 1 + dice_below(dice, dice_one_in(dice, 32) ?
							  100 : 14));
		add_exit(&gen);
	}
}

static int some_code(struct dice *dice, const struct stream *stream)
{
	if (dice_below(dice, 2))
		return stream->insns[dice_below(dice, stream->nr)].code;
	return dice_below(dice, 256);
}

static void change_field(struct dice *dice, struct stream *stream)
{
	struct bpf_insn *insn = &stream->insns[dice_below(dice, stream->nr)];

	switch (dice_below(dice, 8)) {
	case 0:
		insn->code = some_code(dice, stream);
		break;
	case 1:
		insn->code ^= 1 << dice_below(dice, 8);
		break;
	case 2:
		insn->dst_reg = dice_below(dice, dice_below(dice, 4) ? 10 : 16);
		break;
	case 3:
		insn->src_reg = dice_below(dice, dice_below(dice, 4) ? 10 : 16);
		break;
	case 4:
		insn->off += dice_below(dice, 17) - 8U;
		break;
	case 5:
		insn->off = dice_word(dice);
		break;
	case 6:
		insn->imm += dice_below(dice, 17) - 8U;
		break;
	default:
		insn->imm = dice_number(dice);
	}
}

/* Parts begin where they did, or where what is left of them does. */
static void shift_parts(struct stream *stream, unsigned int at, int by)
{
	unsigned int part;

	for (part = 1; part < stream->parts; part++) {
		if (stream->begin[part] <= at)
			continue;
		stream->begin[part] += by;
		if ((int)stream->begin[part] < (int)at)
			stream->begin[part] = at;
	}
}

static void cut_parts(struct stream *stream)
{
	while (stream->parts > 1 && stream->begin[stream->parts - 1] > stream->nr)
		stream->parts--;
}

/* One instruction more, or less, belongs to the part before. */
static void move_part(struct dice *dice, struct stream *stream)
{
	unsigned int part = dice_below(dice, stream->parts);
	unsigned int at = stream->begin[part] + dice_below(dice, 3) - 1;

	if (part && at >= stream->begin[part - 1] && at <= stream_end(stream, part))
		stream->begin[part] = at;
}

static void delete_insns(struct stream *stream, unsigned int at,
			 unsigned int nr)
{
	if (nr > stream->nr - at)
		nr = stream->nr - at;
	memmove(&stream->insns[at], &stream->insns[at + nr],
		(stream->nr - at - nr) * sizeof(stream->insns[0]));
	stream->nr -= nr;
	shift_parts(stream, at, -(int)nr);
}

static void insert_insn(struct stream *stream, unsigned int at,
			struct bpf_insn insn)
{
	if (stream->nr == STREAM_MAX)
		return;
	memmove(&stream->insns[at + 1], &stream->insns[at],
		(stream->nr - at) * sizeof(stream->insns[0]));
	stream->insns[at] = insn;
	stream->nr++;
	shift_parts(stream, at, 1);
}

/* The end of another stream behind the beginning of this one. */
static void splice(struct dice *dice, struct stream *stream,
		   const struct stream *other)
{
	unsigned int at = dice_below(dice, stream->nr + 1);
	unsigned int from = dice_below(dice, other->nr);
	unsigned int nr = other->nr - from;

	if (nr > STREAM_MAX - at)
		nr = STREAM_MAX - at;
	if (!nr)
		return;
	memcpy(&stream->insns[at], &other->insns[from],
	       nr * sizeof(stream->insns[0]));
	stream->nr = at + nr;
	cut_parts(stream);
}

static void mutate(struct dice *dice, struct stream *stream,
		   const struct stream *other)
{
	unsigned int a = dice_below(dice, stream->nr);
	unsigned int b = dice_below(dice, stream->nr);
	struct bpf_insn insn = stream->insns[a];

	switch (dice_below(dice, 16)) {
	case 0:
		stream->insns[a] = stream->insns[b];
		stream->insns[b] = insn;
		break;
	case 1:
		delete_insns(stream, a, 1);
		break;
	case 2:
		delete_insns(stream, a, 1 + dice_below(dice, 4));
		break;
	case 3:
	case 4:
		insert_insn(stream, b, insn);
		break;
	case 5:
		stream->insns[b] = insn;
		break;
	case 6:
		stream->nr = a;
		cut_parts(stream);
		break;
	case 7:
		splice(dice, stream, other);
		break;
	case 8:
		insert_insn(stream, b, other->insns[dice_below(dice, other->nr)]);
		break;
	case 9:
		if (dice_below(dice, 2))
			stream->stacks = !stream->stacks;
		else
			move_part(dice, stream);
		break;
	default:
		change_field(dice, stream);
	}
}

/* Damage to a stream that was accepted. */
void gen_mutant(struct dice *dice, const struct stream *from,
		const struct stream *other, struct stream *stream)
{
	unsigned int nr = dice_one_in(dice, 8) ? 4 : 1;

	stream_copy(stream, from);
	while (nr-- && stream->nr)
		mutate(dice, stream, other);
}

/* Bytes. */
void gen_noise(struct dice *dice, struct stream *stream)
{
	unsigned int i;
	uint64_t word;

	stream->nr = dice_below(dice, 12);
	stream->parts = 1;
	stream->begin[0] = 0;
	stream->stacks = true;
	for (i = 0; i < stream->nr; i++) {
		word = dice_word(dice);
		memcpy(&stream->insns[i], &word, sizeof(word));
	}
}

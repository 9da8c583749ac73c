// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier: the security border of kpstat.
 *
 * Jumps only go forward, so one walk in program order meets every instruction
 * after all that can lead to it.  The state before an instruction is the
 * intersection of what its predecessors left: a register is a known constant,
 * a scalar, CTX, or unusable; a scratch byte is written or not.  What holds in
 * that state holds on every path.
 *
 * Nothing in here trusts the order or the shape of the input: whatever is not
 * accepted by a rule below is refused.
 *
 * What an event can cost is reckoned along the way, with a price for each helper.
 *
 * A block, that a loop repeats, is walked like a clause, after all that may call it.  Its
 * entry state is the intersection of what its callers left.  That holds for its later
 * rounds as well: scratch that is written stays written, and registers are not kept.
 */
#include <linux/bitmap.h>
#include <linux/filter.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/slab.h>

#include "kpstat.h"

#define SCRATCH_END (KPS_SCRATCH + KPS_SCRATCH_SIZE)

enum reg_type {
	REG_UNUSABLE,	/* never written, or differs between paths */
	REG_SCALAR,
	REG_CONST,	/* a scalar whose value is known */
	REG_CTX,
};

struct reg {
	u8 type;
	u64 value;	/* REG_CONST */
};

/* What is known before an instruction. */
struct state {
	struct reg reg[MAX_BPF_REG];
	DECLARE_BITMAP(written, KPS_SCRATCH_SIZE);
	u32 cost;		/* ns, of the dearest way that leads here */
};

/* What a round costs besides its block's own: the call, and what EACH looks at. */
#define ROUND_COST 20
#define EACH_COST 60

/* By the core's interpreter, which takes several times what its JIT does. */
#define INSN_COST 5
/* A frame of a stack: to be found, hashed and compared. */
#define FRAME_COST 45

struct verifier {
	const struct kps_program *program;
	const struct bpf_insn *insns;
	unsigned int nr;
	unsigned int pc;
	struct state now;
	struct kps_entry round;	/* of a call's block: what the helper writes before each */
	struct state **at;	/* by pc: merged from the jumps that lead there */
	bool reached;		/* pc is reached from the instruction before */
	s64 block;		/* its number; of a clause -1 */
	u32 depth;		/* loops around it */
	u32 most;		/* ns, of the dearest way to an exit */
	struct kps_code *code;
	struct kps_error *error;
};

#define refuse(v, fmt, ...)						\
	kps_error((v)->error, -EINVAL, "instruction %u: " fmt, (v)->pc,	\
		  ##__VA_ARGS__)

/* 4,096 of the dearest helpers fit into 32 bits. */
static void add_cost(struct verifier *v, u32 ns)
{
	v->now.cost += ns;
}

static bool is_scalar(const struct reg *reg)
{
	return reg->type == REG_SCALAR || reg->type == REG_CONST;
}

static void set_scalar(struct reg *reg)
{
	reg->type = REG_SCALAR;
}

static void set_const(struct reg *reg, u64 value)
{
	reg->type = REG_CONST;
	reg->value = value;
}

/* R10 would be a pointer to the stack: no program has one. */
static int check_reg(struct verifier *v, unsigned int nr)
{
	if (nr >= BPF_REG_FP)
		return refuse(v, "register R%u does not exist here", nr);
	return 0;
}

static int check_readable(struct verifier *v, unsigned int nr)
{
	int err = check_reg(v, nr);

	if (err)
		return err;
	if (v->now.reg[nr].type == REG_UNUSABLE)
		return refuse(v, "R%u is read before it is written", nr);
	return 0;
}

static int check_scalar(struct verifier *v, unsigned int nr)
{
	int err = check_readable(v, nr);

	if (err)
		return err;
	if (!is_scalar(&v->now.reg[nr]))
		return refuse(v, "R%u is CTX where a number is wanted", nr);
	return 0;
}

static void merge_reg(struct reg *into, const struct reg *from)
{
	if (is_scalar(into) && is_scalar(from)) {
		if (into->type != from->type || into->value != from->value)
			set_scalar(into);
		return;
	}
	if (into->type != from->type)
		into->type = REG_UNUSABLE;
}

static void merge_state(struct state *into, const struct state *from)
{
	unsigned int i;

	for (i = 0; i < MAX_BPF_REG; i++)
		merge_reg(&into->reg[i], &from->reg[i]);
	bitmap_and(into->written, into->written, from->written,
		   KPS_SCRATCH_SIZE);
	into->cost = max(into->cost, from->cost);
}

/* The current state also holds before instruction @target. */
static int flow_to(struct verifier *v, unsigned int target)
{
	if (v->at[target]) {
		merge_state(v->at[target], &v->now);
		return 0;
	}
	v->at[target] = kmemdup(&v->now, sizeof(v->now), GFP_KERNEL);
	if (!v->at[target])
		return kps_error(v->error, -ENOMEM, "no memory to verify it");
	return 0;
}

static int check_jump(struct verifier *v, const struct bpf_insn *insn)
{
	long target = (long)v->pc + 1 + insn->off;

	if (insn->off < 0)
		return refuse(v, "backward jump");
	if (target >= v->nr)
		return refuse(v, "jump past the end");
	return flow_to(v, target);
}

/* [off, off + size) of the frame, all inside scratch, or -1. */
static long scratch_offset(long off, unsigned int size)
{
	if (off < (long)KPS_SCRATCH || off + size > (long)SCRATCH_END)
		return -1;
	return off - KPS_SCRATCH;
}

/* Somebody writes there: what is read was written. */
static void note_scratch(struct verifier *v, unsigned int off, unsigned int len)
{
	if (off + len > KPS_SHORT_SCRATCH)
		v->code->large = true;
}

static bool is_written(const struct verifier *v, unsigned int off,
		       unsigned int len)
{
	return find_next_zero_bit(v->now.written, off + len, off) >= off + len;
}

static int check_ctx_base(struct verifier *v, unsigned int nr)
{
	int err = check_readable(v, nr);

	if (err)
		return err;
	if (v->now.reg[nr].type != REG_CTX)
		return refuse(v, "memory is reached only through CTX, and R%u is a number",
			      nr);
	return 0;
}

/* Loads are aligned: each is within one word. */
static void note_frame_read(struct verifier *v, long off)
{
	v->code->frame_read |= BIT(off / sizeof(u64));
}

static int check_load(struct verifier *v, const struct bpf_insn *insn)
{
	unsigned int size = bpf_size_to_bytes(BPF_SIZE(insn->code));
	long off = insn->off;
	int err;

	if (BPF_MODE(insn->code) != BPF_MEM || insn->imm)
		return refuse(v, "unknown load 0x%02x", insn->code);
	err = check_reg(v, insn->dst_reg) ?: check_ctx_base(v, insn->src_reg);
	if (err)
		return err;
	if (off < 0 || off + size > SCRATCH_END)
		return refuse(v, "load outside of the frame, at %ld", off);
	if (off % size)
		return refuse(v, "load at %ld is not aligned", off);
	if (off < (long)KPS_SCRATCH)
		note_frame_read(v, off);
	else if (!is_written(v, off - KPS_SCRATCH, size))
		return refuse(v, "scratch byte %ld is read before it is written",
			      off - (long)KPS_SCRATCH);
	set_scalar(&v->now.reg[insn->dst_reg]);
	return 0;
}

static int check_store(struct verifier *v, const struct bpf_insn *insn)
{
	unsigned int size = bpf_size_to_bytes(BPF_SIZE(insn->code));
	bool from_reg = BPF_CLASS(insn->code) == BPF_STX;
	long off;
	int err;

	if (BPF_MODE(insn->code) != BPF_MEM)
		return refuse(v, "unknown store 0x%02x", insn->code);
	if (from_reg ? insn->imm : insn->src_reg)
		return refuse(v, "reserved field is set");
	err = check_ctx_base(v, insn->dst_reg);
	if (!err && from_reg)
		err = check_scalar(v, insn->src_reg);
	if (err)
		return err;
	off = scratch_offset(insn->off, size);
	if (off < 0)
		return refuse(v, "store outside of scratch, at %d", insn->off);
	if (off % size)
		return refuse(v, "store at %d is not aligned", insn->off);
	note_scratch(v, off, size);
	bitmap_set(v->now.written, off, size);
	return 0;
}

static int check_ld_imm64(struct verifier *v, const struct bpf_insn *insn)
{
	const struct bpf_insn *high = insn + 1;
	int err;

	if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
		return refuse(v, "unknown load 0x%02x", insn->code);
	if (v->pc + 1 >= v->nr)
		return refuse(v, "64-bit constant is cut off");
	if (insn->src_reg || insn->off || high->code || high->dst_reg ||
	    high->src_reg || high->off)
		return refuse(v, "reserved field is set");
	err = check_reg(v, insn->dst_reg);
	if (err)
		return err;
	if (v->at[v->pc + 1])
		return refuse(v, "jump into a 64-bit constant");
	set_const(&v->now.reg[insn->dst_reg],
		  (u32)insn->imm | (u64)(u32)high->imm << 32);
	v->pc++;
	return 0;
}

static int check_mov(struct verifier *v, const struct bpf_insn *insn)
{
	bool is64 = BPF_CLASS(insn->code) == BPF_ALU64;
	struct reg *dst = &v->now.reg[insn->dst_reg];
	int err;

	if (BPF_SRC(insn->code) == BPF_K) {
		set_const(dst, is64 ? (u64)(s64)insn->imm : (u32)insn->imm);
		return 0;
	}
	err = is64 ? check_readable(v, insn->src_reg) :
		     check_scalar(v, insn->src_reg);
	if (err)
		return err;
	*dst = v->now.reg[insn->src_reg];
	if (!is64 && dst->type == REG_CONST)
		dst->value = (u32)dst->value;
	return 0;
}

static int check_byte_swap(struct verifier *v, const struct bpf_insn *insn)
{
	int err;

	if (BPF_CLASS(insn->code) != BPF_ALU || insn->src_reg)
		return refuse(v, "unknown byte swap");
	if (insn->imm != 16 && insn->imm != 32 && insn->imm != 64)
		return refuse(v, "byte swap of %d bits", insn->imm);
	err = check_scalar(v, insn->dst_reg);
	if (!err)
		set_scalar(&v->now.reg[insn->dst_reg]);
	return err;
}

/* The core neither checks for a zero divisor nor for a shift that is too far. */
static int check_alu_constant(struct verifier *v, const struct bpf_insn *insn)
{
	int bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;

	switch (BPF_OP(insn->code)) {
	case BPF_DIV:
	case BPF_MOD:
		if (!insn->imm)
			return refuse(v, "division by zero");
		return 0;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (insn->imm < 0 || insn->imm >= bits)
			return refuse(v, "shift by %d bits", insn->imm);
		return 0;
	default:
		return 0;
	}
}

static int check_binary(struct verifier *v, const struct bpf_insn *insn)
{
	int err = check_scalar(v, insn->dst_reg);

	if (err)
		return err;
	if (BPF_SRC(insn->code) == BPF_K) {
		err = check_alu_constant(v, insn);
	} else if (BPF_OP(insn->code) == BPF_DIV ||
		   BPF_OP(insn->code) == BPF_MOD) {
		err = refuse(v, "division by a register; call KPS_FN_DIV");
	} else {
		err = check_scalar(v, insn->src_reg);
	}
	if (!err)
		set_scalar(&v->now.reg[insn->dst_reg]);
	return err;
}

static int check_neg(struct verifier *v, const struct bpf_insn *insn)
{
	int err;

	if (BPF_SRC(insn->code) != BPF_K || insn->imm)
		return refuse(v, "reserved field is set");
	err = check_scalar(v, insn->dst_reg);
	if (!err)
		set_scalar(&v->now.reg[insn->dst_reg]);
	return err;
}

static int check_alu(struct verifier *v, const struct bpf_insn *insn)
{
	int err = check_reg(v, insn->dst_reg);

	if (err)
		return err;
	if (insn->off)
		return refuse(v, "reserved field is set");
	if (BPF_OP(insn->code) == BPF_END)
		return check_byte_swap(v, insn);
	if (BPF_SRC(insn->code) == BPF_K ? insn->src_reg : insn->imm)
		return refuse(v, "reserved field is set");

	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		return check_mov(v, insn);
	case BPF_NEG:
		return check_neg(v, insn);
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
	case BPF_DIV:
	case BPF_MOD:
		return check_binary(v, insn);
	default:
		return refuse(v, "unknown arithmetic 0x%02x", insn->code);
	}
}

/* What the arguments of one call have told so far, for those that depend on
 * an earlier one.
 */
struct call {
	const struct kps_helper *helper;
	const struct kps_map *map;
	const struct kps_output *output;
	unsigned int len;
	unsigned int read;	/* bytes that the string has which was given first */
	long record;
	long out;		/* scratch to mark as written, or -1 */
	unsigned int out_len;
};

static int check_scratch_range(struct verifier *v, u64 off, unsigned int len,
			       bool read)
{
	if (off % 8)
		return refuse(v, "scratch offset %llu is not a multiple of 8",
			      off);
	if (off > KPS_SCRATCH_SIZE || len > KPS_SCRATCH_SIZE - off)
		return refuse(v, "%u bytes at %llu leave the scratch area", len,
			      off);
	if (read && !is_written(v, off, len))
		return refuse(v, "bytes %llu to %llu of scratch are not all written",
			      off, off + len - 1);
	note_scratch(v, off, len);
	return 0;
}

/* Of two, that is called for the second one. */
static int check_in(struct verifier *v, struct call *call, u64 off)
{
	if (call->helper->traits->searches)
		add_cost(v, call->read * call->len / 4);
	call->read = call->len;
	return check_scratch_range(v, off, call->len, true);
}

static int check_out(struct verifier *v, struct call *call, u64 off,
		     unsigned int len)
{
	int err = check_scratch_range(v, off, len, false);

	call->out = off;
	call->out_len = len;
	return err;
}

static int find_map(struct verifier *v, struct call *call, u64 nr)
{
	if (nr >= v->program->nr_maps)
		return refuse(v, "there is no map %llu", nr);
	call->map = v->program->maps[nr];
	return 0;
}

static int check_map_number(struct verifier *v, struct call *call, u64 nr,
			    bool plain)
{
	int err = find_map(v, call, nr);

	if (err)
		return err;
	if ((call->map->kind == KPS_MAP_VALUE) != plain)
		return refuse(v, "%s cannot be used on map %s",
			      call->helper->name, call->map->name);
	return 0;
}

/* Only what is marked as gone by nobody may be added to without a look. */
static int check_tables(struct verifier *v, struct call *call, u64 nr, bool forgets)
{
	int err = check_map_number(v, call, nr, false);

	if (!err && call->map->forgets != forgets)
		return refuse(v, "%s needs a map whose keys are %s, not %s",
			      call->helper->name,
			      forgets ? "deleted" : "never deleted", call->map->name);
	return err;
}

static bool holds_number(const struct kps_map *map)
{
	return map->kind == KPS_MAP_VALUE && map->nr_value == 1 &&
	       map->value[0].type == KPS_T_INT;
}

static int check_number_map(struct verifier *v, struct call *call, u64 nr)
{
	int err = check_map_number(v, call, nr, true);

	if (!err && !holds_number(call->map))
		return refuse(v, "%s needs a map of integers, not %s",
			      call->helper->name, call->map->name);
	return err;
}

static int check_sum_map(struct verifier *v, struct call *call, u64 nr)
{
	int err = check_map_number(v, call, nr, false);

	if (!err && kps_map_is_chart(call->map->kind))
		return refuse(v, "%s needs a map of numbers, not %s",
			      call->helper->name, call->map->name);
	return err;
}

static int check_loop_map(struct verifier *v, struct call *call, u64 nr)
{
	int err = find_map(v, call, nr);

	if (err)
		return err;
	if (!call->map->key_size || kps_map_is_chart(call->map->kind))
		return refuse(v, "%s needs a map with keys whose values are not histograms, unlike %s",
			      call->helper->name, call->map->name);
	v->round.cost = EACH_COST + call->map->key_size / 4;
	if (call->map->kind == KPS_MAP_VALUE)
		v->round.cost += call->map->value_size / 4;
	else
		v->round.cost += v->program->nr_cpus * KPS_LOOK_COST;
	return 0;
}

/* What is written before each round is written for the block only: there may be none. */
static int check_round_out(struct verifier *v, struct call *call, u64 off, u32 len)
{
	int err = check_scratch_range(v, off, len, false);

	if (!err)
		bitmap_set(v->round.written, off, len);
	return err;
}

static u32 round_value_size(const struct kps_map *map)
{
	return map->kind == KPS_MAP_VALUE ? map->value_size : sizeof(u64);
}

static int note_entry(struct verifier *v, struct kps_block *block,
		      const struct kps_entry *entry)
{
	if (!block->entry) {
		block->entry = kmemdup(entry, sizeof(*entry), GFP_KERNEL);
		return block->entry ? 0 :
			kps_error(v->error, -ENOMEM, "no memory to verify it");
	}
	bitmap_and(block->entry->written, block->entry->written, entry->written,
		   KPS_SCRATCH_SIZE);
	block->entry->cost = max(block->entry->cost, entry->cost);
	block->entry->depth = max(block->entry->depth, entry->depth);
	return 0;
}

/* Calls go to higher numbers only: no block calls itself, and all callers come first. */
static int check_block(struct verifier *v, struct call *call, u64 nr)
{
	struct kps_entry *entry = &v->round;

	if (nr >= v->program->nr_blocks)
		return refuse(v, "there is no block %llu", nr);
	if ((s64)nr <= v->block)
		return refuse(v, "block %llu does not come later than this one", nr);
	if (v->program->blocks[nr].prog)
		return refuse(v, "block %llu is another probe's", nr);
	if (v->depth == KPS_MAX_BLOCK_DEPTH)
		return refuse(v, "a loop inside of %u others", v->depth);
	bitmap_or(entry->written, entry->written, v->now.written, KPS_SCRATCH_SIZE);
	entry->cost += ROUND_COST;
	entry->depth = v->depth + 1;
	return note_entry(v, &v->program->blocks[nr], entry);
}

static int check_output(struct verifier *v, struct call *call, u64 nr,
			bool joins)
{
	if (nr >= v->program->nr_outputs)
		return refuse(v, "there is no output %llu", nr);
	call->output = &v->program->outputs[nr];
	if (call->output->joins != joins)
		return refuse(v, "%s cannot be used on output %llu",
			      call->helper->name, nr);
	return 0;
}

static int check_reg_offset(struct verifier *v, u64 off)
{
	if (off % sizeof(u64) || off > sizeof(struct pt_regs) - sizeof(u64))
		return refuse(v, "there is no register at %llu", off);
	return 0;
}

static void note_record_read(struct verifier *v, unsigned long off,
			     unsigned long len)
{
	if (off >= KPS_RECORD_TRACKED)
		return;
	bitmap_set(v->code->record_used, off,
		   min(len, KPS_RECORD_TRACKED - off));
}

/* Of the text, with a size below it: any, but there are not more. */
static int check_line(struct verifier *v, u64 value)
{
	if (value >> KPS_LINE_SHIFT > KPS_LINE_MAX)
		return refuse(v, "line %llu, at most %u",
			      value >> KPS_LINE_SHIFT, KPS_LINE_MAX);
	return 0;
}

static int check_len(struct verifier *v, struct call *call, u64 value)
{
	u64 len = value & KPS_SIZE_MASK;

	if (!len || len > KPS_MAX_STR || len % 8)
		return refuse(v, "length %llu is not a multiple of 8 up to %u",
			      len, KPS_MAX_STR);
	call->len = len;
	add_cost(v, len);
	return check_line(v, value);
}

static int check_size(struct verifier *v, struct call *call, u64 value)
{
	u64 size = value & KPS_SIZE_MASK & ~(u64)KPS_SIGNED;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return refuse(v, "size %llu is not 1, 2, 4 or 8", size);
	if (call->record >= 0)
		note_record_read(v, call->record, size);
	return check_line(v, value);
}

static int check_record_len(struct verifier *v, struct call *call, u64 len)
{
	if (len > KPS_MAX_STR)
		return refuse(v, "%llu bytes of a record, at most %u", len,
			      KPS_MAX_STR);
	note_record_read(v, call->record, len);
	/* RECORD_BYTES has no length of its own for what it writes. */
	call->len = round_up(len, 8);
	return 0;
}

static int check_const_arg(struct verifier *v, struct call *call,
			   enum kps_arg arg, u64 value)
{
	switch (arg) {
	case KPS_ARG_MAP:
		return check_tables(v, call, value, false);
	case KPS_ARG_FORGETFUL:
		return check_tables(v, call, value, true);
	case KPS_ARG_TABLES:
		return check_map_number(v, call, value, false);
	case KPS_ARG_VMAP:
		return check_map_number(v, call, value, true);
	case KPS_ARG_NUMBER_MAP:
		return check_number_map(v, call, value);
	case KPS_ARG_SUM_MAP:
		return check_sum_map(v, call, value);
	case KPS_ARG_IN:
		return check_in(v, call, value);
	case KPS_ARG_OUTPUT:
		return check_output(v, call, value, false);
	case KPS_ARG_JOIN_OUTPUT:
		return check_output(v, call, value, true);
	case KPS_ARG_FIELDS:
		return check_scratch_range(v, value, call->output->size, true);
	case KPS_ARG_WORD:
		return 0;
	case KPS_ARG_REG:
		return check_reg_offset(v, value);
	case KPS_ARG_CLOCK:
		if (value >= __KPS_CLOCK_NR)
			return refuse(v, "there is no clock %llu", value);
		return 0;
	case KPS_ARG_STACK_OUT:
		return check_out(v, call, value, 2 * sizeof(u64));
	case KPS_ARG_KEY:
		add_cost(v, call->map->key_size / 4);
		return check_scratch_range(v, value, call->map->key_size, true);
	case KPS_ARG_VALUE:
		return check_scratch_range(v, value, call->map->value_size,
					   true);
	case KPS_ARG_MAP_OUT:
		return check_out(v, call, value, call->map->value_size);
	case KPS_ARG_OUT:
		return check_out(v, call, value, call->len);
	case KPS_ARG_COMM_OUT:
		return check_out(v, call, value, TASK_COMM_LEN);
	case KPS_ARG_LEN:
		return check_len(v, call, value);
	case KPS_ARG_SIZE:
		return check_size(v, call, value);
	case KPS_ARG_RECORD:
		if (value > U16_MAX)
			return refuse(v, "record offset %llu", value);
		call->record = value;
		v->code->reads_record = true;
		return 0;
	case KPS_ARG_RECORD_LEN:
		return check_record_len(v, call, value);
	case KPS_ARG_RECORD_STR:
		return check_record_len(v, call, value & ~(u64)KPS_DATA_LOC);
	case KPS_ARG_LOOP_MAP:
		return check_loop_map(v, call, value);
	case KPS_ARG_ROUND_KEY:
		return check_round_out(v, call, value, call->map->key_size);
	case KPS_ARG_ROUND_VALUE:
		return check_round_out(v, call, value, round_value_size(call->map));
	case KPS_ARG_BLOCK:
		return check_block(v, call, value);
	case KPS_ARG_DEPTH:
		if (!value || value > KPS_MAX_STACK_DEPTH)
			return refuse(v, "a stack of %llu frames, at most %u",
				      value, KPS_MAX_STACK_DEPTH);
		add_cost(v, value * FRAME_COST);
		return 0;
	default:
		return refuse(v, "argument of an unknown kind");
	}
}

static int check_arg(struct verifier *v, struct call *call, enum kps_arg arg,
		     unsigned int nr)
{
	int err = check_scalar(v, nr);

	if (err || arg == KPS_ARG_ANY)
		return err;
	if (v->now.reg[nr].type != REG_CONST)
		return refuse(v, "R%u must be a known constant for %s", nr,
			      call->helper->name);
	return check_const_arg(v, call, arg, v->now.reg[nr].value);
}

static int check_call(struct verifier *v, const struct bpf_insn *insn)
{
	struct call call = { .record = -1, .out = -1 };
	unsigned int i;
	int err;

	if (BPF_SRC(insn->code) != BPF_K || insn->src_reg || insn->dst_reg ||
	    insn->off)
		return refuse(v, "unknown kind of call");
	if (insn->imm <= KPS_FN_UNSPEC || insn->imm >= __KPS_FN_NR)
		return refuse(v, "there is no helper %d", insn->imm);
	if (!kps_helpers[insn->imm].fn)
		return refuse(v, "this kernel is built without what %s needs",
			      kps_helpers[insn->imm].name);
	call.helper = &kps_helpers[insn->imm];
	add_cost(v, call.helper->traits->cost);

	if (v->now.reg[BPF_REG_1].type != REG_CTX)
		return refuse(v, "R1 must be CTX in a call");
	if (call.helper->traits->takes_stack && !v->program->stacks)
		return refuse(v, "%s without a stack table", call.helper->name);
	if (call.helper->traits->takes_regs)
		v->code->reads_regs = true;
	if (call.helper->traits->takes_record)
		v->code->reads_record = true;
	if (call.helper->traits->pages)
		v->code->pages = true;
	if (call.helper->traits->burns) {
		v->code->loops = true;
		memset(&v->round, 0, sizeof(v->round));
	}
	if (call.helper->traits->looks)
		add_cost(v, v->program->nr_cpus * KPS_LOOK_COST);
	for (i = 0; i < ARRAY_SIZE(call.helper->args); i++) {
		if (call.helper->args[i] == KPS_ARG_NONE)
			break;
		err = check_arg(v, &call, call.helper->args[i], BPF_REG_2 + i);
		if (err)
			return err;
	}

	if (call.out >= 0)
		bitmap_set(v->now.written, call.out, call.out_len);
	for (i = BPF_REG_1; i <= BPF_REG_5; i++)
		v->now.reg[i].type = REG_UNUSABLE;
	set_scalar(&v->now.reg[BPF_REG_0]);
	return 0;
}

static int check_exit(struct verifier *v, const struct bpf_insn *insn)
{
	if (BPF_SRC(insn->code) != BPF_K || insn->dst_reg || insn->src_reg ||
	    insn->off || insn->imm)
		return refuse(v, "reserved field is set");
	v->reached = false;
	v->most = max(v->most, v->now.cost);
	return check_scalar(v, BPF_REG_0);
}

static int check_always(struct verifier *v, const struct bpf_insn *insn)
{
	if (insn->code != (BPF_JMP | BPF_JA) || insn->dst_reg ||
	    insn->src_reg || insn->imm)
		return refuse(v, "reserved field is set");
	v->reached = false;
	return check_jump(v, insn);
}

static int check_conditional(struct verifier *v, const struct bpf_insn *insn)
{
	bool immediate = BPF_SRC(insn->code) == BPF_K;
	int err;

	if (immediate ? insn->src_reg : insn->imm)
		return refuse(v, "reserved field is set");
	err = check_scalar(v, insn->dst_reg);
	if (!err && !immediate)
		err = check_scalar(v, insn->src_reg);
	return err ?: check_jump(v, insn);
}

static int check_branch(struct verifier *v, const struct bpf_insn *insn)
{
	bool is64 = BPF_CLASS(insn->code) == BPF_JMP;

	switch (BPF_OP(insn->code)) {
	case BPF_CALL:
		return is64 ? check_call(v, insn) : refuse(v, "unknown jump");
	case BPF_EXIT:
		return is64 ? check_exit(v, insn) : refuse(v, "unknown jump");
	case BPF_JA:
		return is64 ? check_always(v, insn) : refuse(v, "unknown jump");
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
	case BPF_JNE:
	case BPF_JSGT:
	case BPF_JSGE:
	case BPF_JLT:
	case BPF_JLE:
	case BPF_JSLT:
	case BPF_JSLE:
		return check_conditional(v, insn);
	default:
		return refuse(v, "unknown jump 0x%02x", insn->code);
	}
}

static int check_insn(struct verifier *v)
{
	const struct bpf_insn *insn = &v->insns[v->pc];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return check_alu(v, insn);
	case BPF_LD:
		return check_ld_imm64(v, insn);
	case BPF_LDX:
		return check_load(v, insn);
	case BPF_ST:
	case BPF_STX:
		return check_store(v, insn);
	default:
		return check_branch(v, insn);
	}
}

/* Bring in what the jumps to this instruction know. */
static int enter_insn(struct verifier *v)
{
	struct state *merged = v->at[v->pc];

	if (merged && v->reached)
		merge_state(&v->now, merged);
	else if (merged)
		v->now = *merged;
	else if (!v->reached)
		return refuse(v, "it can never be reached");
	v->reached = true;
	return 0;
}

static int check_cost(struct verifier *v)
{
	if (v->now.cost > KPS_MAX_COST)
		return refuse(v, "one %s may take more than %u us by here; take fewer stacks, or shorter ones: kstack(16)",
			      v->block < 0 ? "event" : "round", KPS_MAX_COST / 1000);
	return 0;
}

static int verify_all(struct verifier *v)
{
	int err;

	for (v->pc = 0; v->pc < v->nr; v->pc++) {
		err = enter_insn(v);
		if (err)
			return err;
		add_cost(v, INSN_COST);
		err = check_insn(v) ?: check_cost(v);
		if (err)
			return err;
	}
	if (v->reached) {
		v->pc = v->nr - 1;
		return refuse(v, "the program runs past its end");
	}
	return 0;
}

/* One walk, from the state that holds at the first instruction. */
static int verify_insns(struct verifier *v, const struct bpf_insn *insns,
			unsigned int nr)
{
	unsigned int i;
	int err;

	if (!nr)
		return kps_error(v->error, -EINVAL, "no instructions");
	if (nr > KPS_MAX_INSNS)
		return kps_error(v->error, -E2BIG, "%u instructions, at most %u",
				 nr, KPS_MAX_INSNS);
	v->at = kvcalloc(nr, sizeof(*v->at), GFP_KERNEL);
	if (!v->at)
		return kps_error(v->error, -ENOMEM, "no memory to verify it");
	v->insns = insns;
	v->nr = nr;
	v->reached = true;
	v->now.reg[BPF_REG_1].type = REG_CTX;

	err = verify_all(v);

	for (i = 0; i < nr; i++)
		kfree(v->at[i]);
	kvfree(v->at);
	return err;
}

static int verify_block(struct verifier *v, u32 nr)
{
	struct kps_block *block = &v->program->blocks[nr];
	int err;

	v->now = (struct state){ .cost = block->entry->cost };
	bitmap_copy(v->now.written, block->entry->written, KPS_SCRATCH_SIZE);
	v->block = nr;
	v->depth = block->entry->depth;
	v->most = 0;
	err = verify_insns(v, block->insns, block->nr);
	block->cost = v->most;
	if (err)
		kps_error_prefix(v->error, "block %u", nr);
	return err;
}

/* Those that it calls, and that these call: each has been seen before its turn comes. */
static int verify_blocks(struct verifier *v)
{
	const struct kps_program *program = v->program;
	int err = 0;
	u32 i;

	for (i = 0; i < program->nr_blocks && !err; i++)
		if (program->blocks[i].entry && !program->blocks[i].prog)
			err = verify_block(v, i);
	return err;
}

/**
 * kps_verify() - accept or refuse a clause, and the blocks that it calls
 * @program: with its maps, blocks and stack table in place
 * @insns: as they came from user space
 * @nr: of them
 * @code: what the clause reads is noted here
 * @error: gets the instruction's number and the reason
 *
 * Context: may sleep. Return: 0, -EINVAL, -E2BIG or -ENOMEM.
 */
int kps_verify(const struct kps_program *program, const struct bpf_insn *insns,
	       unsigned int nr, struct kps_code *code, struct kps_error *error)
{
	struct verifier *v = kzalloc(sizeof(*v), GFP_KERNEL);
	int err;

	if (!v)
		return kps_error(error, -ENOMEM, "no memory to verify it");
	v->program = program;
	v->code = code;
	v->error = error;
	v->block = -1;
	err = verify_insns(v, insns, nr) ?: verify_blocks(v);
	kfree(v);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Expressions are evaluated on a stack of the three registers that survive
 * calls, R7 to R9, and above them in scratch.  'depth' is the number of these
 * registers that hold a value; an expression may use those above, R0 to R5 and
 * nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "emit.h"

#define NR_TEMPS 3
#define FRAME_SCRATCH ((int)offsetof(struct kps_frame, scratch))
#define COMM_SIZE 16
#define INET_FAMILY_SIZE 8

struct emitter {
	struct code code;
	const struct checker *checker;
	unsigned int top;	/* scratch bytes in use */
	bool full;		/* more were wanted than there are */
	int comm;		/* where comm is kept if it is used twice, or -1 */
	bool has_comm;		/* and it is there by now, on every path */
	unsigned int branches;	/* open ones: not on every path */
};

static const int temps[NR_TEMPS] = { BPF_REG_7, BPF_REG_8, BPF_REG_9 };

static void emit_to(struct emitter *em, const struct expr *expr, int dst,
		    unsigned int depth);
static void emit_branch(struct emitter *em, const struct expr *expr,
			bool sense, int label, unsigned int depth);
static void emit_str_at(struct emitter *em, const struct expr *expr, int off,
			unsigned int size, unsigned int depth);

/* Returns an offset in scratch. */
static int take(struct emitter *em, unsigned int size)
{
	int off = em->top;

	if (em->top + size > KPS_SCRATCH_SIZE) {
		em->full = true;
		return 0;
	}
	em->top += size;
	return off;
}

static void load_scratch(struct emitter *em, int dst, int off)
{
	code_load(&em->code, BPF_DW, dst, FRAME_SCRATCH + off);
}

static void store_scratch(struct emitter *em, int off, int src)
{
	code_store(&em->code, BPF_DW, FRAME_SCRATCH + off, src);
}

static void store_zeros(struct emitter *em, int from, int to)
{
	for (; from < to; from += 8)
		code_store_imm(&em->code, BPF_DW, FRAME_SCRATCH + from, 0);
}

/*
 * Integers
 */

static bool is_frame_load(const struct expr *expr)
{
	return expr->kind == EXPR_NAME && expr->builtin->source == FROM_FRAME;
}

static bool is_logic(enum op op)
{
	return (op >= OP_LT && op <= OP_NE) || op == OP_LAND || op == OP_LOR;
}

static bool is_division(enum op op)
{
	return op == OP_DIV || op == OP_MOD;
}

/* Can the divisor stand in the instruction? */
static bool is_imm_divisor(const struct expr *expr)
{
	return expr_is_const(expr) && expr->value &&
	       expr->value <= INT32_MAX;
}

/*
 * Can it be computed in a register that does not survive calls?  At most one
 * call then, and it comes first.
 */
static bool is_simple(const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_INT:
	case EXPR_NAME:
	case EXPR_FIELD:
		return true;
	case EXPR_CALL:
		return expr->function->id == FN_KSTACK ||
		       (expr->function->id == FN_KSYM && is_simple(expr->list));
	case EXPR_CAST:
		return is_simple(expr->a);
	case EXPR_UNARY:
		return expr->op != OP_LNOT && is_simple(expr->a);
	case EXPR_BINARY:
		if (is_logic(expr->op) || !is_simple(expr->a))
			return false;
		if (is_division(expr->op))
			return is_imm_divisor(expr->b);
		return expr_is_const(expr->b) || is_frame_load(expr->b);
	default:
		return false;
	}
}

/*
 * Evaluate into some register and say which: R7 to R9 if it takes calls to
 * combine, @volatile_reg if it is only loaded, else R0.
 */
static int emit_any(struct emitter *em, const struct expr *expr,
		    int volatile_reg, unsigned int depth)
{
	int spill;

	if (expr_is_const(expr) || is_frame_load(expr)) {
		emit_to(em, expr, volatile_reg, depth);
		return volatile_reg;
	}
	if (is_simple(expr)) {
		emit_to(em, expr, BPF_REG_0, depth);
		return BPF_REG_0;
	}
	if (depth < NR_TEMPS) {
		emit_to(em, expr, temps[depth], depth + 1);
		return temps[depth];
	}
	spill = take(em, 8);
	store_scratch(em, spill, temps[NR_TEMPS - 1]);
	emit_to(em, expr, temps[NR_TEMPS - 1], NR_TEMPS);
	code_mov(&em->code, BPF_REG_0, temps[NR_TEMPS - 1]);
	load_scratch(em, temps[NR_TEMPS - 1], spill);
	return BPF_REG_0;
}

static void emit_low_half(struct emitter *em, int reg)
{
	code_alu_imm(&em->code, BPF_LSH, reg, 32);
	code_alu_imm(&em->code, BPF_RSH, reg, 32);
}

static void emit_stack(struct emitter *em, uint64_t depth, int dst)
{
	code_mov_imm(&em->code, BPF_REG_2, depth);
	code_call(&em->code, KPS_FN_KSTACK);
	code_mov(&em->code, dst, BPF_REG_0);
}

static void emit_builtin(struct emitter *em, const struct builtin *builtin,
			 int dst)
{
	switch (builtin->source) {
	case FROM_FRAME:
		code_load(&em->code, BPF_DW, dst, builtin->from);
		return;
	case FROM_STACK:
		emit_stack(em, builtin->from, dst);
		return;
	case FROM_COMM:		/* a string: see emit_str_at() */
		return;
	default:
		break;
	}
	code_call(&em->code, builtin->from);
	code_mov(&em->code, dst, BPF_REG_0);
	if (builtin->source == FROM_HELPER_HIGH)
		code_alu_imm(&em->code, BPF_RSH, dst, 32);
	else if (builtin->source == FROM_HELPER_LOW)
		emit_low_half(em, dst);
}

static void emit_field(struct emitter *em, const struct event_field *field,
		       int dst)
{
	uint64_t how = field->size | (field->is_signed ? KPS_SIGNED : 0);

	code_mov_imm(&em->code, BPF_REG_2, field->offset);
	code_mov_imm(&em->code, BPF_REG_3, how);
	code_call(&em->code, KPS_FN_RECORD);
	code_mov(&em->code, dst, BPF_REG_0);
}

static void emit_unary(struct emitter *em, const struct expr *expr, int dst,
		       unsigned int depth)
{
	emit_to(em, expr->a, dst, depth);
	if (expr->op == OP_NOT)
		code_alu_imm(&em->code, BPF_XOR, dst, -1);
	else
		code_alu_imm(&em->code, BPF_NEG, dst, 0);
}

static void emit_cast(struct emitter *em, const struct expr *expr, int dst,
		      unsigned int depth)
{
	int shift = 64 - expr->type.size * 8;

	emit_to(em, expr->a, dst, depth);
	if (!shift)
		return;
	code_alu_imm(&em->code, BPF_LSH, dst, shift);
	code_alu_imm(&em->code, expr->type.is_signed ? BPF_ARSH : BPF_RSH, dst,
		     shift);
}

static int alu_op(enum op op)
{
	static const int ops[OP_NR] = {
		[OP_MUL] = BPF_MUL, [OP_DIV] = BPF_DIV, [OP_MOD] = BPF_MOD,
		[OP_ADD] = BPF_ADD, [OP_SUB] = BPF_SUB, [OP_SHL] = BPF_LSH,
		[OP_SHR] = BPF_RSH, [OP_AND] = BPF_AND, [OP_XOR] = BPF_XOR,
		[OP_OR] = BPF_OR,
	};

	return ops[op];
}

static void emit_imm_op(struct emitter *em, enum op op, int dst, uint64_t value)
{
	if (op == OP_SHL || op == OP_SHR)
		value &= 63;
	code_alu_imm(&em->code, alu_op(op), dst, (int32_t)value);
}

static bool is_imm_operand(enum op op, const struct expr *expr)
{
	if (is_division(op))
		return is_imm_divisor(expr);
	return expr_is_const(expr) && (code_is_imm(expr->value) ||
				       op == OP_SHL || op == OP_SHR);
}

static void emit_arithmetic(struct emitter *em, const struct expr *expr,
			    int dst, unsigned int depth)
{
	int src;

	emit_to(em, expr->a, dst, depth);
	if (is_imm_operand(expr->op, expr->b)) {
		emit_imm_op(em, expr->op, dst, expr->b->value);
		return;
	}
	src = emit_any(em, expr->b, BPF_REG_5, depth);
	if (!is_division(expr->op)) {
		code_alu(&em->code, alu_op(expr->op), dst, src);
		return;
	}
	code_mov(&em->code, BPF_REG_3, src);
	code_mov(&em->code, BPF_REG_2, dst);
	code_call(&em->code, expr->op == OP_DIV ? KPS_FN_DIV : KPS_FN_MOD);
	code_mov(&em->code, dst, BPF_REG_0);
}

/* 1 or 0. */
static void emit_truth(struct emitter *em, const struct expr *expr, int dst,
		       unsigned int depth)
{
	int is_false = code_label(&em->code);
	int end = code_label(&em->code);

	em->branches++;
	emit_branch(em, expr, false, is_false, depth);
	code_mov_imm(&em->code, dst, 1);
	code_jump(&em->code, end);
	code_place(&em->code, is_false);
	code_mov_imm(&em->code, dst, 0);
	code_place(&em->code, end);
	em->branches--;
}

static void emit_choice(struct emitter *em, const struct expr *expr, int dst,
			unsigned int depth)
{
	int otherwise = code_label(&em->code);
	int end = code_label(&em->code);

	em->branches++;
	emit_branch(em, expr->a, false, otherwise, depth);
	emit_to(em, expr->b, dst, depth);
	code_jump(&em->code, end);
	code_place(&em->code, otherwise);
	emit_to(em, expr->c, dst, depth);
	code_place(&em->code, end);
	em->branches--;
}

static void emit_int_call(struct emitter *em, const struct expr *expr, int dst,
			  unsigned int depth)
{
	if (expr->function->id == FN_KSTACK)
		emit_stack(em, expr->list->value, dst);
	else
		emit_to(em, expr->list, dst, depth);
}

/* Any value of 8 bytes.  @dst survives calls, or the expression is simple. */
static void emit_to(struct emitter *em, const struct expr *expr, int dst,
		    unsigned int depth)
{
	switch (expr->kind) {
	case EXPR_INT:
		code_mov_imm(&em->code, dst, expr->value);
		return;
	case EXPR_NAME:
		emit_builtin(em, expr->builtin, dst);
		return;
	case EXPR_FIELD:
		emit_field(em, expr->field, dst);
		return;
	case EXPR_CALL:
		emit_int_call(em, expr, dst, depth);
		return;
	case EXPR_CAST:
		emit_cast(em, expr, dst, depth);
		return;
	case EXPR_UNARY:
		if (expr->op == OP_LNOT)
			emit_truth(em, expr, dst, depth);
		else
			emit_unary(em, expr, dst, depth);
		return;
	case EXPR_BINARY:
		if (is_logic(expr->op))
			emit_truth(em, expr, dst, depth);
		else
			emit_arithmetic(em, expr, dst, depth);
		return;
	case EXPR_TERNARY:
		emit_choice(em, expr, dst, depth);
		return;
	default:		/* the checker lets nothing else through */
		return;
	}
}

/*
 * Strings
 */

/* comm, in the place that is kept for it. */
static int emit_kept_comm(struct emitter *em)
{
	if (!em->has_comm) {
		code_mov_imm(&em->code, BPF_REG_2, em->comm);
		code_call(&em->code, KPS_FN_COMM);
		em->has_comm = !em->branches;
	}
	return em->comm;
}

static void emit_comm_at(struct emitter *em, int off)
{
	if (em->comm < 0) {
		code_mov_imm(&em->code, BPF_REG_2, off);
		code_call(&em->code, KPS_FN_COMM);
		return;
	}
	emit_kept_comm(em);
	load_scratch(em, BPF_REG_0, em->comm);
	store_scratch(em, off, BPF_REG_0);
	load_scratch(em, BPF_REG_0, em->comm + 8);
	store_scratch(em, off + 8, BPF_REG_0);
}

/* Eight bytes of a string, zeros after its end. */
static uint64_t string_word(const char *text, size_t len, size_t off)
{
	uint64_t word = 0;

	if (off < len)
		memcpy(&word, text + off, len - off < 8 ? len - off : 8);
	return word;
}

static void emit_literal_at(struct emitter *em, const struct expr *expr,
			    int off)
{
	unsigned int i;

	for (i = 0; i < expr->type.size; i += 8) {
		uint64_t word = string_word(expr->text, expr->len, i);

		if (code_is_imm(word)) {
			code_store_imm(&em->code, BPF_DW,
				       FRAME_SCRATCH + off + i, (int32_t)word);
			continue;
		}
		code_mov_imm(&em->code, BPF_REG_0, word);
		store_scratch(em, off + i, BPF_REG_0);
	}
}

static void emit_record_str(struct emitter *em, const struct event_field *field,
			    int off, unsigned int size)
{
	uint64_t len = field->class == FIELD_DATA_LOC ? KPS_DATA_LOC :
							field->size;

	code_mov_imm(&em->code, BPF_REG_2, field->offset);
	code_mov_imm(&em->code, BPF_REG_3, len);
	code_mov_imm(&em->code, BPF_REG_4, size);
	code_mov_imm(&em->code, BPF_REG_5, off);
	code_call(&em->code, KPS_FN_RECORD_STR);
}

/* Keep @len bytes of the @size at @off: helpers fill multiples of eight. */
static void emit_cut(struct emitter *em, int off, unsigned int len,
		     unsigned int size)
{
	static const int widths[] = {
		[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW,
	};

	while (len < size) {
		unsigned int width = len & -len;

		if (!width || width > 8)
			width = 8;
		code_store_imm(&em->code, widths[width],
			       FRAME_SCRATCH + off + len, 0);
		len += width;
	}
}

static void emit_str_call(struct emitter *em, const struct expr *expr, int off,
			  unsigned int depth)
{
	const struct expr *address = expr->list;
	unsigned int size = expr->type.size;
	int reg;

	if (address->kind == EXPR_STRING) {
		unsigned int len = address->len < size ? address->len : size;
		struct expr literal = *address;

		literal.len = len;
		literal.type.size = size;
		emit_literal_at(em, &literal, off);
	} else if (address->kind == EXPR_FIELD &&
		   address->type.kind == TYPE_STR) {
		emit_record_str(em, address->field, off, size);
	} else {
		reg = emit_any(em, address, BPF_REG_2, depth);
		code_mov(&em->code, BPF_REG_2, reg);
		code_mov_imm(&em->code, BPF_REG_3, size);
		code_mov_imm(&em->code, BPF_REG_4, off);
		code_call(&em->code, KPS_FN_STR);
	}
	if (address->next)
		emit_cut(em, off, address->next->value, size);
}

static void emit_str_choice(struct emitter *em, const struct expr *expr,
			    int off, unsigned int size, unsigned int depth)
{
	int otherwise = code_label(&em->code);
	int end = code_label(&em->code);

	em->branches++;
	emit_branch(em, expr->a, false, otherwise, depth);
	emit_str_at(em, expr->b, off, size, depth);
	code_jump(&em->code, end);
	code_place(&em->code, otherwise);
	emit_str_at(em, expr->c, off, size, depth);
	code_place(&em->code, end);
	em->branches--;
}

/* Fill all @size bytes, at least those of the expression's type. */
static void emit_str_at(struct emitter *em, const struct expr *expr, int off,
			unsigned int size, unsigned int depth)
{
	switch (expr->kind) {
	case EXPR_NAME:
		emit_comm_at(em, off);
		break;
	case EXPR_STRING:
		emit_literal_at(em, expr, off);
		break;
	case EXPR_FIELD:
		emit_record_str(em, expr->field, off, expr->type.size);
		break;
	case EXPR_CALL:
		emit_str_call(em, expr, off, depth);
		break;
	case EXPR_TERNARY:
		emit_str_choice(em, expr, off, size, depth);
		return;
	default:
		break;
	}
	store_zeros(em, off + expr->type.size, off + size);
}

static bool is_comm(const struct expr *expr)
{
	return expr->kind == EXPR_NAME && expr->builtin->source == FROM_COMM;
}

/* A string that is only read; returns where it is. */
static int emit_str(struct emitter *em, const struct expr *expr,
		    unsigned int depth)
{
	int off;

	if (is_comm(expr) && em->comm >= 0)
		return emit_kept_comm(em);
	off = take(em, expr->type.size);
	emit_str_at(em, expr, off, expr->type.size, depth);
	return off;
}

/*
 * Conditions
 */

struct comparison {
	int jump[2];		/* [is_signed] */
	enum op opposite;
};

static const struct comparison comparisons[OP_NR] = {
	[OP_LT] = { { BPF_JLT, BPF_JSLT }, OP_GE },
	[OP_LE] = { { BPF_JLE, BPF_JSLE }, OP_GT },
	[OP_GT] = { { BPF_JGT, BPF_JSGT }, OP_LE },
	[OP_GE] = { { BPF_JGE, BPF_JSGE }, OP_LT },
	[OP_EQ] = { { BPF_JEQ, BPF_JEQ }, OP_NE },
	[OP_NE] = { { BPF_JNE, BPF_JNE }, OP_EQ },
};

static void jump_word(struct emitter *em, int jump, uint64_t word, int label)
{
	if (code_is_imm(word)) {
		code_jump_imm(&em->code, jump, BPF_REG_0, (int32_t)word, label);
		return;
	}
	code_mov_imm(&em->code, BPF_REG_5, word);
	code_jump_reg(&em->code, jump, BPF_REG_0, BPF_REG_5, label);
}

/* Jump if they differ.  A string is zero from its end on: stop at the first. */
static void jump_unless_literal(struct emitter *em, const struct expr *expr,
				const struct expr *literal, int label,
				unsigned int depth)
{
	int off = emit_str(em, expr, depth);
	unsigned int i;

	if (literal->len >= expr->type.size) {
		code_jump(&em->code, label);
		return;
	}
	for (i = 0; i <= literal->len; i += 8) {
		load_scratch(em, BPF_REG_0, off + i);
		jump_word(em, BPF_JNE,
			  string_word(literal->text, literal->len, i), label);
	}
}

static void jump_unless_equal(struct emitter *em, const struct expr *expr,
			      int label, unsigned int depth)
{
	int a = emit_str(em, expr->a, depth);
	int b = emit_str(em, expr->b, depth);
	unsigned int i, size = expr->a->type.size;

	if (expr->b->type.size < size)
		size = expr->b->type.size;
	for (i = 0; i < size; i += 8) {
		load_scratch(em, BPF_REG_0, a + i);
		load_scratch(em, BPF_REG_5, b + i);
		code_jump_reg(&em->code, BPF_JNE, BPF_REG_0, BPF_REG_5, label);
	}
}

static void jump_unless_same(struct emitter *em, const struct expr *expr,
			     int label, unsigned int depth)
{
	unsigned int top = em->top;

	if (expr->b->kind == EXPR_STRING)
		jump_unless_literal(em, expr->a, expr->b, label, depth);
	else if (expr->a->kind == EXPR_STRING)
		jump_unless_literal(em, expr->b, expr->a, label, depth);
	else
		jump_unless_equal(em, expr, label, depth);
	em->top = top;
}

static void emit_str_branch(struct emitter *em, const struct expr *expr,
			    bool sense, int label, unsigned int depth)
{
	bool jump_if_same = (expr->op == OP_EQ) == sense;
	int differ;

	if (!jump_if_same) {
		jump_unless_same(em, expr, label, depth);
		return;
	}
	differ = code_label(&em->code);
	jump_unless_same(em, expr, differ, depth);
	code_jump(&em->code, label);
	code_place(&em->code, differ);
}

/* The left operand, where the evaluation of the right one leaves it alone. */
static void emit_operands(struct emitter *em, const struct expr *expr, int *a,
			  int *b, unsigned int depth)
{
	const struct expr *left = expr->a, *right = expr->b;
	int spill;

	if (expr_is_const(right) || is_frame_load(right)) {
		*a = emit_any(em, left, BPF_REG_0, depth);
		*b = emit_any(em, right, BPF_REG_5, depth);
	} else if (depth < NR_TEMPS) {
		*a = temps[depth];
		emit_to(em, left, *a, depth + 1);
		*b = emit_any(em, right, BPF_REG_5, depth + 1);
	} else {
		spill = take(em, 8);
		store_scratch(em, spill, emit_any(em, left, BPF_REG_0, depth));
		*b = emit_any(em, right, BPF_REG_0, depth);
		*a = BPF_REG_5;
		load_scratch(em, *a, spill);
	}
}

static void emit_int_branch(struct emitter *em, const struct expr *expr,
			    bool sense, int label, unsigned int depth)
{
	bool is_signed = expr->a->type.is_signed && expr->b->type.is_signed;
	enum op op = sense ? expr->op : comparisons[expr->op].opposite;
	int jump = comparisons[op].jump[is_signed];
	int a, b;

	if (expr_is_const(expr->b) && code_is_imm(expr->b->value)) {
		a = emit_any(em, expr->a, BPF_REG_0, depth);
		code_jump_imm(&em->code, jump, a, (int32_t)expr->b->value,
			      label);
		return;
	}
	emit_operands(em, expr, &a, &b, depth);
	code_jump_reg(&em->code, jump, a, b, label);
}

/* Both must be @sense for a jump. */
static void emit_both(struct emitter *em, const struct expr *expr, bool sense,
		      int label, unsigned int depth)
{
	int skip = code_label(&em->code);

	em->branches++;
	emit_branch(em, expr->a, !sense, skip, depth);
	emit_branch(em, expr->b, sense, label, depth);
	code_place(&em->code, skip);
	em->branches--;
}

static void emit_either(struct emitter *em, const struct expr *expr, bool sense,
			int label, unsigned int depth)
{
	emit_branch(em, expr->a, sense, label, depth);
	emit_branch(em, expr->b, sense, label, depth);
}

static void emit_test(struct emitter *em, const struct expr *expr, bool sense,
		      int label, unsigned int depth)
{
	int reg;

	if (expr_is_const(expr)) {
		if (!!expr->value == sense)
			code_jump(&em->code, label);
		return;
	}
	reg = emit_any(em, expr, BPF_REG_0, depth);
	code_jump_imm(&em->code, sense ? BPF_JNE : BPF_JEQ, reg, 0, label);
}

/* Jump to @label if the expression's truth is @sense, else go on. */
static void emit_branch(struct emitter *em, const struct expr *expr,
			bool sense, int label, unsigned int depth)
{
	if (expr->kind == EXPR_UNARY && expr->op == OP_LNOT)
		emit_branch(em, expr->a, !sense, label, depth);
	else if (expr->kind != EXPR_BINARY || !is_logic(expr->op))
		emit_test(em, expr, sense, label, depth);
	else if (expr->op == OP_LAND && sense)
		emit_both(em, expr, true, label, depth);
	else if (expr->op == OP_LOR && !sense)
		emit_both(em, expr, false, label, depth);
	else if (expr->op == OP_LAND || expr->op == OP_LOR)
		emit_either(em, expr, sense, label, depth);
	else if (expr->a->type.kind == TYPE_STR)
		emit_str_branch(em, expr, sense, label, depth);
	else
		emit_int_branch(em, expr, sense, label, depth);
}

/*
 * Keys
 */

static void emit_record_bytes(struct emitter *em,
			      const struct event_field *field, int off)
{
	code_mov_imm(&em->code, BPF_REG_2, field->offset);
	code_mov_imm(&em->code, BPF_REG_3, field->size);
	code_mov_imm(&em->code, BPF_REG_4, off);
	code_call(&em->code, KPS_FN_RECORD_BYTES);
}

static void emit_address_at(struct emitter *em, const struct expr *address,
			    int off, unsigned int depth)
{
	int reg;

	if (address->type.kind == TYPE_BYTES) {
		emit_record_bytes(em, address->field, off);
		store_zeros(em, off + ((address->type.size + 7) & ~7u),
			    off + 16);
		return;
	}
	store_zeros(em, off, off + 16);
	reg = emit_any(em, address, BPF_REG_0, depth);
	code_store(&em->code, BPF_W, FRAME_SCRATCH + off, reg);
}

static void emit_ntop_at(struct emitter *em, const struct expr *expr, int off,
			 unsigned int depth)
{
	const struct expr *family = expr->list->next ? expr->list : NULL;
	const struct expr *address = family ? family->next : expr->list;
	bool is_v6 = address->type.kind == TYPE_BYTES &&
		     address->type.size == 16;

	if (family)
		store_scratch(em, off,
			      emit_any(em, family, BPF_REG_0, depth));
	else
		code_store_imm(&em->code, BPF_DW, FRAME_SCRATCH + off,
			       is_v6 ? 10 : 2);
	emit_address_at(em, address, off + INET_FAMILY_SIZE, depth);
}

static void emit_inet_at(struct emitter *em, const struct expr *expr, int off,
			 unsigned int depth)
{
	const struct expr *last;
	int otherwise, end;

	if (expr->kind == EXPR_FIELD) {
		emit_record_bytes(em, expr->field, off);
		return;
	}
	if (expr->kind == EXPR_CALL) {
		last = expr->list->next ? expr->list->next : expr->list;
		if (last->type.kind == TYPE_INET)
			emit_inet_at(em, last, off, depth);
		else
			emit_ntop_at(em, expr, off, depth);
		return;
	}
	otherwise = code_label(&em->code);
	end = code_label(&em->code);
	em->branches++;
	emit_branch(em, expr->a, false, otherwise, depth);
	emit_inet_at(em, expr->b, off, depth);
	code_jump(&em->code, end);
	code_place(&em->code, otherwise);
	emit_inet_at(em, expr->c, off, depth);
	code_place(&em->code, end);
	em->branches--;
}

static void emit_int_at(struct emitter *em, const struct expr *expr, int off)
{
	if (expr_is_const(expr) && code_is_imm(expr->value))
		code_store_imm(&em->code, BPF_DW, FRAME_SCRATCH + off,
			       (int32_t)expr->value);
	else
		store_scratch(em, off, emit_any(em, expr, BPF_REG_0, 0));
}

static void emit_key_field(struct emitter *em, const struct expr *key, int off,
			   unsigned int size)
{
	switch (key->type.kind) {
	case TYPE_STR:
		emit_str_at(em, key, off, size, 0);
		return;
	case TYPE_INET:
		emit_inet_at(em, key, off, 0);
		return;
	default:
		emit_int_at(em, key, off);
		return;
	}
}

static int emit_key(struct emitter *em, const struct expr *target)
{
	const struct map_decl *map = &em->checker->maps[target->map];
	const struct expr *key = target->list;
	unsigned int i, size = 0;
	int off;

	if (!key)
		return 0;
	if (map->nr_key == 1 && is_comm(key) && em->comm >= 0 &&
	    map->key[0].size == COMM_SIZE)
		return emit_kept_comm(em);
	for (i = 0; i < map->nr_key; i++)
		size += type_key_size(&map->key[i]);
	off = take(em, size);
	for (i = 0, size = 0; key; i++, key = key->next) {
		emit_key_field(em, key, off + size,
			       type_key_size(&map->key[i]));
		size += type_key_size(&map->key[i]);
	}
	return off;
}

/*
 * Statements
 */

static void emit_value(struct emitter *em, const struct expr *call)
{
	if (!call->list)
		code_mov_imm(&em->code, BPF_REG_4, 1);
	else if (is_simple(call->list))
		emit_to(em, call->list, BPF_REG_4, 0);
	else
		code_mov(&em->code, BPF_REG_4,
			 emit_any(em, call->list, BPF_REG_4, 0));
}

static void emit_update(struct emitter *em, const struct stmt *stmt)
{
	unsigned int top = em->top;
	int key = emit_key(em, stmt->target);

	emit_value(em, stmt->value);
	code_mov_imm(&em->code, BPF_REG_3, key);
	code_mov_imm(&em->code, BPF_REG_2, stmt->target->map);
	code_call(&em->code, KPS_FN_MAP_UPDATE);
	em->top = top;
}

static unsigned int count_comm(const struct expr *expr);

static unsigned int count_comm_list(const struct expr *expr)
{
	unsigned int nr = 0;

	for (; expr; expr = expr->next)
		nr += count_comm(expr);
	return nr;
}

static unsigned int count_comm(const struct expr *expr)
{
	if (!expr)
		return 0;
	if (expr->kind == EXPR_NAME)
		return is_comm(expr);
	if (expr->kind == EXPR_FIELD)
		return 0;
	return count_comm(expr->a) + count_comm(expr->b) +
	       count_comm(expr->c) + count_comm_list(expr->list);
}

/* comm that is used more than once is fetched once and kept. */
static void keep_comm(struct emitter *em, const struct clause *clause)
{
	unsigned int nr = count_comm(clause->filter);
	const struct stmt *stmt;

	for (stmt = clause->body; stmt; stmt = stmt->next)
		nr += count_comm(stmt->target) + count_comm(stmt->value);
	em->comm = nr > 1 ? take(em, COMM_SIZE) : -1;
}

static void emit_body(struct emitter *em, const struct clause *clause)
{
	int reject = code_label(&em->code);
	const struct stmt *stmt;

	code_mov(&em->code, CODE_CTX, BPF_REG_1);
	if (clause->filter)
		emit_branch(em, clause->filter, false, reject, 0);
	for (stmt = clause->body; stmt; stmt = stmt->next)
		emit_update(em, stmt);
	code_mov_imm(&em->code, BPF_REG_0, 1);
	code_exit(&em->code);
	code_place(&em->code, reject);
	code_mov_imm(&em->code, BPF_REG_0, 0);
	code_exit(&em->code);
}

struct bpf_insn *emit_clause(const struct checker *checker,
			     const struct clause *clause, size_t *nr)
{
	struct emitter em = { .checker = checker };
	struct bpf_insn *insns;

	keep_comm(&em, clause);
	emit_body(&em, clause);
	insns = code_finish(&em.code, nr);
	if (em.full)
		diag_error(&clause->at, "use fewer or shorter strings: str(x, n)",
			   "this clause needs more than %u bytes for keys and strings",
			   KPS_SCRATCH_SIZE);
	else if (*nr > KPS_MAX_INSNS)
		diag_error(&clause->at, "split it into several clauses",
			   "this clause takes %zu instructions, more than %u",
			   *nr, KPS_MAX_INSNS);
	else
		return insns;
	free(insns);
	return NULL;
}

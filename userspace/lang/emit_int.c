// SPDX-License-Identifier: GPL-2.0
/* Values of 8 bytes in registers, and conditions. */
#include "call/call.h"
#include "kernel/registers.h"

static const int temps[NR_TEMPS] = { BPF_REG_7, BPF_REG_8, BPF_REG_9 };

/* A value that one load from the frame gives. */
static bool is_frame_load(const struct expr *expr)
{
	return expr->kind == EXPR_VARIABLE ||
	       (expr->kind == EXPR_NAME && !expr->field &&
		expr->builtin->source == FROM_FRAME);
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
 * Can it be computed in a register that does not survive calls?  Each call then
 * needs nothing but what the one before it left in R0.
 */
bool is_simple(const struct expr *expr)
{
	if (expr->in_copy)
		return false;
	if (expr->in_memory)
		return is_simple(expr->address);
	switch (expr->kind) {
	case EXPR_INT:
	case EXPR_NAME:
	case EXPR_VARIABLE:
		return true;
	case EXPR_FIELD:
	case EXPR_INDEX:
		return expr->field;
	case EXPR_CALL:
		return is_simple_call(expr);
	case EXPR_CAST:
		return is_simple(expr->a);
	case EXPR_UNARY:
		return (expr->op == OP_NEG || expr->op == OP_NOT ||
			expr->op == OP_DEREF) && is_simple(expr->a);
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
int emit_any(struct emitter *em, const struct expr *expr,
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
		/* Who needs one more saves the last, which must hold something by then. */
		if (depth == NR_TEMPS - 1)
			code_mov_imm(&em->code, temps[depth], 0);
		emit_to(em, expr, temps[depth], depth + 1);
		return temps[depth];
	}
	em->saves_temps = true;
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

static void emit_register(struct emitter *em, int offset)
{
	code_mov_imm(&em->code, BPF_REG_2, offset);
	code_call(&em->code, KPS_FN_REG);
}

void emit_bits(struct emitter *em, int reg, unsigned int bit, unsigned int bits,
	       bool is_signed)
{
	if (bits == 64)
		return;
	code_alu_imm(&em->code, BPF_LSH, reg, 64 - bit - bits);
	code_alu_imm(&em->code, is_signed ? BPF_ARSH : BPF_RSH, reg, 64 - bits);
}

/* base + index * scale + number: into R0. */
static void emit_operand_address(struct emitter *em, const struct operand *operand)
{
	int slot = operand->index < 0 ? 0 : take(em, 8);

	if (operand->index >= 0) {
		emit_register(em, operand->index);
		code_alu_imm(&em->code, BPF_LSH, BPF_REG_0, operand->shift);
		store_scratch(em, slot, BPF_REG_0);
	}
	if (operand->base >= 0)
		emit_register(em, operand->base);
	else
		code_mov_imm(&em->code, BPF_REG_0, 0);
	if (operand->index >= 0) {
		load_scratch(em, BPF_REG_1, slot);
		code_alu(&em->code, BPF_ADD, BPF_REG_0, BPF_REG_1);
	}
	code_mov_imm(&em->code, BPF_REG_1, operand->number);
	code_alu(&em->code, BPF_ADD, BPF_REG_0, BPF_REG_1);
}

static void emit_operand(struct emitter *em, const struct operand *operand,
			 uint64_t line, int dst)
{
	if (operand->kind == OPERAND_NUMBER) {
		code_mov_imm(&em->code, dst, operand->number);
		return;
	}
	if (operand->kind == OPERAND_REGISTER) {
		emit_register(em, operand->base);
		if (operand->shift)
			code_alu_imm(&em->code, BPF_RSH, BPF_REG_0, operand->shift);
		emit_bits(em, BPF_REG_0, 0, 8 * operand->size, operand->is_signed);
	} else {
		emit_operand_address(em, operand);
		code_mov(&em->code, BPF_REG_2, BPF_REG_0);
		code_mov_imm(&em->code, BPF_REG_3, operand->size |
			     (operand->is_signed ? KPS_SIGNED : 0) | line);
		code_call(&em->code, KPS_FN_READ);
	}
	code_mov(&em->code, dst, BPF_REG_0);
}

/* As they are at the function's entry. */
static void emit_stacked(struct emitter *em, unsigned int n, uint64_t line, int dst)
{
	const struct operand operand = {
		.kind = OPERAND_MEMORY, .size = 8,
		.number = 8 * (n + words_before_arguments()),
		.base = register_offset("sp"), .index = -1,
	};

	emit_operand(em, &operand, line, dst);
}

static void emit_builtin(struct emitter *em, const struct builtin *builtin,
			 uint64_t line, int dst)
{
	switch (builtin->source) {
	case FROM_FRAME:
		code_load(&em->code, BPF_DW, dst, builtin->from);
		return;
	case FROM_STACK:
		emit_helper(em, KPS_FN_KSTACK, builtin->from, dst);
		return;
	case FROM_OPERAND:
		emit_operand(em, &em->checker->event->operands[builtin->from], line, dst);
		return;
	case FROM_ARGUMENT_STACK:
		emit_stacked(em, builtin->from, line, dst);
		return;
	case FROM_COMM:		/* not 8 bytes: see emit_at() */
	case FROM_USER_STACK:
	case FROM_CONSTANT:
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

static void emit_field(struct emitter *em, const struct expr *expr, int dst)
{
	const struct event_field *field = expr->field;
	uint64_t how = field->size | (field->is_signed ? KPS_SIGNED : 0) |
		       line_of(expr);

	if (field->class == FIELD_WORD) {
		code_load(&em->code, BPF_DW, dst, field->offset);
		/* What is above it in its register is anything. */
		emit_bits(em, dst, 0, 8 * field->size, field->is_signed);
		return;
	}
	code_mov_imm(&em->code, BPF_REG_2, field->offset);
	code_mov_imm(&em->code, BPF_REG_3, how);
	code_call(&em->code, KPS_FN_RECORD);
	code_mov(&em->code, dst, BPF_REG_0);
}

static bool is_up(enum op op)
{
	return op == OP_PRE_INC || op == OP_POST_INC;
}

/* A map of pointers is no map of numbers to the module. */
static void emit_pointer_increment(struct emitter *em, const struct expr *expr,
				   int dst, unsigned int depth)
{
	int step = is_up(expr->op) ? (int)expr->step : -(int)expr->step;
	int value = emit_map_value(em, expr->a, depth);
	int key = emit_key(em, expr->a, depth);

	load_scratch(em, BPF_REG_0, value);
	code_alu_imm(&em->code, BPF_ADD, BPF_REG_0, step);
	store_scratch(em, value, BPF_REG_0);
	code_mov_imm(&em->code, BPF_REG_2, expr->a->map);
	code_mov_imm(&em->code, BPF_REG_3, key);
	code_mov_imm(&em->code, BPF_REG_4, value);
	code_call(&em->code, KPS_FN_MAP_SET);
	load_scratch(em, dst, value);
	if (expr->op >= OP_POST_INC)
		code_alu_imm(&em->code, BPF_SUB, dst, step);
}

/* The sum comes back, also to those who want what was before. */
static void emit_map_increment(struct emitter *em, const struct expr *expr,
			       int dst, unsigned int depth)
{
	int step = is_up(expr->op) ? 1 : -1;
	int key;

	if (expr->a->type.to) {
		emit_pointer_increment(em, expr, dst, depth);
		return;
	}
	key = emit_key(em, expr->a, depth);

	code_mov_imm(&em->code, BPF_REG_2, expr->a->map);
	code_mov_imm(&em->code, BPF_REG_3, key);
	code_mov_imm(&em->code, BPF_REG_4, step);
	code_call(&em->code, KPS_FN_MAP_ADD);
	code_mov(&em->code, dst, BPF_REG_0);
	if (expr->op >= OP_POST_INC)
		code_alu_imm(&em->code, BPF_SUB, dst, step);
}

static void emit_step(struct emitter *em, const struct variable *variable, int dst, int step)
{
	const struct type *type = &variable->type;

	code_alu_imm(&em->code, BPF_ADD, dst, step);
	if (variable->is_fixed)
		emit_bits(em, dst, 0, 8 * type->size, type->is_signed);
}

static void emit_increment(struct emitter *em, const struct expr *expr,
			   int dst, unsigned int depth)
{
	int step = is_up(expr->op) ? (int)expr->step : -(int)expr->step;
	const struct variable *variable = expr->a->variable;

	if (expr->a->kind == EXPR_MAP) {
		emit_map_increment(em, expr, dst, depth);
		return;
	}
	load_scratch(em, dst, variable->slot);
	emit_step(em, variable, dst, step);
	store_scratch(em, variable->slot, dst);
	if (expr->op >= OP_POST_INC)
		emit_step(em, variable, dst, -step);
}

/* As wide as that is the result, as in bpftrace: ~(uint8)5 is 250, -~(uint8)5 is 6. */
static const struct expr *innermost(const struct expr *expr)
{
	while (expr->kind == EXPR_UNARY && (expr->op == OP_NEG || expr->op == OP_NOT))
		expr = expr->a;
	return expr;
}

static void emit_unary(struct emitter *em, const struct expr *expr, int dst,
		       unsigned int depth)
{
	const struct type *type;

	if (expr->op >= OP_PRE_INC) {
		emit_increment(em, expr, dst, depth);
		return;
	}
	emit_to(em, expr->a, dst, depth);
	if (expr->op == OP_NOT)
		code_alu_imm(&em->code, BPF_XOR, dst, -1);
	else
		code_alu_imm(&em->code, BPF_NEG, dst, 0);
	type = &innermost(expr)->type;
	if (type->size && !type_is_bool(type))
		emit_bits(em, dst, 0, 8 * type->size, type->is_signed);
}

static void emit_cast(struct emitter *em, const struct expr *expr, int dst,
		      unsigned int depth)
{
	/* A pointer has no size, and is as wide as all are. */
	emit_to(em, expr->a, dst, depth);
	if (expr->type.size)
		emit_bits(em, dst, 0, 8 * expr->type.size, expr->type.is_signed);
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

static bool has_imm_operand(const struct expr *expr)
{
	if (is_division(expr->op))
		return is_imm_divisor(expr->b);
	return expr_is_const(expr->b) && (code_is_imm(expr->b->value) ||
					  expr->op == OP_SHL || expr->op == OP_SHR);
}

/*
 * The core's instruction knows no sign. By a positive number the quotient, and what is
 * left, are less than 0 where what is divided is.
 */
static void emit_signed_division(struct emitter *em, enum op op, int dst,
				 uint64_t value)
{
	int positive = code_label(&em->code);
	int end = code_label(&em->code);

	code_jump_imm(&em->code, BPF_JSGE, dst, 0, positive);
	code_alu_imm(&em->code, BPF_NEG, dst, 0);
	emit_imm_op(em, op, dst, value);
	code_alu_imm(&em->code, BPF_NEG, dst, 0);
	code_jump(&em->code, end);
	code_place(&em->code, positive);
	emit_imm_op(em, op, dst, value);
	code_place(&em->code, end);
}

static int division(const struct expr *expr)
{
	if (expr->op == OP_DIV)
		return expr->type.is_signed ? KPS_FN_SDIV : KPS_FN_DIV;
	return expr->type.is_signed ? KPS_FN_SMOD : KPS_FN_MOD;
}

/* Calls for what the core's instruction cannot do; by 0 it is 1, as in bpftrace. */
static void emit_division(struct emitter *em, const struct expr *expr, int dst, int src)
{
	struct object_output by_zero = {
		.action = ACTION_RUNTIME,
		.format = format_at(em, &expr->at, "WARNING",
				    "Divide or modulo by 0 detected. This can lead to "
				    "unexpected results. 1 is being used as the result."),
	};
	int zero = code_label(&em->code);
	int end = code_label(&em->code);

	code_jump_imm(&em->code, BPF_JEQ, src, 0, zero);
	code_mov(&em->code, BPF_REG_3, src);
	code_mov(&em->code, BPF_REG_2, dst);
	code_call(&em->code, division(expr));
	code_mov(&em->code, dst, BPF_REG_0);
	code_jump(&em->code, end);
	code_place(&em->code, zero);
	emit_record(em, &by_zero, NULL);
	code_mov_imm(&em->code, dst, 1);
	code_place(&em->code, end);
}

static void emit_scaled(struct emitter *em, const struct expr *expr, int reg)
{
	if (expr->step > 1)
		code_alu_imm(&em->code, BPF_MUL, reg, expr->step);
}

/* A pointer and a number, either of them on the left. */
static void emit_pointer_sum(struct emitter *em, const struct expr *expr,
			     int dst, unsigned int depth)
{
	int src;

	emit_to(em, expr->a, dst, depth);
	if (!expr->a->type.to)
		emit_scaled(em, expr, dst);
	if (expr_is_const(expr->b) && code_is_imm(expr->b->value * expr->step)) {
		code_alu_imm(&em->code, alu_op(expr->op), dst,
			     (int32_t)(expr->b->value * expr->step));
		return;
	}
	src = emit_any(em, expr->b, BPF_REG_5, depth);
	if (!expr->b->type.to)
		emit_scaled(em, expr, src);
	code_alu(&em->code, alu_op(expr->op), dst, src);
}

static void emit_arithmetic(struct emitter *em, const struct expr *expr,
			    int dst, unsigned int depth)
{
	int src;

	if (expr->step) {
		emit_pointer_sum(em, expr, dst, depth);
		return;
	}
	emit_to(em, expr->a, dst, depth);
	if (has_imm_operand(expr)) {
		if (is_division(expr->op) && expr->type.is_signed)
			emit_signed_division(em, expr->op, dst, expr->b->value);
		else
			emit_imm_op(em, expr->op, dst, expr->b->value);
		return;
	}
	src = emit_any(em, expr->b, BPF_REG_5, depth);
	if (is_division(expr->op))
		emit_division(em, expr, dst, src);
	else
		code_alu(&em->code, alu_op(expr->op), dst, src);
}

void emit_bit(struct emitter *em, int dst, int here, int otherwise)
{
	int end = code_label(&em->code);

	code_mov_imm(&em->code, dst, here);
	code_jump(&em->code, end);
	code_place(&em->code, otherwise);
	code_mov_imm(&em->code, dst, !here);
	code_place(&em->code, end);
}

/* 1 or 0. */
static void emit_truth(struct emitter *em, const struct expr *expr, int dst,
		       unsigned int depth)
{
	int is_false = code_label(&em->code);

	em->branches++;
	emit_branch(em, expr, false, is_false, depth);
	emit_bit(em, dst, 1, is_false);
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

static void emit_call(struct emitter *em, const struct expr *expr, int dst,
		      unsigned int depth)
{
	if (expr->function->emit)
		expr->function->emit(em, expr, dst, depth);
	else
		em->missing = expr->function;
}

static void emit_from_place(struct emitter *em, const struct expr *expr,
			    int dst, unsigned int depth)
{
	load_scratch(em, dst, emit_place(em, expr, depth));
}

static void emit_sum(struct emitter *em, const struct expr *map, int dst,
		     unsigned int depth)
{
	int key = emit_key(em, map, depth);

	code_mov_imm(&em->code, BPF_REG_2, map->map);
	code_mov_imm(&em->code, BPF_REG_3, key);
	code_call(&em->code, KPS_FN_AGGREGATE);
	code_mov(&em->code, dst, BPF_REG_0);
}

static void emit_block_to(struct emitter *em, const struct expr *expr, int dst,
			  unsigned int depth)
{
	int off = take(em, 8);

	emit_block(em, expr, off, &expr->type, depth);
	load_scratch(em, dst, off);
}

static void emit_character(struct emitter *em, const struct expr *expr, int dst,
			   unsigned int depth)
{
	int off = emit_str(em, expr->a, depth);

	if (!expr_is_const(expr->list)) {
		int index = emit_any(em, expr->list, BPF_REG_4, depth);

		code_mov(&em->code, BPF_REG_4, index);
		code_mov_imm(&em->code, BPF_REG_2, expr->a->type.size);
		code_mov_imm(&em->code, BPF_REG_3, off);
		code_call(&em->code, KPS_FN_STRBYTE);
		code_mov(&em->code, dst, BPF_REG_0);
		return;
	}
	code_load(&em->code, BPF_B, dst, FRAME_SCRATCH + off + expr->value);
	code_alu_imm(&em->code, BPF_LSH, dst, 56);
	code_alu_imm(&em->code, BPF_ARSH, dst, 56);
}

static void emit_expr(struct emitter *em, const struct expr *expr, int dst,
		      unsigned int depth)
{
	if (expr->in_memory) {
		emit_memory(em, expr, dst, depth);
		return;
	}
	if (expr->in_copy) {
		emit_from_copy(em, expr, dst, depth);
		return;
	}
	switch (expr->kind) {
	case EXPR_INT:
		code_mov_imm(&em->code, dst, expr->value);
		return;
	case EXPR_NAME:
		if (expr->field)
			emit_field(em, expr, dst);
		else
			emit_builtin(em, expr->builtin, line_of(expr), dst);
		return;
	case EXPR_INDEX:
		if (!expr->field) {
			emit_character(em, expr, dst, depth);
			return;
		}
		/* An element of an array in the record. */
		emit_field(em, expr, dst);
		return;
	case EXPR_FIELD:
		emit_field(em, expr, dst);
		return;
	case EXPR_CALL:
		emit_call(em, expr, dst, depth);
		return;
	case EXPR_CAST:
		/* Bytes of the record, as a number. */
		if (expr->field)
			emit_field(em, expr, dst);
		else
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
	case EXPR_BLOCK:
		emit_block_to(em, expr, dst, depth);
		return;
	case EXPR_MAP:
		emit_sum(em, expr, dst, depth);
		return;
	default:		/* the checker lets nothing else through */
		return;
	}
}

void emit_to(struct emitter *em, const struct expr *expr, int dst,
	     unsigned int depth)
{
	unsigned int top = em->top;

	if (has_place(expr))
		emit_from_place(em, expr, dst, depth);
	else
		emit_expr(em, expr, dst, depth);
	em->top = top;
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
		if (depth == NR_TEMPS - 1 && !is_simple(left))
			code_mov_imm(&em->code, *a, 0);
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
	bool is_signed = types_are_signed(&expr->a->type, &expr->b->type);
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
void emit_branch(struct emitter *em, const struct expr *expr,
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
	else if (expr->compared_as)
		emit_value_branch(em, expr, sense, label, depth);
	else
		emit_int_branch(em, expr, sense, label, depth);
}


// SPDX-License-Identifier: GPL-2.0
/* Expressions: operators and tuples. */
#include <string.h>

#include "call/call.h"

int check_list(struct checker *checker, struct expr *list)
{
	for (; list; list = list->next)
		if (check_expr(checker, list))
			return -1;
	return 0;
}

/* (a=1, a=2) */
static int check_labels(const struct expr *list)
{
	const struct expr *member, *other;

	for (member = list; member; member = member->next)
		for (other = list; other != member; other = other->next) {
			if (!member->label || strcmp(member->label, other->label))
				continue;
			diag_error(&member->at, NULL, "two members are called '%s'",
				   member->label);
			return -1;
		}
	return 0;
}

static int check_tuple(struct checker *checker, struct expr *expr)
{
	unsigned int nr = expr_list_len(expr->list);
	struct type *members = arena_alloc(checker->arena,
					   nr * sizeof(*members));
	const char **names = arena_alloc(checker->arena, nr * sizeof(*names));
	struct expr *member = expr->list;
	unsigned int i;

	if (check_list(checker, expr->list) || check_labels(expr->list))
		return -1;
	for (i = 0; i < nr; i++, member = member->next) {
		if (require_copied(checker, member, "in a tuple"))
			return -1;
		members[i] = member->type;
		if (member->label)
			names[i] = member->label;
	}
	set_kind(expr, TYPE_TUPLE);
	expr->type.nr_members = nr;
	expr->type.members = members;
	if (expr->list->label)
		expr->type.names_of = names;
	if (type_tuples(&expr->type) > KPS_FIELD_TUPLES) {
		diag_error(&expr->at, NULL, "tuples nest deeper than %u",
			   KPS_FIELD_TUPLES);
		return -1;
	}
	if (type_fields(&expr->type) <= KPS_MAX_VALUE_FIELDS &&
	    type_size(&expr->type) <= KPS_MAX_VALUE_SIZE)
		return 0;
	diag_error(&expr->at, "use fewer members, or shorter strings: str(x, n)",
		   "a tuple has at most %u members and %u bytes",
		   KPS_MAX_VALUE_FIELDS, KPS_MAX_VALUE_SIZE);
	return -1;
}

/*
 * Operators
 */

static bool is_comparison(enum op op)
{
	return op >= OP_LT && op <= OP_NE;
}

static bool is_question(enum op op)
{
	return is_comparison(op) || op == OP_LAND || op == OP_LOR || op == OP_LNOT;
}

static bool is_zero_const(const struct expr *expr)
{
	return expr_is_const(expr) && !expr->value;
}

/* All 8 bytes of a number that cannot be below 0. */
static bool is_uint64(const struct expr *expr)
{
	return !expr_is_const(expr) && !expr->type.is_signed &&
	       (!expr->type.size || expr->type.size == 8);
}

/*
 * bpftrace takes both sides as signed if one is. That is kept, and the two ways to be
 * surprised by it are pointed out.
 */
static void warn_signs(const struct checker *checker, const struct expr *expr)
{
	const struct expr *a = expr->a, *b = expr->b;
	bool never = (expr->op == OP_LT && is_zero_const(b) &&
		      !a->type.is_signed) ||
		     (expr->op == OP_GT && is_zero_const(a) &&
		      !b->type.is_signed);

	if (checker->quiet)
		return;
	if (never)
		diag_warning(&expr->at, "for a negative result write (int64)retval < 0",
			     "an unsigned value is never less than 0");
	else if (types_are_signed(&a->type, &b->type) && (is_uint64(a) || is_uint64(b)))
		diag_warning(is_uint64(a) ? &a->at : &b->at, "say so: (int64)",
			     "a uint64 is taken as an int64 here");
}

/* What a string holds at most, its NUL not counted. */
static unsigned int longest(const struct expr *expr)
{
	return expr->kind == EXPR_STRING ? expr->len : str_longest(expr);
}

void warn_too_long(const struct checker *checker, const struct expr *expr,
		   const struct expr *a, const struct expr *b,
		   const char *always)
{
	const struct expr *literal = a->kind == EXPR_STRING ? a : b;
	const struct expr *other = literal == a ? b : a;
	bool is_read = is_str_call(other);

	if (checker->quiet || checker->learning ||
	    literal->kind != EXPR_STRING || literal->len <= longest(other))
		return;
	diag_warning(&expr->at,
		     is_read && literal->len < KPS_MAX_STR ?
		     arena_printf(checker->arena, "read more: str(x, %u)",
				  literal->len + 1) :
		     arena_printf(checker->arena, "its start: strncmp(x, \"...\", %u)",
				  longest(other)),
		     "the string has %u bytes, the other at most %u: %s",
		     literal->len, longest(other), always);
}

static int check_str_operands(struct checker *checker, struct expr *expr)
{
	const struct expr *a = expr->a, *b = expr->b;
	bool equal;

	if (expr->op == OP_ADD && a->kind == EXPR_STRING && b->kind == EXPR_STRING) {
		become_str(expr, arena_printf(checker->arena, "%s%s", a->text, b->text));
		return 0;
	}
	if (expr->op != OP_EQ && expr->op != OP_NE) {
		diag_error(&expr->at, "strings can be compared with == and !=",
			   "'%s' does not work on strings", op_text(expr->op));
		return -1;
	}
	set_bool(expr);
	if (a->kind != EXPR_STRING || b->kind != EXPR_STRING) {
		warn_too_long(checker, expr, a, b, expr->op == OP_EQ ?
			      "they are never equal" :
			      "they always differ");
		return 0;
	}
	equal = !strcmp(a->text, b->text);
	become_bool(expr, equal == (expr->op == OP_EQ));
	return 0;
}

static int refuse_operands(const struct expr *expr)
{
	const struct type *a = &expr->a->type, *b = &expr->b->type;
	const char *hint = NULL;

	if (a->kind == TYPE_KSYM || b->kind == TYPE_KSYM)
		hint = "symbols can only be kept and printed: @[func] = count()";
	else if (a->kind == TYPE_INET || b->kind == TYPE_INET)
		hint = "addresses can only be kept and printed: @[ntop(args.saddr)] = count()";
	else if ((type_is_int(a) && b->kind == TYPE_STR) ||
		 (type_is_int(b) && a->kind == TYPE_STR))
		hint = "read a string from an address with str()";
	diag_error(&expr->at, hint, "'%s' does not work on %s and %s",
		   op_text(expr->op), type_name(a), type_name(b));
	return -1;
}

/* __int128 holds what any two numbers of 64 bits give. */
static __int128 wide_of(const struct expr *expr)
{
	return expr->type.is_signed ? (__int128)(int64_t)expr->value : (__int128)expr->value;
}

static bool fits_64_bits(__int128 value)
{
	return value >= INT64_MIN && value <= (__int128)UINT64_MAX;
}

/* What is shifted out is gone: ~0 << 12. */
static __int128 shift_left(__int128 a, __int128 b)
{
	__int128 value = a * ((__int128)1 << b);

	return fits_64_bits(value) ? value : (__int128)(uint64_t)value;
}

static __int128 fold_wide(enum op op, __int128 a, __int128 b)
{
	switch (op) {
	case OP_MUL:
		return a * b;
	case OP_DIV:
		return a / b;
	case OP_MOD:
		return a % b;
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_SHL:
		return shift_left(a, b);
	case OP_SHR:
		return a >> b;
	case OP_LT:
		return a < b;
	case OP_LE:
		return a <= b;
	case OP_GT:
		return a > b;
	case OP_GE:
		return a >= b;
	case OP_EQ:
		return a == b;
	case OP_NE:
		return a != b;
	case OP_AND:
		return a & b;
	case OP_XOR:
		return a ^ b;
	case OP_OR:
		return a | b;
	case OP_LAND:
		return a && b;
	default:
		return a || b;
	}
}

static bool is_cast(const struct expr *expr)
{
	return !expr->type.is_free && !expr->type.is_signed && expr->type.size;
}

/* Two numbers give the number that they give for everybody, or there is none. */
static int fold(struct expr *expr)
{
	const struct expr *a = expr->a, *b = expr->b;
	bool is_shift = expr->op == OP_SHL || expr->op == OP_SHR;
	__int128 value;

	if (is_shift && b->value > 63) {
		diag_error(&b->at, NULL, "a number has 64 bits to be shifted by");
		return -1;
	}
	value = fold_wide(expr->op, wide_of(a), wide_of(b));
	if (!fits_64_bits(value) && (is_cast(a) || is_cast(b)))
		value = (uint64_t)value;
	if (!fits_64_bits(value)) {
		diag_error(&expr->at, NULL, "the result does not fit into 64 bits");
		return -1;
	}
	become_int(expr, value, value <= INT64_MAX);
	return 0;
}

/* true & false is false, and true + true is 2. */
static bool are_bools(const struct expr *expr)
{
	return (expr->op == OP_AND || expr->op == OP_XOR || expr->op == OP_OR) &&
	       type_is_bool(&expr->a->type) && type_is_bool(&expr->b->type);
}

static int check_int_operands(struct checker *checker, struct expr *expr)
{
	/* Of two numbers; one that is not known yet gives 1, and a warning when it runs. */
	if (expr_is_const(expr->a) && is_zero_const(expr->b) &&
	    (expr->op == OP_DIV || expr->op == OP_MOD)) {
		diag_error(&expr->b->at, NULL, "division by zero");
		return -1;
	}
	if (expr->op != OP_LAND && expr->op != OP_LOR)
		warn_signs(checker, expr);
	/* A difference may be below 0, whatever it is one of. */
	set_int(expr, expr->op == OP_SUB ||
		      types_are_signed(&expr->a->type, &expr->b->type));
	expr->step = 0;
	if (expr_is_const(expr->a) && expr_is_const(expr->b) && fold(expr))
		return -1;
	if (is_question(expr->op) || are_bools(expr))
		set_bool(expr);
	return 0;
}

struct expr *cast_to_int(struct checker *checker, struct expr *expr, unsigned int size,
			 bool is_signed)
{
	struct expr *cast = expr_named(checker->arena, EXPR_CAST, &expr->at,
				       arena_printf(checker->arena, "%sint%u",
						    is_signed ? "" : "u", 8 * size));

	cast->a = expr;
	return cast;
}

/* An array is compared with a number as the number that its bytes are. */
static struct expr *as_number(struct checker *checker, struct expr *expr)
{
	return cast_to_int(checker, expr, expr->type.size, false);
}

/* Word by word: tuples, arrays, structs, addresses, stacks. */
static int check_same(struct checker *checker, struct expr *expr)
{
	struct type *a = &expr->a->type, *b = &expr->b->type, *both;

	if (a->kind == TYPE_ARRAY && type_is_int(b))
		expr->a = as_number(checker, expr->a);
	else if (b->kind == TYPE_ARRAY && type_is_int(a))
		expr->b = as_number(checker, expr->b);
	else if (!type_same_kind(a, b) || a->kind == TYPE_BUF)
		return refuse_operands(expr);
	else if (require_copied(checker, expr->a, "compared") ||
		 require_copied(checker, expr->b, "compared"))
		return -1;
	if (type_is_int(a) || type_is_int(b))
		return check_expr(checker, expr);
	both = arena_alloc(checker->arena, sizeof(*both));
	*both = type_copy(checker, a);
	type_unify(both, b);
	expr->compared_as = both;
	set_bool(expr);
	return 0;
}

static int check_binary(struct checker *checker, struct expr *expr)
{
	const struct type *a = &expr->a->type, *b = &expr->b->type;

	expr->compared_as = NULL;
	if (check_expr(checker, expr->a) || check_expr(checker, expr->b))
		return -1;
	if (a->kind == TYPE_NONE || b->kind == TYPE_NONE) {
		/* "@x -= 1" makes @x what the other side is. */
		set_int(expr, true);
		return 0;
	}
	if (type_is_int(a) && type_is_int(b))
		return a->to || b->to ? check_pointer_operands(checker, expr) :
					check_int_operands(checker, expr);
	if (a->kind == TYPE_STR && b->kind == TYPE_STR)
		return check_str_operands(checker, expr);
	if (expr->op == OP_EQ || expr->op == OP_NE)
		return check_same(checker, expr);
	return refuse_operands(expr);
}

/* x++ and its kin change a variable or a map. */
static int check_increment(struct checker *checker, struct expr *expr)
{
	struct expr *operand = expr->a;
	/* With 1 less it may be below 0; 1 more takes no sign from what has none. */
	const struct type number = {
		.kind = TYPE_INT, .is_signed = true,
		.is_free = expr->op == OP_PRE_INC || expr->op == OP_POST_INC,
	};
	int err;

	if (operand->kind == EXPR_MAP) {
		err = check_map_assign(checker, operand, &number);
	} else if (operand->kind == EXPR_VARIABLE) {
		err = check_variable_read(checker, operand);
	} else {
		diag_error(&expr->at, "write $x++ or @x++",
			   "'%s' needs a variable or a map",
			   op_text(expr->op));
		return -1;
	}
	if (err)
		return -1;
	if (require_int(operand, arena_printf(checker->arena,
					      "the operand of '%s'",
					      op_text(expr->op))))
		return -1;
	if (operand->kind == EXPR_VARIABLE) {
		operand->variable->is_known = false;
		if (!operand->variable->is_fixed)
			type_unify(&operand->variable->type, &number);
		operand->type = operand->variable->type;
	}
	set_int(expr, operand->type.is_signed);
	set_step(checker, expr, operand->type.to);
	return 0;
}

/* -5 is signed, and ~5 is not; of a cast number only its own bits are changed. */
static void fold_unary(struct expr *expr)
{
	const struct expr *a = expr->a;
	uint64_t value = op_fold(expr->op, a->value, 0, false);

	if (!a->type.is_signed && a->type.size)
		become_int(expr, cut_to(value, 8 * a->type.size, false), false);
	else
		become_int(expr, value, expr->op != OP_NOT || !a->type.is_free ||
			   value <= INT64_MAX);
}

static int check_unary(struct checker *checker, struct expr *expr)
{
	if (expr->op >= OP_PRE_INC)
		return check_increment(checker, expr);
	if (expr->op == OP_DEREF)
		return check_deref(checker, expr);
	if (check_expr(checker, expr->a))
		return -1;
	if (require_int(expr->a, arena_printf(checker->arena,
					      "the operand of '%s'",
					      op_text(expr->op))))
		return -1;
	set_int(expr, expr->a->type.is_signed || type_is_bool(&expr->a->type));
	if (expr_is_const(expr->a))
		fold_unary(expr);
	if (is_question(expr->op))
		set_bool(expr);
	return 0;
}

static int refuse_choice(const struct expr *expr, const struct type *type)
{
	diag_error(&expr->at, "use if () { } else { }",
		   "'?:' cannot choose between %ss",
		   strchr(type_name(type), ' ') + 1);
	return -1;
}

static int check_choices(struct checker *checker, struct expr *expr)
{
	const struct type *b = &expr->b->type, *c = &expr->c->type;

	if (b->kind != TYPE_NONE && !type_is_value(b))
		return refuse_choice(expr, b);
	if (c->kind != TYPE_NONE && !type_is_value(c))
		return refuse_choice(expr, c);
	expr->type = type_copy(checker, b->kind == TYPE_NONE ? c : b);
	if (b->kind == TYPE_NONE || c->kind == TYPE_NONE)
		return 0;
	if (!type_same_kind(b, c)) {
		diag_error(&expr->at, "both must be of one type",
			   "'?:' cannot choose between %s and %s", type_name(b),
			   type_name(c));
		return -1;
	}
	type_unify(&expr->type, c);
	return 0;
}

static int check_ternary(struct checker *checker, struct expr *expr)
{
	int err;

	if (check_expr(checker, expr->a) ||
	    require_int(expr->a, "the condition of '?'"))
		return -1;
	err = check_expr(checker, expr->b);
	err = err || check_expr(checker, expr->c);
	if (err || check_choices(checker, expr))
		return -1;
	if (expr_is_const(expr->a) && expr_is_const(expr->b) &&
	    expr_is_const(expr->c)) {
		struct type type = expr->type;

		become_int(expr, expr->a->value ? expr->b->value :
						  expr->c->value, false);
		expr->type = type;
	}
	return 0;
}

int check_expr(struct checker *checker, struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_INT:		/* has its type from the parser, or from folding */
		return 0;
	case EXPR_STRING:
		set_str(expr, round_up8(expr->len + 1));
		expr->type.bytes = expr->len + 1;
		return 0;
	case EXPR_NAME:
		return check_name(checker, expr);
	case EXPR_FIELD:
		return check_field(checker, expr);
	case EXPR_CALL:
		return check_call(checker, expr);
	case EXPR_UNARY:
		return check_unary(checker, expr);
	case EXPR_BINARY:
		return check_binary(checker, expr);
	case EXPR_TERNARY:
		return check_ternary(checker, expr);
	case EXPR_CAST:
		return check_cast(checker, expr);
	case EXPR_INDEX:
		return check_index(checker, expr);
	case EXPR_MAP:
		return check_map_read(checker, expr);
	case EXPR_VARIABLE:
		return check_variable_read(checker, expr);
	case EXPR_POSITIONAL:
		return check_positional(checker, expr);
	case EXPR_TUPLE:
		return check_tuple(checker, expr);
	case EXPR_TYPE:
		return check_type(checker, expr);
	case EXPR_BOOL:
		become_bool(expr, expr->value);
		return 0;
	case EXPR_BLOCK:
		return check_block(checker, expr);
	case EXPR_RANGE:
		diag_error(&expr->at, "write for ($i : 0..10) { }",
			   "only 'for' takes a range");
		return -1;
	}
	return -1;
}

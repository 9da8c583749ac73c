// SPDX-License-Identifier: GPL-2.0
/* Types: their sizes, and integers of a size. */

#include "call.h"

/* As it is in memory, or else as it is kept, or as bpftrace would keep it. */
static uint64_t bytes_of(const struct type *type);

/* What its place in a struct is a multiple of. */
static unsigned int alignment_of(const struct type *type)
{
	unsigned int i, most = 1;

	if (type->kind == TYPE_STR || type->kind == TYPE_BUF)
		return 1;
	if (type->kind != TYPE_TUPLE)
		return type_is_int(type) && type->size ? type->size : 8;
	for (i = 0; i < type->nr_members; i++) {
		unsigned int its = alignment_of(&type->members[i]);

		most = its > most ? its : most;
	}
	return most;
}

/* A tuple is a struct: each member at its alignment, and the whole a multiple of that. */
static uint64_t bytes_of_tuple(const struct type *type)
{
	unsigned int i, whole = alignment_of(type);
	uint64_t bytes = 0;

	for (i = 0; i < type->nr_members; i++) {
		const struct type *member = &type->members[i];
		unsigned int align = alignment_of(member);

		bytes = (bytes + align - 1) / align * align + bytes_of(member);
	}
	return (bytes + whole - 1) / whole * whole;
}

static uint64_t bytes_of(const struct type *type)
{
	if (type->kind == TYPE_TUPLE)
		return bytes_of_tuple(type);
	if (type->bytes)
		return type->bytes;
	if (type->kind != TYPE_INT && type->to)
		return type->to->size;
	if (type->size)
		return type->size;
	return type_is_value(type) ? type_size(type) : 0;
}

static int check_sizeof(struct checker *checker, struct expr *expr)
{
	uint64_t size;

	if (check_expr(checker, expr->list))
		return -1;
	size = expr->list->kind == EXPR_TYPE ? expr->list->value :
					       bytes_of(&expr->list->type);
	become_int(expr, size, false);
	return 0;
}

static int check_bswap(struct checker *checker, struct expr *expr)
{
	unsigned int size;

	if (check_expr(checker, expr->list) ||
	    require_int(expr->list, "what bswap() swaps"))
		return -1;
	size = expr->list->type.size ? expr->list->type.size : 8;
	set_int(expr, false);
	expr->type.size = size;
	return 0;
}

static void emit_bswap(struct emitter *em, const struct expr *expr, int dst,
		       unsigned int depth)
{
	emit_to(em, expr->list, dst, depth);
	if (expr->type.size == 1)
		return;
	code_swap(&em->code, dst, expr->type.size * 8);
}

/*
 * What an expression is
 */

static bool is_integer(const struct type *type)
{
	return type_is_int(type) && !type->to;
}

static bool is_unsigned_integer(const struct type *type)
{
	return is_integer(type) && !type->is_signed;
}

static bool is_string(const struct type *type)
{
	return type->kind == TYPE_STR;
}

static bool is_pointer(const struct type *type)
{
	return type->kind == TYPE_INT && type->to;
}

static bool is_array(const struct type *type)
{
	return type->kind == TYPE_ARRAY;
}

static int check_predicate(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->list))
		return -1;
	become_bool(expr, expr->function->holds(&expr->list->type));
	return 0;
}

static int check_is_literal(struct checker *checker, struct expr *expr)
{
	enum expr_kind kind = expr->list->kind;

	if (check_expr(checker, expr->list))
		return -1;
	become_bool(expr, kind == EXPR_INT || kind == EXPR_STRING || kind == EXPR_BOOL);
	return 0;
}

static int check_comptime(struct checker *checker, struct expr *expr)
{
	struct type type;

	if (check_expr(checker, expr->list) ||
	    require_const(expr->list, "what is known when the program is compiled"))
		return -1;
	type = expr->list->type;
	become_int(expr, expr->list->value, type.is_signed);
	expr->type = type;
	return 0;
}

#define PREDICATE(word, ...)						\
	{								\
		.name = word, .usage = word "(expression)",		\
		.min_args = 1, .max_args = 1,				\
		.is_constant = true, __VA_ARGS__			\
	}

#define OF_TYPE(word, function)						\
	PREDICATE(word, .check = check_predicate, .holds = function)

const struct function type_functions[] = {
	OF_TYPE("is_integer", is_integer),
	OF_TYPE("is_unsigned_integer", is_unsigned_integer),
	OF_TYPE("is_str", is_string),
	OF_TYPE("is_ptr", is_pointer),
	OF_TYPE("is_array", is_array),
	PREDICATE("is_literal", .check = check_is_literal),
	PREDICATE("comptime", .check = check_comptime),
	{
		.name = "sizeof", .usage = "sizeof(type) or sizeof(expression)",
		.min_args = 1, .max_args = 1,
		.check = check_sizeof, .is_constant = true,
	}, {
		.name = "offsetof", .usage = "offsetof(struct NAME, member)",
		.min_args = 2, .max_args = 2,
		.check = check_offsetof, .is_constant = true,
	}, {
		.name = "bswap", .usage = "bswap(n)",
		.min_args = 1, .max_args = 1,
		.check = check_bswap, .emit = emit_bswap,
		.is_simple = true,
	},
	{ }
};

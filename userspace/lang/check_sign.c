// SPDX-License-Identifier: GPL-2.0
/*
 * Whether an integer of a signed type can be less than 0, as far as the text says:
 * by what it is made of, by what is ever assigned, or by a condition around it.
 * It decides about a warning only; what is not understood may be negative.
 */
#include <string.h>

#include "check_parts.h"

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_expr(const struct expr *a, const struct expr *b)
{
	if (!a || !b)
		return a == b;
	return a->kind == b->kind && a->op == b->op && a->value == b->value &&
	       same_text(a->text, b->text) && same_expr(a->a, b->a) &&
	       same_expr(a->b, b->b) && same_expr(a->c, b->c) &&
	       same_expr(a->list, b->list) && same_expr(a->next, b->next);
}

/* The same, of two that stand in different lists. */
static bool is_that(const struct expr *a, const struct expr *b)
{
	struct expr alone = *a, other = *b;

	alone.next = other.next = NULL;
	return same_expr(&alone, &other);
}

/* a < b is b > a */
static enum op turned(enum op op)
{
	static const enum op ops[OP_NR] = {
		[OP_LT] = OP_GT, [OP_LE] = OP_GE, [OP_GT] = OP_LT,
		[OP_GE] = OP_LE, [OP_EQ] = OP_EQ, [OP_NE] = OP_NE,
	};

	return ops[op];
}

static enum op negated(enum op op)
{
	static const enum op ops[OP_NR] = {
		[OP_LT] = OP_GE, [OP_LE] = OP_GT, [OP_GT] = OP_LE,
		[OP_GE] = OP_LT, [OP_EQ] = OP_NE, [OP_NE] = OP_EQ,
	};

	return ops[op];
}

/* "x OP number", which holds: then x is not negative. */
static bool op_implies(enum op op, const struct expr *number)
{
	int64_t least = number->value;

	if (!expr_is_const(number))
		return false;
	return op == OP_GT ? least >= -1 :
	       (op == OP_GE || op == OP_EQ) && least >= 0;
}

static bool implies(const struct expr *condition, bool holds,
		    const struct expr *expr)
{
	const struct expr *a = condition->a, *b = condition->b;
	enum op op = condition->op;

	if (condition->kind == EXPR_UNARY && op == OP_LNOT)
		return implies(a, !holds, expr);
	if (condition->kind != EXPR_BINARY)
		return false;
	if (op == (holds ? OP_LAND : OP_LOR))
		return implies(a, holds, expr) || implies(b, holds, expr);
	if (op < OP_LT || op > OP_NE)
		return false;
	if (!holds)
		op = negated(op);
	return (is_that(a, expr) && op_implies(op, b)) ||
	       (is_that(b, expr) && op_implies(turned(op), a));
}

static bool binary_may_be(const struct checker *checker, const struct expr *expr)
{
	bool a = may_be_negative(checker, expr->a);
	bool b = may_be_negative(checker, expr->b);

	switch (expr->op) {
	case OP_AND:
		return a && b;
	case OP_ADD:
	case OP_MUL:
	case OP_DIV:
	case OP_MOD:
	case OP_OR:
	case OP_XOR:
		return a || b;
	case OP_SHR:
		return a;
	default:
		return expr->op < OP_LT || expr->op > OP_LOR;
	}
}

static bool kind_may_be(const struct checker *checker, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_BINARY:
		return binary_may_be(checker, expr);
	case EXPR_UNARY:
		return expr->op == OP_PRE_INC || expr->op == OP_POST_INC ?
		       may_be_negative(checker, expr->a) : expr->op != OP_LNOT;
	case EXPR_TERNARY:
		return may_be_negative(checker, expr->b) ||
		       may_be_negative(checker, expr->c);
	case EXPR_VARIABLE:
		return !expr->variable || expr->variable->may_be_negative;
	case EXPR_MAP:
		return checker->maps[expr->map].may_be_negative;
	default:
		return true;
	}
}

bool may_be_negative(const struct checker *checker, const struct expr *expr)
{
	const struct guard *guard;

	if (expr_is_const(expr))
		return (int64_t)expr->value < 0;
	if (!expr->type.is_signed || !kind_may_be(checker, expr))
		return false;
	for (guard = checker->guards; guard; guard = guard->next)
		if (implies(guard->condition, guard->holds, expr))
			return false;
	return true;
}

void learn_negative(struct checker *checker, const struct expr *target)
{
	struct map_decl *decl;

	if (target->kind == EXPR_VARIABLE) {
		target->variable->may_be_negative = true;
		return;
	}
	decl = &checker->maps[target->map];
	if (!decl->may_be_negative)
		checker->changed = true;
	decl->may_be_negative = true;
}

void learn_sign(struct checker *checker, const struct expr *target,
		const struct expr *value)
{
	if (type_is_int(&value->type) && may_be_negative(checker, value))
		learn_negative(checker, target);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * How often a while loop can run.  The kernel takes no backward jump, so a
 * loop is written out as often as it can run at most; its condition is still
 * tested each time.  Other loops are blocks, that the module repeats.  Known is it
 * for a counter:
 *
 *	$i = START; while ($i < END) { ...; $i += STEP; }
 *
 * where the body changes $i in one place, that every round passes.
 */
#include <string.h>

#include "check_parts.h"

#define MAX_WHILE_ROUNDS 1000

struct counter {
	const struct variable *variable;
	enum op op;		/* of the condition, counter on the left */
	int64_t end;
	bool is_signed;
	int64_t step;
};

static enum op mirrored(enum op op)
{
	switch (op) {
	case OP_LT: return OP_GT;
	case OP_LE: return OP_GE;
	case OP_GT: return OP_LT;
	case OP_GE: return OP_LE;
	default: return op;
	}
}

static bool read_condition(const struct expr *expr, struct counter *counter)
{
	const struct expr *left = expr->a, *right = expr->b;

	if (expr->kind != EXPR_BINARY || expr->op < OP_LT || expr->op > OP_NE)
		return false;
	counter->op = expr->op;
	counter->is_signed = types_are_signed(&left->type, &right->type);
	if (left->kind == EXPR_INT) {
		counter->op = mirrored(expr->op);
		left = expr->b;
		right = expr->a;
	}
	if (left->kind != EXPR_VARIABLE || right->kind != EXPR_INT)
		return false;
	counter->variable = left->variable;
	counter->end = right->value;
	return counter->variable->is_known && !counter->variable->is_fixed;
}

static bool is_counter(const struct counter *counter, const struct expr *expr)
{
	return expr && expr->kind == EXPR_VARIABLE &&
	       !strcmp(expr->text, counter->variable->name);
}

/* "$i++", "$i = $i + 2": by how much; 0 if it is something else. */
static int64_t step_of(const struct counter *counter, const struct stmt *stmt)
{
	const struct expr *value = stmt->value;

	if (stmt->kind == STMT_EXPR && value->kind == EXPR_UNARY &&
	    is_counter(counter, value->a))
		return value->op == OP_PRE_INC || value->op == OP_POST_INC ? 1 :
									    -1;
	if (stmt->kind != STMT_ASSIGN || value->kind != EXPR_BINARY ||
	    !is_counter(counter, value->a) || value->b->kind != EXPR_INT)
		return 0;
	if (value->op == OP_ADD)
		return value->b->value;
	return value->op == OP_SUB ? -(int64_t)value->b->value : 0;
}

static bool changes_by_expr(const struct expr *expr, void *counter)
{
	return expr->kind == EXPR_UNARY && expr->op >= OP_PRE_INC &&
	       is_counter(counter, expr->a);
}

static bool changes_by_stmt(const struct stmt *stmt, void *counter)
{
	return stmt->kind == STMT_ASSIGN && is_counter(counter, stmt->target);
}

static unsigned int changes_in(struct counter *counter, const struct stmt *body)
{
	const struct tree_question question = {
		.expr = changes_by_expr, .stmt = changes_by_stmt, .about = counter,
	};

	return tree_count(&question, body);
}

static bool is_continue(const struct stmt *stmt, void *about)
{
	(void)about;
	return stmt_word(stmt) == WORD_CONTINUE;
}

/* Can this statement lead to the next round before what follows it is done? */
static bool may_continue(const struct stmt *stmt)
{
	const struct tree_question question = { .stmt = is_continue };

	return tree_count_stmt(&question, stmt);
}

static bool read_body(const struct stmt *body, struct counter *counter)
{
	const struct stmt *stmt;

	for (stmt = body; stmt && !counter->step; stmt = stmt->next) {
		counter->step = step_of(counter, stmt);
		if (!counter->step && may_continue(stmt))
			return false;
	}
	return counter->step && changes_in(counter, body) == 1;
}

bool count_rounds(const struct stmt *loop, unsigned int *rounds)
{
	struct counter counter = { 0 };
	uint64_t value;

	if (!read_condition(loop->value, &counter) ||
	    !read_body(loop->body, &counter))
		return false;
	*rounds = 0;
	for (value = counter.variable->known;
	     op_fold(counter.op, value, counter.end, counter.is_signed);
	     value += counter.step)
		if (++*rounds > MAX_WHILE_ROUNDS)
			return false;
	return true;
}

void forget_values(struct checker *checker)
{
	struct variable *variable = checker->variables;

	for (; variable; variable = variable->next)
		variable->is_known = false;
}

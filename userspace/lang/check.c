// SPDX-License-Identifier: GPL-2.0
/* Clauses and statements. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "call/call.h"
#include "compile.h"
#include "provider/provider.h"

#define MAX_ROUNDS 100
#define MAX_RANGE 1000U

static int check_stmt(struct checker *checker, struct stmt *stmt);
static int check_stmts(struct checker *checker, struct stmt *stmt);
static int check_body(struct checker *checker, struct stmt *body);

/*
 * Assignments
 */

static const struct {
	const char *text;
	enum op op;
} compound_ops[] = {
	{ "+=", OP_ADD }, { "-=", OP_SUB }, { "*=", OP_MUL }, { "/=", OP_DIV },
	{ "%=", OP_MOD }, { "&=", OP_AND }, { "|=", OP_OR }, { "^=", OP_XOR },
	{ "<<=", OP_SHL }, { ">>=", OP_SHR },
};

/* x += n is x = x + n. */
static void expand_compound(struct checker *checker, struct stmt *stmt)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(compound_ops); i++) {
		struct expr *read;

		if (strcmp(stmt->text, compound_ops[i].text))
			continue;
		read = arena_alloc(checker->arena, sizeof(*read));
		*read = *stmt->target;
		stmt->value = expr_op(checker->arena, EXPR_BINARY,
				      &stmt->value->at, compound_ops[i].op,
				      read, stmt->value);
		stmt->text = "=";
	}
}

/* @x += n may be the first that is said of @x. */
static int check_map_value(struct checker *checker, struct stmt *stmt)
{
	struct expr *value = stmt->value;

	if (check_expr(checker, value))
		return -1;
	if (value->type.kind == TYPE_AGGREGATE)
		return check_map_aggregate(checker, stmt->target, value);
	if (require_copied(checker, value, "kept in a map") ||
	    check_map_assign(checker, stmt->target, &value->type))
		return -1;
	return 0;
}

static bool is_number(const struct type *type)
{
	return type->kind == TYPE_INT && !type->to && type->size;
}

/* A number becomes what the variable was declared to be: of 256 a uint8 keeps 0. */
static int check_declared(struct checker *checker, struct stmt *stmt)
{
	const struct variable *variable = variable_of(checker, stmt->target);

	if (!variable || !variable->is_fixed || stmt->is_typed ||
	    !type_is_int(&stmt->value->type))
		return 0;
	stmt->value = cast_to_int(checker, stmt->value, variable->type.size,
				  variable->type.is_signed);
	stmt->is_typed = true;
	return check_expr(checker, stmt->value);
}

static int check_variable_value(struct checker *checker, struct stmt *stmt)
{
	struct variable *variable;
	const struct expr *value;

	if (stmt->is_let && declare_variable(checker, stmt->target))
		return -1;
	if (!stmt->value)
		return 0;
	if (check_expr(checker, stmt->value) || check_declared(checker, stmt))
		return -1;
	value = stmt->value;
	if ((!expr_is_place(value) && require_value(value, "a variable")) ||
	    check_variable_assign(checker, stmt->target, &value->type))
		return -1;
	variable = stmt->target->variable;
	variable->is_known = expr_is_const(value);
	variable->known = value->value;
	if (stmt->is_let && stmt->is_typed && is_number(&value->type))
		variable->is_fixed = true;
	return 0;
}

/* _ = has_key(@x, 1): nobody asks for the value. */
static bool is_discard(const struct stmt *stmt)
{
	return stmt->target->kind == EXPR_NAME && !strcmp(stmt->target->text, "_") &&
	       !strcmp(stmt->text, "=");
}

static int check_assign(struct checker *checker, struct stmt *stmt)
{
	expand_compound(checker, stmt);
	if (is_discard(stmt))
		return check_expr(checker, stmt->value);
	switch (stmt->target->kind) {
	case EXPR_MAP:
		return check_map_value(checker, stmt);
	case EXPR_VARIABLE:
		return check_variable_value(checker, stmt);
	default:
		diag_error(&stmt->target->at,
			   "write @name[key] = value or $name = value",
			   "only a map or a variable can be assigned to");
		return -1;
	}
}

/*
 * Expressions that do something
 */

static bool is_increment(const struct expr *expr)
{
	return expr->kind == EXPR_UNARY && expr->op >= OP_PRE_INC;
}

/* "pid == 1 ? printf(..) : exit()" is a statement like if and else. */
static bool is_choice(const struct expr *expr)
{
	return expr->kind == EXPR_TERNARY && expr->b->kind == EXPR_CALL;
}

static struct stmt *as_stmt(struct checker *checker, struct expr *expr)
{
	struct stmt *stmt = stmt_new(checker->arena, STMT_EXPR, &expr->at);

	stmt->value = expr;
	return stmt;
}

static void expand_choice(struct checker *checker, struct stmt *stmt)
{
	struct expr *choice = stmt->value;

	stmt->kind = STMT_IF;
	stmt->value = choice->a;
	stmt->body = as_stmt(checker, choice->b);
	/* "cond ? action : 0" */
	if (choice->c->kind != EXPR_INT)
		stmt->otherwise = as_stmt(checker, choice->c);
}

static bool is_action(const struct expr *expr)
{
	return expr->kind == EXPR_CALL && expr->function->act;
}

/* "5;" is allowed, and does nothing. */
static void warn_unused(const struct checker *checker, const struct expr *expr)
{
	if (checker->quiet || checker->learning || diag_is_muted())
		return;
	diag_warning(&expr->at, "keep it: $x = ..., or @x = ...",
		     "the value is not used");
}

static int check_expr_stmt(struct checker *checker, struct stmt *stmt)
{
	struct expr *expr = stmt->value;

	/* A macro that stands by itself. */
	if (expr->kind == EXPR_BLOCK) {
		stmt->kind = STMT_BLOCK;
		stmt->body = expr->body;
		stmt->value = NULL;
		return check_body(checker, stmt->body);
	}
	if (check_expr(checker, expr))
		return -1;
	/* static_assert() leaves a number. */
	if (is_action(expr) || (expr->function && expr_is_const(expr)))
		return 0;
	if (expr->type.kind == TYPE_AGGREGATE) {
		diag_error(&stmt->at, "keep it in a map: @name = count()",
			   "an aggregation must be assigned to a map");
		return -1;
	}
	if (is_increment(expr)) {
		/* Nobody asks what it was before. */
		if (expr->op >= OP_POST_INC)
			expr->op -= OP_POST_INC - OP_PRE_INC;
		return 0;
	}
	warn_unused(checker, expr);
	return 0;
}

/* The last statement is its value, if it is an expression and no ';' follows. */
static struct expr *value_of(const struct stmt *body)
{
	for (; body; body = body->next)
		if (body->is_last && body->kind == STMT_EXPR)
			return body->value;
	return NULL;
}

static int check_block_value(struct checker *checker, struct expr *expr)
{
	struct stmt *stmt;
	int err = 0;

	expr->a = value_of(expr->body);
	if (!expr->a) {
		diag_error(&expr->at, "end it with an expression without a ';': { $x = 1; $x + 1 }",
			   "this block has no value");
		return -1;
	}
	for (stmt = expr->body; stmt->value != expr->a && !err; stmt = stmt->next)
		err = check_stmt(checker, stmt);
	return err || check_expr(checker, expr->a) ? -1 : 0;
}

int check_block(struct checker *checker, struct expr *expr)
{
	int err;

	enter_scope(checker);
	err = check_block_value(checker, expr);
	leave_scope(checker);
	if (!err)
		expr->type = expr->a->type;
	return err;
}

/*
 * Control
 */

static int check_nested(struct checker *checker, struct stmt *body)
{
	int err;

	checker->depth++;
	err = check_body(checker, body);
	checker->depth--;
	forget_values(checker);
	return err;
}

/* Of constants it is decided here; what is never reached is looked at to learn types. */
static bool may_hold(const struct expr *condition, bool holds)
{
	return diag_is_muted() || !expr_is_const(condition) ||
	       !!condition->value == holds;
}

static int check_if(struct checker *checker, struct stmt *stmt)
{
	int err = 0;

	if (check_expr(checker, stmt->value) ||
	    require_int(stmt->value, "a condition"))
		err = -1;
	if (may_hold(stmt->value, true) && check_nested(checker, stmt->body))
		err = -1;
	if (may_hold(stmt->value, false) && check_nested(checker, stmt->otherwise))
		err = -1;
	return err;
}

static bool is_missing_param(const struct checker *checker,
			     const struct expr *expr)
{
	return expr->text && expr->text[0] == '$' && expr->text[1] != '#' &&
	       strtoul(expr->text + 1, NULL, 10) > checker->options->nr_params;
}

static int check_unroll(struct checker *checker, struct stmt *stmt)
{
	int64_t rounds;
	int err;

	if (check_expr(checker, stmt->value) ||
	    require_const(stmt->value, "unroll's number"))
		return -1;
	rounds = stmt->value->value;
	/* What the parser saw is still in its text: $1, which is 0 if it is missing. */
	if (!rounds && is_missing_param(checker, stmt->value)) {
		diag_error(&stmt->value->at,
			   "parameters follow the program: kpctl run FILE.bt PARAMETER",
			   "unroll's number, parameter %s, was not given",
			   stmt->value->text);
		return -1;
	}
	if (rounds < 1 || rounds > MAX_ROUNDS) {
		diag_error(&stmt->value->at, NULL,
			   "unroll repeats 1 to %d times, not %lld", MAX_ROUNDS,
			   (long long)rounds);
		return -1;
	}
	stmt->is_counted = true;
	stmt->rounds = rounds;
	forget_values(checker);
	checker->loops++;
	err = check_nested(checker, stmt->body);
	checker->loops--;
	return err;
}

static int check_while(struct checker *checker, struct stmt *stmt)
{
	int err;

	if (check_expr(checker, stmt->value) ||
	    require_int(stmt->value, "a condition"))
		return -1;
	/* Assignments in the body must be in their final form. */
	checker->loops++;
	stmt->is_counted = count_rounds(stmt, &stmt->rounds);
	forget_values(checker);
	err = check_nested(checker, stmt->body);
	checker->loops--;
	return err;
}

/* Whether it is known how often it runs, and that is not too often to be written out. */
static bool count_range(const struct expr *range, unsigned int *rounds)
{
	const int64_t from = range->a->value, to = range->b->value;

	if (!expr_is_const(range->a) || !expr_is_const(range->b))
		return false;
	*rounds = from < to ? to - from : 0;
	return from >= to || (uint64_t)to - (uint64_t)from <= MAX_RANGE;
}

/* for ($i : 0..10) */
static int check_range(struct checker *checker, struct stmt *stmt, struct type *type)
{
	struct expr *range = stmt->value;

	if (check_expr(checker, range->a) || check_expr(checker, range->b) ||
	    require_int(range->a, "where a range begins") ||
	    require_int(range->b, "where a range ends"))
		return -1;
	stmt->is_counted = count_range(range, &stmt->rounds);
	*type = range->a->type;
	type_unify(type, &range->b->type);
	return 0;
}

/* for ($kv : @map) */
static int check_each(struct checker *checker, struct stmt *stmt, struct type *type)
{
	if (stmt->value->kind == EXPR_MAP && !stmt->value->list)
		return check_map_each(checker, stmt->value, type);
	diag_error(&stmt->value->at, "write for ($kv : @map), or for ($i : 0..10)",
		   "'for' goes through a map or a range");
	return -1;
}

static int check_for(struct checker *checker, struct stmt *stmt)
{
	struct type type;
	int err;

	if (stmt->value->kind == EXPR_RANGE ? check_range(checker, stmt, &type) :
					      check_each(checker, stmt, &type))
		return -1;
	forget_values(checker);
	checker->loops++;
	enter_scope(checker);
	err = declare_variable(checker, stmt->target);
	if (!err) {
		stmt->target->variable->type = type;
		err = check_nested(checker, stmt->body);
	}
	leave_scope(checker);
	checker->loops--;
	return err;
}

static int check_loop(struct checker *checker, struct stmt *stmt)
{
	switch (stmt_word(stmt)) {
	case WORD_UNROLL:
		return check_unroll(checker, stmt);
	case WORD_WHILE:
		return check_while(checker, stmt);
	default:
		return check_for(checker, stmt);
	}
}

static int check_jump(struct checker *checker, struct stmt *stmt)
{
	if (stmt_word(stmt) == WORD_RETURN || checker->loops)
		return 0;
	diag_error(&stmt->at, "return ends the clause",
		   "'%s' outside of a loop", stmt->text);
	return -1;
}

static int check_stmt(struct checker *checker, struct stmt *stmt)
{
	if (stmt->kind == STMT_EXPR && is_choice(stmt->value))
		expand_choice(checker, stmt);
	switch (stmt->kind) {
	case STMT_ASSIGN:
		return check_assign(checker, stmt);
	case STMT_EXPR:
		return check_expr_stmt(checker, stmt);
	case STMT_IF:
		return check_if(checker, stmt);
	case STMT_LOOP:
		return check_loop(checker, stmt);
	case STMT_JUMP:
		return check_jump(checker, stmt);
	case STMT_BLOCK:
		return check_body(checker, stmt->body);
	}
	return -1;
}

static int check_body(struct checker *checker, struct stmt *body)
{
	int err;

	enter_scope(checker);
	err = check_stmts(checker, body);
	leave_scope(checker);
	return err;
}

/* All errors, not only the first; each statement by itself. */
static int check_stmts(struct checker *checker, struct stmt *stmt)
{
	int err = 0;

	for (; stmt; stmt = stmt->next) {
		if (check_stmt(checker, stmt)) {
			fail_targets(checker, stmt);
			err = -1;
		}
	}
	return err;
}

static int check_all(struct checker *checker, struct clause *clause)
{
	struct variable *variable;
	int err = 0;

	checker->failed_variables = NULL;
	for (variable = checker->variables; variable; variable = variable->next)
		variable->assigned = variable->is_open = false;
	if (clause->filter &&
	    (check_expr(checker, clause->filter) ||
	     require_int(clause->filter, "a filter")))
		err = -1;
	if (check_stmts(checker, clause->body))
		err = -1;
	return err;
}

/* How wide a variable is, is known when its last assignment was seen. */
static void learn_variables(struct checker *checker, struct clause *clause)
{
	bool was_muted = diag_mute(true);

	checker->variables = NULL;
	check_all(checker, clause);
	diag_mute(was_muted);
}

struct clause *check_clause(struct checker *checker, const struct clause *clause,
			    struct event *event)
{
	struct clause *copy;

	arena_free(&checker->tree);
	copy = clause_copy(&checker->tree, clause);
	checker->event = event;
	learn_variables(checker, copy);
	if (!check_all(checker, copy)) {
		copy->variables = checker->variables;
		return copy;
	}
	if (event->lenient && !checker->learning)
		diag_note(&event->point->at, NULL, "this is about %s:%s",
			  event->provider->name, event->targets[0]);
	return NULL;
}

void check_end(struct checker *checker)
{
	arena_free(&checker->tree);
}

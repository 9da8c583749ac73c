// SPDX-License-Identifier: GPL-2.0
/* Clauses and statements. */
#include <stdlib.h>
#include <string.h>

#include "check_parts.h"
#include "compile.h"
#include "provider/provider.h"

#define MAX_ROUNDS 100

static int check_stmts(struct checker *checker, struct stmt *stmt);

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

	for (i = 0; i < sizeof(compound_ops) / sizeof(compound_ops[0]); i++) {
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
	if (require_kept(value, "kept in a map") ||
	    check_map_assign(checker, stmt->target, &value->type))
		return -1;
	learn_sign(checker, stmt->target, value);
	return 0;
}

static int check_variable_value(struct checker *checker, struct stmt *stmt)
{
	struct expr *value = stmt->value;

	if (check_expr(checker, value) ||
	    (!expr_is_place(value) && require_value(value, "a variable")) ||
	    check_variable_assign(checker, stmt->target, &value->type))
		return -1;
	learn_sign(checker, stmt->target, value);
	stmt->target->variable->is_known = expr_is_const(value);
	stmt->target->variable->known = value->value;
	return 0;
}

static int check_assign(struct checker *checker, struct stmt *stmt)
{
	expand_compound(checker, stmt);
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

static int check_expr_stmt(struct checker *checker, struct stmt *stmt)
{
	struct expr *expr = stmt->value;

	if (check_expr(checker, expr))
		return -1;
	if (expr->type.kind == TYPE_ACTION)
		return 0;
	if (is_increment(expr)) {
		/* Nobody asks what it was before. */
		if (expr->op >= OP_POST_INC)
			expr->op -= OP_POST_INC - OP_PRE_INC;
		return 0;
	}
	diag_error(&stmt->at, "keep it in a map: @name = count()",
		   expr->type.kind == TYPE_AGGREGATE ?
		   "an aggregation must be assigned to a map" :
		   "this does nothing");
	return -1;
}

/*
 * Control
 */

static int check_nested(struct checker *checker, struct stmt *body)
{
	int err;

	checker->depth++;
	err = check_stmts(checker, body);
	checker->depth--;
	forget_values(checker);
	return err;
}

static int check_if(struct checker *checker, struct stmt *stmt)
{
	struct guard guard = { stmt->value, true, checker->guards };
	int err = 0;

	if (check_expr(checker, stmt->value) ||
	    require_int(stmt->value, "a condition"))
		err = -1;
	checker->guards = &guard;
	if (check_nested(checker, stmt->body))
		err = -1;
	guard.holds = false;
	if (check_nested(checker, stmt->otherwise))
		err = -1;
	checker->guards = guard.next;
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
	stmt->rounds = rounds;
	forget_values(checker);
	checker->loops++;
	err = check_nested(checker, stmt->body);
	checker->loops--;
	return err;
}

static int check_while(struct checker *checker, struct stmt *stmt)
{
	int err, rounds;

	if (check_expr(checker, stmt->value) ||
	    require_int(stmt->value, "a condition"))
		return -1;
	/* Assignments in the body must be in their final form. */
	checker->loops++;
	rounds = loop_rounds(stmt);
	forget_values(checker);
	err = check_nested(checker, stmt->body);
	checker->loops--;
	if (err)
		return err;
	stmt->rounds = rounds;
	if (rounds < 0) {
		diag_error(&stmt->at, "count with a variable: $i = 0; while ($i < 10) { .. $i++; }, or use unroll (10) { }",
			   "cannot tell how often this loop runs");
		return -1;
	}
	return 0;
}

static int check_loop(struct checker *checker, struct stmt *stmt)
{
	switch (stmt_word(stmt)) {
	case WORD_UNROLL:
		return check_unroll(checker, stmt);
	case WORD_WHILE:
		return check_while(checker, stmt);
	default:
		diag_error(&stmt->at, "print(@map) shows all of it; unroll (10) { } repeats",
			   "'%s' is not supported yet", stmt->text);
		return -1;
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
		return check_stmts(checker, stmt->body);
	}
	return -1;
}

/* "if (args.ret < 0) { return; }" */
static bool leaves_if(const struct stmt *stmt)
{
	return stmt->kind == STMT_IF && !stmt->otherwise && stmt->body &&
	       !stmt->body->next && stmt->body->kind == STMT_JUMP;
}

static void guard_rest(struct checker *checker, const struct stmt *stmt)
{
	struct guard *guard = arena_alloc(checker->arena, sizeof(*guard));

	*guard = (struct guard){ stmt->value, false, checker->guards };
	checker->guards = guard;
}

/* All errors, not only the first; each statement by itself. */
static int check_stmts(struct checker *checker, struct stmt *stmt)
{
	const struct guard *outer = checker->guards;
	int err = 0;

	for (; stmt; stmt = stmt->next) {
		if (check_stmt(checker, stmt)) {
			fail_targets(checker, stmt);
			err = -1;
		}
		if (leaves_if(stmt))
			guard_rest(checker, stmt);
	}
	checker->guards = outer;
	return err;
}

static int check_all(struct checker *checker, struct clause *clause)
{
	struct guard filter = { clause->filter, true, NULL };
	struct variable *variable;
	int err = 0;

	checker->failed_variables = NULL;
	checker->guards = NULL;
	for (variable = checker->variables; variable; variable = variable->next)
		variable->assigned = false;
	if (clause->filter &&
	    (check_expr(checker, clause->filter) ||
	     require_int(clause->filter, "a filter")))
		err = -1;
	if (clause->filter)
		checker->guards = &filter;
	if (check_stmts(checker, clause->body))
		err = -1;
	checker->guards = NULL;
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

int check_clause(struct checker *checker, struct clause *clause,
		 struct event *event)
{
	checker->event = event;
	learn_variables(checker, clause);
	if (!check_all(checker, clause)) {
		clause->variables = checker->variables;
		return 0;
	}
	if (event->lenient && !checker->learning)
		diag_note(&event->point->at, NULL, "this is about %s:%s",
			  event->provider->name, event->targets[0]);
	return -1;
}

// SPDX-License-Identifier: GPL-2.0
/* Functions are found, checked and called by what their rows say. */
#include <string.h>

#include "base/array.h"
#include "call.h"

static const struct function * const topics[] = {
	aggregate_functions, string_functions, address_functions,
	context_functions, time_functions, type_functions, map_functions,
	action_functions, parameter_functions,
};

const struct function *function_at(size_t n)
{
	const struct function *function;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(topics); i++)
		for (function = topics[i]; function->name; function++)
			if (!n--)
				return function;
	return NULL;
}

const struct function *function_find(const char *name)
{
	const struct function *function;
	size_t n;

	for (n = 0; (function = function_at(n)); n++)
		if (!strcmp(name, function->name))
			return function;
	return NULL;
}

/*
 * Checks
 */

int require_literal(const struct expr *expr, const char *what)
{
	if (expr->kind == EXPR_STRING)
		return 0;
	diag_error(&expr->at, "write it between double quotes",
		   "%s must be a string literal", what);
	return -1;
}

static int check_args(struct checker *checker, struct expr *expr)
{
	unsigned int nr = expr_list_len(expr->list);
	const struct function *function = expr->function;

	if (nr < function->min_args || nr > function->max_args) {
		diag_error(&expr->at,
			   arena_printf(checker->arena, "write %s",
					function->usage),
			   "%s() does not take %u argument%s", function->name,
			   nr, nr == 1 ? "" : "s");
		return -1;
	}
	return 0;
}

int check_call(struct checker *checker, struct expr *expr)
{
	expr->function = function_find(expr->text);
	if (!expr->function) {
		/* pid() is pid */
		if (builtin_find(expr->text) && !expr->list) {
			expr->kind = EXPR_NAME;
			return check_expr(checker, expr);
		}
		if (builtin_find(expr->text) && !refused_name(expr->text)) {
			diag_error(&expr->at,
				   arena_printf(checker->arena, "write %s",
						expr->text),
				   "'%s' is not a function", expr->text);
			return -1;
		}
		return refuse_name(checker, expr, "function");
	}
	if (check_args(checker, expr))
		return -1;
	return expr->function->check(checker, expr);
}

/*
 * Code
 */

/* The first that is no literal text. */
static const struct expr *argument(const struct expr *call)
{
	const struct expr *expr = call->list;

	while (expr->kind == EXPR_STRING)
		expr = expr->next;
	return expr;
}

void emit_argument(struct emitter *em, const struct expr *expr, int dst,
		   unsigned int depth)
{
	emit_to(em, argument(expr), dst, depth);
}

bool is_simple_call(const struct expr *expr)
{
	const struct expr *arg;

	if (!expr->function->is_simple)
		return false;
	for (arg = expr->list; arg; arg = arg->next)
		if (arg->kind != EXPR_STRING && !is_simple(arg))
			return false;
	return true;
}

void emit_helper(struct emitter *em, int fn, uint64_t argument, int dst)
{
	code_mov_imm(&em->code, BPF_REG_2, argument);
	code_call(&em->code, fn);
	code_mov(&em->code, dst, BPF_REG_0);
}

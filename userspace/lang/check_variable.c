// SPDX-License-Identifier: GPL-2.0
/* Variables: $name, seen from its first assignment on, to the end of the block. */
#include <string.h>

#include "check_parts.h"

static bool is_named(const struct variable *variable, const struct expr *expr)
{
	return !strcmp(variable->name, expr->text);
}

/* The one that is seen here; there is at most one of a name. */
struct variable *variable_of(const struct checker *checker, const struct expr *expr)
{
	struct variable *variable = checker->variables;

	while (variable && !(variable->is_open && is_named(variable, expr)))
		variable = variable->next;
	return variable;
}

/*
 * bpftrace 0.17 knew no scopes: what a block had assigned was seen behind it, too. Of
 * several, the last that was.
 */
static struct variable *find_closed(const struct checker *checker,
				    const struct expr *expr)
{
	struct variable *variable, *found = NULL;

	for (variable = checker->variables; variable; variable = variable->next)
		if (variable->assigned && is_named(variable, expr) &&
		    (!found || variable->closed > found->closed))
			found = variable;
	return found;
}

static bool stands_at(const struct variable *variable, const struct span *at)
{
	return variable->at.first_line == at->first_line &&
	       variable->at.first_column == at->first_column;
}

/* What an earlier pass has found there. */
static struct variable *find_declared(const struct checker *checker,
				      const struct expr *expr)
{
	struct variable *variable = checker->variables;

	while (variable && !(is_named(variable, expr) &&
			     stands_at(variable, &expr->at)))
		variable = variable->next;
	return variable;
}

static bool fits(const struct variable *variable, const struct type *type)
{
	return variable->type.kind == TYPE_NONE || type->kind == TYPE_NONE ||
	       type_same_kind(&variable->type, type);
}

void enter_scope(struct checker *checker)
{
	checker->scopes++;
}

void leave_scope(struct checker *checker)
{
	struct variable *variable = checker->variables;

	for (; variable; variable = variable->next)
		if (variable->is_open && variable->scope == checker->scopes) {
			variable->is_open = false;
			variable->closed = ++checker->closed;
		}
	checker->scopes--;
}

int check_variable_read(struct checker *checker, struct expr *expr)
{
	struct variable *variable = variable_of(checker, expr);

	if (!variable)
		variable = find_closed(checker, expr);
	if (!variable || !variable->assigned) {
		if (!is_first_failure(checker, expr->text))
			return -1;
		diag_error(&expr->at,
			   arena_printf(checker->arena, "assign it: %s = value;",
					expr->text),
			   "%s has no value here", expr->text);
		return -1;
	}
	expr->variable = variable;
	expr->type = variable->type;
	return 0;
}

static struct variable *declare(struct checker *checker,
				const struct expr *expr)
{
	struct variable *variable = arena_alloc(checker->arena,
						sizeof(*variable));

	variable->name = expr->text;
	variable->at = expr->at;
	variable->next = checker->variables;
	checker->variables = variable;
	return variable;
}

static void open_variable(struct checker *checker, struct variable *variable)
{
	if (variable->is_open)
		return;
	variable->is_open = true;
	variable->scope = checker->scopes;
}

/* Of a name that was used in another block the type may be another one here. */
static struct variable *find_or_declare(struct checker *checker,
					const struct expr *expr,
					const struct type *type)
{
	struct variable *variable = variable_of(checker, expr);

	if (variable)
		return variable;
	variable = find_closed(checker, expr);
	if (!variable || variable->is_fixed || !fits(variable, type))
		variable = find_declared(checker, expr);
	return variable ? variable : declare(checker, expr);
}

int declare_variable(struct checker *checker, struct expr *expr)
{
	struct variable *variable = variable_of(checker, expr);

	if (variable) {
		diag_error(&expr->at, "use another name", "%s is declared already",
			   expr->text);
		diag_note(&variable->at, NULL, "%s is first used here", expr->text);
		return -1;
	}
	variable = find_declared(checker, expr);
	if (!variable)
		variable = declare(checker, expr);
	/* A number, if nobody ever assigns it. */
	if (variable->type.kind == TYPE_NONE && !diag_is_muted())
		variable->type = (struct type){ .kind = TYPE_INT, .is_signed = true };
	open_variable(checker, variable);
	variable->assigned = true;
	expr->variable = variable;
	return 0;
}

int check_variable_assign(struct checker *checker, struct expr *expr,
			  const struct type *type)
{
	struct variable *variable = find_or_declare(checker, expr, type);

	open_variable(checker, variable);
	if (variable->type.kind == TYPE_NONE)
		variable->type = type_copy(checker, type);
	if (type->kind != TYPE_NONE && !type_same_kind(&variable->type, type)) {
		diag_error(&expr->at, "use another name for the variable",
			   "%s is assigned %s here", expr->text,
			   type_name(type));
		diag_note(&variable->at, NULL, "%s is first assigned here, %s",
			  expr->text, type_name(&variable->type));
		return -1;
	}
	type_unify(&variable->type, type);
	/* Below a condition it may stay what it was: zero at first. */
	if (!variable->assigned && checker->depth)
		variable->needs_zero = true;
	variable->assigned = true;
	expr->variable = variable;
	expr->type = variable->type;
	return 0;
}

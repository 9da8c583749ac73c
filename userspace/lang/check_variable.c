// SPDX-License-Identifier: GPL-2.0
/* Variables: $name, seen by the whole clause from its first assignment on. */
#include <string.h>

#include "check_parts.h"

static struct variable *find(const struct checker *checker, const char *name)
{
	struct variable *variable = checker->variables;

	while (variable && strcmp(variable->name, name))
		variable = variable->next;
	return variable;
}

int check_variable_read(struct checker *checker, struct expr *expr)
{
	struct variable *variable = find(checker, expr->text);

	if (!variable || !variable->assigned) {
		if (has_failed(checker, expr->text))
			return -1;
		if (!diag_is_muted())
			set_failed(checker, expr->text);
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

int check_variable_assign(struct checker *checker, struct expr *expr,
			  const struct type *type)
{
	struct variable *variable = find(checker, expr->text);

	if (!variable)
		variable = declare(checker, expr);
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

// SPDX-License-Identifier: GPL-2.0
/*
 * One cause, one error: where a statement is refused, what it would have assigned
 * has no value, and nobody wants to hear of it again wherever that is read.
 */
#include <string.h>

#include "check_parts.h"

static struct failed **list_of(struct checker *checker, const char *name)
{
	return *name == '@' ? &checker->failed_maps : &checker->failed_variables;
}

static bool has_failed(const struct checker *checker, const char *name)
{
	const struct failed *failed = *name == '@' ? checker->failed_maps :
						     checker->failed_variables;

	while (failed && strcmp(failed->name, name))
		failed = failed->next;
	return failed && !checker->tell_all;
}

static void set_failed(struct checker *checker, const char *name)
{
	struct failed **list = list_of(checker, name);
	struct failed *failed;

	if (has_failed(checker, name))
		return;
	failed = arena_alloc(checker->arena, sizeof(*failed));
	failed->name = name;
	failed->next = *list;
	*list = failed;
}

bool is_first_failure(struct checker *checker, const char *name)
{
	if (has_failed(checker, name))
		return false;
	if (!diag_is_muted())
		set_failed(checker, name);
	return true;
}

static bool fail_target(const struct stmt *stmt, void *checker)
{
	const struct expr *target = stmt->target;

	/* @x++ */
	if (stmt->kind == STMT_EXPR && stmt->value->kind == EXPR_UNARY)
		target = stmt->value->a;
	if (target && (target->kind == EXPR_MAP || target->kind == EXPR_VARIABLE))
		set_failed(checker, target->text);
	return false;
}

void fail_targets(struct checker *checker, const struct stmt *stmt)
{
	const struct tree_question question = { .stmt = fail_target, .about = checker };

	tree_count_stmt(&question, stmt);
}

void check_skipped(struct checker *checker, const struct clause *clause)
{
	const struct stmt *stmt;

	for (stmt = clause->body; stmt; stmt = stmt->next)
		fail_targets(checker, stmt);
}

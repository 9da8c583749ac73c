// SPDX-License-Identifier: GPL-2.0
/* What a program asks for by getopt(), as its help tells it. */
#include <string.h>

#include "base/strset.h"
#include "compile.h"
#include "parameters.h"

struct search {
	struct arena *arena;
	struct strset seen;
	void (*visit)(const struct named_parameter *parameter, void *data);
	void *data;
};

/* As it would be given; NULL: it is a flag. */
static const char *value_text(struct arena *arena, const struct expr *value)
{
	switch (value ? value->kind : EXPR_BOOL) {
	case EXPR_STRING:
		return arena_strdup(arena, value->text);
	case EXPR_INT:
		return arena_printf(arena, "%lld", (long long)value->value);
	case EXPR_BOOL:
		return NULL;
	default:
		return "";
	}
}

static bool visit_getopt(const struct expr *expr, void *about)
{
	struct search *search = about;
	const struct expr *name = expr->list;
	const struct expr *value = name ? name->next : NULL;
	const struct expr *description = value ? value->next : NULL;
	struct named_parameter parameter = { 0 };

	if (expr->kind != EXPR_CALL || strcmp(expr->text, "getopt") ||
	    !name || name->kind != EXPR_STRING)
		return false;
	parameter.name = arena_strdup(search->arena, name->text);
	if (!strset_add(&search->seen, parameter.name))
		return false;
	parameter.value = value_text(search->arena, value);
	if (description && description->kind == EXPR_STRING)
		parameter.description = arena_strdup(search->arena, description->text);
	search->visit(&parameter, search->data);
	return true;
}

void parameters_visit(const struct program *program, struct arena *arena,
		      void (*visit)(const struct named_parameter *parameter, void *data),
		      void *data)
{
	struct search search = { .arena = arena, .visit = visit, .data = data };
	const struct tree_question getopts = { .expr = visit_getopt, .about = &search };
	const struct macro *macro;
	const struct clause *clause;

	for (macro = program->macros; macro; macro = macro->next)
		tree_count_expr(&getopts, macro->body);
	for (clause = program->clauses; clause; clause = clause->next) {
		tree_count_expr(&getopts, clause->filter);
		tree_count(&getopts, clause->body);
	}
	strset_free(&search.seen);
}

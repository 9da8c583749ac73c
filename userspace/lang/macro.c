// SPDX-License-Identifier: GPL-2.0
/*
 * A macro is a block that is copied to where it is used. In the copy its parameters are
 * what they stand for there: a variable or a map by its name, an expression as often as it
 * is written. Its own variables are nobody else's: each copy gives them names of its own.
 */
#include <string.h>

#include "macro.h"
#include "parse.h"
#include "prelude.h"

#define MAX_COPIES 4096		/* in one program */
#define MAX_DEPTH 32		/* of macros in macros */
/*
 * A parameter that is written twice doubles what it stands for, and a tree that is deeper
 * than any text could make it is walked by functions that call themselves.
 */
#define MAX_NODES 200000
#define MAX_LEVEL (2 * MAX_EXPR_DEPTH)

struct expansion {
	struct arena *arena;
	struct program *program;
	unsigned int copies;
	unsigned int depth;	/* of macros */
	unsigned int nodes;	/* copied so far */
	unsigned int level;	/* of the expression */
	bool failed;		/* and an error says why */
};

/**
 * struct use - of a macro
 * @copy: of its body; first, see use_of()
 * @arguments: in the order of its parameters
 * @number: of this copy
 * @failed: and an error says why
 */
struct use {
	struct tree_copy copy;
	struct expansion *all;
	const struct macro *macro;
	const struct expr *arguments;
	unsigned int number;
	bool failed;
};

static struct use *use_of(struct tree_copy *copy)
{
	return (struct use *)copy;
}

static int expand_expr(struct expansion *all, struct expr *expr);
static int expand_stmts(struct expansion *all, struct stmt *stmt);

/*
 * Copies
 */

/* What a name of the body stands for; NULL if it is no parameter. */
static const struct expr *argument_of(const struct use *use, enum expr_kind kind,
				      const char *name)
{
	const struct parameter *parameter = use->macro->parameters;
	const struct expr *argument = use->arguments;

	for (; parameter; parameter = parameter->next, argument = argument->next)
		if (parameter->kind == kind && !strcmp(parameter->name, name))
			return argument;
	return NULL;
}

/* Outside of a macro everything stays what it is. */
static void rename_place(struct use *use, struct expr *copy)
{
	const struct expr *argument;

	if (!use->macro)
		return;
	argument = argument_of(use, copy->kind, copy->text);
	if (argument) {
		copy->text = argument->text;
		return;
	}
	if (copy->kind == EXPR_VARIABLE) {
		copy->text = arena_printf(use->all->arena, "%s#%u", copy->text,
					  use->number);
		return;
	}
	diag_error(&copy->at, "make it a parameter: macro NAME(@map) { ... }",
		   "macro '%s' was not given %s", use->macro->name, copy->text);
	use->failed = true;
}

/* Return: whether it is not: then an error was reported. */
static bool is_within_limits(struct expansion *all, const struct expr *expr)
{
	if (all->level <= MAX_LEVEL && all->nodes <= MAX_NODES)
		return true;
	if (!all->failed)
		diag_error(&expr->at, "bind a parameter to a variable: let $x = x;",
			   "the macros of this program make it too large");
	all->failed = true;
	return false;
}

static struct expr *copy_argument(struct expansion *all, const struct expr *argument);

static struct expr *copy_part(struct use *use, const struct expr *expr)
{
	const struct expr *argument;
	struct expr *node;

	if (!is_within_limits(use->all, expr))
		return expr_int(use->all->arena, &expr->at, 0);
	argument = expr->kind == EXPR_NAME && use->macro ?
		   argument_of(use, EXPR_NAME, expr->text) : NULL;
	if (argument)
		return copy_argument(use->all, argument);
	node = tree_copy_expr(&use->copy, expr);
	if (node->kind == EXPR_VARIABLE || node->kind == EXPR_MAP)
		rename_place(use, node);
	return node;
}

static struct expr *copy_expr(struct tree_copy *copy, const struct expr *expr)
{
	struct use *use = use_of(copy);
	struct expr *node;

	use->all->level++;
	use->all->nodes++;
	node = copy_part(use, expr);
	node->label = expr->label;
	use->all->level--;
	return node;
}

/* It is of the text around the macro's use, and no name in it is a parameter. */
static struct expr *copy_argument(struct expansion *all, const struct expr *argument)
{
	struct use outside = {
		.copy = { .arena = all->arena, .expr = copy_expr },
		.all = all,
	};

	return copy_expr(&outside.copy, argument);
}

/*
 * Uses
 */

/*
 * One of a name; of several those with as many parameters come first. What is known
 * without is one of several forms: ppid is not ppid(task).
 */
static const struct macro *find(const struct expansion *all, const char *name,
				unsigned int nr)
{
	const struct macro *macro, *found = NULL;

	for (macro = all->program->macros; macro; macro = macro->next) {
		if (strcmp(macro->name, name))
			continue;
		if (parameter_list_len(macro->parameters) == nr)
			return macro;
		if (!macro->is_known)
			found = macro;
	}
	return found;
}

static int check_argument(const struct macro *macro,
			  const struct parameter *parameter,
			  const struct expr *argument)
{
	const char *what = parameter->kind == EXPR_MAP ? "a map" : "a variable";

	if (parameter->kind == EXPR_NAME ||
	    (argument->kind == parameter->kind && !argument->list))
		return 0;
	diag_error(&argument->at, NULL, "macro '%s' takes %s here, for its %s",
		   macro->name, what, parameter->name);
	diag_note(&parameter->at, NULL, "%s is declared here", parameter->name);
	return -1;
}

static int check_arguments(const struct macro *macro, const struct expr *expr)
{
	const struct parameter *parameter = macro->parameters;
	const struct expr *argument = expr->list;
	unsigned int wanted = parameter_list_len(parameter);
	unsigned int nr = expr_list_len(argument);
	int err = 0;

	if (nr != wanted) {
		diag_error(&expr->at, NULL, "macro '%s' takes %u argument%s, not %u",
			   macro->name, wanted, wanted == 1 ? "" : "s", nr);
		return -1;
	}
	for (; argument; argument = argument->next, parameter = parameter->next)
		if (check_argument(macro, parameter, argument))
			err = -1;
	return err;
}

static int check_room(const struct expansion *all, const struct expr *expr)
{
	if (all->copies < MAX_COPIES && all->depth < MAX_DEPTH)
		return 0;
	diag_error(&expr->at, "a macro cannot use itself",
		   all->depth == MAX_DEPTH ? "macros nest deeper than %d" :
		   "macros are used more than %d times",
		   all->depth == MAX_DEPTH ? MAX_DEPTH : MAX_COPIES);
	return -1;
}

static int use_macro(struct expansion *all, const struct macro *macro,
		     struct expr *expr)
{
	struct expr *next = expr->next, *copy;
	struct span at = expr->at;
	struct use use = {
		.copy = {
			.arena = all->arena, .expr = copy_expr,
			/* Nobody sees the text of what is known without. */
			.at = macro->is_known ? &at : NULL,
		},
		.all = all, .macro = macro, .arguments = expr->list,
	};
	int err;

	if (check_arguments(macro, expr) || check_room(all, expr))
		return -1;
	use.number = ++all->copies;
	copy = copy_expr(&use.copy, macro->body);
	if (use.failed || all->failed)
		return -1;
	*expr = *copy;
	expr->next = next;
	expr->at = at;
	all->depth++;
	err = expand_stmts(all, expr->body);
	all->depth--;
	return err;
}

/*
 * The walk
 */

static int expand_list(struct expansion *all, struct expr *list)
{
	for (; list; list = list->next)
		if (expand_expr(all, list))
			return -1;
	return 0;
}

static int expand_parts(struct expansion *all, struct expr *expr);

static int expand_expr(struct expansion *all, struct expr *expr)
{
	int err;

	if (!expr)
		return 0;
	all->level++;
	err = is_within_limits(all, expr) ? expand_parts(all, expr) : -1;
	all->level--;
	return err;
}

static int expand_parts(struct expansion *all, struct expr *expr)
{
	const struct macro *macro = NULL;

	if (expr->kind == EXPR_CALL || expr->kind == EXPR_NAME)
		macro = find(all, expr->text, expr_list_len(expr->list));
	if (expand_list(all, expr->list))
		return -1;
	if (macro)
		return use_macro(all, macro, expr);
	return expand_expr(all, expr->a) || expand_expr(all, expr->b) ||
	       expand_expr(all, expr->c) || expand_stmts(all, expr->body) ? -1 : 0;
}

static int expand_stmts(struct expansion *all, struct stmt *stmt)
{
	for (; stmt; stmt = stmt->next)
		if (expand_expr(all, stmt->target) || expand_expr(all, stmt->value) ||
		    expand_stmts(all, stmt->body) ||
		    expand_stmts(all, stmt->otherwise))
			return -1;
	return 0;
}

/* Behind the program's own. */
static int add_prelude(struct program *program, struct arena *arena)
{
	struct program known = { 0 };
	struct parse parse = { .arena = arena, .program = &known, .first_line = 1 };
	struct macro *macro;

	if (parse_file(&parse, prelude))
		return -1;
	for (macro = known.macros; macro; macro = macro->next)
		macro->is_known = true;
	program->macros = macro_append(program->macros, known.macros);
	return 0;
}

int macros_expand(struct program *program, struct arena *arena)
{
	struct expansion all = { .arena = arena, .program = program };
	struct clause *clause;

	if (add_prelude(program, arena))
		return -1;
	for (clause = program->clauses; clause; clause = clause->next)
		if (expand_expr(&all, clause->filter) ||
		    expand_stmts(&all, clause->body))
			return -1;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "idiom.h"

/* One map's uses, as far as they are those of the idiom. */
struct idiom {
	const char *map;
	struct unit *entry, *ret;
	struct stmt *start;	/* @map[tid] = nsecs */
	unsigned int uses;	/* of the map, all there are */
	unsigned int known;	/* of these: of the idiom */
	unsigned int elapsed;	/* nsecs - @map[tid] */
};

static bool is_name(const struct expr *expr, const char *name)
{
	return expr && expr->kind == EXPR_NAME && !strcmp(expr->text, name);
}

static bool is_map(const struct idiom *idiom, const struct expr *expr)
{
	return expr && expr->kind == EXPR_MAP &&
	       !strcmp(expr->text, idiom->map);
}

/* @map[tid] */
static bool is_time_of_entry(const struct idiom *idiom, const struct expr *expr)
{
	return is_map(idiom, expr) && is_name(expr->list, "tid") &&
	       !expr->list->next;
}

static bool is_elapsed(const struct idiom *idiom, const struct expr *expr)
{
	return expr->kind == EXPR_BINARY && expr->op == OP_SUB &&
	       is_name(expr->a, "nsecs") && is_time_of_entry(idiom, expr->b);
}

static bool is_call(const struct stmt *stmt, const char *name)
{
	return stmt->kind == STMT_EXPR && stmt->value->kind == EXPR_CALL &&
	       !strcmp(stmt->value->text, name) && stmt->value->list;
}

/* delete(@map[tid]) or delete(@map, tid) */
static bool is_delete(const struct idiom *idiom, const struct stmt *stmt)
{
	const struct expr *map;

	if (!is_call(stmt, "delete"))
		return false;
	map = stmt->value->list;
	if (is_time_of_entry(idiom, map))
		return !map->next;
	return is_map(idiom, map) && !map->list && is_name(map->next, "tid") &&
	       !map->next->next;
}

static bool is_clear(const struct idiom *idiom, const struct stmt *stmt)
{
	return is_call(stmt, "clear") && is_map(idiom, stmt->value->list) &&
	       !stmt->value->list->list;
}

static bool is_start(const struct idiom *idiom, const struct stmt *stmt)
{
	return stmt->kind == STMT_ASSIGN && !strcmp(stmt->text, "=") &&
	       is_time_of_entry(idiom, stmt->target) &&
	       is_name(stmt->value, "nsecs");
}

/*
 * Counting: what the idiom explains must be all there is.
 */

static void count_expr(struct idiom *idiom, const struct expr *expr)
{
	const struct expr *item;

	if (!expr)
		return;
	if (is_map(idiom, expr))
		idiom->uses++;
	if (is_elapsed(idiom, expr))
		idiom->elapsed++;
	count_expr(idiom, expr->a);
	count_expr(idiom, expr->b);
	count_expr(idiom, expr->c);
	for (item = expr->list; item; item = item->next)
		count_expr(idiom, item);
}

static void count_stmts(struct idiom *idiom, const struct stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		count_expr(idiom, stmt->target);
		count_expr(idiom, stmt->value);
		count_stmts(idiom, stmt->body);
		count_stmts(idiom, stmt->otherwise);
	}
}

static bool is_all(const struct event *events, enum provider_id provider)
{
	const struct event *event;

	for (event = events; event; event = event->next)
		if (event->provider != provider || event->pending)
			return false;
	return events;
}

/* The same functions, in the same order. */
static bool same_targets(const struct event *a, const struct event *b)
{
	size_t i;

	for (; a && b; a = a->next, b = b->next) {
		if (a->nr_targets != b->nr_targets)
			return false;
		for (i = 0; i < a->nr_targets; i++)
			if (strcmp(a->targets[i], b->targets[i]) ||
			    strchr(a->targets[i], '+'))
				return false;
	}
	return !a && !b;
}

static unsigned int count_deletes(const struct idiom *idiom,
				  const struct stmt *stmt)
{
	unsigned int nr = 0;

	for (; stmt; stmt = stmt->next)
		nr += is_delete(idiom, stmt) + count_deletes(idiom, stmt->body) +
		      count_deletes(idiom, stmt->otherwise);
	return nr;
}

/* The filter is @map[tid], or that comes first in it. */
static bool is_return(const struct idiom *idiom, const struct clause *clause)
{
	const struct expr *filter = clause->filter;

	while (filter && filter->kind == EXPR_BINARY && filter->op == OP_LAND)
		filter = filter->a;
	return is_time_of_entry(idiom, filter);
}

static void look_at(struct idiom *idiom, struct unit *unit)
{
	struct clause *clause = unit->clause;
	struct stmt *stmt;

	count_expr(idiom, clause->filter);
	count_stmts(idiom, clause->body);
	if (is_return(idiom, clause) && !idiom->ret &&
	    is_all(unit->events, PROVIDER_KRETPROBE)) {
		idiom->ret = unit;
		idiom->known += 1 + count_deletes(idiom, clause->body);
	}
	for (stmt = clause->body; stmt; stmt = stmt->next) {
		if (is_clear(idiom, stmt))
			idiom->known++;
		if (!is_start(idiom, stmt) || clause->filter || idiom->entry ||
		    !is_all(unit->events, PROVIDER_KPROBE))
			continue;
		idiom->entry = unit;
		idiom->start = stmt;
		idiom->known++;
	}
}

static bool is_complete(const struct idiom *idiom)
{
	return idiom->entry && idiom->ret && idiom->elapsed &&
	       idiom->known + idiom->elapsed == idiom->uses &&
	       count_deletes(idiom, idiom->ret->clause->body) &&
	       same_targets(idiom->entry->events, idiom->ret->events);
}

/*
 * Rewriting
 */

static void rewrite_expr(const struct idiom *idiom, struct expr *expr)
{
	struct expr *item;

	if (!expr)
		return;
	if (is_elapsed(idiom, expr)) {
		expr->kind = EXPR_NAME;
		expr->text = "duration";
		expr->a = expr->b = NULL;
		return;
	}
	rewrite_expr(idiom, expr->a);
	rewrite_expr(idiom, expr->b);
	rewrite_expr(idiom, expr->c);
	for (item = expr->list; item; item = item->next)
		rewrite_expr(idiom, item);
}

static void rewrite_stmts(const struct idiom *idiom, struct stmt **list)
{
	while (*list) {
		struct stmt *stmt = *list;

		if (is_delete(idiom, stmt) || is_clear(idiom, stmt) ||
		    stmt == idiom->start) {
			*list = stmt->next;
			continue;
		}
		rewrite_expr(idiom, stmt->target);
		rewrite_expr(idiom, stmt->value);
		rewrite_stmts(idiom, &stmt->body);
		rewrite_stmts(idiom, &stmt->otherwise);
		list = &stmt->next;
	}
}

/* "@map[tid] && x" is x. */
static void rewrite_filter(struct expr **filter)
{
	if ((*filter)->kind != EXPR_BINARY) {
		*filter = NULL;
		return;
	}
	while ((*filter)->a->kind == EXPR_BINARY &&
	       (*filter)->a->op == OP_LAND)
		filter = &(*filter)->a;
	*filter = (*filter)->b;
}

static void drop_unit(struct unit **units, const struct unit *gone)
{
	while (*units != gone)
		units = &(*units)->next;
	events_free(gone->events);
	*units = gone->next;
}

static void note(struct arena *arena, const struct idiom *idiom,
		 struct object *object)
{
	const char *sentence = arena_printf(arena,
		"%s[tid] is not kept: %s knows the time of entry of each call",
		idiom->map, idiom->ret->clause->points->text);

	object->notes = xrealloc(object->notes, object->nr_notes + 1,
				 sizeof(*object->notes));
	object->notes[object->nr_notes++] = xstrdup(sentence);
}

static void rewrite(struct arena *arena, struct idiom *idiom,
		    struct unit **units, struct object *object)
{
	struct unit *unit;

	rewrite_filter(&idiom->ret->clause->filter);
	for (unit = *units; unit; unit = unit->next) {
		rewrite_expr(idiom, unit->clause->filter);
		rewrite_stmts(idiom, &unit->clause->body);
	}
	if (!idiom->entry->clause->body)
		drop_unit(units, idiom->entry);
	note(arena, idiom, object);
}

static void try_map(struct arena *arena, const char *map, struct unit **units,
		    struct object *object)
{
	struct idiom idiom = { .map = map };
	struct unit *unit;

	for (unit = *units; unit; unit = unit->next)
		look_at(&idiom, unit);
	if (is_complete(&idiom))
		rewrite(arena, &idiom, units, object);
}

void idiom_timed_calls(struct arena *arena, struct unit **units,
		       struct object *object)
{
	struct unit *unit = *units, *next;
	const struct stmt *stmt;

	for (; unit; unit = next) {
		next = unit->next;
		for (stmt = unit->clause->body; stmt; stmt = stmt->next) {
			if (stmt->kind != STMT_ASSIGN ||
			    stmt->target->kind != EXPR_MAP)
				continue;
			try_map(arena, stmt->target->text, units, object);
		}
	}
}

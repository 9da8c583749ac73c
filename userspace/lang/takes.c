// SPDX-License-Identifier: GPL-2.0
/*
 * print(@x); clear(@x) is done when their records come: two requests, and what is
 * counted between them is gone. Where the one is always followed by the other they are
 * made one, a reading that empties the map; so each event is in one reading.
 *
 * What may stand between them is all that neither ends the clause, nor has to do with
 * the map by a record. What the clause does to the map in the kernel happens before any
 * record is looked at, in either case.
 *
 * Where a clear() only may follow, or stands in another clause, print/actions.c sees.
 */
#include <string.h>

#include "call/call.h"
#include "takes.h"

/* The call of print(), clear() or zero() that a statement is, of a whole map. */
static struct expr *whole_map_call(const struct stmt *stmt)
{
	struct expr *call = stmt->value;

	if (stmt->kind != STMT_EXPR || call->kind != EXPR_CALL || !call->function)
		return NULL;
	switch (call->function->action) {
	case ACTION_PRINT_MAP:
	case ACTION_CLEAR:
	case ACTION_ZERO:
		return call->list->kind == EXPR_MAP && !call->list->list ? call :
									   NULL;
	default:
		return NULL;
	}
}

static bool is_print(const struct expr *call)
{
	return call->function->action == ACTION_PRINT_MAP;
}

static bool is_exit(const struct stmt *stmt)
{
	return stmt->kind == STMT_EXPR && stmt->value->kind == EXPR_CALL &&
	       stmt->value->function &&
	       stmt->value->function->action == ACTION_EXIT;
}

static bool disturbs_one(const struct stmt *stmt, void *map)
{
	const struct expr *call = whole_map_call(stmt);

	return stmt->kind == STMT_JUMP || is_exit(stmt) ||
	       (call && call->list->map == *(const unsigned int *)map);
}

/* Whether what stands behind this may be left out, or finds another map. */
static bool disturbs(const struct stmt *stmt, unsigned int map)
{
	const struct tree_question question = { .stmt = disturbs_one, .about = &map };

	return tree_count_stmt(&question, stmt);
}

/* The clear() or zero() that always follows a print(), or NULL. */
static struct expr *find_clear(const struct object *object,
			       const struct stmt *print)
{
	const unsigned int map = print->value->list->map;
	const struct stmt *stmt;

	for (stmt = print->next; stmt; stmt = stmt->next) {
		struct expr *call = whole_map_call(stmt);

		if (call && call->list->map == map && !is_print(call))
			return object_take(&object->maps[map], call->function->action) ?
			       call : NULL;
		if (disturbs(stmt, map))
			return NULL;
	}
	return NULL;
}

static void mark(const struct object *object, struct stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		struct expr *call = whole_map_call(stmt), *clear;

		mark(object, stmt->body);
		mark(object, stmt->otherwise);
		if (!call || !is_print(call))
			continue;
		clear = find_clear(object, stmt);
		if (!clear)
			continue;
		call->take = object_take(&object->maps[call->list->map],
					 clear->function->action);
		clear->is_taken = true;
	}
}

void takes_find(const struct object *object, struct clause *clause)
{
	mark(object, clause->body);
}

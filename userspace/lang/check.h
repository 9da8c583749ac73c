/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names, types and maps.  A clause is checked once for each event that it is
 * attached to, since args differ; the findings in its nodes are those of the
 * last check.
 */
#ifndef KPCTL_CHECK_H
#define KPCTL_CHECK_H

#include "ast.h"
#include "resolve.h"

/* A map as its uses have it so far. */
struct map_decl {
	const char *name;
	struct span at;			/* first use */
	enum kps_map_kind kind;
	bool is_signed;
	struct kps_lhist lhist;
	unsigned int nr_key;
	struct type key[KPS_MAX_KEY_FIELDS];
};

struct checker {
	struct arena *arena;
	struct event *event;		/* what the clause is checked for */
	struct map_decl maps[KPS_MAX_MAPS];
	unsigned int nr_maps;
	bool quiet;			/* second pass: warnings were given */
};

/**
 * check_clause() - find out what a clause means for one event
 * @checker: collects the maps
 * @clause: whose nodes get their types
 * @event: decides about args and builtins
 *
 * Return: 0, or -1 after an error was reported.
 */
int check_clause(struct checker *checker, struct clause *clause,
		 struct event *event);

/* Bytes that a value takes in a key. */
unsigned int type_key_size(const struct type *type);

bool type_is_int(const struct type *type);
bool expr_is_const(const struct expr *expr);
bool enum_table_equal(const struct enum_table *a, const struct enum_table *b);

#endif

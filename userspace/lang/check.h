/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names, types and maps.  A clause is checked once for each event that it is
 * attached to, since args differ; the findings in its nodes are those of the
 * last check.
 */
#ifndef KPCTL_CHECK_H
#define KPCTL_CHECK_H

#include "ast.h"
#include "ctype.h"
#include "resolve.h"
#include "types.h"

/* A map as its uses have it so far. */
struct map_decl {
	const char *name;
	struct span at;			/* first use */
	enum kps_map_kind kind;
	bool is_signed;			/* of an aggregate */
	bool forgets;			/* delete() takes keys out of an aggregate */
	struct kps_lhist lhist;
	unsigned int bits;		/* of a hist() */
	struct type value;		/* KPS_MAP_VALUE; TYPE_NONE: never assigned */
	bool is_keyed;			/* .key is known: it was used, not only named */
	unsigned int nr_key;
	struct type key[KPS_MAX_KEY_FIELDS];
};

/* What an error says already: a map or variable that stays without a value for it. */
struct failed {
	const char *name;
	struct failed *next;
};

struct checker {
	struct arena *arena;		/* for what outlives the clause: maps and types */
	struct arena tree;		/* for the copy that is being checked */
	const struct compile_options *options;
	struct resolver *resolver;	/* for the kernel's symbols */
	struct ctypes *ctypes;
	struct event *event;		/* what the clause is checked for */
	struct map_decl maps[KPS_MAX_MAPS];
	unsigned int nr_maps;
	struct variable *variables;	/* of the clause */
	struct failed *failed_maps;
	struct failed *failed_variables; /* of the clause */
	bool tell_all;			/* of what follows from an error, too */
	unsigned int loops;		/* around the statement */
	unsigned int depth;		/* conditions that it depends on */
	unsigned int scopes;		/* blocks that it stands in */
	unsigned int closed;		/* variables whose blocks have ended */
	bool learning;			/* an early pass: nothing is reported */
	bool changed;			/* what is known of the maps, in this pass */
	bool quiet;			/* a late pass: warnings were given */
	bool warned_raw;		/* that nobody knows what a tracepoint has */
};

/**
 * check_clause() - find out what a clause means for one event
 * @checker: collects the maps
 * @clause: stays as it was parsed
 * @event: decides about args and builtins
 *
 * Maps may be read before the clause that assigns them stands in the text: the
 * caller makes passes with @checker->learning until nothing changes.
 *
 * Return: a copy of the clause, with types, that lives until the next call and
 * check_end(); NULL after an error was reported.
 */
struct clause *check_clause(struct checker *checker, const struct clause *clause,
			    struct event *event);

/* No clause is checked any more. */
void check_end(struct checker *checker);

/* A clause that cannot be checked: what it assigns has no value for that reason. */
void check_skipped(struct checker *checker, const struct clause *clause);

/* Every map that is named was assigned by some clause. */
int check_maps(const struct checker *checker);

#endif

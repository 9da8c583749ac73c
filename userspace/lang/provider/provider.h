/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Providers of events. One row says all about one: to add a provider is to add a file
 * with its row, and the row to the table of provider.c.
 */
#ifndef KPCTL_PROVIDER_H
#define KPCTL_PROVIDER_H

#include "lang/resolve.h"

#define MAX_PARTS 4

/* "kprobe:module:symbol#2+offset", cut at its colons. */
struct parts {
	const char *part[MAX_PARTS];
	unsigned int nr;
};

/* What a clause can have of an event. */
#define GIVES_TASK	(1 << 0)	/* whoever is current has caused it */
#define GIVES_FUNCTION	(1 << 1)
#define GIVES_ARGUMENTS	(1 << 2)	/* arg0 and its kin */
#define GIVES_RETURN	(1 << 3)	/* retval, duration */
#define GIVES_RECORD	(1 << 4)	/* args.FIELD */
#define GIVES_PLACE	(1 << 5)	/* it is in a file of user space */
#define GIVES_OPERANDS	(1 << 6)	/* its arguments are where the event says */

struct checker;
struct expr;
struct listing;

/**
 * struct provider - a row
 * @name: as in KPS_PROBE_A_PROVIDER, and in programs
 * @alias: "k"; or NULL
 * @formerly: as bpftrace once called it; or NULL
 * @usage: how a probe is written, for messages
 * @record: what programs call the record of an event; NULL: args
 * @gives: GIVES_*
 * @asks_module: @fields does, so that the module must be loaded
 * @is_listed_by_name: in a list of probes only if it is asked for by its name
 * @names_module: a list says of each what module it is in, "vmlinux" if none
 * @is_word: whether that is all of a probe, as BEGIN is, instead of @name and @alias; or
 *	NULL
 * @resolve: appends what @point means on this kernel to @found. Return: 0, or -1 after an
 *	error was reported.
 * @fields: of the record that comes with an event, where it gives one. Return: 0 or
 *	-errno.
 * @arguments: what arg0 and its kin are in an event of it, for a list, where it gives no
 *	record; NULL: nobody knows
 * @check_argument: whether argN has a meaning in an event of it, where it gives arguments;
 *	NULL: it has. Return: 0, or -1 after an error was reported.
 * @list: calls list_one() for each probe; NULL: there is no list of them
 */
struct provider {
	const char *name;
	const char *alias;
	const char *formerly;
	const char *usage;
	const char *record;
	unsigned int gives;
	bool asks_module;
	bool is_listed_by_name;
	bool names_module;
	bool (*is_word)(const char *word);
	int (*resolve)(struct resolver *resolver,
		       const struct provider *provider,
		       const struct attach_point *point,
		       const struct parts *parts, struct event **found);
	int (*fields)(const char *target, struct event_fields *fields);
	int (*arguments)(const char *target, struct event_fields *fields);
	int (*check_argument)(struct checker *checker, const struct expr *expr);
	void (*list)(struct listing *listing, const struct provider *provider);
};

extern const struct provider kprobe_provider;
extern const struct provider kretprobe_provider;
extern const struct provider fentry_provider;
extern const struct provider fexit_provider;
extern const struct provider syscall_provider;
extern const struct provider tracepoint_provider;
extern const struct provider rawtracepoint_provider;
extern const struct provider conntrack_provider;
extern const struct provider profile_provider;
extern const struct provider interval_provider;
extern const struct provider software_provider;
extern const struct provider hardware_provider;
extern const struct provider watchpoint_provider;
extern const struct provider special_provider;
extern const struct provider iter_provider;
extern const struct provider uprobe_provider;
extern const struct provider uretprobe_provider;
extern const struct provider usdt_provider;

/* The n-th; NULL after the last */
const struct provider *provider_at(size_t n);
/* By its name or alias; NULL: there is none */
const struct provider *provider_find(const char *name);
/* The remedy, if it is a provider of bpftrace's that kpstat has not; or NULL */
const char *refused_provider(const char *name);

/* provider.c: what several of them need */

bool is_glob(const char *text);
struct event *new_event(struct resolver *resolver,
			const struct attach_point *point,
			const struct provider *provider);
void append_event(struct event **events, struct event *event);
void add_target(struct arena *arena, struct event *event,
		const char *target);
/* The only one. */
void set_target(struct arena *arena, struct event *event,
		const char *target);

typedef void (*diag_report)(const struct span *at, const char *hint,
			    const char *fmt, ...);

/* What is said of a probe that does not exist, and what comes of it. */
diag_report missing_report(const struct resolver *resolver);
int missing_result(const struct resolver *resolver);
int refuse_too_many(const struct resolver *resolver,
		    const struct attach_point *point, size_t nr);

/* tracepoint.c */
int refuse_no_tracefs(const struct attach_point *point);

/* resolve.c */

struct listing {
	struct arena arena;
	const char *glob;		/* of full names; NULL: all */
	const char *word;		/* as it was given, if it has no colon; or NULL */
	bool with_fields;
	size_t nr;
	probe_visit visit;
	void *data;
};

/* @name is what a pattern is held against, @target what is listed. */
void list_one(struct listing *listing, const struct provider *provider,
	      const char *name, const char *target);

#endif

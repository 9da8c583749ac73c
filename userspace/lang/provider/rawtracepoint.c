// SPDX-License-Identifier: GPL-2.0
/* Tracepoints with the arguments that they are called with, not with fields. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/near.h"
#include "base/xalloc.h"
#include "kernel/tracefs.h"
#include "ktypes/ktypes.h"
#include "lang/builtins.h"
#include "lang/check.h"
#include "prototype.h"
#include "provider.h"

struct raw_search {
	struct resolver *resolver;
	struct strset seen;
	struct event *event;		/* gets the targets */
	struct near near;
	const char *glob;
};

/* The events of system calls share two tracepoints; they have none of their own. */
static bool has_tracepoint(const char *system)
{
	return strcmp(system, "syscalls") && strcmp(system, "ftrace");
}

static void add_raw(const char *system, const char *name, void *data)
{
	struct raw_search *search = data;
	const char *kept = arena_strdup(search->resolver->arena, name);

	if (has_tracepoint(system) && strset_add(&search->seen, kept))
		add_target(search->resolver->arena, search->event, kept);
}

static void offer_raw(const char *system, const char *name, void *data)
{
	struct raw_search *search = data;

	if (has_tracepoint(system))
		near_offer(&search->near,
			   arena_strdup(search->resolver->arena, name));
}

static int refuse_raw(struct raw_search *search,
		      const struct attach_point *point)
{
	const char *hint;

	tracefs_each("*", "*", offer_raw, search);
	hint = near_hint(search->resolver->arena, &search->near);
	missing_report(search->resolver)(&point->at, hint ? hint :
					 "list what there is with kpctl probes 'rawtracepoint:*'",
					 "this kernel has no tracepoint '%s'",
					 search->glob);
	return missing_result(search->resolver);
}

/* "rawtracepoint:EVENT", or with the module in between as newer bpftraces. */
static int resolve_rawtracepoint(struct resolver *resolver,
				 const struct provider *provider,
				 const struct attach_point *point,
				 const struct parts *parts,
				 struct event **found)
{
	struct raw_search search = {
		.resolver = resolver,
		.event = new_event(resolver, point, provider),
		.glob = parts->part[parts->nr - 1],
		.near.word = parts->part[parts->nr - 1],
	};

	if (parts->nr < 2 || !*search.glob) {
		diag_error(&point->at, "write rawtracepoint:EVENT",
			   "'%s' does not name a tracepoint", point->text);
		return -1;
	}
	if (tracefs_each("*", search.glob, add_raw, &search))
		return refuse_no_tracefs(point);
	strset_free(&search.seen);
	if (!search.event->nr_targets)
		return refuse_raw(&search, point);
	if (search.event->nr_targets > resolver->max_probes)
		return refuse_too_many(resolver, point,
				       search.event->nr_targets);
	search.event->lenient = is_glob(search.glob);
	*found = search.event;
	return 0;
}

/* Of a tracepoint's arguments, those that come in registers: see the module. */
#define RAW_ARGUMENTS 5

static void warn_of_unknown(struct checker *checker, const struct expr *expr,
			    const char *tracepoint)
{
	if (checker->quiet || checker->warned_raw || diag_is_muted())
		return;
	checker->warned_raw = true;
	diag_warning(&expr->at, "see its TP_PROTO in the kernel's include/trace/events",
		     "kpctl does not know how many arguments '%s' has: an argN beyond them is some other value",
		     tracepoint);
}

/* Behind the last argument are registers that hold something else. */
static int check_raw_argument(struct checker *checker, const struct expr *expr)
{
	const struct event *event = checker->event;
	int n = argument_number(expr->builtin);
	size_t i;

	if (n >= RAW_ARGUMENTS) {
		diag_error(&expr->at, "use a kprobe, or args.FIELD of the tracepoint",
			   "a rawtracepoint has arg0 to arg%d at most",
			   RAW_ARGUMENTS - 1);
		return -1;
	}
	for (i = 0; i < event->nr_targets; i++) {
		const char *tracepoint = event->targets[i];
		int nr = ktypes_tracepoint(tracepoint);

		if (nr < 0) {
			warn_of_unknown(checker, expr, tracepoint);
		} else if (n >= nr) {
			diag_error(&expr->at, nr ? "they begin with arg0" :
				   "leave it out",
				   "tracepoint '%s' has %d argument%s, so there is no %s",
				   tracepoint, nr, nr == 1 ? "" : "s",
				   expr->builtin->name);
			return -1;
		}
	}
	return 0;
}

/*
 * As the function has them that calls a tracepoint's probes; the first of them is the
 * probe's own.
 */
static int raw_fields(const char *target, struct event_fields *fields)
{
	static const char * const callers[] = { "__traceiter_", "__probestub_" };
	int err = -ENOENT;
	char *function;
	size_t i;

	for (i = 0; err && i < ARRAY_SIZE(callers); i++) {
		function = xasprintf("%s%s", callers[i], target);
		err = prototype_fields(function, 1, fields);
		free(function);
	}
	return err;
}

struct raw_listing {
	struct listing *listing;
	struct strset seen;
};

static void list_raw(const char *system, const char *name, void *data)
{
	struct raw_listing *raw = data;
	const char *kept = arena_strdup(&raw->listing->arena, name);

	if (has_tracepoint(system) && strset_add(&raw->seen, kept))
		list_one(raw->listing, &rawtracepoint_provider, kept, kept);
}

static void list_rawtracepoints(struct listing *listing,
				const struct provider *provider)
{
	struct raw_listing raw = { .listing = listing };

	(void)provider;
	tracefs_each("*", "*", list_raw, &raw);
	strset_free(&raw.seen);
}

const struct provider rawtracepoint_provider = {
	.name = "rawtracepoint",
	.alias = "rt",
	.usage = "rawtracepoint:EVENT",
	.gives = GIVES_TASK | GIVES_ARGUMENTS | GIVES_RECORD,
	.resolve = resolve_rawtracepoint,
	.fields = raw_fields,
	.check_argument = check_raw_argument,
	.list = list_rawtracepoints,
	.is_listed_by_name = true,
};

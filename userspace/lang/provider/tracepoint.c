// SPDX-License-Identifier: GPL-2.0
/* Tracepoints, of which tracefs knows the fields. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "base/xalloc.h"
#include "kernel/tracefs.h"
#include "provider.h"

struct tracepoint_search {
	struct resolver *resolver;
	const struct attach_point *point;
	struct event *found;
	size_t nr;
	bool glob;
};

static void add_tracepoint(const char *system, const char *name, void *data)
{
	struct tracepoint_search *search = data;
	struct resolver *resolver = search->resolver;
	struct event *event;

	if (search->nr++ >= resolver->max_probes)
		return;
	event = new_event(resolver, search->point, &tracepoint_provider);
	event->lenient = search->glob;
	set_target(resolver->arena, event,
		   arena_printf(resolver->arena, "%s:%s", system, name));
	if (tracefs_event_id(system, name, &event->event_id) && search->glob) {
		search->nr--;
		return;
	}
	append_event(&search->found, event);
}

struct near_search {
	struct arena *arena;
	struct near near;
};

static void offer_tracepoint(const char *system, const char *name, void *data)
{
	struct near_search *search = data;

	near_offer(&search->near, arena_printf(search->arena, "%s:%s", system,
					       name));
}

static int refuse_tracepoint(struct resolver *resolver,
			     const struct attach_point *point,
			     const char *system, const char *name)
{
	struct near_search search = {
		.arena = resolver->arena,
		.near.word = arena_printf(resolver->arena, "%s:%s", system,
					  name),
	};
	const char *hint;

	tracefs_each("*", "*", offer_tracepoint, &search);
	hint = near_hint(resolver->arena, &search.near);
	missing_report(resolver)(&point->at, hint ? hint :
				 "list what there is with kpctl probes 'tracepoint:*'",
				 "this kernel has no tracepoint '%s'",
				 search.near.word);
	return missing_result(resolver);
}

int refuse_no_tracefs(const struct attach_point *point)
{
	diag_error(&point->at,
		   "as root: mount -t tracefs tracefs /sys/kernel/tracing",
		   "tracepoints are described by tracefs, which is not mounted or not readable");
	return -1;
}

static int resolve_tracepoint(struct resolver *resolver,
			      const struct provider *provider,
			      const struct attach_point *point,
			      const struct parts *parts, struct event **found)
{
	struct tracepoint_search search = { resolver, point, NULL, 0, false };

	(void)provider;
	if (parts->nr != 3 || !*parts->part[1] || !*parts->part[2]) {
		diag_error(&point->at, "write tracepoint:SYSTEM:EVENT",
			   "'%s' does not name a tracepoint", point->text);
		return -1;
	}
	if (!tracefs_dir())
		return refuse_no_tracefs(point);
	search.glob = is_glob(parts->part[1]) || is_glob(parts->part[2]);
	if (search.glob)
		tracefs_each(parts->part[1], parts->part[2], add_tracepoint,
			     &search);
	else if (tracefs_has(parts->part[1], parts->part[2]))
		add_tracepoint(parts->part[1], parts->part[2], &search);
	if (!search.nr)
		return refuse_tracepoint(resolver, point, parts->part[1],
					 parts->part[2]);
	if (search.nr > resolver->max_probes)
		return refuse_too_many(resolver, point, search.nr);
	append_event(found, search.found);
	return 0;
}

static int tracepoint_fields(const char *target, struct event_fields *fields)
{
	size_t len = strcspn(target, ":");
	char *system;
	int err;

	if (!target[len])
		return -ENOENT;
	system = xstrdup(target);
	system[len] = '\0';
	err = tracefs_event_fields(system, system + len + 1, fields);
	free(system);
	return err;
}

static void list_tracepoint(const char *system, const char *event, void *data)
{
	struct listing *listing = data;
	const char *target = arena_printf(&listing->arena, "%s:%s", system,
					  event);

	list_one(listing, &tracepoint_provider, target, target);
}

static void list_tracepoints(struct listing *listing,
			     const struct provider *provider)
{
	(void)provider;
	tracefs_each("*", "*", list_tracepoint, listing);
}

const struct provider tracepoint_provider = {
	.name = "tracepoint",
	.alias = "t",
	.usage = "tracepoint:SYSTEM:EVENT",
	.gives = GIVES_TASK | GIVES_RECORD,
	.resolve = resolve_tracepoint,
	.fields = tracepoint_fields,
	.list = list_tracepoints,
};

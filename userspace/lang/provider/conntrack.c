// SPDX-License-Identifier: GPL-2.0
/* Connections of the kernel's firewall, which the module tells of. */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/array.h"
#include "provider.h"

static const char * const conntrack_events[] = { "new", "destroy", "full" };

static int resolve_conntrack(struct resolver *resolver,
			     const struct provider *provider,
			     const struct attach_point *point,
			     const struct parts *parts, struct event **found)
{
	const char *name = parts->nr == 2 ? parts->part[1] : "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(conntrack_events); i++) {
		struct event *event;

		if (fnmatch(name, conntrack_events[i], 0))
			continue;
		event = new_event(resolver, point, provider);
		set_target(resolver->arena, event, conntrack_events[i]);
		append_event(found, event);
	}
	if (*found)
		return 0;
	diag_error(&point->at, "the events are conntrack:new, conntrack:destroy and conntrack:full",
		   "'%s' is not an event of conntrack", point->text);
	return -1;
}

static int conntrack_fields(const char *target, struct event_fields *fields)
{
	struct arena arena = { 0 };
	int err = provider_event_fields(arena_printf(&arena, "conntrack:%s",
						     target), fields);

	arena_free(&arena);
	return err;
}

static void list_conntrack(struct listing *listing,
			   const struct provider *provider)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(conntrack_events); i++)
		list_one(listing, provider, conntrack_events[i],
			 conntrack_events[i]);
}

const struct provider conntrack_provider = {
	.name = "conntrack",
	.usage = "conntrack:EVENT",
	.gives = GIVES_RECORD,
	.asks_module = true,
	.resolve = resolve_conntrack,
	.fields = conntrack_fields,
	.list = list_conntrack,
};

// SPDX-License-Identifier: GPL-2.0
/* profile, on each CPU, and interval, on one. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "lang/parse.h"
#include "provider.h"

static const struct {
	const char *name;
	uint64_t ns;		/* 0: a frequency */
} time_units[] = {
	{ "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 },
	{ "hz", 0 },
};

static bool unit_ns(const char *name, uint64_t *ns)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(time_units); i++) {
		if (strcmp(name, time_units[i].name))
			continue;
		*ns = time_units[i].ns;
		return true;
	}
	return false;
}

/* What perf can be asked for, and an hour. */
#define MIN_PERIOD 10000ULL
#define MAX_PERIOD 3600000000000ULL

static int refuse_timer(const struct attach_point *point, const char *provider)
{
	diag_error(&point->at, "write interval:1s, interval:s:1 or profile:hz:99; units are s, ms, us and hz",
		   "'%s' is not %s:UNIT:NUMBER", point->text, provider);
	return -1;
}

static int check_period(const struct attach_point *point, uint64_t period)
{
	if (period >= MIN_PERIOD && period <= MAX_PERIOD)
		return 0;
	diag_error(&point->at, NULL, "a period is 10 microseconds to one hour");
	return -1;
}

/* interval:100ms; without a unit it is nanoseconds. */
static int resolve_duration(struct resolver *resolver, const struct provider *provider,
			    const struct attach_point *point, const char *text,
			    struct event **found)
{
	struct event *event = new_event(resolver, point, provider);
	uint64_t period;

	if (!isdigit((unsigned char)*text))
		return refuse_timer(point, provider->name);
	if (literal_int(resolver->arena, &point->at, text, &period) ||
	    check_period(point, period))
		return -1;
	event->name = arena_printf(resolver->arena, "%s:%s", provider->name, text);
	set_target(resolver->arena, event,
		   arena_printf(resolver->arena, "%llu", (unsigned long long)period));
	*found = event;
	return 0;
}

static int resolve_timer(struct resolver *resolver,
			 const struct provider *provider,
			 const struct attach_point *point,
			 const struct parts *parts, struct event **found)
{
	const char *name = provider->name;
	struct event *event = new_event(resolver, point, provider);
	unsigned long long number, period;
	uint64_t ns;
	char *end;

	if (parts->nr == 2)
		return resolve_duration(resolver, provider, point, parts->part[1], found);
	if (parts->nr != 3 || !unit_ns(parts->part[1], &ns))
		return refuse_timer(point, name);
	errno = 0;
	number = strtoull(parts->part[2], &end, 10);
	if (errno || *end || !number || number > MAX_PERIOD)
		return refuse_timer(point, name);
	if (ns && __builtin_mul_overflow(number, ns, &period))
		return refuse_timer(point, name);
	if (!ns)
		period = 1000000000 / number;
	if (check_period(point, period))
		return -1;
	event->name = arena_printf(resolver->arena, "%s:%s:%llu", name,
				   parts->part[1], number);
	set_target(resolver->arena, event, !ns && provider == &profile_provider ?
		   arena_printf(resolver->arena, "hz %llu", number) :
		   arena_printf(resolver->arena, "%llu", period));
	*found = event;
	return 0;
}

static void list_timers(struct listing *listing, const struct provider *provider)
{
	static const char * const units[] = { "hz", "ms", "s", "us" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		list_one(listing, provider, units[i],
			 arena_printf(&listing->arena, "%s:", units[i]));
}

const struct provider profile_provider = {
	.name = "profile",
	.alias = "p",
	.usage = "profile:UNIT:NUMBER or profile:DURATION",
	.gives = GIVES_TASK,
	.resolve = resolve_timer,
	.list = list_timers,
	.is_listed_by_name = true,
};

const struct provider interval_provider = {
	.name = "interval",
	.alias = "i",
	.usage = "interval:UNIT:NUMBER or interval:DURATION",
	.resolve = resolve_timer,
	.list = list_timers,
	.is_listed_by_name = true,
};

// SPDX-License-Identifier: GPL-2.0
/* What the kernel or the CPU counts by itself: software and hardware. */
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/near.h"
#include "lang/parse.h"
#include "provider.h"

/**
 * struct counter - an event of perf's
 * @alias: or NULL
 * @count: how many make one event of ours where the program does not say
 */
struct counter {
	const char *name;
	const char *alias;
	unsigned int event;
	uint64_t count;
};

/* Clocks are not asked of perf, see add_clock(). */
static const struct counter software[] = {
	{ "alignment-faults", NULL, PERF_COUNT_SW_ALIGNMENT_FAULTS, 1 },
	{ "bpf-output", NULL, PERF_COUNT_SW_BPF_OUTPUT, 1 },
	{ "context-switches", "cs", PERF_COUNT_SW_CONTEXT_SWITCHES, 1000 },
	{ "cpu-clock", "cpu", PERF_COUNT_SW_CPU_CLOCK, 1000000 },
	{ "cpu-migrations", NULL, PERF_COUNT_SW_CPU_MIGRATIONS, 1 },
	{ "dummy", NULL, PERF_COUNT_SW_DUMMY, 1 },
	{ "emulation-faults", NULL, PERF_COUNT_SW_EMULATION_FAULTS, 1 },
	{ "major-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1 },
	{ "minor-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MIN, 100 },
	{ "page-faults", "faults", PERF_COUNT_SW_PAGE_FAULTS, 100 },
	{ "task-clock", NULL, PERF_COUNT_SW_TASK_CLOCK, 1000000 },
	{ NULL }
};

static const struct counter hardware[] = {
	{ "backend-stalls", NULL, PERF_COUNT_HW_STALLED_CYCLES_BACKEND, 1000000 },
	{ "branch-instructions", "branches", PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000 },
	{ "branch-misses", NULL, PERF_COUNT_HW_BRANCH_MISSES, 100000 },
	{ "bus-cycles", NULL, PERF_COUNT_HW_BUS_CYCLES, 100000 },
	{ "cache-misses", NULL, PERF_COUNT_HW_CACHE_MISSES, 1000000 },
	{ "cache-references", NULL, PERF_COUNT_HW_CACHE_REFERENCES, 1000000 },
	{ "cpu-cycles", "cycles", PERF_COUNT_HW_CPU_CYCLES, 1000000 },
	{ "frontend-stalls", NULL, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 1000000 },
	{ "instructions", NULL, PERF_COUNT_HW_INSTRUCTIONS, 1000000 },
	{ "ref-cycles", NULL, PERF_COUNT_HW_REF_CPU_CYCLES, 1000000 },
	{ NULL }
};

static const struct counter *counters_of(const struct provider *provider)
{
	return provider == &software_provider ? software : hardware;
}

static bool is_called(const struct counter *counter, const char *name)
{
	return !strcmp(counter->name, name) ||
	       (counter->alias && !strcmp(counter->alias, name));
}

static const struct counter *find_counter(const struct provider *provider,
					  const char *name)
{
	const struct counter *counter = counters_of(provider);

	while (counter->name && !is_called(counter, name))
		counter++;
	return counter->name ? counter : NULL;
}

static int refuse_counter(struct resolver *resolver,
			  const struct attach_point *point,
			  const struct provider *provider, const char *name)
{
	const struct counter *counter = counters_of(provider);
	struct near near = { .word = name };
	const char *hint;

	for (; counter->name; counter++) {
		near_offer(&near, counter->name);
		if (counter->alias)
			near_offer(&near, counter->alias);
	}
	hint = near_hint(resolver->arena, &near);
	if (!hint)
		hint = arena_printf(resolver->arena,
				    "list what there is with kpctl probes '%s:*'",
				    provider->name);
	diag_error(&point->at, hint, "there is no %s event '%s'", provider->name, name);
	return -1;
}

/* As perf has it, the sign bit is not for counts. */
static int parse_count(struct resolver *resolver, const struct attach_point *point,
		       const char *text, uint64_t *count)
{
	if (!*text)
		return 0;
	if (literal_int(resolver->arena, &point->at, text, count))
		return -1;
	if (*count && *count <= INT64_MAX)
		return 0;
	diag_error(&point->at, NULL, "a count is 1 to 2^63 - 1");
	return -1;
}

static bool is_clock(const struct provider *provider, const struct counter *counter)
{
	return provider == &software_provider &&
	       (counter->event == PERF_COUNT_SW_CPU_CLOCK ||
		counter->event == PERF_COUNT_SW_TASK_CLOCK);
}

/*
 * On a CPU both clocks are time that passes, counted in nanoseconds: a profile is the
 * same, and says which of its periods it missed. perf takes 10 microseconds for less.
 */
#define MIN_PERIOD 10000
#define MAX_PERIOD 3600000000000ULL

static int set_clock(struct resolver *resolver, struct event *event, uint64_t period)
{
	if (period > MAX_PERIOD) {
		diag_error(&event->point->at, NULL,
			   "the count of a clock is nanoseconds, at most one hour's");
		return -1;
	}
	event->served_by = profile_provider.name;
	set_target(resolver->arena, event,
		   arena_printf(resolver->arena, "%llu", (unsigned long long)
				(period < MIN_PERIOD ? MIN_PERIOD : period)));
	return 0;
}

static int resolve_counter(struct resolver *resolver,
			   const struct provider *provider,
			   const struct attach_point *point,
			   const struct parts *parts, struct event **found)
{
	struct event *event = new_event(resolver, point, provider);
	const struct counter *counter;
	const char *text = parts->nr == 3 ? parts->part[2] : "";
	uint64_t count;

	if (parts->nr < 2 || parts->nr > 3 || !*parts->part[1]) {
		diag_error(&point->at,
			   arena_printf(resolver->arena, "write %s", provider->usage),
			   "'%s' does not name an event", point->text);
		return -1;
	}
	counter = find_counter(provider, parts->part[1]);
	if (!counter)
		return refuse_counter(resolver, point, provider, parts->part[1]);
	count = counter->count;
	if (parse_count(resolver, point, text, &count))
		return -1;
	event->name = arena_printf(resolver->arena, "%s:%s:%s", provider->name,
				   parts->part[1], text);
	if (is_clock(provider, counter)) {
		if (set_clock(resolver, event, count))
			return -1;
	} else {
		set_target(resolver->arena, event,
			   arena_printf(resolver->arena, "%u %llu", counter->event,
					(unsigned long long)count));
	}
	*found = event;
	return 0;
}

static void list_counter(struct listing *listing, const struct provider *provider,
			 const char *name)
{
	list_one(listing, provider, name, arena_printf(&listing->arena, "%s:", name));
}

static void list_counters(struct listing *listing, const struct provider *provider)
{
	const struct counter *counter = counters_of(provider);

	for (; counter->name; counter++) {
		list_counter(listing, provider, counter->name);
		if (counter->alias)
			list_counter(listing, provider, counter->alias);
	}
}

const struct provider software_provider = {
	.name = "software",
	.alias = "s",
	.usage = "software:EVENT:COUNT",
	.gives = GIVES_TASK,
	.resolve = resolve_counter,
	.list = list_counters,
};

const struct provider hardware_provider = {
	.name = "hardware",
	.alias = "h",
	.usage = "hardware:EVENT:COUNT",
	.gives = GIVES_TASK,
	.resolve = resolve_counter,
	.list = list_counters,
};

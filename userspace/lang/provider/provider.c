// SPDX-License-Identifier: GPL-2.0
/* The providers, those of bpftrace's that are refused, and what they share. */
#include <string.h>

#include "base/array.h"
#include "lang/builtins.h"
#include "lang/compile.h"
#include "provider.h"

/* In the order in which they are listed and suggested. */
static const struct provider * const providers[] = {
	&kprobe_provider, &kretprobe_provider, &fentry_provider, &fexit_provider,
	&syscall_provider, &tracepoint_provider, &rawtracepoint_provider,
	&uprobe_provider, &uretprobe_provider, &usdt_provider, &conntrack_provider,
	&profile_provider,
	&interval_provider, &software_provider, &hardware_provider,
	&watchpoint_provider, &iter_provider, &special_provider,
};

static const struct refusal refused_providers[] = {
	{ "asyncwatchpoint", "bpftrace has it no more: use watchpoint:ADDRESS:LENGTH:MODE" },
	{ "aw", "bpftrace has it no more: use watchpoint:ADDRESS:LENGTH:MODE" },
	{ "self", "use kpctl run -d SECS" }, { "bench", "use kpctl run -d SECS" },
	{ "test", "use kpctl run -d SECS" },
};

const struct provider *provider_at(size_t n)
{
	return n < ARRAY_SIZE(providers) ? providers[n] : NULL;
}

static bool is_called(const struct provider *provider, const char *name)
{
	if (provider->is_word)
		return provider->is_word(name);
	return !strcmp(name, provider->name) ||
	       (provider->alias && !strcmp(name, provider->alias)) ||
	       (provider->formerly && !strcmp(name, provider->formerly));
}

const struct provider *provider_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(providers); i++)
		if (is_called(providers[i], name))
			return providers[i];
	return NULL;
}

const char *refused_provider(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused_providers); i++)
		if (!strcmp(name, refused_providers[i].word))
			return refused_providers[i].hint;
	return NULL;
}

bool is_glob(const char *text)
{
	return strpbrk(text, "*?[");
}

struct event *new_event(struct resolver *resolver,
			const struct attach_point *point,
			const struct provider *provider)
{
	struct event *event = arena_alloc(resolver->arena, sizeof(*event));

	event->provider = provider;
	event->point = point;
	return event;
}

void append_event(struct event **events, struct event *event)
{
	while (*events)
		events = &(*events)->next;
	*events = event;
}

#define TARGETS_AT_ONCE 64

void add_target(struct arena *arena, struct event *event,
		const char *target)
{
	const char **grown;

	if (!(event->nr_targets % TARGETS_AT_ONCE)) {
		grown = arena_alloc(arena, (event->nr_targets + TARGETS_AT_ONCE) *
				    sizeof(*grown));
		if (event->nr_targets)
			memcpy(grown, event->targets,
			       event->nr_targets * sizeof(*grown));
		event->targets = grown;
	}
	event->targets[event->nr_targets++] = target;
}

void set_target(struct arena *arena, struct event *event,
		const char *target)
{
	event->targets = arena_alloc(arena, sizeof(*event->targets));
	event->targets[0] = target;
	event->nr_targets = 1;
}

static void say_nothing(const struct span *at, const char *hint, const char *fmt, ...)
{
	(void)at;
	(void)hint;
	(void)fmt;
}

/* What is said of a probe that does not exist. */
diag_report missing_report(const struct resolver *resolver)
{
	switch (resolver->options->missing_probes) {
	case MISSING_ERROR:
		return diag_error;
	case MISSING_WARN:
		return diag_warning;
	case MISSING_IGNORE:
		return say_nothing;
	default:
		return resolver->optional ? diag_warning : diag_error;
	}
}

/* What comes of it. */
int missing_result(const struct resolver *resolver)
{
	return missing_report(resolver) == diag_error ? -1 : 0;
}

int refuse_too_many(const struct resolver *resolver,
		    const struct attach_point *point, size_t nr)
{
	const char *hint = "narrow the pattern";

	if (nr <= KPS_MAX_SITES)
		hint = arena_printf(resolver->arena,
				    "narrow the pattern, or allow it with --max-probes %zu",
				    nr);
	diag_error(&point->at, hint,
		   "'%s' matches %zu probes, more than the limit of %u",
		   point->text, nr, resolver->max_probes);
	return -1;
}

// SPDX-License-Identifier: GPL-2.0
/* BEGIN and END: a program's own first and last event. */
#include <string.h>

#include "provider.h"

static const struct {
	const char *words[2];
	const char *target;
} events[] = {
	{ { "BEGIN", "begin" }, "begin" },
	{ { "END", "end" }, "end" },
};

static bool is_event(size_t i, const char *word)
{
	return !strcmp(word, events[i].words[0]) ||
	       !strcmp(word, events[i].words[1]);
}

static bool is_special(const char *word)
{
	return is_event(0, word) || is_event(1, word);
}

static int resolve_special(struct resolver *resolver,
			   const struct provider *provider,
			   const struct attach_point *point,
			   const struct parts *parts, struct event **found)
{
	size_t i = is_event(0, parts->part[0]) ? 0 : 1;

	*found = new_event(resolver, point, provider);
	(*found)->name = events[i].words[0];
	set_target(resolver->arena, *found, events[i].target);
	return 0;
}

const struct provider special_provider = {
	.name = "special",
	.usage = "BEGIN, END",
	.is_word = is_special,
	.resolve = resolve_special,
};

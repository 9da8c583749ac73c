// SPDX-License-Identifier: GPL-2.0
/* Functions by a pattern, and the list of all. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "function.h"

static bool matches(const struct function_spec *spec,
		    const struct symbol *symbol)
{
	if (spec->module && fnmatch(spec->module, symbol_module(symbol), 0))
		return false;
	return !fnmatch(spec->symbol, symbol->name, 0);
}

/* A glob's matches by target, without those that share it with another. */
struct glob_matches {
	const char **targets;
	unsigned long long *addresses;
	size_t nr;
	size_t ambiguous;
};

static void find_matches(struct resolver *resolver,
			 const struct function_spec *spec,
			 struct glob_matches *found)
{
	struct kallsyms *ks = &resolver->kallsyms;
	const struct symbols *all = kallsyms_all(ks);
	struct strset seen = { 0 }, twice = { 0 };
	size_t i, kept = 0, room = 0;

	for (i = 0; i < all->nr; i++) {
		const struct symbol *symbol = &all->list[i];
		struct function_spec match = { .symbol = symbol->name };
		const char *target;

		if (!matches(spec, symbol) || !kallsyms_probeable(ks, symbol))
			continue;
		target = function_target(resolver->arena, &match,
					 symbol->module);
		if (!strset_add(&seen, target)) {
			strset_add(&twice, target);
			continue;
		}
		if (found->nr == room) {
			room = room ? room * 2 : 64;
			found->targets = xrealloc(found->targets, room,
						  sizeof(*found->targets));
			found->addresses = xrealloc(found->addresses, room,
						    sizeof(*found->addresses));
		}
		found->addresses[found->nr] = symbol_address(symbol);
		found->targets[found->nr++] = target;
	}
	for (i = 0; i < found->nr; i++) {
		if (strset_has(&twice, found->targets[i]))
			continue;
		found->addresses[kept] = found->addresses[i];
		found->targets[kept++] = found->targets[i];
	}
	found->ambiguous = found->nr - kept;
	found->nr = kept;
	strset_free(&seen);
	strset_free(&twice);
}

int functions_by_glob(struct resolver *resolver, struct event *event,
		      const struct function_spec *spec)
{
	struct glob_matches found = { 0 };
	int err = 0;

	kallsyms_load_traceable(&resolver->kallsyms);
	find_matches(resolver, spec, &found);
	if (!found.nr && found.ambiguous) {
		missing_report(resolver)(&event->point->at,
					 arena_printf(resolver->arena,
						      "choose one by its number: kpctl probes '%s' lists them as NAME#1, NAME#2",
						      event->point->text),
					 "each function that matches '%s' shares its name with another",
					 event->point->text);
		err = missing_result(resolver);
	} else if (!found.nr) {
		missing_report(resolver)(&event->point->at,
					 "list what there is with kpctl probes GLOB",
					 "no function that can be probed matches '%s'",
					 event->point->text);
		err = missing_result(resolver);
	} else if (found.nr > resolver->max_probes) {
		err = refuse_too_many(resolver, event->point, found.nr);
	} else {
		if (found.ambiguous)
			diag_warning(&event->point->at,
				     "choose one by its number: NAME#1, as kpctl probes lists them",
				     "skipped %zu ambiguous function name%s",
				     found.ambiguous,
				     found.ambiguous == 1 ? "" : "s");
		event->nr_targets = found.nr;
		event->lenient = true;
		event->targets = arena_alloc(resolver->arena, found.nr *
					     sizeof(*event->targets));
		memcpy(event->targets, found.targets,
		       found.nr * sizeof(*event->targets));
		event->addresses = arena_alloc(resolver->arena, found.nr *
					       sizeof(*event->addresses));
		memcpy(event->addresses, found.addresses,
		       found.nr * sizeof(*event->addresses));
	}
	free(found.targets);
	free(found.addresses);
	return err;
}

/* How many of them are @module's. */
static size_t count_in(const struct symbols *bearers, const char *module)
{
	size_t i, nr = 0;

	for (i = 0; i < bearers->nr; i++)
		nr += !strcmp(symbol_module(&bearers->list[i]), module);
	return nr;
}

/* As each of them can be written: with a number where the name is not enough. */
static void list_bearers(struct listing *listing, const struct provider *provider,
			 const struct symbols *bearers)
{
	size_t i, j;

	for (i = 0; i < bearers->nr; i++) {
		const struct symbol *symbol = &bearers->list[i];
		struct function_spec spec = { .symbol = symbol->name };
		const char *plain = function_target(&listing->arena, &spec,
						    symbol->module);

		if (count_in(bearers, symbol_module(symbol)) > 1)
			for (j = 0, spec.number = 1; j < i; j++)
				spec.number += !strcmp(symbol_module(&bearers->list[j]),
						       symbol_module(symbol));
		list_one(listing, provider, plain,
			 function_target(&listing->arena, &spec,
					 symbol->module));
	}
}

void list_system_calls(struct listing *listing, const struct provider *provider)
{
	struct kallsyms ks = { 0 };
	const struct symbols *all;
	const char *prefix;
	size_t i;

	if (kallsyms_load(&ks))
		return;
	prefix = arena_printf(&listing->arena, "%ssys_", system_call_prefix(&ks, &listing->arena));
	all = kallsyms_all(&ks);
	for (i = 0; i < all->nr; i++) {
		const char *name = all->list[i].name + strlen(prefix);

		if (!strncmp(all->list[i].name, prefix, strlen(prefix)))
			list_one(listing, provider, name, arena_strdup(&listing->arena, name));
	}
	kallsyms_free(&ks);
}

void list_functions(struct listing *listing,
		    const struct provider *provider)
{
	struct kallsyms ks = { 0 };
	const struct symbols *all;
	size_t i, nr;

	if (kallsyms_load(&ks))
		return;
	kallsyms_load_traceable(&ks);
	all = kallsyms_all(&ks);
	/* They are sorted by name. */
	for (i = 0; i < all->nr; i += nr) {
		struct symbols bearers = { .list = all->list + i };

		for (nr = 1; i + nr < all->nr; nr++)
			if (strcmp(all->list[i].name, all->list[i + nr].name))
				break;
		bearers.nr = nr;
		if (!kallsyms_probeable(&ks, bearers.list))
			continue;
		keep_distinct(&bearers);
		list_bearers(listing, provider, &bearers);
	}
	kallsyms_free(&ks);
}

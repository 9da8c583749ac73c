// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "compile.h"
#include "kernel/tracefs.h"
#include "provider/provider.h"
#include "provider/user_file.h"

static struct parts split(struct arena *arena, const char *text)
{
	struct parts parts = { .nr = 0 };
	char *copy = arena_strdup(arena, text);
	char *colon;

	for (;;) {
		parts.part[parts.nr++] = copy;
		colon = parts.nr < MAX_PARTS ? strchr(copy, ':') : NULL;
		if (!colon)
			return parts;
		*colon = '\0';
		copy = colon + 1;
	}
}

/* kprobe:$1: parameters of the command line. */
static const char *with_params(struct resolver *resolver, const char *text)
{
	const struct compile_options *options = resolver->options;
	const char *dollar = strchr(text, '$');
	unsigned long number;
	char *end;

	if (!dollar || dollar[1] < '1' || dollar[1] > '9')
		return text;
	number = strtoul(dollar + 1, &end, 10);
	return arena_printf(resolver->arena, "%.*s%s%s", (int)(dollar - text),
			    text, number <= options->nr_params ?
			    options->params[number - 1] : "",
			    with_params(resolver, end));
}

static void keep_first(const char *system, const char *event, void *data)
{
	char (*found)[KPS_TARGET_MAX] = data;

	if (!**found)
		snprintf(*found, sizeof(*found), "%s:%s", system, event);
}

/* "vfs_read { }": a function or an event, without the word before it. */
static const char *bare_name_hint(struct resolver *resolver, const char *name)
{
	char event[KPS_TARGET_MAX] = "";

	if (!*name || is_glob(name))
		return NULL;
	if (!kallsyms_load(&resolver->kallsyms) &&
	    kallsyms_forms(&resolver->kallsyms, NULL, name).nr)
		return arena_printf(resolver->arena, "write kprobe:%s", name);
	tracefs_each("*", name, keep_first, event);
	return *event ? arena_printf(resolver->arena, "write tracepoint:%s",
				     event) : NULL;
}

/* One that stands in a probe's name. */
static int check_params(const struct resolver *resolver,
			const struct attach_point *point)
{
	const char *dollar = point->text;
	unsigned long number;
	char *end;

	while ((dollar = strchr(dollar, '$')) && dollar[1] >= '1' &&
	       dollar[1] <= '9') {
		number = strtoul(dollar + 1, &end, 10);
		if (number > resolver->options->nr_params) {
			diag_error(&point->at, "parameters follow the program: kpctl run FILE.bt PARAMETER",
				   "parameter $%lu of the probe '%s' was not given",
				   number, point->text);
			return -1;
		}
		dollar = end;
	}
	return 0;
}

/* "probes are kprobe:FUNCTION, ..." */
static const char *usages(struct arena *arena)
{
	const char *all = "probes are";
	const struct provider *provider;
	size_t i;

	for (i = 0; (provider = provider_at(i)); i++)
		all = arena_printf(arena, "%s%s %s", all, i ? "," : "",
				   provider->usage);
	return all;
}

static int refuse_provider(struct resolver *resolver,
			   const struct attach_point *point, const char *name)
{
	const char *hint = refused_provider(name);
	const struct provider *provider;
	struct near near = { .word = name };
	size_t i;

	if (hint) {
		diag_error(&point->at, hint,
			   "probes of type '%s' are not supported", name);
		return -1;
	}
	hint = strchr(point->text, ':') ? NULL : bare_name_hint(resolver, name);
	if (hint) {
		diag_error(&point->at, hint, "'%s' does not say what it is a name of",
			   name);
		return -1;
	}
	for (i = 0; (provider = provider_at(i)); i++)
		if (!provider->is_word)
			near_offer(&near, provider->name);
	hint = near_hint(resolver->arena, &near);
	diag_error(&point->at, hint ? hint : usages(resolver->arena),
		   "there are no probes of type '%s'", name);
	return -1;
}

static int check_lengths(const struct attach_point *point,
			 const struct event *events)
{
	size_t i;

	for (; events; events = events->next)
		for (i = 0; i < events->nr_targets; i++)
			if (strlen(events->targets[i]) >= KPS_TARGET_MAX) {
				diag_error(&point->at, NULL,
					   "the name of this probe is too long");
				return -1;
			}
	return 0;
}

int resolve_point(struct resolver *resolver, const struct attach_point *point,
		  struct event **events)
{
	struct parts parts = split(resolver->arena,
				   with_params(resolver, point->text));
	const struct provider *provider = provider_find(parts.part[0]);
	struct event *found = NULL;
	int err;

	if (check_params(resolver, point))
		return -1;
	if (!provider || (provider->is_word && parts.nr > 1))
		return refuse_provider(resolver, point, parts.part[0]);
	err = provider->resolve(resolver, provider, point, &parts, &found);
	if (!err)
		err = check_lengths(point, found);
	if (!err && found)
		append_event(events, found);
	return err;
}

const struct event_fields *event_args(struct event *event,
				      const struct span *at)
{
	const struct provider *provider = event->provider;
	int err = 0;

	if (!event->nr_targets)		/* absent: see compile.c */
		return NULL;
	if (!event->has_fields)
		err = provider->fields(event->targets[0], &event->fields);
	event->has_fields = !err;
	if (!err)
		return &event->fields;
	if (provider->asks_module && err == -ENODEV)
		diag_error(at, "load it: modprobe kpstat (or insmod kpstat.ko)",
			   "the fields of %s:%s are described by the kpstat module, which is not loaded",
			   provider->name, event->targets[0]);
	else if (err == -ENOENT && provider->gives & GIVES_PLACE)
		diag_error(at, "the file's debug information tells them, or that of its debug file: write arg0, arg1 ..",
			   "the names of the arguments of '%s' are not known here",
			   event->targets[0]);
	else if (err == -ENOENT && provider->gives & (GIVES_FUNCTION | GIVES_ARGUMENTS))
		diag_error(at, "BTF tells them, of the functions of the kernel itself: write arg0, arg1 ..",
			   "the names of the arguments of '%s' are not known here",
			   event->targets[0]);
	else
		diag_error(at, NULL, "cannot read the fields of %s:%s: %s",
			   provider->name, event->targets[0], strerror(-err));
	return NULL;
}

void events_free(struct event *events)
{
	for (; events; events = events->next)
		if (events->has_fields)
			event_fields_free(&events->fields);
}

void resolver_free(struct resolver *resolver)
{
	kallsyms_free(&resolver->kallsyms);
	user_files_free(resolver->files);
}

/*
 * Listing
 */

/* "t:sched:*" is "tracepoint:sched:*"; a word without a provider is any's. */
static const char *full_glob(struct arena *arena, const char *glob)
{
	struct parts parts = split(arena, glob);
	const struct provider *provider = provider_find(parts.part[0]);

	if (provider && parts.nr > 1)
		return arena_printf(arena, "%s:%s", provider->name,
				    strchr(glob, ':') + 1);
	if (strchr(glob, ':') || *glob == '*')
		return glob;
	return arena_printf(arena, "*:%s", glob);
}

/* "conntrack*": all that the provider has. */
static bool names_provider(const struct listing *listing, const struct provider *provider)
{
	if (!listing->word || *listing->word == '*')
		return false;
	return provider->is_word ? provider->is_word(listing->word) :
				   !fnmatch(listing->word, provider->name, 0);
}

static bool is_listed(const struct listing *listing, const char *probe)
{
	return !listing->glob || !fnmatch(listing->glob, probe, 0);
}

static const char *full_name(struct arena *arena, const struct provider *provider,
			     const char *target)
{
	bool adds_module = provider->names_module && !strchr(target, ':');

	return arena_printf(arena, "%s:%s%s", provider->name,
			    adds_module ? "vmlinux:" : "", target);
}

/* Return: whether there are some. */
static bool listed_fields(const struct provider *provider, const char *target,
			  struct event_fields *fields)
{
	if (provider->arguments)
		return !provider->arguments(target, fields);
	return provider->fields && !provider->fields(target, fields);
}

void list_one(struct listing *listing, const struct provider *provider,
	      const char *name, const char *target)
{
	struct event_fields fields = { 0 };
	const char *probe = full_name(&listing->arena, provider, target);
	bool has_fields;

	if (!names_provider(listing, provider) && !is_listed(listing, probe) &&
	    !is_listed(listing, arena_printf(&listing->arena, "%s:%s",
					     provider->name, name)))
		return;
	has_fields = listing->with_fields && listed_fields(provider, target, &fields);
	listing->visit(probe, has_fields ? &fields : NULL, listing->data);
	listing->nr++;
	if (has_fields)
		event_fields_free(&fields);
}

/* May it match probes of that provider? */
static bool glob_is_of(const struct listing *listing,
		       const struct provider *provider)
{
	size_t len = strlen(provider->name);
	const char *glob = listing->glob;

	if (names_provider(listing, provider))
		return true;
	if (!glob || (is_glob(glob) && strcspn(glob, "*?[") < len))
		return !provider->is_listed_by_name;
	return !strncmp(glob, provider->name, len);
}

/* Of those that are without number. */
static void list_usage(struct listing *listing, const struct provider *provider)
{
	listing->visit(provider->is_word ? listing->word : provider->usage, NULL, listing->data);
	listing->nr++;
}

size_t probes_list(const char *glob, bool with_fields, probe_visit visit, void *data)
{
	struct listing listing = {
		.with_fields = with_fields, .visit = visit, .data = data,
	};
	const struct provider *provider;
	size_t i;

	if (glob) {
		listing.glob = full_glob(&listing.arena, glob);
		listing.word = strchr(glob, ':') ? NULL : glob;
	}
	for (i = 0; (provider = provider_at(i)); i++) {
		if (provider->list && glob_is_of(&listing, provider))
			provider->list(&listing, provider);
		else if (!provider->list && names_provider(&listing, provider))
			list_usage(&listing, provider);
	}
	arena_free(&listing.arena);
	return listing.nr;
}

/* "software:cs:10" and "interval:s:1" are listed as "software:cs:" and "interval:s:". */
static const char *listed_name(struct arena *arena, const struct event *event,
			       const char *target)
{
	const char *colon = event->name ? strchr(event->name, ':') : NULL;
	const char *second = colon ? strchr(colon + 1, ':') : NULL;

	if (!event->name)
		return full_name(arena, event->provider, target);
	return second && event->provider->list ?
		arena_strndup(arena, event->name, second + 1 - event->name) : event->name;
}

void event_list(struct arena *arena, const struct event *event, bool with_fields,
		probe_visit visit, void *data)
{
	const struct provider *provider = event->provider;
	size_t i;

	if (provider->is_word)
		return;
	for (i = 0; i < event->nr_targets; i++) {
		struct event_fields fields = { 0 };
		bool has_fields = with_fields &&
			listed_fields(provider, event->targets[i], &fields);

		visit(listed_name(arena, event, event->targets[i]),
		      has_fields ? &fields : NULL, data);
		if (has_fields)
			event_fields_free(&fields);
	}
}

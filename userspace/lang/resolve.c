// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/host.h"
#include "base/near.h"
#include "base/xalloc.h"
#include "compile.h"
#include "kernel/tracefs.h"
#include "resolve.h"

#define MAX_PARTS 4
#define MAX_CANDIDATES 8

/* "kprobe:module:symbol#2+offset", cut at its colons. */
struct parts {
	const char *part[MAX_PARTS];
	unsigned int nr;
};

static const char * const conntrack_events[] = { "new", "destroy", "full" };

static bool is_glob(const char *text)
{
	return strpbrk(text, "*?[");
}

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

static struct event *new_event(struct resolver *resolver,
			       const struct attach_point *point,
			       enum provider_id provider)
{
	struct event *event = arena_alloc(resolver->arena, sizeof(*event));

	event->provider = provider;
	event->point = point;
	return event;
}

static void append_event(struct event **events, struct event *event)
{
	while (*events)
		events = &(*events)->next;
	*events = event;
}

#define TARGETS_AT_ONCE 64

static void add_target(struct arena *arena, struct event *event,
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

static void set_target(struct arena *arena, struct event *event,
		       const char *target)
{
	event->targets = arena_alloc(arena, sizeof(*event->targets));
	event->targets[0] = target;
	event->nr_targets = 1;
}

typedef void (*diag_report)(const struct span *at, const char *hint,
			    const char *fmt, ...);

/* What is said of a probe that does not exist. */
static diag_report missing_report(const struct resolver *resolver)
{
	return resolver->optional ? diag_warning : diag_error;
}

/* What comes of it. */
static int missing_result(const struct resolver *resolver)
{
	return resolver->optional ? 0 : -1;
}

static int refuse_too_many(const struct resolver *resolver,
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

/*
 * Functions
 */

struct function_spec {
	const char *module;	/* NULL: any */
	const char *symbol;
	unsigned long number;	/* of those with that name, from 1; 0: the only one */
	unsigned long offset;
	bool has_offset;
};

/* Names that a function had in other kernels. */
static const struct {
	const char *name;
	const char *names[3];
} aliases[] = {
	{ "do_fork", { "kernel_clone", "_do_fork", "do_fork" } },
};

static const char *follow_alias(struct kallsyms *ks, const char *name)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (strcmp(name, aliases[i].name))
			continue;
		for (j = 0; j < 3; j++)
			if (kallsyms_named(ks, NULL, aliases[i].names[j]).nr)
				return aliases[i].names[j];
	}
	return name;
}

static const char *function_target(struct arena *arena,
				   const struct function_spec *spec,
				   const char *module)
{
	const char *target = spec->symbol;

	if (module)
		target = arena_printf(arena, "%s:%s", module, target);
	if (spec->number)
		target = arena_printf(arena, "%s#%lu", target, spec->number);
	if (spec->has_offset)
		target = arena_printf(arena, "%s+%lu", target, spec->offset);
	return target;
}

/*
 * "NAME SIZE USES BY STATE ADDRESS" of a module that neither comes nor goes: it may
 * have its functions in /proc/kallsyms then or not. NULL, or to be freed.
 */
static char *live_line(const char *module)
{
	char *text = host_read("/proc/modules", NULL), *save, *found = NULL;
	char *line = text ? strtok_r(text, "\n", &save) : NULL;
	size_t len = strlen(module);

	for (; line && !found; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, module, len) && line[len] == ' ' &&
		    strstr(line, " Live "))
			found = xstrdup(line);
	free(text);
	return found;
}

/* Another number when it has gone and come back, to the same place. */
static unsigned long module_number(const char *module)
{
	char name[KPS_TARGET_MAX + sizeof("/sys/module/")], *path;
	struct stat st = { 0 };

	snprintf(name, sizeof(name), "/sys/module/%s", module);
	path = host_path(name);
	if (stat(path, &st))
		st.st_ino = 0;
	free(path);
	return st.st_ino;
}

static bool has_now(const struct function_spec *spec)
{
	struct kallsyms now = { 0 };
	bool has;

	functions_forget();
	if (kallsyms_load(&now))
		return false;
	has = kallsyms_named(&now, spec->module, spec->symbol).nr;
	kallsyms_free(&now);
	return has;
}

/*
 * The two files are read one after the other, and modules come and go in
 * between: a function is said to be missing if its module was the same before
 * and after a look. If it never is, whether it has the function is for the kernel to say.
 */
#define MAX_LOOKS 4

static bool waits_for_module(const struct function_spec *spec)
{
	char *before = live_line(spec->module), *after;
	bool waits = !before, same = false;
	unsigned int i;

	for (i = 0; !waits && !same && i < MAX_LOOKS; i++) {
		unsigned long number = module_number(spec->module);

		waits = has_now(spec);
		after = live_line(spec->module);
		waits = waits || !after;
		same = after && !strcmp(before, after) &&
		       module_number(spec->module) == number;
		free(before);
		before = after;
	}
	free(before);
	return waits || !same;
}

/* "sys_openat": what the kernel calls it, and where its arguments have names. */
static const char *system_call_hint(struct resolver *resolver, const char *name)
{
	static const char * const prefixes[] = { "__x64_", "__arm64_", "" };
	const char *event = arena_printf(resolver->arena, "sys_enter_%s",
					 name + strlen("sys_"));
	const char *function;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		function = arena_printf(resolver->arena, "%s%s", prefixes[i],
					name);
		if (!kallsyms_named(&resolver->kallsyms, NULL, function).nr)
			continue;
		if (!tracefs_has("syscalls", event))
			return arena_printf(resolver->arena, "it is %s here",
					    function);
		return arena_printf(resolver->arena,
				    "it is %s here; its arguments have names in tracepoint:syscalls:%s",
				    function, event);
	}
	return NULL;
}

static const char *no_function_hint(struct resolver *resolver,
				    const struct function_spec *spec)
{
	const struct symbols *all = kallsyms_all(&resolver->kallsyms);
	struct near near = { .word = spec->symbol };
	const char *hint = NULL;
	size_t i;

	if (!strncmp(spec->symbol, "sys_", 4))
		hint = system_call_hint(resolver, spec->symbol);
	if (hint)
		return hint;
	for (i = 0; i < all->nr; i++)
		if (!spec->module ||
		    !strcmp(symbol_module(&all->list[i]), spec->module))
			near_offer(&near, all->list[i].name);
	hint = near_hint(resolver->arena, &near);
	if (hint || spec->module)
		return hint;
	return "if a module that is not loaded has it, write kprobe:MODULE:FUNCTION; it may also be inlined";
}

static int refuse_unknown(struct resolver *resolver,
			  const struct attach_point *point,
			  const struct function_spec *spec)
{
	const char *hint = no_function_hint(resolver, spec);
	diag_report report = missing_report(resolver);

	if (spec->module)
		report(&point->at, hint, "module '%s' has no function '%s'",
		       spec->module, spec->symbol);
	else
		report(&point->at, hint, "this kernel has no function '%s'",
		       spec->symbol);
	return missing_result(resolver);
}

/* The same address twice is one function. */
static void keep_distinct(struct symbols *bearers)
{
	unsigned long long address;
	size_t i, j, kept = 0;

	for (i = 0; i < bearers->nr; i++) {
		address = symbol_address(&bearers->list[i]);
		for (j = 0; address && j < kept; j++)
			if (symbol_address(&bearers->list[j]) == address)
				break;
		if (!address || j == kept)
			bearers->list[kept++] = bearers->list[i];
	}
	bearers->nr = kept;
}

static bool one_per_module(const struct symbols *bearers)
{
	struct strset modules = { 0 };
	bool unique = true;
	size_t i;

	for (i = 0; unique && i < bearers->nr; i++)
		unique = strset_add(&modules, symbol_module(&bearers->list[i]));
	strset_free(&modules);
	return unique;
}

static bool addresses_are_hidden(const struct symbols *bearers)
{
	return bearers->nr && !symbol_address(bearers->list);
}

static int refuse_ambiguous(struct resolver *resolver, const struct event *event,
			    const struct symbols *bearers, const char *name)
{
	const char *provider = providers[event->provider].name;
	bool by_module = one_per_module(bearers);
	const char *hint;
	size_t i;

	if (by_module)
		hint = "say which: MODULE:FUNCTION, where the kernel itself is vmlinux";
	else if (addresses_are_hidden(bearers))
		hint = "name a function that calls it, or use a tracepoint: to choose one its address must be seen (kernel.kptr_restrict)";
	else
		hint = arena_printf(resolver->arena,
				    "choose one: %s:%s#1, or by its address: %s:0x%llx",
				    provider, bearers->list[0].name, provider,
				    symbol_address(bearers->list));
	diag_error(&event->point->at, hint, "%zu functions are called '%s'",
		   bearers->nr, name);
	for (i = 0; i < MAX_CANDIDATES && i < bearers->nr; i++)
		diag_note(NULL, NULL, "candidate %zu of %zu: %s:%s at 0x%llx",
			  i + 1, bearers->nr, symbol_module(&bearers->list[i]),
			  bearers->list[i].name,
			  symbol_address(&bearers->list[i]));
	return -1;
}

static int check_offset(struct resolver *resolver,
			const struct attach_point *point,
			const struct function_spec *spec,
			const struct symbol *symbol)
{
	unsigned long long size = 0;

	if (spec->has_offset)
		size = kallsyms_size(&resolver->kallsyms, symbol);
	if (!size || spec->offset < size)
		return 0;
	diag_error(&point->at,
		   arena_printf(resolver->arena,
				"the function has %llu bytes", size),
		   "offset %lu is beyond the end of '%s'", spec->offset,
		   spec->symbol);
	return -1;
}

static int check_function(struct resolver *resolver,
			  const struct attach_point *point,
			  const struct function_spec *spec,
			  const struct symbol *symbol)
{
	if (kallsyms_forbids(&resolver->kallsyms, symbol->name)) {
		diag_error(&point->at,
			   "probe a function that calls it, or use a tracepoint",
			   "the kernel forbids probes in '%s': it is in the kprobes blacklist",
			   symbol->name);
		return -1;
	}
	return check_offset(resolver, point, spec, symbol);
}

static void warn_pending(struct resolver *resolver,
			 const struct attach_point *point,
			 const struct function_spec *spec)
{
	const struct symbols others = kallsyms_named(&resolver->kallsyms, NULL,
						     spec->symbol);
	const char *hint = "it attaches when the module is loaded";

	if (others.nr)
		hint = arena_printf(resolver->arena,
				    "%s; there is also %s:%s", hint,
				    symbol_module(others.list), spec->symbol);
	diag_warning(&point->at, hint, "module '%s' is not loaded",
		     spec->module);
}

static void add_function(struct resolver *resolver, struct event *event,
			 const struct function_spec *spec,
			 const struct symbol *symbol)
{
	struct arena *arena = resolver->arena;
	unsigned long long *grown = arena_alloc(arena, (event->nr_targets + 1) *
						sizeof(*grown));

	if (event->nr_targets)
		memcpy(grown, event->addresses,
		       event->nr_targets * sizeof(*grown));
	grown[event->nr_targets] = symbol_address(symbol);
	event->addresses = grown;
	add_target(arena, event, function_target(arena, spec, symbol->module));
}

/*
 * What the compiler makes of one function beside it, or instead of it: copies for
 * some of its callers, of which those that drop or replace arguments are named so,
 * and pieces that it calls or jumps to.
 */
static bool is_copy(const char *name)
{
	return (strstr(name, ".constprop.") || strstr(name, ".isra.")) &&
	       !strstr(name, ".part.") && !strstr(name, ".cold");
}

static bool is_part(const char *name)
{
	return strstr(name, ".part.") && !strstr(name, ".cold");
}

static size_t keep_those(struct symbols *symbols, bool (*is_wanted)(const char *))
{
	size_t i, kept = 0;

	for (i = 0; i < symbols->nr; i++)
		if (is_wanted(symbols->list[i].name))
			symbols->list[kept++] = symbols->list[i];
	return kept;
}

/* The forms of a function that are_wanted() names; of .list's owner, or anybody's. */
static struct symbols forms_of(struct resolver *resolver,
			       const struct function_spec *spec,
			       const struct symbols *bearers,
			       bool (*is_wanted)(const char *name))
{
	const char *module = bearers->nr ? symbol_module(bearers->list) :
					   spec->module;
	struct symbols forms = kallsyms_forms(&resolver->kallsyms, module,
					      spec->symbol);

	forms.nr = keep_those(&forms, is_wanted);
	keep_distinct(&forms);
	return forms;
}

static bool has_twin(const struct symbols *symbols, size_t which)
{
	size_t i;

	for (i = 0; i < symbols->nr; i++)
		if (i != which &&
		    !strcmp(symbols->list[i].name, symbols->list[which].name))
			return true;
	return false;
}

/* Parts are not counted with what calls them: a call would be two. */
static void note_parts(struct resolver *resolver, const struct event *event,
		       const struct function_spec *spec,
		       const struct symbols *bearers)
{
	struct symbols parts = forms_of(resolver, spec, bearers, is_part);
	size_t i;

	for (i = 0; i < parts.nr; i++)
		diag_note(&event->point->at,
			  arena_printf(resolver->arena,
				       "where only its beginning is inlined, calls are seen in %s:%s alone",
				       providers[event->provider].name,
				       parts.list[i].name),
			  "'%s', a part of '%s', is left out: the function calls it",
			  parts.list[i].name, spec->symbol);
}

/*
 * A name is all that was made of its function: xen_mc_issue and
 * xen_mc_issue.constprop.0. Where one of them cannot be probed the others are.
 */
static void add_copies(struct resolver *resolver, struct event *event,
		       const struct function_spec *spec,
		       const struct symbols *bearers)
{
	struct symbols copies = forms_of(resolver, spec, bearers, is_copy);
	size_t i;

	for (i = 0; i < copies.nr; i++) {
		const struct symbol *copy = &copies.list[i];
		struct function_spec form = { .symbol = copy->name };
		const char *why = NULL;

		if (has_twin(&copies, i))
			why = "several functions are called so";
		else if (kallsyms_forbids(&resolver->kallsyms, copy->name))
			why = "the kernel forbids probes in it";
		if (why) {
			diag_note(&event->point->at, NULL,
				  "'%s', a form of '%s', is left out: %s",
				  copy->name, spec->symbol, why);
			continue;
		}
		add_function(resolver, event, &form, copy);
		if (!event->reshaped)
			event->reshaped = copy->name;
	}
}

/* Of a function that the compiler has made only copies or parts of. */
static int resolve_forms(struct resolver *resolver, struct event *event,
			 const struct function_spec *spec)
{
	const struct symbols none = { 0 };
	struct symbols forms = forms_of(resolver, spec, &none, is_copy);
	const char *note = NULL;

	if (!forms.nr) {
		forms = forms_of(resolver, spec, &none, is_part);
		note = "calls that end before it are not seen";
	}
	if (!forms.nr)
		return refuse_unknown(resolver, event->point, spec);
	if (has_twin(&forms, 0) ||
	    strcmp(symbol_module(forms.list),
		   symbol_module(&forms.list[forms.nr - 1])))
		return refuse_ambiguous(resolver, event, &forms, spec->symbol);
	if (!note) {
		forms.nr = 1;
		add_copies(resolver, event, spec, &forms);
		note_parts(resolver, event, spec, &forms);
		return event->nr_targets ? 0 : -1;
	}
	diag_note(&event->point->at, note,
		  "all that the compiler has left of '%s' is a part of it, '%s'",
		  spec->symbol, forms.list[0].name);
	add_function(resolver, event,
		     &(struct function_spec){ .symbol = forms.list[0].name },
		     forms.list);
	event->reshaped = forms.list[0].name;
	return 0;
}

/* "type_show#2": in the order of /proc/kallsyms. */
static int choose(struct resolver *resolver, struct event *event,
		  struct function_spec *spec, struct symbols *bearers)
{
	if (spec->number > bearers->nr) {
		diag_error(&event->point->at,
			   arena_printf(resolver->arena, bearers->nr == 1 ?
					"leave #%lu out" :
					"they are numbered from 1",
					spec->number),
			   "%zu function%s called '%s', so there is no #%lu",
			   bearers->nr, bearers->nr == 1 ? " is" : "s are",
			   spec->symbol, spec->number);
		return -1;
	}
	if (bearers->nr == 1) {
		spec->number = 0;
		return 0;
	}
	if (addresses_are_hidden(bearers)) {
		diag_error(&event->point->at, "as root: sysctl kernel.kptr_restrict=1",
			   "the kernel hides addresses: '%s#%lu' cannot be told from the others",
			   spec->symbol, spec->number);
		return -1;
	}
	bearers->list += spec->number - 1;
	bearers->nr = 1;
	return 0;
}

static int resolve_pending(struct resolver *resolver, struct event *event,
			   const struct function_spec *spec)
{
	warn_pending(resolver, event->point, spec);
	event->pending = true;
	set_target(resolver->arena, event,
		   function_target(resolver->arena, spec, spec->module));
	return 0;
}

static int resolve_exact(struct resolver *resolver, struct event *event,
			 struct function_spec *spec)
{
	bool all_forms = !spec->number && !spec->has_offset &&
			 !strchr(spec->symbol, '.');
	struct kallsyms *ks = &resolver->kallsyms;
	struct symbols bearers;

	if (!spec->module)
		spec->symbol = follow_alias(ks, spec->symbol);
	bearers = kallsyms_named(ks, spec->module, spec->symbol);
	keep_distinct(&bearers);
	if (!bearers.nr && all_forms &&
	    kallsyms_forms(ks, spec->module, spec->symbol).nr)
		return resolve_forms(resolver, event, spec);
	if (!bearers.nr && !spec->number && spec->module &&
	    strcmp(spec->module, "vmlinux") && waits_for_module(spec))
		return resolve_pending(resolver, event, spec);
	if (!bearers.nr)
		return refuse_unknown(resolver, event->point, spec);
	if (spec->number && choose(resolver, event, spec, &bearers))
		return -1;
	if (bearers.nr > 1)
		return refuse_ambiguous(resolver, event, &bearers, spec->symbol);
	if (check_function(resolver, event->point, spec, bearers.list))
		return -1;
	add_function(resolver, event, spec, bearers.list);
	if (all_forms) {
		add_copies(resolver, event, spec, &bearers);
		note_parts(resolver, event, spec, &bearers);
	}
	return 0;
}

/* "kprobe:0xffffffff81234567": the function that it is in, and how far in. */
static int resolve_address(struct resolver *resolver, struct event *event,
			   struct function_spec *spec)
{
	unsigned long long address = strtoull(spec->symbol, NULL, 16);
	const struct symbols *all = kallsyms_all(&resolver->kallsyms);
	const struct symbol *found = NULL;
	struct symbols bearers;
	size_t i;

	for (i = 0; i < all->nr; i++)
		if (symbol_address(&all->list[i]) <= address &&
		    (!found || symbol_address(found) < symbol_address(&all->list[i])))
			found = &all->list[i];
	if (!found || !symbol_address(found)) {
		diag_error(&event->point->at,
			   addresses_are_hidden(all) ?
			   "as root: sysctl kernel.kptr_restrict=1" : NULL,
			   "no function is known to be at %s", spec->symbol);
		return -1;
	}
	*spec = (struct function_spec){
		.symbol = found->name,
		.module = symbol_module(found),
		.offset = address - symbol_address(found),
	};
	spec->has_offset = spec->offset;
	if (spec->has_offset && event->provider == PROVIDER_KRETPROBE) {
		diag_error(&event->point->at,
			   arena_printf(resolver->arena, "it begins at 0x%llx",
					symbol_address(found)),
			   "that is inside of '%s': a kretprobe has no offset",
			   found->name);
		return -1;
	}
	bearers = kallsyms_named(&resolver->kallsyms, spec->module, spec->symbol);
	keep_distinct(&bearers);
	for (i = 0; bearers.nr > 1 && i < bearers.nr; i++)
		if (symbol_address(&bearers.list[i]) == symbol_address(found))
			spec->number = i + 1;
	if (check_function(resolver, event->point, spec, found))
		return -1;
	add_function(resolver, event, spec, found);
	return 0;
}

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

static int resolve_function_glob(struct resolver *resolver,
				 struct event *event,
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

/* "type_show#2", before its offset. */
static int parse_number(const struct attach_point *point,
			struct function_spec *spec)
{
	char *mark = strchr(spec->symbol, '#');
	char *end;

	if (!mark)
		return 0;
	*mark = '\0';
	errno = 0;
	spec->number = strtoul(mark + 1, &end, 10);
	if (!spec->number || *end || errno || mark[1] == '+' || mark[1] == '-') {
		diag_error(&point->at, "functions of one name are numbered from 1: NAME#2",
			   "'%s' is not a number of a function", mark + 1);
		return -1;
	}
	if (is_glob(spec->symbol)) {
		diag_error(&point->at, "name one function",
			   "a pattern cannot have a number");
		return -1;
	}
	return 0;
}

static int parse_offset(const struct attach_point *point,
			struct function_spec *spec)
{
	char *plus = strchr(spec->symbol, '+');
	char *end;

	if (!plus)
		return 0;
	*plus = '\0';
	errno = 0;
	spec->offset = strtoul(plus + 1, &end, 0);
	spec->has_offset = true;
	if (!plus[1] || plus[1] == '-' || *end || errno) {
		diag_error(&point->at, "an offset is a number of bytes: vfs_read+4",
			   "'%s' is not an offset", plus + 1);
		return -1;
	}
	if (is_glob(spec->symbol)) {
		diag_error(&point->at, "name one function",
			   "a pattern cannot have an offset");
		return -1;
	}
	return 0;
}

static int parse_function(struct resolver *resolver,
			  const struct attach_point *point,
			  const struct parts *parts,
			  struct function_spec *spec)
{
	*spec = (struct function_spec){ .symbol = parts->part[parts->nr - 1] };
	if (parts->nr == 3)
		spec->module = parts->part[1];
	if (parts->nr < 2 || parts->nr > 3 || !*spec->symbol ||
	    (spec->module && !*spec->module)) {
		diag_error(&point->at,
			   arena_printf(resolver->arena,
					"write %s:FUNCTION or %s:MODULE:FUNCTION",
					parts->part[0], parts->part[0]),
			   "'%s' does not name a function", point->text);
		return -1;
	}
	return parse_offset(point, spec) ? -1 : parse_number(point, spec);
}

static bool is_address(const struct function_spec *spec)
{
	return !spec->module && !spec->has_offset && !spec->number &&
	       !strncmp(spec->symbol, "0x", 2) && spec->symbol[2] &&
	       !spec->symbol[2 + strspn(spec->symbol + 2, "0123456789abcdefABCDEF")];
}

static int resolve_function(struct resolver *resolver, struct event *event,
			    const struct parts *parts)
{
	struct function_spec spec;
	int err;

	if (parse_function(resolver, event->point, parts, &spec))
		return -1;
	if (spec.has_offset && spec.offset &&
	    event->provider == PROVIDER_KRETPROBE) {
		diag_error(&event->point->at, "use kprobe, or leave the offset out",
			   "a kretprobe has no offset");
		return -1;
	}
	if (spec.module && !strcmp(spec.module, "kpstat")) {
		diag_error(&event->point->at, NULL,
			   "kpstat's own functions cannot be probed: its handlers run them");
		return -1;
	}
	err = kallsyms_load(&resolver->kallsyms);
	if (err) {
		diag_error(&event->point->at, NULL,
			   "cannot read /proc/kallsyms: %s", strerror(-err));
		return -1;
	}
	if (is_glob(spec.symbol) || (spec.module && is_glob(spec.module)))
		return resolve_function_glob(resolver, event, &spec);
	if (is_address(&spec))
		return resolve_address(resolver, event, &spec);
	return resolve_exact(resolver, event, &spec);
}

/*
 * Tracepoints
 */

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
	event = new_event(resolver, search->point, PROVIDER_TRACEPOINT);
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

static int refuse_no_tracefs(const struct attach_point *point)
{
	diag_error(&point->at,
		   "as root: mount -t tracefs tracefs /sys/kernel/tracing",
		   "tracepoints are described by tracefs, which is not mounted or not readable");
	return -1;
}

static int resolve_tracepoint(struct resolver *resolver, struct event **events,
			      const struct attach_point *point,
			      const struct parts *parts)
{
	struct tracepoint_search search = { resolver, point, NULL, 0, false };

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
	append_event(events, search.found);
	return 0;
}

/*
 * Conntrack
 */

static int resolve_conntrack(struct resolver *resolver, struct event **events,
			     const struct attach_point *point,
			     const struct parts *parts)
{
	const char *name = parts->nr == 2 ? parts->part[1] : "";
	bool found = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(conntrack_events); i++) {
		struct event *event;

		if (fnmatch(name, conntrack_events[i], 0))
			continue;
		event = new_event(resolver, point, PROVIDER_CONNTRACK);
		set_target(resolver->arena, event, conntrack_events[i]);
		append_event(events, event);
		found = true;
	}
	if (found)
		return 0;
	diag_error(&point->at, "there are conntrack:new, conntrack:destroy and conntrack:full",
		   "'%s' is not an event of conntrack", point->text);
	return -1;
}

/*
 * Raw tracepoints
 */

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
				 struct event **events,
				 const struct attach_point *point,
				 const struct parts *parts)
{
	struct raw_search search = {
		.resolver = resolver,
		.event = new_event(resolver, point, PROVIDER_RAWTRACEPOINT),
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
	append_event(events, search.event);
	return 0;
}

/*
 * Timers
 */

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
	diag_error(&point->at, "units are s, ms, us and hz: interval:s:1, profile:hz:99",
		   "'%s' is not %s:UNIT:NUMBER", point->text, provider);
	return -1;
}

static int resolve_timer(struct resolver *resolver, struct event **events,
			 const struct attach_point *point,
			 enum provider_id provider, const struct parts *parts)
{
	const char *name = providers[provider].name;
	struct event *event = new_event(resolver, point, provider);
	unsigned long long number, period;
	uint64_t ns;
	char *end;

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
	if (period < MIN_PERIOD || period > MAX_PERIOD) {
		diag_error(&point->at, NULL,
			   "a period is 10 microseconds to one hour");
		return -1;
	}
	event->name = arena_printf(resolver->arena, "%s:%s:%llu", name,
				   parts->part[1], number);
	set_target(resolver->arena, event, !ns && provider == PROVIDER_PROFILE ?
		   arena_printf(resolver->arena, "hz %llu", number) :
		   arena_printf(resolver->arena, "%llu", period));
	append_event(events, event);
	return 0;
}

/*
 * BEGIN and END
 */

static bool resolve_program(struct resolver *resolver, struct event **events,
			    const struct attach_point *point)
{
	static const char * const names[][3] = {
		{ "BEGIN", "begin", "begin" }, { "END", "end", "end" },
	};
	struct event *event;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(point->text, names[i][0]) &&
		    strcmp(point->text, names[i][1]))
			continue;
		event = new_event(resolver, point, PROVIDER_PROGRAM);
		event->name = names[i][0];
		set_target(resolver->arena, event, names[i][2]);
		append_event(events, event);
		return true;
	}
	return false;
}

/*
 * All of them
 */

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

static int refuse_provider(struct resolver *resolver,
			   const struct attach_point *point, const char *name)
{
	const struct refusal *refusal = refused_provider(name);
	struct near near = { .word = name };
	const char *hint;
	enum provider_id id;

	if (refusal) {
		diag_error(&point->at, refusal->hint,
			   "probes of type '%s' are not supported", name);
		return -1;
	}
	hint = strchr(point->text, ':') ? NULL : bare_name_hint(resolver, name);
	if (hint) {
		diag_error(&point->at, hint, "'%s' does not say what it is a name of",
			   name);
		return -1;
	}
	for (id = 0; id < PROVIDER_NR; id++)
		near_offer(&near, providers[id].name);
	hint = near_hint(resolver->arena, &near);
	diag_error(&point->at, hint ? hint :
		   "probes are kprobe:FUNCTION, kretprobe:FUNCTION, tracepoint:SYSTEM:EVENT, conntrack:EVENT",
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
	enum provider_id id = provider_find(parts.part[0]);
	struct event *found = NULL;
	int err;

	if (check_params(resolver, point))
		return -1;
	if (resolve_program(resolver, events, point))
		return 0;

	switch (id) {
	case PROVIDER_KPROBE:
	case PROVIDER_KRETPROBE:
		found = new_event(resolver, point, id);
		err = resolve_function(resolver, found, &parts);
		if (!found->nr_targets)
			found = NULL;
		break;
	case PROVIDER_TRACEPOINT:
		err = resolve_tracepoint(resolver, &found, point, &parts);
		break;
	case PROVIDER_RAWTRACEPOINT:
		err = resolve_rawtracepoint(resolver, &found, point, &parts);
		break;
	case PROVIDER_PROFILE:
	case PROVIDER_INTERVAL:
		err = resolve_timer(resolver, &found, point, id, &parts);
		break;
	case PROVIDER_CONNTRACK:
		err = resolve_conntrack(resolver, &found, point, &parts);
		break;
	default:
		return refuse_provider(resolver, point, parts.part[0]);
	}
	if (!err)
		err = check_lengths(point, found);
	if (!err && found)
		append_event(events, found);
	return err;
}

static int read_fields(struct arena *arena, enum provider_id provider,
		       const char *target, struct event_fields *fields)
{
	char *system = arena_strdup(arena, target);
	char *colon = strchr(system, ':');

	if (provider == PROVIDER_CONNTRACK)
		return provider_event_fields(arena_printf(arena, "conntrack:%s",
							  target), fields);
	if (provider != PROVIDER_TRACEPOINT || !colon)
		return -ENOENT;
	*colon = '\0';
	return tracefs_event_fields(system, colon + 1, fields);
}

const struct event_fields *event_args(struct event *event,
				      const struct span *at)
{
	struct arena arena = { 0 };
	int err = 0;

	if (!event->nr_targets)		/* absent: see compile.c */
		return NULL;
	if (!event->has_fields)
		err = read_fields(&arena, event->provider, event->targets[0],
				  &event->fields);
	arena_free(&arena);
	event->has_fields = !err;
	if (!err)
		return &event->fields;
	if (event->provider == PROVIDER_CONNTRACK && err == -ENODEV)
		diag_error(at, "load it: modprobe kpstat (or insmod kpstat.ko)",
			   "the fields of conntrack:%s are described by the kpstat module, which is not loaded",
			   event->targets[0]);
	else
		diag_error(at, NULL, "cannot read the fields of %s:%s: %s",
			   providers[event->provider].name, event->targets[0],
			   strerror(-err));
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
}

/*
 * Listing
 */

struct listing {
	struct arena arena;
	const char *glob;		/* of full names; NULL: all */
	bool with_fields;
	size_t nr;
	void (*visit)(const char *probe, const struct event_fields *fields,
		      void *data);
	void *data;
};

/* "t:sched:*" is "tracepoint:sched:*"; a word without a provider is any's. */
static const char *full_glob(struct arena *arena, const char *glob)
{
	struct parts parts = split(arena, glob);
	enum provider_id id = provider_find(parts.part[0]);

	if (id != PROVIDER_NR && parts.nr > 1)
		return arena_printf(arena, "%s:%s", providers[id].name,
				    strchr(glob, ':') + 1);
	if (strchr(glob, ':') || *glob == '*')
		return glob;
	return arena_printf(arena, "*:%s", glob);
}

static bool is_listed(const struct listing *listing, const char *probe)
{
	return !listing->glob || !fnmatch(listing->glob, probe, 0);
}

/* @name is what a pattern is held against, @target what is listed. */
static void list_one(struct listing *listing, enum provider_id provider,
		     const char *name, const char *target)
{
	const char *provider_name = providers[provider].name;
	struct event_fields fields = { 0 };
	const char *probe = arena_printf(&listing->arena, "%s:%s",
					 provider_name, target);
	bool has_fields;

	if (!is_listed(listing, probe) &&
	    !is_listed(listing, arena_printf(&listing->arena, "%s:%s",
					     provider_name, name)))
		return;
	has_fields = listing->with_fields &&
		!read_fields(&listing->arena, provider, target, &fields);
	listing->visit(probe, has_fields ? &fields : NULL, listing->data);
	listing->nr++;
	if (has_fields)
		event_fields_free(&fields);
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
static void list_bearers(struct listing *listing, enum provider_id provider,
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

static void list_functions(struct listing *listing, enum provider_id provider)
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

static void list_tracepoint(const char *system, const char *event, void *data)
{
	struct listing *listing = data;
	const char *target = arena_printf(&listing->arena, "%s:%s", system,
					  event);

	list_one(listing, PROVIDER_TRACEPOINT, target, target);
}

static bool glob_is_of(const struct listing *listing, enum provider_id id)
{
	const char *name = providers[id].name;
	size_t len = strlen(name);

	if (!listing->glob || !is_glob(listing->glob))
		return !listing->glob || !strncmp(listing->glob, name, len);
	if (strcspn(listing->glob, "*?[") < len)
		return id != PROVIDER_KRETPROBE;
	return !strncmp(listing->glob, name, len) && listing->glob[len] == ':';
}

size_t probes_list(const char *glob, bool with_fields,
		   void (*visit)(const char *probe,
				 const struct event_fields *fields, void *data),
		   void *data)
{
	struct listing listing = {
		.with_fields = with_fields, .visit = visit, .data = data,
	};
	size_t i;

	if (glob)
		listing.glob = full_glob(&listing.arena, glob);
	if (glob_is_of(&listing, PROVIDER_KPROBE))
		list_functions(&listing, PROVIDER_KPROBE);
	if (glob && glob_is_of(&listing, PROVIDER_KRETPROBE))
		list_functions(&listing, PROVIDER_KRETPROBE);
	if (glob_is_of(&listing, PROVIDER_TRACEPOINT))
		tracefs_each("*", "*", list_tracepoint, &listing);
	for (i = 0; i < ARRAY_SIZE(conntrack_events); i++)
		list_one(&listing, PROVIDER_CONNTRACK, conntrack_events[i],
			 conntrack_events[i]);
	arena_free(&listing.arena);
	return listing.nr;
}

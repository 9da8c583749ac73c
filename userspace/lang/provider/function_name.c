// SPDX-License-Identifier: GPL-2.0
/* The function of a name, with what the compiler has made of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/host.h"
#include "base/near.h"
#include "base/xalloc.h"
#include "function.h"

#define MAX_CANDIDATES 8

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

static const char *no_function_hint(struct resolver *resolver,
				    const struct function_spec *spec)
{
	const struct symbols *all = kallsyms_all(&resolver->kallsyms);
	struct near near = { .word = spec->symbol };
	const char *hint = renamed_hint(resolver, spec->symbol);
	size_t i;

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

static int refuse_ambiguous(struct resolver *resolver, const struct event *event,
			    const struct symbols *bearers, const char *name)
{
	const char *provider = event->provider->name;
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
				       event->provider->name,
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
			why = "several functions have that name";
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
		  "the compiler has left only a part of '%s', '%s'",
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
	set_target(resolver->arena, event,
		   function_target(resolver->arena, spec, spec->module));
	return 0;
}

int function_by_name(struct resolver *resolver, struct event *event,
		     struct function_spec *spec)
{
	bool all_forms = !spec->number && !spec->has_offset &&
			 !strchr(spec->symbol, '.');
	struct kallsyms *ks = &resolver->kallsyms;
	struct symbols bearers;

	if (!spec->module)
		spec->symbol = function_called(resolver, event->point, spec->symbol);
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

// SPDX-License-Identifier: GPL-2.0
/* Kprobes and kretprobes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "function.h"
#include "lang/builtins.h"
#include "lang/check.h"
#include "prototype.h"

const char *function_target(struct arena *arena,
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

/* The same address twice is one function. */
void keep_distinct(struct symbols *bearers)
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

bool addresses_are_hidden(const struct symbols *bearers)
{
	return bearers->nr && !symbol_address(bearers->list);
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

int check_function(struct resolver *resolver, const struct attach_point *point,
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

void add_function(struct resolver *resolver, struct event *event,
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
	if (spec->has_offset && event->provider != &kprobe_provider) {
		diag_error(&event->point->at,
			   arena_printf(resolver->arena, "it begins at 0x%llx",
					symbol_address(found)),
			   "that is inside of '%s': a %s has no offset",
			   found->name, event->provider->name);
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

static int load_functions(struct resolver *resolver, const struct attach_point *point)
{
	int err = kallsyms_load(&resolver->kallsyms);

	if (!err)
		return 0;
	diag_error(&point->at, NULL, "cannot read /proc/kallsyms: %s", strerror(-err));
	return -1;
}

static int find(struct resolver *resolver, struct event *event,
		const struct parts *parts)
{
	struct function_spec spec;

	if (parse_function(resolver, event->point, parts, &spec))
		return -1;
	if (spec.has_offset && spec.offset && event->provider != &kprobe_provider) {
		diag_error(&event->point->at, "use kprobe, or leave the offset out",
			   "a %s has no offset", event->provider->name);
		return -1;
	}
	if (spec.module && !strcmp(spec.module, "kpstat")) {
		diag_error(&event->point->at, NULL,
			   "kpstat's own functions cannot be probed: its handlers run them");
		return -1;
	}
	if (load_functions(resolver, event->point))
		return -1;
	if (is_glob(spec.symbol) || (spec.module && is_glob(spec.module)))
		return functions_by_glob(resolver, event, &spec);
	if (is_address(&spec))
		return resolve_address(resolver, event, &spec);
	return function_by_name(resolver, event, &spec);
}

static int resolve_function(struct resolver *resolver,
			    const struct provider *provider,
			    const struct attach_point *point,
			    const struct parts *parts, struct event **found)
{
	struct event *event = new_event(resolver, point, provider);
	int err = find(resolver, event, parts);

	if (event->nr_targets)
		*found = event;
	return err;
}

/* Functions that have one argument: what the system call's are in. */
static const char * const wrappers[] = {
	"__x64_sys_", "__ia32_sys_", "__arm64_sys_", "__ia32_compat_sys_",
	"__arm64_compat_sys_",
};

static const char *wrapped_call(const struct event *event)
{
	const char *target = event->nr_targets ? event->targets[0] : "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrappers); i++)
		if (!strncmp(target, wrappers[i], strlen(wrappers[i])))
			return target + strlen(wrappers[i]);
	return NULL;
}

/* As the system call takes them. */
static const char *saved_argument(const struct event *event, unsigned int n)
{
	static const char * const x64[] = { "di", "si", "dx", "r10", "r8", "r9" };

	return !strncmp(event->targets[0], "__x64_", 6) && n < ARRAY_SIZE(x64) ?
		x64[n] : NULL;
}

static int check_kprobe_argument(struct checker *checker,
				 const struct expr *expr)
{
	struct event *event = checker->event;
	unsigned int n = argument_number(expr->builtin);
	const char *call = wrapped_call(event), *where;
	const char *hint;

	if (!n || !call || checker->quiet || diag_is_muted() || event->warned)
		return 0;
	event->warned = true;
	where = saved_argument(event, n);
	hint = arena_printf(checker->arena,
			    "use args of tracepoint:syscalls:sys_enter_%s", call);
	if (where)
		hint = arena_printf(checker->arena,
				    "%s, or ((struct pt_regs *)arg0)->%s",
				    hint, where);
	diag_warning(&expr->at, hint,
		     "'%s' has one argument, arg0, a struct pt_regs * that holds those of the system call: %s is not one",
		     event->targets[0], expr->builtin->name);
	return 0;
}

/* "syscall:read": the function that runs it. */
static int resolve_system_call(struct resolver *resolver,
			       const struct provider *provider,
			       const struct attach_point *point,
			       const struct parts *parts, struct event **found)
{
	struct parts function = { .part = { kprobe_provider.name }, .nr = 2 };
	int err = 0;

	(void)provider;
	if (parts->nr != 2 || !*parts->part[1]) {
		diag_error(&point->at, "write syscall:NAME",
			   "'%s' does not name a system call", point->text);
		return -1;
	}
	if (is_glob(parts->part[1]))
		err = load_functions(resolver, point);
	function.part[1] = arena_printf(resolver->arena, "%ssys_%s", !is_glob(parts->part[1]) ? "" :
					system_call_prefix(&resolver->kallsyms, resolver->arena),
					parts->part[1]);
	return err ? err : resolve_function(resolver, &kprobe_provider, point, &function, found);
}

/*
 * The function of a target, of which a prototype may be known: none of a module, and none
 * but at its beginning. NULL, or to be freed.
 */
static char *function_of(const char *target)
{
	const char *plus = strchr(target, '+');

	if (!strncmp(target, "vmlinux:", strlen("vmlinux:")))
		target += strlen("vmlinux:");
	if (strchr(target, ':') || (plus && strtoul(plus + 1, NULL, 0)))
		return NULL;
	return xstrndup(target, strcspn(target, "#+."));
}

static int function_fields(const char *target, struct event_fields *fields)
{
	char *function = function_of(target);
	int err = function ? prototype_fields(function, 0, fields) : -ENOENT;

	free(function);
	return err;
}

static int return_fields(const char *target, struct event_fields *fields)
{
	char *function = function_of(target);
	int err = function ? prototype_fields(function, 0, fields) : -ENOENT;

	if (!err)
		prototype_add_return(function, fields);
	free(function);
	return err;
}

const struct provider kprobe_provider = {
	.name = "kprobe",
	.alias = "k",
	.usage = "kprobe:FUNCTION",
	.gives = GIVES_TASK | GIVES_FUNCTION | GIVES_ARGUMENTS | GIVES_RECORD,
	.resolve = resolve_function,
	.fields = function_fields,
	.check_argument = check_kprobe_argument,
	.list = list_functions,
};

const struct provider kretprobe_provider = {
	.name = "kretprobe",
	.alias = "kr",
	.usage = "kretprobe:FUNCTION",
	.gives = GIVES_TASK | GIVES_FUNCTION | GIVES_RETURN,
	.resolve = resolve_function,
	.list = list_functions,
	.is_listed_by_name = true,
};

const struct provider fentry_provider = {
	.name = "fentry",
	.alias = "f",
	.formerly = "kfunc",
	.usage = "fentry:FUNCTION",
	.gives = GIVES_TASK | GIVES_FUNCTION | GIVES_ARGUMENTS | GIVES_RECORD,
	.resolve = resolve_function,
	.fields = function_fields,
	.check_argument = check_kprobe_argument,
	.list = list_functions,
	.is_listed_by_name = true,
	.names_module = true,
};

const struct provider syscall_provider = {
	.name = "syscall",
	.usage = "syscall:NAME",
	.gives = GIVES_TASK | GIVES_FUNCTION | GIVES_ARGUMENTS | GIVES_RECORD,
	.resolve = resolve_system_call,
	.fields = function_fields,
	.check_argument = check_kprobe_argument,
	.list = list_system_calls,
	.is_listed_by_name = true,
};

/* The module keeps what the function was called with until it returns. */
const struct provider fexit_provider = {
	.name = "fexit",
	.alias = "fr",
	.formerly = "kretfunc",
	.usage = "fexit:FUNCTION",
	.gives = GIVES_TASK | GIVES_FUNCTION | GIVES_ARGUMENTS | GIVES_RETURN |
		 GIVES_RECORD,
	.resolve = resolve_function,
	.fields = return_fields,
	.check_argument = check_kprobe_argument,
	.list = list_functions,
	.is_listed_by_name = true,
	.names_module = true,
};

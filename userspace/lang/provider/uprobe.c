// SPDX-License-Identifier: GPL-2.0
/* Uprobes and uretprobes: functions of programs and libraries. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/near.h"
#include "elf/demangle.h"
#include "lang/builtins.h"
#include "lang/check.h"
#include "lang/compile.h"
#include "prototype.h"
#include "user_file.h"

struct place_spec {
	const char *path;
	const char *symbol;
	bool is_cpp;		/* .symbol may be as the author has written it */
	unsigned long long offset;
	bool has_offset;
	unsigned long long address;
	bool has_address;
};

/* Sites of one attach point, each address once. */
struct place_search {
	struct resolver *resolver;
	const struct place_spec *spec;
	struct event *event;
	const struct user_file *file;	/* the last one */
	const char *why;	/* a function was left out */
};

static bool is_return(const struct event *event)
{
	return event->provider->gives & GIVES_RETURN;
}

static bool to_number(const char *text, unsigned long long *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static int parse_offset(struct resolver *resolver, const struct attach_point *point,
			struct place_spec *spec)
{
	const char *plus = strrchr(spec->symbol, '+');

	if (!plus)
		return 0;
	if (!to_number(plus + 1, &spec->offset)) {
		diag_error(&point->at, "an offset is a number of bytes: main+4",
			   "'%s' is not an offset", plus + 1);
		return -1;
	}
	spec->has_offset = true;
	spec->symbol = arena_strndup(resolver->arena, spec->symbol, plus - spec->symbol);
	if (!is_glob(spec->symbol))
		return 0;
	diag_error(&point->at, "name one function", "a pattern cannot have an offset");
	return -1;
}

static int parse_place(struct resolver *resolver, const struct attach_point *point,
		       const struct parts *parts, struct place_spec *spec)
{
	const char *symbol = parts->part[parts->nr - 1];

	spec->is_cpp = parts->nr == 4 && !strcmp(parts->part[2], "cpp");
	if ((parts->nr != 3 && !spec->is_cpp) || !*parts->part[1] || !*symbol) {
		diag_error(&point->at,
			   arena_printf(resolver->arena,
					"write %s:FILE:FUNCTION, where FILE is a program or a library",
					parts->part[0]),
			   "'%s' does not name a function of a file", point->text);
		return -1;
	}
	spec->path = without_quotes(resolver->arena, parts->part[1]);
	spec->symbol = without_quotes(resolver->arena, symbol);
	if (spec->is_cpp)		/* operator+ */
		return 0;
	spec->has_address = to_number(spec->symbol, &spec->address);
	return spec->has_address ? 0 : parse_offset(resolver, point, spec);
}

/* Functions come in the order of their addresses. */
static bool is_last(const struct event *event, const struct user_file *file,
		    unsigned long long offset)
{
	const struct place *last;

	if (!event->nr_targets)
		return false;
	last = &event->places[event->nr_targets - 1];
	return last->file == file && last->offset == offset;
}

static bool is_done(const struct event *event, const struct user_file *file)
{
	size_t i;

	for (i = 0; i < event->nr_targets; i++)
		if (event->places[i].file == file)
			return true;
	return false;
}

static void add_at(struct place_search *search, const struct user_file *file,
		   unsigned long long offset, const char *target)
{
	const struct place place = { .file = (struct user_file *)file, .offset = offset };

	add_place(search->resolver->arena, search->event, &place, target);
}

static bool matches(const char *wanted, const char *name)
{
	return !strcmp(wanted, name) || !fnmatch(wanted, name, 0);
}

/* With its parameters, or without: then it may be one of several. */
static bool matches_cpp(const char *wanted, const char *mangled)
{
	char *name = demangle(mangled);
	bool is_meant;

	if (!name)
		return false;
	is_meant = matches(wanted, name);
	if (!is_meant) {
		name[demangled_stem(name)] = '\0';
		is_meant = matches(wanted, name);
	}
	free(name);
	return is_meant;
}

static bool is_meant(const struct place_spec *spec, const struct elf_symbol *symbol)
{
	return matches(spec->symbol, symbol->name) ||
	       (spec->is_cpp && matches_cpp(spec->symbol, symbol->name));
}

/* What a function is called in the name of a probe. */
static const char *target_of(struct place_search *search, const struct user_file *file,
			     const char *symbol)
{
	return arena_printf(search->resolver->arena, "%s:%s%s", file->path,
			    search->spec->is_cpp ? "cpp:" : "", symbol);
}

static void warn_of_choice(const struct place_search *search, const char *name)
{
	diag_warning(&search->event->point->at, "probe one of them: those that have its name in theirs",
		     "'%s' chooses among forms of itself, once in each process: calls do not come here",
		     name);
}

/*
 * Functions of that name, or by that pattern: also those that share it, each by itself;
 * one that has several names once, by the last of them.
 */
static void add_named(struct place_search *search, const struct user_file *file)
{
	const struct place_spec *spec = search->spec;
	struct event *event = search->event;
	const char *target, *why;
	unsigned long long offset;
	size_t i;

	for (i = 0; i < file->elf.nr_symbols; i++) {
		const struct elf_symbol *symbol = &file->elf.symbols[i];

		if (!is_meant(spec, symbol) ||
		    !elf_to_offset(&file->elf, symbol->start, &offset))
			continue;
		why = user_file_refuses(file, symbol, 0);
		if (why) {
			search->why = why;
			continue;
		}
		if (symbol->chooses && !is_glob(spec->symbol))
			warn_of_choice(search, symbol->name);
		target = target_of(search, file, symbol->name);
		if (is_last(event, file, offset))
			event->targets[event->nr_targets - 1] = target;
		else
			add_at(search, file, offset, target);
	}
}

static int refuse_unknown(struct place_search *search, const struct user_file *file)
{
	struct resolver *resolver = search->resolver;
	const struct attach_point *point = search->event->point;
	struct near near = { .word = search->spec->symbol };
	const char *hint;
	size_t i;

	for (i = 0; i < file->elf.nr_symbols; i++)
		near_offer(&near, file->elf.symbols[i].name);
	hint = near_hint(resolver->arena, &near);
	if (!hint && !file->elf.nr_symbols)
		hint = "it was stripped: only an address can be named, FILE:0xADDRESS";
	if (!hint)
		hint = arena_printf(resolver->arena,
				    "list what there is with kpctl probes '%s:%s:*'",
				    search->event->provider->name, search->spec->path);
	missing_report(resolver)(&point->at, hint, is_glob(search->spec->symbol) ?
				 "no function of '%s' matches '%s'" :
				 "'%s' has no function '%s'",
				 file->path, search->spec->symbol);
	return missing_result(resolver);
}

static int refuse_place(const struct event *event, const char *why, const char *hint)
{
	diag_error(&event->point->at, hint, "no probe can be at '%s': %s",
		   event->point->text, why);
	return -1;
}

/* One instruction of a function. */
static int add_inside(struct place_search *search, const struct user_file *file,
		      const struct elf_symbol *symbol, unsigned long long inside)
{
	struct event *event = search->event;
	struct arena *arena = search->resolver->arena;
	unsigned long long offset;
	const char *why;

	if (inside && is_return(event)) {
		diag_error(&event->point->at, "use uprobe, or name the function",
			   "a uretprobe is at a function as a whole");
		return -1;
	}
	if (inside && inside >= symbol->end - symbol->start)
		return refuse_place(event, "it is beyond the function's end",
				    arena_printf(arena, "'%s' has %llu bytes", symbol->name,
						 symbol->end - symbol->start));
	why = user_file_refuses(file, symbol, inside);
	if (why)
		return refuse_place(event, why, NULL);
	elf_to_offset(&file->elf, symbol->start, &offset);
	add_at(search, file, offset + inside, inside ?
		  arena_printf(arena, "%s:%s+%llu", file->path, symbol->name, inside) :
		  arena_printf(arena, "%s:%s", file->path, symbol->name));
	return 0;
}

/* "FILE:0xADDRESS", as its symbols have it */
static int add_address(struct place_search *search, const struct user_file *file)
{
	unsigned long long address = search->spec->address, offset;
	const struct elf_symbol *symbol = elf_symbol_at(&file->elf, address);

	if (symbol)
		return add_inside(search, file, symbol, address - symbol->start);
	if (!elf_to_offset(&file->elf, address, &offset))
		return refuse_place(search->event, "the file has no code there", NULL);
	if (!search->resolver->options->allow_unsafe)
		return refuse_place(search->event,
				    "no function is known there, so nobody knows where instructions begin",
				    "--unsafe puts it there: in the middle of an instruction it breaks the program");
	add_at(search, file, offset,
	       arena_printf(search->resolver->arena, "%s:0x%llx", file->path, address));
	return 0;
}

static const struct elf_symbol *first_named(const struct user_file *file, const char *name)
{
	size_t i;

	for (i = 0; i < file->elf.nr_symbols; i++)
		if (!strcmp(file->elf.symbols[i].name, name))
			return &file->elf.symbols[i];
	return NULL;
}

static int find_in(struct place_search *search, const struct user_file *file)
{
	const struct place_spec *spec = search->spec;
	const struct elf_symbol *symbol;

	if (spec->has_address)
		return add_address(search, file);
	if (!spec->has_offset) {
		add_named(search, file);
		return 0;
	}
	symbol = first_named(file, spec->symbol);
	return symbol ? add_inside(search, file, symbol, spec->offset) : 0;
}

static int visit_file(struct user_file *file, void *data)
{
	struct place_search *search = data;

	search->file = file;
	return is_done(search->event, file) ? 0 : find_in(search, file);
}

/* Of these glibc 2.34 has left nothing but the names: what was in them is in libc.so.6. */
static bool is_emptied(const char *path)
{
	static const char * const names[] = {
		"libpthread.so", "libdl.so", "librt.so", "libutil.so", "libanl.so",
	};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

/* As all programs that were linked to it have been since. */
static int find_in_libc(struct place_search *search)
{
	const struct attach_point *point = search->event->point;
	struct user_file *libc = user_file_open(search->resolver, point, "libc.so.6", true);
	int err = libc ? find_in(search, libc) : 0;

	if (!err && search->event->nr_targets)
		diag_warning(&point->at, "write libc", "'%s' has no '%s': that is in %s",
			     search->file->path, search->spec->symbol, libc->path);
	return err;
}

static int find_place(struct place_search *search)
{
	const struct attach_point *point = search->event->point;
	const char *path = search->spec->path;
	int err = user_files_each(search->resolver, point, path, visit_file, search);

	if (!err && !search->event->nr_targets && !search->spec->has_address &&
	    search->file && is_emptied(search->file->path))
		err = find_in_libc(search);
	if (err || search->event->nr_targets)
		return err;
	if (is_glob(path)) {
		missing_report(search->resolver)(&point->at, NULL,
						 "no file that matches '%s' has such a function",
						 path);
		return missing_result(search->resolver);
	}
	if (search->why)
		return refuse_place(search->event, search->why,
				    "probe an instruction behind it: FUNCTION+OFFSET");
	return refuse_unknown(search, search->file);
}

static int resolve_place(struct resolver *resolver, const struct provider *provider,
			 const struct attach_point *point, const struct parts *parts,
			 struct event **found)
{
	struct place_spec spec = { 0 };
	struct place_search search = {
		.resolver = resolver,
		.spec = &spec,
		.event = new_event(resolver, point, provider),
	};

	if (parse_place(resolver, point, parts, &spec) || find_place(&search))
		return -1;
	if (search.event->nr_targets > resolver->max_probes)
		return refuse_too_many(resolver, point, search.event->nr_targets);
	search.event->lenient = search.event->nr_targets > 1;
	if (search.event->nr_targets)
		*found = search.event;
	return 0;
}

/* By the file's debug information. Inside of a function nothing is where it was. */
static int function_fields(const char *target, struct event_fields *fields)
{
	struct arena arena = { 0 };
	const char *name = strrchr(target, ':') + 1;
	size_t len = name - 1 - target;
	const struct elf_symbol *symbol;
	struct user_file *file;
	int err = -ENOENT;

	if (len > 4 && !strncmp(name - 5, ":cpp", 4))
		len -= 4;
	file = user_file_alone(&arena, arena_strndup(&arena, target, len));
	symbol = file ? first_named(file, name) : NULL;
	if (symbol)
		err = prototype_fields_in(file->fd, symbol->start, fields);
	user_files_free(file);
	arena_free(&arena);
	return err;
}

/* "uprobe:FILE:PATTERN": files are too many to list them all. */
static void list_places(struct listing *listing, const struct provider *provider)
{
	const char *path, *colon;
	struct user_file *file;
	size_t i;

	path = listing->glob ? strchr(listing->glob, ':') : NULL;
	colon = path ? strrchr(++path, ':') : NULL;
	if (!colon)
		return;
	path = arena_strndup(&listing->arena, path, colon - path);
	file = user_file_alone(&listing->arena, path);
	for (i = 0; file && i < file->elf.nr_symbols; i++) {
		const char *name = file->elf.symbols[i].name;
		unsigned long long offset;

		/* .dynsym has again what .symtab has. */
		if (!elf_to_offset(&file->elf, file->elf.symbols[i].start, &offset) ||
		    (i && !strcmp(file->elf.symbols[i - 1].name, name)))
			continue;
		list_one(listing, provider, arena_printf(&listing->arena, "%s:%s", path, name),
			 arena_printf(&listing->arena, "%s:%s", file->path, name));
	}
	user_files_free(file);
}

/* Compilers for 32 bits put arguments elsewhere. */
static int check_argument(struct checker *checker, const struct expr *expr)
{
	struct event *event = checker->event;

	if (!event->nr_targets || !event->places[0].file->elf.is_32bit || event->warned ||
	    checker->quiet || diag_is_muted())
		return 0;
	event->warned = true;
	diag_warning(&expr->at, "read arg0 at a function's entry as *(uint32 *)(reg(\"sp\") + 4), arg1 at + 8",
		     "'%s' is code of 32 bits, whose arguments are on the stack: %s is a register",
		     event->places[0].file->path, expr->builtin->name);
	return 0;
}

const struct provider uprobe_provider = {
	.name = "uprobe",
	.alias = "u",
	.usage = "uprobe:FILE:FUNCTION",
	.gives = GIVES_TASK | GIVES_FUNCTION | GIVES_PLACE | GIVES_ARGUMENTS | GIVES_RECORD,
	.resolve = resolve_place,
	.check_argument = check_argument,
	.fields = function_fields,
	.list = list_places,
	.is_listed_by_name = true,
};

const struct provider uretprobe_provider = {
	.name = "uretprobe",
	.alias = "ur",
	.usage = "uretprobe:FILE:FUNCTION",
	.gives = GIVES_TASK | GIVES_FUNCTION | GIVES_PLACE | GIVES_RETURN,
	.resolve = resolve_place,
	.list = list_places,
	.is_listed_by_name = true,
};

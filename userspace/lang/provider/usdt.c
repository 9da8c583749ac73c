// SPDX-License-Identifier: GPL-2.0
/* Marks that authors of programs have made, with arguments (USDT). */
#include <fnmatch.h>
#include <string.h>

#include "base/near.h"
#include "lang/builtins.h"
#include "lang/check.h"
#include "lang/compile.h"
#include "operand.h"

struct mark_search {
	struct resolver *resolver;
	const struct attach_point *point;
	const struct provider *provider;
	const struct user_file *file;
	const char *group;	/* NULL: any */
	const char *name;
	struct event *found;
	size_t nr;
};

static bool are_alike(const struct event *event, const struct operand *operands,
		      unsigned int nr)
{
	unsigned int i;

	if (event->nr_operands != nr)
		return false;
	for (i = 0; i < nr; i++)
		if (strcmp(event->operands[i].text, operands[i].text) ||
		    event->operands[i].number != operands[i].number)
			return false;
	return true;
}

/* One of which the arguments are where those of @operands are. */
static struct event *event_for(struct mark_search *search, const struct operand *operands,
			       unsigned int nr)
{
	struct arena *arena = search->resolver->arena;
	struct event *event = search->found;
	struct operand *kept;

	while (event && !are_alike(event, operands, nr))
		event = event->next;
	if (event)
		return event;
	event = new_event(search->resolver, search->point, search->provider);
	kept = arena_alloc(arena, MAX_OPERANDS * sizeof(*kept));
	memcpy(kept, operands, nr * sizeof(*kept));
	event->operands = kept;
	event->nr_operands = nr;
	append_event(&search->found, event);
	return event;
}

/* Several marks may have one name, each with its arguments somewhere else. */
static void add_mark(struct mark_search *search, const struct elf_mark *mark)
{
	struct arena *arena = search->resolver->arena;
	const struct user_file *file = search->file;
	struct operand operands[MAX_OPERANDS];
	struct place place = { .file = (struct user_file *)file };
	struct event *event;

	if (!elf_to_offset(&file->elf, mark->address, &place.offset) ||
	    (mark->counter &&
	     !elf_data_to_offset(&file->elf, mark->counter, &place.counter)))
		return;
	search->nr++;
	event = event_for(search, operands, operands_parse(arena, file, mark, operands));
	add_place(arena, event, &place,
		  arena_printf(arena, "%s:%s:%s", file->path, mark->provider, mark->name));
}

static bool is_meant(const struct mark_search *search, const struct elf_mark *mark)
{
	return (!search->group || !fnmatch(search->group, mark->provider, 0)) &&
	       !fnmatch(search->name, mark->name, 0);
}

static int refuse_unknown(const struct mark_search *search, const struct elf_marks *marks)
{
	struct near near = { .word = search->name };
	const char *hint;
	size_t i;

	for (i = 0; i < marks->nr; i++)
		near_offer(&near, marks->marks[i].name);
	hint = near_hint(search->resolver->arena, &near);
	if (!hint && marks->nr)
		hint = arena_printf(search->resolver->arena,
				    "list what there is with kpctl probes 'usdt:%s:*'",
				    search->file->path);
	missing_report(search->resolver)(&search->point->at, hint, marks->nr ?
					 "'%s' has no mark '%s'" :
					 "'%s' has no marks, and so no '%s'",
					 search->file->path, search->name);
	return missing_result(search->resolver);
}

static int find_marks(struct mark_search *search)
{
	struct elf_marks marks;
	size_t i;
	int err = 0;

	elf_marks_read(search->file->fd, &marks);
	for (i = 0; i < marks.nr; i++)
		if (is_meant(search, &marks.marks[i]))
			add_mark(search, &marks.marks[i]);
	if (!search->nr)
		err = refuse_unknown(search, &marks);
	elf_marks_free(&marks);
	if (search->nr > search->resolver->max_probes)
		err = refuse_too_many(search->resolver, search->point, search->nr);
	return err;
}

/* "usdt:FILE:NAME", "usdt:FILE:PROVIDER:NAME" */
static int resolve_marks(struct resolver *resolver, const struct provider *provider,
			 const struct attach_point *point, const struct parts *parts,
			 struct event **found)
{
	struct mark_search search = {
		.resolver = resolver,
		.point = point,
		.provider = provider,
		.group = parts->nr == 4 ? parts->part[2] : NULL,
		.name = parts->part[parts->nr - 1],
	};
	struct event *event;
	int err;

	if (parts->nr < 3 || !*parts->part[1] || !*search.name) {
		diag_error(&point->at, "write usdt:FILE:PROVIDER:NAME or usdt:FILE:NAME",
			   "'%s' does not name a mark of a file", point->text);
		return -1;
	}
	search.file = user_file_open(resolver, point,
				     without_quotes(resolver->arena, parts->part[1]), false);
	if (!search.file)
		return -1;
	err = find_marks(&search);
	for (event = search.found; event; event = event->next)
		event->lenient = search.nr > 1;
	*found = search.found;
	return err;
}

static int check_operand(struct checker *checker, const struct expr *expr)
{
	const struct event *event = checker->event;
	unsigned int n = argument_number(expr->builtin);
	struct expr *mine = (struct expr *)expr;

	if (!event->nr_targets)		/* absent: see compile.c */
		return 0;
	if (n >= event->nr_operands) {
		diag_error(&expr->at, event->nr_operands ? "they begin with arg0" : "leave it out",
			   "'%s' has %u argument%s, so there is no %s", event->targets[0],
			   event->nr_operands, event->nr_operands == 1 ? "" : "s",
			   expr->builtin->name);
		return -1;
	}
	if (event->operands[n].kind == OPERAND_UNKNOWN) {
		diag_error(&expr->at, NULL, "%s of '%s' is where kpctl cannot read it: %s",
			   expr->builtin->name, event->targets[0], event->operands[n].text);
		return -1;
	}
	mine->type.is_signed = event->operands[n].is_signed;
	mine->type.size = event->operands[n].size;
	return 0;
}

static void list_marks(struct listing *listing, const struct provider *provider)
{
	struct resolver resolver = {
		.arena = &listing->arena,
		.options = &(const struct compile_options){ 0 },
	};
	const char *path = listing->glob ? strchr(listing->glob, ':') : NULL;
	const struct attach_point nowhere = { .text = "" };
	const struct user_file *file;
	struct strset seen = { 0 };
	struct elf_marks marks;
	size_t i;

	if (!path || !path[1])
		return;
	path = arena_strndup(&listing->arena, path + 1, strcspn(path + 1, ":"));
	file = user_file_open(&resolver, &nowhere, path, true);
	if (!file)
		return;
	elf_marks_read(file->fd, &marks);
	for (i = 0; i < marks.nr; i++) {
		const char *name = arena_printf(&listing->arena, "%s:%s",
						marks.marks[i].provider, marks.marks[i].name);

		if (strset_add(&seen, name))
			list_one(listing, provider,
				 arena_printf(&listing->arena, "%s:%s", path, name),
				 arena_printf(&listing->arena, "%s:%s", file->path, name));
	}
	strset_free(&seen);
	elf_marks_free(&marks);
	user_files_free(resolver.files);
}

const struct provider usdt_provider = {
	.name = "usdt",
	.alias = "U",
	.usage = "usdt:FILE:PROVIDER:NAME",
	.gives = GIVES_TASK | GIVES_PLACE | GIVES_ARGUMENTS | GIVES_OPERANDS,
	.resolve = resolve_marks,
	.check_argument = check_operand,
	.list = list_marks,
	.is_listed_by_name = true,
};

// SPDX-License-Identifier: GPL-2.0
/* Marks that authors of programs have made, with arguments (USDT). */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/near.h"
#include "base/xalloc.h"
#include "lang/builtins.h"
#include "lang/check.h"
#include "lang/compile.h"
#include "operand.h"

struct mark_search {
	struct resolver *resolver;
	const struct attach_point *point;
	const struct provider *provider;
	const char *path;
	const struct user_file *file;	/* that is looked into */
	bool has_marks;
	struct near near;
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

static int refuse_unknown(const struct mark_search *search)
{
	const char *hint = near_hint(search->resolver->arena, &search->near);
	const struct attach_point *point = search->point;

	if (is_glob(search->path)) {
		missing_report(search->resolver)(&point->at, hint,
						 "no file that matches '%s' has a mark '%s'",
						 search->path, search->name);
		return missing_result(search->resolver);
	}
	if (!hint && search->has_marks)
		hint = arena_printf(search->resolver->arena,
				    "list what there is with kpctl probes 'usdt:%s:*'",
				    search->file->path);
	missing_report(search->resolver)(&point->at, hint, search->has_marks ?
					 "'%s' has no mark '%s'" :
					 "'%s' has no marks, and so no '%s'",
					 search->file->path, search->name);
	return missing_result(search->resolver);
}

static bool has_place_in(const struct mark_search *search, const struct user_file *file)
{
	const struct event *event;
	size_t i;

	for (event = search->found; event; event = event->next)
		for (i = 0; i < event->nr_targets; i++)
			if (event->places[i].file == file)
				return true;
	return false;
}

static int find_in(struct user_file *file, void *data)
{
	struct mark_search *search = data;
	struct elf_marks marks;
	size_t i;

	if (has_place_in(search, file))
		return 0;
	search->file = file;
	elf_marks_read(file->fd, &marks);
	search->has_marks |= marks.nr > 0;
	for (i = 0; i < marks.nr; i++) {
		near_offer(&search->near, arena_strdup(search->resolver->arena,
						       marks.marks[i].name));
		if (is_meant(search, &marks.marks[i]))
			add_mark(search, &marks.marks[i]);
	}
	elf_marks_free(&marks);
	if (search->nr > search->resolver->max_probes)
		return refuse_too_many(search->resolver, search->point, search->nr);
	return 0;
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
		.path = without_quotes(resolver->arena, parts->part[1]),
		.name = parts->part[parts->nr - 1],
		.near.word = parts->part[parts->nr - 1],
	};
	struct event *event;
	int err;

	if (parts->nr < 3 || !*parts->part[1] || !*search.name) {
		diag_error(&point->at, "write usdt:FILE:PROVIDER:NAME or usdt:FILE:NAME",
			   "'%s' does not name a mark of a file", point->text);
		return -1;
	}
	err = user_files_each(resolver, point, search.path, find_in, &search);
	if (!err && !search.nr)
		err = refuse_unknown(&search);
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

/* "int32 arg0" */
static void add_field(struct event_fields *fields, const struct operand *operand)
{
	unsigned int n = fields->nr;
	struct event_field *field = APPEND(fields->fields, fields->nr);

	field->name = xasprintf("arg%u", n);
	field->class = operand->kind == OPERAND_UNKNOWN ? FIELD_OPAQUE : FIELD_PLAIN;
	field->size = operand->size;
	field->is_signed = operand->is_signed;
	field->declared = operand->kind == OPERAND_UNKNOWN ?
		xasprintf("%s arg%u", operand->text, n) :
		xasprintf("%sint%u arg%u", operand->is_signed ? "" : "u", 8 * operand->size, n);
}

static bool is_called(const struct elf_mark *mark, const char *name)
{
	size_t len = strlen(mark->provider);

	return !strncmp(name, mark->provider, len) && name[len] == ':' &&
	       !strcmp(name + len + 1, mark->name);
}

/* Of "FILE:PROVIDER:NAME": of the first mark of that name. */
static int mark_arguments(const char *target, struct event_fields *fields)
{
	struct arena arena = { 0 };
	const char *colon = memrchr(target, ':', strrchr(target, ':') - target);
	const char *path = arena_strndup(&arena, target, colon - target);
	struct user_file *file = user_file_alone(&arena, path);
	struct operand operands[MAX_OPERANDS];
	struct elf_marks marks = { 0 };
	unsigned int j, nr = 0;
	size_t i;

	*fields = (struct event_fields){ 0 };
	if (file)
		elf_marks_read(file->fd, &marks);
	for (i = 0; i < marks.nr && !nr; i++)
		if (is_called(&marks.marks[i], colon + 1))
			nr = operands_parse(&arena, file, &marks.marks[i], operands);
	for (j = 0; j < nr; j++)
		add_field(fields, &operands[j]);
	elf_marks_free(&marks);
	user_files_free(file);
	arena_free(&arena);
	return file ? 0 : -ENOENT;
}

static void list_marks(struct listing *listing, const struct provider *provider)
{
	const char *path = listing->glob ? strchr(listing->glob, ':') : NULL;
	struct user_file *file;
	struct strset seen = { 0 };
	struct elf_marks marks;
	size_t i;

	if (!path || !path[1])
		return;
	path = arena_strndup(&listing->arena, path + 1, strcspn(path + 1, ":"));
	file = user_file_alone(&listing->arena, path);
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
	user_files_free(file);
}

const struct provider usdt_provider = {
	.name = "usdt",
	.alias = "U",
	.usage = "usdt:FILE:PROVIDER:NAME",
	.gives = GIVES_TASK | GIVES_PLACE | GIVES_ARGUMENTS | GIVES_OPERANDS,
	.resolve = resolve_marks,
	.check_argument = check_operand,
	.arguments = mark_arguments,
	.list = list_marks,
	.is_listed_by_name = true,
};

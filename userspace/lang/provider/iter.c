// SPDX-License-Identifier: GPL-2.0
/* iter: tables of the kernel's that a program goes through, once. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "provider.h"

/* Fields of struct element of the module's providers/iter.c. */
#define POINTER(offset_, name_, declared_)				\
	{ .name = name_, .offset = offset_, .size = 8, .declared = declared_ }
#define TASK POINTER(0, "task", "struct task_struct *task")

static const struct table {
	const char *name;
	struct event_field fields[4];	/* ended by one without a name */
} tables[] = {
	{ "task", { TASK } },
	{ "task_file", {
		TASK,
		{ .name = "fd", .offset = 8, .size = 4, .declared = "u32 fd" },
		POINTER(16, "file", "struct file *file"),
	} },
	{ "task_vma", { TASK, POINTER(8, "vma", "struct vm_area_struct *vma") } },
};

static int resolve_iter(struct resolver *resolver, const struct provider *provider,
			const struct attach_point *point, const struct parts *parts,
			struct event **found)
{
	const char *name = parts->nr == 2 ? parts->part[1] : "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		struct event *event;

		if (fnmatch(name, tables[i].name, 0))
			continue;
		event = new_event(resolver, point, provider);
		set_target(resolver->arena, event, tables[i].name);
		append_event(found, event);
	}
	if (*found)
		return 0;
	diag_error(&point->at, "the iterators are iter:task, iter:task_file and iter:task_vma",
		   parts->nr > 2 ? "'%s' cannot be pinned" : "'%s' is not an iterator here",
		   point->text);
	return -1;
}

static void copy_field(struct event_fields *fields, const struct event_field *from)
{
	struct event_field *field = APPEND(fields->fields, fields->nr);

	*field = *from;
	field->name = xstrdup(from->name);
	field->declared = xstrdup(from->declared);
}

static int iter_fields(const char *target, struct event_fields *fields)
{
	const struct event_field *field;
	size_t i;

	*fields = (struct event_fields){ 0 };
	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		if (strcmp(target, tables[i].name))
			continue;
		for (field = tables[i].fields; field->name; field++)
			copy_field(fields, field);
		return 0;
	}
	return -ENOENT;
}

static void list_iter(struct listing *listing, const struct provider *provider)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		list_one(listing, provider, tables[i].name, tables[i].name);
}

const struct provider iter_provider = {
	.name = "iter",
	.alias = "it",
	.usage = "iter:TABLE",
	.record = "ctx",
	.gives = GIVES_RECORD,
	.resolve = resolve_iter,
	.fields = iter_fields,
	.list = list_iter,
};

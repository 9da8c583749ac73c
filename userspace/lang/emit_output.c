// SPDX-License-Identifier: GPL-2.0
/* Output records: what user space shows or does when they come. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "compile.h"
#include "emitter.h"
#include "provider/provider.h"
#include "shape.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_fields(const struct object_output *a,
			const struct object_output *b)
{
	return a->nr_fields == b->nr_fields && same_text(a->shape, b->shape) &&
	       (!a->nr_fields || !memcmp(a->fields, b->fields,
					 a->nr_fields * sizeof(*a->fields)));
}

static bool same_output(const struct object_output *a,
			const struct object_output *b)
{
	return a->action == b->action && a->map == b->map &&
	       a->top == b->top && a->div == b->div && a->take == b->take &&
	       a->at_end == b->at_end &&
	       same_text(a->format, b->format) && same_fields(a, b);
}

static void copy_output(struct object_output *to,
			const struct object_output *from)
{
	*to = *from;
	to->format = from->format ? xstrdup(from->format) : NULL;
	to->shape = from->shape ? xstrdup(from->shape) : NULL;
	to->fields = xcalloc(from->nr_fields + 1, sizeof(*to->fields));
	if (from->nr_fields)
		memcpy(to->fields, from->fields, from->nr_fields * sizeof(*to->fields));
}

/* Clauses that say the same, as those of a glob do, share an output. */
unsigned int add_output(struct emitter *em, const struct object_output *output)
{
	struct object *object = em->object;
	size_t i;

	for (i = 0; i < object->nr_outputs; i++)
		if (same_output(&object->outputs[i], output))
			return i;
	if (object->nr_outputs == KPS_MAX_OUTPUTS) {
		em->too_many_outputs = true;
		return 0;
	}
	object->outputs = xrealloc(object->outputs, object->nr_outputs + 1,
				   sizeof(*object->outputs));
	copy_output(&object->outputs[object->nr_outputs], output);
	return object->nr_outputs++;
}

/* "%" in a file's name is no conversion. */
static const char *escaped(struct arena *arena, const char *text)
{
	const char *percent = strchr(text, '%');

	if (!percent)
		return text;
	return arena_printf(arena, "%.*s%%%%%s", (int)(percent - text), text,
			    escaped(arena, percent + 1));
}

char *format_at(struct emitter *em, const struct span *at, const char *level,
		const char *format)
{
	const struct checker *checker = em->checker;
	const char *file = checker->options->file ? checker->options->file : "-";

	return arena_printf(checker->arena, "%s:%d:%d-%d: %s: %s",
			    escaped(checker->arena, file), at->first_line,
			    at->first_column, at->last_column, level, format);
}

/* The fields of a list of values; returns how many bytes they take. */
static unsigned int add_fields(struct emitter *em, const struct expr *list,
			       struct object_output *output)
{
	struct type types[KPS_MAX_OUTPUT_FIELDS] = { 0 };
	unsigned int size = 0, nr = 0;

	for (; list && nr < KPS_MAX_OUTPUT_FIELDS; list = list->next) {
		output->nr_fields += type_to_fields(em->object, &list->type,
						    output->fields + output->nr_fields,
						    KPS_MAX_OUTPUT_FIELDS - output->nr_fields);
		size += type_size(&list->type);
		types[nr++] = list->type;
	}
	output->shape = (char *)shape_of(em->checker->ctypes, types, nr);
	return size;
}

/*
 * What END has run is run, also if a signal has ended all else. What it empties counts
 * no more.
 */
static bool is_of_end(const struct emitter *em)
{
	const struct event *event = em->checker->event;

	return event->provider == &special_provider &&
	       !strcmp(event->name, "END");
}

/* Of strings only what they have is in a record; the others always take all their bytes. */
static void check_room(struct emitter *em, const struct object_output *output,
		       const struct expr *list)
{
	unsigned int least = 0, most = 0, i;

	for (i = 0; i < output->nr_fields; i++) {
		const struct kps_field *field = &output->fields[i];

		least += field->type == KPS_T_STR ? 8 : field->size;
		most += field->size;
	}
	if (least > KPS_MAX_RECORD && !em->too_large)
		em->too_large = &list->at;
	em->object->has_large_outputs |= most > KPS_MAX_RECORD;
}

void emit_record(struct emitter *em, struct object_output *output,
		 const struct expr *list)
{
	struct kps_field fields[KPS_MAX_OUTPUT_FIELDS] = { 0 };
	unsigned int size;
	int off, at;

	output->fields = fields;
	output->at_end = (output->action == ACTION_SYSTEM ||
			  output->action == ACTION_CLEAR ||
			  output->action == ACTION_ZERO) && is_of_end(em);
	size = add_fields(em, list, output);
	check_room(em, output, list);
	off = take(em, size);
	for (at = off; list; list = list->next) {
		emit_at(em, list, at, &list->type, 0);
		at += type_size(&list->type);
	}
	code_mov_imm(&em->code, BPF_REG_2, add_output(em, output));
	code_mov_imm(&em->code, BPF_REG_3, off);
	code_call(&em->code, KPS_FN_OUTPUT);
}


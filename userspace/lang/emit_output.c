// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that only do something: what they have to say goes into a record, and
 * user space does it when the record comes.
 */
#include <stdlib.h>
#include <string.h>

#include "emitter.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_fields(const struct object_output *a,
			const struct object_output *b)
{
	size_t i;

	if (a->nr_fields != b->nr_fields)
		return false;
	for (i = 0; i < a->nr_fields; i++)
		if (memcmp(&a->fields[i].wire, &b->fields[i].wire,
			   sizeof(a->fields[i].wire)) ||
		    !same_text(a->fields[i].strftime, b->fields[i].strftime))
			return false;
	return true;
}

static bool same_output(const struct object_output *a,
			const struct object_output *b)
{
	return a->action == b->action && a->map == b->map &&
	       a->top == b->top && a->div == b->div && a->take == b->take &&
	       a->is_tuple == b->is_tuple && a->at_end == b->at_end &&
	       same_text(a->format, b->format) && same_fields(a, b);
}

static void copy_output(struct object_output *to,
			const struct object_output *from)
{
	size_t i;

	*to = *from;
	to->format = from->format ? xstrdup(from->format) : NULL;
	to->fields = xcalloc(from->nr_fields + 1, sizeof(*to->fields));
	for (i = 0; i < from->nr_fields; i++) {
		to->fields[i] = from->fields[i];
		if (from->fields[i].strftime)
			to->fields[i].strftime =
				xstrdup(from->fields[i].strftime);
	}
}

/* Clauses that say the same, as those of a glob do, share an output. */
static unsigned int add_output(struct emitter *em,
			       const struct object_output *output)
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

/* The fields of a list of values; returns how many bytes they take. */
static unsigned int add_fields(struct emitter *em, const struct expr *list,
			       struct object_output *output)
{
	unsigned int size = 0;

	for (; list; list = list->next) {
		struct kps_field wire[KPS_MAX_VALUE_FIELDS];
		unsigned int i, nr;

		nr = type_to_fields(em->object, &list->type, wire,
				    KPS_MAX_VALUE_FIELDS);
		for (i = 0; i < nr && output->nr_fields <
				      KPS_MAX_OUTPUT_FIELDS; i++)
			output->fields[output->nr_fields++].wire = wire[i];
		output->fields[output->nr_fields - 1].strftime =
			(char *)list->type.format;
		size += type_size(&list->type);
	}
	return size;
}

/* What END has run is run, also if a signal has ended all else. */
static bool is_of_end(const struct emitter *em)
{
	const struct event *event = em->checker->event;

	return event->provider == PROVIDER_PROGRAM &&
	       !strcmp(event->name, "END");
}

static void emit_record(struct emitter *em, struct object_output *output,
			const struct expr *list)
{
	struct object_field fields[KPS_MAX_OUTPUT_FIELDS] = { 0 };
	unsigned int size;
	int off, at;

	output->fields = fields;
	output->at_end = output->action == ACTION_SYSTEM && is_of_end(em);
	size = add_fields(em, list, output);
	off = take(em, size);
	for (at = off; list; list = list->next) {
		emit_at(em, list, at, &list->type, 0);
		at += type_size(&list->type);
	}
	code_mov_imm(&em->code, BPF_REG_2, add_output(em, output));
	code_mov_imm(&em->code, BPF_REG_3, off);
	code_call(&em->code, KPS_FN_OUTPUT);
}

static void emit_printf(struct emitter *em, const struct expr *call)
{
	static const enum action actions[FN_NR] = {
		[FN_PRINTF] = ACTION_PRINTF, [FN_CAT] = ACTION_CAT,
		[FN_SYSTEM] = ACTION_SYSTEM,
	};
	struct object_output output = {
		.action = actions[call->function->id],
		.format = (char *)call->list->text,
	};

	emit_record(em, &output, call->list->next);
}

static void emit_print(struct emitter *em, const struct expr *call)
{
	struct expr what = *call->list;
	const struct expr *top = what.next;
	struct object_output output = {
		.action = ACTION_PRINT_VALUE,
		.is_tuple = what.type.kind == TYPE_TUPLE,
	};

	what.next = NULL;
	if (what.kind != EXPR_MAP || what.list) {
		emit_record(em, &output, &what);
		return;
	}
	output = (struct object_output){
		.action = ACTION_PRINT_MAP,
		.map = what.map,
		.top = top ? top->value : 0,
		.div = top && top->next ? top->next->value : 0,
		.take = call->take,
	};
	emit_record(em, &output, NULL);
}

static void emit_map_action(struct emitter *em, const struct expr *call)
{
	struct object_output output = {
		.action = call->function->id == FN_CLEAR ? ACTION_CLEAR :
							   ACTION_ZERO,
		.map = call->list->map,
	};

	if (!call->is_taken)
		emit_record(em, &output, NULL);
}

static void emit_time(struct emitter *em, const struct expr *call)
{
	struct object_output output = {
		.action = ACTION_TIME,
		.format = call->list ? (char *)call->list->text :
				       (char *)"%H:%M:%S\n",
	};

	emit_record(em, &output, NULL);
}

/* Nothing of the clause is done behind it. */
static void emit_exit(struct emitter *em, const struct expr *call)
{
	struct object_output output = { .action = ACTION_EXIT };

	(void)call;
	emit_record(em, &output, NULL);
	code_jump(&em->code, em->end);
}

static void emit_join(struct emitter *em, const struct expr *call)
{
	const struct expr *separator = call->list->next;
	const char *text = separator ? separator->text : " ";
	struct object_field field = {
		.wire = { .type = KPS_T_JOIN, .size = 8 },
	};
	struct object_output output = {
		.action = ACTION_JOIN,
		.format = (char *)text,
		.fields = &field,
		.nr_fields = 1,
	};
	uint64_t word = 0;

	memcpy(&word, text, strlen(text));
	code_mov(&em->code, BPF_REG_4,
		 emit_any(em, call->list, BPF_REG_4, 0));
	code_mov_imm(&em->code, BPF_REG_2, add_output(em, &output));
	code_mov_imm(&em->code, BPF_REG_3, 0);
	code_mov_imm(&em->code, BPF_REG_5, word);
	code_call(&em->code, KPS_FN_JOIN);
}

static void emit_delete(struct emitter *em, const struct expr *call)
{
	int key = emit_key(em, call->list, 0);

	code_mov_imm(&em->code, BPF_REG_2, call->list->map);
	code_mov_imm(&em->code, BPF_REG_3, key);
	code_call(&em->code, KPS_FN_MAP_DELETE);
}

void emit_action(struct emitter *em, const struct expr *call)
{
	static void (* const actions[FN_NR])(struct emitter *,
					     const struct expr *) = {
		[FN_PRINTF] = emit_printf,
		[FN_CAT] = emit_printf,
		[FN_SYSTEM] = emit_printf,
		[FN_JOIN] = emit_join,
		[FN_TIME] = emit_time,
		[FN_PRINT] = emit_print,
		[FN_CLEAR] = emit_map_action,
		[FN_ZERO] = emit_map_action,
		[FN_DELETE] = emit_delete,
		[FN_EXIT] = emit_exit,
	};

	actions[call->function->id](em, call);
}

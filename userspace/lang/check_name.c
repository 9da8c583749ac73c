// SPDX-License-Identifier: GPL-2.0
/* Names: builtins, constants, parameters, and the fields of an event. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/near.h"
#include "call/call.h"
#include "compile.h"
#include "header.h"
#include "provider/provider.h"

/*
 * Names
 */

static const char *name_hint(struct checker *checker, const char *name)
{
	struct near near = { .word = name };
	const struct function *function;
	const char *offer;
	size_t i;

	for (i = 0; (offer = builtin_name(i)); i++)
		near_offer(&near, offer);
	for (i = 0; (function = function_at(i)); i++)
		near_offer(&near, function->name);
	return near_hint(checker->arena, &near);
}

/* "prev_comm" is a field of the event; NULL: there is none of that name. */
static const char *args_hint(struct checker *checker, const struct expr *expr)
{
	struct event *event = checker->event;
	const struct event_fields *fields;
	bool was_muted;

	if (!(event->provider->gives & GIVES_RECORD))
		return NULL;
	was_muted = diag_mute(true);
	fields = event_args(event, &expr->at);
	diag_mute(was_muted);
	if (!fields || !event_field_find(fields, expr->text))
		return NULL;
	return arena_printf(checker->arena, "write args.%s", expr->text);
}

int refuse_name(struct checker *checker, const struct expr *expr,
		       const char *kind)
{
	const struct refusal *refusal = refused_name(expr->text);
	const char *hint = args_hint(checker, expr);

	if (hint)
		diag_error(&expr->at, hint, "there is no %s '%s'", kind,
			   expr->text);
	else if (refusal)
		diag_error(&expr->at, refusal->hint,
			   "'%s' is not supported", expr->text);
	else
		diag_error(&expr->at, name_hint(checker, expr->text),
			   "there is no %s '%s'", kind, expr->text);
	return -1;
}

/* "a kprobe", "an interval", "BEGIN" */
static const char *event_kind(const struct checker *checker)
{
	const struct event *event = checker->event;
	const char *name = event->provider->name;

	if (event->provider->is_word)
		return event->point->text;
	return arena_printf(checker->arena, "%s %s",
			    strchr("aeiou", name[0]) ? "an" : "a", name);
}

static int check_run_constant(struct checker *checker, struct expr *expr)
{
	unsigned int cpid = checker->options->cpid;

	switch (expr->builtin->from) {
	case CONSTANT_NCPUS:
		become_int(expr, sysconf(_SC_NPROCESSORS_ONLN), false);
		return 0;
	case CONSTANT_PROBETYPE:
		become_str(expr, checker->event->provider->name);
		return 0;
	case CONSTANT_HAS_CPID:
		become_bool(expr, cpid);
		return 0;
	case CONSTANT_CPID:
		/* To be met again by the pass that warns. */
		if (!cpid && diag_is_muted()) {
			set_int(expr, false);
			return 0;
		}
		if (!cpid && !checker->quiet)
			diag_warning(&expr->at, "use kpctl run -c COMMAND, or pid",
				     "'cpid' is the process of the command, and no command is given: it is 0");
		become_int(expr, cpid, false);
		return 0;
	}
	return -1;
}

static bool same_field(const struct event_field *a, const struct event_field *b)
{
	return a->class == b->class && a->offset == b->offset && a->size == b->size &&
	       a->is_signed == b->is_signed && !strcmp(a->declared, b->declared);
}

static bool has_same_field(const struct event *event, const char *target,
			   const struct event_field *wanted)
{
	const struct event_field *field;
	struct event_fields fields;
	bool has;

	if (event->provider->fields(target, &fields))
		return false;
	field = event_field_find(&fields, wanted->name);
	has = field && same_field(field, wanted);
	event_fields_free(&fields);
	return has;
}

/*
 * One clause serves all functions of an event: to each of them the name must be the
 * same. @odd: set to one that has another, or none; or NULL.
 */
static bool is_alike(const struct event *event, const struct event_field *field,
		     const char **odd)
{
	size_t i;

	for (i = 1; i < event->nr_targets; i++) {
		if (has_same_field(event, event->targets[i], field))
			continue;
		if (odd)
			*odd = event->targets[i];
		return false;
	}
	return true;
}

/* The compiler leaves out of a copy what its few callers do not need. */
static void warn_of_reshaped(const struct checker *checker,
			     const struct expr *expr, const char *name)
{
	struct event *event = checker->event;

	if (checker->quiet || diag_is_muted() || event->warned)
		return;
	event->warned = true;
	diag_warning(&expr->at, "+0 behind the function's name is itself alone: kprobe:FUNCTION+0",
		     "'%s' may be something else in '%s', which the compiler has made for some callers",
		     name, event->reshaped);
}

/* "unsigned long args[6]", and not "__data_loc u32[] rates" */
static bool is_plain_array(const struct event_field *field)
{
	return field->declared && strchr(field->declared, '[') &&
	       strncmp(field->declared, "__data_loc", 10) &&
	       strncmp(field->declared, "__rel_loc", 9);
}

static int set_field_type(struct checker *checker, struct expr *expr,
			  const struct event_field *field)
{
	struct type *type = &expr->type;

	*type = (struct type){ .kind = TYPE_INT, .is_signed = field->is_signed };
	if (expr->as_bytes && event_field_is_loc(field)) {
		/* Its size is the event's. */
		*type = (struct type){ .kind = TYPE_ARRAY };
		return 0;
	}
	switch (field->class) {
	case FIELD_STRING:
		*type = (struct type){ .kind = TYPE_STR,
				       .size = round_up8(field->size) };
		if (type->size <= KPS_MAX_STR)
			return 0;
		break;
	case FIELD_DATA_LOC:
		set_open_str(checker, expr);
		return 0;
	case FIELD_BYTES:
		*type = (struct type){ .kind = TYPE_ARRAY, .size = field->size,
				       .to = array_of_field(checker, field) };
		return 0;
	case FIELD_PLAIN:
		if (field->type == KPS_T_INET) {
			type->kind = TYPE_INET;
		} else if (field->type == KPS_T_ENUM && field->names.nr) {
			type->kind = TYPE_ENUM;
			type->names = &field->names;
		} else {
			type->to = pointee_of_field(checker, field);
		}
		return 0;
	case FIELD_WORD:
		return set_type(checker, expr,
				ctype_of_kernel(checker->ctypes, field->kernel,
						field->ktype));
	default:
		if (!is_plain_array(field))
			break;
		*type = (struct type){ .kind = TYPE_ARRAY, .size = field->size,
				       .to = array_of_field(checker, field) };
		return 0;
	}
	diag_error(&expr->at, event_field_is_loc(field) ?
		   arena_printf(checker->arena, "read its bytes: buf(args.%s)",
				field->name) : "use another field",
		   "'%s' (%s) cannot be used", field->name,
		   field->declared ? field->declared : field->name);
	return -1;
}

/* Of a function whose prototype says it; NULL: as it is in its register. */
static const struct event_field *typed_return(struct checker *checker,
					      const struct expr *expr)
{
	struct event *event = checker->event;
	const struct event_fields *fields;
	const struct event_field *field = NULL;
	bool was_muted;

	if (strcmp(expr->text, "retval") || !(event->provider->gives & GIVES_RECORD))
		return NULL;
	was_muted = diag_mute(true);
	fields = event_args(event, &expr->at);
	if (fields)
		field = event_field_find(fields, expr->text);
	if (field && (field->class != FIELD_WORD || !is_alike(event, field, NULL)))
		field = NULL;
	diag_mute(was_muted);
	return field;
}

static int check_builtin(struct checker *checker, struct expr *expr)
{
	const struct builtin *builtin = expr->builtin;
	bool is_argument = argument_number(builtin) >= 0;

	if (builtin->needs & ~checker->event->provider->gives) {
		diag_error(&expr->at, builtin->hint,
			   "'%s' is not available in %s", builtin->name,
			   event_kind(checker));
		return -1;
	}
	if (checker->event->provider->gives & GIVES_PLACE)
		builtin = expr->builtin = builtin_in_file(builtin);
	if (is_argument && checker->event->provider->gives & GIVES_OPERANDS &&
	    builtin_operand(argument_number(builtin)))
		builtin = expr->builtin = builtin_operand(argument_number(builtin));
	if (builtin->source == FROM_CONSTANT)
		return check_run_constant(checker, expr);
	expr->type = builtin->type;
	if ((expr->type.kind == TYPE_KSTACK || expr->type.kind == TYPE_USTACK) &&
	    set_stack_flags(expr, checker->options->stack_flags))
		return -1;
	expr->field = typed_return(checker, expr);
	if (checker->event->reshaped &&
	    (is_argument || !strcmp(builtin->name, "retval")))
		warn_of_reshaped(checker, expr, builtin->name);
	if (is_argument && checker->event->provider->check_argument)
		return checker->event->provider->check_argument(checker, expr);
	return expr->field ? set_field_type(checker, expr, expr->field) : 0;
}

static int become_header_constant(struct expr *expr, const struct header_constant *constant)
{
	if (constant->string)
		become_str(expr, constant->string);
	else
		become_int(expr, constant->number.value,
			   constant->number.is_signed ||
			   (int64_t)constant->number.value >= 0);
	return 0;
}

int check_name(struct checker *checker, struct expr *expr)
{
	struct header_constant constant_of_header;
	const struct constant *constant = constant_find(expr->text);
	const struct enum_table *names;
	const struct function *function;
	uint64_t number;
	int64_t value;

	expr->builtin = builtin_find(expr->text);
	if (expr->builtin)
		return check_builtin(checker, expr);
	if (constant) {
		become_int(expr, constant->value, true);
		if (constant->names) {
			expr->type.kind = TYPE_ENUM;
			expr->type.names = constant->names;
		}
		return 0;
	}
	if (syscall_number(expr->text, &number)) {
		become_int(expr, number, true);
		return 0;
	}
	if (!strcmp(expr->text, "args")) {
		diag_error(&expr->at, "kpctl probes PROBE lists the fields",
			   "args is used as args.FIELD");
		return -1;
	}
	function = function_find(expr->text);
	if (function && function->is_constant && !function->min_args) {
		expr->kind = EXPR_CALL;
		return check_expr(checker, expr);
	}
	if (function) {
		diag_error(&expr->at,
			   arena_printf(checker->arena, "write %s",
					function->usage),
			   "'%s' is a function", expr->text);
		return -1;
	}
	if (ctype_constant(checker->ctypes, expr->text, &value, &names)) {
		become_int(expr, value, true);
		expr->type.kind = TYPE_ENUM;
		expr->type.names = names;
		return 0;
	}
	if (header_constant(checker->ctypes, expr->text, &constant_of_header))
		return become_header_constant(expr, &constant_of_header);
	return refuse_name(checker, expr, "builtin");
}

/* Parameters of the command line that are missing are 0, as in bpftrace. */
int check_positional(struct checker *checker, struct expr *expr)
{
	const struct compile_options *options = checker->options;
	const char *text;
	int64_t value;
	size_t number;

	if (!strcmp(expr->text, "$#")) {
		become_int(expr, options->nr_params, true);
		return 0;
	}
	number = strtoul(expr->text + 1, NULL, 10);
	if (!number || number > options->nr_params) {
		become_int(expr, 0, true);
		return 0;
	}
	text = options->params[number - 1];
	if (!text_to_int(text, &value)) {
		diag_error(&expr->at,
			   arena_printf(checker->arena, "use str(%s)",
					expr->text),
			   "parameter %s is \"%s\", which is not a number",
			   expr->text, text);
		return -1;
	}
	become_int(expr, value, true);
	return 0;
}

/*
 * Fields
 */

static const char *field_hint(struct checker *checker, const char *name,
			      const struct event_fields *fields)
{
	struct near near = { .word = name };
	const char *text = "its fields are";
	const char *hint;
	size_t i;

	for (i = 0; i < fields->nr; i++)
		near_offer(&near, fields->fields[i].name);
	hint = near_hint(checker->arena, &near);
	if (hint)
		return hint;
	for (i = 0; i < fields->nr; i++)
		if (strncmp(fields->fields[i].name, "common_", 7))
			text = arena_printf(checker->arena, "%s %s", text,
					    fields->fields[i].name);
	return text;
}

static int check_member(struct checker *checker, struct expr *expr)
{
	const struct type *tuple = &expr->a->type;
	char *end;
	unsigned long n = strtoul(expr->text, &end, 10);

	if (tuple->names_of)
		n = type_member_named(tuple, expr->text);
	else if (*end)
		n = tuple->nr_members;
	if (n >= tuple->nr_members && (*end || tuple->names_of)) {
		diag_error(&expr->at, tuple->names_of ?
			   arena_printf(checker->arena, "its first one is .%s",
					tuple->names_of[0]) : "its members are .0, .1 ..",
			   "a %s has no member '%s'",
			   tuple->names_of ? "record" : "tuple", expr->text);
		return -1;
	}
	if (n >= tuple->nr_members) {
		diag_error(&expr->at,
			   arena_printf(checker->arena, "its last one is .%u",
					tuple->nr_members - 1),
			   "the tuple has no member .%lu", n);
		return -1;
	}
	expr->value = type_member_offset(tuple, n);
	expr->type = type_copy(checker, &tuple->members[n]);
	return 0;
}

static int check_member_or_struct(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->a))
		return -1;
	forget_memory(expr);
	if (expr->a->type.kind == TYPE_TUPLE)
		return check_member(checker, expr);
	if (expr->a->type.kind == TYPE_NONE) {
		set_kind(expr, TYPE_NONE);
		return 0;
	}
	return check_memory_field(checker, expr);
}

/* args, or ctx in an iterator; args is said to be missing where there is none. */
static bool is_record(const struct checker *checker, const struct expr *expr)
{
	const char *name = checker->event->provider->record;

	return expr->kind == EXPR_NAME && !strcmp(expr->text, name ? name : "args");
}

int check_field(struct checker *checker, struct expr *expr)
{
	const struct event_fields *fields;
	struct event *event = checker->event;
	const char *odd;

	if (!is_record(checker, expr->a))
		return check_member_or_struct(checker, expr);
	if (!(event->provider->gives & GIVES_RECORD)) {
		diag_error(&expr->at, "use fentry or fexit, or probe a tracepoint",
			   "'args' is not available in %s",
			   event_kind(checker));
		return -1;
	}
	fields = event_args(event, &expr->at);
	if (!fields)
		return -1;
	forget_memory(expr);
	expr->field = event_field_find(fields, expr->text);
	if (!expr->field) {
		diag_error(&expr->at, field_hint(checker, expr->text, fields),
			   "%s:%s has no field '%s'", event->provider->name,
			   event->targets[0], expr->text);
		return -1;
	}
	if (event->reshaped)
		warn_of_reshaped(checker, expr, expr->text);
	if (is_alike(event, expr->field, &odd))
		return set_field_type(checker, expr, expr->field);
	diag_error(&expr->at, "write a clause for each of them",
		   "'%s' has no '%s', or a different one from that of '%s'", odd, expr->text,
		   event->targets[0]);
	return -1;
}

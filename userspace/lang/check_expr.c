// SPDX-License-Identifier: GPL-2.0
/* Expressions: names, fields, operators. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/near.h"
#include "call/call.h"
#include "compile.h"
#include "ktypes/ktypes.h"
#include "provider/provider.h"

void set_int(struct expr *expr, bool is_signed)
{
	expr->type = (struct type){ .kind = TYPE_INT, .is_signed = is_signed };
}

void set_str(struct expr *expr, unsigned int size)
{
	expr->type = (struct type){ .kind = TYPE_STR, .size = size };
}

void set_kind(struct expr *expr, enum type_kind kind)
{
	expr->type = (struct type){ .kind = kind };
}

void become_int(struct expr *expr, uint64_t value, bool is_signed)
{
	expr->kind = EXPR_INT;
	expr->value = value;
	set_int(expr, is_signed);
}

void become_str(struct expr *expr, const char *text)
{
	expr->kind = EXPR_STRING;
	expr->text = text;
	expr->len = strlen(text);
	set_str(expr, round_up8(expr->len + 1));
}

/* Members of a tuple are widened in place: they must not be shared. */
struct type type_copy(struct checker *checker, const struct type *type)
{
	struct type copy = *type;
	struct type *members;
	unsigned int i;

	/* What is kept of a string is the text, not where it was. */
	if (type->kind == TYPE_STR)
		copy.to = NULL;
	if (!type->nr_members)
		return copy;
	members = arena_alloc(checker->arena,
			      type->nr_members * sizeof(*members));
	for (i = 0; i < type->nr_members; i++)
		members[i] = type_copy(checker, &type->members[i]);
	copy.members = members;
	return copy;
}

int refuse(const struct expr *expr, const char *hint, const char *what)
{
	diag_error(&expr->at, hint, "%s not supported yet", what);
	return -1;
}

/* Whether somebody wants to know something of the value, and no more. */
static bool is_truth(const char *where)
{
	return strstr(where, "condition") || !strcmp(where, "a filter");
}

/* Nothing is known of a map's value in an early pass: that may be anything. */
int require_int(const struct expr *expr, const char *where)
{
	const char *hint = NULL;

	if (type_is_int(&expr->type) || expr->type.kind == TYPE_NONE)
		return 0;
	if (expr->type.kind == TYPE_STR && is_truth(where))
		hint = "compare strings with == or !=";
	else if (expr->type.kind == TYPE_ARRAY)
		hint = "print an address with ntop(), read an element with [0]";
	else if (expr->type.kind == TYPE_RECORD)
		hint = "read one of its members";
	diag_error(&expr->at, hint, "%s must be an integer, not %s", where,
		   type_name(&expr->type));
	return -1;
}

int require_const(const struct expr *expr, const char *what)
{
	if (expr_is_const(expr))
		return 0;
	diag_error(&expr->at, "write a number", "%s must be a constant", what);
	return -1;
}

int require_value(const struct expr *expr, const char *what)
{
	const char *hint = NULL;

	if (type_is_value(&expr->type) || expr->type.kind == TYPE_NONE)
		return 0;
	if (expr->type.kind == TYPE_ARRAY)
		hint = "print an address with ntop() or macaddr(), other bytes with buf(), an element with [0]";
	else if (expr->type.kind == TYPE_RECORD)
		hint = "read its members one by one";
	else if (expr->type.kind == TYPE_AGGREGATE)
		hint = "write @name[key] = count()";
	diag_error(&expr->at, hint, "%s cannot be %s", type_name(&expr->type),
		   what);
	return -1;
}

/* The format of a time goes with an output, a map has no place for it. */
int require_kept(const struct expr *expr, const char *what)
{
	if (expr->type.kind != TYPE_TIME)
		return require_value(expr, what);
	diag_error(&expr->at, "keep nsecs, and format it where it is printed",
		   "%s cannot be %s", type_name(&expr->type), what);
	return -1;
}

int check_list(struct checker *checker, struct expr *list)
{
	for (; list; list = list->next)
		if (check_expr(checker, list))
			return -1;
	return 0;
}

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
	case CONSTANT_CPID:
		if (cpid) {
			become_int(expr, cpid, false);
			return 0;
		}
		break;
	}
	diag_error(&expr->at, "use kpctl run -c COMMAND, or pid",
		   "'cpid' is the process of a command, and there is none");
	return -1;
}

/* Of a tracepoint's arguments, those that come in registers: see the module. */
#define RAW_ARGUMENTS 5

static void warn_of_unknown(struct checker *checker, const struct expr *expr,
			    const char *tracepoint)
{
	if (checker->quiet || checker->warned_raw || diag_is_muted())
		return;
	checker->warned_raw = true;
	diag_warning(&expr->at, "see its TP_PROTO in the kernel's include/trace/events",
		     "how many arguments '%s' has is not known here: an argN that it does not have is some other value",
		     tracepoint);
}

/* Of argN: N. */
static int argument_number(const struct builtin *builtin)
{
	return (builtin->from - (int)offsetof(struct kps_frame, arg)) /
	       (int)sizeof(uint64_t);
}

/* Behind the last argument are registers that hold something else. */
static int check_raw_argument(struct checker *checker, const struct expr *expr)
{
	const struct event *event = checker->event;
	int n = argument_number(expr->builtin);
	size_t i;

	if (n >= RAW_ARGUMENTS) {
		diag_error(&expr->at, "use a kprobe, or args.FIELD of the tracepoint",
			   "of a rawtracepoint arg0 to arg%d are known",
			   RAW_ARGUMENTS - 1);
		return -1;
	}
	for (i = 0; i < event->nr_targets; i++) {
		const char *tracepoint = event->targets[i];
		int nr = ktypes_tracepoint(tracepoint);

		if (nr < 0) {
			warn_of_unknown(checker, expr, tracepoint);
		} else if (n >= nr) {
			diag_error(&expr->at, nr ? "they begin with arg0" :
				   "leave it out",
				   "tracepoint '%s' has %d argument%s, so there is no %s",
				   tracepoint, nr, nr == 1 ? "" : "s",
				   expr->builtin->name);
			return -1;
		}
	}
	return 0;
}

/* They are what comes last in the frame. */
static bool is_argument(const struct builtin *builtin)
{
	return builtin->source == FROM_FRAME &&
	       builtin->from >= (int)offsetof(struct kps_frame, arg);
}

/* The compiler leaves out of a copy what its few callers do not need. */
static void warn_of_reshaped(const struct checker *checker,
			     const struct expr *expr)
{
	struct event *event = checker->event;

	if (checker->quiet || diag_is_muted() || event->warned)
		return;
	event->warned = true;
	diag_warning(&expr->at, "+0 behind the function's name is itself alone: kprobe:FUNCTION+0",
		     "'%s' may be something else in '%s', which the compiler has made for some callers",
		     expr->builtin->name, event->reshaped);
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

static void warn_of_wrapper(const struct checker *checker,
			    const struct expr *expr)
{
	struct event *event = checker->event;
	unsigned int n = argument_number(expr->builtin);
	const char *call = wrapped_call(event), *where;
	const char *hint;

	if (!n || !call || checker->quiet || diag_is_muted() || event->warned)
		return;
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
}

static int check_builtin(struct checker *checker, struct expr *expr)
{
	const struct builtin *builtin = expr->builtin;

	if (builtin->needs & ~checker->event->provider->gives) {
		diag_error(&expr->at, builtin->hint,
			   "'%s' is not available in %s", builtin->name,
			   event_kind(checker));
		return -1;
	}
	if (builtin->source == FROM_CONSTANT)
		return check_run_constant(checker, expr);
	expr->type = builtin->type;
	if (checker->event->reshaped &&
	    (is_argument(builtin) || !strcmp(builtin->name, "retval")))
		warn_of_reshaped(checker, expr);
	if (checker->event->provider == &kprobe_provider && is_argument(builtin))
		warn_of_wrapper(checker, expr);
	if (checker->event->provider == &rawtracepoint_provider &&
	    is_argument(builtin))
		return check_raw_argument(checker, expr);
	return 0;
}

static int check_name(struct checker *checker, struct expr *expr)
{
	const struct constant *constant = constant_find(expr->text);
	const struct function *function;
	int64_t value;

	expr->builtin = builtin_find(expr->text);
	if (expr->builtin)
		return check_builtin(checker, expr);
	if (constant) {
		become_int(expr, constant->value, true);
		return 0;
	}
	if (!strcmp(expr->text, "args")) {
		diag_error(&expr->at, "kpctl probes PROBE lists the fields",
			   "args is used as args.FIELD");
		return -1;
	}
	function = function_find(expr->text);
	if (function) {
		diag_error(&expr->at,
			   arena_printf(checker->arena, "write %s",
					function->usage),
			   "'%s' is a function", expr->text);
		return -1;
	}
	if (ctype_constant(checker->ctypes, expr->text, &value)) {
		become_int(expr, value, true);
		return 0;
	}
	return refuse_name(checker, expr, "builtin");
}

/* Parameters of the command line that are missing are 0, as in bpftrace. */
static int check_positional(struct checker *checker, struct expr *expr)
{
	const struct compile_options *options = checker->options;
	const char *text;
	uint64_t value;
	size_t number;
	char *end;

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
	errno = 0;
	value = strtoll(text, &end, 0);
	if (errno || end == text || *end) {
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

/* "unsigned long args[6]", and not "__data_loc u32[] rates" */
static bool is_plain_array(const struct event_field *field)
{
	return field->declared && strchr(field->declared, '[') &&
	       strncmp(field->declared, "__data_loc", 10) &&
	       strncmp(field->declared, "__rel_loc", 9);
}

static int type_of_field(struct checker *checker, const struct expr *expr,
			 const struct event_field *field, struct type *type)
{
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
		*type = (struct type){ .kind = TYPE_STR, .size = DEFAULT_STR };
		return 0;
	case FIELD_BYTES:
		*type = (struct type){ .kind = TYPE_ARRAY, .size = field->size };
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
	default:
		if (!is_plain_array(field))
			break;
		*type = (struct type){ .kind = TYPE_ARRAY, .size = field->size };
		return 0;
	}
	diag_error(&expr->at, event_field_is_loc(field) ?
		   arena_printf(checker->arena, "read its bytes: buf(args.%s)",
				field->name) : "use another field",
		   "'%s' (%s) cannot be used", field->name,
		   field->declared ? field->declared : field->name);
	return -1;
}

static int check_member(struct checker *checker, struct expr *expr)
{
	const struct type *tuple = &expr->a->type;
	char *end;
	unsigned long n = strtoul(expr->text, &end, 10);

	if (*end) {
		diag_error(&expr->at, "its members are .0, .1 ..",
			   "a tuple has no member '%s'", expr->text);
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

static int check_field(struct checker *checker, struct expr *expr)
{
	const struct event_fields *fields;
	struct event *event = checker->event;

	if (expr->a->kind != EXPR_NAME || strcmp(expr->a->text, "args"))
		return check_member_or_struct(checker, expr);
	if (!(event->provider->gives & GIVES_RECORD)) {
		diag_error(&expr->at, "use arg0 .. arg5 in a kprobe, or probe a tracepoint",
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
	return type_of_field(checker, expr, expr->field, &expr->type);
}

static int check_tuple(struct checker *checker, struct expr *expr)
{
	unsigned int nr = expr_list_len(expr->list);
	struct type *members = arena_alloc(checker->arena,
					   nr * sizeof(*members));
	struct expr *member = expr->list;
	unsigned int i;

	if (check_list(checker, expr->list))
		return -1;
	for (i = 0; i < nr; i++, member = member->next) {
		if (require_kept(member, "in a tuple"))
			return -1;
		if (member->type.kind == TYPE_TUPLE)
			return refuse(member, "write its members one by one",
				      "a tuple in a tuple is");
		members[i] = member->type;
	}
	set_kind(expr, TYPE_TUPLE);
	expr->type.nr_members = nr;
	expr->type.members = members;
	if (nr <= KPS_MAX_VALUE_FIELDS &&
	    type_size(&expr->type) <= KPS_MAX_VALUE_SIZE)
		return 0;
	diag_error(&expr->at, "use fewer members, or shorter strings: str(x, n)",
		   "a tuple has at most %u members and %u bytes",
		   KPS_MAX_VALUE_FIELDS, KPS_MAX_VALUE_SIZE);
	return -1;
}

/*
 * Operators
 */

static bool is_comparison(enum op op)
{
	return op >= OP_LT && op <= OP_NE;
}

/* The value of a constant operation, as the emitted code would compute it. */
static uint64_t fold(enum op op, uint64_t a, uint64_t b, bool is_signed)
{
	int64_t sa = a, sb = b;

	switch (op) {
	case OP_MUL:
		return a * b;
	case OP_DIV:
		return b ? a / b : 0;
	case OP_MOD:
		return b ? a % b : a;
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_SHL:
		return a << (b & 63);
	case OP_SHR:
		return a >> (b & 63);
	case OP_LT:
		return is_signed ? sa < sb : a < b;
	case OP_LE:
		return is_signed ? sa <= sb : a <= b;
	case OP_GT:
		return is_signed ? sa > sb : a > b;
	case OP_GE:
		return is_signed ? sa >= sb : a >= b;
	case OP_EQ:
		return a == b;
	case OP_NE:
		return a != b;
	case OP_AND:
		return a & b;
	case OP_XOR:
		return a ^ b;
	case OP_OR:
		return a | b;
	case OP_LAND:
		return a && b;
	case OP_LOR:
		return a || b;
	case OP_NEG:
		return -a;
	case OP_NOT:
		return ~a;
	case OP_LNOT:
		return !a;
	default:
		return 0;
	}
}

static bool is_negative_const(const struct expr *expr)
{
	return expr_is_const(expr) && (int64_t)expr->value < 0;
}

static bool is_zero_const(const struct expr *expr)
{
	return expr_is_const(expr) && !expr->value;
}

/*
 * bpftrace compares as unsigned unless both sides are signed.  That is kept,
 * and the two ways to be surprised by it are pointed out.
 */
static void warn_comparison(const struct checker *checker,
			    const struct expr *expr)
{
	const struct expr *a = expr->a, *b = expr->b;
	bool never = (expr->op == OP_LT && is_zero_const(b) &&
		      !a->type.is_signed) ||
		     (expr->op == OP_GT && is_zero_const(a) &&
		      !b->type.is_signed);
	bool mixed = (is_negative_const(a) && !b->type.is_signed) ||
		     (is_negative_const(b) && !a->type.is_signed);

	if (checker->quiet || expr->op == OP_EQ || expr->op == OP_NE)
		return;
	if (never)
		diag_warning(&expr->at, "for a negative result write (int64)retval < 0",
			     "an unsigned value is never less than 0");
	else if (mixed)
		diag_warning(&expr->at, "cast it: (int64)",
			     "an unsigned value is compared with a negative number, as unsigned");
}

static void warn_division(const struct checker *checker,
			  const struct expr *expr)
{
	if (checker->quiet || !may_be_negative(checker, expr->a))
		return;
	diag_warning(&expr->at, "cast to (uint64) if it is never negative",
		     "a signed value is divided as if it were unsigned");
}

/* What a string holds at most, its NUL not counted. */
static unsigned int longest(const struct expr *expr)
{
	return expr->kind == EXPR_STRING ? expr->len : str_longest(expr);
}

void warn_too_long(const struct checker *checker, const struct expr *expr,
		   const struct expr *a, const struct expr *b,
		   const char *always)
{
	const struct expr *literal = a->kind == EXPR_STRING ? a : b;
	const struct expr *other = literal == a ? b : a;
	bool is_read = is_str_call(other);

	if (checker->quiet || checker->learning ||
	    literal->kind != EXPR_STRING || literal->len <= longest(other))
		return;
	diag_warning(&expr->at,
		     is_read && literal->len < KPS_MAX_STR ?
		     arena_printf(checker->arena, "read more: str(x, %u)",
				  literal->len) :
		     arena_printf(checker->arena, "its start: strncmp(x, \"...\", %u)",
				  longest(other)),
		     "the text has %u bytes, what it is compared with at most %u: %s",
		     literal->len, longest(other), always);
}

static int check_str_operands(struct checker *checker, struct expr *expr)
{
	const struct expr *a = expr->a, *b = expr->b;
	bool equal;

	if (expr->op != OP_EQ && expr->op != OP_NE) {
		diag_error(&expr->at, "strings can be compared with == and !=",
			   "'%s' does not work on strings", op_text(expr->op));
		return -1;
	}
	set_int(expr, false);
	if (a->kind != EXPR_STRING || b->kind != EXPR_STRING) {
		warn_too_long(checker, expr, a, b, expr->op == OP_EQ ?
			      "they are never equal" :
			      "they always differ");
		return 0;
	}
	equal = !strcmp(a->text, b->text);
	become_int(expr, equal == (expr->op == OP_EQ), false);
	return 0;
}

static int refuse_operands(const struct expr *expr)
{
	const struct type *a = &expr->a->type, *b = &expr->b->type;
	const char *hint = NULL;

	if (a->kind == TYPE_KSYM || b->kind == TYPE_KSYM)
		hint = "symbols can only be kept and printed: @[func] = count()";
	else if (a->kind == TYPE_INET || b->kind == TYPE_INET)
		hint = "addresses can only be kept and printed: @[ntop(args.saddr)] = count()";
	else if ((type_is_int(a) && b->kind == TYPE_STR) ||
		 (type_is_int(b) && a->kind == TYPE_STR))
		hint = "read a string from an address with str()";
	diag_error(&expr->at, hint, "'%s' does not work on %s and %s",
		   op_text(expr->op), type_name(a), type_name(b));
	return -1;
}

static int check_int_operands(struct checker *checker, struct expr *expr)
{
	bool left = expr->a->type.is_signed, right = expr->b->type.is_signed;
	bool is_signed = left && right;

	if (is_comparison(expr->op))
		warn_comparison(checker, expr);
	if (expr->op == OP_SHL || expr->op == OP_SHR)
		is_signed = left;
	if (expr->op == OP_DIV || expr->op == OP_MOD) {
		if (is_zero_const(expr->b)) {
			diag_error(&expr->b->at, NULL, "division by zero");
			return -1;
		}
		warn_division(checker, expr);
	}
	set_int(expr, is_signed);
	expr->step = 0;
	if (expr_is_const(expr->a) && expr_is_const(expr->b))
		become_int(expr, fold(expr->op, expr->a->value, expr->b->value,
				      left && right), is_signed);
	return 0;
}

static int check_binary(struct checker *checker, struct expr *expr)
{
	const struct type *a = &expr->a->type, *b = &expr->b->type;

	if (check_expr(checker, expr->a) || check_expr(checker, expr->b))
		return -1;
	if (a->kind == TYPE_NONE || b->kind == TYPE_NONE) {
		/* "@x -= 1" makes @x what the other side is. */
		set_int(expr, a->is_signed || b->is_signed);
		return 0;
	}
	if (type_is_int(a) && type_is_int(b))
		return a->to || b->to ? check_pointer_operands(checker, expr) :
					check_int_operands(checker, expr);
	if (a->kind == TYPE_STR && b->kind == TYPE_STR)
		return check_str_operands(checker, expr);
	return refuse_operands(expr);
}

/* x++ and its kin change a variable or a map. */
static int check_increment(struct checker *checker, struct expr *expr)
{
	struct expr *operand = expr->a;
	const struct type number = { .kind = TYPE_INT, .is_signed = true };
	int err;

	if (operand->kind == EXPR_MAP) {
		err = check_map_assign(checker, operand, &number);
	} else if (operand->kind == EXPR_VARIABLE) {
		err = check_variable_read(checker, operand);
	} else {
		diag_error(&expr->at, "write $x++ or @x++",
			   "'%s' changes a variable or a map",
			   op_text(expr->op));
		return -1;
	}
	if (err)
		return -1;
	if (require_int(operand, arena_printf(checker->arena,
					      "the operand of '%s'",
					      op_text(expr->op))))
		return -1;
	if (operand->kind == EXPR_MAP && operand->type.to) {
		diag_error(&expr->at, "write @x = @x + 1",
			   "'%s' does not work on a map of pointers",
			   op_text(expr->op));
		return -1;
	}
	set_int(expr, operand->type.is_signed);
	set_step(checker, expr, operand->type.to);
	if (operand->kind == EXPR_VARIABLE)
		operand->variable->is_known = false;
	if (expr->op == OP_PRE_DEC || expr->op == OP_POST_DEC)
		learn_negative(checker, operand);
	return 0;
}

static int check_unary(struct checker *checker, struct expr *expr)
{
	if (expr->op >= OP_PRE_INC)
		return check_increment(checker, expr);
	if (expr->op == OP_DEREF)
		return check_deref(checker, expr);
	if (check_expr(checker, expr->a))
		return -1;
	if (require_int(expr->a, arena_printf(checker->arena,
					      "the operand of '%s'",
					      op_text(expr->op))))
		return -1;
	set_int(expr, expr->op != OP_LNOT && expr->a->type.is_signed);
	if (expr_is_const(expr->a))
		become_int(expr, fold(expr->op, expr->a->value, 0, false),
			   expr->type.is_signed);
	return 0;
}

static int refuse_choice(const struct expr *expr, const struct type *type)
{
	diag_error(&expr->at, "use if () { } else { }",
		   "'?:' cannot choose between %ss",
		   strchr(type_name(type), ' ') + 1);
	return -1;
}

static int check_choices(struct checker *checker, struct expr *expr)
{
	const struct type *b = &expr->b->type, *c = &expr->c->type;

	if (b->kind != TYPE_NONE && !type_is_value(b))
		return refuse_choice(expr, b);
	if (c->kind != TYPE_NONE && !type_is_value(c))
		return refuse_choice(expr, c);
	expr->type = type_copy(checker, b->kind == TYPE_NONE ? c : b);
	if (b->kind == TYPE_NONE || c->kind == TYPE_NONE)
		return 0;
	if (!type_same_kind(b, c)) {
		diag_error(&expr->at, "both must be of one type",
			   "'?:' cannot choose between %s and %s", type_name(b),
			   type_name(c));
		return -1;
	}
	type_unify(&expr->type, c);
	return 0;
}

static int check_ternary(struct checker *checker, struct expr *expr)
{
	struct guard guard = { expr->a, true, checker->guards };
	int err;

	if (check_expr(checker, expr->a) ||
	    require_int(expr->a, "the condition of '?'"))
		return -1;
	checker->guards = &guard;
	err = check_expr(checker, expr->b);
	guard.holds = false;
	err = err || check_expr(checker, expr->c);
	checker->guards = guard.next;
	if (err || check_choices(checker, expr))
		return -1;
	if (expr_is_const(expr->a) && expr_is_const(expr->b) &&
	    expr_is_const(expr->c))
		become_int(expr, expr->a->value ? expr->b->value :
						  expr->c->value,
			   expr->type.is_signed);
	return 0;
}

int check_expr(struct checker *checker, struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_INT:		/* has its type from the parser, or from folding */
		return 0;
	case EXPR_STRING:
		set_str(expr, round_up8(expr->len + 1));
		return 0;
	case EXPR_NAME:
		return check_name(checker, expr);
	case EXPR_FIELD:
		return check_field(checker, expr);
	case EXPR_CALL:
		return check_call(checker, expr);
	case EXPR_UNARY:
		return check_unary(checker, expr);
	case EXPR_BINARY:
		return check_binary(checker, expr);
	case EXPR_TERNARY:
		return check_ternary(checker, expr);
	case EXPR_CAST:
		return check_cast(checker, expr);
	case EXPR_INDEX:
		return check_index(checker, expr);
	case EXPR_MAP:
		return check_map_read(checker, expr);
	case EXPR_VARIABLE:
		return check_variable_read(checker, expr);
	case EXPR_POSITIONAL:
		return check_positional(checker, expr);
	case EXPR_TUPLE:
		return check_tuple(checker, expr);
	case EXPR_TYPE:
		return check_type(checker, expr);
	}
	return -1;
}

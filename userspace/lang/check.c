// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "check.h"
#include "near.h"

#define DEFAULT_STR 64

static int check_expr(struct checker *checker, struct expr *expr);

static unsigned int round_up8(unsigned int n)
{
	return (n + 7) & ~7u;
}

bool type_is_int(const struct type *type)
{
	return type->kind == TYPE_INT || type->kind == TYPE_ENUM;
}

bool expr_is_const(const struct expr *expr)
{
	return expr->kind == EXPR_INT;
}

unsigned int type_key_size(const struct type *type)
{
	switch (type->kind) {
	case TYPE_STR:
		return type->size;
	case TYPE_INET:
		return 24;
	default:
		return 8;
	}
}

bool enum_table_equal(const struct enum_table *a, const struct enum_table *b)
{
	size_t i;

	if (a == b)
		return true;
	if (!a || !b || a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++)
		if (a->names[i].value != b->names[i].value ||
		    strcmp(a->names[i].name, b->names[i].name))
			return false;
	return true;
}

static void set_int(struct expr *expr, bool is_signed)
{
	expr->type = (struct type){ .kind = TYPE_INT, .is_signed = is_signed };
}

static void set_str(struct expr *expr, unsigned int size)
{
	expr->type = (struct type){ .kind = TYPE_STR, .size = size };
}

/* A constant expression becomes its value. */
static void become_int(struct expr *expr, uint64_t value, bool is_signed)
{
	expr->kind = EXPR_INT;
	expr->value = value;
	set_int(expr, is_signed);
}

static int refuse(const struct expr *expr, const char *hint, const char *what)
{
	diag_error(&expr->at, hint, "%s not supported yet", what);
	return -1;
}

static int require_int(const struct expr *expr, const char *where)
{
	const char *hint = NULL;

	if (type_is_int(&expr->type))
		return 0;
	if (expr->type.kind == TYPE_STR)
		hint = "compare strings with == or !=";
	else if (expr->type.kind == TYPE_BYTES)
		hint = "print an address with ntop()";
	diag_error(&expr->at, hint, "%s must be an integer, not %s", where,
		   type_name(&expr->type));
	return -1;
}

/*
 * Names
 */

static const char *name_hint(struct checker *checker, const char *name)
{
	struct near near = { .word = name };
	const char *offer;
	size_t i;

	for (i = 0; (offer = builtin_name(i)); i++)
		near_offer(&near, offer);
	for (i = 0; (offer = function_name(i)); i++)
		near_offer(&near, offer);
	return near_hint(checker->arena, &near);
}

static int refuse_name(struct checker *checker, const struct expr *expr,
		       const char *kind)
{
	const struct refusal *refusal = refused_name(expr->text);

	if (refusal)
		diag_error(&expr->at, refusal->hint,
			   "'%s' is not supported yet", expr->text);
	else
		diag_error(&expr->at, name_hint(checker, expr->text),
			   "there is no %s '%s'", kind, expr->text);
	return -1;
}

static const char *event_provider(const struct checker *checker)
{
	return providers[checker->event->provider].name;
}

static int check_builtin(struct checker *checker, struct expr *expr)
{
	const struct builtin *builtin = expr->builtin;

	if (!(builtin->providers & 1u << checker->event->provider)) {
		diag_error(&expr->at, builtin->hint,
			   "'%s' has no meaning in a %s", builtin->name,
			   event_provider(checker));
		return -1;
	}
	expr->type = builtin->type;
	return 0;
}

static int check_name(struct checker *checker, struct expr *expr)
{
	const struct constant *constant = constant_find(expr->text);
	const struct function *function;

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
	return refuse_name(checker, expr, "builtin");
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

static int type_of_field(const struct expr *expr,
			 const struct event_field *field, struct type *type)
{
	*type = (struct type){ .kind = TYPE_INT, .is_signed = field->is_signed };
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
		*type = (struct type){ .kind = TYPE_BYTES, .size = field->size };
		return 0;
	case FIELD_PLAIN:
		if (field->type == KPS_T_INET) {
			type->kind = TYPE_INET;
		} else if (field->type == KPS_T_ENUM && field->names.nr) {
			type->kind = TYPE_ENUM;
			type->names = &field->names;
		}
		return 0;
	default:
		break;
	}
	diag_error(&expr->at, "use another field",
		   "'%s' is an array (%s), which cannot be used", field->name,
		   field->declared ? field->declared : field->name);
	return -1;
}

static int check_field(struct checker *checker, struct expr *expr)
{
	const struct event_fields *fields;
	struct event *event = checker->event;

	if (expr->a->kind != EXPR_NAME || strcmp(expr->a->text, "args"))
		return refuse(expr, "args.FIELD reads a tracepoint's record; a kprobe has arg0 .. arg5",
			      "reading fields of structs is");
	if (!(IN_EVENT & 1u << event->provider)) {
		diag_error(&expr->at, "use arg0 .. arg5 in a kprobe, or probe a tracepoint",
			   "'args' has no meaning in a %s",
			   event_provider(checker));
		return -1;
	}
	fields = event_args(event, &expr->at);
	if (!fields)
		return -1;
	expr->field = event_field_find(fields, expr->text);
	if (!expr->field) {
		diag_error(&expr->at, field_hint(checker, expr->text, fields),
			   "%s:%s has no field '%s'", event_provider(checker),
			   event->targets[0], expr->text);
		return -1;
	}
	return type_of_field(expr, expr->field, &expr->type);
}

/*
 * Calls
 */

static int check_args(struct checker *checker, struct expr *expr)
{
	unsigned int nr = expr_list_len(expr->list);
	const struct function *function = expr->function;
	struct expr *arg;

	if (nr < function->min_args || nr > function->max_args) {
		diag_error(&expr->at,
			   arena_printf(checker->arena, "write %s",
					function->usage),
			   "%s() does not take %u argument%s", function->name,
			   nr, nr == 1 ? "" : "s");
		return -1;
	}
	for (arg = expr->list; arg; arg = arg->next)
		if (check_expr(checker, arg))
			return -1;
	return 0;
}

static int require_const(const struct expr *expr, const char *what)
{
	if (expr_is_const(expr))
		return 0;
	diag_error(&expr->at, "write a number", "%s must be a constant", what);
	return -1;
}

static int check_lhist(const struct expr *expr)
{
	const struct expr *min = expr->list->next;
	const struct expr *max = min->next;
	const struct expr *step = max->next;
	int64_t low, high, width;

	if (require_const(min, "lhist()'s min") ||
	    require_const(max, "lhist()'s max") ||
	    require_const(step, "lhist()'s step"))
		return -1;
	low = min->value;
	high = max->value;
	width = step->value;
	if (width < 1) {
		diag_error(&step->at, NULL,
			   "lhist()'s step must be at least 1, not %lld",
			   (long long)width);
		return -1;
	}
	if (high <= low) {
		diag_error(&max->at, "write lhist(n, min, max, step)",
			   "lhist()'s max must be greater than its min");
		return -1;
	}
	if (((uint64_t)high - (uint64_t)low) / width > KPS_MAX_LHIST_BUCKETS) {
		diag_error(&step->at, "make the step larger or the range smaller",
			   "lhist() has at most %u buckets, this would be %llu",
			   KPS_MAX_LHIST_BUCKETS,
			   (unsigned long long)(((uint64_t)high - low) / width));
		return -1;
	}
	return 0;
}

static int check_aggregate(struct checker *checker, struct expr *expr)
{
	(void)checker;
	expr->type = (struct type){ .kind = TYPE_AGGREGATE };
	if (expr->list &&
	    require_int(expr->list, "what is aggregated"))
		return -1;
	return expr->function->kind == KPS_MAP_LHIST ? check_lhist(expr) : 0;
}

static int check_str(struct checker *checker, struct expr *expr)
{
	struct expr *address = expr->list;
	struct expr *len = address->next;
	unsigned int size = DEFAULT_STR;

	(void)checker;
	if (address->type.kind == TYPE_STR)
		size = address->type.size;
	else if (require_int(address, "what str() reads"))
		return -1;
	if (len) {
		if (require_const(len, "str()'s length"))
			return -1;
		if (len->value < 1 || len->value >= KPS_MAX_STR) {
			diag_error(&len->at, NULL,
				   "str()'s length is 1 to %u, not %lld",
				   KPS_MAX_STR - 1, (long long)len->value);
			return -1;
		}
		size = round_up8(len->value + 1);
	}
	if (address->kind == EXPR_STRING || address->type.kind != TYPE_STR ||
	    address->kind == EXPR_FIELD) {
		set_str(expr, size);
		return 0;
	}
	diag_error(&address->at, "leave str() out", "this is a string already");
	return -1;
}

static int check_ntop(struct checker *checker, struct expr *expr)
{
	struct expr *address = expr->list;

	(void)checker;
	if (address->next) {
		if (require_int(address, "ntop()'s family"))
			return -1;
		address = address->next;
	}
	expr->type = (struct type){ .kind = TYPE_INET };
	if (address->type.kind == TYPE_INET || address->type.kind == TYPE_BYTES)
		return 0;
	return require_int(address, "ntop()'s address");
}

static int check_ksym(struct checker *checker, struct expr *expr)
{
	(void)checker;
	expr->type = (struct type){ .kind = TYPE_KSYM };
	return require_int(expr->list, "ksym()'s address");
}

static int check_kstack(struct checker *checker, struct expr *expr)
{
	const struct expr *depth = expr->list;

	(void)checker;
	if (require_const(depth, "kstack()'s number of frames"))
		return -1;
	if (depth->value < 1 || depth->value > KPS_MAX_STACK_DEPTH) {
		diag_error(&depth->at, NULL,
			   "kstack() takes 1 to %u frames, not %lld",
			   KPS_MAX_STACK_DEPTH, (long long)depth->value);
		return -1;
	}
	expr->type = (struct type){ .kind = TYPE_KSTACK };
	return 0;
}

static int check_call(struct checker *checker, struct expr *expr)
{
	static int (* const checks[])(struct checker *, struct expr *) = {
		[FN_AGGREGATE] = check_aggregate,
		[FN_STR] = check_str,
		[FN_NTOP] = check_ntop,
		[FN_KSYM] = check_ksym,
		[FN_KSTACK] = check_kstack,
	};

	expr->function = function_find(expr->text);
	if (!expr->function) {
		if (builtin_find(expr->text) && !refused_name(expr->text)) {
			diag_error(&expr->at,
				   arena_printf(checker->arena, "write %s",
						expr->text),
				   "'%s' is not a function", expr->text);
			return -1;
		}
		return refuse_name(checker, expr, "function");
	}
	if (check_args(checker, expr))
		return -1;
	return checks[expr->function->id](checker, expr);
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
	if (checker->quiet || !expr->a->type.is_signed)
		return;
	if (expr_is_const(expr->a) && !is_negative_const(expr->a))
		return;
	diag_warning(&expr->at, "cast to (uint64) if it is never negative",
		     "a signed value is divided as if it were unsigned");
}

static int check_str_operands(struct expr *expr)
{
	const struct expr *a = expr->a, *b = expr->b;
	bool equal;

	if (expr->op != OP_EQ && expr->op != OP_NE) {
		diag_error(&expr->at, "strings can be compared with == and !=",
			   "'%s' does not work on strings", op_text(expr->op));
		return -1;
	}
	set_int(expr, false);
	if (a->kind != EXPR_STRING || b->kind != EXPR_STRING)
		return 0;
	equal = !strcmp(a->text, b->text);
	become_int(expr, equal == (expr->op == OP_EQ), false);
	return 0;
}

static int refuse_operands(struct checker *checker, const struct expr *expr)
{
	const struct type *a = &expr->a->type, *b = &expr->b->type;
	const char *hint = NULL;

	if (a->kind == TYPE_KSYM || b->kind == TYPE_KSYM)
		hint = "symbols can only be keys: @[func] = count()";
	else if (a->kind == TYPE_INET || b->kind == TYPE_INET)
		hint = "addresses can only be keys: @[ntop(args.saddr)] = count()";
	else if (type_is_int(a) && b->kind == TYPE_STR)
		hint = "read a string from an address with str()";
	diag_error(&expr->at, hint, "'%s' does not work on %s and %s",
		   op_text(expr->op), type_name(a), type_name(b));
	(void)checker;
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
	if (expr_is_const(expr->a) && expr_is_const(expr->b))
		become_int(expr, fold(expr->op, expr->a->value, expr->b->value,
				      left && right), is_signed);
	return 0;
}

static int check_binary(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->a) || check_expr(checker, expr->b))
		return -1;
	if (type_is_int(&expr->a->type) && type_is_int(&expr->b->type))
		return check_int_operands(checker, expr);
	if (expr->a->type.kind == TYPE_STR && expr->b->type.kind == TYPE_STR)
		return check_str_operands(expr);
	return refuse_operands(checker, expr);
}

static int refuse_increment(struct checker *checker, const struct expr *expr)
{
	bool up = expr->op == OP_PRE_INC || expr->op == OP_POST_INC;
	const char *hint = "variables are not supported yet";

	if (expr->a->kind == EXPR_MAP)
		hint = arena_printf(checker->arena, up ?
				    "write %s%s = count()" :
				    "write %s%s = sum(-1)", expr->a->text,
				    expr->a->list ? "[..]" : "");
	diag_error(&expr->at, hint, "'%s' is not supported yet",
		   op_text(expr->op));
	return -1;
}

static int check_unary(struct checker *checker, struct expr *expr)
{
	if (expr->op >= OP_PRE_INC)
		return refuse_increment(checker, expr);
	if (expr->op == OP_DEREF)
		return refuse(expr, "str() reads a string from an address",
			      "reading memory with '*' is");
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

static bool same_kind(const struct type *a, const struct type *b)
{
	return a->kind == b->kind || (type_is_int(a) && type_is_int(b));
}

static void unify_enum(struct type *type, const struct type *other)
{
	if (type->kind != TYPE_ENUM)
		return;
	if (other->kind == TYPE_ENUM &&
	    enum_table_equal(type->names, other->names))
		return;
	type->kind = TYPE_INT;
	type->names = NULL;
}

static int check_ternary(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->a) ||
	    require_int(expr->a, "the condition of '?'") ||
	    check_expr(checker, expr->b) || check_expr(checker, expr->c))
		return -1;
	expr->type = expr->b->type;
	if (!same_kind(&expr->b->type, &expr->c->type)) {
		diag_error(&expr->at, "both must be of one type",
			   "'?' chooses between %s and %s",
			   type_name(&expr->b->type), type_name(&expr->c->type));
		return -1;
	}
	if (expr->type.kind == TYPE_AGGREGATE ||
	    expr->type.kind == TYPE_KSTACK || expr->type.kind == TYPE_BYTES) {
		diag_error(&expr->at, "write two clauses, each with its filter",
			   "'?' cannot choose between two of %s",
			   type_name(&expr->type));
		return -1;
	}
	unify_enum(&expr->type, &expr->c->type);
	if (expr->c->type.size > expr->type.size)
		expr->type.size = expr->c->type.size;
	if (expr_is_const(expr->a) && expr_is_const(expr->b) &&
	    expr_is_const(expr->c))
		become_int(expr, expr->a->value ? expr->b->value :
						  expr->c->value,
			   expr->type.is_signed);
	return 0;
}

static uint64_t truncate(uint64_t value, unsigned int bits, bool is_signed)
{
	unsigned int shift = 64 - bits;

	value <<= shift;
	return is_signed ? (uint64_t)((int64_t)value >> shift) : value >> shift;
}

static int check_cast(struct checker *checker, struct expr *expr)
{
	bool is_signed = expr->text[0] != 'u';
	unsigned int bits = 0;
	const char *digits = expr->text + strcspn(expr->text, "0123456789");

	if (strchr(expr->text, '*') || strchr(expr->text, ' '))
		return refuse(expr, "args.FIELD reads a tracepoint's record; str() reads a string",
			      "a cast to a struct or pointer is");
	for (; *digits; digits++)
		bits = bits * 10 + (*digits - '0');
	if (check_expr(checker, expr->a) ||
	    require_int(expr->a, "what is cast"))
		return -1;
	set_int(expr, is_signed);
	expr->type.size = bits / 8;
	if (expr_is_const(expr->a))
		become_int(expr, truncate(expr->a->value, bits, is_signed),
			   is_signed);
	return 0;
}

static int check_expr(struct checker *checker, struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_INT:
		set_int(expr, true);
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
		return refuse(expr, "args.FIELD reads a tracepoint's record",
			      "reading an element of an array is");
	case EXPR_MAP:
		return refuse(expr, "time between entry and return is duration in a kretprobe",
			      "reading a map in a program is");
	case EXPR_VARIABLE:
		return refuse(expr, "write the expression where it is used",
			      "a variable is");
	case EXPR_POSITIONAL:
		return refuse(expr, "write the value itself",
			      "a positional parameter is");
	case EXPR_TUPLE:
		return refuse(expr, "as a key, write @[a, b]", "a tuple is");
	}
	return -1;
}

/*
 * Maps
 */

static struct map_decl *find_map(struct checker *checker, const char *name)
{
	unsigned int i;

	for (i = 0; i < checker->nr_maps; i++)
		if (!strcmp(checker->maps[i].name, name))
			return &checker->maps[i];
	return NULL;
}

static int check_key(struct checker *checker, const struct expr *target)
{
	unsigned int size = 0, nr = 0;
	struct expr *key;

	for (key = target->list; key; key = key->next) {
		if (check_expr(checker, key))
			return -1;
		if (key->type.kind == TYPE_BYTES ||
		    key->type.kind == TYPE_AGGREGATE ||
		    key->type.kind == TYPE_NONE) {
			diag_error(&key->at, key->type.kind == TYPE_BYTES ?
				   "print an address with ntop()" :
				   "write @[key] = count()",
				   "%s cannot be a key", type_name(&key->type));
			return -1;
		}
		size += type_key_size(&key->type);
		nr++;
	}
	if (nr > KPS_MAX_KEY_FIELDS || size > KPS_MAX_KEY_SIZE) {
		diag_error(&target->at, "use fewer keys, or shorter strings: str(x, n)",
			   nr > KPS_MAX_KEY_FIELDS ?
			   "a key has at most %u parts" :
			   "a key has at most %u bytes",
			   nr > KPS_MAX_KEY_FIELDS ? KPS_MAX_KEY_FIELDS :
						     KPS_MAX_KEY_SIZE);
		return -1;
	}
	return 0;
}

static void first_use(const struct map_decl *map, const char *what)
{
	diag_note(&map->at, NULL, "%s is first used here, %s", map->name, what);
}

static int unify_key(struct checker *checker, struct map_decl *map,
		     const struct expr *target)
{
	unsigned int i, nr = expr_list_len(target->list);
	const struct expr *key = target->list;

	if (nr != map->nr_key) {
		diag_error(&target->at, "use another name for the map",
			   "%s has %u key%s here", map->name, nr,
			   nr == 1 ? "" : "s");
		first_use(map, arena_printf(checker->arena, "with %u",
					    map->nr_key));
		return -1;
	}
	for (i = 0; i < nr; i++, key = key->next) {
		if (!same_kind(&map->key[i], &key->type)) {
			diag_error(&key->at, "use another name for the map",
				   "key %u of %s is %s here", i + 1, map->name,
				   type_name(&key->type));
			first_use(map, arena_printf(checker->arena,
						    "where it is %s",
						    type_name(&map->key[i])));
			return -1;
		}
		unify_enum(&map->key[i], &key->type);
		if (key->type.size > map->key[i].size)
			map->key[i].size = key->type.size;
	}
	return 0;
}

static int declare_map(struct checker *checker, const struct expr *target,
		       struct map_decl **map)
{
	const struct expr *key;

	if (strlen(target->text) >= KPS_NAME_MAX) {
		diag_error(&target->at, NULL,
			   "the name of a map has at most %u characters",
			   KPS_NAME_MAX - 1);
		return -1;
	}
	if (checker->nr_maps == KPS_MAX_MAPS) {
		diag_error(&target->at, "split the program",
			   "a program has at most %u maps", KPS_MAX_MAPS);
		return -1;
	}
	*map = &checker->maps[checker->nr_maps++];
	(*map)->name = target->text;
	(*map)->at = target->at;
	for (key = target->list; key; key = key->next)
		(*map)->key[(*map)->nr_key++] = key->type;
	return 0;
}

static void get_lhist(const struct expr *call, struct kps_lhist *lhist)
{
	const struct expr *min = call->list->next;

	lhist->min = min->value;
	lhist->max = min->next->value;
	lhist->step = min->next->next->value;
}

static int unify_value(struct map_decl *map, const struct expr *call)
{
	struct kps_lhist lhist = { 0 };

	if (map->kind != call->function->kind) {
		diag_error(&call->at, "use another name for the map",
			   "%s is assigned %s here", map->name,
			   map_kind_name(call->function->kind));
		first_use(map, map_kind_name(map->kind));
		return -1;
	}
	if (map->kind == KPS_MAP_LHIST)
		get_lhist(call, &lhist);
	if (!memcmp(&lhist, &map->lhist, sizeof(lhist)))
		return 0;
	diag_error(&call->at, "use another name for the map",
		   "%s has another min, max or step here", map->name);
	first_use(map, "as another lhist()");
	return -1;
}

static int use_map(struct checker *checker, struct expr *target,
		   const struct expr *call)
{
	struct map_decl *map = find_map(checker, target->text);

	if (!map) {
		if (declare_map(checker, target, &map))
			return -1;
		map->kind = call->function->kind;
		map->is_signed = call->list && call->list->type.is_signed;
		if (map->kind == KPS_MAP_LHIST)
			get_lhist(call, &map->lhist);
	}
	target->map = map - checker->maps;
	if (unify_key(checker, map, target))
		return -1;
	return unify_value(map, call);
}

/*
 * Statements
 */

static int check_assign(struct checker *checker, struct stmt *stmt)
{
	struct expr *target = stmt->target, *value = stmt->value;

	if (target->kind == EXPR_VARIABLE)
		return check_expr(checker, target);
	if (target->kind != EXPR_MAP) {
		diag_error(&target->at, "write @name[key] = count()",
			   "only a map can be assigned to");
		return -1;
	}
	if (strcmp(stmt->text, "=")) {
		diag_error(&stmt->at, "write @name = sum(n)",
			   "'%s' is not supported yet", stmt->text);
		return -1;
	}
	if (check_key(checker, target) || check_expr(checker, value))
		return -1;
	if (value->type.kind == TYPE_AGGREGATE)
		return use_map(checker, target, value);
	diag_error(&value->at,
		   "assign count(), sum(n), avg(n), min(n), max(n), stats(n), hist(n) or lhist(n, min, max, step)",
		   "a map that holds a plain value is not supported yet");
	return -1;
}

static int check_expr_stmt(struct checker *checker, struct stmt *stmt)
{
	if (check_expr(checker, stmt->value))
		return -1;
	diag_error(&stmt->at, "keep it in a map: @name = count()",
		   stmt->value->type.kind == TYPE_AGGREGATE ?
		   "an aggregation must be assigned to a map" :
		   "this does nothing");
	return -1;
}

static int check_stmt(struct checker *checker, struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_ASSIGN:
		return check_assign(checker, stmt);
	case STMT_EXPR:
		return check_expr_stmt(checker, stmt);
	case STMT_IF:
		diag_error(&stmt->at, "write two clauses, each with its /filter/",
			   "'if' is not supported yet");
		return -1;
	case STMT_LOOP:
		diag_error(&stmt->at, "write the statements one after the other",
			   "'%s' is not supported yet", stmt->text);
		return -1;
	case STMT_JUMP:
		diag_error(&stmt->at, "write two clauses, each with its /filter/",
			   "'%s' is not supported yet", stmt->text);
		return -1;
	}
	return -1;
}

/* All errors of a clause, not only the first; each statement by itself. */
static int check_all(struct checker *checker, struct clause *clause)
{
	struct stmt *stmt;
	int err = 0;

	if (clause->filter &&
	    (check_expr(checker, clause->filter) ||
	     require_int(clause->filter, "a filter")))
		err = -1;
	for (stmt = clause->body; stmt; stmt = stmt->next)
		if (check_stmt(checker, stmt))
			err = -1;
	return err;
}

int check_clause(struct checker *checker, struct clause *clause,
		 struct event *event)
{
	checker->event = event;
	if (!check_all(checker, clause))
		return 0;
	if (event->lenient)
		diag_note(&event->point->at, NULL, "this is about %s:%s",
			  providers[event->provider].name, event->targets[0]);
	return -1;
}

// SPDX-License-Identifier: GPL-2.0
/* What the checks do to an expression, and ask of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check_parts.h"
#include "compile.h"

void set_int(struct expr *expr, bool is_signed)
{
	expr->type = (struct type){ .kind = TYPE_INT, .is_signed = is_signed };
}

void set_bool(struct expr *expr)
{
	expr->type = type_bool();
}

void set_str(struct expr *expr, unsigned int size)
{
	expr->type = (struct type){ .kind = TYPE_STR, .size = size };
}

/* max_strlen counts the NUL of those that are as long as the default, or longer. */
unsigned int open_str_longest(const struct checker *checker)
{
	unsigned int most = checker->options->max_strlen ?: DEFAULT_STR;

	return most < DEFAULT_STR ? most : most - 1;
}

void set_open_str(const struct checker *checker, struct expr *expr)
{
	set_str(expr, round_up8(open_str_longest(checker) + 1));
	expr->type.is_open = !checker->options->max_strlen;
	expr->type.cut_at = checker->options->hides_cuts ? 0 : open_str_longest(checker);
}

void set_kind(struct expr *expr, enum type_kind kind)
{
	expr->type = (struct type){ .kind = kind };
}

void become_int(struct expr *expr, uint64_t value, bool is_signed)
{
	expr->kind = EXPR_INT;
	expr->value = value;
	expr->type = type_of_number(value, is_signed);
}

void become_bool(struct expr *expr, bool value)
{
	become_int(expr, value, false);
	set_bool(expr);
}

void become_str(struct expr *expr, const char *text)
{
	expr->kind = EXPR_STRING;
	expr->text = text;
	expr->len = strlen(text);
	set_str(expr, round_up8(expr->len + 1));
	expr->type.bytes = expr->len + 1;
}

static struct type copy_of(struct checker *checker, const struct type *type, bool is_kept)
{
	struct type copy = *type;
	struct type *members;
	unsigned int i;

	/* What is kept of a string is the text, not where it was. */
	if (type->kind == TYPE_STR)
		copy.to = NULL;
	if (is_kept && type->is_open) {
		copy.size = DEFAULT_ROOM;
		copy.is_open = false;
	}
	if (!type->nr_members)
		return copy;
	members = arena_alloc(checker->arena,
			      type->nr_members * sizeof(*members));
	for (i = 0; i < type->nr_members; i++)
		members[i] = copy_of(checker, &type->members[i], is_kept);
	copy.members = members;
	return copy;
}

/* Members of a tuple are widened in place: they must not be shared. */
struct type type_copy(struct checker *checker, const struct type *type)
{
	return copy_of(checker, type, false);
}

struct type type_kept(struct checker *checker, const struct type *type)
{
	return copy_of(checker, type, true);
}

bool text_to_int(const char *text, int64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 0);
	return !errno && end != text && !*end;
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

/* What a helper can read at once, behind the number of its bytes. */
#define MAX_COPY (KPS_MAX_STR - COPY_HEAD)

int require_copied(struct checker *checker, struct expr *expr, const char *what)
{
	struct type *type = &expr->type;

	if (!type_is_bytes(type) || !type->to || type->is_copy)
		return require_value(expr, what);
	if (!type->size)
		type->size = ctype_complete(checker->ctypes, type->to)->size;
	if (type->size && type->size <= MAX_COPY) {
		type->is_copy = true;
		return 0;
	}
	diag_error(&expr->at, type->kind == TYPE_ARRAY ?
		   "use an element, [0], or some of its bytes: buf(x, n)" : "use its members one by one",
		   type->size ? "%s of %u bytes cannot be %s as a whole: at most %u can" :
				"%s of %u bytes cannot be %s",
		   type_name(type), type->size, what, MAX_COPY);
	return -1;
}

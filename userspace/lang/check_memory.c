// SPDX-License-Identifier: GPL-2.0
/*
 * What lies in memory, by C's types: members, elements, what a pointer points to.
 *
 * Such an expression is an address and an offset, and is read where its value is
 * wanted: a chain of members costs one reading for each arrow in it.  A struct or
 * an array is not read as a whole; its value is its address.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/near.h"
#include "check_parts.h"

/* As many as can be compared with, one by one. */
#define MAX_CHOICES 64

void forget_memory(struct expr *expr)
{
	expr->field = NULL;
	expr->in_memory = expr->in_copy = false;
	expr->address = NULL;
	expr->offset = 0;
	expr->bit = expr->bits = 0;
}

static bool is_readable(uint64_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool is_string(const struct ctype *type)
{
	return type->kind == KTYPE_ARRAY && type->of->is_char;
}

unsigned int string_size(const struct ctype *array)
{
	if (!array->nr)
		return DEFAULT_ROOM;
	if (array->size >= KPS_MAX_STR)
		return KPS_MAX_STR;
	return round_up8(array->size + 1);
}

static int set_number(struct checker *checker, struct expr *expr,
		      const struct ctype *type)
{
	if (!is_readable(type->size)) {
		diag_error(&expr->at, "read its parts through (uint64 *)",
			   "a number of %llu bytes cannot be read",
			   (unsigned long long)type->size);
		return -1;
	}
	set_int(expr, type->is_signed);
	expr->type.size = type->size;
	if (type->kind == KTYPE_ENUM) {
		expr->type.kind = TYPE_ENUM;
		expr->type.names = ctype_names(checker->ctypes, type);
	}
	return 0;
}

int set_type(struct checker *checker, struct expr *expr,
		    const struct ctype *type)
{
	switch (type->kind) {
	case KTYPE_INT:
	case KTYPE_ENUM:
		return set_number(checker, expr, type);
	case KTYPE_POINTER:
		set_int(expr, false);
		expr->type.to = type->of;
		return 0;
	case KTYPE_ARRAY:
		set_kind(expr, TYPE_ARRAY);
		expr->type.size = type->size;
		if (is_string(type))
			set_str(expr, string_size(type));
		expr->type.to = type;
		return 0;
	case KTYPE_STRUCT:
	case KTYPE_UNION:
		type = ctype_complete(checker->ctypes, type);
		set_kind(expr, TYPE_RECORD);
		expr->type.size = type->size;
		expr->type.to = type;
		return 0;
	default:
		diag_error(&expr->at, "cast the pointer to what is there: (struct NAME *) or (uint64 *)",
			   "%s cannot be read", ctype_text(checker->ctypes, type));
		return -1;
	}
}

/* Bits are read with the fewest bytes that hold them all. */
static int set_bits(struct expr *expr, const struct cmember *member)
{
	unsigned int size = 1;

	expr->bits = member->bit_size;
	expr->bit = member->bit_offset % 8;
	while (size * 8 < expr->bit + expr->bits)
		size *= 2;
	if (size <= 8) {
		expr->type.size = size;
		return 0;
	}
	diag_error(&expr->at, NULL, "a bit field across 9 bytes cannot be read");
	return -1;
}

static void set_address(struct expr *expr, struct expr *address,
			uint64_t offset)
{
	expr->in_memory = true;
	expr->address = address;
	expr->offset = offset;
}

/* What has parts of its own is one more copy. */
static void set_in_copy(struct expr *expr, struct expr *copy, uint64_t offset)
{
	expr->in_copy = true;
	expr->address = copy;
	expr->offset = offset;
	expr->type.is_copy = type_is_bytes(&expr->type);
}

/* Where a struct or an array is: in memory, in a copy, or where a variable says. */
static void set_inside(struct expr *expr, struct expr *outer, uint64_t offset)
{
	if (outer->in_copy)
		set_in_copy(expr, outer->address, outer->offset + offset);
	else if (expr_is_copy(outer))
		set_in_copy(expr, outer, offset);
	else if (outer->in_memory)
		set_address(expr, outer->address, outer->offset + offset);
	else
		set_address(expr, outer, offset);
}

/*
 * Members
 */

static const char *member_hint(struct checker *checker,
			       const struct ctype *record, const char *name)
{
	struct near near = { .word = name };
	uint32_t i;

	if (!record->size)
		return ctype_remedy() ? ctype_remedy() :
			arena_printf(checker->arena, "it is private to a file of the kernel's; declare it before the first probe: %s { ... };",
				     ctype_text(checker->ctypes, record));
	for (i = 0; i < record->nr; i++) {
		const struct cmember member =
			ctype_nth_member(checker->ctypes, record, i);

		if (member.name)
			near_offer(&near, member.name);
	}
	return near_hint(checker->arena, &near);
}

static int refuse_member(struct checker *checker, const struct expr *expr,
			 const struct ctype *record)
{
	const char *hint = member_hint(checker, record, expr->text);
	const char *what = ctype_text(checker->ctypes, record);

	if (record->size)
		diag_error(&expr->at, hint, "%s has no member '%s'", what,
			   expr->text);
	else
		diag_error(&expr->at, hint,
			   "the members of %s are not known", what);
	return -1;
}

static int refuse_base(struct checker *checker, const struct expr *expr)
{
	const struct expr *base = expr->a;
	const struct type *type = &base->type;
	bool is_word = base->kind == EXPR_NAME || base->kind == EXPR_VARIABLE;

	if (type->kind == TYPE_INT && !type->to)
		diag_error(&base->at,
			   arena_printf(checker->arena, "say what it points to: ((struct NAME *)%s)->%s",
					is_word ? base->text : "address", expr->text),
			   "a plain integer has no members");
	else
		diag_error(&expr->at, NULL, "%s has no members",
			   type->to ? ctype_text(checker->ctypes, type->to) :
				      type_name(type));
	return -1;
}

/* The struct in front of a member, or that is pointed to there; NULL if it is none. */
static const struct ctype *record_of(struct checker *checker,
				     const struct expr *expr)
{
	const struct type *type = &expr->a->type;

	if ((type->kind != TYPE_INT && type->kind != TYPE_RECORD) ||
	    !type->to || !ctype_is_record(type->to))
		return NULL;
	return ctype_complete(checker->ctypes, type->to);
}

int check_memory_field(struct checker *checker, struct expr *expr)
{
	const struct ctype *record = record_of(checker, expr);
	struct cmember member;

	if (!record)
		return refuse_base(checker, expr);
	if (!ctype_member(checker->ctypes, record, expr->text, &member))
		return refuse_member(checker, expr, record);
	if (set_type(checker, expr, member.type))
		return -1;
	/* A '.' goes through a pointer as an arrow does. */
	if (expr->a->type.kind == TYPE_INT)
		set_address(expr, expr->a, member.bit_offset / 8);
	else
		set_inside(expr, expr->a, member.bit_offset / 8);
	return member.bit_size ? set_bits(expr, &member) : 0;
}

/*
 * Elements
 */

static struct expr *new_op(struct checker *checker, const struct span *at,
			   enum op op, struct expr *a, struct expr *b)
{
	struct expr *expr = expr_op(checker->arena, EXPR_BINARY, at, op, a, b);

	set_int(expr, false);
	return expr;
}

static struct expr *times(struct checker *checker, struct expr *expr,
			  uint64_t size)
{
	if (expr_is_const(expr))
		return expr_int(checker->arena, &expr->at, expr->value * size);
	return new_op(checker, &expr->at, OP_MUL, expr,
		      expr_int(checker->arena, &expr->at, size));
}

static int refuse_element(const struct expr *expr, uint64_t nr)
{
	diag_error(&expr->list->at, NULL,
		   "there is no element %lld, the array has %llu",
		   (long long)expr->list->value, (unsigned long long)nr);
	return -1;
}

static bool is_outside(const struct expr *index, uint64_t nr)
{
	return expr_is_const(index) && nr && index->value >= nr;
}

/* Of an array in the record, "unsigned long args[6]": it has no address. */
static int check_record_element(struct checker *checker, struct expr *expr)
{
	const struct event_field *array = expr->a->field;
	const char *bracket = array->declared ? strchr(array->declared, '[') :
						NULL;
	uint64_t nr = bracket ? strtoull(bracket + 1, NULL, 10) : array->size;
	struct event_field *element;

	if (!nr || array->size % nr || !is_readable(array->size / nr))
		return refuse_base(checker, expr);
	if (require_const(expr->list, "the index of an array in a record"))
		return -1;
	if (is_outside(expr->list, nr))
		return refuse_element(expr, nr);
	element = arena_alloc(checker->arena, sizeof(*element));
	*element = *array;
	element->size = array->size / nr;
	element->offset += element->size * expr->list->value;
	element->class = FIELD_PLAIN;
	set_int(expr, array->is_signed);
	expr->field = element;
	return 0;
}

/* Of a copy: by a number that is known, or one of few. */
static int check_copied_element(struct expr *expr, const struct ctype *element)
{
	struct expr *index = expr->list, *base = expr->a;
	uint64_t nr = base->type.to->nr;

	if (expr_is_const(index)) {
		set_inside(expr, base, index->value * element->size);
		return 0;
	}
	if (nr > MAX_CHOICES || type_is_bytes(&expr->type)) {
		diag_error(&index->at, "write a number",
			   "the index must be a constant here");
		return -1;
	}
	set_inside(expr, base, 0);
	expr->step = element->size;
	return 0;
}

static int check_element(struct checker *checker, struct expr *expr,
			 const struct ctype *element, struct expr *base,
			 uint64_t offset)
{
	struct expr *index = expr->list, *distance;

	expr->step = 0;
	element = ctype_complete(checker->ctypes, element);
	if (set_type(checker, expr, element))
		return -1;
	if (!element->size) {
		diag_error(&expr->at, ctype_remedy(), "the size of %s is not known",
			   ctype_text(checker->ctypes, element));
		return -1;
	}
	if (expr->a->type.kind == TYPE_ARRAY && (expr->a->in_copy || expr_is_copy(expr->a)))
		return check_copied_element(expr, element);
	if (expr_is_const(index)) {
		set_address(expr, base, offset + index->value * element->size);
		return 0;
	}
	distance = times(checker, index, element->size);
	/* A constant behind the operator needs no register. */
	set_address(expr, expr_is_const(base) ?
		    new_op(checker, &expr->at, OP_ADD, distance, base) :
		    new_op(checker, &expr->at, OP_ADD, base, distance), offset);
	return 0;
}

/* $t[1] is $t.1 */
static int check_tuple_index(struct checker *checker, struct expr *expr)
{
	struct expr *index = expr->list;

	if (require_const(index, "the index of a tuple"))
		return -1;
	expr->kind = EXPR_FIELD;
	expr->text = arena_printf(checker->arena, "%llu",
				  (unsigned long long)index->value);
	expr->list = NULL;
	return check_expr(checker, expr);
}

/* $s[1]: a byte of a string, 0 behind its end. */
static int check_character(struct expr *expr)
{
	const struct expr *index = expr->list;

	if (require_int(index, "an index"))
		return -1;
	if (is_outside(index, expr->a->type.size))
		return refuse_element(expr, expr->a->type.size);
	set_int(expr, true);
	expr->type.size = 1;
	expr->step = 1;
	expr->value = index->value;
	return 0;
}

int check_index(struct checker *checker, struct expr *expr)
{
	struct expr *base = expr->a, *index = expr->list;
	const struct type *type = &base->type;

	forget_memory(expr);
	if (check_expr(checker, base) || check_list(checker, index))
		return -1;
	if (type->kind == TYPE_TUPLE && !index->next)
		return check_tuple_index(checker, expr);
	if (type->kind == TYPE_STR && !index->next && !base->in_memory)
		return check_character(expr);
	if (index->next) {
		diag_error(&index->next->at, "write [i][j]",
			   "an array has one index in each bracket");
		return -1;
	}
	if (require_int(index, "an index"))
		return -1;
	if (type->kind == TYPE_NONE) {
		set_kind(expr, TYPE_NONE);
		return 0;
	}
	if (type->kind == TYPE_ARRAY && base->field)
		return check_record_element(checker, expr);
	if (type->kind == TYPE_INT && type->to)
		return check_element(checker, expr, type->to, base, 0);
	if (!type->to || type->to->kind != KTYPE_ARRAY) {
		diag_error(&base->at, type->kind == TYPE_INT ?
			   "say what it points to: ((uint64 *)address)[1]" : NULL,
			   "%s has no elements", type_name(type));
		return -1;
	}
	if (is_outside(index, type->to->nr))
		return refuse_element(expr, type->to->nr);
	if (base->in_memory)
		return check_element(checker, expr, type->to->of,
				     base->address, base->offset);
	return check_element(checker, expr, type->to->of, base, 0);
}

/*
 * Pointers
 */

int check_deref(struct checker *checker, struct expr *expr)
{
	const struct type *address = &expr->a->type;

	if (check_expr(checker, expr->a) ||
	    require_int(expr->a, "the address that '*' reads"))
		return -1;
	forget_memory(expr);
	set_int(expr, false);
	set_address(expr, expr->a, 0);
	return address->to ? set_type(checker, expr, address->to) : 0;
}

static bool is_sum(enum op op)
{
	return op == OP_ADD || op == OP_SUB;
}

/* As in C: one more is the next of what is pointed to. */
void set_step(struct checker *checker, struct expr *expr,
	      const struct ctype *to)
{
	expr->type.to = to;
	expr->step = to ? ctype_complete(checker->ctypes, to)->size : 1;
	if (!expr->step)
		expr->step = 1;
}

static int refuse_pointers(const struct expr *expr)
{
	diag_error(&expr->at, "cast them: (uint64)",
		   expr->a->type.to ? "'%s' does not work on two pointers" :
				      "'%s' does not work on a number and a pointer",
		   op_text(expr->op));
	return -1;
}

int check_pointer_operands(struct checker *checker, struct expr *expr)
{
	const struct ctype *left = expr->a->type.to, *right = expr->b->type.to;

	set_int(expr, false);
	if (!is_sum(expr->op))
		return 0;
	if (!left != !right && (left || expr->op == OP_ADD)) {
		set_step(checker, expr, left ? left : right);
		return 0;
	}
	return refuse_pointers(expr);
}

/*
 * Types
 */

uint64_t cut_to(uint64_t value, unsigned int bits, bool is_signed)
{
	unsigned int shift = 64 - bits;

	value <<= shift;
	return is_signed ? (uint64_t)((int64_t)value >> shift) : value >> shift;
}

/* Its bytes are meant, or where they are, not the string that they make. */
void become_array(struct expr *expr)
{
	const struct ctype *array = expr->type.to;

	set_kind(expr, TYPE_ARRAY);
	expr->type.size = array->size;
	expr->type.to = array;
}

static int check_pointer_cast(struct expr *expr, const struct ctype *type)
{
	if (expr->a->in_memory && expr->a->type.kind == TYPE_STR)
		become_array(expr->a);
	if (expr->a->type.kind != TYPE_ARRAY &&
	    require_int(expr->a, "what is cast"))
		return -1;
	set_int(expr, false);
	expr->type.to = type->of;
	return 0;
}

static bool is_bool(const struct ctype *type)
{
	return type->name && (!strcmp(type->name, "bool") ||
			      !strcmp(type->name, "_Bool"));
}

/* (uint64)$a: the bytes of an array as a number. */
static int check_bytes_cast(struct checker *checker, struct expr *expr,
			    const struct ctype *type)
{
	struct event_field *number;

	if (expr->a->type.size != type->size) {
		diag_error(&expr->at, NULL, "%u bytes cannot be cast to %s",
			   expr->a->type.size, expr->text);
		return -1;
	}
	if (set_number(checker, expr, type))
		return -1;
	if (!expr->a->field) {
		set_inside(expr, expr->a, 0);
		return 0;
	}
	number = arena_alloc(checker->arena, sizeof(*number));
	*number = *expr->a->field;
	number->class = FIELD_PLAIN;
	number->is_signed = type->is_signed;
	expr->field = number;
	return 0;
}

static int check_number_cast(struct checker *checker, struct expr *expr,
			     const struct ctype *type)
{
	struct type cast;

	if (expr->a->in_memory && expr->a->type.kind == TYPE_STR)
		become_array(expr->a);
	if (expr->a->type.kind == TYPE_ARRAY && expr->a->type.size)
		return check_bytes_cast(checker, expr, type);
	if (require_int(expr->a, "what is cast"))
		return -1;
	if (is_bool(type)) {
		expr->kind = EXPR_BINARY;
		expr->op = OP_NE;
		expr->b = expr_int(checker->arena, &expr->at, 0);
		return check_expr(checker, expr);
	}
	if (set_number(checker, expr, type))
		return -1;
	if (!expr_is_const(expr->a) || expr->type.kind == TYPE_ENUM)
		return 0;
	cast = expr->type;
	become_int(expr, cut_to(expr->a->value, type->size * 8,
				type->is_signed), type->is_signed);
	expr->type = cast;
	return 0;
}

/* (uint8[8])5, (int8[])"abc": so many elements, or as many as there are. */
static int check_array_cast(struct checker *checker, struct expr *expr,
			    const struct ctype *type)
{
	const struct type *from = &expr->a->type;
	uint64_t size = type->size, bytes = from->size ? from->size : 8;
	const struct ctype *element = type->of;

	if (expr->a->kind == EXPR_STRING)
		bytes = expr->a->len + 1;
	if (!size)
		size = bytes / element->size * element->size;
	if (from->kind != TYPE_STR && !type_is_int(from)) {
		diag_error(&expr->at, "cast an integer or a string",
			   "%s cannot be cast to %s", type_name(from), expr->text);
		return -1;
	}
	if (element->kind != KTYPE_INT || !size || size > (from->kind == TYPE_STR ? bytes : 8)) {
		diag_error(&expr->at, NULL, "%llu bytes cannot be cast to %s",
			   (unsigned long long)bytes, expr->text);
		return -1;
	}
	set_kind(expr, TYPE_ARRAY);
	expr->type.size = size;
	expr->type.to = ctype_array(checker->ctypes, element, size / element->size);
	expr->type.is_copy = true;
	return 0;
}

/* "int32": of typeof() */
static const char *number_text(struct checker *checker, const struct type *type)
{
	return arena_printf(checker->arena, "%sint%u", type->is_signed ? "" : "u",
			    type->size ? 8 * type->size : 64);
}

/* (typeof(x))y, where x is no number: y is of its kind as it is. */
static int check_same_type(struct expr *expr)
{
	struct expr *value = expr->a, *next = expr->next;

	if (value->kind == EXPR_INT && expr->list->type.kind == TYPE_STR)
		become_str(value, "");
	if (!type_same_kind(&value->type, &expr->list->type)) {
		diag_error(&expr->at, NULL, "%s cannot be cast to %s",
			   type_name(&value->type), type_name(&expr->list->type));
		return -1;
	}
	*expr = *value;
	expr->next = next;
	return 0;
}

/* Return: NULL if nothing more is to be done. */
static const struct ctype *cast_type(struct checker *checker, struct expr *expr)
{
	const struct type *like = &expr->list->type;

	if (like->kind == TYPE_INT && like->to)
		return ctype_pointer(checker->ctypes, like->to);
	expr->text = number_text(checker, like);
	return ctype_find(checker->ctypes, &expr->at, expr->text);
}

int check_cast(struct checker *checker, struct expr *expr)
{
	const struct ctype *type;

	if ((expr->list && check_expr(checker, expr->list)) || check_expr(checker, expr->a))
		return -1;
	if (expr->list && expr->list->type.kind != TYPE_NONE && !type_is_int(&expr->list->type) &&
	    expr->a->type.kind != TYPE_NONE)
		return check_same_type(expr);
	type = expr->list ? cast_type(checker, expr) :
			    ctype_find(checker->ctypes, &expr->at, expr->text);
	if (!type)
		return -1;
	forget_memory(expr);
	if (expr->a->type.kind == TYPE_NONE) {
		set_kind(expr, TYPE_NONE);
		return 0;
	}
	switch (type->kind) {
	case KTYPE_POINTER:
		return check_pointer_cast(expr, type);
	case KTYPE_INT:
	case KTYPE_ENUM:
		return check_number_cast(checker, expr, type);
	case KTYPE_ARRAY:
		return check_array_cast(checker, expr, type);
	default:
		break;
	}
	diag_error(&expr->at,
		   arena_printf(checker->arena, "cast to a pointer: (%s *)",
				expr->text),
		   "nothing can be cast to %s", expr->text);
	return -1;
}

int check_type(struct checker *checker, struct expr *expr)
{
	const struct ctype *type = ctype_find(checker->ctypes, &expr->at,
					      expr->text);

	if (!type)
		return -1;
	type = ctype_complete(checker->ctypes, type);
	set_kind(expr, TYPE_RECORD);
	expr->type.to = type;
	expr->value = type->size;
	if (type->size)
		return 0;
	diag_error(&expr->at, ctype_remedy(), "the size of %s is not known",
		   expr->text);
	return -1;
}

/* "path.dentry" or "b[3]", from a type on; adds to @offset. */
static const struct ctype *walk_path(struct checker *checker,
				     const struct ctype *type,
				     struct expr *path, uint64_t *offset)
{
	struct cmember member;

	if (path->a) {
		type = walk_path(checker, type, path->a, offset);
		if (!type)
			return NULL;
	}
	if (path->kind == EXPR_INDEX && type->kind == KTYPE_ARRAY &&
	    path->list->kind == EXPR_INT) {
		*offset += path->list->value * type->of->size;
		return type->of;
	}
	if ((path->kind != EXPR_NAME && path->kind != EXPR_FIELD) ||
	    path->is_arrow || !ctype_is_record(type)) {
		diag_error(&path->at, "write offsetof(struct NAME, member)",
			   "this is not a member");
		return NULL;
	}
	type = ctype_complete(checker->ctypes, type);
	if (!ctype_member(checker->ctypes, type, path->text, &member)) {
		refuse_member(checker, path, type);
		return NULL;
	}
	*offset += member.bit_offset / 8;
	return member.type;
}

int check_offsetof(struct checker *checker, struct expr *expr)
{
	struct expr *type = expr->list;
	uint64_t offset = 0;

	if (check_expr(checker, type))
		return -1;
	if (!type->type.to || !ctype_is_record(type->type.to)) {
		diag_error(&type->at, "write offsetof(struct NAME, member)",
			   "this is not a struct");
		return -1;
	}
	if (!walk_path(checker, type->type.to, type->next, &offset))
		return -1;
	become_int(expr, offset, false);
	return 0;
}

/* "const struct __kernel_timespec * rqtp" */
const struct ctype *pointee_of_field(struct checker *checker,
				     const struct event_field *field)
{
	const char *text = field->declared;
	const char *star = text ? strchr(text, '*') : NULL;
	const char *base;

	if (!star || strrchr(text, '*') != star ||
	    field->size != POINTER_SIZE)
		return NULL;
	if (!strncmp(text, "const ", 6))
		text += 6;
	while (star > text && star[-1] == ' ')
		star--;
	base = arena_strndup(checker->arena, text, star - text);
	return ctype_target(checker->ctypes, base);
}

/* "unsigned long args[6]" */
const struct ctype *array_of_field(struct checker *checker,
				   const struct event_field *field)
{
	const char *text = field->declared;
	const char *bracket = text ? strchr(text, '[') : NULL, *end = bracket;
	const struct ctype *element;

	while (end && end > text && end[-1] != ' ')
		end--;
	while (end && end > text && end[-1] == ' ')
		end--;
	if (!end || end == text)
		return NULL;
	element = ctype_target(checker->ctypes,
			       arena_strndup(checker->arena, text, end - text));
	if (element->kind != KTYPE_INT || !element->size || field->size % element->size)
		return NULL;
	return ctype_array(checker->ctypes, element, field->size / element->size);
}

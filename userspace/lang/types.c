// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "ctype.h"
#include "types.h"


/* What each kind is to people and on the wire; size 0: .size of the type. */
static const struct {
	const char *name;
	enum kps_type wire;
	unsigned int size;
	bool is_value;
	bool is_text;		/* %s prints it */
} kinds[] = {
	[TYPE_NONE]	= { "nothing" },
	[TYPE_INT]	= { "an integer", KPS_T_INT, 8, true, false },
	[TYPE_STR]	= { "a string", KPS_T_STR, 0, true, true },
	[TYPE_ENUM]	= { "an integer", KPS_T_ENUM, 8, true, true },
	[TYPE_KSYM]	= { "a kernel symbol", KPS_T_KSYM, 8, true, true },
	[TYPE_PROBE]	= { "a probe's name", KPS_T_PROBE, 8, true, true },
	[TYPE_FUNCTION]	= { "a function's name", KPS_T_FUNCTION, 8, true, true },
	[TYPE_KSTACK]	= { "a kernel stack", KPS_T_KSTACK, 8, true, true },
	[TYPE_USTACK]	= { "a user stack", KPS_T_USTACK, 16, true, true },
	[TYPE_USYM]	= { "a user symbol", KPS_T_USYM, 16, true, true },
	[TYPE_INET]	= { "an internet address", KPS_T_INET, 24, true, true },
	[TYPE_MAC]	= { "a MAC address", KPS_T_MAC, 8, true, true },
	[TYPE_BUF]	= { "a buffer", KPS_T_BUF, 0, true, false },
	[TYPE_CGROUP]	= { "a cgroup's path", KPS_T_CGROUP, 8, true, true },
	[TYPE_USER]	= { "a user's name", KPS_T_USER, 8, true, true },
	[TYPE_TIME]	= { "a time", KPS_T_INT, 8, true, true },
	[TYPE_TUPLE]	= { "a tuple", KPS_T_INT, 0, true, false },
	[TYPE_ARRAY]	= { "an array", KPS_T_INT, 8, false, false },
	[TYPE_RECORD]	= { "a struct", KPS_T_INT, 8, false, false },
	[TYPE_AGGREGATE] = { "an aggregation" },
	[TYPE_ACTION]	= { "an action" },
};

const char *type_name(const struct type *type)
{
	return kinds[type->kind].name;
}

bool type_is_int(const struct type *type)
{
	return type->kind == TYPE_INT || type->kind == TYPE_ENUM;
}

static struct enum_name bools[] = {
	{ false, (char *)"false" }, { true, (char *)"true" },
};

static const struct enum_table bool_names = {
	.nr = ARRAY_SIZE(bools), .names = bools,
};

struct type type_bool(void)
{
	return (struct type){ .kind = TYPE_ENUM, .size = 1, .names = &bool_names };
}

bool type_is_bool(const struct type *type)
{
	return type->kind == TYPE_ENUM && type->names == &bool_names;
}

bool type_is_text(const struct type *type)
{
	return kinds[type->kind].is_text;
}

bool type_is_bytes(const struct type *type)
{
	return type->kind == TYPE_ARRAY || type->kind == TYPE_RECORD;
}

bool type_is_value(const struct type *type)
{
	return kinds[type->kind].is_value || type->is_copy;
}

int type_member_named(const struct type *type, const char *name)
{
	unsigned int i;

	for (i = 0; type->names_of && i < type->nr_members; i++)
		if (!strcmp(type->names_of[i], name))
			return i;
	return -1;
}

unsigned int type_counterpart(const struct type *to, const struct type *from,
			      unsigned int n)
{
	return to->names_of && from->names_of ?
	       (unsigned int)type_member_named(to, from->names_of[n]) : n;
}

/* Records are the same whatever the order of their members. */
static bool same_members(const struct type *a, const struct type *b)
{
	unsigned int i;

	if (a->nr_members != b->nr_members || !a->names_of != !b->names_of)
		return false;
	for (i = 0; i < b->nr_members; i++) {
		if (b->names_of && type_member_named(a, b->names_of[i]) < 0)
			return false;
		if (!type_same_kind(&a->members[type_counterpart(a, b, i)],
				    &b->members[i]))
			return false;
	}
	return true;
}

bool type_same_kind(const struct type *a, const struct type *b)
{
	if (a->kind == TYPE_TUPLE && b->kind == TYPE_TUPLE)
		return same_members(a, b);
	if (a->kind == b->kind &&
	    (a->kind == TYPE_ARRAY || a->kind == TYPE_RECORD))
		return ctype_same(a->to, b->to);
	if (a->stack_flags != b->stack_flags)
		return false;
	return a->kind == b->kind || (type_is_int(a) && type_is_int(b));
}

/* A pointer is an integer that knows more; two that differ are plain ones. */
static void unify_pointer(struct type *type, const struct type *other)
{
	if (type->kind != TYPE_INT || !other->to)
		return;
	if (!type->to)
		type->to = other->to;
	else if (!ctype_same(type->to, other->to))
		type->to = NULL;
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

bool types_are_signed(const struct type *a, const struct type *b)
{
	if (a->is_free || b->is_free)
		return a->is_free ? b->is_signed : a->is_signed;
	return a->is_signed || b->is_signed;
}

static void unify_sign(struct type *type, const struct type *other)
{
	type->is_signed = types_are_signed(type, other);
	type->is_free &= other->is_free;
}

/* What holds those below 0 and those of another type without a sign is wider than that. */
static unsigned int bytes_of_both(const struct type *a, const struct type *b)
{
	const struct type *plain = a->is_signed ? b : a;
	unsigned int bytes = a->size > b->size ? a->size : b->size;

	if (a->is_signed == b->is_signed || a->is_free || b->is_free ||
	    bytes > plain->size || bytes == 8)
		return bytes;
	return 2 * bytes;
}

/* An integer of no size has all 8 bytes. */
static void unify_size(struct type *type, const struct type *other)
{
	if (!type_is_int(type))
		type->size = other->size > type->size ? other->size : type->size;
	else
		type->size = type->size && other->size ? bytes_of_both(type, other) : 0;
}

bool type_unify(struct type *type, const struct type *other)
{
	const struct type before = *type;
	bool changed = false;
	unsigned int i;

	unify_enum(type, other);
	unify_pointer(type, other);
	unify_size(type, other);
	unify_sign(type, other);
	type->is_copy |= other->is_copy;
	type->is_open |= other->is_open;
	if (other->cut_at > type->cut_at)
		type->cut_at = other->cut_at;
	if (!type->bytes || !other->bytes)
		type->bytes = 0;
	else if (other->bytes > type->bytes)
		type->bytes = other->bytes;
	/* Members are in the arena, and belong to this type alone. */
	for (i = 0; i < other->nr_members; i++)
		changed |= type_unify((struct type *)&type->members[type_counterpart(type, other, i)],
				      &other->members[i]);
	return changed || before.kind != type->kind || before.size != type->size ||
	       before.is_signed != type->is_signed || before.is_free != type->is_free ||
	       before.cut_at != type->cut_at || before.bytes != type->bytes;
}

unsigned int type_size(const struct type *type)
{
	if (type->kind == TYPE_TUPLE)
		return type_member_offset(type, type->nr_members);
	if (type->is_copy)
		return COPY_HEAD + (type->size + 7) / 8 * 8;
	return kinds[type->kind].size ? kinds[type->kind].size : type->size;
}

unsigned int type_fields(const struct type *type)
{
	unsigned int i, nr = 0;

	if (type->kind != TYPE_TUPLE)
		return 1;
	for (i = 0; i < type->nr_members; i++)
		nr += type_fields(&type->members[i]);
	return nr;
}

unsigned int type_tuples(const struct type *type)
{
	unsigned int i, most = 0;

	if (type->kind != TYPE_TUPLE)
		return 0;
	for (i = 0; i < type->nr_members; i++) {
		unsigned int inner = type_tuples(&type->members[i]);

		if (inner > most)
			most = inner;
	}
	return 1 + most;
}

unsigned int type_member_offset(const struct type *type, unsigned int n)
{
	unsigned int i, offset = 0;

	for (i = 0; i < n; i++)
		offset += type_size(&type->members[i]);
	return offset;
}

bool expr_is_const(const struct expr *expr)
{
	return expr->kind == EXPR_INT;
}

bool expr_is_in_record(const struct expr *expr)
{
	return type_is_bytes(&expr->type) && expr->field;
}

bool expr_is_place(const struct expr *expr)
{
	return type_is_bytes(&expr->type) && !expr->field && !expr->type.is_copy;
}

bool expr_is_copy(const struct expr *expr)
{
	if (!expr->type.is_copy || expr->field)
		return false;
	if (expr->kind == EXPR_VARIABLE)
		return expr->variable->type.is_copy;
	return !expr->in_memory;
}

bool enum_table_equal(const struct enum_table *a, const struct enum_table *b)
{
	size_t i;

	if (a == b)
		return true;
	if (!a || !b || a->nr != b->nr || a->is_bits != b->is_bits)
		return false;
	for (i = 0; i < a->nr; i++)
		if (a->names[i].value != b->names[i].value ||
		    strcmp(a->names[i].name, b->names[i].name))
			return false;
	return true;
}

static void copy_table(struct enum_table *to, const struct enum_table *from)
{
	size_t i;

	to->nr = from->nr;
	to->is_bits = from->is_bits;
	to->names = xcalloc(from->nr, sizeof(*to->names));
	for (i = 0; i < from->nr; i++) {
		to->names[i].value = from->names[i].value;
		to->names[i].name = xstrdup(from->names[i].name);
	}
}

/* Returns the table's number, or -1 if there are too many. */
static int add_enum(struct object *object, const struct enum_table *table)
{
	size_t i;

	for (i = 0; i < object->nr_enums; i++)
		if (enum_table_equal(&object->enums[i], table))
			return i;
	if (object->nr_enums == KPS_MAX_ENUMS)
		return -1;
	object->enums = xrealloc(object->enums, object->nr_enums + 1,
				 sizeof(*object->enums));
	copy_table(&object->enums[object->nr_enums], table);
	return object->nr_enums++;
}

static struct kps_field to_field(struct object *object, const struct type *type)
{
	struct kps_field field = {
		.type = kinds[type->kind].wire,
		.size = type_size(type),
		.flags = type_is_int(type) && type->is_signed ?
			KPS_FIELD_SIGNED : type->stack_flags,
	};
	int id;

	if (type->kind == TYPE_INT && type->to)
		field.type = KPS_T_ADDR;
	if (type->is_copy)
		field.type = KPS_T_BUF;
	if (type->kind == TYPE_STR && type->cut_at)
		field.more = type->cut_at < field.size ? type->cut_at : field.size - 1U;
	if (type->kind != TYPE_ENUM)
		return field;
	id = add_enum(object, type->names);
	if (id < 0)
		field.type = KPS_T_INT;	/* the number is right, too */
	else
		field.more = id;
	if (id >= 0 && type->names->is_bits)
		field.flags |= KPS_FIELD_BITS;
	if (id >= 0 && type_is_bool(type))
		field.flags |= KPS_FIELD_BOOL;
	return field;
}

static void need_stacks(struct object *object, const struct type *type)
{
	if (type->kind == TYPE_KSTACK || type->kind == TYPE_USTACK)
		object->takes_stacks = true;
}

unsigned int type_to_fields(struct object *object, const struct type *type,
			    struct kps_field *fields, unsigned int max)
{
	unsigned int i, nr = 0;

	need_stacks(object, type);
	if (type->kind != TYPE_TUPLE) {
		if (max)
			*fields = to_field(object, type);
		return 1;
	}
	for (i = 0; i < type->nr_members && nr < max; i++)
		nr += type_to_fields(object, &type->members[i], fields + nr,
				     max - nr);
	if (nr) {
		fields[0].flags += 1 << KPS_FIELD_OPENS_SHIFT;
		fields[nr - 1].flags += 1 << KPS_FIELD_CLOSES_SHIFT;
	}
	return nr;
}

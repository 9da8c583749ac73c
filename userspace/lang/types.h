/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types: what they are called, how much room they take, how they go over the
 * wire.
 */
#ifndef KPCTL_TYPES_H
#define KPCTL_TYPES_H

#include "ast.h"

/* "an integer", "a string": for messages. */
const char *type_name(const struct type *type);

bool type_is_int(const struct type *type);

/* Of true and false: an integer that prints as one of them. */
struct type type_bool(void);
bool type_is_bool(const struct type *type);

/* Something that printf() prints with %s. */
bool type_is_text(const struct type *type);

/* Something that is taken byte by byte: an array, a struct. */
bool type_is_bytes(const struct type *type);

/* Can a map or a variable hold it, a printf() print it? */
bool type_is_value(const struct type *type);

/* May the one stand where the other was used first? */
bool type_same_kind(const struct type *a, const struct type *b);

/*
 * Is what becomes of two integers signed? It is if either of them is; a number as it is
 * written is what the other one is.
 */
bool types_are_signed(const struct type *a, const struct type *b);

/*
 * Make @type wide enough for @other, which is of the same kind, and signed if either is.
 * Return: whether it grew, which it can do a few times only.
 */
bool type_unify(struct type *type, const struct type *other);

/* Bytes that a value takes in a key, a variable or a record. */
unsigned int type_size(const struct type *type);

/* Fields that it becomes, those of tuples one by one; how deep tuples nest. */
unsigned int type_fields(const struct type *type);
unsigned int type_tuples(const struct type *type);

/* Where the n-th member of a tuple begins. */
unsigned int type_member_offset(const struct type *type, unsigned int n);

/* Of (a=1, b=2): the number of a member; -1: there is none of that name. */
int type_member_named(const struct type *type, const char *name);
/* Where the n-th member of @from is in @to, which is of the same kind. */
unsigned int type_counterpart(const struct type *to, const struct type *from,
			      unsigned int n);

/* What stands in front of the bytes of a copy: how many there are. */
#define COPY_HEAD 8

bool expr_is_const(const struct expr *expr);

/*
 * A struct or an array in the event's record; or in memory, where its value says; or in
 * scratch by itself, whether a copy is wanted of it or not.
 */
bool expr_is_in_record(const struct expr *expr);
bool expr_is_place(const struct expr *expr);
bool expr_is_copy(const struct expr *expr);

bool enum_table_equal(const struct enum_table *a, const struct enum_table *b);

/**
 * type_to_fields() - a type as the module knows it
 * @object: gets names of enums and the wish for a stack table
 * @type: a value; of a tuple each member becomes a field
 * @fields: room for @max
 *
 * Return: the number of fields.
 */
unsigned int type_to_fields(struct object *object, const struct type *type,
			    struct kps_field *fields, unsigned int max);

#endif

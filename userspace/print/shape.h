/* SPDX-License-Identifier: GPL-2.0 */
/* Several values as one: tuples, records, structs, see object/shape.h. */
#ifndef KPCTL_PRINT_SHAPE_H
#define KPCTL_PRINT_SHAPE_H

#include "lib/records.h"
#include "object/object.h"
#include "value.h"

/* Several fields, of which each is divided first if it is an integer; 0, 1: not. */
struct values {
	size_t nr;
	const struct kps_field *fields;
	const struct datum *data;
	int indent;
	long long div;
	const char *shape;	/* of these fields, or more; NULL: as the fields say */
};

/* What came in a record of @output. */
struct values values_of_record(const struct object_output *output,
			       const struct record *record);

/* "1", "(1, b)", "{ .a = 1, .b = x }" */
void values_write(struct text *out, const struct values *values);
/* The same for a key of JSON's, as bpftrace has it: "1,(2,3)". */
void values_key(struct text *out, const struct values *values);
/* One value; of several an array without brackets; null of none. */
void values_json(struct text *out, const struct values *values);

/**
 * values_first() - fields that the first value takes
 * @values: one at least
 * @rest: set to the shape of those behind it
 */
size_t values_first(const struct values *values, const char **rest);

#endif

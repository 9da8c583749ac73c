/* SPDX-License-Identifier: GPL-2.0 */
/* One value, of a key, a map or a record, as bpftrace prints it. */
#ifndef KPCTL_VALUE_H
#define KPCTL_VALUE_H

#include <stdbool.h>
#include <time.h>

#include "base/text.h"
#include "lib/answer.h"

/* How far the lines of a stack are indented depends on where it stands. */
enum { INDENT_KEY = 4, INDENT_VALUE = 8 };

/* Is it printed as a number? */
bool value_is_number(const struct kps_field *field, const struct datum *datum);

void value_write(struct text *out, const struct kps_field *field,
		 const struct datum *datum, int indent);

/* A number, or a string in quotes. */
void value_json(struct text *out, const struct kps_field *field,
		const struct datum *datum, int indent);

/* Several, of which each is divided first if it is an integer; 0, 1: not. */
struct values {
	size_t nr;
	const struct kps_field *fields;
	const struct datum *data;
	int indent;
	long long div;
};

/* "1", or "(1, b)" of a tuple: where one begins and ends is said by the fields. */
void values_write(struct text *out, const struct values *values);
/* The same for a key of JSON's, as bpftrace has it: "1,(2,3)". */
void values_key(struct text *out, const struct values *values);
void values_json(struct text *out, const struct values *values);

/* As C divides, but never by zero. */
unsigned long long divide(unsigned long long number, long long div,
			  const struct kps_field *field);

/*
 * Wall time of a CLOCK_MONOTONIC time, by strftime()'s format and %f for
 * microseconds.
 */
void time_write(struct text *out, const char *format, unsigned long long ns);

#endif

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

/* What stands behind a string that was cut, from now on; it is kept, not copied. */
void value_set_trailer(const char *trailer);

void value_write(struct text *out, const struct kps_field *field,
		 const struct datum *datum, int indent);

/* A number, or a string in quotes. */
void value_json(struct text *out, const struct kps_field *field,
		const struct datum *datum, int indent);

/* As C divides, but never by zero. */
unsigned long long divide(unsigned long long number, long long div,
			  const struct kps_field *field);

/*
 * Wall time of a CLOCK_MONOTONIC time, by strftime()'s format and %f for
 * microseconds.
 */
void time_write(struct text *out, const char *format, unsigned long long ns);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* printf() of bpftrace 0.17, with the values of a record. */
#ifndef KPCTL_PRINTF_H
#define KPCTL_PRINTF_H

#include "base/text.h"
#include "lib/records.h"
#include "object/object.h"

struct format;

/**
 * format_parse() - take a format apart once, for many records
 * @text: must stay; its escapes are resolved
 *
 * %[-+ #0][WIDTH][.PRECISION][hh h l ll q j z t]CONVERSION, with the conversions
 * d i u x X o p c s r rx rh.  %% is one %.  What is no conversion stands for
 * itself.  lang/check_format.c must see the same conversions.
 *
 * Return: to be released with format_free().
 */
struct format *format_parse(const char *text);
void format_free(struct format *format);

/* Conversions that take a value. */
size_t format_conversions(const struct format *format);

/* Add the text of a record of @output to @out. */
void format_write(struct text *out, const struct format *format,
		  const struct object_output *output,
		  const struct record *record);

#endif

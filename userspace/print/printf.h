/* SPDX-License-Identifier: GPL-2.0 */
/* printf() of bpftrace 0.17, with the values of a record. */
#ifndef KPCTL_PRINTF_H
#define KPCTL_PRINTF_H

#include "base/text.h"
#include "lib/records.h"
#include "object/format.h"
#include "object/object.h"

/*
 * Add the text of a record of @output to @out. What is no conversion stands for itself;
 * the compiler refuses it, but a module of another version may send it.
 */
void format_write(struct text *out, const struct format *format,
		  const struct object_output *output,
		  const struct record *record);

#endif

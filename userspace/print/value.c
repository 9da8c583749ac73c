// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "cgroup.h"
#include "user.h"
#include "usym.h"
#include "value.h"

#define NSEC_PER_SEC 1000000000LL

static bool is_signed(const struct kps_field *field)
{
	return field->flags & KPS_FIELD_SIGNED;
}

bool value_is_number(const struct kps_field *field, const struct datum *datum)
{
	return !datum->is_text && field->type != KPS_T_CGROUP &&
	       field->type != KPS_T_USER;
}

/* Lines with addresses begin as bpftrace's do, wherever they are. */
static void begin_frame(struct text *out, const struct kps_field *field, int indent)
{
	if (field->flags & KPS_FIELD_PERF)
		text_char(out, '\t');
	else if (!(field->flags & (KPS_FIELD_RAW | KPS_FIELD_BUILD_ID)))
		text_fill(out, ' ', indent);
}

/* A line per frame. */
static void write_kstack(struct text *out, const struct kps_field *field,
			 const char *text, int indent)
{
	text_char(out, '\n');
	while (*text) {
		size_t len = strcspn(text, "\n");

		begin_frame(out, field, indent);
		text_name(out, text, len);
		text_char(out, '\n');
		text += len + (text[len] == '\n');
	}
}

/* With the file behind it, as perf script has it. */
static void write_user_file(struct text *out, unsigned int tgid,
			    unsigned long long address)
{
	const char *file = usym_file(tgid, address);

	text_puts(out, " (");
	if (file)
		text_name(out, file, strlen(file));
	text_puts(out, file ? ")" : "[unknown])");
}

static void write_user_frame(struct text *out, const struct kps_field *field,
			     unsigned int tgid, unsigned long long address)
{
	if (field->flags & KPS_FIELD_BUILD_ID) {
		usym_write_build_id(out, tgid, address);
		return;
	}
	if (field->flags & (KPS_FIELD_PERF | KPS_FIELD_RAW))
		text_printf(out, "%llx", address);
	if (field->flags & KPS_FIELD_RAW)
		return;
	if (field->flags & KPS_FIELD_PERF)
		text_char(out, ' ');
	usym_write(out, tgid, address, true);
	if (field->flags & KPS_FIELD_PERF)
		write_user_file(out, tgid, address);
}

/* "TGID", and an address in hex on each line that follows, or words in brackets. */
static void write_ustack(struct text *out, const struct kps_field *field,
			 const char *text, int indent)
{
	unsigned int tgid = strtoul(text, NULL, 10);

	text_char(out, '\n');
	while ((text = strchr(text, '\n')) && text[1]) {
		begin_frame(out, field, indent);
		if (*++text == '(')
			text_name(out, text, strcspn(text, "\n"));
		else
			write_user_frame(out, field, tgid, strtoull(text, NULL, 16));
		text_char(out, '\n');
	}
}

static void write_usym(struct text *out, const char *text)
{
	const char *line = strchr(text, '\n');

	usym_write(out, strtoul(text, NULL, 10),
		   line ? strtoull(line + 1, NULL, 16) : 0, false);
}

/* What is no printable ASCII as \\xNN. */
static void write_buffer(struct text *out, const struct datum *datum)
{
	size_t i;

	for (i = 0; i < datum->len; i++) {
		unsigned char byte = datum->text[i];

		text_printf(out, isascii(byte) && isprint(byte) ? "%c" : "\\x%02x", byte);
	}
}

static void write_number(struct text *out, const struct kps_field *field,
			 unsigned long long number)
{
	if (field->type == KPS_T_CGROUP)
		cgroup_write(out, number);
	else if (field->type == KPS_T_USER)
		user_write(out, number);
	else if (is_signed(field))
		text_printf(out, "%lld", (long long)number);
	else
		text_printf(out, "%llu", number);
}

static const char *trailer = "..";

void value_set_trailer(const char *text)
{
	trailer = text;
}

static void write_str(struct text *out, const struct kps_field *field, const char *text)
{
	size_t len = strlen(text);

	text_name(out, text, len);
	if (field->type == KPS_T_STR && field->more && len >= field->more)
		text_puts(out, trailer);
}

void value_write(struct text *out, const struct kps_field *field,
		 const struct datum *datum, int indent)
{
	if (!datum->is_text) {
		write_number(out, field, datum->number);
		return;
	}
	switch (field->type) {
	case KPS_T_KSTACK:
		write_kstack(out, field, datum->text, indent);
		break;
	case KPS_T_USTACK:
		write_ustack(out, field, datum->text, indent);
		break;
	case KPS_T_USYM:
		write_usym(out, datum->text);
		break;
	case KPS_T_FUNCTION:
		function_write(out, datum->text);
		break;
	default:
		if (datum->is_bytes)
			write_buffer(out, datum);
		else
			write_str(out, field, datum->text);
	}
}

/* As bpftrace has them: a buffer as an array, names of numbers as the numbers. */
static bool write_json_number(struct text *out, const struct kps_field *field,
			      const struct datum *datum)
{
	size_t i;

	if (datum->is_bytes) {
		text_char(out, '[');
		for (i = 0; i < datum->len; i++)
			text_printf(out, i ? ",%u" : "%u",
				    (unsigned char)datum->text[i]);
		text_char(out, ']');
		return true;
	}
	if (!datum->is_named || !json_as_bpftrace || field->flags & KPS_FIELD_BOOL)
		return false;
	write_number(out, field, datum->number);
	return true;
}

void value_json(struct text *out, const struct kps_field *field,
		const struct datum *datum, int indent)
{
	struct text text = { 0 };

	if (write_json_number(out, field, datum))
		return;
	if (field->type == KPS_T_INT && value_is_number(field, datum) && json_as_bpftrace &&
	    !json_is_exact(datum->number, is_signed(field))) {
		text_char(out, '"');
		value_write(out, field, datum, indent);
		text_char(out, '"');
		return;
	}
	if (value_is_number(field, datum) || field->flags & KPS_FIELD_BOOL) {
		value_write(out, field, datum, indent);
		return;
	}
	value_write(&text, field, datum, indent);
	text_json(out, text.data ? text.data : "", text.len);
	text_free(&text);
}

unsigned long long divide(unsigned long long number, long long div,
			  const struct kps_field *field)
{
	if (div == 0 || div == 1 || field->type != KPS_T_INT)
		return number;
	if (is_signed(field))
		return div == -1 ? -number : (unsigned long long)
					     ((long long)number / div);
	return number / div;
}

/* What strftime() does not know of: %f. From malloc(). */
static char *expand_microseconds(const char *format, long us)
{
	struct text text = { 0 };

	for (; *format; format++) {
		if (format[0] == '%' && format[1] == 'f') {
			text_printf(&text, "%06ld", us);
			format++;
			continue;
		}
		text_char(&text, *format);
		if (format[0] == '%' && format[1])
			text_char(&text, *++format);
	}
	text_string(&text);
	return text.data;
}

/* Both clocks are read at the time of printing: the wall clock may be set. */
static long long wall_time(unsigned long long ns)
{
	struct timespec wall, monotonic;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	return (long long)ns +
	       (wall.tv_sec - monotonic.tv_sec) * NSEC_PER_SEC +
	       wall.tv_nsec - monotonic.tv_nsec;
}

void time_write(struct text *out, const char *format, unsigned long long ns)
{
	long long wall = wall_time(ns);
	time_t seconds = wall / NSEC_PER_SEC;
	char text[512], *expanded;
	struct tm tm;
	size_t len;

	expanded = expand_microseconds(format, wall % NSEC_PER_SEC / 1000);
	len = strftime(text, sizeof(text), expanded, localtime_r(&seconds, &tm));
	text_add(out, text, len);
	free(expanded);
}

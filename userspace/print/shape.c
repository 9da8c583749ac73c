// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "shape.h"

/* A shape of the kernel's may be anybody's: it ends, and so must who reads it. */
#define MAX_DEPTH 64

/* What stands around values. */
struct style {
	const char *separator;
	const char *before_name, *behind_name;
	const char *opens, *closes, *between;	/* a record or a struct */
	char tuple_opens, tuple_closes;
	bool is_json;
};

static const struct style as_text = {
	", ", ".", " = ", "{ ", " }", ", ", '(', ')', false,
};

static const struct style as_key = {
	",", ".", "=", "{", "}", ",", '(', ')', false,
};

static const struct style as_json = {
	",", "\"", "\": ", "{", "}", ", ", '[', ']', true,
};

struct reader {
	const char *shape;
	const struct values *values;
	size_t next;		/* field */
	const struct style *style;
	unsigned int depth;
};

static void write_field(struct text *out, struct reader *reader)
{
	const struct values *values = reader->values;
	const struct kps_field *field = &values->fields[reader->next];
	struct datum datum = values->data[reader->next++];

	datum.number = divide(datum.number, values->div, field);
	if (reader->style->is_json)
		value_json(out, field, &datum, values->indent);
	else
		value_write(out, field, &datum, values->indent);
}

/*
 * Bytes
 */

struct bytes {
	const unsigned char *data;
	size_t len;
};

static void write_bytes(struct text *out, struct reader *reader, struct bytes bytes,
			unsigned long bit, unsigned int bits);

static bool take_char(struct reader *reader, char c)
{
	if (*reader->shape != c)
		return false;
	reader->shape++;
	return true;
}

static unsigned long take_number(struct reader *reader)
{
	char *end;
	unsigned long number = strtoul(reader->shape, &end, 10);

	reader->shape = end;
	return number;
}

/* Some of the bits, or all of @size bytes; what is not there is 0. */
static unsigned long long get_number(struct bytes bytes, unsigned long bit,
				     unsigned int bits, unsigned long size, bool is_signed)
{
	unsigned long long number = 0;
	unsigned int wanted = bits ? bits : size * 8, i;

	for (i = 0; i < wanted && i < 64; i++) {
		size_t at = (bit + i) / 8;

		if (at < bytes.len && bytes.data[at] >> (bit + i) % 8 & 1)
			number |= 1ULL << i;
	}
	if (is_signed && i && i < 64 && number >> (i - 1) & 1)
		number |= ~0ULL << i;
	return number;
}

static void write_integer(struct text *out, struct reader *reader, struct bytes bytes,
			  unsigned long bit, unsigned int bits, bool is_signed)
{
	unsigned long size = take_number(reader);
	unsigned long long number = get_number(bytes, bit, bits, size, is_signed);

	if (is_signed)
		text_printf(out, "%lld", (long long)number);
	else
		text_printf(out, "%llu", number);
}

static void write_pointer(struct text *out, struct reader *reader, struct bytes bytes,
			  unsigned long bit)
{
	text_printf(out, reader->style->is_json ? "%llu" : "0x%llx",
		    get_number(bytes, bit, 0, 8, false));
}

static void write_string(struct text *out, struct reader *reader, struct bytes bytes,
			 unsigned long bit)
{
	size_t size = take_number(reader), at = bit / 8, len;

	if (at > bytes.len)
		at = bytes.len;
	if (size > bytes.len - at)
		size = bytes.len - at;
	len = strnlen((const char *)bytes.data + at, size);
	if (reader->style->is_json)
		text_json(out, (const char *)bytes.data + at, len);
	else
		text_name(out, (const char *)bytes.data + at, len);
}

/* The shape of an element is gone through for each. */
static void write_array(struct text *out, struct reader *reader, struct bytes bytes,
			unsigned long bit)
{
	unsigned long nr = take_number(reader), size, i;
	const char *element;

	take_char(reader, '*');
	size = take_number(reader);
	element = reader->shape;
	text_char(out, '[');
	for (i = 0; i < nr && bit / 8 + i * size <= bytes.len; i++) {
		if (i)
			text_char(out, ',');
		reader->shape = element;
		write_bytes(out, reader, bytes, bit + i * size * 8, 0);
	}
	text_char(out, ']');
	if (nr)
		return;
	/* Of none it is still to be gone past. */
	i = out->len;
	write_bytes(out, reader, (struct bytes){ 0 }, 0, 0);
	out->len = i;
}

/* Up to one of @ends. */
static void write_name(struct text *out, struct reader *reader, const char *ends)
{
	size_t len = strcspn(reader->shape, ends);

	text_puts(out, reader->style->before_name);
	text_name(out, reader->shape, len);
	text_puts(out, reader->style->behind_name);
	reader->shape += len;
}

static void write_struct(struct text *out, struct reader *reader, struct bytes bytes,
			 unsigned long base)
{
	bool first = true;

	text_puts(out, reader->style->opens);
	while (*reader->shape && !take_char(reader, '}')) {
		unsigned long bit;
		unsigned int bits = 0;

		if (!first)
			text_puts(out, reader->style->between);
		first = false;
		write_name(out, reader, "@,}");
		take_char(reader, '@');
		bit = take_number(reader);
		if (take_char(reader, ':'))
			bits = take_number(reader);
		write_bytes(out, reader, bytes, base + bit, bits);
		take_char(reader, ',');
	}
	text_puts(out, reader->style->closes);
}

static void write_bytes(struct text *out, struct reader *reader, struct bytes bytes,
			unsigned long bit, unsigned int bits)
{
	char kind = *reader->shape;

	if (!kind || reader->depth == MAX_DEPTH)
		return;
	reader->shape++;
	reader->depth++;
	switch (kind) {
	case 'i':
	case 'u':
		write_integer(out, reader, bytes, bit, bits, kind == 'i');
		break;
	case 'b':
		text_puts(out, get_number(bytes, bit, bits, 1, false) ? "true" : "false");
		break;
	case 'p':
		write_pointer(out, reader, bytes, bit);
		break;
	case 's':
		write_string(out, reader, bytes, bit);
		break;
	case 'a':
		write_array(out, reader, bytes, bit);
		break;
	case '{':
		write_struct(out, reader, bytes, bit);
		break;
	default:
		text_puts(out, reader->style->is_json ? "null" : "?");
	}
	reader->depth--;
}

/*
 * Values
 */

static void write_value(struct text *out, struct reader *reader);

static bool has_more(const struct reader *reader)
{
	return reader->next < reader->values->nr;
}

static void write_list(struct text *out, struct reader *reader, char end)
{
	bool first = true;

	while (has_more(reader) && *reader->shape && !take_char(reader, end)) {
		if (!first)
			text_puts(out, reader->style->separator);
		first = false;
		write_value(out, reader);
		take_char(reader, ',');
	}
	/* Behind the last field there may be no value, but the brackets' ends. */
	if (end && !has_more(reader))
		take_char(reader, end);
}

static void write_record(struct text *out, struct reader *reader)
{
	bool first = true;

	text_puts(out, reader->style->opens);
	while (has_more(reader) && *reader->shape && *reader->shape != '}') {
		if (!first)
			text_puts(out, reader->style->between);
		first = false;
		write_name(out, reader, "=");
		take_char(reader, '=');
		write_value(out, reader);
		take_char(reader, ',');
	}
	take_char(reader, '}');
	text_puts(out, reader->style->closes);
}

static void write_whole(struct text *out, struct reader *reader)
{
	const struct datum *datum = &reader->values->data[reader->next++];
	const struct bytes bytes = {
		datum->is_bytes ? (const unsigned char *)datum->text : NULL,
		datum->is_bytes ? datum->len : 0,
	};

	write_bytes(out, reader, bytes, 0, 0);
	take_char(reader, '>');
}

/* 'FORMAT', a quote in it twice. From malloc(). */
static char *take_format(struct reader *reader)
{
	struct text format = { 0 };

	for (; *reader->shape; reader->shape++) {
		if (reader->shape[0] == '\'' && *++reader->shape != '\'')
			break;
		text_char(&format, *reader->shape);
	}
	text_string(&format);
	return format.data;
}

static void write_time(struct text *out, struct reader *reader)
{
	char *format = take_format(reader);
	struct text text = { 0 };

	time_write(&text, format, reader->values->data[reader->next++].number);
	if (reader->style->is_json)
		text_json(out, text_string(&text), text.len);
	else
		text_add(out, text_string(&text), text.len);
	text_free(&text);
	free(format);
}

static void write_value(struct text *out, struct reader *reader)
{
	char kind = *reader->shape;

	/* Whoever loads a program says what its shapes are, and one may end anywhere. */
	if (!kind || reader->depth == MAX_DEPTH) {
		reader->next = reader->values->nr;
		return;
	}
	reader->shape++;
	reader->depth++;
	switch (kind) {
	case '(':
		text_char(out, reader->style->tuple_opens);
		write_list(out, reader, ')');
		text_char(out, reader->style->tuple_closes);
		break;
	case '{':
		write_record(out, reader);
		break;
	case '<':
		write_whole(out, reader);
		break;
	case '\'':
		write_time(out, reader);
		break;
	default:
		write_field(out, reader);
	}
	reader->depth--;
}

/* Without a shape: tuples begin and end where the fields say. */
static void write_fields(struct text *out, struct reader *reader)
{
	const struct style *style = reader->style;

	while (has_more(reader)) {
		unsigned short flags = reader->values->fields[reader->next].flags;

		if (reader->next)
			text_puts(out, style->separator);
		text_fill(out, style->tuple_opens, kps_field_opens(flags));
		write_field(out, reader);
		text_fill(out, style->tuple_closes, kps_field_closes(flags));
	}
}

static void write_all(struct text *out, const struct values *values,
		      const struct style *style)
{
	struct reader reader = { .values = values, .shape = values->shape, .style = style };

	if (values->shape)
		write_list(out, &reader, '\0');
	else
		write_fields(out, &reader);
}

void values_write(struct text *out, const struct values *values)
{
	write_all(out, values, &as_text);
}

void values_key(struct text *out, const struct values *values)
{
	write_all(out, values, &as_key);
}

void values_json(struct text *out, const struct values *values)
{
	write_all(out, values, &as_json);
	if (!values->nr)
		text_puts(out, "null");
}

struct values values_of_record(const struct object_output *output,
			       const struct record *record)
{
	return (struct values){
		.nr = record->nr_fields < output->nr_fields ? record->nr_fields :
							      output->nr_fields,
		.fields = output->fields,
		.data = record->fields,
		.indent = INDENT_VALUE,
		.shape = output->shape,
	};
}

/* Up to where as many tuples have ended as have begun. */
static size_t fields_of_first(const struct values *values)
{
	size_t nr = 0;
	int open = 0;

	do {
		unsigned short flags = values->fields[nr++].flags;

		open += (int)kps_field_opens(flags) - (int)kps_field_closes(flags);
	} while (open > 0 && nr < values->nr);
	return nr;
}

size_t values_first(const struct values *values, const char **rest)
{
	struct reader reader = { .values = values, .shape = values->shape,
				 .style = &as_text };
	struct text nowhere = { 0 };

	*rest = NULL;
	if (!values->shape)
		return fields_of_first(values);
	write_value(&nowhere, &reader);
	text_free(&nowhere);
	take_char(&reader, ',');
	*rest = reader.shape;
	return reader.next;
}

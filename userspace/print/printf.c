// SPDX-License-Identifier: GPL-2.0
/*
 * bpftrace 0.17 gives each 64-bit value to C's printf(): what has no length
 * modifier is an int there, and loses its upper half.  Only %p takes all of it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "printf.h"
#include "shape.h"

static unsigned long long narrow(const struct format_piece *piece,
				 unsigned long long number)
{
	bool is_signed = strchr("di", piece->conversion);

	switch (piece->modifier) {
	case 'l':
		return number;
	case 'h':
		return is_signed ? (unsigned long long)(short)number :
				   (unsigned short)number;
	case 'H':
		return is_signed ? (unsigned long long)(signed char)number :
				   (unsigned char)number;
	default:
		return is_signed ? (unsigned long long)(int)number :
				   (unsigned int)number;
	}
}

#pragma GCC diagnostic push
/* The formats were made by object/format.c, for exactly these arguments. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void write_number(struct text *out, const struct format_piece *piece,
			 unsigned long long number)
{
	/* A NUL that %c makes ends the text, as it does in bpftrace. */
	char text[FORMAT_MAX_WIDTH * 2 + 64];
	int width = piece->width;

	if (piece->conversion == 'p')
		snprintf(text, sizeof(text), piece->spec, width, number);
	else if (piece->conversion == 'c')
		snprintf(text, sizeof(text), piece->spec, width, (int)number);
	else if (piece->precision < 0)
		snprintf(text, sizeof(text), piece->spec, width,
			 narrow(piece, number));
	else
		snprintf(text, sizeof(text), piece->spec, width,
			 piece->precision, narrow(piece, number));
	text_lines(out, text, strlen(text));
}

#pragma GCC diagnostic pop

/* Pads and cuts what was added to @out from @start on. */
static void fit(struct text *out, size_t start, const struct format_piece *piece)
{
	size_t pad, len = out->len - start;

	if (piece->precision >= 0 && len > (size_t)piece->precision)
		len = piece->precision;
	/* No character is cut through on a terminal. */
	while (text_is_for_terminal && len && start + len < out->len &&
	       text_is_inside_char(out->data[start + len]))
		len--;
	out->len = start + len;
	if (len >= (size_t)piece->width)
		return;
	pad = piece->width - len;
	text_fill(out, ' ', pad);
	if (piece->left)
		return;
	memmove(out->data + start + pad, out->data + start, len);
	memset(out->data + start, ' ', pad);
}

/* %rx: \\x61\\x62, %rh: 61 62 */
static void write_bytes(struct text *out, const struct datum *datum, char variant)
{
	size_t i;

	for (i = 0; i < datum->len; i++) {
		if (variant == 'x')
			text_puts(out, "\\x");
		else if (i)
			text_char(out, ' ');
		text_printf(out, "%02x", (unsigned char)datum->text[i]);
	}
}

static void write_text(struct text *out, const struct format_piece *piece,
		       const struct values *value)
{
	size_t start = out->len;

	if (piece->variant && value->data->is_bytes)
		write_bytes(out, value->data, piece->variant);
	else
		values_write(out, value);
	fit(out, start, piece);
}

static void write_conversion(struct text *out, const struct format_piece *piece,
			     const struct values *value)
{
	if (*piece->spec && !value->shape && !value->data->is_text)
		write_number(out, piece, value->data->number);
	else
		write_text(out, piece, value);
}

/* The first of @values, which is taken from them. */
static void write_first(struct text *out, const struct format_piece *piece,
			struct values *values)
{
	struct values value = *values;
	const char *rest;

	if (!values->nr)
		return;
	value.nr = values_first(values, &rest);
	/* One that is no more than a field is printed as a number. */
	if (value.nr == 1 && value.shape && *value.shape == '.')
		value.shape = NULL;
	write_conversion(out, piece, &value);
	values->nr -= value.nr;
	values->fields += value.nr;
	values->data += value.nr;
	values->shape = rest;
}

void format_write(struct text *out, const struct format *format,
		  const struct object_output *output,
		  const struct record *record)
{
	struct values values = values_of_record(output, record);
	size_t i;

	for (i = 0; i < format->nr; i++) {
		const struct format_piece *piece = &format->pieces[i];

		text_add(out, piece->literal, piece->len);
		if (piece->conversion)
			write_first(out, piece, &values);
		else
			text_add(out, piece->text, piece->text_len);
	}
}

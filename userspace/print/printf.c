// SPDX-License-Identifier: GPL-2.0
/*
 * bpftrace 0.17 gives each 64-bit value to C's printf(): what has no length
 * modifier is an int there, and loses its upper half.  Only %p takes all of it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "printf.h"
#include "value.h"

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
		snprintf(text, sizeof(text), piece->spec, width,
			 (void *)(unsigned long)number);
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
	       (out->data[start + len] & 0xc0) == 0x80)
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

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that stands at *@text, which the module may have escaped. */
static unsigned char next_byte(const char **text)
{
	const char *at = *text;

	if (at[0] == '\\' && at[1] == 'x' && hex_digit(at[2]) >= 0 &&
	    hex_digit(at[3]) >= 0) {
		*text += 4;
		return hex_digit(at[2]) << 4 | hex_digit(at[3]);
	}
	*text += 1;
	return at[0];
}

/* %rx: \x61\x62, %rh: 61 62 */
static void write_bytes(struct text *out, const char *text, char variant)
{
	bool first = true;

	while (*text) {
		if (variant == 'x')
			text_puts(out, "\\x");
		else if (!first)
			text_char(out, ' ');
		text_printf(out, "%02x", next_byte(&text));
		first = false;
	}
}

static void write_text(struct text *out, const struct format_piece *piece,
		       const struct object_field *field,
		       const struct datum *datum)
{
	size_t start = out->len;

	if (field->strftime && !datum->is_text)
		time_write(out, field->strftime, datum->number);
	else if (piece->variant && datum->is_text)
		write_bytes(out, datum->text, piece->variant);
	else
		value_write(out, &field->wire, datum, INDENT_VALUE);
	fit(out, start, piece);
}

static void write_field(struct text *out, const struct format_piece *piece,
			const struct object_field *field,
			const struct datum *datum)
{
	if (*piece->spec && !field->strftime && !datum->is_text)
		write_number(out, piece, datum->number);
	else
		write_text(out, piece, field, datum);
}

void format_write(struct text *out, const struct format *format,
		  const struct object_output *output,
		  const struct record *record)
{
	size_t i, field = 0;

	for (i = 0; i < format->nr; i++) {
		const struct format_piece *piece = &format->pieces[i];

		text_add(out, piece->literal, piece->len);
		if (!piece->conversion) {
			text_add(out, piece->text, piece->text_len);
			continue;
		}
		if (field < record->nr_fields && field < output->nr_fields)
			write_field(out, piece, &output->fields[field],
				    &record->fields[field]);
		field++;
	}
}

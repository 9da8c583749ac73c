// SPDX-License-Identifier: GPL-2.0
/*
 * bpftrace 0.17 gives each 64-bit value to C's printf(): what has no length
 * modifier is an int there, and loses its upper half.  Only %p takes all of it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "printf.h"
#include "value.h"

/* No value is wider on any screen, and no sum of such overflows. */
#define MAX_WIDTH 4096

/* Literal text, and the conversion behind it. */
struct piece {
	const char *literal;
	size_t len;
	char conversion;	/* 0: none, at the end */
	char variant;		/* of r: 'x', 'h', or 0 */
	char modifier;		/* 'H' for hh, 'h', 'l' for all of 64 bits, 0 */
	bool left;
	int width;
	int precision;		/* -1: none */
	char spec[16];		/* for C's printf(), of a number */
};

struct format {
	size_t nr;
	size_t nr_conversions;
	struct piece *pieces;
};

static struct piece *add_piece(struct format *format, const char *literal)
{
	struct piece *grown = realloc(format->pieces, (format->nr + 1) *
				      sizeof(*grown));

	if (!grown) {
		error("out of memory");
		exit(1);
	}
	format->pieces = grown;
	grown += format->nr++;
	*grown = (struct piece){ .literal = literal, .precision = -1 };
	return grown;
}

static const char *parse_number(const char *at, int *number)
{
	*number = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		if (*number < MAX_WIDTH)
			*number = *number * 10 + *at - '0';
	if (*number > MAX_WIDTH)
		*number = MAX_WIDTH;
	return at;
}

static const char *parse_modifier(const char *at, char *modifier)
{
	if (at[0] == 'h') {
		*modifier = at[1] == 'h' ? 'H' : 'h';
		return at + 1 + (at[1] == 'h');
	}
	if (*at && strchr("lqjzt", *at)) {
		*modifier = 'l';
		return at + 1 + (at[0] == 'l' && at[1] == 'l');
	}
	return at;
}

/* Width and precision are handed over as arguments. */
static void make_spec(struct piece *piece, const char *flags, size_t nr_flags)
{
	bool is_address = piece->conversion == 'p';
	bool is_char = piece->conversion == 'c';

	snprintf(piece->spec, sizeof(piece->spec), "%%%.*s*%s%s%c",
		 (int)(nr_flags < 6 ? nr_flags : 6), flags,
		 piece->precision < 0 || is_char || is_address ? "" : ".*",
		 is_address || is_char ? "" : "ll", piece->conversion);
}

/*
 * @at: behind the percent sign.
 * Return: what follows the conversion, or NULL if it is none.
 */
static const char *parse_conversion(const char *at, struct piece *piece)
{
	struct piece parsed = *piece;
	const char *flags = at;
	size_t nr_flags = strspn(at, "-+ #0");

	parsed.left = memchr(flags, '-', nr_flags);
	at = parse_number(at + nr_flags, &parsed.width);
	if (*at == '.')
		at = parse_number(at + 1, &parsed.precision);
	at = parse_modifier(at, &parsed.modifier);
	if (!*at || !strchr("diuxXopcsr", *at))
		return NULL;
	parsed.conversion = *at++;
	if (parsed.conversion == 'r' && (*at == 'x' || *at == 'h'))
		parsed.variant = *at++;
	if (!strchr("sr", parsed.conversion))
		make_spec(&parsed, flags, nr_flags);
	*piece = parsed;
	return at;
}

struct format *format_parse(const char *text)
{
	struct format *format = calloc(1, sizeof(*format));
	struct piece *piece;
	const char *end;

	if (!format) {
		error("out of memory");
		exit(1);
	}
	piece = add_piece(format, text);
	while (*text) {
		if (*text != '%') {
			text++;
			continue;
		}
		piece->len = text - piece->literal;
		if (text[1] == '%') {
			piece->len++;
			text += 2;
			piece = add_piece(format, text);
			continue;
		}
		end = parse_conversion(text + 1, piece);
		if (!end) {
			text++;
			continue;
		}
		format->nr_conversions++;
		text = end;
		piece = add_piece(format, text);
	}
	piece->len = text - piece->literal;
	return format;
}

void format_free(struct format *format)
{
	if (format)
		free(format->pieces);
	free(format);
}

size_t format_conversions(const struct format *format)
{
	return format->nr_conversions;
}

static unsigned long long narrow(const struct piece *piece,
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
/* The formats were made by make_spec(), for exactly these arguments. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void write_number(struct text *out, const struct piece *piece,
			 unsigned long long number)
{
	/* A NUL that %c makes ends the text, as it does in bpftrace. */
	char text[MAX_WIDTH * 2 + 64];
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
static void fit(struct text *out, size_t start, const struct piece *piece)
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

static void write_text(struct text *out, const struct piece *piece,
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

static void write_field(struct text *out, const struct piece *piece,
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
		const struct piece *piece = &format->pieces[i];

		text_add(out, piece->literal, piece->len);
		if (!piece->conversion)
			continue;
		if (field < record->nr_fields && field < output->nr_fields)
			write_field(out, piece, &output->fields[field],
				    &record->fields[field]);
		field++;
	}
}

// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "format.h"

static struct format_piece *add_piece(struct format *format, const char *literal)
{
	struct format_piece *piece = APPEND(format->pieces, format->nr);

	*piece = (struct format_piece){ .literal = literal, .precision = -1 };
	return piece;
}

static const char *parse_number(const char *at, int *number)
{
	*number = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		if (*number < FORMAT_MAX_WIDTH)
			*number = *number * 10 + *at - '0';
	if (*number > FORMAT_MAX_WIDTH)
		*number = FORMAT_MAX_WIDTH;
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
static void make_spec(struct format_piece *piece, const char *flags,
		      size_t nr_flags)
{
	bool is_address = piece->conversion == 'p';
	bool is_char = piece->conversion == 'c';

	/* C has "(nil)" for an address of 0, bpftrace 0. */
	snprintf(piece->spec, sizeof(piece->spec), "%%%s%.*s*%s%s%c",
		 is_address ? "#" : "", (int)(nr_flags < 6 ? nr_flags : 6), flags,
		 piece->precision < 0 || is_char || is_address ? "" : ".*",
		 is_char ? "" : "ll", is_address ? 'x' : piece->conversion);
}

/* @at: behind the percent sign. Return: behind the conversion. */
static const char *parse_conversion(const char *at, struct format_piece *piece)
{
	const char *flags = at;
	size_t nr_flags = strspn(at, "-+ #0");

	piece->left = memchr(flags, '-', nr_flags);
	at = parse_number(at + nr_flags, &piece->width);
	if (*at == '.')
		at = parse_number(at + 1, &piece->precision);
	at = parse_modifier(at, &piece->modifier);
	if (at[0] == 'g' && at[1] == 'r') {
		piece->conversion = 's';
		piece->variant = 'g';
		return at + 2;
	}
	if (!*at || !strchr("diuxXopcsr", *at)) {
		at += strspn(at, "hlqjzt");
		return at + !!*at;
	}
	piece->conversion = *at++;
	if (piece->conversion == 'r' && (*at == 'x' || *at == 'h'))
		piece->variant = *at++;
	if (!strchr("sr", piece->conversion))
		make_spec(piece, flags, nr_flags);
	return at;
}

struct format *format_parse(const char *text)
{
	struct format *format = xcalloc(1, sizeof(*format));
	struct format_piece *piece = add_piece(format, text);

	while (*text) {
		if (*text != '%') {
			text++;
			continue;
		}
		/* "100%\n": it stands for itself. */
		if (!text[1] || (!isalnum((unsigned char)text[1]) &&
				 !strchr("%-+ #.*", text[1]))) {
			text++;
			continue;
		}
		piece->len = text - piece->literal;
		if (text[1] == '%') {
			piece->len++;
			text += 2;
		} else {
			piece->text = text;
			text = parse_conversion(text + 1, piece);
			piece->text_len = text - piece->text;
		}
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
	size_t i, nr = 0;

	for (i = 0; i < format->nr; i++)
		nr += !!format->pieces[i].text;
	return nr;
}

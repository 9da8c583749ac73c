/* SPDX-License-Identifier: GPL-2.0 */
/*
 * printf()'s formats, taken apart in one place: the compiler holds values against what is
 * found here, and what prints them goes by the same.
 */
#ifndef KPCTL_FORMAT_H
#define KPCTL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

/* Literal text, and the conversion behind it. */
struct format_piece {
	const char *literal;
	size_t len;
	const char *text;	/* of the conversion: "%-10s"; NULL: none, at the end */
	size_t text_len;
	char conversion;	/* its letter; 0: there is no such conversion */
	char variant;		/* of r: 'x', 'h'; of s: 'g' where it was %gr; or 0 */
	char modifier;		/* 'H' for hh, 'h', 'l' for all of 64 bits, 0 */
	bool left;
	int width;
	int precision;		/* -1: none */
	char spec[16];		/* for C's printf(), of a number */
};

struct format {
	size_t nr;
	struct format_piece *pieces;
};

/* No value is wider on any screen, and no sum of such overflows. */
#define FORMAT_MAX_WIDTH 4096

/**
 * format_parse() - take a format apart once, for many records
 * @text: must stay; its escapes are resolved
 *
 * %[-+ #0][WIDTH][.PRECISION][hh h l ll q j z t]CONVERSION, with the conversions
 * d i u x X o p c s r rx rh.  %% is one %.
 *
 * Return: to be released with format_free().
 */
struct format *format_parse(const char *text);
void format_free(struct format *format);

/* Those that take a value, or look as if they would. */
size_t format_conversions(const struct format *format);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Text that grows, and whose memory is used again. */
#ifndef KPCTL_TEXT_H
#define KPCTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data;
	size_t len;
	size_t size;
};

static inline void text_clear(struct text *text)
{
	text->len = 0;
}

void text_free(struct text *text);
void text_add(struct text *text, const char *bytes, size_t len);
void text_puts(struct text *text, const char *string);
void text_char(struct text *text, char c);
void text_fill(struct text *text, char c, size_t nr);
void text_printf(struct text *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Text of other people's, which may hold whatever they like.  If it is to be read
 * on a terminal, control characters and what is not UTF-8 become \xNN; in
 * text_lines() newlines and tabs stay.  Files and pipes get it as it is.
 */
void text_name(struct text *text, const char *bytes, size_t len);
void text_lines(struct text *text, const char *bytes, size_t len);

/* Whether a byte of UTF-8 goes on with the character before it. */
static inline bool text_is_inside_char(char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Is stdout a terminal? */
extern bool text_is_for_terminal;

/*
 * The same for a terminal in any case.  @more: bytes may follow, and a character
 * that is not complete waits for them.  Return: how many bytes were taken.
 */
size_t text_show(struct text *text, const char *bytes, size_t len, bool more);

/* A JSON string with its quotes. What is not UTF-8 becomes U+FFFD. */
void text_json(struct text *text, const char *bytes, size_t len);

/* With a NUL behind it, which does not count. */
const char *text_string(struct text *text);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Text that grows, and whose memory is used again. */
#ifndef KPCTL_TEXT_H
#define KPCTL_TEXT_H

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

/* A JSON string with its quotes. What is not UTF-8 becomes U+FFFD. */
void text_json(struct text *text, const char *bytes, size_t len);

/* With a NUL behind it, which does not count. */
const char *text_string(struct text *text);

#endif

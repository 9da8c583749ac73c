// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"

static void make_room(struct text *text, size_t len)
{
	size_t size = text->size ? text->size : 256;

	if (text->len + len <= text->size)
		return;
	while (size < text->len + len)
		size *= 2;
	text->data = realloc(text->data, size);
	if (!text->data) {
		error("out of memory");
		exit(1);
	}
	text->size = size;
}

void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}

void text_add(struct text *text, const char *bytes, size_t len)
{
	if (!len)
		return;
	make_room(text, len);
	memcpy(text->data + text->len, bytes, len);
	text->len += len;
}

void text_puts(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_char(struct text *text, char c)
{
	text_add(text, &c, 1);
}

void text_fill(struct text *text, char c, size_t nr)
{
	if (!nr)
		return;
	make_room(text, nr);
	memset(text->data + text->len, c, nr);
	text->len += nr;
}

void text_printf(struct text *text, const char *fmt, ...)
{
	va_list args;
	int len;

	make_room(text, 64);
	va_start(args, fmt);
	len = vsnprintf(text->data + text->len, text->size - text->len, fmt,
			args);
	va_end(args);
	if (len < 0)
		return;
	if ((size_t)len >= text->size - text->len) {
		make_room(text, len + 1);
		va_start(args, fmt);
		vsnprintf(text->data + text->len, len + 1, fmt, args);
		va_end(args);
	}
	text->len += len;
}

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Return: bytes of the character that stands there, 0 if it is none. */
static size_t utf8_length(const unsigned char *bytes, size_t len)
{
	size_t i, nr = bytes[0] < 0x80 ? 1 : bytes[0] < 0xc2 ? 0 :
		       bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 :
		       bytes[0] < 0xf5 ? 4 : 0;

	if (nr > len)
		return 0;
	for (i = 1; i < nr; i++)
		if (!is_continuation(bytes[i]))
			return 0;
	/* Too long a form, half of a pair, or past the last character. */
	if ((bytes[0] == 0xe0 && bytes[1] < 0xa0) ||
	    (bytes[0] == 0xed && bytes[1] > 0x9f) ||
	    (bytes[0] == 0xf0 && bytes[1] < 0x90) ||
	    (bytes[0] == 0xf4 && bytes[1] > 0x8f))
		return 0;
	return nr;
}

static void json_escape(struct text *text, unsigned char c)
{
	static const char letters[] = {
		['"'] = '"', ['\\'] = '\\', ['\n'] = 'n', ['\r'] = 'r',
		['\t'] = 't',
	};

	if (c < sizeof(letters) && letters[c]) {
		text_char(text, '\\');
		text_char(text, letters[c]);
	} else {
		text_printf(text, "\\u%04x", c);
	}
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

void text_json(struct text *text, const char *bytes, size_t len)
{
	size_t i = 0, from, nr;

	text_char(text, '"');
	while (i < len) {
		for (from = i; i < len && is_plain(bytes[i]);)
			i++;
		text_add(text, bytes + from, i - from);
		if (i == len)
			break;
		nr = utf8_length((const unsigned char *)bytes + i, len - i);
		if (nr > 1)
			text_add(text, bytes + i, nr);
		else if (nr == 1)
			json_escape(text, bytes[i]);
		else
			text_puts(text, "\\ufffd");
		i += nr ? nr : 1;
	}
	text_char(text, '"');
}

const char *text_string(struct text *text)
{
	make_room(text, 1);
	text->data[text->len] = '\0';
	return text->data;
}

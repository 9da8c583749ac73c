// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"
#include "xalloc.h"

static void make_room(struct text *text, size_t len)
{
	size_t size = text->size ? text->size : 256;

	if (text->len + len <= text->size)
		return;
	while (size < text->len + len)
		size *= 2;
	text->data = xrealloc(text->data, 1, size);
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

/* Return: bytes of the character that stands there, 0 if it is none. */
static size_t utf8_length(const unsigned char *bytes, size_t len)
{
	size_t i, nr = bytes[0] < 0x80 ? 1 : bytes[0] < 0xc2 ? 0 :
		       bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 :
		       bytes[0] < 0xf5 ? 4 : 0;

	if (nr > len)
		return 0;
	for (i = 1; i < nr; i++)
		if (!text_is_inside_char(bytes[i]))
			return 0;
	/* Too long a form, half of a pair, or past the last character. */
	if ((bytes[0] == 0xe0 && bytes[1] < 0xa0) ||
	    (bytes[0] == 0xed && bytes[1] > 0x9f) ||
	    (bytes[0] == 0xf0 && bytes[1] < 0x90) ||
	    (bytes[0] == 0xf4 && bytes[1] > 0x8f))
		return 0;
	return nr;
}

bool text_is_for_terminal;

/* @nr: bytes of a character; some terminals obey U+0080 to U+009F, too. */
static bool is_control(const unsigned char *bytes, size_t nr)
{
	return nr == 1 ? bytes[0] < 0x20 || bytes[0] == 0x7f :
	       nr == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0;
}

/* May it be the beginning of a character? */
static bool is_incomplete(const unsigned char *bytes, size_t len)
{
	size_t i, nr = bytes[0] < 0xc2 ? 1 : bytes[0] < 0xe0 ? 2 :
		       bytes[0] < 0xf0 ? 3 : bytes[0] < 0xf5 ? 4 : 1;

	for (i = 1; i < len; i++)
		if (!text_is_inside_char(bytes[i]))
			return false;
	return len < nr;
}

static size_t show(struct text *text, const char *bytes, size_t len,
		   const char *keep, bool more)
{
	const unsigned char *at = (const unsigned char *)bytes;
	size_t i, nr;

	for (; len; at += nr, len -= nr) {
		nr = utf8_length(at, len);
		if (!nr && more && is_incomplete(at, len))
			break;
		if (nr && (!is_control(at, nr) ||
			   (*at && strchr(keep, *at)))) {
			text_add(text, (const char *)at, nr);
			continue;
		}
		nr = nr ? nr : 1;
		for (i = 0; i < nr; i++)
			text_printf(text, "\\x%02x", at[i]);
	}
	return (const char *)at - bytes;
}

/* JSON has means of its own. */
static bool is_shown(void)
{
	return text_is_for_terminal && !json_output;
}

void text_name(struct text *text, const char *bytes, size_t len)
{
	if (is_shown())
		show(text, bytes, len, "", false);
	else
		text_add(text, bytes, len);
}

void text_lines(struct text *text, const char *bytes, size_t len)
{
	if (is_shown())
		show(text, bytes, len, "\n\t", false);
	else
		text_add(text, bytes, len);
}

size_t text_show(struct text *text, const char *bytes, size_t len, bool more)
{
	return show(text, bytes, len, "\n\t", more);
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
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
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
		if (nr > 1 && is_control((const unsigned char *)bytes + i, nr))
			json_escape(text, bytes[i + 1]);
		else if (nr > 1)
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

// SPDX-License-Identifier: GPL-2.0
/* Numbers and strings as they are written. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "parse.h"

static const struct suffix {
	const char *text;
	uint64_t factor;
} suffixes[] = {
	{ "", 1 },
	{ "u", 1 }, { "ul", 1 }, { "ull", 1 }, { "l", 1 }, { "ll", 1 },
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	{ "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 },
};

static const struct suffix *find_suffix(const char *text)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (!strcasecmp(suffixes[i].text, text))
			return &suffixes[i];
	return NULL;
}

static int digit_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isxdigit((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return 99;
}

/* Digits of a base, '_' between them ignored; false if they overflow. */
static bool scan_digits(const char **text, unsigned int base, uint64_t *value)
{
	bool fits = true;

	for (*value = 0; ; (*text)++) {
		unsigned int digit = digit_value(**text);

		if (**text == '_')
			continue;
		if (digit >= base)
			return fits;
		if (__builtin_mul_overflow(*value, (uint64_t)base, value) ||
		    __builtin_add_overflow(*value, (uint64_t)digit, value))
			fits = false;
	}
}

static bool scan_exponent(const char **text, uint64_t *value)
{
	uint64_t exponent;

	if (tolower((unsigned char)**text) != 'e' ||
	    !isdigit((unsigned char)(*text)[1]))
		return true;
	(*text)++;
	if (!scan_digits(text, 10, &exponent))
		return false;
	for (; exponent && *value; exponent--)
		if (__builtin_mul_overflow(*value, (uint64_t)10, value))
			return false;
	return true;
}

static unsigned int scan_base(const char **text)
{
	if ((*text)[0] != '0' || !(*text)[1])
		return 10;
	if (tolower((unsigned char)(*text)[1]) == 'x' &&
	    isxdigit((unsigned char)(*text)[2])) {
		*text += 2;
		return 16;
	}
	return isdigit((unsigned char)(*text)[1]) ? 8 : 10;
}

int literal_int(struct arena *arena, const struct span *at, const char *text,
		uint64_t *value)
{
	const char *rest = text;
	unsigned int base = scan_base(&rest);
	bool fits = scan_digits(&rest, base, value);
	const struct suffix *suffix;

	if (base == 10)
		fits = scan_exponent(&rest, value) && fits;
	suffix = find_suffix(rest);
	if (!suffix) {
		const char *hint = base == 8 && isdigit((unsigned char)*rest) ?
			"a number that starts with 0 is octal" :
			"10, 0x1f, 017, 1e6, 1_000 and 10ms are numbers";

		diag_error(at, arena_strdup(arena, hint),
			   "'%s' is not a number", text);
		return -1;
	}
	if (!fits || __builtin_mul_overflow(*value, suffix->factor, value)) {
		diag_error(at, "integers have 64 bits", "%s is too large", text);
		return -1;
	}
	return 0;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* One character after a backslash; moves past it. */
static char scan_escape(const char **text)
{
	static const char from[] = "ntr\\\"abfv";
	static const char to[] = "\n\t\r\\\"\a\b\f\v";
	const char *found;
	char value = 0;
	int i;

	if (**text == 'x') {
		(*text)++;
		for (i = 0; i < 2 && isxdigit((unsigned char)**text); i++)
			value = value * 16 + digit_value(*(*text)++);
		return value;
	}
	if (is_octal(**text)) {
		for (i = 0; i < 3 && is_octal(**text); i++)
			value = value * 8 + digit_value(*(*text)++);
		return value;
	}
	found = strchr(from, *(*text)++);
	return found ? to[found - from] : (*text)[-1];
}

int literal_string(struct arena *arena, const struct span *at,
		   const char *text, unsigned int len, struct string *string)
{
	const char *end = text + len;
	char *out = arena_alloc(arena, len + 1);
	char *to = out;

	while (text < end) {
		if (*text != '\\') {
			*to++ = *text++;
			continue;
		}
		text++;
		*to++ = scan_escape(&text);
	}
	string->text = out;
	string->len = strlen(out);
	if (string->len >= KPS_MAX_STR) {
		diag_error(at, NULL, "a string has at most %u bytes, this one %u",
			   KPS_MAX_STR - 1, string->len);
		return -1;
	}
	return 0;
}

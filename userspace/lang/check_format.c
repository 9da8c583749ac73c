// SPDX-License-Identifier: GPL-2.0
/* printf(), cat() and system(): the format against what it prints. */
#include <string.h>

#include "check_parts.h"

/* One conversion of a format. */
struct conversion {
	char letter;		/* 0: none is left */
	const char *text;	/* "%-10s" */
	int len;
};

/* The next conversion; @format is moved behind it.  "%%" is none. */
static struct conversion next_conversion(const char **format)
{
	struct conversion found = { 0 };
	const char *at = *format;

	while ((at = strchr(at, '%')) && at[1] == '%')
		at += 2;
	if (!at) {
		*format += strlen(*format);
		return found;
	}
	found.text = at++;
	at += strspn(at, "-+ #0");
	at += strspn(at, "0123456789");
	if (*at == '.')
		at += 1 + strspn(at + 1, "0123456789");
	at += strspn(at, "hlqjzt");
	found.letter = *at ? *at : '%';
	found.len = at + !!*at - found.text;
	*format = at + !!*at;
	return found;
}

static int refuse_value(const struct expr *call, const struct expr *value,
			const struct conversion *conversion, const char *wanted)
{
	diag_error(&value->at, NULL, "%s(): %.*s prints %s, not %s", call->text,
		   conversion->len, conversion->text, wanted,
		   type_name(&value->type));
	return -1;
}

static int check_conversion(const struct expr *call, const struct expr *value,
			    const struct conversion *conversion)
{
	switch (conversion->letter) {
	case 's':
		if (!type_is_text(&value->type))
			return refuse_value(call, value, conversion, "text");
		return 0;
	case 'r':
		if (value->type.kind != TYPE_BUF)
			return refuse_value(call, value, conversion, "buf()");
		return 0;
	case 'd': case 'i': case 'u': case 'x': case 'X': case 'o': case 'c':
	case 'p':
		if (!type_is_int(&value->type))
			return refuse_value(call, value, conversion,
					    "an integer");
		return 0;
	default:
		diag_error(&call->list->at, "write %% for a percent sign",
			   "%s() has no conversion '%.*s'", call->text,
			   conversion->len, conversion->text);
		return -1;
	}
}

static int refuse_number(const struct expr *call, unsigned int wanted)
{
	unsigned int given = expr_list_len(call->list) - 1;

	diag_error(&call->at, NULL,
		   "%s(): the format prints %u value%s, and there %s %u",
		   call->text, wanted, wanted == 1 ? "" : "s",
		   given == 1 ? "is" : "are", given);
	return -1;
}

static unsigned int count_conversions(const char *format)
{
	unsigned int nr = 0;

	while (next_conversion(&format).letter)
		nr++;
	return nr;
}

/**
 * check_format() - do the values of a call fit its format?
 * @checker: of the clause
 * @call: whose arguments have been checked; a value that an integer's
 *	conversion prints becomes a plain integer
 *
 * Return: 0, or -1 after an error was reported.
 */
int check_format(struct checker *checker, struct expr *call)
{
	const char *format = call->list->text;
	struct expr *value = call->list->next;
	unsigned int size = 0;

	if (count_conversions(format) != expr_list_len(value))
		return refuse_number(call, count_conversions(format));
	for (; value; value = value->next) {
		struct conversion conversion = next_conversion(&format);

		if (value->type.kind == TYPE_NONE)
			continue;
		if (require_value(value, "printed") ||
		    check_conversion(call, value, &conversion))
			return -1;
		if (conversion.letter != 's' && type_is_int(&value->type)) {
			value->type.kind = TYPE_INT;
			value->type.to = NULL;
		}
		size += type_size(&value->type);
	}
	(void)checker;
	if (size <= KPS_SCRATCH_SIZE)
		return 0;
	diag_error(&call->at, "print fewer or shorter strings: str(x, n)",
		   "%s() prints %u bytes, more than %u", call->text, size,
		   KPS_SCRATCH_SIZE);
	return -1;
}

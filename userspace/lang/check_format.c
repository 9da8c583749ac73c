// SPDX-License-Identifier: GPL-2.0
/* printf(), cat() and system(): the format against what it prints. */
#include <string.h>

#include "check_parts.h"
#include "object/format.h"

static int refuse_value(const struct expr *call, const struct expr *value,
			const struct format_piece *piece, const char *wanted)
{
	diag_error(&value->at, NULL, "%s(): %.*s prints %s, not %s", call->text,
		   (int)piece->text_len, piece->text, wanted,
		   type_name(&value->type));
	return -1;
}

static int check_conversion(const struct expr *call, const struct expr *value,
			    const struct format_piece *piece)
{
	switch (piece->conversion) {
	case 's':
		if (piece->variant && !(value->type.kind == TYPE_ENUM && value->type.names->is_bits))
			return refuse_value(call, value, piece,
					    "flags that have names, as args.gfp_flags of kmem:kmalloc");
		return 0;
	case 'r':
		if (value->type.kind != TYPE_BUF)
			return refuse_value(call, value, piece, "buf()");
		return 0;
	case 0:
		diag_error(&call->list->at, "write %% for a percent sign",
			   "%s() has no conversion '%.*s'", call->text,
			   (int)piece->text_len, piece->text);
		return -1;
	default:
		if (!type_is_int(&value->type))
			return refuse_value(call, value, piece, "an integer");
		return 0;
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

static int check_values(struct checker *checker, struct expr *call, const struct format *format)
{
	const struct format_piece *piece = format->pieces;
	struct expr *value = call->list->next;
	unsigned int size = 0;

	if (format_conversions(format) != expr_list_len(value))
		return refuse_number(call, format_conversions(format));
	for (; value; value = value->next, piece++) {
		while (!piece->text)
			piece++;
		if (value->type.kind == TYPE_NONE)
			continue;
		if (require_copied(checker, value, "printed") ||
		    check_conversion(call, value, piece))
			return -1;
		if (piece->conversion != 's' && type_is_int(&value->type)) {
			value->type.kind = TYPE_INT;
			value->type.to = NULL;
		}
		size += type_size(&value->type);
	}
	if (size <= KPS_SCRATCH_SIZE)
		return 0;
	diag_error(&call->at, "print fewer or shorter strings: str(x, n)",
		   "%s() prints %u bytes, more than %u", call->text, size,
		   KPS_SCRATCH_SIZE);
	return -1;
}

/**
 * check_format() - do the values of a call fit its format?
 * @call: whose arguments have been checked; a value that an integer's
 *	conversion prints becomes a plain integer
 *
 * Return: 0, or -1 after an error was reported.
 */
int check_format(struct checker *checker, struct expr *call)
{
	struct format *format = format_parse(call->list->text);
	int err = check_values(checker, call, format);

	format_free(format);
	return err;
}

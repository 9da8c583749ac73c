// SPDX-License-Identifier: GPL-2.0
/*
 * The format files of tracefs:
 *
 *	field:unsigned char saddr[4];	offset:20;	size:4;	signed:0;
 *	print fmt: "state=%s", __print_symbolic(REC->state, { 1, "OPEN" }, ...)
 *
 * The print format is C that was never meant for us.  Of it only the tables of
 * names are read, and one that is not plain is passed over.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "enumerators.h"
#include "tracefs.h"

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* The name in "const char * name", "u8 addr[16]", "__data_loc char[] name". */
static char *declared_name(const char *declaration)
{
	const char *end = declaration + strlen(declaration);
	const char *start;

	if (end > declaration && end[-1] == ']')
		while (end > declaration && *end != '[')
			end--;
	while (end > declaration && end[-1] == ' ')
		end--;
	start = end;
	while (start > declaration && is_name_char(start[-1]))
		start--;
	return xstrndup(start, end - start);
}

static bool is_char_array(const char *declaration)
{
	return starts_with(declaration, "char ") ||
	       starts_with(declaration, "const char ");
}

/* Bytes are read as text, too, as far as the first that is 0. */
static bool is_data_loc_string(const char *declaration)
{
	static const char * const types[] = {
		"char[]", "const char[]", "u8[]", "__u8[]", "uint8_t[]",
		"unsigned char[]",
	};
	const char *type = declaration + strlen("__data_loc ");
	size_t i;

	if (!starts_with(declaration, "__data_loc "))
		return false;
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (starts_with(type, types[i]))
			return true;
	return false;
}

static bool is_byte_array(const char *declaration)
{
	return starts_with(declaration, "__u8 ") ||
	       starts_with(declaration, "u8 ") ||
	       starts_with(declaration, "uint8_t ") ||
	       starts_with(declaration, "unsigned char ");
}

static bool is_scalar_size(unsigned int size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static enum field_class classify(const struct event_field *field)
{
	const char *declaration = field->declared;
	bool array = declaration[strlen(declaration) - 1] == ']';

	if (is_data_loc_string(declaration))
		return FIELD_DATA_LOC;
	if (starts_with(declaration, "__data_loc "))
		return FIELD_LOC;
	if (starts_with(declaration, "__rel_loc "))
		return FIELD_REL_LOC;
	if (array && is_char_array(declaration))
		return FIELD_STRING;
	if (array && is_byte_array(declaration))
		return FIELD_BYTES;
	if (array || !is_scalar_size(field->size))
		return FIELD_OPAQUE;
	return FIELD_PLAIN;
}

/* "field:DECLARATION;\toffset:N;\tsize:N;\tsigned:N;" */
static bool parse_field(const char *line, struct event_field *field)
{
	const char *declaration = strstr(line, "field:");
	const char *end;
	int is_signed = 0;

	if (!declaration)
		return false;
	declaration += strlen("field:");
	end = strchr(declaration, ';');
	if (!end || end == declaration)
		return false;
	if (sscanf(end, "; offset:%u; size:%u; signed:%d", &field->offset,
		   &field->size, &is_signed) < 2)
		return false;
	field->declared = xstrndup(declaration, end - declaration);
	field->name = declared_name(field->declared);
	field->is_signed = is_signed;
	field->type = KPS_T_INT;
	field->class = classify(field);
	return true;
}

static void add_field(struct event_fields *fields,
		      const struct event_field *field)
{
	struct event_field *added = APPEND(fields->fields, fields->nr);

	*added = *field;
}

static const char *skip_blanks(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static const char *expect(const char *text, char c)
{
	text = skip_blanks(text);
	return *text == c ? text + 1 : NULL;
}

/* " << 3", or nothing of the kind. */
static const char *parse_shift(const char *text, int64_t *value)
{
	const char *after = skip_blanks(text);
	unsigned long by;
	char *end;

	if (strncmp(after, "<<", 2))
		return text;
	by = strtoul(after + 2, &end, 10);
	if (end == after + 2 || by > 63)
		return NULL;
	*value = (int64_t)((uint64_t)*value << by);
	return end;
}

/* A number, "1UL << 3", or a name of one; NULL if it is anything else. */
static const char *parse_number(const char *text, int64_t *value)
{
	size_t len = 0;
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 0);
	if (errno == ERANGE)
		*value = (int64_t)strtoull(text, &end, 0);
	if (end != text)
		return parse_shift(end + strspn(end, "UuLl"), value);
	while (is_name_char(text[len]))
		len++;
	return enumerator_find(text, len, value) ? text + len : NULL;
}

/* The same, in brackets or not. */
static const char *parse_value(const char *text, int64_t *value)
{
	unsigned int brackets = 0;

	for (text = skip_blanks(text); *text == '('; text = skip_blanks(text + 1))
		brackets++;
	for (text = parse_number(text, value); text && brackets; brackets--)
		text = expect(text, ')');
	return text;
}

/* One { value, "NAME" }; NULL if it is anything else. */
static const char *parse_name(const char *text, struct enum_name *name)
{
	const char *start;

	text = expect(text, '{');
	text = text ? parse_value(text, &name->value) : NULL;
	text = text ? expect(text, ',') : NULL;
	start = text ? expect(text, '"') : NULL;
	text = start ? strchr(start, '"') : NULL;
	if (!text)
		return NULL;
	name->name = xstrndup(start, text - start);
	text = expect(text + 1, '}');
	if (!text)
		free(name->name);
	return text;
}

/* ", { 1, "A" }, { 2, "B" })"; leaves the table empty if it cannot be read. */
static void parse_table(const char *text, struct enum_table *table)
{
	struct enum_name name;

	while (text && *skip_blanks(text) == ',') {
		text = parse_name(expect(text, ','), &name);
		if (text)
			enum_table_add(table, name.value, name.name);
	}
	if (!text || !expect(text, ')'))
		enum_table_clear(table);
}

static struct event_field *find_field(struct event_fields *fields,
				      const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < fields->nr; i++)
		if (strlen(fields->fields[i].name) == len &&
		    !strncmp(fields->fields[i].name, name, len))
			return &fields->fields[i];
	return NULL;
}

/* ", \"|\"" in front of a table of bits. */
static const char *skip_delimiter(const char *text)
{
	text = expect(text, ',');
	text = text ? expect(text, '"') : NULL;
	text = text ? strchr(text, '"') : NULL;
	return text ? text + 1 : NULL;
}

/* "REC->state, { ..." where the field is printed as it is. */
static void parse_names(struct event_fields *fields, const char *text,
			bool is_bits)
{
	struct event_field *field;
	const char *end;

	text = skip_blanks(text);
	if (!starts_with(text, "REC->"))
		return;
	text += strlen("REC->");
	for (end = text; is_name_char(*end); end++)
		;
	field = find_field(fields, text, end - text);
	if (!field || field->class != FIELD_PLAIN || field->names.nr)
		return;
	parse_table(is_bits ? skip_delimiter(end) : end, &field->names);
	field->names.is_bits = is_bits;
	if (field->names.nr)
		field->type = KPS_T_ENUM;
}

static void parse_calls(struct event_fields *fields, const char *text,
			const char *call, bool is_bits)
{
	for (text = strstr(text, call); text; text = strstr(text, call)) {
		text += strlen(call);
		parse_names(fields, text, is_bits);
	}
}

static void parse_print_format(struct event_fields *fields, const char *text)
{
	parse_calls(fields, text, "__print_symbolic(", false);
	parse_calls(fields, text, "__print_flags(", true);
}

int tracefs_parse_format(const char *text, struct event_fields *out)
{
	const char *line = text;

	*out = (struct event_fields){ 0 };
	while (line && *line) {
		const char *newline = strchr(line, '\n');
		struct event_field field = { 0 };
		char *copy;

		if (starts_with(line, "print fmt:")) {
			parse_print_format(out, line);
			break;
		}
		copy = xstrndup(line, newline ? (size_t)(newline - line) :
						strlen(line));
		if (parse_field(copy, &field))
			add_field(out, &field);
		free(copy);
		line = newline ? newline + 1 : NULL;
	}
	return out->nr ? 0 : -EINVAL;
}

// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "base/text.h"
#include "object/shape.h"
#include "shape.h"
#include "types.h"

/* Deeper than any struct that has its bytes in scratch. */
#define MAX_NESTING 32

/*
 * Bytes
 */

static void write_bytes(struct text *out, struct ctypes *ctypes,
			const struct ctype *type, unsigned int depth);

/* The kernel's; one that the text declares is a number, as bpftrace has it. */
static bool is_bool(const struct ctype *type)
{
	return type->kernel && type->name &&
	       (!strcmp(type->name, "bool") || !strcmp(type->name, "_Bool"));
}

/* Those of members without a name are members of what they are in. */
static bool write_members(struct text *out, struct ctypes *ctypes,
			  const struct ctype *type, uint64_t base, bool first,
			  unsigned int depth)
{
	uint32_t i;

	for (i = 0; i < type->nr; i++) {
		const struct cmember member = ctype_nth_member(ctypes, type, i);
		uint64_t bit = base + member.bit_offset;

		if (!member.name && ctype_is_record(member.type) && depth < MAX_NESTING)
			first = write_members(out, ctypes, member.type, bit, first,
					      depth + 1);
		if (!member.name)
			continue;
		text_printf(out, "%s%s@%llu", first ? "" : ",", member.name,
			    (unsigned long long)bit);
		if (member.bit_size)
			text_printf(out, ":%u", member.bit_size);
		write_bytes(out, ctypes, member.type, depth + 1);
		first = false;
	}
	return first;
}

static void write_array(struct text *out, struct ctypes *ctypes,
			const struct ctype *type, unsigned int depth)
{
	const struct ctype *element = ctype_complete(ctypes, type->of);

	if (element->is_char) {
		text_printf(out, "s%llu", (unsigned long long)type->size);
		return;
	}
	text_printf(out, "a%u*%llu", type->nr, (unsigned long long)element->size);
	write_bytes(out, ctypes, element, depth + 1);
}

static void write_bytes(struct text *out, struct ctypes *ctypes,
			const struct ctype *type, unsigned int depth)
{
	type = ctype_complete(ctypes, type);
	if (depth >= MAX_NESTING) {
		text_char(out, '?');
		return;
	}
	switch (type->kind) {
	case KTYPE_INT:
		if (is_bool(type))
			text_char(out, 'b');
		else
			text_printf(out, "%c%llu", type->is_signed ? 'i' : 'u',
				    (unsigned long long)type->size);
		return;
	case KTYPE_ENUM:
		text_printf(out, "%c%llu", type->is_signed ? 'i' : 'u',
			    (unsigned long long)type->size);
		return;
	case KTYPE_POINTER:
		text_char(out, 'p');
		return;
	case KTYPE_ARRAY:
		write_array(out, ctypes, type, depth);
		return;
	case KTYPE_STRUCT:
	case KTYPE_UNION:
		text_char(out, '{');
		write_members(out, ctypes, type, 0, true, depth);
		text_char(out, '}');
		return;
	default:
		text_char(out, '?');
	}
}

/*
 * Values
 */

static void write_list(struct text *out, struct ctypes *ctypes, const struct type *types,
		       const char * const *names, unsigned int nr);

static void write_format(struct text *out, const char *format)
{
	text_char(out, '\'');
	for (; *format; format++) {
		if (*format == '\'')
			text_char(out, '\'');
		text_char(out, *format);
	}
	text_char(out, '\'');
}

static void write_value(struct text *out, struct ctypes *ctypes, const struct type *type)
{
	if (type->is_copy) {
		text_char(out, '<');
		write_bytes(out, ctypes, type->to, 0);
		text_char(out, '>');
	} else if (type->kind == TYPE_TUPLE) {
		text_char(out, type->names_of ? '{' : '(');
		write_list(out, ctypes, type->members, type->names_of, type->nr_members);
		text_char(out, type->names_of ? '}' : ')');
	} else if (type->kind == TYPE_TIME) {
		write_format(out, type->format);
	} else {
		text_char(out, '.');
	}
}

static void write_list(struct text *out, struct ctypes *ctypes, const struct type *types,
		       const char * const *names, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (i)
			text_char(out, ',');
		if (names)
			text_printf(out, "%s=", names[i]);
		write_value(out, ctypes, &types[i]);
	}
}

/* More than a field, or a tuple of such. */
static bool needs_shape(const struct type *type)
{
	unsigned int i;

	if (type->is_copy || type->names_of || type->kind == TYPE_TIME)
		return true;
	for (i = 0; i < type->nr_members; i++)
		if (needs_shape(&type->members[i]))
			return true;
	return false;
}

const char *shape_of(struct ctypes *ctypes, const struct type *types, unsigned int nr)
{
	struct text text = { 0 };
	const char *shape;
	unsigned int i;

	for (i = 0; i < nr && !needs_shape(&types[i]); i++)
		;
	if (i == nr)
		return NULL;
	write_list(&text, ctypes, types, NULL, nr);
	shape = arena_strdup(ctypes->arena, text_string(&text));
	text_free(&text);
	return shape;
}

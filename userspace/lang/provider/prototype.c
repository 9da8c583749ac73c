// SPDX-License-Identifier: GPL-2.0
/* What a function is called with, by the names that its prototype has for it. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "ktypes/ktypes.h"
#include "prototype.h"

/* Deeper than any declaration. */
#define MAX_DEPTH 16

/* Typedefs lead somewhere. */
static struct ktype behind_typedefs(const struct ktypes *kt, ktype_id id)
{
	struct ktype type = ktypes_get(kt, id);

	while (type.kind == KTYPE_TYPEDEF)
		type = ktypes_get(kt, type.of);
	return type;
}

static const char *keyword(enum ktype_kind kind)
{
	switch (kind) {
	case KTYPE_STRUCT:
		return "struct ";
	case KTYPE_UNION:
		return "union ";
	case KTYPE_ENUM:
		return "enum ";
	default:
		return "";
	}
}

/* "struct file * file", as bpftrace spaces it. */
static char *declare(const struct ktypes *kt, ktype_id id, const char *name)
{
	struct ktype type = ktypes_get(kt, id);
	char stars[MAX_DEPTH + 1] = "";
	unsigned int depth;

	for (depth = 0; depth < MAX_DEPTH && type.kind == KTYPE_POINTER; depth++) {
		stars[depth] = '*';
		type = ktypes_get(kt, type.of);
	}
	if (type.kind == KTYPE_FUNCTION)
		return xasprintf("void (%s)() %s", stars, name);
	return xasprintf("%s%s %s%s%s", keyword(type.kind),
			 type.name ? type.name : "void", stars, *stars ? " " : "",
			 name);
}

static bool is_word(const struct ktype *type)
{
	return type->kind == KTYPE_POINTER ||
	       ((type->kind == KTYPE_INT || type->kind == KTYPE_ENUM) &&
		type->size <= sizeof(uint64_t));
}

/* How many of the registers for arguments one takes. */
static unsigned int words_of(const struct ktype *type)
{
	if (is_word(type))
		return 1;
	if (type->kind == KTYPE_OTHER || type->size > 2 * sizeof(uint64_t))
		return 0;
	return (type->size + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

/* @offset: of its word in struct kps_frame, or none there is. */
static void add_word(struct event_fields *fields, const struct ktypes *kt, ktype_id id,
		     const char *name, size_t offset)
{
	struct event_field *field = APPEND(fields->fields, fields->nr);
	struct ktype type = behind_typedefs(kt, id);

	*field = (struct event_field){
		.name = xstrdup(name),
		.offset = offset,
		.size = type.kind == KTYPE_POINTER ? sizeof(uint64_t) : type.size,
		.class = offset && is_word(&type) ? FIELD_WORD : FIELD_OPAQUE,
		.type = KPS_T_INT,
		.is_signed = type.is_signed,
		.declared = declare(kt, id, name),
		.kernel = kt,
		.ktype = id,
	};
}

static size_t argument_offset(unsigned int word, unsigned int words, unsigned int skipped)
{
	return word + words <= KPS_NR_ARGS - skipped ?
		offsetof(struct kps_frame, arg) + word * sizeof(uint64_t) : 0;
}

static void add_parameters(struct event_fields *fields, const struct ktypes *kt,
			   ktype_id function, unsigned int skipped)
{
	const uint32_t nr = ktypes_get(kt, function).nr;
	unsigned int word = 0;
	uint32_t i;

	*fields = (struct event_fields){ 0 };
	for (i = skipped; i < nr; i++) {
		struct kmember parameter = ktypes_member(kt, function, i);
		struct ktype of = behind_typedefs(kt, parameter.type);
		unsigned int words = words_of(&of);

		if (parameter.name)
			add_word(fields, kt, parameter.type, parameter.name,
				 argument_offset(word, words, skipped));
		word += words;
	}
}

int prototype_fields(const char *function, unsigned int skipped,
		     struct event_fields *fields)
{
	const struct ktypes *kt;
	ktype_id id = ktypes_prototype(function, &kt);

	if (!id)
		return -ENOENT;
	add_parameters(fields, kt, id, skipped);
	return 0;
}

int prototype_fields_in(int fd, unsigned long long address, struct event_fields *fields)
{
	const struct ktypes *kt;
	char which[20];

	snprintf(which, sizeof(which), "%llx", address);
	kt = ktypes_of_program(fd, "function", which);
	if (!kt)
		return -ENOENT;
	add_parameters(fields, kt,
		       ktypes_get(kt, ktypes_find(kt, KTYPE_PROTOTYPE, "function")).of, 0);
	return 0;
}

void prototype_add_return(const char *function, struct event_fields *fields)
{
	const struct ktypes *kt;
	ktype_id id = ktypes_prototype(function, &kt);
	ktype_id returned = id ? ktypes_get(kt, id).of : KTYPE_NONE;

	if (returned)
		add_word(fields, kt, returned, "retval", offsetof(struct kps_frame, retval));
}

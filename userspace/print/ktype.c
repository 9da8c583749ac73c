// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ktype.h"

/* No kernel has as many; a damaged index may. */
#define POINTERS_MAX	16
#define DEPTH_MAX	32
#define LINES_MAX	50000

#define COMMENT_COLUMN	56

static const char *keyword(enum ktype_kind kind)
{
	switch (kind) {
	case KTYPE_STRUCT:
		return "struct";
	case KTYPE_UNION:
		return "union";
	case KTYPE_ENUM:
		return "enum";
	default:
		return "";
	}
}

static bool has_body(enum ktype_kind kind)
{
	return *keyword(kind);
}

/* Pointers, arrays and functions around a name, from the inside to the outside. */
static ktype_id declarator(struct text *out, const struct ktypes *kt, ktype_id id,
			   const char *name)
{
	struct ktype type = ktypes_get(kt, id);
	bool pointer = false;
	struct text inner = { 0 };
	int depth;

	text_puts(out, name ? name : "");
	for (depth = 0; depth < POINTERS_MAX; depth++) {
		text_clear(&inner);
		text_add(&inner, out->data, out->len);
		if (type.kind == KTYPE_POINTER) {
			text_clear(out);
			text_char(out, '*');
			text_add(out, inner.data, inner.len);
		} else if (type.kind == KTYPE_ARRAY || type.kind == KTYPE_FUNCTION) {
			text_clear(out);
			text_puts(out, pointer ? "(" : "");
			text_add(out, inner.data, inner.len);
			text_puts(out, pointer ? ")" : "");
			if (type.kind == KTYPE_FUNCTION)
				text_puts(out, "()");
			else if (type.nr)
				text_printf(out, "[%u]", type.nr);
			else
				text_puts(out, "[]");
		} else {
			break;
		}
		pointer = type.kind == KTYPE_POINTER;
		id = type.of;
		type = ktypes_get(kt, id);
	}
	text_free(&inner);
	return id;
}

static void base_name(struct text *out, const struct ktype *type)
{
	if (has_body(type->kind))
		text_printf(out, "%s %s", keyword(type->kind),
			    type->name ? type->name : "{...}");
	else
		text_puts(out, type->name ? type->name : "void");
}

void ktype_declare(struct text *out, const struct ktypes *kt, ktype_id id,
		   const char *name)
{
	struct text around = { 0 };
	struct ktype base = ktypes_get(kt, declarator(&around, kt, id, name));

	base_name(out, &base);
	if (around.len)
		text_char(out, ' ');
	text_add(out, around.data, around.len);
	text_free(&around);
}

struct ktype_place ktype_place(const struct ktypes *kt,
			       const struct kmember *member, uint64_t base)
{
	uint64_t at = base + member->bit_offset;
	struct ktype_place place = { .size = ktypes_get(kt, member->type).size };

	/* That of the word which a bit field lies in. */
	if (member->bit_size && place.size)
		place.offset = at / (place.size * 8) * place.size;
	else
		place.offset = at / 8;
	place.bit = at - place.offset * 8;
	return place;
}

static int lines;

static void print_line(int depth, struct text *text, const struct kmember *member,
		       const struct ktype_place *place)
{
	int width = COMMENT_COLUMN - 8 * depth, i;

	for (i = 0; i < depth; i++)
		putchar('\t');
	if (member->bit_size)
		text_printf(text, ":%u", member->bit_size);
	text_char(text, ';');
	printf("%-*s /* %6llu", width > 0 ? width : 0, text_string(text),
	       place->offset);
	if (member->bit_size)
		printf(":%2llu %3llu */\n", place->bit, place->size);
	else
		printf(" %6llu */\n", place->size);
}

/*
 * What is declared where it is used: an array of them, too, but no pointer.  A
 * member without a name may be of a struct with one (-fms-extensions).
 */
static ktype_id body_of(const struct ktypes *kt, const struct kmember *member)
{
	ktype_id id = member->type;
	struct ktype type = ktypes_get(kt, id);

	while (type.kind == KTYPE_ARRAY) {
		id = type.of;
		type = ktypes_get(kt, id);
	}
	return (type.kind == KTYPE_STRUCT || type.kind == KTYPE_UNION) &&
	       (!type.name || !member->name) ? id : KTYPE_NONE;
}

static void print_head(const struct ktype *type)
{
	printf("%s %s%s{\n", keyword(type->kind), type->name ? type->name : "",
	       type->name ? " " : "");
}

static void print_members(const struct ktypes *kt, ktype_id id, uint64_t base,
			  int depth);

static void print_body(const struct ktypes *kt, ktype_id body,
		       const struct kmember *member, uint64_t base, int depth,
		       struct text *text)
{
	struct ktype type = ktypes_get(kt, body);
	int i;

	for (i = 0; i < depth; i++)
		putchar('\t');
	print_head(&type);
	print_members(kt, body, base + member->bit_offset, depth + 1);
	text_puts(text, "}");
	if (member->name) {
		text_char(text, ' ');
		declarator(text, kt, member->type, member->name);
	}
}

static void print_member(const struct ktypes *kt, const struct kmember *member,
			 uint64_t base, int depth)
{
	ktype_id body = body_of(kt, member);
	struct ktype_place place = ktype_place(kt, member, base);
	struct text text = { 0 }, around = { 0 };

	if (++lines > LINES_MAX)
		return;
	if (body && depth < DEPTH_MAX) {
		print_body(kt, body, member, base, depth, &around);
		text_add(&text, around.data, around.len);
	} else {
		ktype_declare(&text, kt, member->type, member->name);
	}
	print_line(depth, &text, member, &place);
	text_free(&text);
	text_free(&around);
}

static void print_members(const struct ktypes *kt, ktype_id id, uint64_t base,
			  int depth)
{
	struct ktype type = ktypes_get(kt, id);
	struct kmember member;
	uint32_t n;

	for (n = 0; n < type.nr && lines <= LINES_MAX; n++) {
		member = ktypes_member(kt, id, n);
		print_member(kt, &member, base, depth);
	}
}

static void print_enumerators(const struct ktypes *kt, ktype_id id)
{
	struct ktype type = ktypes_get(kt, id);
	const char *name;
	int64_t value;
	uint32_t n;

	for (n = 0; n < type.nr; n++) {
		name = ktypes_enumerator(kt, id, n, &value);
		if (type.is_signed)
			printf("\t%s = %" PRId64 ",\n", name, value);
		else
			printf("\t%s = %" PRIu64 ",\n", name, (uint64_t)value);
	}
}

/* Of what has a body: "struct sock {", its members, and its size. */
static void print_block(const struct ktypes *kt, ktype_id id)
{
	struct ktype type = ktypes_get(kt, id);

	print_head(&type);
	if (type.kind == KTYPE_ENUM)
		print_enumerators(kt, id);
	else
		print_members(kt, id, 0, 1);
	printf("\t/* size: %" PRIu64 ", %s: %u */\n}", type.size,
	       type.kind == KTYPE_ENUM ? "enumerators" : "members", type.nr);
}

void ktype_print(const struct ktypes *kt, ktype_id id)
{
	struct ktype type = ktypes_get(kt, id), of = ktypes_get(kt, type.of);
	struct text text = { 0 };

	lines = 0;
	if (has_body(type.kind)) {
		print_block(kt, id);
		puts(";");
	} else if (type.kind == KTYPE_TYPEDEF && has_body(of.kind) && !of.name) {
		printf("typedef ");
		print_block(kt, type.of);
		printf(" %s;\n", type.name);
	} else {
		if (type.kind == KTYPE_TYPEDEF)
			text_puts(&text, "typedef ");
		ktype_declare(&text, kt, type.kind == KTYPE_TYPEDEF ? type.of : id,
			      type.kind == KTYPE_TYPEDEF ? type.name : NULL);
		printf("%s; /* size: %" PRIu64 " */\n", text_string(&text),
		       type.size);
	}
	text_free(&text);
}

static struct json_object *json_members(const struct ktypes *kt, ktype_id id,
					uint64_t base, int depth);

/* Whether it is an integer with a sign, whatever its name. */
static bool is_signed(const struct ktypes *kt, ktype_id id)
{
	struct ktype type = ktypes_get(kt, id);

	while (type.kind == KTYPE_TYPEDEF)
		type = ktypes_get(kt, type.of);
	return type.is_signed;
}

static struct json_object *json_member(const struct ktypes *kt,
				       const struct kmember *member,
				       uint64_t base, int depth)
{
	struct json_object *object = json_object_new_object();
	struct ktype_place place = ktype_place(kt, member, base);
	ktype_id body = body_of(kt, member);
	struct text text = { 0 };

	ktype_declare(&text, kt, member->type, NULL);
	json_add_string(object, "name", member->name);
	json_add_string(object, "type", text_string(&text));
	json_add_uint(object, "offset", place.offset);
	json_add_uint(object, "size", place.size);
	json_add_bool(object, "signed", is_signed(kt, member->type));
	if (member->bit_size) {
		json_add_uint(object, "bit", place.bit);
		json_add_uint(object, "bits", member->bit_size);
	}
	if (body && depth < DEPTH_MAX)
		json_object_object_add(object, "members",
				       json_members(kt, body, base + member->bit_offset,
						    depth + 1));
	text_free(&text);
	return object;
}

static struct json_object *json_members(const struct ktypes *kt, ktype_id id,
					uint64_t base, int depth)
{
	struct json_object *array = json_object_new_array();
	struct ktype type = ktypes_get(kt, id);
	struct kmember member;
	uint32_t n;

	for (n = 0; n < type.nr && ++lines <= LINES_MAX; n++) {
		member = ktypes_member(kt, id, n);
		json_object_array_add(array, json_member(kt, &member, base, depth));
	}
	return array;
}

static struct json_object *json_enumerators(const struct ktypes *kt, ktype_id id)
{
	struct json_object *object = json_object_new_object();
	struct ktype type = ktypes_get(kt, id);
	const char *name;
	int64_t value;
	uint32_t n;

	for (n = 0; n < type.nr; n++) {
		name = ktypes_enumerator(kt, id, n, &value);
		json_add_int(object, name, value);
	}
	return object;
}

struct json_object *ktype_json(const struct ktypes *kt, ktype_id id)
{
	struct json_object *object = json_object_new_object();
	struct ktype type = ktypes_get(kt, id), body = type;
	struct text text = { 0 };

	lines = 0;
	json_add_string(object, "name", type.name);
	if (type.kind == KTYPE_TYPEDEF) {
		ktype_declare(&text, kt, type.of, NULL);
		json_add_string(object, "typedef", text_string(&text));
		id = type.of;
		body = ktypes_get(kt, id);
	}
	json_add_string(object, "kind", has_body(body.kind) ? keyword(body.kind) :
			"integer");
	json_add_uint(object, "size", type.size);
	if (body.kind == KTYPE_ENUM)
		json_object_object_add(object, "enumerators",
				       json_enumerators(kt, id));
	else if (has_body(body.kind))
		json_object_object_add(object, "members",
				       json_members(kt, id, 0, 0));
	else
		json_add_bool(object, "signed", body.is_signed);
	text_free(&text);
	return object;
}

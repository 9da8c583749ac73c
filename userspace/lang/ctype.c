// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/near.h"
#include "ctype.h"
#include "ktypes/int_name.h"

/* Deeper than any type that a person wrote, shallower than the stack. */
#define MAX_NESTING 32

static const struct ctype void_type = { .kind = KTYPE_VOID };
/* Of a size, but nothing that a program can read. */
static const struct ctype other_type = { .kind = KTYPE_OTHER };

#define INT(text, bytes, sign) \
	{ .kind = KTYPE_INT, .name = text, .size = bytes, .is_signed = sign }

/* Those that have one word for a name. */
static const struct ctype ints[] = {
	INT("int8", 1, true), INT("uint8", 1, false),
	INT("int16", 2, true), INT("uint16", 2, false),
	INT("int32", 4, true), INT("uint32", 4, false),
	INT("int64", 8, true), INT("uint64", 8, false),
	INT("int8_t", 1, true), INT("uint8_t", 1, false),
	INT("int16_t", 2, true), INT("uint16_t", 2, false),
	INT("int32_t", 4, true), INT("uint32_t", 4, false),
	INT("int64_t", 8, true), INT("uint64_t", 8, false),
	INT("s8", 1, true), INT("u8", 1, false),
	INT("s16", 2, true), INT("u16", 2, false),
	INT("s32", 4, true), INT("u32", 4, false),
	INT("s64", 8, true), INT("u64", 8, false),
	INT("__s8", 1, true), INT("__u8", 1, false),
	INT("__s16", 2, true), INT("__u16", 2, false),
	INT("__s32", 4, true), INT("__u32", 4, false),
	INT("__s64", 8, true), INT("__u64", 8, false),
	INT("__le16", 2, false), INT("__be16", 2, false),
	INT("__le32", 4, false), INT("__be32", 4, false),
	INT("__le64", 8, false), INT("__be64", 8, false),
	INT("size_t", 8, false), INT("ssize_t", 8, true),
	INT("bool", 1, false), INT("_Bool", 1, false),
};

/* Those of C, which have one to four, as canonical_int() names them. */
static const struct ctype c_ints[] = {
	{ .kind = KTYPE_INT, .name = "char", .size = 1, .is_signed = true,
	  .is_char = true },
	INT("signed char", 1, true), INT("unsigned char", 1, false),
	INT("short int", 2, true), INT("short unsigned int", 2, false),
	INT("int", 4, true), INT("unsigned int", 4, false),
	INT("long int", 8, true), INT("long unsigned int", 8, false),
	INT("long long int", 8, true), INT("long long unsigned int", 8, false),
};

static const struct {
	const char *word;
	enum ktype_kind kind;
} tags[] = {
	{ "struct", KTYPE_STRUCT },
	{ "union", KTYPE_UNION },
	{ "enum", KTYPE_ENUM },
};

bool ctype_is_record(const struct ctype *type)
{
	return type->kind == KTYPE_STRUCT || type->kind == KTYPE_UNION;
}

/*
 * The kernel's
 */

static const struct ctype *find_read(const struct ctypes *ctypes,
				     const struct ktypes *kt, ktype_id id)
{
	const struct ctype *type;

	for (type = ctypes->read; type; type = type->next)
		if (type->kernel == kt && type->id == id)
			return type;
	return NULL;
}

/* A chain of typedefs, pointers and arrays ends, or it is none of ours. */
static const struct ctype *from_kernel(struct ctypes *ctypes,
				       const struct ktypes *kt, ktype_id id,
				       unsigned int depth)
{
	const struct ctype *known = find_read(ctypes, kt, id);
	struct ktype found;
	struct ctype *type;

	if (known)
		return known;
	if (id == KTYPE_NONE)
		return &void_type;
	if (depth == MAX_NESTING)
		return &other_type;
	found = ktypes_get(kt, id);
	if (found.kind == KTYPE_TYPEDEF)
		return from_kernel(ctypes, kt, found.of, depth + 1);
	type = arena_alloc(ctypes->arena, sizeof(*type));
	*type = (struct ctype){
		.kind = found.kind, .name = found.name, .size = found.size,
		.is_signed = found.is_signed, .is_char = found.is_char,
		.nr = found.nr, .kernel = kt, .id = id, .next = ctypes->read,
	};
	ctypes->read = type;
	if (found.kind == KTYPE_POINTER || found.kind == KTYPE_ARRAY)
		type->of = from_kernel(ctypes, kt, found.of, depth + 1);
	return type;
}

const struct ctype *ctype_of_kernel(struct ctypes *ctypes, const struct ktypes *kt,
				    ktype_id id)
{
	return from_kernel(ctypes, kt, id, 0);
}

/* Complete if one of the kernel's sources has more of it than the name. */
static const struct ctype *find_kernels(struct ctypes *ctypes,
					enum ktype_kind kind, const char *name)
{
	const struct ctype *found = NULL;
	const struct ktypes *kt;
	const char *why;
	ktype_id id;

	for (kt = ktypes_open(&why); kt && (!found || !found->size);
	     kt = ktypes_next(kt)) {
		id = ktypes_find(kt, kind, name);
		if (id)
			found = from_kernel(ctypes, kt, id, 0);
	}
	return found;
}

/*
 * By name
 */

static const struct ctype *find_declared(const struct ctypes *ctypes,
					 enum ktype_kind kind, const char *name)
{
	const struct ctype *type;

	for (type = ctypes->declared; type; type = type->next)
		if (type->kind == kind && type->name && !strcmp(type->name, name))
			return type;
	return NULL;
}

static const struct ctype *find_in(const struct ctype *table, size_t nr,
				   const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

/* "unsigned long int" and all the other ways to say it; NULL if it is none. */
static const struct ctype *find_c_int(const char *words)
{
	char canonical[INT_NAME_MAX];

	return canonical_int(words, canonical) ?
		find_in(c_ints, ARRAY_SIZE(c_ints), canonical) : NULL;
}

static const struct ctype *find_tagged(struct ctypes *ctypes,
				       enum ktype_kind kind, const char *name)
{
	const struct ctype *found = find_declared(ctypes, kind, name);

	return found ? found : find_kernels(ctypes, kind, name);
}

/* KTYPE_TYPEDEF, and @name is @base, if there is no such word in front. */
static enum ktype_kind split_tag(const char *base, const char **name)
{
	size_t i, len = strcspn(base, " ");

	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		if (strncmp(base, tags[i].word, len) || tags[i].word[len])
			continue;
		*name = base + len + (base[len] == ' ');
		return tags[i].kind;
	}
	*name = base;
	return KTYPE_TYPEDEF;
}

static const struct ctype *find_alias(const struct ctypes *ctypes,
				      const char *name)
{
	const struct ctype_alias *alias = ctypes->aliases;

	while (alias && strcmp(alias->name, name))
		alias = alias->next;
	return alias ? alias->type : NULL;
}

static const struct ctype *find_base(struct ctypes *ctypes, const char *base)
{
	const struct ctype *found;
	const char *name;
	enum ktype_kind kind = split_tag(base, &name);

	if (kind != KTYPE_TYPEDEF)
		return find_tagged(ctypes, kind, name);
	found = find_alias(ctypes, base);
	if (found)
		return found;
	if (!strcmp(base, "void"))
		return &void_type;
	found = find_in(ints, ARRAY_SIZE(ints), base);
	if (!found)
		found = find_c_int(base);
	return found ? found : find_kernels(ctypes, KTYPE_TYPEDEF, base);
}

/* "struct sock **" without its stars; sets how many there were. */
static char *split_stars(struct ctypes *ctypes, const char *text,
			 unsigned int *stars)
{
	char *base = arena_strdup(ctypes->arena, text);
	size_t len = strlen(base);

	for (*stars = 0; len && strchr(" *", base[len - 1]); len--)
		*stars += base[len - 1] == '*';
	base[len] = '\0';
	return base;
}

static const struct ctype *add_stars(struct ctypes *ctypes,
				     const struct ctype *type,
				     unsigned int stars)
{
	for (; type && stars; stars--)
		type = ctype_pointer(ctypes, type);
	return type;
}

/* Of the kernel's only if they have its members. */
static const struct ctype *find_target(struct ctypes *ctypes, const char *base)
{
	struct ctype *type;
	const char *name;
	enum ktype_kind kind = split_tag(base, &name);

	if (kind != KTYPE_STRUCT && kind != KTYPE_UNION)
		return find_base(ctypes, base);
	type = arena_alloc(ctypes->arena, sizeof(*type));
	type->kind = kind;
	type->name = name;
	return type;
}

const struct ctype *ctype_target(struct ctypes *ctypes, const char *base)
{
	const struct ctype *type = find_target(ctypes, base);

	return type ? type : &other_type;
}

const struct ctype *ctype_complete(struct ctypes *ctypes,
				   const struct ctype *type)
{
	const struct ctype *found;

	if (type->size || !type->name || !ctype_is_record(type))
		return type;
	found = find_tagged(ctypes, type->kind, type->name);
	return found ? found : type;
}

const char *ctype_remedy(void)
{
	const char *why = NULL;

	return ktypes_open(&why) ? NULL : why;
}

static void refuse_unknown(struct ctypes *ctypes, const struct span *at,
			   const char *base)
{
	const char *why = NULL, *name, *offer;
	const struct ktypes *kt = ktypes_open(&why);
	enum ktype_kind kind = split_tag(base, &name);
	struct near near = { .word = name };
	uint32_t i;

	if (!kt) {
		diag_error(at, why, "the types of this kernel are not known, '%s' is one",
			   base);
		return;
	}
	for (i = 0; (offer = ktypes_name(kt, kind, i)); i++)
		near_offer(&near, offer);
	diag_error(at, near_hint(ctypes->arena, &near),
		   "this kernel's types have no '%s'", base);
}

/* "[2][4]": the first is the outermost. */
static const struct ctype *add_brackets(struct ctypes *ctypes,
					const struct ctype *type, const char *text)
{
	const char *next = strchr(text + 1, '[');

	if (next)
		type = add_brackets(ctypes, type, next);
	return ctype_array(ctypes, ctype_complete(ctypes, type),
			   strtoul(text + 1, NULL, 10));
}

const struct ctype *ctype_find(struct ctypes *ctypes, const struct span *at,
			       const char *text)
{
	const char *bracket = strchr(text, '[');
	unsigned int stars;
	const char *base = split_stars(ctypes, bracket ? arena_strndup(ctypes->arena, text,
								      bracket - text) :
						text, &stars);
	const struct ctype *type = find_base(ctypes, base);

	if (!type)
		refuse_unknown(ctypes, at, base);
	type = add_stars(ctypes, type, stars);
	return type && bracket ? add_brackets(ctypes, type, bracket) : type;
}

const struct ctype *ctype_pointer(struct ctypes *ctypes, const struct ctype *to)
{
	struct ctype *type = arena_alloc(ctypes->arena, sizeof(*type));

	type->kind = KTYPE_POINTER;
	type->size = POINTER_SIZE;
	type->of = to;
	return type;
}

const struct ctype *ctype_array(struct ctypes *ctypes, const struct ctype *of,
				uint32_t nr)
{
	struct ctype *type = arena_alloc(ctypes->arena, sizeof(*type));

	type->kind = KTYPE_ARRAY;
	type->size = of->size * nr;
	type->of = of;
	type->nr = nr;
	return type;
}

/* Of a struct one may know only the name. */
static bool same_base(const struct ctype *a, const struct ctype *b)
{
	if (a->size && b->size && a->size != b->size)
		return false;
	if (!ctype_is_record(a) && a->kind != KTYPE_ENUM)
		return a->is_signed == b->is_signed;
	return a->name && b->name && !strcmp(a->name, b->name);
}

bool ctype_same(const struct ctype *a, const struct ctype *b)
{
	unsigned int depth;

	for (depth = 0; depth < MAX_NESTING && a != b; depth++) {
		if (!a || !b || a->kind != b->kind)
			return false;
		if (!a->of || !b->of)
			return !a->of && !b->of && same_base(a, b);
		if (a->kind == KTYPE_ARRAY && a->nr != b->nr)
			return false;
		a = a->of;
		b = b->of;
	}
	return a == b;
}

/*
 * Members
 */

struct cmember ctype_nth_member(struct ctypes *ctypes, const struct ctype *type,
				uint32_t n)
{
	struct kmember found;

	if (!type->kernel)
		return type->members[n];
	found = ktypes_member(type->kernel, type->id, n);
	return (struct cmember){
		.name = found.name,
		.type = from_kernel(ctypes, type->kernel, found.type, 0),
		.bit_offset = found.bit_offset,
		.bit_size = found.bit_size,
	};
}

static bool find_member(struct ctypes *ctypes, const struct ctype *type,
			const char *name, struct cmember *member,
			unsigned int depth)
{
	uint64_t base;
	uint32_t i;

	if (!ctype_is_record(type) || depth == MAX_NESTING)
		return false;
	for (i = 0; i < type->nr; i++) {
		*member = ctype_nth_member(ctypes, type, i);
		if (member->name && !strcmp(member->name, name))
			return true;
		if (member->name)
			continue;
		base = member->bit_offset;
		if (!find_member(ctypes, member->type, name, member, depth + 1))
			continue;
		member->bit_offset += base;
		return true;
	}
	return false;
}

bool ctype_member(struct ctypes *ctypes, const struct ctype *type,
		  const char *name, struct cmember *member)
{
	return find_member(ctypes, type, name, member, 0);
}

/*
 * Enumerators
 */

const struct enum_table *ctype_names(struct ctypes *ctypes,
				     const struct ctype *type)
{
	struct enum_table *table;
	uint32_t i;

	if (type->names)
		return type->names;
	table = arena_alloc(ctypes->arena, sizeof(*table));
	table->nr = type->nr;
	table->names = arena_alloc(ctypes->arena,
				   type->nr * sizeof(*table->names));
	for (i = 0; i < type->nr; i++) {
		int64_t value = 0;

		table->names[i].name = (char *)
			ktypes_enumerator(type->kernel, type->id, i, &value);
		table->names[i].value = value;
	}
	/* Known by place: a type of the kernel's is read once. */
	((struct ctype *)type)->names = table;
	return table;
}

static bool find_enumerator(const struct enum_table *table, const char *name,
			    int64_t *value)
{
	size_t i;

	for (i = 0; i < table->nr; i++) {
		if (strcmp(table->names[i].name, name))
			continue;
		*value = table->names[i].value;
		return true;
	}
	return false;
}

bool ctype_constant(struct ctypes *ctypes, const char *name, int64_t *value,
		    const struct enum_table **names)
{
	const struct ctype *type;
	const struct ktypes *kt;
	const char *why;
	ktype_id id;

	for (type = ctypes->declared; type; type = type->next) {
		*names = type->names;
		if (type->names && find_enumerator(type->names, name, value))
			return true;
	}
	for (kt = ktypes_open(&why); kt; kt = ktypes_next(kt)) {
		id = ktypes_constant(kt, name, value);
		if (id == KTYPE_NONE)
			continue;
		*names = ctype_names(ctypes, from_kernel(ctypes, kt, id, 0));
		return true;
	}
	return false;
}

const char *ctype_text(struct ctypes *ctypes, const struct ctype *type)
{
	const char *stars = "";
	const char *word = "";
	size_t i;

	for (i = 0; i < MAX_NESTING && type->kind == KTYPE_POINTER; i++) {
		stars = arena_printf(ctypes->arena, "%s%s*", stars,
				     *stars ? "" : " ");
		type = type->of;
	}
	if (type->kind == KTYPE_VOID)
		return arena_printf(ctypes->arena, "void%s", stars);
	if (type->kind == KTYPE_ARRAY)
		return arena_printf(ctypes->arena, "%s[%u]",
				    ctype_text(ctypes, type->of), type->nr);
	if (type->kind == KTYPE_FUNCTION)
		return "a function";
	for (i = 0; i < ARRAY_SIZE(tags); i++)
		if (tags[i].kind == type->kind)
			word = tags[i].word;
	return arena_printf(ctypes->arena, "%s%s%s%s", word, *word ? " " : "",
			    type->name ? type->name : "(without a name)",
			    stars);
}

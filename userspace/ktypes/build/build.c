// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "../int_name.h"
#include "base/fnv.h"
#include "base/xalloc.h"
#include "build.h"

/* Types within types; and const of volatile of const. */
#define DEPTH_MAX 100

/* No file is as large; and types with keys less than 64 apart are looked through. */
#define KEY_MAX		(1ull << 32)
#define NEAR_SHIFT	6

/* Positions in the stream; 0 is void. */
typedef uint32_t position;

struct raw {
	struct build_type type;
	position of;		/* resolved */
	position instead;	/* whose place another takes, or itself */
	uint32_t first, nr;	/* members, enumerators */
	uint32_t name;		/* in the strings */
	ktype_id id;		/* 0: none yet */
	bool entered;
};

struct raw_member {
	position of;
	const char *name;
	uint64_t key, bit_offset;
	position type;
	unsigned int bit_size;
};

struct raw_enumerator {
	position of;
	const char *text;
	int64_t value;
	uint32_t name;
};

struct raw_macro {
	const char *name, *params, *text;
};

struct buffer {
	void *data;
	size_t used, room, size;	/* .size: of one */
};

struct build {
	struct buffer types, members, enumerators, macros, strings;
	struct buffer by_name;		/* positions */
	struct buffer near_key;		/* where to look, by key >> NEAR_SHIFT */
	struct buffer order;		/* positions, by ktype_id */
	struct buffer names[INDEX_NR_KINDS], constants;
	struct index_header header;
};

static void *buffer_add(struct buffer *buffer, size_t nr)
{
	void *added;

	if (buffer->used + nr > buffer->room) {
		buffer->room = (buffer->used + nr) * 2 + 4096;
		buffer->data = xrealloc(buffer->data, buffer->room, buffer->size);
	}
	added = (char *)buffer->data + buffer->used * buffer->size;
	buffer->used += nr;
	return added;
}

static void buffer_add_number(struct buffer *buffer, uint32_t number)
{
	*(uint32_t *)buffer_add(buffer, 1) = number;
}

static struct raw *raws(const struct build *build)
{
	return build->types.data;
}

static struct raw_member *raw_members(const struct build *build)
{
	return build->members.data;
}

static struct raw_enumerator *raw_enumerators(const struct build *build)
{
	return build->enumerators.data;
}

struct build *build_new(void)
{
	struct build *build = xcalloc(1, sizeof(*build));
	int i;

	build->types.size = sizeof(struct raw);
	build->members.size = sizeof(struct raw_member);
	build->enumerators.size = sizeof(struct raw_enumerator);
	build->macros.size = sizeof(struct raw_macro);
	build->strings.size = 1;
	build->near_key.size = sizeof(uint32_t);
	build->by_name.size = sizeof(position);
	build->order.size = sizeof(position);
	for (i = 0; i < INDEX_NR_KINDS; i++)
		build->names[i].size = sizeof(struct index_name);
	build->constants.size = sizeof(uint32_t);
	memset(buffer_add(&build->types, 1), 0, sizeof(struct raw));
	*(char *)buffer_add(&build->strings, 1) = '\0';
	return build;
}

uint32_t build_type(struct build *build, const struct build_type *type)
{
	struct raw *raw = buffer_add(&build->types, 1);
	char canonical[INT_NAME_MAX];

	*raw = (struct raw){ .type = *type };
	if (type->kind == KTYPE_INT && type->name &&
	    canonical_int(type->name, canonical) && strcmp(type->name, canonical))
		raw->type.name = xstrdup(canonical);
	raw->instead = raw - raws(build);
	if (type->kind != KTYPE_FUNCTION)
		return raw->instead;
	/* The first of its members is what it returns. */
	build_member(build, build->types.used - 1, NULL, type->of, 0, 0);
	return build->types.used - 1;
}

struct build_type *build_type_at(struct build *build, uint32_t type)
{
	return &raws(build)[type].type;
}

void build_member(struct build *build, uint32_t of, const char *name,
		  uint64_t type, uint64_t bit_offset, unsigned int bit_size)
{
	struct raw_member *member = buffer_add(&build->members, 1);

	*member = (struct raw_member){
		.of = of, .name = name, .key = type, .bit_offset = bit_offset,
		.bit_size = bit_size,
	};
	raws(build)[of].nr++;
}

void build_enumerator(struct build *build, uint32_t of, const char *name,
		      int64_t value)
{
	struct raw_enumerator *enumerator = buffer_add(&build->enumerators, 1);

	*enumerator = (struct raw_enumerator){
		.of = of, .text = name, .value = value,
	};
	raws(build)[of].nr++;
}

void build_macro(struct build *build, const char *name, const char *params,
		 const char *text)
{
	*(struct raw_macro *)buffer_add(&build->macros, 1) = (struct raw_macro){
		.name = name, .params = params, .text = text,
	};
}

/*
 * All members of a type side by side, and so all enumerators.  They mostly are: but
 * a type may be described amid the members of another.
 */
static void arrange(struct build *build, struct buffer *parts, bool of_enums)
{
	struct buffer arranged = { .size = parts->size };
	const char *part = parts->data;
	struct raw *raw;
	uint32_t first = 0;
	size_t i;

	for (i = 1; i < build->types.used; i++) {
		raw = &raws(build)[i];
		if ((raw->type.kind == KTYPE_ENUM) != of_enums)
			continue;
		raw->first = first;
		first += raw->nr;
		raw->nr = 0;
	}
	buffer_add(&arranged, parts->used);
	for (i = 0; i < parts->used; i++, part += parts->size) {
		/* The position comes first in either. */
		raw = &raws(build)[*(const position *)part];
		memcpy((char *)arranged.data + (raw->first + raw->nr++) * parts->size,
		       part, parts->size);
	}
	free(parts->data);
	*parts = arranged;
}

/* qsort() hands on no context. */
static const struct build *sorted;

static void sort(const struct build *build, struct buffer *buffer,
		 int (*compare)(const void *a, const void *b))
{
	sorted = build;
	if (buffer->used)
		qsort(buffer->data, buffer->used, buffer->size, compare);
}

/* Types came in the order of their keys, and these lie close together. */
static const char *list_near_keys(struct build *build)
{
	uint64_t key;
	position i;

	for (i = 1; i < build->types.used; i++) {
		key = raws(build)[i].type.key;
		if (key <= raws(build)[i - 1].type.key || key > KEY_MAX)
			return "has types in no order";
		while (build->near_key.used <= key >> NEAR_SHIFT)
			buffer_add_number(&build->near_key, i);
	}
	return NULL;
}

/* Return: 0, which is void, also for what is not there. */
static position find_key(const struct build *build, uint64_t key)
{
	const uint32_t *near_key = build->near_key.data;
	position i;

	if (key >> NEAR_SHIFT >= build->near_key.used)
		return 0;
	for (i = near_key[key >> NEAR_SHIFT]; i < build->types.used; i++)
		if (raws(build)[i].type.key >= key)
			return raws(build)[i].type.key == key ? i : 0;
	return 0;
}

static void resolve_keys(struct build *build)
{
	size_t i;

	for (i = 1; i < build->types.used; i++)
		raws(build)[i].of = find_key(build, raws(build)[i].type.of);
	for (i = 0; i < build->members.used; i++)
		raw_members(build)[i].type =
			find_key(build, raw_members(build)[i].key);
}

/* By kind and name; the first of a name is complete if any is. */
static int compare_names(const void *a, const void *b)
{
	const struct raw *raw_a = &raws(sorted)[*(const position *)a];
	const struct raw *raw_b = &raws(sorted)[*(const position *)b];
	int order;

	if (raw_a->type.kind != raw_b->type.kind)
		return raw_a->type.kind < raw_b->type.kind ? -1 : 1;
	order = strcmp(raw_a->type.name, raw_b->type.name);
	if (order)
		return order;
	if (!raw_a->type.size != !raw_b->type.size)
		return raw_a->type.size ? -1 : 1;
	return raw_a < raw_b ? -1 : raw_a > raw_b;
}

static bool same_name(const struct raw *a, const struct raw *b)
{
	return a->type.kind == b->type.kind && !strcmp(a->type.name, b->type.name);
}

/* Those that are declared only give way to the complete one of their name. */
static void sort_names(struct build *build)
{
	const position *by_name;
	struct raw *raw, *first;
	size_t i;

	for (i = 1; i < build->types.used; i++)
		if (raws(build)[i].type.name &&
		    index_row(raws(build)[i].type.kind) >= 0)
			buffer_add_number(&build->by_name, i);
	sort(build, &build->by_name, compare_names);
	by_name = build->by_name.data;
	for (first = NULL, i = 0; i < build->by_name.used; i++) {
		raw = &raws(build)[by_name[i]];
		if (!first || !same_name(raw, first))
			first = raw;
		else if (!raw->type.size)
			raw->instead = first - raws(build);
	}
}

/* What stands there in the end. */
static position look_through(const struct build *build, position at)
{
	int depth;

	for (depth = 0; raws(build)[at].type.kind == BUILD_QUALIFIER; depth++) {
		if (depth == DEPTH_MAX)
			return 0;
		at = raws(build)[at].of;
	}
	return raws(build)[at].instead;
}

static bool number(struct build *build, position at, int depth);

/* What a function is called with may contain it: whoever follows that knows. */
static void look_through_members(struct build *build, const struct raw *raw)
{
	struct raw_member *member = raw_members(build) + raw->first;
	const struct raw_member *end = member + raw->nr;

	for (; member < end; member++)
		member->type = look_through(build, member->type);
}

static bool number_members(struct build *build, const struct raw *raw, int depth)
{
	struct raw_member *member = raw_members(build) + raw->first;
	const struct raw_member *end = member + raw->nr;

	for (; member < end; member++) {
		member->type = look_through(build, member->type);
		if (!number(build, member->type, depth))
			return false;
	}
	return true;
}

/* Numbers what it contains, and then it. Return: false if it contains itself. */
static bool number(struct build *build, position at, int depth)
{
	struct raw *raw = &raws(build)[at];
	enum ktype_kind kind = raw->type.kind;
	bool good = true;

	if (!at || raw->id)
		return true;
	if (raw->entered || depth == DEPTH_MAX)
		return false;
	raw->entered = true;
	raw->of = look_through(build, raw->of);
	/* raws() stay where they are: all have come. */
	if (kind == KTYPE_STRUCT || kind == KTYPE_UNION)
		good = number_members(build, raw, depth + 1);
	else if (kind == KTYPE_FUNCTION)
		look_through_members(build, raw);
	else if (kind == KTYPE_ARRAY || kind == KTYPE_TYPEDEF ||
		 kind == KTYPE_PROTOTYPE)
		good = number(build, raw->of, depth + 1);
	buffer_add_number(&build->order, at);
	raw->id = build->order.used;
	return good;
}

static bool number_all(struct build *build)
{
	position at;

	for (at = 1; at < build->types.used; at++)
		if (raws(build)[at].type.kind != BUILD_QUALIFIER &&
		    raws(build)[at].instead == at && !number(build, at, 0))
			return false;
	return true;
}

static ktype_id id_of(const struct build *build, position at)
{
	return raws(build)[at].id;
}

static uint32_t add_string(struct build *build, const char *text)
{
	uint32_t at = build->strings.used;
	size_t size;

	if (!text || !*text)
		return 0;
	size = strlen(text) + 1;
	memcpy(buffer_add(&build->strings, size), text, size);
	return at;
}

static void add_name(struct buffer *names, uint32_t name, uint32_t at)
{
	*(struct index_name *)buffer_add(names, 1) = (struct index_name){
		.name = name, .at = at,
	};
}

static void list_names(struct build *build)
{
	const position *by_name = build->by_name.data;
	struct raw *raw, *first = NULL;
	size_t i;

	for (i = 0; i < build->by_name.used; i++) {
		raw = &raws(build)[by_name[i]];
		if (first && same_name(raw, first)) {
			raw->name = first->name;
			continue;
		}
		first = raw;
		raw->name = add_string(build, raw->type.name);
		add_name(&build->names[index_row(raw->type.kind)], raw->name, raw->id);
	}
}

static void list_constants(struct build *build)
{
	struct raw_enumerator *raw = raw_enumerators(build);
	uint64_t mask = index_slots(&build->header) - 1, slot;
	uint32_t *slots = buffer_add(&build->constants, mask + 1);
	uint32_t i;

	memset(slots, 0, (mask + 1) * sizeof(*slots));
	for (i = 0; i < build->enumerators.used; i++, raw++) {
		slot = fnv1a(FNV1A_START, raw->text ?: "") & mask;
		while (slots[slot])
			slot = (slot + 1) & mask;
		slots[slot] = i + 1;
		raw->name = add_string(build, raw->text);
	}
}

static uint64_t size_of(const struct build *build, const struct raw *raw)
{
	int depth;
	uint64_t nr = 1;

	for (depth = 0; depth < DEPTH_MAX; depth++) {
		if (raw->type.kind == KTYPE_ARRAY)
			nr *= raw->type.nr;
		else if (raw->type.kind != KTYPE_TYPEDEF)
			break;
		raw = &raws(build)[raw->of];
	}
	return nr * (raw->type.kind == KTYPE_POINTER ? 8 : raw->type.size);
}

static void write_buffer(const struct buffer *buffer, FILE *out)
{
	if (buffer->used)
		fwrite_unlocked(buffer->data, buffer->size, buffer->used, out);
}

static struct index_type type_of(const struct build *build, const struct raw *raw)
{
	enum ktype_kind kind = raw->type.kind;
	struct index_type type = {
		.size = size_of(build, raw),
		.name = raw->name,
		.of = id_of(build, raw->of),
		.nr = kind == KTYPE_ARRAY ? raw->type.nr : raw->nr,
		.kind = kind,
		.flags = raw->type.is_signed ? INDEX_SIGNED : 0,
	};

	if (kind == KTYPE_STRUCT || kind == KTYPE_UNION || kind == KTYPE_ENUM ||
	    kind == KTYPE_FUNCTION)
		type.of = raw->first;
	if (kind == KTYPE_INT && raw->type.name && !strcmp(raw->type.name, "char"))
		type.flags |= INDEX_CHAR;
	return type;
}

static void write_types(struct build *build, FILE *out)
{
	struct buffer types = { .size = sizeof(struct index_type) };
	struct index_type *type = buffer_add(&types, build->order.used + 1);
	const position *order = build->order.data;
	size_t i;

	*type++ = (struct index_type){ .kind = KTYPE_VOID };
	for (i = 0; i < build->order.used; i++)
		*type++ = type_of(build, &raws(build)[order[i]]);
	write_buffer(&types, out);
	free(types.data);
}

static void write_members(struct build *build, FILE *out)
{
	struct buffer members = { .size = sizeof(struct index_member) };
	struct index_member *member = buffer_add(&members, build->members.used);
	const struct raw_member *raw = raw_members(build);
	size_t i;

	for (i = 0; i < build->members.used; i++, raw++)
		*member++ = (struct index_member){
			.name = add_string(build, raw->name),
			.type = id_of(build, raw->type),
			.bit_offset = raw->bit_offset,
			.bit_size = raw->bit_size,
		};
	write_buffer(&members, out);
	free(members.data);
}

static void write_enumerators(struct build *build, FILE *out)
{
	struct buffer enumerators = { .size = sizeof(struct index_enumerator) };
	struct index_enumerator *enumerator =
		buffer_add(&enumerators, build->enumerators.used);
	const struct raw_enumerator *raw = raw_enumerators(build);
	size_t i;

	for (i = 0; i < build->enumerators.used; i++, raw++)
		*enumerator++ = (struct index_enumerator){
			.value = raw->value,
			.name = raw->name,
			.type = id_of(build, raw->of),
		};
	write_buffer(&enumerators, out);
	free(enumerators.data);
}

static void write_macros(struct build *build, FILE *out)
{
	struct buffer macros = { .size = sizeof(struct index_macro) };
	struct index_macro *macro = buffer_add(&macros, build->macros.used);
	const struct raw_macro *raw = build->macros.data;
	size_t i;

	for (i = 0; i < build->macros.used; i++, raw++)
		*macro++ = (struct index_macro){
			.name = add_string(build, raw->name),
			.params = add_string(build, raw->params),
			.text = add_string(build, raw->text),
		};
	write_buffer(&macros, out);
	free(macros.data);
}

static bool fits(const struct build *build)
{
	const struct raw_member *member = raw_members(build);
	const struct raw_member *end = member + build->members.used;

	for (; member < end; member++)
		if (member->bit_offset > UINT32_MAX)
			return false;
	return build->types.used < UINT32_MAX / 2 &&
	       build->members.used < UINT32_MAX / 2 &&
	       build->enumerators.used < UINT32_MAX / 2 &&
	       build->macros.used < UINT32_MAX / 2;
}

static void write_header(struct build *build, const char *key, FILE *out)
{
	struct index_header *header = &build->header;
	int row;

	memcpy(header->magic, INDEX_MAGIC, sizeof(header->magic));
	snprintf(header->key, sizeof(header->key), "%s", key);
	header->nr_types = build->order.used + 1;
	header->nr_members = build->members.used;
	header->nr_macros = build->macros.used;
	header->strings_size = build->strings.used;
	for (row = 0; row < INDEX_NR_KINDS; row++)
		header->nr_names[row] = build->names[row].used;
	if (!fseeko(out, 0, SEEK_SET))
		fwrite_unlocked(header, sizeof(*header), 1, out);
}

const char *build_write(struct build *build, const char *key, FILE *out)
{
	const char *why;
	int row;

	if (!fits(build))
		return "has more types than any kernel";
	if (build->types.used == 1)
		return "has no types";
	arrange(build, &build->members, false);
	arrange(build, &build->enumerators, true);
	why = list_near_keys(build);
	if (why)
		return why;
	resolve_keys(build);
	sort_names(build);
	if (!number_all(build))
		return "has a type that contains itself";
	list_names(build);
	build->header.nr_enumerators = build->enumerators.used;
	list_constants(build);
	/* Last of all the header, for only then is it complete. */
	fwrite_unlocked(&build->header, sizeof(build->header), 1, out);
	write_types(build, out);
	write_members(build, out);
	write_enumerators(build, out);
	for (row = 0; row < INDEX_NR_KINDS; row++)
		write_buffer(&build->names[row], out);
	write_macros(build, out);
	write_buffer(&build->constants, out);
	write_buffer(&build->strings, out);
	write_header(build, key, out);
	return fflush(out) || ferror(out) ? "cannot be indexed: no room" : NULL;
}

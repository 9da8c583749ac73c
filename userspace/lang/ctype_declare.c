// SPDX-License-Identifier: GPL-2.0
/*
 * Types that a program's text declares, laid out as the C compiler lays them out:
 * System V ABI, AMD64 supplement, 3.1.2 (AArch64's is the same for these).
 */
#include <string.h>

#include "ctype.h"

#define MAX_MEMBERS 4096
#define MAX_NESTING 32
/* No struct of the kernel's is as large; sums of these fit. */
#define MAX_SIZE (1ULL << 30)

/* A struct or union while its members come. */
struct layout {
	bool is_union;
	bool is_packed;		/* everything at the next byte */
	uint64_t bits;		/* so far; of a union: the largest */
	uint64_t align;		/* bytes */
};

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return to ? (n + to - 1) / to * to : n;
}

/* In bytes; what the kernel says with __aligned is not known here. */
static uint64_t alignment(struct ctypes *ctypes, const struct ctype *type,
			  unsigned int depth)
{
	uint64_t align = 1;
	uint32_t i;

	if (depth == MAX_NESTING)
		return 1;
	if (type->kind == KTYPE_ARRAY)
		return alignment(ctypes, type->of, depth + 1);
	if (!ctype_is_record(type))
		return type->size ? type->size : 1;
	for (i = 0; i < type->nr; i++) {
		struct cmember member = ctype_nth_member(ctypes, type, i);
		uint64_t own = alignment(ctypes, member.type, depth + 1);

		if (own > align)
			align = own;
	}
	return align;
}

static uint64_t place(struct layout *layout, uint64_t bits, uint64_t align_bits)
{
	uint64_t at = layout->is_union ? 0 : round_up(layout->bits, align_bits);

	if (at + bits > layout->bits)
		layout->bits = at + bits;
	return at;
}

/* A bit field may not cross a boundary of its type. */
static uint64_t place_bits(struct layout *layout, unsigned int bits,
			   uint64_t unit)
{
	uint64_t at = layout->is_union ? 0 : layout->bits;

	if (layout->is_packed && bits)
		unit = UINT64_MAX;
	if (!bits || at / unit != (at + bits - 1) / unit)
		at = round_up(at, unit);
	if (at + bits > layout->bits)
		layout->bits = at + bits;
	return at;
}

static const struct ctype *find_type(struct ctypes *ctypes,
				     const struct member_decl *decl,
				     unsigned int depth);

static int refuse_member(const struct member_decl *decl, const char *hint,
			 const char *what)
{
	diag_error(&decl->at, hint, "%s %s", decl->name ? decl->name : "a member",
		   what);
	return -1;
}

static int check_member(const struct member_decl *decl,
			const struct ctype *type)
{
	if (!type->size && type->kind != KTYPE_ARRAY)
		return refuse_member(decl, "make it a pointer, or declare its type",
				     "is of an incomplete type");
	if (type->size > MAX_SIZE)
		return refuse_member(decl, NULL, "is too large");
	if (decl->bits < 0)
		return 0;
	if (type->kind != KTYPE_INT && type->kind != KTYPE_ENUM)
		return refuse_member(decl, NULL, "is a bit field, but not an integer");
	if ((uint64_t)decl->bits > type->size * 8)
		return refuse_member(decl, NULL,
				     "has more bits than its type");
	return 0;
}

static int lay_out_member(struct ctypes *ctypes, struct layout *layout,
			  const struct member_decl *decl,
			  struct cmember *member, unsigned int depth)
{
	const struct ctype *type = find_type(ctypes, decl, depth);
	uint64_t align;

	if (!type || check_member(decl, type))
		return -1;
	align = layout->is_packed ? 1 : alignment(ctypes, type, 0);
	member->name = decl->name;
	member->type = type;
	if (decl->bits >= 0) {
		member->bit_size = decl->bits;
		member->bit_offset = place_bits(layout, decl->bits,
						type->size * 8);
	} else {
		member->bit_offset = place(layout, type->size * 8, align * 8);
	}
	/* Bits without a name only fill. */
	if (align > layout->align && (decl->name || decl->bits < 0))
		layout->align = align;
	return 0;
}

static int lay_out(struct ctypes *ctypes, struct ctype *type,
		   const struct ctype_decl *decl, unsigned int depth)
{
	struct layout layout = {
		.is_union = type->kind == KTYPE_UNION,
		.is_packed = decl->is_packed, .align = 1,
	};
	unsigned int nr = member_decl_list_len(decl->members);
	const struct member_decl *member;
	struct cmember *members;

	if (nr > MAX_MEMBERS || depth == MAX_NESTING) {
		diag_error(&decl->at, NULL, "this type is too large");
		return -1;
	}
	members = arena_alloc(ctypes->arena, nr * sizeof(*members));
	type->members = members;
	for (member = decl->members; member; member = member->next)
		if (lay_out_member(ctypes, &layout, member,
				   &members[type->nr++], depth))
			return -1;
	type->size = round_up(round_up(layout.bits, 8) / 8, layout.align);
	if (type->size <= MAX_SIZE)
		return 0;
	diag_error(&decl->at, NULL, "this type is too large");
	return -1;
}

static struct ctype *declare(struct ctypes *ctypes,
			     const struct ctype_decl *decl)
{
	struct ctype *type = arena_alloc(ctypes->arena, sizeof(*type));

	type->kind = !strcmp(decl->tag, "struct") ? KTYPE_STRUCT :
		     !strcmp(decl->tag, "union") ? KTYPE_UNION : KTYPE_ENUM;
	type->name = decl->name;
	type->next = ctypes->declared;
	ctypes->declared = type;
	return type;
}

/* The type of a member: pointers first, then arrays from the inside out. */
static const struct ctype *add_dimensions(struct ctypes *ctypes,
					  const struct ctype *type,
					  const struct dimension *dimension)
{
	if (!dimension)
		return type;
	type = add_dimensions(ctypes, type, dimension->next);
	if (!type || (dimension->nr && type->size > MAX_SIZE / dimension->nr) ||
	    dimension->nr > UINT32_MAX)
		return NULL;
	return ctype_array(ctypes, type, dimension->nr);
}

static const struct ctype *find_type(struct ctypes *ctypes,
				     const struct member_decl *decl,
				     unsigned int depth)
{
	const struct ctype *type;
	unsigned int i;

	if (decl->record) {
		struct ctype *record = declare(ctypes, decl->record);

		type = lay_out(ctypes, record, decl->record, depth + 1) ?
			NULL : record;
	} else {
		type = decl->stars ? ctype_target(ctypes, decl->base) :
				     ctype_find(ctypes, &decl->at, decl->base);
	}
	for (i = 0; type && i < decl->stars; i++)
		type = ctype_pointer(ctypes, type);
	if (!type || !decl->dimensions)
		return type;
	type = add_dimensions(ctypes, type, decl->dimensions);
	if (!type)
		refuse_member(decl, NULL, "is too large");
	return type;
}

/* gcc makes an enum unsigned unless one of its values is negative. */
static void declare_enum(struct ctypes *ctypes, const struct ctype_decl *decl)
{
	struct ctype *type = declare(ctypes, decl);
	unsigned int nr = enumerator_decl_list_len(decl->enumerators);
	struct enum_table *table = arena_alloc(ctypes->arena, sizeof(*table));
	const struct enumerator_decl *enumerator = decl->enumerators;

	table->names = arena_alloc(ctypes->arena, nr * sizeof(*table->names));
	for (; enumerator; enumerator = enumerator->next) {
		struct enum_name *name = &table->names[table->nr++];

		name->value = enumerator->value;
		name->name = (char *)enumerator->name;
		if (name->value < 0)
			type->is_signed = true;
	}
	type->size = 4;
	type->nr = nr;
	type->names = table;
}

/* A name for what it declares. */
static int declare_alias(struct ctypes *ctypes, const struct ctype_decl *decl)
{
	struct ctype_alias *alias = arena_alloc(ctypes->arena, sizeof(*alias));

	alias->name = decl->name;
	alias->type = find_type(ctypes, decl->members, 0);
	alias->next = ctypes->aliases;
	ctypes->aliases = alias;
	return alias->type ? 0 : -1;
}

static bool is_declared(const struct ctypes *ctypes,
			const struct ctype_decl *decl)
{
	const struct ctype *type;

	/* C's typedef struct foo { ... } foo; has two of one name. */
	for (type = ctypes->declared; type && decl->name; type = type->next) {
		if (!type->name || strcmp(type->name, decl->name))
			continue;
		diag_error(&decl->at, "leave one of them out",
			   "'%s' is declared twice", decl->name);
		return true;
	}
	return false;
}

int ctypes_declare(struct ctypes *ctypes, const struct ctype_decl *decls)
{
	int err = 0;

	for (; decls; decls = decls->next) {
		if (!strcmp(decls->tag, "typedef")) {
			if (declare_alias(ctypes, decls))
				err = -1;
			continue;
		}
		if (is_declared(ctypes, decls))
			err = -1;
		else if (decls->enumerators)
			declare_enum(ctypes, decls);
		else if (lay_out(ctypes, declare(ctypes, decls), decls, 0))
			err = -1;
	}
	return err;
}

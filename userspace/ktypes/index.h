/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The index on disk: what ktypes.h answers from, mapped as it is.  In the machine's
 * own byte order, for it never leaves the machine.
 *
 *	struct index_header
 *	struct index_type[nr_types]		by ktype_id; the first is void
 *	struct index_member[nr_members]
 *	struct index_enumerator[nr_enumerators]
 *	struct index_name[nr_names[]]		types by name, a table for each row
 *						of index_kinds
 *	struct index_macro[nr_macros]		by name
 *	uint32_t[index_slots()]			enumerators by the hash of their names
 *	char[strings_size]			the first and the last are NUL
 *
 * Names are strings in the order of those tables: to find one is to touch few pages.
 *
 * A reader believes the header, which it checks, and no more: whatever leads out of
 * a table is void, nothing or the empty string.  What contains other types has a
 * higher number than they, so that whoever follows typedefs, elements and members
 * comes to an end; only a pointer or a function may lead to a higher one.
 */
#ifndef KPCTL_KTYPES_INDEX_H
#define KPCTL_KTYPES_INDEX_H

#include "ktypes.h"

/* Goes up with each change of what follows. */
#define INDEX_MAGIC "kptypes7"
#define INDEX_KEY_MAX 1024

enum { INDEX_SIGNED = 1, INDEX_CHAR = 2 };

/* Kinds that are found by name. */
#define INDEX_NR_KINDS 6
static const enum ktype_kind index_kinds[INDEX_NR_KINDS] = {
	KTYPE_STRUCT, KTYPE_UNION, KTYPE_ENUM, KTYPE_TYPEDEF, KTYPE_INT,
	KTYPE_PROTOTYPE,
};

/* -1: those are not */
static inline int index_row(enum ktype_kind kind)
{
	int row;

	for (row = 0; row < INDEX_NR_KINDS; row++)
		if (index_kinds[row] == kind)
			return row;
	return -1;
}

struct index_header {
	char magic[8];
	/* What it was made of, as who opens it would say it. */
	char key[INDEX_KEY_MAX];
	uint32_t nr_types;
	uint32_t nr_members;
	uint32_t nr_enumerators;
	uint32_t nr_macros;
	uint32_t nr_names[INDEX_NR_KINDS];
	uint32_t strings_size;
	uint32_t pad;			/* numbers of 64 bits follow */
};

_Static_assert(sizeof(struct index_header) % sizeof(uint64_t) == 0,
	       "what follows the header is not aligned");

struct index_type {
	uint64_t size;
	uint32_t name;			/* in the strings; 0: none */
	uint32_t of;			/* or the first member, enumerator */
	uint32_t nr;			/* a function's members: what it returns, parameters */
	uint16_t kind;
	uint16_t flags;
};

struct index_member {
	uint32_t name;
	ktype_id type;
	uint32_t bit_offset;
	uint32_t bit_size;
};

struct index_enumerator {
	int64_t value;
	uint32_t name;
	ktype_id type;			/* its enum */
};

struct index_name {
	uint32_t name;
	ktype_id at;
};

/* All are in the strings. */
struct index_macro {
	uint32_t name;
	uint32_t params;		/* "(a, b)"; 0: it takes none */
	uint32_t text;
};

/*
 * Of the table of enumerators: a power of two, and half of it free.  A slot is an
 * enumerator plus 1, or 0: free.  One whose slot, fnv1a(name) by the table's size, is
 * taken stands in the next that is free; the first of a name comes first.
 */
static inline uint64_t index_slots(const struct index_header *header)
{
	uint64_t slots = 16;

	while (slots < 2ULL * header->nr_enumerators)
		slots *= 2;
	return slots;
}

/* All numbers are of 32 bits, so this cannot overflow. */
static inline uint64_t index_size(const struct index_header *header)
{
	uint64_t size = sizeof(*header) + header->strings_size +
			(uint64_t)header->nr_types * sizeof(struct index_type) +
			(uint64_t)header->nr_members * sizeof(struct index_member) +
			(uint64_t)header->nr_enumerators *
			sizeof(struct index_enumerator) +
			(uint64_t)header->nr_macros * sizeof(struct index_macro) +
			index_slots(header) * sizeof(uint32_t);
	int row;

	for (row = 0; row < INDEX_NR_KINDS; row++)
		size += (uint64_t)header->nr_names[row] * sizeof(struct index_name);
	return size;
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a stream of types to the index.  Whoever reads the types has a key for each,
 * which goes up from one to the next, and may name one before it comes.
 */
#ifndef KPCTL_KTYPES_BUILD_H
#define KPCTL_KTYPES_BUILD_H

#include <stdio.h>

#include "../index.h"

/* A kind that only the stream has: const and volatile, to be looked through. */
#define BUILD_QUALIFIER ((enum ktype_kind)100)

/* A key that no type has: void. */
#define BUILD_VOID 0

struct build_type {
	uint64_t key;
	enum ktype_kind kind;
	const char *name;	/* or NULL; must live on, as all names here */
	uint64_t size;		/* struct, union, enum, integer */
	bool is_signed;
	uint64_t of;		/* a key */
	uint32_t nr;		/* of an array */
};

struct build;

struct build *build_new(void);

/* Return: its number, above 0. */
uint32_t build_type(struct build *build, const struct build_type *type);

/* To change what is known only later; valid until the next type comes. */
struct build_type *build_type_at(struct build *build, uint32_t type);

/* @of: a struct's, union's, enum's or function's number; all of one in order */
void build_member(struct build *build, uint32_t of, const char *name,
		  uint64_t type, uint64_t bit_offset, unsigned int bit_size);
void build_enumerator(struct build *build, uint32_t of, const char *name,
		      int64_t value);

/* @params: "(a, b)", or NULL; all of them by name */
void build_macro(struct build *build, const char *name, const char *params,
		 const char *text);

/*
 * Write the index; @key goes into its header.  Return: NULL, or why these types are
 * not to be believed.
 */
const char *build_write(struct build *build, const char *key, FILE *out);

/*
 * The readers.  Both fill in @build.  Return: NULL, or what is wrong with the
 * file, to be read after "it".
 */
const char *read_object(struct build *build, const char *path,
			const char *release);
const char *read_btf(struct build *build, const char *path);

/*
 * Of a program: as the prototype "function" of the function at @address, in hex; as the
 * typedef "variable" of the variable of that name.
 */
const char *read_function(struct build *build, const char *path, const char *address);
const char *read_variable(struct build *build, const char *path, const char *name);

#endif

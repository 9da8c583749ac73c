/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The types of the running kernel: structs, unions, enums, integers, by name.
 * They come from the types object that DKMS built for this kernel, or else from
 * the kernel's own BTF, and are kept as an index on disk (index.h), which is
 * mapped, not parsed.  A type is a number in it.
 *
 * Nothing here knows the language.
 */
#ifndef KPCTL_KTYPES_H
#define KPCTL_KTYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t ktype_id;

#define KTYPE_NONE 0		/* no type, or void */

enum ktype_kind {
	KTYPE_VOID,
	KTYPE_INT,		/* also bool and char */
	KTYPE_POINTER,
	KTYPE_ARRAY,
	KTYPE_STRUCT,
	KTYPE_UNION,
	KTYPE_ENUM,
	KTYPE_TYPEDEF,
	KTYPE_FUNCTION,		/* only behind a pointer or a prototype */
	KTYPE_PROTOTYPE,	/* a function of the kernel's, by its name */
	KTYPE_OTHER,		/* float and the like: of a size, not readable */
};

/* const and volatile are not kept. */
struct ktype {
	enum ktype_kind kind;
	const char *name;	/* without "struct"; NULL: anonymous */
	uint64_t size;		/* bytes; 0: declared only */
	bool is_signed;		/* INT, ENUM */
	bool is_char;		/* INT: an array of them is a string */
	ktype_id of;		/* POINTER, ARRAY, TYPEDEF: of or to what;
				 * PROTOTYPE: its FUNCTION; FUNCTION: what it
				 * returns
				 */
	uint32_t nr;		/* ARRAY: elements; STRUCT, UNION: members;
				 * ENUM: enumerators; FUNCTION: parameters, of which
				 * the types object keeps none
				 */
};

struct kmember {
	const char *name;	/* NULL: its members are those of what contains it;
				 * its type may have a name
				 */
	ktype_id type;
	uint64_t bit_offset;	/* from the start of the struct, little endian */
	unsigned int bit_size;	/* 0: not a bit field */
};

struct ktypes;

/**
 * ktypes_open() - the types of the running kernel
 * @why: set on failure to a sentence that says what was looked for, and how to
 *	 get it; valid until the next call
 *
 * The first call reads the index, or builds it where there is none that is of
 * this kernel and can be trusted; all others return the same.  Whoever follows
 * typedefs, elements and members comes to an end; only pointers and functions may lead
 * in circles.
 *
 * Return: the types, or NULL.
 */
const struct ktypes *ktypes_open(const char **why);

/* Before the first of those: another kernel's types, of which the object is installed. */
void ktypes_of(const char *release);

/**
 * ktypes_next() - where to look for what @kt does not know
 * @kt: from ktypes_open(), or from here
 *
 * Behind the types object comes the kernel's own BTF, if it has that: it knows what
 * is private to the kernel's files. Numbers of types are of one of them only.
 *
 * Return: the types, or NULL.
 */
const struct ktypes *ktypes_next(const struct ktypes *kt);

/**
 * ktypes_find() - a type by its name
 * @kind: KTYPE_STRUCT, _UNION, _ENUM, _TYPEDEF or _PROTOTYPE; KTYPE_INT for "unsigned int"
 *	  and its like, as the compiler spells them
 *
 * A complete type is preferred to one that is only declared.
 *
 * Return: KTYPE_NONE if there is none of that name.
 */
ktype_id ktypes_find(const struct ktypes *kt, enum ktype_kind kind,
		     const char *name);

/**
 * ktypes_prepare() - make the index now
 * @release: of the kernel of that name, which need not be running; or NULL
 * @why: as of ktypes_open()
 */
bool ktypes_prepare(const char *release, const char **why);

/**
 * ktypes_where() - where the types come from, for people
 * @nr_structs: how many structs there are; 0 as long as there is no index, which
 *		this does not make
 *
 * Return: a path; NULL if there are none.
 */
const char *ktypes_where(unsigned int *nr_structs);

/* @id: of that kernel's, or KTYPE_NONE, which is void. */
struct ktype ktypes_get(const struct ktypes *kt, ktype_id id);

/*
 * @n: below .nr of that struct or union. Or of that function: a parameter's name, NULL if
 * it has none, and type; void without a name is "...".
 */
struct kmember ktypes_member(const struct ktypes *kt, ktype_id id, uint32_t n);

/* @n: below .nr of that enum. */
const char *ktypes_enumerator(const struct ktypes *kt, ktype_id id, uint32_t n,
			      int64_t *value);

/* An enumerator of any enum, by its name.  Return: its enum, or KTYPE_NONE. */
ktype_id ktypes_constant(const struct ktypes *kt, const char *name,
			 int64_t *value);

/* The same in all there is.  Return: whether there is one; then @value is set. */
bool ktypes_any_constant(const char *name, int64_t *value);

/* A macro of the headers, as it is defined there. */
struct kmacro {
	const char *name;
	const char *params;	/* "(a,b)"; NULL: it takes none */
	const char *text;
};

/* Only the types object has them.  Return: whether there is one of that name. */
bool ktypes_macro(const char *name, struct kmacro *macro);

/* The n-th by name.  Return: whether there is one. */
bool ktypes_nth_macro(uint32_t n, struct kmacro *macro);

/**
 * ktypes_tracepoint() - how many arguments one of the kernel's tracepoints has
 *
 * BTF has a typedef for each, of what a program's function is called with.
 *
 * Return: how many; -1: nobody here knows.
 */
int ktypes_tracepoint(const char *name);

/**
 * ktypes_prototype() - what a function of the kernel is called with
 * @kt: set to where it was found
 *
 * BTF tells of the functions of the kernel itself, nobody of those of its modules.
 *
 * Return: its KTYPE_FUNCTION; KTYPE_NONE: nobody here knows.
 */
ktype_id ktypes_prototype(const char *name, const struct ktypes **kt);

/**
 * ktypes_of_program() - what a part of a program is, by its debug information
 * @fd: the program, or a library, open
 * @part: "function": a prototype of this name tells of the function that begins at the
 *	  address @which, in hex; "variable": a typedef of this name is what the variable
 *	  @which is
 *
 * What was found is kept, and so is that there is nothing.
 *
 * Return: types of their own, which lead to those of no kernel; or NULL.
 */
const struct ktypes *ktypes_of_program(int fd, const char *part, const char *which);

/* The n-th name of a kind, in order, for suggestions; NULL after the last. */
const char *ktypes_name(const struct ktypes *kt, enum ktype_kind kind,
			uint32_t n);

#endif

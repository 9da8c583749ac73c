/* SPDX-License-Identifier: GPL-2.0 */
/*
 * C's types, as programs use them: those that the program's text declares, and
 * behind them those of the kernel.  A type is read from the kernel's when it is
 * first looked at, and typedefs are gone by then.
 */
#ifndef KPCTL_CTYPE_H
#define KPCTL_CTYPE_H

#include "ast.h"
#include "ktypes/ktypes.h"

struct ctype {
	enum ktype_kind kind;	/* never KTYPE_TYPEDEF */
	const char *name;	/* without "struct"; NULL: it has none */
	uint64_t size;		/* bytes; 0: only declared, or void */
	bool is_signed;		/* INT, ENUM */
	bool is_char;		/* INT: an array of them is a string */
	const struct ctype *of;	/* POINTER, ARRAY */
	uint32_t nr;		/* ARRAY: elements, 0: not said; STRUCT, UNION,
				 * ENUM: members
				 */
	/* Where the members are: in the kernel's types, or declared. */
	const struct ktypes *kernel;
	ktype_id id;
	struct ctype *next;	/* of the kernel's that were looked at */
	const struct cmember *members;
	const struct enum_table *names;	/* ENUM: made when first asked for */
};

struct cmember {
	const char *name;	/* NULL: an anonymous struct or union */
	const struct ctype *type;
	uint64_t bit_offset;	/* from the start of the struct */
	unsigned int bit_size;	/* 0: not a bit field */
};

struct ctype_alias {
	const char *name;
	const struct ctype *type;
	struct ctype_alias *next;
};

/* The types of one compilation; zero but for .arena at first. */
struct ctypes {
	struct arena *arena;
	struct ctype *declared;	/* by the program's text, last first */
	struct ctype_alias *aliases; /* typedefs of the text */
	struct ctype *read;	/* of the kernel's, those that were looked at */
};

/* Bytes of an address. */
#define POINTER_SIZE 8

/**
 * ctypes_declare() - lay out what a program's text declares
 * @decls: as the parser saw them
 *
 * Return: 0, or -1 after an error was reported.
 */
int ctypes_declare(struct ctypes *ctypes, const struct ctype_decl *decls);

/**
 * ctype_find() - the type that is written as "struct sock **" or "unsigned int"
 * @at: where it is written, for an error
 *
 * Return: the type, or NULL after an error was reported.
 */
const struct ctype *ctype_find(struct ctypes *ctypes, const struct span *at,
			       const char *text);

/*
 * The same of what is only pointed to, "struct sock": it may be unknown until
 * somebody looks into it.
 */
const struct ctype *ctype_target(struct ctypes *ctypes, const char *base);

/* What is known of a struct by now, of which a type may only have the name. */
const struct ctype *ctype_complete(struct ctypes *ctypes,
				   const struct ctype *type);

/* One of the kernel's. */
const struct ctype *ctype_of_kernel(struct ctypes *ctypes, const struct ktypes *kt,
				    ktype_id id);
const struct ctype *ctype_pointer(struct ctypes *ctypes,
				  const struct ctype *to);
const struct ctype *ctype_array(struct ctypes *ctypes, const struct ctype *of,
				uint32_t nr);

/**
 * ctype_member() - a member of a struct or union by its name
 * @member: filled; its offset is that in @type, however deep in anonymous
 *	members it lies
 *
 * Return: whether there is one.
 */
bool ctype_member(struct ctypes *ctypes, const struct ctype *type,
		  const char *name, struct cmember *member);

/* The n-th, with those of anonymous ones left where they are. */
struct cmember ctype_nth_member(struct ctypes *ctypes,
				const struct ctype *type, uint32_t n);

/* What the values of an enum are called; lives as long as @ctypes. */
const struct enum_table *ctype_names(struct ctypes *ctypes,
				     const struct ctype *type);

/*
 * An enumerator, declared or the kernel's, and the names of all of its enum.
 * Return: whether there is one.
 */
bool ctype_constant(struct ctypes *ctypes, const char *name, int64_t *value,
		    const struct enum_table **names);

/* "struct sock *": for messages. */
const char *ctype_text(struct ctypes *ctypes, const struct ctype *type);
/* How to get what ctype_complete() did not find, or NULL. */
const char *ctype_remedy(void);
bool ctype_is_record(const struct ctype *type);
bool ctype_same(const struct ctype *a, const struct ctype *b);

#endif

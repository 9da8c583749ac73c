/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program as the parser saw it.  The grammar is wider than what the checker
 * accepts: constructs of bpftrace's that kpstat does not have yet are parsed,
 * so that they can be refused by name.
 *
 * All nodes live in the compilation's arena.
 */
#ifndef KPCTL_AST_H
#define KPCTL_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "object/object.h"

struct ctype;

enum type_kind {
	TYPE_NONE,
	TYPE_INT,
	TYPE_STR,
	TYPE_ENUM,		/* an integer with names; a plain one in arithmetic */
	TYPE_KSYM,
	TYPE_PROBE,
	TYPE_FUNCTION,		/* of user space, by the probe that is there */
	TYPE_KSTACK,
	TYPE_USTACK,
	TYPE_USYM,
	TYPE_INET,
	TYPE_MAC,
	TYPE_BUF,
	TYPE_CGROUP,		/* a cgroup's id that prints as its path */
	TYPE_USER,		/* a user's number that prints as the name */
	TYPE_TIME,		/* nanoseconds that print by a format */
	TYPE_TUPLE,
	TYPE_ARRAY,		/* in the record, in memory, or a copy */
	TYPE_RECORD,		/* a struct or a union, likewise */
	TYPE_AGGREGATE,		/* count() .. lhist(): only assigned to a map */
	TYPE_ACTION,		/* printf() and the like: only a statement */
};

struct type {
	enum type_kind kind;
	bool is_signed;		/* TYPE_INT, TYPE_ENUM */
	bool is_free;		/* TYPE_INT: a number as it is written, not below 0: signed
				 * or not as what it meets
				 */
	bool is_copy;		/* TYPE_ARRAY, TYPE_RECORD: not where it is, but its
				 * bytes, in scratch behind their number
				 */
	bool is_open;		/* TYPE_STR: as long as it comes: see type_kept() */
	unsigned int cut_at;	/* TYPE_STR: one of so many bytes may have had more; or 0 */
	unsigned int bytes;	/* TYPE_STR: with its NUL, if it stands in the text; or 0 */
	unsigned int size;	/* TYPE_STR, TYPE_BUF: in scratch; TYPE_ARRAY,
				 * TYPE_RECORD: in the record or in memory;
				 * TYPE_INT, TYPE_ENUM: bytes that it had, 0: 8
				 */
	const struct ctype *to;	/* TYPE_INT: a pointer to it, NULL: none;
				 * TYPE_ARRAY, TYPE_RECORD: what it is; TYPE_STR
				 * in memory: the array that it is
				 */
	const struct enum_table *names; /* TYPE_ENUM */
	const char *format;	/* TYPE_TIME */
	unsigned int stack_flags; /* TYPE_KSTACK, TYPE_USTACK: KPS_FIELD_RAW ..; or 0 */
	unsigned int nr_members; /* TYPE_TUPLE */
	const struct type *members;
	const char * const *names_of; /* its members, of (a=1, b=2); or NULL */
};

enum op {
	OP_MUL, OP_DIV, OP_MOD, OP_ADD, OP_SUB, OP_SHL, OP_SHR,
	OP_LT, OP_LE, OP_GT, OP_GE, OP_EQ, OP_NE,
	OP_AND, OP_XOR, OP_OR, OP_LAND, OP_LOR,
	OP_NEG, OP_NOT, OP_LNOT, OP_DEREF,
	OP_PRE_INC, OP_PRE_DEC, OP_POST_INC, OP_POST_DEC,
	OP_NR,
};

enum expr_kind {
	EXPR_INT,
	EXPR_STRING,
	EXPR_NAME,		/* builtin or constant: pid, AF_INET */
	EXPR_FIELD,		/* args.name, args->name */
	EXPR_INDEX,		/* a[i], of anything but a map */
	EXPR_CALL,
	EXPR_UNARY,
	EXPR_BINARY,
	EXPR_TERNARY,
	EXPR_CAST,
	EXPR_MAP,		/* @name[keys] */
	EXPR_VARIABLE,		/* $name */
	EXPR_POSITIONAL,	/* $1, $# */
	EXPR_TUPLE,
	EXPR_TYPE,		/* in sizeof(uint32) */
	EXPR_BOOL,		/* true, false: a constant once it is checked */
	EXPR_BLOCK,		/* { statements; value } */
	EXPR_RANGE,		/* 0..10, of a for loop */
};

/* A $variable of one clause. */
struct variable {
	const char *name;
	struct span at;		/* first assignment */
	struct type type;
	bool assigned;		/* by what stands before, on some path */
	bool is_open;		/* its block has not ended */
	unsigned int scope;	/* how many blocks that one stands in */
	unsigned int closed;	/* the n-th whose block ended */
	bool needs_zero;	/* first assigned below a condition */
	bool is_fixed;		/* "let $x: uint8": whatever is assigned becomes that */
	bool is_known;		/* at this point of the text, to be... */
	uint64_t known;		/* ... this */
	int slot;		/* the emitter's: where it is in scratch */
	struct variable *next;
};

struct builtin;
struct function;
struct event_field;

struct expr {
	enum expr_kind kind;
	struct span at;
	struct expr *next;	/* in a list of arguments or keys */
	unsigned int depth;	/* of the tree below */
	enum op op;		/* EXPR_UNARY, EXPR_BINARY */
	uint64_t value;		/* EXPR_INT */
	const char *text;	/* name, string, or type of a cast */
	const char *label;	/* in a tuple: what the member is called, or NULL */
	unsigned int len;	/* EXPR_STRING: may contain NUL */
	struct expr *a, *b, *c;	/* operands; FIELD, CAST, INDEX: .a */
	bool is_arrow;		/* EXPR_FIELD: written with -> */
	bool as_bytes;		/* EXPR_FIELD: buf() wants what a __data_loc tells of */
	struct expr *list;	/* arguments, keys, members of a tuple */
	struct stmt *body;	/* EXPR_BLOCK */

	/* The checker's findings, in its copy of the tree: */
	struct type type;
	const struct builtin *builtin;	 /* EXPR_NAME, or EXPR_CALL kstack(n) */
	const struct function *function; /* EXPR_CALL */
	const struct event_field *field; /* EXPR_FIELD, _NAME: in record or frame; NULL */
	bool in_memory;		/* it is read from there: at ... */
	bool in_copy;		/* or from a copy, which is ... */
	struct expr *address;	/* ... this */
	uint64_t offset;	/* ... and this many bytes */
	unsigned int bit, bits;	/* of what is there; .bits 0: all of them */
	bool is_sum;		/* EXPR_MAP: what all CPUs together have of an aggregation */
	uint64_t step;		/* of a pointer's sum: bytes of "one more", or 0; of
				 * an element of a copy: its bytes
				 */
	const struct type *compared_as; /* EXPR_BINARY, of what is wider: both operands */
	unsigned int map;		 /* EXPR_MAP: its number */
	unsigned int take;	/* print(@map): KPS_F_RESET, _ZERO: it empties it */
	bool is_taken;		/* clear(), zero(): a print() does it */
	struct variable *variable;	 /* EXPR_VARIABLE */
};

enum stmt_kind {
	STMT_EXPR,
	STMT_ASSIGN,
	STMT_IF,
	STMT_LOOP,		/* while, for, unroll */
	STMT_BLOCK,
	STMT_JUMP,		/* return, break, continue */
};

struct stmt {
	enum stmt_kind kind;
	struct span at;
	struct stmt *next;
	const char *text;	/* STMT_ASSIGN: operator; STMT_LOOP, _JUMP: word */
	struct expr *target;	/* STMT_ASSIGN */
	struct expr *value;	/* condition, value assigned, expression */
	struct stmt *body;
	struct stmt *otherwise;	/* STMT_IF */
	bool is_let;		/* STMT_ASSIGN: it declares; .value may be NULL */
	bool is_typed;		/* STMT_ASSIGN: .value is a cast to the type declared */
	bool is_last;		/* nothing stands behind it, not even a ';' */
	bool is_counted;	/* STMT_LOOP: the checker's, it is known how often it runs... */
	unsigned int rounds;	/* ... at most: so often */
};

/* The word that a loop or a jump begins with; of others WORD_NONE. */
enum stmt_word {
	WORD_NONE,
	WORD_WHILE,
	WORD_FOR,
	WORD_UNROLL,
	WORD_RETURN,
	WORD_BREAK,
	WORD_CONTINUE,
};

enum stmt_word stmt_word(const struct stmt *stmt);

struct attach_point {
	struct span at;
	const char *text;
	struct attach_point *next;
};

struct clause {
	struct span at;
	struct attach_point *points;
	struct expr *filter;	/* or NULL */
	struct stmt *body;
	struct variable *variables; /* the checker's, in its copy */
	struct clause *next;
};

/* How deep an expression may nest: all walks over it recurse. */
#define MAX_EXPR_DEPTH 256

struct expr *expr_new(struct arena *arena, enum expr_kind kind,
		      const struct span *at);
struct expr *expr_int(struct arena *arena, const struct span *at,
		      uint64_t value);
/* Of a number that is written, or known like one. */
struct type type_of_number(uint64_t value, bool is_signed);
struct expr *expr_named(struct arena *arena, enum expr_kind kind,
			const struct span *at, const char *text);
struct expr *expr_op(struct arena *arena, enum expr_kind kind,
		     const struct span *at, enum op op, struct expr *a,
		     struct expr *b);

struct stmt *stmt_new(struct arena *arena, enum stmt_kind kind,
		      const struct span *at);

const char *op_text(enum op op);
/* What it makes of two constants, as the code that is made for it does. */
uint64_t op_fold(enum op op, uint64_t a, uint64_t b, bool is_signed);

/* A setting of the program's text: config = { name = value; } */
struct setting {
	struct span at;
	const char *name;
	const struct expr *value;
	struct setting *next;
};

/* A type of C's that the program's text declares. */

struct dimension {
	uint64_t nr;			/* 0: [] */
	struct dimension *next;
};

struct member_decl {
	struct span at;
	const char *base;		/* "struct path", "unsigned int"; or ... */
	const struct ctype_decl *record; /* ... written out in its place */
	unsigned int stars;
	const char *name;		/* NULL: an anonymous struct or union */
	struct dimension *dimensions;	/* outermost first */
	int bits;			/* -1: not a bit field */
	bool is_function;		/* a pointer to one */
	struct member_decl *next;
};

struct enumerator_decl {
	const char *name;
	int64_t value;
	struct enumerator_decl *next;
};

struct ctype_decl {
	struct span at;
	const char *tag;		/* "struct", "union", "enum", "typedef" */
	const char *name;		/* NULL: inside of another, without a name */
	bool is_packed;
	struct member_decl *members;	/* of a typedef: the one that it names */
	struct enumerator_decl *enumerators;
	struct ctype_decl *next;
};

/* let @name = kind(entries); */
struct map_setting {
	struct span at;
	const char *name;
	const char *kind;
	const struct expr *entries;
	struct map_setting *next;
};

/* What a macro takes: an expression, a variable or a map, by the kind of its name. */
struct parameter {
	struct span at;
	enum expr_kind kind;
	const char *name;
	struct parameter *next;
};

struct macro {
	const char *name;
	struct parameter *parameters;
	struct expr *body;		/* EXPR_BLOCK */
	bool is_known;			/* without the program's text: see prelude.c */
	struct macro *next;
};

struct program {
	struct map_setting *maps;
	struct macro *macros;
	struct setting *settings;
	struct ctype_decl *types;	/* in the order of the text */
	struct clause *clauses;
};

/* TYPE_append(): to a list that may be NULL; returns its head. */
#define DECLARE_APPEND(type) \
	struct type *type##_append(struct type *list, struct type *last)

DECLARE_APPEND(expr);
DECLARE_APPEND(stmt);
DECLARE_APPEND(attach_point);
DECLARE_APPEND(clause);
DECLARE_APPEND(ctype_decl);
DECLARE_APPEND(member_decl);
DECLARE_APPEND(dimension);
DECLARE_APPEND(enumerator_decl);
DECLARE_APPEND(parameter);
DECLARE_APPEND(macro);

unsigned int expr_list_len(const struct expr *list);
unsigned int member_decl_list_len(const struct member_decl *list);
unsigned int enumerator_decl_list_len(const struct enumerator_decl *list);
unsigned int parameter_list_len(const struct parameter *list);

/**
 * struct tree_question - what the tree_count functions ask of all parts of a tree
 * @expr: of each expression; NULL: nothing
 * @stmt: of each statement; NULL: nothing
 * @about: what they want to know
 */
struct tree_question {
	bool (*expr)(const struct expr *expr, void *about);
	bool (*stmt)(const struct stmt *stmt, void *about);
	void *about;
};

/*
 * Of how many parts the answer is true: of an expression, of one statement, of a list.
 * Blocks that stand inside of expressions belong to them. None is a tree too: NULL.
 */
unsigned int tree_count_expr(const struct tree_question *question,
			     const struct expr *expr);
unsigned int tree_count_stmt(const struct tree_question *question,
			     const struct stmt *stmt);
unsigned int tree_count(const struct tree_question *question,
			const struct stmt *list);

/**
 * struct tree_copy - how a tree is copied
 * @arena: for the nodes; what they name stays where it is
 * @expr: copies an expression that is a part of another, or of a statement
 * @at: where all of the copy stands in the text; NULL: where it stood
 */
struct tree_copy {
	struct arena *arena;
	struct expr *(*expr)(struct tree_copy *copy, const struct expr *expr);
	const struct span *at;
};

/* The node, and its parts by copy->expr(). */
struct expr *tree_copy_expr(struct tree_copy *copy, const struct expr *expr);
struct stmt *tree_copy_stmts(struct tree_copy *copy, const struct stmt *list);

/* All of a clause but its attach points. */
struct clause *clause_copy(struct arena *arena, const struct clause *clause);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What lexer.l, parser.y and literal.c share; for nobody else. */
#ifndef KPCTL_PARSE_H
#define KPCTL_PARSE_H

#include "ast.h"
#include "preprocess.h"

struct type_name {
	const char *name;
	struct type_name *next;
};

struct parse {
	struct arena *arena;
	struct define *defines;
	struct program *program;
	struct type_name *typedefs;
	unsigned int braces;	/* open ones */
	int last_token;
	bool in_filter;
	bool in_declaration;	/* before the clauses: it ends with a ';' */
	bool in_macro;		/* what a #define stands for is read now */
};

struct string {
	const char *text;
	unsigned int len;
};

/* Both report what is wrong and return -1. */
int literal_int(struct arena *arena, const struct span *at, const char *text,
		uint64_t *value);
int literal_string(struct arena *arena, const struct span *at,
		   const char *text, unsigned int len, struct string *string);

#endif

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
	struct imports *imports; /* NULL: nothing can be imported */
	const char *file;	/* that is read; NULL: none */
	int first_line;		/* number of its first line, see imports */
	unsigned int braces;	/* open ones */
	int last_token;
	bool in_filter;
	bool in_declaration;	/* before the clauses: it ends with a ';' */
	bool in_macro;		/* what a #define stands for is read now */
};

/**
 * parse_file() - a text to the clauses and all else of parse->program
 * @parse: .arena, .program and .first_line, and what there is of the others
 * @text: NUL-terminated, as preprocess() left it
 *
 * Return: 0, or -1 after an error was reported.
 */
int parse_file(struct parse *parse, const char *text);

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

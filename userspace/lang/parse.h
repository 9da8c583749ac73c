/* SPDX-License-Identifier: GPL-2.0 */
/* What lexer.l, parser.y and literal.c share; for nobody else. */
#ifndef KPCTL_PARSE_H
#define KPCTL_PARSE_H

#include "ast.h"
#include "preprocess.h"

struct parse {
	struct arena *arena;
	const struct define *defines;
	struct program *program;
	unsigned int braces;	/* open ones */
	bool in_filter;
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

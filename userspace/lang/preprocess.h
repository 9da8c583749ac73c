/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The little of the C preprocessor that scripts need: macros by #define,
 * #ifdef and its kin, and #include: what headers declare is known without.
 */
#ifndef KPCTL_PREPROCESS_H
#define KPCTL_PREPROCESS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"

struct define {
	const char *name;
	const char *params;	/* "(a, b)"; NULL: it takes none */
	const char *text;	/* "" if it has none */
	bool used;		/* it is replaced now: in its own text its name is but a name */
	struct define *next;
};

/**
 * preprocess() - take the directives out of a program's text
 * @text: NUL-terminated
 * @number: of its first line
 * @arena: for the result
 * @defines: set to what #define defined, last first
 *
 * Return: the text with directives and what they leave out replaced by blanks,
 * so that lines and columns stay what they are; NULL after an error was
 * reported.
 */
char *preprocess(const char *text, int number, struct arena *arena,
		 struct define **defines);

/* NULL if there is none of that name. */
struct define *define_find(struct define *defines, const char *name);

/* Macros that are asked for by name, and not all there from the beginning. */
struct defines {
	struct define *list;
	/* Puts the one of that name, if there is one, before @list; or NULL. */
	void (*look_up)(struct defines *defines, const char *name);
	struct arena *arena;	/* for what @look_up puts there */
};

/**
 * define_text() - what a macro stands for
 * @arena: for the result
 * @defines: all there are
 * @define: the macro
 * @arguments: "(1, f(2))", of one that takes some
 * @at: where it is used
 *
 * As in C, what stands beside a ## is put there as it is, and joined.
 *
 * Return: its text, with all macros in it and in its arguments replaced; NULL after an
 * error was reported.
 */
const char *define_text(struct arena *arena, struct defines *defines,
			struct define *define, const char *arguments,
			const struct span *at);

#endif

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
 * @arena: for the result
 * @defines: set to what #define defined, last first
 *
 * Return: the text with directives and what they leave out replaced by blanks,
 * so that lines and columns stay what they are; NULL after an error was
 * reported.
 */
char *preprocess(const char *text, struct arena *arena,
		 struct define **defines);

/* NULL if there is none of that name. */
struct define *define_find(struct define *defines, const char *name);

/**
 * define_text() - what a macro stands for
 * @arena: for the result
 * @defines: all there are
 * @define: the macro
 * @arguments: "(1, f(2))", of one that takes some
 * @at: where it is used
 *
 * Return: its text, with all macros in it and in its arguments replaced; NULL after an
 * error was reported.
 */
const char *define_text(struct arena *arena, struct define *defines,
			struct define *define, const char *arguments,
			const struct span *at);

#endif

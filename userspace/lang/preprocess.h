/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The little of the C preprocessor that scripts need: constants by #define,
 * #ifdef and its kin, and #include: what headers declare is known without.
 */
#ifndef KPCTL_PREPROCESS_H
#define KPCTL_PREPROCESS_H

#include "base/arena.h"
#include "base/diag.h"

struct define {
	const char *name;
	const char *text;	/* "" if it has none */
	struct span at;
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
const struct define *define_find(const struct define *defines,
				 const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Files of bpftrace's language that a program imports, each of them once. */
#ifndef KPCTL_IMPORT_H
#define KPCTL_IMPORT_H

#include "base/diag.h"
#include "base/strset.h"
#include "base/text.h"

struct arena;
struct parse;

struct imports {
	struct text source;	/* the program's text, and behind it those of the files */
	int lines;		/* of it */
	struct strset files;	/* that are in it, by their real paths, in the arena */
	unsigned int depth;	/* of files in files */
};

/* @file: of the program, which imports do not mean again; or NULL */
void imports_begin(struct imports *imports, struct arena *arena, const char *file,
		   const char *text);
void imports_free(struct imports *imports);

/**
 * import_file() - parse a file where another one names it
 * @parse: of the file that names it
 * @at: where
 * @path: of the file, or of a folder: all "*.bt" in it. As seen from the other file.
 *
 * What it declares becomes the program's, before what follows there. Its lines count on
 * behind those of the program, as they do in .source.
 *
 * Return: 0, or -1 after an error was reported.
 */
int import_file(struct parse *parse, const struct span *at, const char *path);

#endif

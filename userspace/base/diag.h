/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Errors and warnings about a program's text.  By default each is printed on
 * stderr with its line and a caret; whoever wants them as data sets a sink.
 */
#ifndef KPCTL_DIAG_H
#define KPCTL_DIAG_H

#include <stdbool.h>
#include <stdio.h>

/* Where something stands in the text; lines and columns count from 1. */
struct span {
	int first_line;
	int first_column;
	int last_line;
	int last_column;	/* one past the end */
};

enum diag_level {
	DIAG_ERROR,
	DIAG_WARNING,
	DIAG_NOTE,		/* belongs to the error before it */
};

struct diag {
	enum diag_level level;
	const char *file;
	struct span at;		/* first_line 0: about the whole program */
	const char *message;	/* one sentence, no newline */
	const char *hint;	/* the remedy, or NULL */
	const char *line;	/* text of the line, NUL-terminated, or NULL */
};

typedef void (*diag_sink)(const struct diag *diag, void *data);

/**
 * diag_set_sink() - send what is reported from now on to a function
 * @sink: called once per message, whose strings are valid during the call;
 *        NULL: print on stderr
 * @data: passed to @sink
 */
void diag_set_sink(diag_sink sink, void *data);

/* Warnings are nobody's wish: from now on they are not reported. */
void diag_hide_warnings(void);

/* Print as kpctl prints by default. */
void diag_print(const struct diag *diag, FILE *out);
const char *diag_level_name(enum diag_level level);

/* For the compiler: the text that the spans of what follows refer to. */
void diag_start(const char *file, const char *text);
/* The text of another file, whose first line is line @first_line in the spans. */
void diag_add_file(const char *file, const char *text, int first_line);
unsigned int diag_errors(void);

/* Report and count nothing until it is called with false.  Return: as it was. */
bool diag_mute(bool mute);
bool diag_is_muted(void);

/* @at may be NULL, and so may @hint. */
void diag_error(const struct span *at, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void diag_warning(const struct span *at, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void diag_note(const struct span *at, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif

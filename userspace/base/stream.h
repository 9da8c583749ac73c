/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stdout and stderr, as all of kpctl writes them.
 *
 * What cannot be written is one sentence and status 1, in every command, also
 * when only the last flush fails.  A pipe that nobody reads any more ends kpctl
 * by SIGPIPE, whatever was made of that signal by who started it.
 */
#ifndef KPCTL_STREAM_H
#define KPCTL_STREAM_H

#include <stdbool.h>
#include <stdio.h>

/*
 * On a terminal all that is printed is shown as text_show() has it.  From now on
 * stdout is not: it is the text of a program, with what its author put there, and
 * the names of others in it are shown where they are written.
 */
void stream_trust_output(void);

/*
 * From now on nothing that is written waits for its reader once a signal asks for
 * an end, but for a moment; what it does not take is counted, and said at the end.
 */
void streams_obey_signals(void);

/*
 * Colours are for stderr where it is a terminal, unless NO_COLOR is set, as
 * no-color.org has it. @when: "auto", which is that, "always" or "never".
 * Return: whether it is one of these.
 */
bool stream_choose_colour(const char *when);

enum colour { COLOUR_NONE, COLOUR_ERROR, COLOUR_WARNING, COLOUR_NOTE, COLOUR_PLACE };

/* What is written to @file from now on has it, if colours are wanted. */
void stream_colour(FILE *file, enum colour colour);

/* In a signal's handler: kpctl ends now. */
void stream_say_unwritten(void);

/* First of all: nothing is printed, opened or forked before. */
void streams_open(void);

/* stdout is that file from now on; fd 1 stays what it is. */
bool stream_to_file(const char *path);

/* Last of all. @status: of the command. Return: the one to end with. */
int streams_close(int status);

#endif

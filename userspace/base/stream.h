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

/* In a signal's handler: kpctl ends now. */
void stream_say_unwritten(void);

/* First of all: nothing is printed, opened or forked before. */
void streams_open(void);

/* stdout is that file from now on; fd 1 stays what it is. */
bool stream_to_file(const char *path);

/* Last of all. @status: of the command. Return: the one to end with. */
int streams_close(int status);

#endif

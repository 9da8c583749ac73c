/* SPDX-License-Identifier: GPL-2.0 */
/* The command that a run is about: run -c. */
#ifndef KPCTL_CHILD_H
#define KPCTL_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;		/* 0: there is none */
	char *program;		/* its first word */
	int go;			/* written to: it may start */
	int failure;		/* read from: why it could not */
	int status;		/* as wait() has it, if it has ended by itself */
};

/**
 * child_start() - fork, and stop right before the command begins
 * @command: words as in a shell, without what a shell makes of | ; &
 * @words: the command itself, as it is, if not NULL; @command is how messages call it
 * @to_stderr: what it writes goes there: stdout is to be JSON
 *
 * Return: 0, or -1 after an error was reported.
 */
int child_start(struct child *child, const char *command, char **words,
		bool to_stderr);

/* Let it go. Return: 0, or -1 after it was reported that it cannot start. */
int child_go(struct child *child, const char *command);

/* It is no more, by itself. */
bool child_has_ended(struct child *child);

/*
 * Say how it ended by itself, if it failed. Return: its exit status, 128 and the
 * number of the signal that it died of, or 0.
 */
int child_report(const struct child *child, const char *command);

/* Whatever it does, it ends now. */
void child_stop(struct child *child);

#endif

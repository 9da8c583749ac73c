/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signals.  The first that asks for an end asks a run to end in order; another
 * one ends it at once, as one does every other command.  Whoever is ended so
 * says first what it had not written.
 */
#ifndef KPCTL_SIGNALS_H
#define KPCTL_SIGNALS_H

#include <stdbool.h>

/* At the start, for all commands.  What is ignored by then stays ignored. */
void signals_open(void);

/*
 * From now on INT, TERM and HUP are kept for signals_have_ended(), USR1 for
 * signals_want_maps(); but HUP stays ignored, under nohup.
 */
void signals_keep(void);

/* In a child, before it becomes something else. */
void signals_forget(void);

/* Has one come that asks for an end? */
bool signals_have_ended(void);

/* Has USR1 come since it was asked last? */
bool signals_want_maps(void);

/*
 * To poll() for: readable when a signal came, of a child's end, too; -1 if none
 * are kept.  Ask the above first, and call signals_clear() when it was readable.
 */
int signals_fd(void);
void signals_clear(void);

#endif

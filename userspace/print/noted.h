/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What becomes of all processes (fork, exec, mappings of code), as the kernel tells it to
 * perf: so that the names of their code are known when they are gone.
 */
#ifndef KPCTL_NOTED_H
#define KPCTL_NOTED_H

/*
 * From now on: what is there already is looked at. Without perf's events nothing is told,
 * and nothing is said of it.
 */
void noted_begin(void);

/* Readable when something was told: who waits finds the process still there. -1: nobody tells. */
int noted_fd(void);

/* Takes what was told since. Cheap if that is nothing. */
void noted_take(void);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notices of programs that the kernel's overload guard has stopped.
 */
#ifndef KPCTL_STOPPED_H
#define KPCTL_STOPPED_H

struct stopped;

/* Listen from now on. Return: NULL if that is not possible, or not allowed. */
struct stopped *stopped_open(void);

void stopped_close(struct stopped *stopped);

/* Is readable when there is a notice. */
int stopped_fd(const struct stopped *stopped);

typedef void (*stopped_visit)(const char *program, const char *why, void *data);

/* Call @visit for each notice that has come. Does not wait. */
void stopped_read(struct stopped *stopped, stopped_visit visit, void *data);

#endif

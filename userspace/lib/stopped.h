/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notices of programs that the kernel's overload guard has stopped, and of the module's
 * end.
 */
#ifndef KPCTL_STOPPED_H
#define KPCTL_STOPPED_H

#include <stdbool.h>

struct stopped;

/* Listen from now on. Return: NULL if that is not possible. */
struct stopped *stopped_open(void);

/* Whether we are told of stops: that takes CAP_SYS_ADMIN. The module's end anybody is. */
bool stopped_is_told(const struct stopped *stopped);

void stopped_close(struct stopped *stopped);

/* Is readable when there is a notice. */
int stopped_fd(const struct stopped *stopped);

typedef void (*stopped_visit)(const char *program, const char *why, void *data);

/*
 * Call @visit for each notice that has come. Does not wait.
 * Return: whether the module is still there.
 */
bool stopped_read(struct stopped *stopped, stopped_visit visit, void *data);

#endif

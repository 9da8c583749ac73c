/* SPDX-License-Identifier: GPL-2.0 */
/* One sentence to the user: as text on stderr, or as JSON on stdout with -j. */
#ifndef KPCTL_ERROR_H
#define KPCTL_ERROR_H

#include <stdbool.h>

/* Set by -j, before anything is printed. */
extern bool json_output;

/* Set by -f json: keys of maps are text, which two keys may share. */
extern bool json_as_bpftrace;

void error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Errors about a program's text go the same way from now on. */
void error_take_diagnostics(void);

#endif

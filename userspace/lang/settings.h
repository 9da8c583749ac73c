/* SPDX-License-Identifier: GPL-2.0 */
/* What a program's text sets by itself: config = { name = value; } */
#ifndef KPCTL_SETTINGS_H
#define KPCTL_SETTINGS_H

#include <stdio.h>

#include "ast.h"

/**
 * apply_settings() - bring a program's settings into the options
 * @settings: as the parser saw them
 * @options: changed; what the command line set stays
 *
 * Return: 0, or -1 after an error was reported.
 */
int apply_settings(const struct setting *settings,
		   struct compile_options *options);

/* What can be set, and what it is now; 0: what is usual. */
void dump_settings(FILE *out, const struct compile_options *options);

#endif

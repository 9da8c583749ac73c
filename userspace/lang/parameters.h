/* SPDX-License-Identifier: GPL-2.0 */
/* getopt() in a program's tree, as compile_parameters() tells of it. */
#ifndef KPCTL_PARAMETERS_H
#define KPCTL_PARAMETERS_H

#include "ast.h"

struct named_parameter;

void parameters_visit(const struct program *program, struct arena *arena,
		      void (*visit)(const struct named_parameter *parameter, void *data),
		      void *data);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the records of an output are for, as text: the kernel keeps it with a loaded
 * program, and so any kpctl can print what that writes. JSON: {"do": "printf", "format":
 * "%s\n", "shape": .., "map": 0, "top": 5, "div": 2, "take": 4, "trailer": ".."}, of which
 * only "do" is always there.
 */
#ifndef KPCTL_OUTPUT_TEXT_H
#define KPCTL_OUTPUT_TEXT_H

#include <stdbool.h>

#include "object.h"

/* To be freed. */
char *output_text(const struct object *object, const struct object_output *output);

/**
 * output_parse() - the other way round
 * @text: from output_text(), or from anybody
 * @object: whose @output it is; gets what is the whole program's
 * @output: all but its fields is set
 *
 * Return: false if it is no such text, or speaks of a map that @object does not have.
 */
bool output_parse(const char *text, struct object *object, struct object_output *output);

#endif

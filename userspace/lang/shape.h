/* SPDX-License-Identifier: GPL-2.0 */
/* What values are, as text for who prints them: see object/shape.h. */
#ifndef KPCTL_LANG_SHAPE_H
#define KPCTL_LANG_SHAPE_H

#include "ctype.h"

/**
 * shape_of() - of several values
 * @ctypes: for what structs have in them
 * @types: of the values
 * @nr: how many
 *
 * Return: the shape, in the arena; NULL if each is what its fields say.
 */
const char *shape_of(struct ctypes *ctypes, const struct type *types, unsigned int nr);

#endif

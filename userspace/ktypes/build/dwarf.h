/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DWARF 2 to 5 of C, as far as types are concerned, read in one pass from the first
 * byte to the last.  libdw's own iterators find each entry's end twice and look up
 * each attribute by name; they take five times as long.
 */
#ifndef KPCTL_KTYPES_DWARF_H
#define KPCTL_KTYPES_DWARF_H

#include "build.h"

struct section {
	const unsigned char *data;
	size_t size;
};

/* Relocated; those that there are not are empty. */
struct dwarf_sections {
	struct section info, abbrev, str, line_str;
};

/* The largest unit's types. Return: false if it is not understood. */
bool read_dwarf(struct build *build, const struct dwarf_sections *sections);

#endif

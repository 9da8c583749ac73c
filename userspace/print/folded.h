/* SPDX-License-Identifier: GPL-2.0 */
/* Folded stacks, one a line with its number, as programs that draw flame graphs read them. */
#ifndef KPCTL_PRINT_FOLDED_H
#define KPCTL_PRINT_FOLDED_H

#include <stdbool.h>
#include <stddef.h>

struct map_answer;

/* Whether maps are printed so: -f folded */
extern bool folded_output;

/*
 * "comm;main;read;vfs_read_[k] 5", root first: what else the key holds, then its user
 * stack, then its kernel stack. A map without a stack, or whose values have no sum, is
 * left out with a warning. @first: the entry to begin with; @div: as for map_print()
 */
void folded_print(const struct map_answer *map, size_t first, long long div);

#endif

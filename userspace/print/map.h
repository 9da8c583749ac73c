/* SPDX-License-Identifier: GPL-2.0 */
/* Maps as bpftrace prints them, as text or as JSON. */
#ifndef KPCTL_MAP_H
#define KPCTL_MAP_H

#include <stdbool.h>

struct maps_answer;
struct map_answer;

/* All that hold something, as at the end of a run. */
void maps_print(const struct maps_answer *maps);

/*
 * As print(@map, top, div) does. Entries whose keys print the same become one.
 * @top: how many of its last entries; 0: all
 * @div: what its values are divided by; 0: nothing
 */
void map_print(struct map_answer *map, unsigned long top, unsigned long div);

/* The time of day above an interval's maps, as time() in bpftrace. */
void time_print(void);

#endif

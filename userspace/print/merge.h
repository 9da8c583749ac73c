/* SPDX-License-Identifier: GPL-2.0 */
/* Entries of a map whose keys print the same. */
#ifndef KPCTL_MERGE_H
#define KPCTL_MERGE_H

struct map_answer;

/**
 * map_merge() - make one entry of those whose keys print the same
 * @map: as the module has told it; sorted, before and after. Plain values are left as
 *	they are: they have no sum.
 */
void map_merge(struct map_answer *map);

#endif

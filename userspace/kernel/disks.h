/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KPCTL_DISKS_H
#define KPCTL_DISKS_H

#include "enum_table.h"

/*
 * Block devices by their numbers as events have them, from /proc/partitions; those that
 * were there when it was first asked for.
 */
const struct enum_table *disk_names(void);

#endif

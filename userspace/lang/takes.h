/* SPDX-License-Identifier: GPL-2.0 */
/* print(@x); clear(@x): one reading that empties the map. */
#ifndef KPCTL_TAKES_H
#define KPCTL_TAKES_H

#include "check.h"

/**
 * takes_find() - mark the calls of a clause that are one reading with reset
 * @object: with all maps
 * @clause: checked; its calls get .take and .is_taken
 */
void takes_find(const struct object *object, struct clause *clause);

#endif

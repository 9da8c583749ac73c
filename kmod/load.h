/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a LOAD message to a running program.
 */
#ifndef KPS_LOAD_H
#define KPS_LOAD_H

#include <net/genetlink.h>

#include "error.h"

int kps_load(struct genl_info *info, struct kps_error *error);

#endif

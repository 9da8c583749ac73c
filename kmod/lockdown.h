/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KPS_LOCKDOWN_H
#define KPS_LOCKDOWN_H

#include <linux/security.h>

#include "error.h"

int kps_check_lockdown(enum lockdown_reason reason, struct kps_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the two providers of tracepoints share.
 */
#ifndef KPS_PROVIDERS_TRACEPOINT_H
#define KPS_PROVIDERS_TRACEPOINT_H

#include <linux/tracepoint.h>

struct tracepoint *kps_tracepoint_find(const char *name);
bool kps_is_event(const char *target, const char *system, const char *name);

#endif

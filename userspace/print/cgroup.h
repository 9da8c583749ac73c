/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KPCTL_CGROUP_H
#define KPCTL_CGROUP_H

#include "base/text.h"

/* A cgroup's path as bpftrace prints it, "unified:/...", or its id. */
void cgroup_write(struct text *out, unsigned long long id);

#endif

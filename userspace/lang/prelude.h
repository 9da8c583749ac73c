/* SPDX-License-Identifier: GPL-2.0 */
/* What bpftrace's standard library has as macros: read in front of each program. */
#ifndef KPCTL_PRELUDE_H
#define KPCTL_PRELUDE_H

extern const char prelude[];

#endif

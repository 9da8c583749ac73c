/* SPDX-License-Identifier: GPL-2.0 */
/* The registers of this machine, as reg() names them. */
#ifndef KPCTL_REGISTERS_H
#define KPCTL_REGISTERS_H

/* Bytes from the start of the kernel's struct pt_regs, or -1. */
int register_offset(const char *name);

/* All names, for a message. */
const char *register_names(void);

#endif

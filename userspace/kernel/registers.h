/* SPDX-License-Identifier: GPL-2.0 */
/* The registers of this machine, as reg() names them. */
#ifndef KPCTL_REGISTERS_H
#define KPCTL_REGISTERS_H

/* Bytes from the start of the kernel's struct pt_regs, or -1. */
int register_offset(const char *name);

/*
 * Words on the stack before the arguments that have no register, when a function has just
 * been called: the address to return to, where that is there and not in a register.
 */
unsigned int words_before_arguments(void);

/* All names, for a message. */
const char *register_names(void);

#endif

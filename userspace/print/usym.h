/* SPDX-License-Identifier: GPL-2.0 */
/* Names for what the kernel knows by number only: user code, cgroups. */
#ifndef KPCTL_USYM_H
#define KPCTL_USYM_H

#include <stdbool.h>

#include "base/text.h"

/**
 * usym_write() - a user address as bpftrace prints it
 * @out: gets "symbol", "symbol+offset", or "0x..." if there is no name
 * @tgid: of the process, which should still be there
 * @address: in it
 * @with_offset: as in stacks
 */
void usym_write(struct text *out, unsigned int tgid, unsigned long long address,
		bool with_offset);

/* A function of user space by its name: those of C++ as their authors have written them. */
void function_write(struct text *out, const char *name);
/* As the linker has them: config = { cpp_demangle = false } */
void usym_keep_mangled(void);

/** usym_file() - the file that an address of a process is mapped from; or NULL */
const char *usym_file(unsigned int tgid, unsigned long long address);

/* "BUILD-ID 0xOFFSET", the file's own; or the address, where no file tells its build. */
void usym_write_build_id(struct text *out, unsigned int tgid, unsigned long long address);

#endif

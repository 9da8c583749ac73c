/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KPCTL_DISASM_H
#define KPCTL_DISASM_H

#include <stdio.h>

#include "object.h"

/**
 * disasm() - print instructions as text, one a line
 * @out: where to
 * @insns: as they are sent to the kernel
 * @nr: of them
 * @indent: printed in front of each line
 */
void disasm(FILE *out, const struct bpf_insn *insns, size_t nr,
	    const char *indent);

/* All of it: what it attaches to, its maps, its instructions. */
void object_print(FILE *out, const struct object *object);

#endif

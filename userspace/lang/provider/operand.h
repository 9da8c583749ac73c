/* SPDX-License-Identifier: GPL-2.0 */
/* Arguments of marks in programs, as compilers write them. */
#ifndef KPCTL_PROVIDER_OPERAND_H
#define KPCTL_PROVIDER_OPERAND_H

#include "user_file.h"

#define MAX_OPERANDS 12		/* that sys/sdt.h has */

/**
 * operands_parse() - "-4@%eax 8@-8(%rbp) 4@$5"
 * @arena: for the texts
 * @file: where symbols are
 * @mark: whose they are
 * @operands: filled; what is not understood is %OPERAND_UNKNOWN
 *
 * Return: how many.
 */
unsigned int operands_parse(struct arena *arena, const struct user_file *file,
			    const struct elf_mark *mark,
			    struct operand operands[MAX_OPERANDS]);

#endif

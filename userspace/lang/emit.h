/* SPDX-License-Identifier: GPL-2.0 */
/* From a checked clause to instructions. */
#ifndef KPCTL_EMIT_H
#define KPCTL_EMIT_H

#include "check.h"

/**
 * emit_clause() - the instructions of a clause
 * @checker: with all maps as all clauses have them
 * @clause: checked for the event that it is emitted for
 * @object: gets the outputs that it writes to
 * @nr: set to the number of instructions
 *
 * Return: the instructions, from malloc(); NULL after an error was reported.
 */
struct bpf_insn *emit_clause(const struct checker *checker,
			     const struct clause *clause,
			     struct object *object, size_t *nr);

#endif

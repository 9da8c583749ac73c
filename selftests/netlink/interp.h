/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What RFC 9669 says, in plain C: the other side of every comparison with what
 * the kernel computed.  It also watches what no accepted clause may ever do.
 */
#ifndef INTERP_H
#define INTERP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../raw/raw.h"

struct run {
	/* What the clause meets. */
	uint64_t arg2;		/* kps_frame.arg[2]; what else is there is unknown */
	uint64_t pid_tgid;
	unsigned int *coin;	/* not NULL: it, not the condition, decides */
	unsigned int nr_maps;	/* aggregates with a key of one word, or none */
	bool keyed;

	/* What came of it. */
	bool unknown;		/* something was used that only the kernel knows */
	uint64_t r0;
	void (*update)(struct run *run, uint64_t map, uint64_t key,
		       uint64_t value);
	void *data;
};

/* Return: NULL, or what the clause did that is forbidden. */
const char *interp(const struct bpf_insn *insns, size_t nr, struct run *run);

/* Whether @fn is one that interp() knows. */
bool interp_knows(int fn);

unsigned int interp_random(unsigned int *state, unsigned int below);

#endif

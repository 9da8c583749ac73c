/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which ways through kpstat a message takes that none took before, where the
 * kernel tells: KCOV, with a module that is built for it (selftests/vm/build.sh).
 */
#ifndef COVERAGE_H
#define COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

#define COVERAGE_EDGES (1 << 16)

/* Of one thread: the kernel notes what that one does in its own system calls. */
struct coverage {
	uint64_t *pcs;		/* how many, and each; NULL: the kernel does not tell */
	uint8_t *edges;		/* those seen by anyone, a byte each */
};

/* Return: room for the edges that all threads have seen, or NULL. */
uint8_t *coverage_edges(void);

/* For the calling thread, until it ends. */
void coverage_open(struct coverage *coverage, uint8_t *edges);

/* From here on .. */
void coverage_begin(struct coverage *coverage);

/* .. to here. Return: was there an edge that nobody had seen? */
bool coverage_is_new(struct coverage *coverage);

unsigned int coverage_count(const uint8_t *edges);

#endif

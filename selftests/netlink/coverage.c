// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stddef.h>
#include <linux/kcov.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "coverage.h"

#define KCOV "/sys/kernel/debug/kcov"
#define WORDS (1 << 16)		/* what does not fit is not noted */

uint8_t *coverage_edges(void)
{
	void *edges = mmap(NULL, COVERAGE_EDGES, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return edges == MAP_FAILED ? NULL : edges;
}

void coverage_open(struct coverage *coverage, uint8_t *edges)
{
	int fd = open(KCOV, O_RDWR | O_CLOEXEC);
	void *pcs;

	coverage->pcs = NULL;
	coverage->edges = edges;
	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, WORDS))
		return;
	pcs = mmap(NULL, WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	/* The descriptor stays open: closing it would end the noting. */
	if (pcs != MAP_FAILED && !ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		coverage->pcs = pcs;
}

void coverage_begin(struct coverage *coverage)
{
	if (coverage->pcs)
		__atomic_store_n(&coverage->pcs[0], 0, __ATOMIC_RELAXED);
}

/* Blocks are known by where they begin, edges by both of theirs. */
static unsigned int edge_of(uint64_t from, uint64_t to)
{
	return ((from * 0x9e3779b97f4a7c15ULL) ^ (to * 0xc2b2ae3d27d4eb4fULL)) >> 48;
}

bool coverage_is_new(struct coverage *coverage)
{
	uint64_t from = 0, i, nr;
	bool new = false;

	if (!coverage->pcs)
		return false;
	nr = __atomic_load_n(&coverage->pcs[0], __ATOMIC_RELAXED);
	for (i = 1; i <= nr; i++) {
		uint8_t *edge = &coverage->edges[edge_of(from, coverage->pcs[i])];

		from = coverage->pcs[i];
		if (*edge)
			continue;
		*edge = 1;
		new = true;
	}
	return new;
}

unsigned int coverage_count(const uint8_t *edges)
{
	unsigned int i, nr = 0;

	for (i = 0; i < COVERAGE_EDGES; i++)
		nr += edges[i];
	return nr;
}

// SPDX-License-Identifier: GPL-2.0
#include "emitter.h"

int take(struct emitter *em, unsigned int size)
{
	int off = em->top;

	if (em->top + size > KPS_SCRATCH_SIZE) {
		em->full = true;
		return 0;
	}
	em->top += size;
	return off;
}

void store_zeros(struct emitter *em, int from, int to)
{
	for (; from < to; from += 8)
		code_store_imm(&em->code, BPF_DW, FRAME_SCRATCH + from, 0);
}

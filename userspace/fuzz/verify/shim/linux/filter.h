/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_FILTER_H
#define SHIM_FILTER_H

#include <linux/bpf.h>
#include "../kernel.h"

#define BPF_REG_FP BPF_REG_10

struct bpf_prog {
	unsigned int (*bpf_func)(const void *ctx, const struct bpf_insn *insn);
	struct bpf_insn insnsi[];
};

static inline unsigned int
bpf_dispatcher_nop_func(const void *ctx, const struct bpf_insn *insnsi,
			unsigned int (*func)(const void *ctx,
					     const struct bpf_insn *insn))
{
	return func(ctx, insnsi);
}

static inline int bpf_size_to_bytes(int bpf_size)
{
	switch (bpf_size) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	case BPF_DW:
		return 8;
	default:
		return -22;
	}
}

#endif

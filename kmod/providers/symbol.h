/* SPDX-License-Identifier: GPL-2.0 */
/*
 * [MODULE:]SYMBOL[#N][+OFFSET].
 */
#ifndef KPS_PROVIDERS_SYMBOL_H
#define KPS_PROVIDERS_SYMBOL_H

#include <linux/kprobes.h>

#include "../kpstat.h"

/**
 * struct kps_symbol - a place in the kernel's code, by name
 * @name: "SYMBOL" or "MODULE:SYMBOL", as kprobes takes it
 * @offset: bytes from it
 * @is_one_of_several: it was written with #N: the name does not say which
 */
struct kps_symbol {
	char name[KPS_TARGET_MAX];
	unsigned int offset;
	bool is_one_of_several;
};

int kps_symbol_parse(struct kps_site *site, struct kps_symbol *symbol,
		     struct kps_error *error);
bool kps_symbol_is_at(const struct kps_symbol *symbol, unsigned long address);
int kps_symbol_place(const struct kps_symbol *symbol, unsigned long address,
		     struct kprobe *kp);
int kps_symbol_error(const struct kps_symbol *symbol, unsigned long address,
		     const struct kprobe *kp, int err);
int kps_symbol_attached(struct kps_site *site, struct kprobe *kp);

#endif

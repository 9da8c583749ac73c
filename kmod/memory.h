/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs hold of the machine's memory, see memory.c.
 */
#ifndef KPS_MEMORY_H
#define KPS_MEMORY_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "error.h"

u64 kps_memory_limit(void);
u64 kps_memory_used(void);
int kps_memory_charge(atomic64_t *account, size_t bytes, struct kps_error *error);
void kps_memory_charge_anyway(atomic64_t *account, size_t bytes);
void kps_memory_uncharge(atomic64_t *account, size_t bytes);
void kps_memory_uncharge_all(atomic64_t *account);
bool kps_memory_to_spare(size_t bytes);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * What programs hold: accounted for before it is allocated, each in an account of its
 * own, and limited in all.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "memory.h"

static unsigned int max_memory_mb = 256;
module_param(max_memory_mb, uint, 0644);
MODULE_PARM_DESC(max_memory_mb, "MiB that all programs together may hold");

static atomic64_t memory_used = ATOMIC64_INIT(0);

/** kps_memory_limit() - bytes that all programs together may hold */
u64 kps_memory_limit(void)
{
	return (u64)READ_ONCE(max_memory_mb) << 20;
}

/** kps_memory_used() - bytes that they do */
u64 kps_memory_used(void)
{
	return atomic64_read(&memory_used);
}

/**
 * kps_memory_charge() - account for memory before it is allocated
 * @account: of whoever will hold it
 * @bytes: how much
 * @error: gets the reason and the remedy
 *
 * Return: 0 or -E2BIG.
 */
int kps_memory_charge(atomic64_t *account, size_t bytes, struct kps_error *error)
{
	u64 used = atomic64_add_return(bytes, &memory_used);

	if (used > kps_memory_limit()) {
		atomic64_sub(bytes, &memory_used);
		return kps_error(error, -E2BIG,
				 "it needs %zu KiB, %llu KiB are left of max_memory_mb=%u; use fewer keys, unload a program, or raise the module parameter",
				 DIV_ROUND_UP(bytes, 1024),
				 (kps_memory_limit() - min(kps_memory_limit(), used - bytes)) >> 10,
				 READ_ONCE(max_memory_mb));
	}
	atomic64_add(bytes, account);
	return 0;
}

/** kps_memory_charge_anyway() - the same, past the limit if need be. Any context. */
void kps_memory_charge_anyway(atomic64_t *account, size_t bytes)
{
	atomic64_add(bytes, &memory_used);
	atomic64_add(bytes, account);
}

/** kps_memory_uncharge() - give some back */
void kps_memory_uncharge(atomic64_t *account, size_t bytes)
{
	atomic64_sub(bytes, account);
	atomic64_sub(bytes, &memory_used);
}

/** kps_memory_uncharge_all() - whoever has the account goes */
void kps_memory_uncharge_all(atomic64_t *account)
{
	atomic64_sub(atomic64_read(account), &memory_used);
}

/**
 * kps_memory_to_spare() - may that much be allocated?
 * @bytes: in pages of their own
 *
 * The limit is an administrator's guess.  Where the machine has less, the
 * kernel would kill processes to make room; so look first, as ftrace does
 * before it makes its buffers larger.
 */
bool kps_memory_to_spare(size_t bytes)
{
	return bytes >> PAGE_SHIFT < si_mem_available();
}

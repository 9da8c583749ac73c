// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel stacks: each distinct one is kept once, and a key holds its number.
 *
 * Open addressing, nothing is ever removed, so readers need no lock.  A writer
 * claims a free entry by its hash, fills it and marks it ready.  Two CPUs that
 * meet a new stack at once may keep it twice: readers ask for the canonical
 * number, the first entry with that content.
 */
#include <linux/atomic.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "kpstat.h"

/* Entries that a search looks at before it gives up. */
#define MAX_SEARCH 64

struct entry {
	u32 hash;	/* 0: free */
	u32 nr;		/* 0: claimed, being filled */
	unsigned long ips[KPS_MAX_STACK_DEPTH];
};

struct kps_stacks {
	u32 mask;
	struct kps_secret secret;
	struct entry entries[];
};

size_t kps_stacks_bytes(u32 max_entries)
{
	return sizeof(struct kps_stacks) +
	       roundup_pow_of_two(max_entries) * sizeof(struct entry);
}

/** kps_stacks_alloc() - an empty table. May sleep. Return: or NULL. */
struct kps_stacks *kps_stacks_alloc(u32 max_entries)
{
	struct kps_stacks *stacks;

	if (!kps_memory_to_spare(kps_stacks_bytes(max_entries)))
		return NULL;
	stacks = vzalloc(kps_stacks_bytes(max_entries));
	if (!stacks)
		return NULL;
	stacks->mask = roundup_pow_of_two(max_entries) - 1;
	kps_secret_init(&stacks->secret);
	return stacks;
}

void kps_stacks_free(struct kps_stacks *stacks)
{
	vfree(stacks);
}

static bool same_stack(const struct entry *entry, u32 hash,
		       const unsigned long *ips, u32 nr)
{
	/* Pairs with the release in fill(): its frames are there. */
	return entry->hash == hash && smp_load_acquire(&entry->nr) == nr &&
	       !memcmp(entry->ips, ips, nr * sizeof(*ips));
}

static bool fill(struct entry *entry, u32 hash, const unsigned long *ips, u32 nr)
{
	if (cmpxchg(&entry->hash, 0, hash))
		return false;
	memcpy(entry->ips, ips, nr * sizeof(*ips));
	/* Ready: whoever sees nr sees the frames. */
	smp_store_release(&entry->nr, nr);
	return true;
}

/**
 * kps_stacks_add() - the number of a stack, kept if it is new
 * @stacks: the table
 * @ips: return addresses, innermost first
 * @nr: of them, 1 to KPS_MAX_STACK_DEPTH
 *
 * Context: any, with preemption off. Return: a number above 0, or -ENOSPC.
 */
s64 __kprobes kps_stacks_add(struct kps_stacks *stacks,
			     const unsigned long *ips, u32 nr)
{
	u32 hash = kps_hash(&stacks->secret, (const u64 *)ips, nr);
	u32 i;

	for (i = 0; i < MAX_SEARCH && i <= stacks->mask; i++) {
		u32 at = (hash + i) & stacks->mask;
		struct entry *entry = &stacks->entries[at];

		if (!READ_ONCE(entry->hash) && fill(entry, hash, ips, nr))
			return at + 1;
		if (same_stack(entry, hash, ips, nr))
			return at + 1;
	}
	return -ENOSPC;
}

/** kps_stacks_get() - the frames of stack @id. Return: how many, 0 if none. */
u32 kps_stacks_get(struct kps_stacks *stacks, u64 id, const unsigned long **ips)
{
	struct entry *entry;

	if (!stacks || !id || id > (u64)stacks->mask + 1)
		return 0;
	entry = &stacks->entries[id - 1];
	*ips = entry->ips;
	/* Pairs with the release in fill(). */
	return smp_load_acquire(&entry->nr);
}

/** kps_stacks_canonical() - the one number for the content of stack @id */
u64 kps_stacks_canonical(struct kps_stacks *stacks, u64 id)
{
	const unsigned long *ips;
	u32 nr = kps_stacks_get(stacks, id, &ips);
	u32 hash, i;

	if (!nr)
		return id;
	hash = stacks->entries[id - 1].hash;
	for (i = 0; i < MAX_SEARCH; i++) {
		u32 at = (hash + i) & stacks->mask;

		if (same_stack(&stacks->entries[at], hash, ips, nr))
			return at + 1;
	}
	return id;
}

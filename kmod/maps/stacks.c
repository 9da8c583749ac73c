// SPDX-License-Identifier: GPL-2.0
/*
 * Stacks: each distinct one is kept once, and a key holds its number.
 *
 * Open addressing. A writer claims a free entry by its hash, fills it and marks
 * it ready.  Two CPUs that meet a new stack at once may keep it twice: readers
 * ask for the canonical number, the first entry with that content.
 *
 * Entries that nobody refers to are given back by a sweep (sweep.c says when, and
 * why that is safe). An entry bears the number of the last sweep after whose begin
 * it was seen in use. A number of a stack has its entry's generation in it: should it
 * outlive the entry, it is the number of no stack and never that of another.
 */
#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "kpstat.h"

/* Entries that a search looks at before it gives up. */
#define MAX_SEARCH 64

/* What is no hash of a stack. A search ends at the one, and goes on at the other. */
enum { NEVER_USED, GIVEN_BACK, LEAST_HASH };

/* In the place of a sweep's number: nobody may use it any more. */
#define CONDEMNED U32_MAX

struct entry {
	u32 hash;
	u32 nr;		/* 0: claimed, being filled */
	u32 sweep;	/* only grows, while the entry is the same */
	u32 generation;
	u32 passed;	/* the sweep that found it on the way to another */
	u64 recorded;	/* time of the newest record that bears it */
	unsigned long ips[KPS_MAX_STACK_DEPTH];
};

/**
 * struct kps_stacks - a table of stacks
 * @sweep: the sweep that began last
 * @used: entries that are not free
 * @enough: when so many are used, a sweep is asked for
 * @asked: one is
 * @swept: when the last one was over, in jiffies
 */
struct kps_stacks {
	u32 mask;
	struct kps_secret secret;
	u32 sweep;
	atomic_t used;
	u32 enough;
	atomic_t asked;
	unsigned long swept;
	struct kps_program *program;
	struct irq_work irq_work;
	struct delayed_work work;
	struct entry entries[];
};

size_t kps_stacks_bytes(u32 max_entries)
{
	return sizeof(struct kps_stacks) +
	       roundup_pow_of_two(max_entries) * sizeof(struct entry);
}

static void sweep_work(struct work_struct *work)
{
	struct kps_stacks *stacks =
		container_of(to_delayed_work(work), struct kps_stacks, work);

	kps_stacks_sweep(stacks->program);
}

/* One in a second is enough: what they find in use may stay so. */
static void ask_in_irq(struct irq_work *irq_work)
{
	struct kps_stacks *stacks =
		container_of(irq_work, struct kps_stacks, irq_work);
	unsigned long since = jiffies - READ_ONCE(stacks->swept);

	schedule_delayed_work(&stacks->work, since < HZ ? HZ - since : 0);
}

/* Any context. */
static void __kprobes ask_for_sweep(struct kps_stacks *stacks)
{
	if (!atomic_read(&stacks->asked) && !atomic_xchg(&stacks->asked, 1))
		irq_work_queue(&stacks->irq_work);
}

/**
 * kps_stacks_alloc() - an empty table
 * @program: whose
 * @max_entries: of it
 *
 * Context: may sleep. Return: the table, or NULL.
 */
struct kps_stacks *kps_stacks_alloc(struct kps_program *program, u32 max_entries)
{
	struct kps_stacks *stacks;

	if (!kps_memory_to_spare(kps_stacks_bytes(max_entries)))
		return NULL;
	stacks = vzalloc(kps_stacks_bytes(max_entries));
	if (!stacks)
		return NULL;
	stacks->program = program;
	stacks->mask = roundup_pow_of_two(max_entries) - 1;
	stacks->enough = (stacks->mask + 1) / 4 * 3;
	stacks->swept = jiffies - HZ;
	kps_secret_init(&stacks->secret);
	init_irq_work(&stacks->irq_work, ask_in_irq);
	INIT_DELAYED_WORK(&stacks->work, sweep_work);
	return stacks;
}

/** kps_stacks_free() - no handler runs that could ask for anything. May sleep. */
void kps_stacks_free(struct kps_stacks *stacks)
{
	if (!stacks)
		return;
	irq_work_sync(&stacks->irq_work);
	cancel_delayed_work_sync(&stacks->work);
	vfree(stacks);
}

/*
 * The @i-th place where a stack may be. Steps of the stack's own keep searches short
 * until nearly all is used; they are odd, and so come by each entry once.
 */
static struct entry *place(struct kps_stacks *stacks, u32 hash, u32 i)
{
	return &stacks->entries[(hash + i * (hash >> 16 | 1)) & stacks->mask];
}

static bool same_stack(const struct entry *entry, u32 hash,
		       const unsigned long *ips, u32 nr)
{
	/* Pairs with the release in fill(): its frames are there. */
	return READ_ONCE(entry->hash) == hash && smp_load_acquire(&entry->nr) == nr &&
	       !memcmp(entry->ips, ips, nr * sizeof(*ips));
}

/* It is in use, as @sweep or a later one will see. Return: false if it is too late. */
static bool touch(struct entry *entry, u32 sweep)
{
	u32 seen = READ_ONCE(entry->sweep);

	while (seen < sweep) {
		u32 was = cmpxchg(&entry->sweep, seen, sweep);

		if (was == seen)
			return true;
		seen = was;
	}
	return seen != CONDEMNED;
}

static bool claim(struct entry *entry, u32 hash)
{
	u32 seen = READ_ONCE(entry->hash);

	return seen < LEAST_HASH && cmpxchg(&entry->hash, seen, hash) == seen;
}

static void fill(struct entry *entry, u32 sweep, const unsigned long *ips, u32 nr)
{
	WRITE_ONCE(entry->sweep, sweep);
	memcpy(entry->ips, ips, nr * sizeof(*ips));
	/* Ready: whoever sees nr sees the frames. */
	smp_store_release(&entry->nr, nr);
}

static u64 number_of(const struct kps_stacks *stacks, const struct entry *entry)
{
	return (u64)READ_ONCE(entry->generation) << 32 |
	       (entry - stacks->entries + 1);
}

static struct entry *entry_of(struct kps_stacks *stacks, u64 id)
{
	u32 nr = id;
	struct entry *entry;

	if (!stacks || !nr || nr - 1 > stacks->mask)
		return NULL;
	entry = &stacks->entries[nr - 1];
	return READ_ONCE(entry->generation) == id >> 32 ? entry : NULL;
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
	u32 window = min_t(u32, MAX_SEARCH, stacks->mask + 1);
	u32 sweep = READ_ONCE(stacks->sweep);
	u32 i, room = 0;

	hash = max_t(u32, hash, LEAST_HASH);
	while (room < window) {
		struct entry *entry;

		for (i = room, room = window; i < window; i++) {
			u32 seen;

			entry = place(stacks, hash, i);
			seen = READ_ONCE(entry->hash);
			if (seen == hash && same_stack(entry, hash, ips, nr) &&
			    touch(entry, sweep))
				return number_of(stacks, entry);
			if (seen < LEAST_HASH)
				room = min(room, i);
			if (seen == NEVER_USED)
				break;
		}
		if (room == window)
			break;
		entry = place(stacks, hash, room);
		/* Who was first may have the same stack: look again from there. */
		if (!claim(entry, hash))
			continue;
		fill(entry, sweep, ips, nr);
		if (atomic_inc_return(&stacks->used) >= READ_ONCE(stacks->enough))
			ask_for_sweep(stacks);
		return number_of(stacks, entry);
	}
	ask_for_sweep(stacks);
	return -ENOSPC;
}

/** kps_stacks_get() - the frames of stack @id. Return: how many, 0 if none. */
u32 kps_stacks_get(struct kps_stacks *stacks, u64 id, const unsigned long **ips)
{
	struct entry *entry = entry_of(stacks, id);

	if (!entry)
		return 0;
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
	hash = READ_ONCE(entry_of(stacks, id)->hash);
	for (i = 0; i < MAX_SEARCH; i++) {
		struct entry *entry = place(stacks, hash, i);

		if (same_stack(entry, hash, ips, nr))
			return number_of(stacks, entry);
	}
	return id;
}

static void __kprobes use(struct kps_stacks *stacks, u64 id, u64 record)
{
	struct entry *entry = entry_of(stacks, id);
	u64 seen;

	if (!entry)
		return;
	touch(entry, READ_ONCE(stacks->sweep));
	seen = READ_ONCE(entry->recorded);
	while (seen < record) {
		u64 was = cmpxchg(&entry->recorded, seen, record);

		if (was == seen)
			break;
		seen = was;
	}
}

/**
 * kps_stacks_use() - stacks that fields hold are in use
 * @stacks: the table
 * @fields: what @data is; those that are no stacks do not matter
 * @nr: of them
 * @data: of a key, a plain value or a record
 * @record: a time when the record that it is part of was there; 0: it is of none
 *
 * Nothing is called that can be probed.
 *
 * Context: any. Return: what is behind @data.
 */
const u64 *__kprobes kps_stacks_use(struct kps_stacks *stacks,
				    const struct kps_field *fields, u32 nr,
				    const u64 *data, u64 record)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (kps_field_is_stack(&fields[i]))
			use(stacks, *data, record);
		data += fields[i].size / sizeof(u64);
	}
	return data;
}

/** kps_stacks_worth() - whether a sweep that is paid by a reset could be of use */
bool kps_stacks_worth(const struct kps_stacks *stacks)
{
	return stacks && atomic_read(&stacks->used) > stacks->mask / 8;
}

/** kps_stacks_ask() - for a sweep, soon. Context: any. */
void kps_stacks_ask(struct kps_stacks *stacks)
{
	ask_for_sweep(stacks);
}

/** kps_stacks_begin() - a sweep begins: what is used from now on is seen by it */
void kps_stacks_begin(struct kps_stacks *stacks)
{
	WRITE_ONCE(stacks->sweep, stacks->sweep + 1);
}

/**
 * kps_stacks_condemn() - what this sweep has not seen is to be used no more
 * @stacks: the table
 * @read: records older than that have been read
 *
 * Context: may sleep. Return: how many there are.
 */
u32 kps_stacks_condemn(struct kps_stacks *stacks, u64 read)
{
	u32 i, nr = 0;

	for (i = 0; i <= stacks->mask; i++) {
		struct entry *entry = &stacks->entries[i];
		u32 seen = READ_ONCE(entry->sweep);
		u64 recorded = READ_ONCE(entry->recorded);

		if (!(i & 255))
			cond_resched();
		/* Pairs with the release in fill(). */
		if (!smp_load_acquire(&entry->nr) || seen >= stacks->sweep ||
		    (recorded && recorded >= read))
			continue;
		nr += cmpxchg(&entry->sweep, seen, CONDEMNED) == seen;
	}
	return nr;
}

static void give_back(struct kps_stacks *stacks, struct entry *entry)
{
	WRITE_ONCE(entry->generation, entry->generation + 1);
	entry->recorded = 0;
	WRITE_ONCE(entry->sweep, 0);
	WRITE_ONCE(entry->nr, 0);
	atomic_dec(&stacks->used);
	/* Whoever claims it finds it empty. */
	smp_store_release(&entry->hash, GIVEN_BACK);
}

/*
 * Let searches end again at what is free, unless a stack lies behind it on the way. Who
 * claims an entry meanwhile may make a stack be kept twice, no more.
 */
static void shorten_searches(struct kps_stacks *stacks)
{
	u32 i, j;

	for (i = 0; i <= stacks->mask; i++) {
		struct entry *entry = &stacks->entries[i];
		u32 hash = READ_ONCE(entry->hash);

		if (!(i & 255))
			cond_resched();
		if (hash < LEAST_HASH)
			continue;
		for (j = 0; j < MAX_SEARCH; j++) {
			struct entry *passed = place(stacks, hash, j);

			if (passed == entry)
				break;
			passed->passed = stacks->sweep;
		}
	}
	for (i = 0; i <= stacks->mask; i++)
		if (stacks->entries[i].passed != stacks->sweep)
			cmpxchg(&stacks->entries[i].hash, GIVEN_BACK, NEVER_USED);
}

/** kps_stacks_give_back() - nobody uses what was condemned. May sleep. */
void kps_stacks_give_back(struct kps_stacks *stacks)
{
	u32 i;

	for (i = 0; i <= stacks->mask; i++) {
		if (!(i & 255))
			cond_resched();
		if (READ_ONCE(stacks->entries[i].sweep) == CONDEMNED)
			give_back(stacks, &stacks->entries[i]);
	}
	shorten_searches(stacks);
}

/** kps_stacks_end() - of a sweep: from now on another one may be asked for */
void kps_stacks_end(struct kps_stacks *stacks)
{
	const u32 size = stacks->mask + 1;
	u32 used = atomic_read(&stacks->used);

	WRITE_ONCE(stacks->enough, max(size / 4 * 3, used + size / 8));
	WRITE_ONCE(stacks->swept, jiffies);
	atomic_set(&stacks->asked, 0);
}

/** kps_stacks_used() - of the entries of a table. Return: how many. */
u32 kps_stacks_used(const struct kps_stacks *stacks)
{
	return stacks ? atomic_read(&stacks->used) : 0;
}

/** kps_stacks_max() - entries of a table, 0 if there is none */
u32 kps_stacks_max(const struct kps_stacks *stacks)
{
	return stacks ? stacks->mask + 1 : 0;
}

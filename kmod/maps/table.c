// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU tables: open addressing over preallocated slots.
 *
 * Only its own CPU writes to a table, with preemption off; what can come in
 * between is a nested event (softirq, interrupt, NMI) on the same CPU.  So a
 * slot is claimed and an index entry published by cmpxchg_local, and counters
 * change by local64 operations.  Two nested events that insert the same key
 * agree on one slot; the other's stays unused.  Other CPUs only read, but for one word:
 * a key that is deleted is marked, see kps_table_delete().
 */
#include <linux/irqflags.h>
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "kpstat.h"
#include "maps/kinds.h"

/*
 * Index entries that a search looks at. The index is half empty at least, and so
 * among a million keys no search goes on for a hundred; should one, what it
 * looks for is lost as if there were no slot.
 */
#define MOST_PROBES 256

/* 2^64 divided by the golden ratio, odd. */
#define SPREAD 0x9e3779b97f4a7c15ULL

/** kps_secret_init() - a new one, for an empty table. Context: any but NMI. */
void kps_secret_init(struct kps_secret *secret)
{
	get_random_bytes(secret, sizeof(*secret));
	secret->factor |= 1;
}

/**
 * kps_hash() - of a key
 * @secret: of the table
 * @key: the key
 * @words: u64 that it has
 *
 * Keys are chosen by whoever likes to: names of files, of tasks, arguments. So
 * that nobody can choose keys that meet in one place, each word is multiplied by a
 * secret number, to 128 bits, whose halves are folded into one. Two words that
 * differ by D, an odd number times 2^k, have products that differ by D * factor.
 * Where k is large that changes nothing in the lowest bits of the lower half, but
 * the upper half adds to them its own from bit 64 - k of (D >> k) * factor on,
 * which are as random as the factor; where k is small the lower half differs
 * itself, by random bits. So whichever two keys are compared, about one secret in
 * as many as the index has places lets them meet, as if places were drawn by lot.
 * And a later word cannot be chosen to undo what an earlier one did: for that one
 * would have to know D * factor, all of it.
 *
 * That holds for keys that are chosen without the secret. Nothing shows it, nor a
 * hash, nor the order of a table: what is read is sorted by what it says. Each
 * reset, and each reading, has another one.
 *
 * Few meet, but under some secrets keys in a row, or in steps of 4,096, would lie
 * in a row, and searches among them would be long: one secret in two hundred lets
 * 20,000 such keys lie in runs of hundreds. So at the end the bits are spread,
 * which lets nobody meet who did not (the longest run is then 25).
 *
 * It takes six instructions for each word and three at the end; siphash takes some
 * thirty for each, and sixty.
 *
 * Return: the hash, never 0.
 */
u32 __kprobes kps_hash(const struct kps_secret *secret, const u64 *key,
		       u32 words)
{
	const u64 factor = secret->factor;
	u64 hash = secret->start;

	while (words--) {
		unsigned __int128 product =
			(unsigned __int128)(hash ^ *key++) * factor;

		hash = (u64)product ^ (u64)(product >> 64);
	}
	return (u32)(hash * SPREAD >> 32) | 1U << 31;
}

static u32 index_size(const struct kps_map *map)
{
	return roundup_pow_of_two(2 * map->max_entries);
}

static u32 slot_size(const struct kps_map *map)
{
	return sizeof(struct kps_slot) + map->key_size + map->value_size;
}

static size_t slots_offset(const struct kps_map *map)
{
	return ALIGN(sizeof(struct kps_table) +
		     index_size(map) * sizeof(u32), 8);
}

/** kps_table_bytes() - memory of one CPU's table of @map */
size_t kps_table_bytes(const struct kps_map *map)
{
	return slots_offset(map) + (size_t)slot_size(map) * map->max_entries;
}

/**
 * kps_table_alloc_full() - one that has no slot for any key
 * @map: that has keys
 * @node: where
 *
 * For who cannot be refused when there is no memory: what events would add is
 * overflow.
 *
 * Context: may sleep. Return: the table, or NULL.
 */
struct kps_table *kps_table_alloc_full(const struct kps_map *map, int node)
{
	struct kps_table *table;

	/* A search ends at an entry that is free: there are two. */
	table = kzalloc_node(struct_size(table, index, 2), GFP_KERNEL, node);
	if (!table)
		return NULL;
	table->mask = 1;
	table->slot_size = slot_size(map);
	kps_secret_init(&table->secret);
	return table;
}

/** kps_table_alloc() - an empty table on @node. May sleep. Return: or NULL. */
struct kps_table *kps_table_alloc(const struct kps_map *map, int node)
{
	struct kps_table *table;
	u32 i;

	if (!kps_memory_to_spare(kps_table_bytes(map)))
		return NULL;
	table = vzalloc_node(kps_table_bytes(map), node);
	if (!table)
		return NULL;
	table->max = map->max_entries;
	table->mask = index_size(map) - 1;
	table->slot_size = slot_size(map);
	table->slots = (u8 *)table + slots_offset(map);
	kps_secret_init(&table->secret);
	for (i = 0; i < table->max; i++)
		kps_value_init(map, kps_table_slot_at(table, i)->data +
				    map->key_size / 8);
	return table;
}

/* A slot of this event's own, or NULL if all are taken. */
static struct kps_slot *claim_slot(struct kps_table *table, u32 *nr)
{
	u32 claimed;

	do {
		claimed = READ_ONCE(table->claimed);
		if (claimed >= table->max)
			return NULL;
	} while (cmpxchg_local(&table->claimed, claimed, claimed + 1) !=
		 claimed);
	*nr = claimed;
	return kps_table_slot_at(table, claimed);
}

static __always_inline bool same_key(const u64 *a, const u64 *b, u32 words)
{
	while (words--)
		if (*a++ != *b++)
			return false;
	return true;
}

static void copy_words(u64 *to, const u64 *from, u32 words)
{
	while (words--)
		*to++ = *from++;
}

/*
 * A map without key has one slot.  It counts as claimed from the first event
 * on: a map that nothing was added to has no entry.
 */
static u64 *only_slot(struct kps_table *table)
{
	if (!READ_ONCE(table->claimed))
		WRITE_ONCE(table->claimed, 1);
	return kps_table_slot_at(table, 0)->data;
}

static __always_inline bool holds(const struct kps_slot *slot, u32 hash,
				  const u64 *key, u32 words)
{
	return slot->hash == hash && same_key(slot->data, key, words);
}

/*
 * From @at on, where the index has no entry, in at most @left places. Whoever
 * came in between may have inserted the same key. Return: the value's counters,
 * NULL if there is no slot.
 */
static noinline u64 *__kprobes insert(struct kps_table *table, const u64 *key,
				      u32 words, u32 hash, u32 at, u32 left)
{
	struct kps_slot *mine, *slot;
	u32 nr = 0, entry;

	mine = claim_slot(table, &nr);
	if (!mine)
		return NULL;
	mine->hash = hash;
	copy_words(mine->data, key, words);
	/* Readers on other CPUs must see the key first. */
	smp_wmb();
	for (; left; left--, at = (at + 1) & table->mask) {
		entry = cmpxchg_local(&table->index[at], 0, nr + 1);
		if (!entry)
			return mine->data + words;
		slot = kps_table_slot_at(table, entry - 1);
		if (holds(slot, hash, key, words))
			return slot->data + words;
	}
	return NULL;
}

/* By its hash. It is what the next event will look at first. */
static noinline u64 *__kprobes find(struct kps_table *table, const u64 *key,
				    u32 words)
{
	u32 hash = kps_hash(&table->secret, key, words);
	u32 at = hash & table->mask, left, entry;
	struct kps_slot *slot;

	for (left = MOST_PROBES; left; left--, at = (at + 1) & table->mask) {
		entry = READ_ONCE(table->index[at]);
		if (unlikely(!entry))
			return insert(table, key, words, hash, at, left);
		slot = kps_table_slot_at(table, entry - 1);
		if (holds(slot, hash, key, words)) {
			WRITE_ONCE(table->last, slot);
			return slot->data + words;
		}
	}
	return NULL;
}

/** kps_slot_is_there() - if so, what its counters have is what came since it was there */
bool __kprobes kps_slot_is_there(const struct kps_slot *slot)
{
	/* Pairs with smp_store_release() in bring_back(). */
	return !smp_load_acquire(&slot->gone);
}

/** kps_table_has_only() - whether a map without key has something in a CPU's table */
bool __kprobes kps_table_has_only(const struct kps_table *table)
{
	return READ_ONCE(table->claimed) &&
	       kps_slot_is_there(kps_table_slot_at(table, 0));
}

/**
 * kps_table_peek() - a key's counters in the table of any CPU
 * @table: may be written to meanwhile
 * @map: that it belongs to
 * @key: map->key_size bytes
 *
 * Context: any. Return: NULL if it has no such key.
 */
const u64 *__kprobes kps_table_peek(const struct kps_table *table,
				    const struct kps_map *map, const u64 *key)
{
	const u32 words = map->key_size / 8;
	u32 hash, at, left, entry;

	if (!words)
		return kps_table_has_only(table) ?
			kps_table_slot_at(table, 0)->data : NULL;
	hash = kps_hash(&table->secret, key, words);
	at = hash & table->mask;
	for (left = MOST_PROBES; left; left--, at = (at + 1) & table->mask) {
		const struct kps_slot *slot;

		/* Pairs with smp_wmb() in insert(): the key is there. */
		entry = smp_load_acquire(&table->index[at]);
		if (!entry)
			return NULL;
		slot = kps_table_slot_at(table, entry - 1);
		if (holds(slot, hash, key, words))
			return kps_slot_is_there(slot) ? slot->data + words : NULL;
	}
	return NULL;
}

/**
 * kps_table_next() - one key after the other, of any CPU's table
 * @table: may be written to meanwhile
 * @map: that it belongs to; it has keys
 * @at: 0 at first
 * @key: is set to it; it stays as it is
 *
 * Context: any. Return: the key's counters, or NULL: that was all.
 */
const u64 *__kprobes kps_table_next(const struct kps_table *table,
				    const struct kps_map *map, u32 *at,
				    const u64 **key)
{
	const u32 words = map->key_size / sizeof(**key);

	while (*at <= table->mask) {
		/* Pairs with smp_wmb() in insert(): the key is there. */
		u32 entry = smp_load_acquire(&table->index[(*at)++]);
		const struct kps_slot *slot;

		if (!entry)
			continue;
		slot = kps_table_slot_at(table, entry - 1);
		if (!kps_slot_is_there(slot))
			continue;
		*key = slot->data;
		return slot->data + words;
	}
	return NULL;
}

/* A key's counters; it is inserted if it is new. NULL: there is no slot left. */
static __always_inline u64 *slot_of(struct kps_table *table,
				    const struct kps_map *map, const u64 *key)
{
	const u32 words = map->key_size / 8;
	struct kps_slot *last;

	if (!words)
		return only_slot(table);
	/* Events of one task follow each other. */
	last = READ_ONCE(table->last);
	if (last && same_key(last->data, key, words))
		return last->data + words;
	return find(table, key, words);
}

/**
 * kps_table_copy_keys() - give a table the keys of another, with no events yet
 * @to: empty, and reached by no event
 * @from: may be in use
 * @map: of both
 *
 * Context: task, may sleep. Keys that come meanwhile may be missing, and one that is
 * deleted meanwhile may be there, with no events.
 */
void kps_table_copy_keys(struct kps_table *to, const struct kps_table *from,
			 const struct kps_map *map)
{
	u32 i;

	if (!map->key_size) {
		to->claimed = kps_table_has_only(from);
		return;
	}
	for (i = 0; i <= from->mask; i++) {
		/* Pairs with smp_wmb() in insert(): the key is there. */
		u32 entry = smp_load_acquire(&from->index[i]);

		if (entry && kps_slot_is_there(kps_table_slot_at(from, entry - 1)))
			slot_of(to, map,
				kps_table_slot_at(from, entry - 1)->data);
		if (!(i & 255))
			cond_resched();
	}
}

static local64_t *counter(u64 *value, u32 nr)
{
	return (local64_t *)&value[nr];
}

static void lower(local64_t *to, s64 value)
{
	s64 old = local64_read(to);

	while (value < old) {
		s64 seen = local64_cmpxchg(to, old, value);

		if (seen == old)
			return;
		old = seen;
	}
}

static void raise(local64_t *to, s64 value)
{
	s64 old = local64_read(to);

	while (value > old) {
		s64 seen = local64_cmpxchg(to, old, value);

		if (seen == old)
			return;
		old = seen;
	}
}

/* bpftrace's hist() with bits, see KPS_HIST_BUCKETS. */
static u32 fine_bucket(s64 value, u32 bits)
{
	u32 octave;

	if (value < 0)
		return 0;
	if (value < BIT(bits))
		return 1 + value;
	octave = __fls(value) - bits;
	return 1 + (octave << bits) + (value >> octave);
}

/* Without them: below 0, 0, 1, [2, 4), [4, 8) .. [2^62, 2^63). */
static u32 hist_bucket(const struct kps_map *map, s64 value)
{
	if (unlikely(map->bits))
		return fine_bucket(value, map->bits);
	if (value < 0)
		return 0;
	if (!value)
		return 1;
	return 2 + __fls(value);
}

/* bpftrace's lhist(): below min, steps, from max on. */
static u32 lhist_bucket(const struct kps_map *map, s64 value)
{
	const struct kps_lhist *lhist = &map->lhist;

	if (value < lhist->min)
		return 0;
	if (value >= lhist->max)
		return map->value_size / sizeof(u64) - 1;
	return 1 + div64_u64((u64)value - (u64)lhist->min, lhist->step);
}

/* The one switch over kinds: the event path calls nothing through a pointer. */
static __always_inline void add(const struct kps_map *map, u64 *slot, s64 value)
{
	switch (map->kind) {
	case KPS_MAP_COUNT:
		local64_inc(counter(slot, 0));
		break;
	case KPS_MAP_HIST:
		local64_inc(counter(slot, hist_bucket(map, value)));
		break;
	case KPS_MAP_SUM:
		local64_add(value, counter(slot, 0));
		break;
	case KPS_MAP_AVG:
	case KPS_MAP_STATS:
		local64_inc(counter(slot, 0));
		local64_add(value, counter(slot, 1));
		break;
	case KPS_MAP_MIN:
		lower(counter(slot, 0), value);
		break;
	case KPS_MAP_MAX:
		raise(counter(slot, 0), value);
		break;
	case KPS_MAP_LHIST:
		local64_inc(counter(slot, lhist_bucket(map, value)));
		break;
	case KPS_MAP_VALUE:
	case __KPS_MAP_KIND_NR:
		break;
	}
}

/**
 * kps_table_update() - aggregate one event
 * @table: of this CPU
 * @map: that it belongs to
 * @key: map->key_size bytes
 * @value: ignored by a count
 *
 * Context: any, with preemption off. Return: 0, -ENOSPC if there is no slot.
 */
int __kprobes kps_table_update(struct kps_table *table,
			       const struct kps_map *map, const u64 *key,
			       s64 value)
{
	u64 *slot = slot_of(table, map, key);

	if (unlikely(!slot)) {
		local64_inc(&table->overflow);
		return -ENOSPC;
	}
	add(map, slot, value);
	return 0;
}

/** kps_table_update_only() - the same, of a map without key: there is a slot */
void __kprobes kps_table_update_only(struct kps_table *table,
				     const struct kps_map *map, s64 value)
{
	add(map, only_slot(table), value);
}

static struct kps_slot *slot_with(const struct kps_map *map, const u64 *value)
{
	const u64 *key = value - map->key_size / sizeof(*key);

	return (struct kps_slot *)((u8 *)key - offsetof(struct kps_slot, data));
}

/*
 * The key comes again: its counters begin anew. No other event of this CPU is in the midst
 * of them. It is there when they have been cleared, whoever reads them; and no CPU marks
 * what is gone already, so this is not undone.
 */
static void bring_back(const struct kps_map *map, struct kps_slot *slot, u64 *value)
{
	u32 i;

	for (i = 0; i < map->value_size / sizeof(*value); i++)
		WRITE_ONCE(value[i], i ? 0 : kps_kinds[map->kind]->nothing);
	/* Who sees that it is there must see the counters as they are now. */
	smp_store_release(&slot->gone, 0);
}

/**
 * kps_table_count() - aggregate one event, in a map from which keys are deleted
 * @table: of this CPU
 * @map: that it belongs to; it has .forgets
 * @key: map->key_size bytes
 * @value: ignored by a count
 *
 * Whether the key is gone is looked at once. Who marks it behind that look has deleted this
 * event, too: it came first. Who marked it before that has not, and what he deleted is
 * cleared here, by the CPU that counts, before it is added to; so nothing that was deleted
 * comes again, and nothing is cleared that came after it.
 *
 * Interrupts are off, and so only an NMI can come in between. It finds @table->counting and
 * clears nothing, for the event below may be about to, or have added to one counter of two:
 * where it would have to, it is lost, and says so.
 *
 * Context: any, with preemption off. Return: 0, -ENOSPC if there is no slot, -EBUSY.
 */
int __kprobes kps_table_count(struct kps_table *table, const struct kps_map *map,
			      const u64 *key, s64 value)
{
	struct kps_slot *slot;
	unsigned long flags;
	int err = 0;
	u64 *its;

	local_irq_save(flags);
	WRITE_ONCE(table->counting, table->counting + 1);
	barrier();
	its = slot_of(table, map, key);
	if (!its) {
		local64_inc(&table->overflow);
		err = -ENOSPC;
		goto out;
	}
	slot = slot_with(map, its);
	if (unlikely(READ_ONCE(slot->gone))) {
		if (table->counting > 1) {
			err = -EBUSY;
			goto out;
		}
		bring_back(map, slot, its);
	}
	add(map, its, value);
out:
	barrier();
	WRITE_ONCE(table->counting, table->counting - 1);
	local_irq_restore(flags);
	return err;
}

/**
 * kps_table_delete() - a key is gone, until it comes again
 * @table: of any CPU; its own may be counting meanwhile
 * @map: that it belongs to; it has .forgets
 * @key: map->key_size bytes
 *
 * Nothing is taken out of an index: the slot stays, is marked, and is passed over by all
 * who read. Its counters are left alone: only their own CPU writes to them.
 *
 * Context: any. Return: whether it was there.
 */
bool __kprobes kps_table_delete(struct kps_table *table, const struct kps_map *map,
				const u64 *key)
{
	const u64 *value = kps_table_peek(table, map, key);

	/* Of several who delete it one has. */
	return value && !cmpxchg(&slot_with(map, value)->gone, 0, 1);
}

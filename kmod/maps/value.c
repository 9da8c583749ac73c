// SPDX-License-Identifier: GPL-2.0
/*
 * Plain values, shared by all CPUs: what one probe sets, another reads or
 * deletes wherever it runs.
 *
 * A hash table of preallocated nodes.  A bucket is guarded by a lock of its
 * own, taken with interrupts off and held for a few dozen instructions; with
 * twice as many buckets as nodes two CPUs rarely meet.  A locked bucket holds the
 * number of the CPU that has it, which knows the chain meanwhile.  An NMI can
 * interrupt the holder on its own CPU, where waiting would never end: there it
 * gives up at once, and the event is counted as lost (busy).  For another CPU it
 * waits, as everybody does: what a breakpoint calls is an NMI to the kernel, too,
 * and may be the commonest there is.
 * Free nodes are a lock-free stack; its head carries a tag against ABA.
 */
#include <linux/atomic.h>
#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "kpstat.h"

#define BUCKET_LOCKED (1U << 31)
/*
 * Two NMIs, each on a CPU that holds what the other one wants, would wait for each
 * other. Some tens of milliseconds are more than any holder takes whose CPU runs.
 */
#define NMI_TRIES (1 << 20)

struct value_node {
	u32 next;	/* node's number plus 1, 0 at the end */
	u32 unused;
	u64 data[];
};

struct kps_values {
	u32 key_words;
	u32 value_words;
	u32 max;
	u32 mask;
	u32 node_size;
	atomic_t count;
	atomic64_t overflow;
	atomic64_t free;	/* low half: node's number plus 1, high: tag */
	u8 *nodes;
	struct kps_secret secret;
	/*
	 * A bucket's first node plus 1; or BUCKET_LOCKED and the CPU that alone
	 * may look at chain and nodes.
	 */
	atomic_t buckets[];
};

static u32 nr_buckets(u32 max_entries)
{
	return roundup_pow_of_two(2 * max_entries);
}

static size_t buckets_bytes(u32 max_entries)
{
	return ALIGN(sizeof(struct kps_values) +
		     nr_buckets(max_entries) * sizeof(atomic_t), 8);
}

static u32 node_size(u32 key_size, u32 value_size)
{
	return sizeof(struct value_node) + key_size + value_size;
}

size_t kps_values_bytes(u32 key_size, u32 value_size, u32 max_entries)
{
	return buckets_bytes(max_entries) +
	       (size_t)node_size(key_size, value_size) * max_entries;
}

static struct value_node *node_at(const struct kps_values *values, u32 nr)
{
	return (struct value_node *)(values->nodes +
			       (size_t)(nr - 1) * values->node_size);
}

/**
 * kps_values_alloc() - an empty table of plain values
 * @key_size: bytes, a multiple of 8, may be 0
 * @value_size: bytes, a multiple of 8
 * @max_entries: keys that it can hold
 *
 * Context: may sleep. Return: the table or NULL.
 */
struct kps_values *kps_values_alloc(u32 key_size, u32 value_size,
				    u32 max_entries)
{
	size_t bytes = kps_values_bytes(key_size, value_size, max_entries);
	struct kps_values *values;
	u32 i;

	if (!kps_memory_to_spare(bytes))
		return NULL;
	values = vzalloc(bytes);
	if (!values)
		return NULL;
	values->key_words = key_size / sizeof(u64);
	values->value_words = value_size / sizeof(u64);
	values->max = max_entries;
	values->mask = nr_buckets(max_entries) - 1;
	values->node_size = node_size(key_size, value_size);
	values->nodes = (u8 *)values + buckets_bytes(max_entries);
	kps_secret_init(&values->secret);
	for (i = 1; i < max_entries; i++)
		node_at(values, i)->next = i + 1;
	atomic64_set(&values->free, 1);
	return values;
}

void kps_values_free(struct kps_values *values)
{
	vfree(values);
}

static u32 pop_free(struct kps_values *values)
{
	s64 head = atomic64_read(&values->free);

	for (;;) {
		u32 nr = (u32)head;
		u64 tag = (u64)head >> 32;
		s64 next, seen;

		if (!nr)
			return 0;
		/* May be stale by now; then the tag has moved on. */
		next = READ_ONCE(node_at(values, nr)->next);
		next |= (tag + 1) << 32;
		seen = atomic64_cmpxchg(&values->free, head, next);
		if (seen == head)
			return nr;
		head = seen;
	}
}

static void push_free(struct kps_values *values, u32 nr)
{
	s64 head = atomic64_read(&values->free);

	for (;;) {
		u64 tag = (u64)head >> 32;
		s64 seen;

		WRITE_ONCE(node_at(values, nr)->next, (u32)head);
		seen = atomic64_cmpxchg(&values->free, head,
					(tag + 1) << 32 | nr);
		if (seen == head)
			return;
		head = seen;
	}
}

/* Interrupts are off. False: in NMI, and whoever holds it is below, or stuck. */
static bool lock_bucket(atomic_t *bucket, u32 *head)
{
	const u32 mine = BUCKET_LOCKED | raw_smp_processor_id();
	unsigned int tries = 0;

	for (;;) {
		u32 seen = atomic_read(bucket);

		if (!(seen & BUCKET_LOCKED) &&
		    atomic_cmpxchg_acquire(bucket, seen, mine) == seen) {
			*head = seen;
			return true;
		}
		if (unlikely(seen == mine) ||
		    (in_nmi() && ++tries > NMI_TRIES))
			return false;
		cpu_relax();
	}
}

static void unlock_bucket(atomic_t *bucket, u32 head)
{
	atomic_set_release(bucket, head);
}

static bool same_key(const struct kps_values *values, const struct value_node *node,
		     const u64 *key)
{
	u32 i;

	for (i = 0; i < values->key_words; i++)
		if (node->data[i] != key[i])
			return false;
	return true;
}

/*
 * While a bucket is locked nothing is called that can be probed: a clause there
 * may want the same bucket, on the CPU that holds it, and would wait for ever.
 * barrier() keeps the compiler from making memcpy() and memset() of these.
 */
static void copy_words(u64 *to, const u64 *from, u32 words)
{
	while (words--) {
		*to++ = *from++;
		barrier();
	}
}

static void clear_words(u64 *to, u32 words)
{
	while (words--) {
		*to++ = 0;
		barrier();
	}
}

static u32 find(const struct kps_values *values, u32 head, const u64 *key)
{
	u32 nr = head;

	while (nr && !same_key(values, node_at(values, nr), key))
		nr = node_at(values, nr)->next;
	return nr;
}

/* A key's bucket, locked, with interrupts off. */
struct place {
	atomic_t *bucket;
	unsigned long flags;
	u32 head;	/* the chain's first node plus 1; what leave() puts back */
};

static bool enter_bucket(struct place *place, atomic_t *bucket)
{
	place->bucket = bucket;
	local_irq_save(place->flags);
	if (!lock_bucket(bucket, &place->head)) {
		local_irq_restore(place->flags);
		return false;
	}
	return true;
}

/* False: in NMI, and the bucket is locked below it. */
static bool enter(struct kps_values *values, const u64 *key,
		  struct place *place)
{
	u32 hash = kps_hash(&values->secret, key, values->key_words);

	return enter_bucket(place, &values->buckets[hash & values->mask]);
}

static void leave(struct place *place)
{
	unlock_bucket(place->bucket, place->head);
	local_irq_restore(place->flags);
}

static u64 *value_of(const struct kps_values *values, u32 nr)
{
	return node_at(values, nr)->data + values->key_words;
}

static int no_room(struct kps_values *values)
{
	atomic64_inc(&values->overflow);
	return -ENOSPC;
}

static bool is_full(const struct kps_values *values, u32 head)
{
	u32 nr = head, in;

	for (in = 0; nr; nr = node_at(values, nr)->next)
		if (++in == KPS_MOST_IN_BUCKET)
			return true;
	return false;
}

/* The bucket is locked. Return: the node's number, 0 if there is none left. */
static u32 insert(struct kps_values *values, u32 *head, const u64 *key)
{
	struct value_node *node;
	u32 nr;

	if (is_full(values, *head))
		return 0;
	nr = pop_free(values);
	if (!nr)
		return 0;
	node = node_at(values, nr);
	copy_words(node->data, key, values->key_words);
	/* pop_free() of another CPU may still look at it: see there. */
	WRITE_ONCE(node->next, *head);
	*head = nr;
	atomic_inc(&values->count);
	return nr;
}

/**
 * kps_values_set() - set a key's value, insert it if it is new
 * @values: the table
 * @key: key_size bytes
 * @value: value_size bytes
 *
 * Context: any. Return: 0, -ENOSPC (full), -EBUSY (in NMI).
 */
int __kprobes kps_values_set(struct kps_values *values, const u64 *key,
			     const u64 *value)
{
	struct place place;
	u32 nr;

	if (!enter(values, key, &place))
		return -EBUSY;
	nr = find(values, place.head, key) ?: insert(values, &place.head, key);
	if (nr)
		copy_words(value_of(values, nr), value, values->value_words);
	leave(&place);
	return nr ? 0 : no_room(values);
}

/**
 * kps_values_add() - add to a key's number, 0 if it is new
 * @values: a table whose values are one number each
 * @key: key_size bytes
 * @number: what is added
 * @sum: set to what it is then
 *
 * Context: any. Return: 0, -ENOSPC (full), -EBUSY (in NMI).
 */
int __kprobes kps_values_add(struct kps_values *values, const u64 *key,
			     u64 number, u64 *sum)
{
	struct place place;
	u32 nr;

	if (!enter(values, key, &place))
		return -EBUSY;
	nr = find(values, place.head, key);
	if (!nr) {
		nr = insert(values, &place.head, key);
		if (nr)
			*value_of(values, nr) = 0;
	}
	if (nr)
		*sum = *value_of(values, nr) += number;
	leave(&place);
	return nr ? 0 : no_room(values);
}

/**
 * kps_values_get() - copy a key's value
 * @values: the table
 * @key: key_size bytes
 * @value: value_size bytes, untouched if there is none
 *
 * Context: any. Return: 1 found, 0 not, -EBUSY (in NMI).
 */
int __kprobes kps_values_get(struct kps_values *values, const u64 *key,
			     u64 *value)
{
	struct place place;
	u32 nr;

	if (!enter(values, key, &place))
		return -EBUSY;
	nr = find(values, place.head, key);
	if (nr)
		copy_words(value, value_of(values, nr), values->value_words);
	leave(&place);
	return nr ? 1 : 0;
}

/* The bucket is locked and holds @nr: take it out of the chain. */
static void unlink(struct kps_values *values, u32 *head, u32 nr)
{
	u32 next = node_at(values, nr)->next;
	u32 at = *head;

	if (at == nr) {
		*head = next;
		return;
	}
	while (node_at(values, at)->next != nr)
		at = node_at(values, at)->next;
	node_at(values, at)->next = next;
}

/**
 * kps_values_delete() - forget a key
 * @values: the table
 * @key: key_size bytes
 *
 * Context: any. Return: 1 deleted, 0 there was none, -EBUSY (in NMI).
 */
int __kprobes kps_values_delete(struct kps_values *values, const u64 *key)
{
	struct place place;
	u32 nr;

	if (!enter(values, key, &place))
		return -EBUSY;
	nr = find(values, place.head, key);
	if (nr)
		unlink(values, &place.head, nr);
	leave(&place);
	if (!nr)
		return 0;
	push_free(values, nr);
	atomic_dec(&values->count);
	return 1;
}

/* Its bucket is locked. */
static void copy_node(const struct kps_values *values, u32 nr, u64 *key, u64 *value)
{
	copy_words(key, node_at(values, nr)->data, values->key_words);
	copy_words(value, value_of(values, nr), values->value_words);
}

/*
 * The first of the walk's next bucket that has some; the others are noted. The block that
 * is run for each of them may change the chain, and so may others.
 * Return: 1 copied, 0 there is none, -EBUSY (in NMI).
 */
static int enter_next(struct kps_values *values, struct kps_walk *walk, u64 *key,
		      u64 *value)
{
	struct place place;
	u32 nr;

	while (walk->bucket <= values->mask &&
	       !atomic_read(&values->buckets[walk->bucket]))
		walk->bucket++;
	if (walk->bucket > values->mask)
		return 0;
	if (!enter_bucket(&place, &values->buckets[walk->bucket++]))
		return -EBUSY;
	if (place.head) {
		copy_node(values, place.head, key, value);
		for (nr = node_at(values, place.head)->next; nr;
		     nr = node_at(values, nr)->next)
			walk->nodes[walk->left++] = nr;
	}
	leave(&place);
	return !!place.head;
}

/* Return: 1 copied, 0 it is not in the walk's bucket any more, -EBUSY (in NMI). */
static int find_again(struct kps_values *values, const struct kps_walk *walk, u32 wanted,
		      u64 *key, u64 *value)
{
	struct place place;
	u32 nr;

	if (!enter_bucket(&place, &values->buckets[walk->bucket - 1]))
		return -EBUSY;
	nr = place.head;
	while (nr && nr != wanted)
		nr = node_at(values, nr)->next;
	if (nr)
		copy_node(values, nr, key, value);
	leave(&place);
	return !!nr;
}

/**
 * kps_values_next() - copy one key after the other, with its value
 * @values: the table; all may be changed between two calls
 * @walk: zeros at first
 * @key: key_size bytes
 * @value: value_size bytes
 *
 * Keys that stay are seen once, those that come or go meanwhile once or not.
 *
 * Context: any. Return: 1 copied, 0 that was all, -EBUSY (in NMI): one key, or those of one
 * bucket, are passed over; go on.
 */
int __kprobes kps_values_next(struct kps_values *values, struct kps_walk *walk,
			      u64 *key, u64 *value)
{
	int found = 0;

	while (!found) {
		if (walk->left)
			found = find_again(values, walk, walk->nodes[--walk->left],
					   key, value);
		else if (walk->bucket <= values->mask)
			found = enter_next(values, walk, key, value);
		else
			break;
	}
	return found;
}

u32 kps_values_count(const struct kps_values *values)
{
	return atomic_read(&values->count);
}

u64 kps_values_overflow(const struct kps_values *values)
{
	return atomic64_read(&values->overflow);
}

/* Copy one chain out; with @take it is emptied. Return: entries copied. */
static u32 copy_bucket(struct kps_values *values, atomic_t *bucket, u64 *out,
		       u32 max, bool take)
{
	const u32 words = values->key_words + values->value_words;
	struct place place;
	u32 nr, copied = 0;

	enter_bucket(&place, bucket);
	for (nr = place.head; nr && copied < max; copied++) {
		u32 next = node_at(values, nr)->next;

		copy_words(out + (size_t)copied * words,
			   node_at(values, nr)->data, words);
		if (take) {
			push_free(values, nr);
			atomic_dec(&values->count);
			place.head = next;
		}
		nr = next;
	}
	leave(&place);
	return copied;
}

/**
 * kps_values_copy() - copy all entries, bucket by bucket
 * @values: the table
 * @out: room for @max entries of key and value
 * @max: the table's max_entries is always enough
 * @take: delete what is copied
 *
 * Context: task. Return: entries copied.
 */
u32 kps_values_copy(struct kps_values *values, u64 *out, u32 max, bool take)
{
	const u32 words = values->key_words + values->value_words;
	u32 i, copied = 0;

	for (i = 0; i <= values->mask; i++) {
		if (!atomic_read(&values->buckets[i]))
			continue;
		copied += copy_bucket(values, &values->buckets[i],
				      out + (size_t)copied * words,
				      max - copied, take);
		cond_resched();
	}
	return copied;
}

static void use_bucket(struct kps_values *values, atomic_t *bucket,
		       const struct kps_map *map, struct kps_stacks *stacks)
{
	struct place place;
	u32 nr;

	enter_bucket(&place, bucket);
	for (nr = place.head; nr; nr = node_at(values, nr)->next) {
		const u64 *value = kps_stacks_use(stacks, map->key, map->nr_key,
						  node_at(values, nr)->data, 0);

		kps_stacks_use(stacks, map->value, map->nr_value, value, 0);
	}
	leave(&place);
}

/** kps_values_use() - stacks in keys and values are in use. Context: task. */
void kps_values_use(struct kps_values *values, const struct kps_map *map,
		    struct kps_stacks *stacks)
{
	u32 i;

	for (i = 0; i <= values->mask; i++) {
		if (atomic_read(&values->buckets[i]))
			use_bucket(values, &values->buckets[i], map, stacks);
		cond_resched();
	}
}

static void zero_bucket(struct kps_values *values, atomic_t *bucket)
{
	struct place place;
	u32 nr;

	enter_bucket(&place, bucket);
	for (nr = place.head; nr; nr = node_at(values, nr)->next)
		clear_words(value_of(values, nr), values->value_words);
	leave(&place);
}

/** kps_values_zero() - all keys stay, their values are zero. Context: task. */
void kps_values_zero(struct kps_values *values)
{
	u32 i;

	for (i = 0; i <= values->mask; i++) {
		if (atomic_read(&values->buckets[i]))
			zero_bucket(values, &values->buckets[i]);
		cond_resched();
	}
}

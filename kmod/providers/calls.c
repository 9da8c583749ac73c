// SPDX-License-Identifier: GPL-2.0
/*
 * When calls of a function of user space were entered, for kernels that keep nothing
 * with a call.
 *
 * A call is known by its task and by where its return address lies on the stack, which no
 * other call has that is under way: recursion and threads are told apart. Nobody says
 * that a call will not return (longjmp(), exit(), exec()), so what is older makes room for
 * what is newer among the eight places that both may have. Who is put out by that is not
 * found when it returns.
 *
 * A place is its task's: that alone looks at what is in it, and gives it up. Who fills
 * it makes it nobody's meanwhile (BUSY). Another task takes it by changing whose it is,
 * and the owner sees that when it wants to give it up.
 */
#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../maps/maps.h"
#include "providers/calls.h"

#define WAYS 8

/* Tries to find room while others take it. */
#define TRIES 4

#define BUSY ((struct task_struct *)1)

/**
 * struct call - a place for one
 * @task: whose it is, never dereferenced; NULL: nobody's; or BUSY
 * @stack: where its return address lies
 * @entered: ns
 */
struct call {
	struct task_struct *task;
	unsigned long stack;
	u64 entered;
};

struct kps_calls {
	struct kps_secret secret;
	u32 mask;
	struct call sets[][WAYS];
};

/* Twice as many places as there may be calls: they do not fill all sets alike. */
static u32 nr_sets(u32 nr)
{
	return roundup_pow_of_two(DIV_ROUND_UP(2 * nr, WAYS));
}

/** kps_calls_bytes() - memory that they take */
size_t kps_calls_bytes(u32 nr)
{
	return sizeof(struct kps_calls) + nr_sets(nr) * sizeof(struct call[WAYS]);
}

/**
 * kps_calls_alloc() - room for calls under way
 * @nr: at once, at least 1
 *
 * Context: may sleep. Return: for kps_calls_free(), or NULL.
 */
struct kps_calls *kps_calls_alloc(u32 nr)
{
	struct kps_calls *calls = kvzalloc(kps_calls_bytes(nr), GFP_KERNEL);

	if (!calls)
		return NULL;
	kps_secret_init(&calls->secret);
	calls->mask = nr_sets(nr) - 1;
	return calls;
}

void kps_calls_free(struct kps_calls *calls)
{
	kvfree(calls);
}

static struct call *set_of(struct kps_calls *calls, unsigned long stack)
{
	const u64 key[] = { (unsigned long)current, stack };

	return calls->sets[kps_hash(&calls->secret, key, ARRAY_SIZE(key)) & calls->mask];
}

/* Of the current task; NULL: it is not there. */
static struct call *__kprobes find(struct call *set, unsigned long stack)
{
	unsigned int i;

	for (i = 0; i < WAYS; i++)
		if (READ_ONCE(set[i].task) == current && READ_ONCE(set[i].stack) == stack)
			return &set[i];
	return NULL;
}

/* Nobody's, or the one that was entered first; NULL: all are busy. */
static struct call *__kprobes room_in(struct call *set, struct task_struct **task)
{
	struct call *oldest = NULL;
	unsigned int i;

	for (i = 0; i < WAYS; i++) {
		struct task_struct *its = READ_ONCE(set[i].task);

		if (its == BUSY)
			continue;
		if (its && oldest &&
		    READ_ONCE(set[i].entered) >= READ_ONCE(oldest->entered))
			continue;
		oldest = &set[i];
		*task = its;
		if (!its)
			break;
	}
	return oldest;
}

/* Return: a place that is busy, for us; or NULL. */
static struct call *__kprobes take_room(struct call *set, unsigned long stack)
{
	struct task_struct *task = current;
	struct call *call = find(set, stack);
	unsigned int tries;

	for (tries = 0; tries < TRIES; tries++) {
		if (!call)
			call = room_in(set, &task);
		if (!call || cmpxchg(&call->task, task, BUSY) == task)
			return call;
		call = NULL;
	}
	return NULL;
}

/**
 * kps_call_entered() - the current task has entered the function
 * @calls: of that function
 * @stack: where the return address lies
 * @now: ns
 *
 * Context: task; it may be preempted.
 */
void __kprobes kps_call_entered(struct kps_calls *calls, unsigned long stack, u64 now)
{
	struct call *call = take_room(set_of(calls, stack), stack);

	if (!call)
		return;
	WRITE_ONCE(call->stack, stack);
	WRITE_ONCE(call->entered, now);
	/* Who finds us here finds the rest. */
	smp_store_release(&call->task, current);
}

/**
 * kps_call_returned() - the current task has left the function
 * @calls: of that function
 * @stack: where the return address lay
 * @entered: gets the time, ns
 *
 * Context: as above. Return: false: when it entered is not known (any more).
 */
bool __kprobes kps_call_returned(struct kps_calls *calls, unsigned long stack,
				 u64 *entered)
{
	struct call *call = find(set_of(calls, stack), stack);

	if (!call)
		return false;
	*entered = READ_ONCE(call->entered);
	return cmpxchg(&call->task, current, NULL) == current;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program may take of a CPU, see guard.c.
 */
#ifndef KPS_GUARD_H
#define KPS_GUARD_H

#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct kps_guard;
struct kps_ledger_counts;

/**
 * struct kps_guard_ops - what a guard does to whom it guards
 * @is_live: whether handlers run. Any context
 * @halt: none begins any more; keeps it until @stop. Any context, of a handler
 * @stop: what remains to be done. May sleep
 */
struct kps_guard_ops {
	bool (*is_live)(const struct kps_guard *guard);
	void (*halt)(struct kps_guard *guard);
	void (*stop)(struct kps_guard *guard);
};

/**
 * struct kps_guard_cpu - the current window; only its CPU writes to it
 * @since: ns, monotonic
 * @spent: ns in handlers: what samples took, each for the events it stands for
 * @events: that they stand for
 * @samples: how many
 * @worst: of @spent, the largest part of one sample
 * @worst_events: that it stands for
 * @over: windows over the budget, one behind the other
 * @permille: of the window before
 * @random: the last number, see next_random()
 */
struct kps_guard_cpu {
	u64 since;
	u64 spent;
	u64 events;
	u32 samples;
	u64 worst;
	u64 worst_events;
	u32 over;
	u32 permille;
	u32 random;
};

/**
 * struct kps_guard - of one program
 * @ops: see there
 * @budget: percent of a CPU, 0: any
 * @tripped: over budget: it is stopped, or soon will be
 * @percent: what it took when it was
 * @cpu: and where
 */
struct kps_guard {
	const struct kps_guard_ops *ops;
	u32 budget;
	atomic_t tripped;
	u32 percent;
	int cpu;
	struct kps_guard_cpu __percpu *cpus;
	struct irq_work irq_work;
	struct work_struct work;
};

#define KPS_GUARD_TEXT_MAX 96

int kps_guard_init(struct kps_guard *guard, const struct kps_guard_ops *ops);
void kps_guard_free(struct kps_guard *guard);
void kps_guard_reset(struct kps_guard *guard);
void kps_guard_settle(struct kps_guard *guard);
void kps_guard_sample(struct kps_guard *guard, struct kps_ledger_counts *ledger,
		      u64 began);
void kps_guard_took(struct kps_guard *guard, u64 began);
u32 kps_guard_permille(const struct kps_guard *guard);
void kps_guard_text(const struct kps_guard *guard, char *text, size_t size);
int kps_guards_init(void);
void kps_guards_exit(void);

static inline bool kps_guard_has_tripped(const struct kps_guard *guard)
{
	return atomic_read(&guard->tripped);
}

#endif

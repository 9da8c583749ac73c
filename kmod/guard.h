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

struct kps_program;

struct kps_ledger_counts;

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
 * @budget: percent of a CPU, 0: any
 * @tripped: over budget: it is stopped, or soon will be
 * @percent: what it took when it was
 * @cpu: and where
 */
struct kps_guard {
	u32 budget;
	atomic_t tripped;
	u32 percent;
	int cpu;
	struct kps_guard_cpu __percpu *cpus;
	struct irq_work irq_work;
	struct work_struct work;
};

#define KPS_GUARD_TEXT_MAX 96

int kps_guard_init(struct kps_guard *guard);
void kps_guard_free(struct kps_guard *guard);
void kps_guard_reset(struct kps_guard *guard);
void kps_guard_settle(struct kps_guard *guard);
void kps_guard_sample(struct kps_program *program,
		      struct kps_ledger_counts *ledger, u64 began);
u32 kps_guard_permille(const struct kps_guard *guard);
void kps_guard_text(const struct kps_guard *guard, char *text, size_t size);
int kps_guards_init(void);
void kps_guards_exit(void);

static inline bool kps_guard_has_tripped(const struct kps_guard *guard)
{
	return atomic_read(&guard->tripped);
}

#endif

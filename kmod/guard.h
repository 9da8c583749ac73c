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

/* One event in so many of a probe and CPU is timed; a power of two. */
#define KPS_GUARD_EVERY 64

/** struct kps_guard_cpu - the current window; only its CPU writes to it */
struct kps_guard_cpu {
	u64 since;	/* ns, monotonic */
	u64 spent;	/* ns in handlers, estimated */
	u32 permille;	/* of the window before */
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
void kps_guard_sample(struct kps_program *program, u64 began);
u32 kps_guard_permille(const struct kps_guard *guard);
void kps_guard_text(const struct kps_guard *guard, char *text, size_t size);
int kps_guards_init(void);
void kps_guards_exit(void);

static inline bool kps_guard_has_tripped(const struct kps_guard *guard)
{
	return atomic_read(&guard->tripped);
}

#endif

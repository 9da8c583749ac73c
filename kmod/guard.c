// SPDX-License-Identifier: GPL-2.0
/*
 * The overload guard: a program whose handlers take more of a CPU than its
 * budget is stopped, says why, and keeps its data.
 *
 * One event in 64 or so of a probe and CPU is timed, and stands for those before it;
 * of slow ones more. Which one is chosen at random, so that no load of a steady
 * rhythm hides between them. Sums are kept per CPU over windows of half a second; the
 * event that ends the second window over budget in a row stops the program there and
 * then by clearing program->live. Its probes are detached by a work item, which an
 * irq_work starts: the event may have been an NMI. What the kernel itself takes to call
 * a handler is not seen here.
 *
 * A sample may have been interrupted, or its virtual CPU taken away for milliseconds,
 * and stands for many events: so a window leaves its worst one out, and one window
 * alone stops nothing.
 */
#include <linux/irq_work.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/ktime.h>
#include <linux/workqueue.h>

#include "guard.h"
#include "maps/maps.h"

#define WINDOW_NS (NSEC_PER_SEC / 2)
#define WINDOWS_OVER 2

/* A window with fewer is not over yet: it says nothing. */
#define MIN_SAMPLES 4

/* A clause that is this slow in fact is many times slower than the verifier reckons. */
#define SAMPLE_MAX_NS (50 * NSEC_PER_MSEC)

/* The steps from one sample to the next are 1 to so many, less one. */
#define STEPS 128
#define STEPS_SLOW 8
/* Timing costs little of what an event takes that takes so long. */
#define SLOW_NS (10 * NSEC_PER_USEC)

static unsigned int cpu_budget = 25;
module_param(cpu_budget, uint, 0644);
MODULE_PARM_DESC(cpu_budget, "percent of a CPU that a program's handlers may take, unless it says otherwise; 0: no limit");

static struct workqueue_struct *guard_wq;

static void tripped_in_irq(struct irq_work *irq_work)
{
	struct kps_guard *guard =
		container_of(irq_work, struct kps_guard, irq_work);

	queue_work(guard_wq, &guard->work);
}

static void tripped(struct work_struct *work)
{
	struct kps_guard *guard = container_of(work, struct kps_guard, work);

	guard->ops->stop(guard);
}

/**
 * kps_guard_init() - of a new program
 * @guard: zeroed
 * @ops: what it does when it trips
 *
 * Context: may sleep. Return: 0 or -ENOMEM.
 */
int kps_guard_init(struct kps_guard *guard, const struct kps_guard_ops *ops)
{
	guard->ops = ops;
	guard->budget = READ_ONCE(cpu_budget);
	guard->cpus = alloc_percpu(struct kps_guard_cpu);
	init_irq_work(&guard->irq_work, tripped_in_irq);
	INIT_WORK(&guard->work, tripped);
	return guard->cpus ? 0 : -ENOMEM;
}

/** kps_guard_free() - of a program that is not attached */
void kps_guard_free(struct kps_guard *guard)
{
	free_percpu(guard->cpus);
}

/** kps_guard_reset() - the program starts anew, and runs nowhere yet */
void kps_guard_reset(struct kps_guard *guard)
{
	u64 now = ktime_get_mono_fast_ns();
	int cpu;

	for_each_possible_cpu(cpu) {
		struct kps_guard_cpu *mine = per_cpu_ptr(guard->cpus, cpu);

		*mine = (struct kps_guard_cpu){
			.since = now,
			.random = get_random_u32(),
		};
	}
	guard->percent = 0;
	atomic_set(&guard->tripped, 0);
}

/**
 * kps_guard_settle() - no handler runs any more
 *
 * When this returns a stop that was asked for is in the work queue, and none
 * can be asked for later. May sleep.
 */
void kps_guard_settle(struct kps_guard *guard)
{
	irq_work_sync(&guard->irq_work);
}

/* Any context. */
static void trip(struct kps_guard *guard, u32 percent)
{
	/* END comes when all else is over, and kps_guard_settle() has been called. */
	if (!guard->ops->is_live(guard))
		return;
	if (atomic_cmpxchg(&guard->tripped, 0, 1))
		return;
	guard->cpu = raw_smp_processor_id();
	guard->percent = percent;
	guard->ops->halt(guard);
	irq_work_queue(&guard->irq_work);
}

static u32 next_random(struct kps_guard_cpu *mine)
{
	mine->random = mine->random * 1664525 + 1013904223;
	return mine->random >> 16;
}

static void begin_window(struct kps_guard_cpu *mine, u64 now)
{
	mine->since = now;
	mine->spent = 0;
	mine->events = 0;
	mine->samples = 0;
	mine->worst = 0;
	mine->worst_events = 0;
}

/* As if the events of the worst sample had been like the others. */
static u64 without_worst(const struct kps_guard_cpu *mine)
{
	u64 events = mine->events - mine->worst_events;

	return events ? div64_u64((mine->spent - mine->worst) * mine->events,
				  events) : mine->spent;
}

static void end_window(struct kps_guard *guard, struct kps_guard_cpu *mine,
		       u64 now)
{
	u64 length = now - mine->since;

	if (length < WINDOW_NS || mine->samples < MIN_SAMPLES)
		return;
	mine->permille = min_t(u64, 1000, div64_u64(without_worst(mine) * 1000,
						    length));
	begin_window(mine, now);
	if (!guard->budget || mine->permille <= guard->budget * 10)
		mine->over = 0;
	else if (++mine->over >= WINDOWS_OVER)
		trip(guard, mine->permille / 10);
}

/* @took: ns, of one event that stands for @events */
static void add_sample(struct kps_guard_cpu *mine, u64 took, u64 events)
{
	mine->spent += took * events;
	mine->events += events;
	mine->samples++;
	if (took * events > mine->worst) {
		mine->worst = took * events;
		mine->worst_events = events;
	}
}

/**
 * kps_guard_sample() - an event that was timed has ended
 * @guard: of its program
 * @ledger: of its probe, on this CPU
 * @began: ktime_get_mono_fast_ns() at its begin
 *
 * An event that nests in another may add its time while that one does, and one
 * of the sums is lost: no matter, it is an estimate.
 *
 * Context: any, with preemption off.
 */
void kps_guard_sample(struct kps_guard *guard, struct kps_ledger_counts *ledger,
		      u64 began)
{
	struct kps_guard_cpu *mine = this_cpu_ptr(guard->cpus);
	u64 now = ktime_get_mono_fast_ns();
	u64 hits = local64_read(&ledger->nr[KPS_LEDGER_HITS]);
	u64 took = min_t(u64, now - began, SAMPLE_MAX_NS);
	u64 events = min_t(u64, hits - ledger->timed, STEPS);

	ledger->timed = hits;
	ledger->time_next = hits + 1 + next_random(mine) %
			    ((took < SLOW_NS ? STEPS : STEPS_SLOW) - 1);
	add_sample(mine, took, events);
	end_window(guard, mine, now);
}

/**
 * kps_guard_took() - a piece of an event has had the CPU, all of them are timed
 * @guard: of its program
 * @began: ktime_get_mono_fast_ns() at its begin
 *
 * Context: task, with preemption off from then to now.
 */
void kps_guard_took(struct kps_guard *guard, u64 began)
{
	struct kps_guard_cpu *mine = this_cpu_ptr(guard->cpus);
	u64 now = ktime_get_mono_fast_ns();

	add_sample(mine, min_t(u64, now - began, SAMPLE_MAX_NS), 1);
	end_window(guard, mine, now);
}

/**
 * kps_guard_permille() - what the program takes of the CPU it takes most of
 * @guard: of a program
 *
 * Return: thousandths of that CPU's time, in the last window that is over.
 */
u32 kps_guard_permille(const struct kps_guard *guard)
{
	u64 now = ktime_get_mono_fast_ns();
	u32 most = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct kps_guard_cpu *its = per_cpu_ptr(guard->cpus, cpu);

		/* A window ends with an event: an old one says nothing. */
		if (now - READ_ONCE(its->since) < 2 * NSEC_PER_SEC)
			most = max(most, READ_ONCE(its->permille));
	}
	return most;
}

/**
 * kps_guard_text() - why a program was stopped
 * @guard: of a program, whether it was stopped or not
 * @text: filled in, "" if it was not
 * @size: of @text
 */
void kps_guard_text(const struct kps_guard *guard, char *text, size_t size)
{
	text[0] = '\0';
	if (kps_guard_has_tripped(guard))
		scnprintf(text, size,
			  "its handlers took %u %% of CPU %d, the budget is %u %%",
			  guard->percent, guard->cpu, guard->budget);
}

/** kps_guards_init() - of the module */
int __init kps_guards_init(void)
{
	/* Soon, on whatever CPU has time: one of them has none. */
	guard_wq = alloc_workqueue("kpstat_guard", WQ_UNBOUND | WQ_HIGHPRI, 0);
	return guard_wq ? 0 : -ENOMEM;
}

/** kps_guards_exit() - all programs are unloaded; waits for the last stop */
void kps_guards_exit(void)
{
	destroy_workqueue(guard_wq);
}

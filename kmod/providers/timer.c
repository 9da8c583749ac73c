// SPDX-License-Identifier: GPL-2.0
/*
 * profile: a timer on every CPU; interval: one on any.
 *
 * They are of our own, in hard interrupt context, as perf's clock is: but perf
 * gives up where its limits are reached (perf_event_max_sample_rate, which the
 * kernel lowers by itself), and does not say so. What should have come and did
 * not, because interrupts were off for longer than a period, is missed.
 */
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/irq_regs.h>

#include "compat/compat.h"
#include "dispatch.h"
#include "task.h"

/* More than an interrupt takes, and an hour. */
#define MIN_PERIOD_NS	10000
#define MAX_PERIOD_NS	(3600ULL * NSEC_PER_SEC)

/**
 * struct timer_cpu - the timer of one CPU
 * @timer: started, or as hrtimer_cancel() leaves it
 * @site: whose
 * @missed: periods that passed without an event; only the timer writes to it
 */
struct timer_cpu {
	struct hrtimer timer;
	const struct kps_site *site;
	u64 missed;
};

/**
 * struct timer_site - profile or interval
 * @period: between two events
 * @one_cpu: an interval: it goes on where another CPU inherits its timer
 * @in_task: an interval whose clause loops: @work serves its events
 * @site: for @work
 * @cpus: one each; an interval uses the first possible CPU's
 */
struct timer_site {
	ktime_t period;
	bool one_cpu;
	bool in_task;
	const struct kps_site *site;
	struct work_struct work;
	struct timer_cpu __percpu *cpus;
};

static struct timer_site *of(const struct kps_site *site)
{
	return site->priv;
}

static enum hrtimer_restart __kprobes timer_fired(struct hrtimer *timer)
{
	struct timer_cpu *mine = container_of(timer, struct timer_cpu, timer);
	const struct kps_site *site = mine->site;
	struct timer_site *clock = of(site);
	u64 periods;

	/* Its own CPU has gone, and left it to this one. */
	if (!clock->one_cpu && mine != this_cpu_ptr(clock->cpus))
		return HRTIMER_NORESTART;
	periods = hrtimer_forward_now(timer, clock->period);
	if (!kps_event_comes(site->probe))
		return HRTIMER_RESTART;
	/* If its worker has not yet begun with the one before, this one is missed, too. */
	if (!clock->in_task)
		kps_event_serve(site, kps_event_hit(site->probe), NULL, 0,
				get_irq_regs());
	else if (!kps_task_queue(&clock->work))
		periods++;
	WRITE_ONCE(mine->missed, mine->missed + periods - 1);
	return HRTIMER_RESTART;
}

static void serve_in_task(struct work_struct *work)
{
	const struct timer_site *clock = container_of(work, struct timer_site, work);

	kps_task_serve(clock->site, true);
}

/* "hz 99", or nanoseconds. */
static int parse_period(const struct kps_site *site, ktime_t *period,
			struct kps_error *error)
{
	bool hz = !strncmp(site->target, "hz ", 3);
	u64 number;

	if (kstrtou64(site->target + (hz ? 3 : 0), 10, &number) || !number)
		return kps_error(error, -EINVAL, "\"%s\" is not a period",
				 site->target);
	if (hz ? number > NSEC_PER_SEC / MIN_PERIOD_NS :
		 number < MIN_PERIOD_NS || number > MAX_PERIOD_NS)
		return kps_error(error, -ERANGE,
				 "a period is 10 microseconds to one hour");
	*period = ns_to_ktime(hz ? NSEC_PER_SEC / number : number);
	return 0;
}

static void init_cpus(struct kps_site *site)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct timer_cpu *mine = per_cpu_ptr(of(site)->cpus, cpu);

		mine->site = site;
		kps_hrtimer_setup(&mine->timer, timer_fired, CLOCK_MONOTONIC,
				  HRTIMER_MODE_REL_PINNED_HARD);
	}
}

static int timer_prepare(struct kps_site *site, struct kps_error *error)
{
	struct timer_site *clock;
	ktime_t period;
	int err;

	err = parse_period(site, &period, error);
	if (err)
		return err;
	clock = kzalloc(sizeof(*clock), GFP_KERNEL);
	if (!clock)
		goto no_memory;
	clock->cpus = alloc_percpu(struct timer_cpu);
	if (!clock->cpus)
		goto free_clock;
	clock->period = period;
	clock->one_cpu = site->probe->provider == &kps_interval_provider;
	clock->site = site;
	INIT_WORK(&clock->work, serve_in_task);
	site->priv = clock;
	init_cpus(site);
	return 0;

free_clock:
	kfree(clock);
no_memory:
	return kps_error(error, -ENOMEM, "no memory");
}

/* The first of an interval's. */
static struct timer_cpu *only(const struct timer_site *clock)
{
	return per_cpu_ptr(clock->cpus, cpumask_first(cpu_possible_mask));
}

static void start_here(void *data)
{
	const struct timer_site *clock = data;

	hrtimer_start(&this_cpu_ptr(clock->cpus)->timer, clock->period,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

/* One that is not online is left to timer_cpus_changed(). */
static void start(struct timer_site *clock, int cpu)
{
	if (!hrtimer_active(&per_cpu_ptr(clock->cpus, cpu)->timer))
		smp_call_function_single(cpu, start_here, clock, true);
}

static int timer_attach(struct kps_site *site)
{
	struct timer_site *clock = of(site);
	const struct kps_code *code = site->probe->code;
	int cpu;

	/* What was interrupted only the interrupt knows. */
	clock->in_task = clock->one_cpu && code->loops && !code->reads_regs;
	for_each_possible_cpu(cpu)
		per_cpu_ptr(clock->cpus, cpu)->missed = 0;
	if (clock->one_cpu) {
		hrtimer_start(&only(clock)->timer, clock->period,
			      HRTIMER_MODE_REL_HARD);
		return 0;
	}
	for_each_online_cpu(cpu)
		start(clock, cpu);
	return 0;
}

static void timer_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;
	int cpu;

	for (i = 0; i < nr; i++) {
		for_each_possible_cpu(cpu)
			hrtimer_cancel(&per_cpu_ptr(of(sites[i])->cpus, cpu)->timer);
		cancel_work_sync(&of(sites[i])->work);
	}
}

/* The timer of one that went may be with another CPU still. */
static int timer_cpus_changed(struct kps_site *site, const struct cpumask *gone)
{
	struct timer_site *clock = of(site);
	int cpu;

	if (clock->one_cpu)
		return 0;
	for_each_cpu(cpu, gone)
		hrtimer_cancel(&per_cpu_ptr(clock->cpus, cpu)->timer);
	for_each_online_cpu(cpu)
		start(clock, cpu);
	return 0;
}

static u64 timer_missed(const struct kps_site *site)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(of(site)->cpus, cpu)->missed);
	return sum;
}

static const char *timer_how(const struct kps_site *site)
{
	return of(site)->in_task ? "timer, task" : "timer";
}

static void timer_release(struct kps_site *site)
{
	free_percpu(of(site)->cpus);
	kfree(site->priv);
}

static size_t timer_site_bytes(const struct kps_probe *probe, u32 nr)
{
	return sizeof(struct timer_site) +
	       num_possible_cpus() * sizeof(struct timer_cpu);
}

#define TIMER_PROVIDER							\
	.named_by_probe	= true,						\
	.prepare	= timer_prepare,				\
	.attach		= timer_attach,					\
	.detach		= timer_detach,					\
	.cpus_changed	= timer_cpus_changed,				\
	.missed		= timer_missed,					\
	.site_bytes	= timer_site_bytes,				\
	.how		= timer_how,					\
	.release	= timer_release

const struct kps_provider kps_interval_provider = {
	.name		= "interval",
	TIMER_PROVIDER,
};

const struct kps_provider kps_profile_provider = {
	.name		= "profile",
	TIMER_PROVIDER,
};

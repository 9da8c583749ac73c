// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of perf's, for those providers whose events it delivers.
 */
#include <linux/cpumask.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "providers/perf.h"

/* A process that has more is refused. */
#define MAX_THREADS 4096

/** kps_perf_alloc() - counters that are not attached, for kps_perf_free(), or NULL */
struct kps_perf *kps_perf_alloc(void)
{
	struct kps_perf *perf;

	perf = kzalloc(struct_size(perf, events, nr_cpu_ids), GFP_KERNEL);
	if (perf)
		perf->attr.size = sizeof(perf->attr);
	return perf;
}

/** kps_perf_free() - counters that are not attached (any more); or NULL */
void kps_perf_free(struct kps_perf *perf)
{
	if (!perf)
		return;
	put_pid(perf->process);
	kvfree(perf->threads);
	kfree(perf);
}

/** kps_perf_bytes() - what they need, with perf's own part */
size_t kps_perf_bytes(void)
{
	return sizeof(struct kps_perf) +
	       nr_cpu_ids * sizeof(void *) +
	       cpumask_weight(kps_cpus()) * sizeof(struct perf_event);
}

static void release_event(struct kps_perf *perf, int cpu)
{
	struct perf_event *event = perf->events[cpu];

	perf->events[cpu] = NULL;
	if (event)
		perf_event_release_kernel(event);
}

/*
 * One for each CPU that has none. perf itself refuses one that is offline. That
 * must not be asked beforehand: creating a tracepoint's event may take
 * cpus_read_lock(), which does not nest.
 */
static int create_events(struct kps_perf *perf, struct kps_site *site)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct perf_event *event = perf->events[cpu];

		if (!event)
			event = perf_event_create_kernel_counter(&perf->attr,
					cpu, NULL, perf->fired, site);
		if (PTR_ERR_OR_ZERO(event) == -ENODEV)
			continue;
		if (IS_ERR(event))
			return PTR_ERR(event);
		perf->events[cpu] = event;
		if (perf->is_meant && !perf->is_meant(site, event))
			return -ENOENT;
	}
	return 0;
}

/* Return: how many threads of @process are in @tasks, each held. */
static u32 hold_threads(struct pid *process, struct task_struct **tasks, u32 room)
{
	struct task_struct *leader, *task;
	u32 nr = 0;

	rcu_read_lock();
	leader = pid_task(process, PIDTYPE_TGID);
	if (leader)
		for_each_thread(leader, task)
			if (nr < room)
				tasks[nr++] = get_task_struct(task);
	rcu_read_unlock();
	return nr;
}

/* One that has just ended needs none. */
static int create_for(struct kps_perf *perf, struct kps_site *site,
		      struct task_struct *task)
{
	struct perf_event *event =
		perf_event_create_kernel_counter(&perf->attr, -1, task, perf->fired, site);

	if (PTR_ERR_OR_ZERO(event) == -ESRCH)
		return 0;
	if (IS_ERR(event))
		return PTR_ERR(event);
	perf->threads[perf->nr_threads++] = event;
	return 0;
}

/* Those that begin while this looks for them may have none. */
static int create_for_threads(struct kps_perf *perf, struct kps_site *site)
{
	struct task_struct **tasks;
	u32 i, nr;
	int err = -ENOMEM;

	if (!perf->threads)
		perf->threads = kvcalloc(MAX_THREADS, sizeof(*perf->threads), GFP_KERNEL);
	tasks = kvcalloc(MAX_THREADS, sizeof(*tasks), GFP_KERNEL);
	if (!perf->threads || !tasks)
		goto out;
	nr = hold_threads(perf->process, tasks, MAX_THREADS);
	err = !nr ? -ESRCH : nr == MAX_THREADS ? -EMFILE : 0;
	for (i = 0; i < nr; i++) {
		if (!err)
			err = create_for(perf, site, tasks[i]);
		put_task_struct(tasks[i]);
	}
out:
	kvfree(tasks);
	return err;
}

/**
 * kps_perf_attach() - make events arrive
 * @perf: not attached
 * @site: for the handler
 *
 * Context: may sleep. Return: 0 or a negative errno, then none is attached.
 */
int kps_perf_attach(struct kps_perf *perf, struct kps_site *site)
{
	int err = perf->process ? create_for_threads(perf, site) :
				  create_events(perf, site);

	if (err)
		kps_perf_detach(perf);
	return err;
}

/**
 * kps_perf_cpus_changed() - perf has switched off the events of @gone, for good
 * @perf: attached
 * @site: for the handler
 * @gone: CPUs that went, be they back or not
 *
 * Context: may sleep. Return: 0 or a negative errno, then some CPU has none.
 */
int kps_perf_cpus_changed(struct kps_perf *perf, struct kps_site *site,
			  const struct cpumask *gone)
{
	int cpu;

	if (perf->process)
		return 0;
	for_each_cpu(cpu, gone)
		release_event(perf, cpu);
	return create_events(perf, site);
}

/**
 * kps_perf_detach() - stop events
 *
 * Handlers of a tracepoint's events may run until
 * tracepoint_synchronize_unregister(). May sleep.
 */
void kps_perf_detach(struct kps_perf *perf)
{
	int cpu;

	for_each_possible_cpu(cpu)
		release_event(perf, cpu);
	while (perf->nr_threads)
		perf_event_release_kernel(perf->threads[--perf->nr_threads]);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of perf's, for those providers whose events it delivers.
 */
#include <linux/cpumask.h>
#include <linux/slab.h>

#include "providers/perf.h"

/** kps_perf_alloc() - counters that are not attached, for kfree(), or NULL */
struct kps_perf *kps_perf_alloc(void)
{
	struct kps_perf *perf;

	perf = kzalloc(struct_size(perf, events, nr_cpu_ids), GFP_KERNEL);
	if (perf)
		perf->attr.size = sizeof(perf->attr);
	return perf;
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

/**
 * kps_perf_attach() - make events arrive
 * @perf: not attached
 * @site: for the handler
 *
 * Context: may sleep. Return: 0 or a negative errno, then none is attached.
 */
int kps_perf_attach(struct kps_perf *perf, struct kps_site *site)
{
	int err = create_events(perf, site);

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
}

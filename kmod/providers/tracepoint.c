// SPDX-License-Identifier: GPL-2.0
/*
 * tracepoint: any event under tracefs, through perf.
 *
 * A kernel counter per CPU on the event's id; its overflow handler is called
 * for every event and is given the event's record as the format file lays it
 * out.
 */
#include <linux/cpu.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>

#include "dispatch.h"
#include "kpstat.h"

/* By CPU number; NULL where the CPU was offline. */
struct tracepoint_site {
	struct perf_event *events[0];
};

static struct tracepoint_site *of(const struct kps_site *site)
{
	return site->priv;
}

static void __kprobes tracepoint_fired(struct perf_event *event,
				       struct perf_sample_data *data,
				       struct pt_regs *regs)
{
	const struct kps_site *site = event->overflow_handler_context;
	struct kps_ctx ctx KPS_UNINITIALISED;

	if (!kps_event_begin(&ctx, site))
		return;
	if (data->raw) {
		ctx.record = data->raw->frag.data;
		ctx.record_size = data->raw->frag.size;
	}
	ctx.regs = regs;
	kps_event_run(&ctx, site);
}

static int tracepoint_prepare(struct kps_site *site, struct kps_error *error)
{
	if (!site->probe->event_id)
		return kps_error(error, -EINVAL,
				 "tracepoint:%s: the event's id is missing",
				 site->target);
	site->priv = kcalloc(nr_cpu_ids, sizeof(struct perf_event *),
			     GFP_KERNEL);
	if (!site->priv)
		return kps_error(error, -ENOMEM, "no memory");
	return 0;
}

static void release_events(struct kps_site *site)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct perf_event *event = of(site)->events[cpu];

		of(site)->events[cpu] = NULL;
		if (event)
			perf_event_release_kernel(event);
	}
}

static int tracepoint_attach(struct kps_site *site)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = site->probe->event_id,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
	};
	int cpu, err = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct perf_event *event;

		event = perf_event_create_kernel_counter(&attr, cpu, NULL,
							 tracepoint_fired,
							 site);
		if (IS_ERR(event)) {
			err = PTR_ERR(event);
			break;
		}
		of(site)->events[cpu] = event;
	}
	cpus_read_unlock();
	if (err)
		release_events(site);
	return err;
}

static void tracepoint_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		release_events(sites[i]);
	tracepoint_synchronize_unregister();
	synchronize_rcu();
}

/* perf drops an event that fires inside of perf without counting it. */
static u64 tracepoint_missed(const struct kps_site *site)
{
	return 0;
}

static const char *tracepoint_how(const struct kps_site *site)
{
	return "perf";
}

static void tracepoint_release(struct kps_site *site)
{
	kfree(site->priv);
}

const struct kps_provider kps_tracepoint_provider = {
	.name		= "tracepoint",
	.prepare	= tracepoint_prepare,
	.attach		= tracepoint_attach,
	.detach		= tracepoint_detach,
	.missed		= tracepoint_missed,
	.how		= tracepoint_how,
	.release	= tracepoint_release,
};

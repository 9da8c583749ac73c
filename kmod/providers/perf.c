// SPDX-License-Identifier: GPL-2.0
/*
 * What perf delivers: a kernel counter per CPU, whose overflow handler is
 * called for every event.
 *
 *	tracepoint	any event under tracefs; the handler is given the event's
 *			record as the format file lays it out
 *	profile		perf's clock, on all CPUs
 *	interval	the same, on one
 */
#include <linux/cpumask.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "dispatch.h"
#include "kpstat.h"

/* What perf allows, and an hour. */
#define MIN_PERIOD_NS	10000
#define MAX_PERIOD_NS	(3600ULL * NSEC_PER_SEC)

/* By CPU number; NULL where the CPU was offline. */
struct perf_site {
	struct perf_event_attr attr;
	perf_overflow_handler_t fired;
	bool one_cpu;
	struct perf_event *events[];
};

static struct perf_site *of(const struct kps_site *site)
{
	return site->priv;
}

static int perf_site_alloc(struct kps_site *site, struct kps_error *error)
{
	struct perf_site *mine;

	mine = kzalloc(struct_size(mine, events, nr_cpu_ids), GFP_KERNEL);
	if (!mine)
		return kps_error(error, -ENOMEM, "no memory");
	mine->attr.size = sizeof(mine->attr);
	site->priv = mine;
	return 0;
}

static void release_event(struct kps_site *site, int cpu)
{
	struct perf_event *event = of(site)->events[cpu];

	of(site)->events[cpu] = NULL;
	if (event)
		perf_event_release_kernel(event);
}

static void release_events(struct kps_site *site)
{
	int cpu;

	for_each_possible_cpu(cpu)
		release_event(site, cpu);
}

/*
 * A number is given to another event when a module has gone; what was meant is
 * the target.
 */
static bool is_meant(const struct kps_site *site, const struct perf_event *event)
{
	struct trace_event_call *call = event->tp_event;
	const char *colon = strchr(site->target, ':');

	if (event->attr.type != PERF_TYPE_TRACEPOINT)
		return true;
	return colon && !strcmp(colon + 1, trace_event_name(call)) &&
	       strlen(call->class->system) == colon - site->target &&
	       !strncmp(call->class->system, site->target,
			colon - site->target);
}

/*
 * One for each CPU that has none, or for any CPU at all. perf itself refuses
 * one that is offline. That must not be asked beforehand: creating a
 * tracepoint's event may take cpus_read_lock(), which does not nest.
 */
static int create_events(struct kps_site *site)
{
	struct perf_site *mine = of(site);
	int cpu;

	for_each_possible_cpu(cpu) {
		struct perf_event *event = mine->events[cpu];

		if (!event)
			event = perf_event_create_kernel_counter(&mine->attr,
					cpu, NULL, mine->fired, site);
		if (PTR_ERR_OR_ZERO(event) == -ENODEV)
			continue;
		if (IS_ERR(event))
			return PTR_ERR(event);
		mine->events[cpu] = event;
		if (!is_meant(site, event))
			return -ENOENT;
		if (mine->one_cpu)
			break;
	}
	return 0;
}

static int perf_attach(struct kps_site *site)
{
	int err = create_events(site);

	if (err)
		release_events(site);
	return err;
}

/* perf has switched off the events of a CPU that went, for good. */
static int perf_cpus_changed(struct kps_site *site, const struct cpumask *gone)
{
	int cpu;

	for_each_cpu(cpu, gone)
		release_event(site, cpu);
	return create_events(site);
}

static void perf_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		release_events(sites[i]);
	tracepoint_synchronize_unregister();
	synchronize_rcu();
}

/* perf drops an event that fires inside of perf without counting it. */
static u64 perf_missed(const struct kps_site *site)
{
	return 0;
}

static const char *perf_how(const struct kps_site *site)
{
	return "perf";
}

static void perf_release(struct kps_site *site)
{
	kfree(site->priv);
}

static size_t perf_site_bytes(const struct kps_probe *probe, u32 nr)
{
	return sizeof(struct perf_site) +
	       nr_cpu_ids * (sizeof(void *) + sizeof(struct perf_event));
}

/*
 * Tracepoints
 */

static void __kprobes tracepoint_fired(struct perf_event *event,
				       struct perf_sample_data *data,
				       struct pt_regs *regs)
{
	const struct kps_site *site = event->overflow_handler_context;
	struct kps_ctx ctx KPS_UNINITIALISED;
	struct kps_at at;

	if (!kps_is_live(site->probe))
		return;
	at = kps_event_hit(site->probe);
	if (kps_event_is_done(site->probe, at, kps_no_word, NULL) ||
	    kps_event_is_timed(site->probe, at, kps_no_word, NULL))
		return;
	kps_event_begin(&ctx, site->probe, at, KPS_FILLS_SITE);
	ctx.frame.site = site->id;
	if (data->raw) {
		ctx.record = data->raw->frag.data;
		ctx.record_size = data->raw->frag.size;
	}
	ctx.regs = regs;
	kps_event_run(&ctx, site->probe);
}

static int tracepoint_prepare(struct kps_site *site, struct kps_error *error)
{
	int err;

	if (!site->probe->event_id)
		return kps_error(error, -EINVAL,
				 "tracepoint:%s: the event's id is missing",
				 site->target);
	err = perf_site_alloc(site, error);
	if (err)
		return err;
	of(site)->fired = tracepoint_fired;
	of(site)->attr.type = PERF_TYPE_TRACEPOINT;
	of(site)->attr.config = site->probe->event_id;
	of(site)->attr.sample_type = PERF_SAMPLE_RAW;
	of(site)->attr.sample_period = 1;
	return 0;
}

/*
 * Timers
 */

static void __kprobes timer_fired(struct perf_event *event,
				  struct perf_sample_data *data,
				  struct pt_regs *regs)
{
	const struct kps_site *site = event->overflow_handler_context;
	struct kps_ctx ctx KPS_UNINITIALISED;

	if (!kps_is_live(site->probe))
		return;
	kps_event_begin(&ctx, site->probe, kps_event_hit(site->probe),
			KPS_FILLS_SITE);
	ctx.frame.site = site->id;
	ctx.regs = regs;
	kps_event_run(&ctx, site->probe);
}

/* "hz 99", or nanoseconds. */
static int parse_period(struct kps_site *site, struct perf_event_attr *attr,
			struct kps_error *error)
{
	bool hz = !strncmp(site->target, "hz ", 3);
	u64 number;

	if (kstrtou64(site->target + (hz ? 3 : 0), 10, &number) || !number)
		return kps_error(error, -EINVAL, "\"%s\" is no period",
				 site->target);
	if (hz ? number > NSEC_PER_SEC / MIN_PERIOD_NS :
		 number < MIN_PERIOD_NS || number > MAX_PERIOD_NS)
		return kps_error(error, -ERANGE,
				 "a period is 10 microseconds to one hour");
	attr->freq = hz;
	attr->sample_period = number;	/* sample_freq is the same place */
	return 0;
}

static int timer_prepare(struct kps_site *site, struct kps_error *error)
{
	int err = perf_site_alloc(site, error);

	if (err)
		return err;
	of(site)->fired = timer_fired;
	of(site)->one_cpu = site->probe->provider == &kps_interval_provider;
	of(site)->attr.type = PERF_TYPE_SOFTWARE;
	of(site)->attr.config = PERF_COUNT_SW_CPU_CLOCK;
	err = parse_period(site, &of(site)->attr, error);
	if (err)
		perf_release(site);
	return err;
}

#define PERF_PROVIDER							\
	.attach		= perf_attach,					\
	.detach		= perf_detach,					\
	.cpus_changed	= perf_cpus_changed,				\
	.missed		= perf_missed,					\
	.site_bytes	= perf_site_bytes,				\
	.how		= perf_how,					\
	.release	= perf_release

const struct kps_provider kps_tracepoint_provider = {
	.name		= "tracepoint",
	.prepare	= tracepoint_prepare,
	PERF_PROVIDER,
};

const struct kps_provider kps_interval_provider = {
	.name		= "interval",
	.named_by_probe	= true,
	.prepare	= timer_prepare,
	PERF_PROVIDER,
};

const struct kps_provider kps_profile_provider = {
	.name		= "profile",
	.named_by_probe	= true,
	.prepare	= timer_prepare,
	PERF_PROVIDER,
};

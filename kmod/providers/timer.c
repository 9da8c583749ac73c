// SPDX-License-Identifier: GPL-2.0
/*
 * profile: perf's clock, on all CPUs; interval: the same, on one.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "dispatch.h"
#include "providers/perf.h"

/* What perf allows, and an hour. */
#define MIN_PERIOD_NS	10000
#define MAX_PERIOD_NS	(3600ULL * NSEC_PER_SEC)

static void __kprobes timer_fired(struct perf_event *event,
				  struct perf_sample_data *data,
				  struct pt_regs *regs)
{
	const struct kps_site *site = event->overflow_handler_context;
	struct kps_ctx ctx KPS_UNINITIALISED;

	if (!kps_event_comes(site->probe))
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
	struct kps_perf *perf = kps_perf_alloc();
	int err;

	if (!perf)
		return kps_error(error, -ENOMEM, "no memory");
	perf->fired = timer_fired;
	perf->one_cpu = site->probe->provider == &kps_interval_provider;
	perf->attr.type = PERF_TYPE_SOFTWARE;
	perf->attr.config = PERF_COUNT_SW_CPU_CLOCK;
	err = parse_period(site, &perf->attr, error);
	if (err)
		kfree(perf);
	else
		site->priv = perf;
	return err;
}

static int timer_attach(struct kps_site *site)
{
	return kps_perf_attach(site->priv, site);
}

static int timer_cpus_changed(struct kps_site *site, const struct cpumask *gone)
{
	return kps_perf_cpus_changed(site->priv, site, gone);
}

static void timer_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		kps_perf_detach(sites[i]->priv);
	synchronize_rcu();
}

static const char *timer_how(const struct kps_site *site)
{
	return "perf";
}

static void timer_release(struct kps_site *site)
{
	kfree(site->priv);
}

static size_t timer_site_bytes(const struct kps_probe *probe, u32 nr)
{
	return kps_perf_bytes();
}

#define TIMER_PROVIDER							\
	.named_by_probe	= true,						\
	.prepare	= timer_prepare,				\
	.attach		= timer_attach,					\
	.detach		= timer_detach,					\
	.cpus_changed	= timer_cpus_changed,				\
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

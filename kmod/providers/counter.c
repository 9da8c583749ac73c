// SPDX-License-Identifier: GPL-2.0
/*
 * software, hardware: what the kernel or the CPU counts by itself; one event for
 * each so many. watchpoint: an access to a place in the kernel's memory, or in that of a
 * process.
 *
 * perf counts, on each CPU, and calls the handler. What it does not tell is lost
 * unseen: a software event inside of perf itself, and what a CPU's counter would
 * have counted while others had its place, or while perf held it back since it
 * interrupted too often. Clocks are none of these (cpu-clock, task-clock): user
 * space asks for a profile instead.
 */
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "dispatch.h"
#include "providers/perf.h"

static void __kprobes counter_fired(struct perf_event *event,
				    struct perf_sample_data *data,
				    struct pt_regs *regs)
{
	const struct kps_site *site = event->overflow_handler_context;
	struct kps_at at;

	if (!kps_event_comes(site->probe))
		return;
	at = kps_event_hit(site->probe);
	if (kps_event_is_done(site->probe, at, kps_no_word, NULL) ||
	    kps_event_is_timed(site->probe, at, kps_no_word, NULL))
		return;
	kps_event_serve(site, at, NULL, 0, regs);
}

static int prepare(struct kps_site *site, const struct perf_event_attr *attr,
		   struct kps_error *error)
{
	struct kps_perf *perf = kps_perf_alloc();

	if (!perf)
		return kps_error(error, -ENOMEM, "no memory");
	perf->fired = counter_fired;
	perf->attr = *attr;
	perf->attr.size = sizeof(perf->attr);
	site->priv = perf;
	return 0;
}

/* "EVENT COUNT": as perf numbers them, and how many make one event of ours. */
static int counter_prepare(struct kps_site *site, struct kps_error *error)
{
	bool software = site->probe->provider == &kps_software_provider;
	struct perf_event_attr attr = {
		.type = software ? PERF_TYPE_SOFTWARE : PERF_TYPE_HARDWARE,
	};
	u64 count;
	char rest;

	if (sscanf(site->target, "%llu %llu%c", &attr.config, &count, &rest) != 2)
		return kps_error(error, -EINVAL, "\"%s\" is not EVENT COUNT",
				 site->target);
	if (attr.config >= (software ? PERF_COUNT_SW_MAX : PERF_COUNT_HW_MAX))
		return kps_error(error, -EINVAL, "there is no event %llu",
				 attr.config);
	if (!count || count > S64_MAX)
		return kps_error(error, -ERANGE, "a count is 1 to 2^63 - 1");
	attr.sample_period = count;
	return prepare(site, &attr, error);
}

static int watch_process(struct kps_site *site, int number, struct kps_error *error)
{
	struct kps_perf *perf = site->priv;

	perf->process = find_get_pid(number);
	if (perf->process)
		return 0;
	kps_perf_free(perf);
	site->priv = NULL;
	return kps_error(error, -ESRCH, "there is no process %d", number);
}

/*
 * "0xADDRESS LENGTH TYPE", which is HW_BREAKPOINT_R, _W, _X, or'ed; behind them the number
 * of a process, as the sender counts, if the address is one of its memory.
 */
static int watchpoint_prepare(struct kps_site *site, struct kps_error *error)
{
	/* Each access is to be seen, so its place is shared with nobody. */
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.pinned = 1,
		.sample_period = 1,
	};
	u64 address, length;
	u32 type;
	int process, nr, err;
	char rest;

	nr = sscanf(site->target, "0x%llx %llu %u %d%c", &address, &length, &type,
		    &process, &rest);
	if (nr != 3 && nr != 4)
		return kps_error(error, -EINVAL,
				 "\"%s\" is not 0xADDRESS LENGTH TYPE [PROCESS]",
				 site->target);
	if ((address < TASK_SIZE_MAX) != (nr == 4))
		return kps_error(error, -EINVAL,
				 "0x%llx is not an address of %s", address,
				 nr == 4 ? "a process" : "the kernel's");
	if (!type || type & ~(HW_BREAKPOINT_RW | HW_BREAKPOINT_X))
		return kps_error(error, -EINVAL, "there is no type %u", type);
	attr.bp_addr = address;
	attr.bp_len = length;
	attr.bp_type = type;
	attr.inherit = nr == 4;
	err = prepare(site, &attr, error);
	return err || nr == 3 ? err : watch_process(site, process, error);
}

static int counter_attach(struct kps_site *site)
{
	return kps_perf_attach(site->priv, site);
}

/* Whoever could count it says in one way or another that it cannot. */
static int hardware_attach(struct kps_site *site)
{
	int err = counter_attach(site);

	return err == -ENOENT || err == -EOPNOTSUPP || err == -EINVAL ? -ENXIO :
								       err;
}

static int watchpoint_attach(struct kps_site *site)
{
	int err = counter_attach(site);

	return err == -EINVAL ? -EADDRNOTAVAIL : err;
}

static int counter_cpus_changed(struct kps_site *site, const struct cpumask *gone)
{
	return kps_perf_cpus_changed(site->priv, site, gone);
}

/* A handler runs with preemption off, so RCU sees it out. */
static void counter_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		kps_perf_detach(sites[i]->priv);
	synchronize_rcu();
}

static const char *counter_how(const struct kps_site *site)
{
	return "perf";
}

static void counter_release(struct kps_site *site)
{
	kps_perf_free(site->priv);
}

static size_t counter_site_bytes(const struct kps_probe *probe, u32 nr)
{
	return kps_perf_bytes();
}

#define COUNTER_PROVIDER						\
	.named_by_probe	= true,						\
	.detach		= counter_detach,				\
	.cpus_changed	= counter_cpus_changed,				\
	.site_bytes	= counter_site_bytes,				\
	.how		= counter_how,					\
	.release	= counter_release

const struct kps_provider kps_software_provider = {
	.name		= "software",
	.prepare	= counter_prepare,
	.attach		= counter_attach,
	COUNTER_PROVIDER,
};

const struct kps_provider kps_hardware_provider = {
	.name		= "hardware",
	.prepare	= counter_prepare,
	.attach		= hardware_attach,
	COUNTER_PROVIDER,
};

const struct kps_provider kps_watchpoint_provider = {
	.name		= "watchpoint",
	.prepare	= watchpoint_prepare,
	.attach		= watchpoint_attach,
	COUNTER_PROVIDER,
};

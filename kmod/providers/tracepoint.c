// SPDX-License-Identifier: GPL-2.0
/*
 * tracepoint: an event under tracefs, with its record as the format file lays it
 * out. perf makes that record and delivers it, for any event; for those that
 * typed.c knows, the tracepoint calls us, and a record is made only if the
 * clause looks at it.
 */
#include <linux/bitmap.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "dispatch.h"
#include "providers/perf.h"
#include "providers/tracepoint.h"
#include "providers/typed.h"

/**
 * struct tracepoint_site - attached by perf, or to the tracepoint itself
 * @perf: its counters
 * @typed: its handlers, or NULL: perf must do it
 * @tracepoint: that the site is attached to, or NULL: perf does it
 * @why: perf does
 */
struct tracepoint_site {
	struct kps_perf *perf;
	const struct kps_typed *typed;
	struct tracepoint *tracepoint;
	const char *why;
};

static struct tracepoint_site *of(const struct kps_site *site)
{
	return site->priv;
}

struct search {
	const char *name;
	struct tracepoint *found;
};

static void look_at(struct tracepoint *tp, void *data)
{
	struct search *search = data;

	if (!strcmp(tp->name, search->name))
		search->found = tp;
}

/**
 * kps_tracepoint_find() - one of the kernel's own, by name, or NULL
 *
 * Those of modules come and go with them, and are not looked for. May sleep.
 */
struct tracepoint *kps_tracepoint_find(const char *name)
{
	struct search search = { .name = name };

	for_each_kernel_tracepoint(look_at, &search);
	return search.found;
}

static void __kprobes tracepoint_fired(struct perf_event *event,
				       struct perf_sample_data *data,
				       struct pt_regs *regs)
{
	const struct kps_site *site = event->overflow_handler_context;
	const struct perf_raw_record *raw = data->raw;
	struct kps_at at;

	if (!kps_tracepoint_comes(site->probe))
		return;
	at = kps_event_hit(site->probe);
	if (kps_event_is_done(site->probe, at, kps_no_word, NULL) ||
	    kps_event_is_timed(site->probe, at, kps_no_word, NULL))
		return;
	kps_event_serve(site, at, raw ? raw->frag.data : NULL, raw ? raw->frag.size : 0,
			regs);
}

/** kps_is_event() - whether a target, "system:name", is that event */
bool kps_is_event(const char *target, const char *system, const char *name)
{
	size_t len = strlen(system);

	return !strncmp(target, system, len) && target[len] == ':' &&
	       !strcmp(target + len + 1, name);
}

/*
 * A number is given to another event when a module has gone; what was meant is
 * the target.
 */
static bool is_meant(const struct kps_site *site, const struct perf_event *event)
{
	struct trace_event_call *call = event->tp_event;

	return kps_is_event(site->target, call->class->system,
			    trace_event_name(call));
}

static int tracepoint_prepare(struct kps_site *site, struct kps_error *error)
{
	struct tracepoint_site *mine;

	if (!site->probe->event_id)
		return kps_error(error, -EINVAL,
				 "tracepoint:%s: the event's id is missing",
				 site->target);
	mine = kzalloc(sizeof(*mine), GFP_KERNEL);
	if (!mine)
		goto no_memory;
	mine->perf = kps_perf_alloc();
	if (!mine->perf)
		goto free_mine;
	mine->perf->fired = tracepoint_fired;
	mine->perf->is_meant = is_meant;
	mine->perf->attr.type = PERF_TYPE_TRACEPOINT;
	mine->perf->attr.config = site->probe->event_id;
	/*
	 * With the period among what is sampled an event is one event, whatever
	 * weight it bears (__perf_count); else the handler is called for each
	 * unit of that, and for none if it is 0.
	 */
	mine->perf->attr.sample_type = PERF_SAMPLE_RAW | PERF_SAMPLE_PERIOD;
	mine->perf->attr.sample_period = 1;
	mine->typed = kps_typed_find(site->target);
	site->priv = mine;
	return 0;

free_mine:
	kfree(mine);
no_memory:
	return kps_error(error, -ENOMEM, "no memory");
}

/* Whether the tracepoint may call us: NULL, or what speaks against it. */
static const char *why_perf(const struct kps_site *site)
{
	const struct kps_code *code = site->probe->code;

	if (site->probe->flags & KPS_PROBE_F_PERF)
		return "asked for";
	if (!of(site)->typed)
		return "kpstat has no handler for it";
	/* Its number, flags and preempt count are known to tracing only. */
	if (find_first_bit(code->record_used, KPS_RECORD_COMMON) <
	    KPS_RECORD_COMMON)
		return "fields common to all events are asked for";
	if (!kps_typed_fits(of(site)->typed))
		return "its format file has other fields, or cannot be looked at";
	return NULL;
}

static void *handler(const struct kps_site *site)
{
	return site->probe->code->reads_regs ? of(site)->typed->fired_with_regs :
					       of(site)->typed->fired;
}

static int attach_typed(struct kps_site *site)
{
	struct tracepoint *tracepoint;
	int err;

	tracepoint = kps_tracepoint_find(of(site)->typed->name);
	if (!tracepoint)
		return -ENOENT;
	err = tracepoint_probe_register(tracepoint, handler(site), site);
	if (!err)
		of(site)->tracepoint = tracepoint;
	return err;
}

static int tracepoint_attach(struct kps_site *site)
{
	of(site)->why = why_perf(site);
	return of(site)->why ? kps_perf_attach(of(site)->perf, site) :
			       attach_typed(site);
}

static int tracepoint_cpus_changed(struct kps_site *site,
				   const struct cpumask *gone)
{
	return of(site)->tracepoint ? 0 :
		kps_perf_cpus_changed(of(site)->perf, site, gone);
}

static void tracepoint_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct tracepoint_site *mine = of(sites[i]);

		if (mine->tracepoint)
			tracepoint_probe_unregister(mine->tracepoint,
						    handler(sites[i]), sites[i]);
		else
			kps_perf_detach(mine->perf);
		mine->tracepoint = NULL;
	}
	tracepoint_synchronize_unregister();
	synchronize_rcu();
}

static const char *tracepoint_how(const struct kps_site *site)
{
	return of(site)->tracepoint ? "raw" : "perf";
}

static const char *tracepoint_why(const struct kps_site *site)
{
	return of(site)->why ?: "";
}

static void tracepoint_release(struct kps_site *site)
{
	kps_perf_free(of(site)->perf);
	kfree(site->priv);
}

/* perf's part is charged in any case: which way it goes is known too late. */
static size_t tracepoint_site_bytes(const struct kps_probe *probe, u32 nr)
{
	return sizeof(struct tracepoint_site) + kps_perf_bytes();
}

/* perf drops an event that fires inside of perf without counting it as missed. */
const struct kps_provider kps_tracepoint_provider = {
	.name		= "tracepoint",
	.prepare	= tracepoint_prepare,
	.attach		= tracepoint_attach,
	.detach		= tracepoint_detach,
	.cpus_changed	= tracepoint_cpus_changed,
	.site_bytes	= tracepoint_site_bytes,
	.how		= tracepoint_how,
	.why		= tracepoint_why,
	.release	= tracepoint_release,
};

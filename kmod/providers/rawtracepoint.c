// SPDX-License-Identifier: GPL-2.0
/*
 * rawtracepoint: a tracepoint's own arguments, without the record that perf
 * makes of them.
 *
 * The handler is called as every tracepoint calls its probes, with arguments
 * that its prototype has.  Ours takes words: on the machines that kpstat runs
 * on, those come in registers, and registers that carry no argument hold
 * something else.  Where a kernel checks the type of what it calls (kCFI),
 * that would be fatal, and so is refused.
 */
#include <linux/preempt.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>

#include "compat/compat.h"
#include "compat/tracepoints.h"
#include "dispatch.h"
#include "kpstat.h"
#include "providers/tracepoint.h"

/* In registers behind the handler's own pointer. */
#define NR_RAW_ARGS 5
#define KPS_FILLS_RAW (KPS_FILLS_SITE | \
		       (BIT(NR_RAW_ARGS) - 1) * KPS_FRAME_BIT(arg))

static __always_inline u64 word_of(const void *args, u32 word)
{
	return word - KPS_FRAME_ARG < NR_RAW_ARGS ?
	       ((const u64 *)args)[word - KPS_FRAME_ARG] : 0;
}

static __always_inline void run(const struct kps_site *site,
				struct kps_at at, const u64 *args,
				struct pt_regs *regs)
{
	struct kps_ctx ctx KPS_UNINITIALISED;
	unsigned int i;

	if (kps_event_is_done(site->probe, at, word_of, args) ||
	    kps_event_is_timed(site->probe, at, word_of, args))
		return;
	kps_event_begin(&ctx, site->probe, at, KPS_FILLS_RAW);
	ctx.frame.site = site->id;
	ctx.regs = regs;
	for (i = 0; i < NR_RAW_ARGS; i++)
		ctx.frame.arg[i] = args[i];
	kps_event_run(&ctx, site->probe);
}

static noinline void __kprobes run_with_args(const struct kps_site *site,
					     struct kps_at at, u64 a, u64 b,
					     u64 c, u64 d, u64 e)
{
	const u64 args[NR_RAW_ARGS] = { a, b, c, d, e };

	run(site, at, args, NULL);
}

/*
 * Most clauses need none of the arguments, and are done with before these are put
 * where they can be numbered.
 */
static void __kprobes raw_fired(void *data, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	const struct kps_site *site = data;
	const struct kps_probe *probe = site->probe;
	struct kps_at at;

	kps_tracepoint_enter();
	if (kps_tracepoint_comes(probe)) {
		at = kps_event_hit(probe);
		if (probe->code->shortcut.words ||
		    !kps_event_is_done(probe, at, kps_no_word, NULL))
			run_with_args(site, at, a, b, c, d, e);
	}
	kps_tracepoint_leave();
}

/* The registers are those of whoever called this very function. */
static void __kprobes raw_fired_with_regs(void *data, u64 a, u64 b, u64 c,
					  u64 d, u64 e)
{
	const u64 args[NR_RAW_ARGS] = { a, b, c, d, e };
	const struct kps_site *site = data;
	struct pt_regs regs = {};

	kps_tracepoint_enter();
	perf_fetch_caller_regs(&regs);
	if (kps_tracepoint_comes(site->probe))
		run(site, kps_event_hit(site->probe), args, &regs);
	kps_tracepoint_leave();
}

static void *handler(const struct kps_site *site)
{
	return site->probe->code->reads_regs ? raw_fired_with_regs : raw_fired;
}

static int raw_prepare(struct kps_site *site, struct kps_error *error)
{
	if (KPS_CFI)
		return kps_error(error, -EOPNOTSUPP,
				 "rawtracepoint:%s: this kernel checks what it calls (CONFIG_CFI); use tracepoint",
				 site->target);
	return 0;
}

static int raw_attach(struct kps_site *site)
{
	struct tracepoint *tracepoint = kps_tracepoint_find(site->target);
	int err;

	if (!tracepoint)
		return -ENOENT;
	err = tracepoint_probe_register(tracepoint, handler(site), site);
	if (!err)
		site->priv = tracepoint;
	return err;
}

static void raw_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		tracepoint_probe_unregister(sites[i]->priv, handler(sites[i]),
					    sites[i]);
		sites[i]->priv = NULL;
	}
	tracepoint_synchronize_unregister();
	synchronize_rcu();
}

static const char *raw_how(const struct kps_site *site)
{
	return "raw";
}

const struct kps_provider kps_rawtracepoint_provider = {
	.name		= "rawtracepoint",
	.prepare	= raw_prepare,
	.attach		= raw_attach,
	.detach		= raw_detach,
	.how		= raw_how,
};

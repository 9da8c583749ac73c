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
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "dispatch.h"
#include "kpstat.h"

/* In registers behind the handler's own pointer. */
#define NR_RAW_ARGS 5

static void __kprobes run(const struct kps_site *site, const u64 *args)
{
	struct kps_ctx ctx KPS_UNINITIALISED;
	struct pt_regs regs;
	unsigned int i;

	if (!kps_event_begin(&ctx, site))
		return;
	if (site->probe->code->reads_regs) {
		memset(&regs, 0, sizeof(regs));
		perf_fetch_caller_regs(&regs);
		ctx.regs = &regs;
	}
	for (i = 0; i < NR_RAW_ARGS; i++)
		ctx.frame.arg[i] = args[i];
	kps_event_run(&ctx, site);
}

/* Newer kernels call handlers with preemption on. */
static void __kprobes raw_fired(void *data, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	const u64 args[NR_RAW_ARGS] = { a, b, c, d, e };

	preempt_disable_notrace();
	run(data, args);
	preempt_enable_notrace();
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

static int raw_prepare(struct kps_site *site, struct kps_error *error)
{
	if (IS_ENABLED(CONFIG_CFI_CLANG))
		return kps_error(error, -EOPNOTSUPP,
				 "rawtracepoint:%s: this kernel checks what it calls (CONFIG_CFI_CLANG); use tracepoint",
				 site->target);
	return 0;
}

/* Those of modules come and go with them, and are not looked for. */
static int raw_attach(struct kps_site *site)
{
	struct search search = { .name = site->target };
	int err;

	for_each_kernel_tracepoint(look_at, &search);
	if (!search.found)
		return -ENOENT;
	err = tracepoint_probe_register(search.found, raw_fired, site);
	if (!err)
		site->priv = search.found;
	return err;
}

static void raw_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		tracepoint_probe_unregister(sites[i]->priv, raw_fired, sites[i]);
		sites[i]->priv = NULL;
	}
	tracepoint_synchronize_unregister();
	synchronize_rcu();
}

static u64 raw_missed(const struct kps_site *site)
{
	return 0;
}

static const char *raw_how(const struct kps_site *site)
{
	return "raw";
}

static void raw_release(struct kps_site *site)
{
}

const struct kps_provider kps_rawtracepoint_provider = {
	.name		= "rawtracepoint",
	.prepare	= raw_prepare,
	.attach		= raw_attach,
	.detach		= raw_detach,
	.missed		= raw_missed,
	.how		= raw_how,
	.release	= raw_release,
};

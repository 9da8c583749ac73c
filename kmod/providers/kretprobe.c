// SPDX-License-Identifier: GPL-2.0
/*
 * kretprobe: a function's return, with its value and how long it took.
 *
 * The time of entry is kept with the return instance, so nested, recursive and
 * sleeping calls are timed right; of an fexit the arguments, too.  Each call under way needs an instance; calls
 * that find none left are counted by the kernel as missed.
 */
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "compat/compat.h"
#include "dispatch.h"
#include "providers/calls.h"
#include "providers/hook.h"
#include "providers/symbol.h"

/* What is known at the entry, and kept until the return. */
struct kept {
	u64 entered;
	u64 arg[KPS_NR_ARGS];
};

struct kretprobe_site {
	struct kretprobe rp;
	struct kps_site *site;	/* kps_nobody if it is stuck */
	struct kps_symbol symbol;
	u32 args;		/* bits of those that are kept */
};

static struct kretprobe_site *of(const struct kps_site *site)
{
	return site->priv;
}

static int __kprobes entry_timed(struct kretprobe_instance *ri,
				 struct pt_regs *regs)
{
	((struct kept *)ri->data)->entered = ktime_get_mono_fast_ns();
	return 0;
}

static int __kprobes entry_kept(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = kps_get_kretprobe(ri);
	struct kept *kept = (struct kept *)ri->data;
	u32 args;

	if (!rp)
		return 1;
	args = container_of(rp, struct kretprobe_site, rp)->args;
	for (; args; args &= args - 1)
		kept->arg[__ffs(args)] = kps_argument(regs, __ffs(args));
	return entry_timed(ri, regs);
}

static __always_inline bool reads_duration(const struct kps_site *site)
{
	return site->probe->code->frame_read & KPS_FRAME_BIT(duration);
}

/* A return, as the kernel tells us of it. */
struct call {
	struct kretprobe_instance *ri;
	struct pt_regs *regs;
	u32 args;	/* as of its site */
};

static __always_inline u64 duration(const struct call *call)
{
	return ktime_get_mono_fast_ns() - ((struct kept *)call->ri->data)->entered;
}

static __always_inline u64 kept_arg(const struct call *call, u32 word)
{
	u32 nr = word - KPS_FRAME_ARG;

	return nr < KPS_NR_ARGS && call->args & BIT(nr) ?
	       ((struct kept *)call->ri->data)->arg[nr] : 0;
}

static __always_inline u64 word_of(const void *event, u32 word)
{
	const struct call *call = event;

	switch (BIT(word)) {
	case KPS_FRAME_BIT(retval):
		return regs_return_value(call->regs);
	case KPS_FRAME_BIT(duration):
		return duration(call);
	default:
		return kept_arg(call, word);
	}
}

static noinline void __kprobes run(const struct kps_site *site,
				   struct kps_at at, const struct call *call,
				   unsigned long ip)
{
	struct kps_ctx ctx KPS_UNINITIALISED;
	u32 args;

	if (kps_event_is_timed(site->probe, at, word_of, call))
		return;
	kps_event_begin(&ctx, site->probe, at, KPS_FILLS_RETURN);
	ctx.frame.site = site->id;
	ctx.frame.ip = ip;
	ctx.regs = call->regs;
	ctx.frame.retval = regs_return_value(call->regs);
	if (reads_duration(site))
		ctx.frame.duration = duration(call);
	for (args = call->args; args; args &= args - 1)
		ctx.frame.arg[__ffs(args)] = ((struct kept *)call->ri->data)->arg[__ffs(args)];
	kps_event_run(&ctx, site->probe);
}

static int __kprobes return_fired(struct kretprobe_instance *ri,
				  struct pt_regs *regs)
{
	struct call call = { .ri = ri, .regs = regs };
	struct kretprobe *rp = kps_get_kretprobe(ri);
	const struct kretprobe_site *mine;
	const struct kps_site *site;
	struct kps_at at;

	if (!rp)
		return 0;
	mine = container_of(rp, struct kretprobe_site, rp);
	call.args = mine->args;
	site = READ_ONCE(mine->site);
	if (!kps_event_comes(site->probe))
		return 0;
	at = kps_event_hit(site->probe);
	if (!kps_event_is_done(site->probe, at, word_of, &call))
		run(site, at, &call, (unsigned long)rp->kp.addr);
	return 0;
}

static int kretprobe_prepare(struct kps_site *site, struct kps_error *error)
{
	struct kretprobe_site *mine = kzalloc(sizeof(*mine), GFP_KERNEL);
	int err;

	if (!mine)
		return kps_error(error, -ENOMEM, "no memory");
	err = kps_symbol_parse(site, &mine->symbol, error);
	if (!err && mine->symbol.offset)
		err = kps_error(error, -EINVAL,
				"%s:%s: a return has no offset",
				site->probe->provider->name, site->target);
	if (err) {
		kfree(mine);
		return err;
	}
	mine->site = site;
	site->priv = mine;
	return 0;
}

static bool disarm(struct kps_site *site)
{
	if (kps_disarm(&of(site)->rp.kp))
		return true;
	WRITE_ONCE(of(site)->site, &kps_nobody);
	kps_site_is_stuck(site);
	return false;
}

static bool keeps_args(const struct kps_probe *probe)
{
	return probe->provider == &kps_fexit_provider;
}

/* What its clause reads at the return, and is known at the entry. */
static void keep(struct kps_site *site)
{
	u32 args = site->probe->code->frame_read & KPS_FRAME_ARGS;
	struct kretprobe *rp = &of(site)->rp;

	of(site)->args = keeps_args(site->probe) ? args / KPS_FRAME_BIT(arg) : 0;
	rp->entry_handler = NULL;
	rp->data_size = 0;
	if (of(site)->args) {
		rp->entry_handler = entry_kept;
		rp->data_size = sizeof(struct kept);
	} else if (reads_duration(site)) {
		rp->entry_handler = entry_timed;
		rp->data_size = offsetofend(struct kept, entered);
	}
}

static int kretprobe_attach(struct kps_site *site)
{
	struct kretprobe *rp = &of(site)->rp;
	int err;

	err = kps_symbol_place(&of(site)->symbol, site->address, &rp->kp);
	if (err)
		return err;
	rp->handler = return_fired;
	keep(site);
	rp->maxactive = kps_calls_at_once(site->probe, site->probe->nr_sites);
	err = kps_register_kretprobe(site, rp);
	if (err)
		return kps_symbol_error(&of(site)->symbol, site->address, &rp->kp, err);
	err = kps_symbol_attached(site, &rp->kp);
	if (err && disarm(site))
		unregister_kretprobe(rp);
	return err;
}

/* As in kprobe.c. */
static void kretprobe_detach(struct kps_site **sites, unsigned int nr)
{
	struct kretprobe **rps = (struct kretprobe **)sites;
	unsigned int i, good = 0;

	for (i = 0; i < nr; i++) {
		if (!disarm(sites[i]))
			continue;
		swap(sites[good], sites[i]);
		good++;
	}
	for (i = 0; i < good; i++)
		rps[i] = &of(sites[i])->rp;
	unregister_kretprobes(rps, good);
	for (i = 0; i < good; i++)
		sites[i] = container_of(rps[i], struct kretprobe_site, rp)->site;
}

static u64 kretprobe_missed(const struct kps_site *site)
{
	return kps_kretprobe_missed(&of(site)->rp);
}

static const char *kretprobe_how(const struct kps_site *site)
{
	return kps_kprobe_how(&of(site)->rp.kp);
}

static void kretprobe_release(struct kps_site *site)
{
	kfree(site->priv);
}

static size_t kretprobe_site_bytes(const struct kps_probe *probe, u32 nr)
{
	size_t kept = keeps_args(probe) ? sizeof(struct kept) :
					  offsetofend(struct kept, entered);

	return sizeof(struct kretprobe_site) + (size_t)kps_calls_at_once(probe, nr) *
	       (sizeof(struct kretprobe_instance) + kept);
}

#define KRETPROBE_PROVIDER						\
	.prepare	= kretprobe_prepare,				\
	.attach		= kretprobe_attach,				\
	.detach		= kretprobe_detach,				\
	.missed		= kretprobe_missed,				\
	.site_bytes	= kretprobe_site_bytes,				\
	.how		= kretprobe_how,				\
	.release	= kretprobe_release

const struct kps_provider kps_kretprobe_provider = {
	.name		= "kretprobe",
	KRETPROBE_PROVIDER,
};

/* bpftrace's name for one that knows the arguments. */
const struct kps_provider kps_fexit_provider = {
	.name		= "fexit",
	.names_module	= true,
	KRETPROBE_PROVIDER,
};

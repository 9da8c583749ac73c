// SPDX-License-Identifier: GPL-2.0
/*
 * kretprobe: a function's return, with its value and how long it took.
 *
 * The time of entry is kept with the return instance, so nested, recursive and
 * sleeping calls are timed right; of an fexit the arguments, too.  Each call under way
 * needs an instance; calls that find none left are counted by the kernel as missed.
 *
 * What a kretprobe does at the entry is its kprobe's pre_handler.  To arm and to disarm
 * that kprobe takes ftrace some milliseconds, of hundreds one after the other.  So where
 * ftrace may, it stays unarmed, and an ops of our own for all of them calls the
 * pre_handler (ftrace.c).
 */
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "compat/compat.h"
#include "dispatch.h"
#include "providers/calls.h"
#include "providers/ftrace.h"
#include "providers/hook.h"
#include "providers/symbol.h"

/* What is known at the entry, and kept until the return. */
struct kept {
	u64 entered;
	u64 arg[KPS_NR_ARGS];
};

struct kretprobe_site {
	struct kps_ftraced ftraced;	/* first, see ftrace.h */
	struct kretprobe rp;
	struct kps_site *site;	/* kps_nobody if it is stuck */
	struct kps_symbol symbol;
	u32 args;		/* bits of those that are kept */
};

/*
 * A return, or an entry that ftrace has told of, is being served. What that calls may be
 * probed, and must not lead back here: it is missed, as the kernel has it for kprobes.
 * Only its own CPU writes to it.
 */
static DEFINE_PER_CPU(u8[KPS_NR_CONTEXTS], serving);

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

static __always_inline void returned(const struct kps_site *site,
				     const struct call *call, unsigned long ip)
{
	struct kps_at at;

	if (!kps_event_comes(site->probe))
		return;
	at = kps_event_hit(site->probe);
	if (!kps_event_is_done(site->probe, at, word_of, call))
		run(site, at, call, ip);
}

static int __kprobes return_fired(struct kretprobe_instance *ri,
				  struct pt_regs *regs)
{
	u8 *inside = &(*this_cpu_ptr(&serving))[kps_context()];
	struct call call = { .ri = ri, .regs = regs };
	struct kretprobe *rp = kps_get_kretprobe(ri);
	const struct kretprobe_site *mine;

	if (!rp)
		return 0;
	mine = container_of(rp, struct kretprobe_site, rp);
	call.args = mine->args;
	WRITE_ONCE(*inside, 1);
	barrier();
	returned(READ_ONCE(mine->site), &call, (unsigned long)rp->kp.addr);
	barrier();
	WRITE_ONCE(*inside, 0);
	return 0;
}

/**
 * kps_kretprobe_enters() - a function was called whose return is wanted
 * @site: of a kretprobe that is registered, and not armed; or kps_nobody
 * @regs: the arguments, and the stack
 *
 * The kernel's pre_handler takes an instance and puts it in the return's way. It looks at
 * nothing of a kprobe's that has fired: KPS_KRETPROBE_ASKS_NOBODY.
 *
 * Context: any, with preemption off.
 */
void __kprobes kps_kretprobe_enters(const struct kps_site *site, struct pt_regs *regs)
{
	u8 *inside = &(*this_cpu_ptr(&serving))[kps_context()];
	struct kprobe *kp;

	if (!kps_event_comes(site->probe))
		return;
	kp = &of(site)->rp.kp;
	if (*inside) {
		kp->nmissed++;
		return;
	}
	WRITE_ONCE(*inside, 1);
	barrier();
	kp->pre_handler(kp, regs);
	barrier();
	WRITE_ONCE(*inside, 0);
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
	mine->ftraced.returns = true;
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

/* Whether ftrace may serve it: NULL, or what speaks against it. */
static const char *why_kprobe(const struct kps_site *site)
{
	if (site->probe->flags & KPS_PROBE_F_KPROBE)
		return "asked for";
	if (!(of(site)->rp.kp.flags & KPROBE_FLAG_FTRACE))
		return "ftrace is not called here";
	if (!KPS_FTRACE)
		return "this kernel's ftrace gives no arguments";
	return KPS_KRETPROBE_ASKS_NOBODY ? NULL : "this kernel's kretprobes need a kprobe";
}

/* It is registered, but not armed. */
static int make(struct kps_site *site)
{
	struct kretprobe_site *mine = of(site);
	struct kretprobe *rp = &mine->rp;
	int err;

	if (kps_attach_is_over(site))
		return -EINTR;
	err = kps_symbol_place(&mine->symbol, site->address, &rp->kp);
	if (err)
		return err;
	rp->handler = return_fired;
	keep(site);
	rp->maxactive = kps_calls_at_once(site->probe, site->probe->nr_sites);
	err = kps_register_kretprobe(rp);
	if (err)
		return kps_symbol_error(&mine->symbol, site->address, &rp->kp, err);
	err = kps_symbol_attached(site, &rp->kp);
	if (err)
		unregister_kretprobe(rp);
	mine->ftraced.ip = (unsigned long)rp->kp.addr;
	mine->ftraced.ftrace = NULL;
	mine->ftraced.why = why_kprobe(site);
	return err;
}

static int arm(struct kps_site *site)
{
	struct kretprobe *rp = &of(site)->rp;
	int err = kps_attach_is_over(site) ? -EINTR : kps_arm(site, &rp->kp);

	if (err)
		unregister_kretprobe(rp);
	return err;
}

static void kretprobe_attach_all(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		sites[i]->error = make(sites[i]);
	kps_ftrace_attach(sites, nr);
	for (i = 0; i < nr; i++)
		if (!sites[i]->error && !of(sites[i])->ftraced.ftrace)
			sites[i]->error = arm(sites[i]);
}

/* As in kprobe.c. Those that were not armed have nothing to be disarmed. */
static void kretprobe_detach(struct kps_site **sites, unsigned int nr)
{
	struct kretprobe **rps = (struct kretprobe **)sites;
	unsigned int i, good = 0;

	kps_ftrace_detach(sites, nr);
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
	return of(site)->ftraced.ftrace ? "ftrace" :
					kps_kprobe_how(&of(site)->rp.kp);
}

static const char *kretprobe_why(const struct kps_site *site)
{
	return of(site)->ftraced.ftrace ? "" : of(site)->ftraced.why;
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
	.attach_all	= kretprobe_attach_all,				\
	.detach		= kretprobe_detach,				\
	.missed		= kretprobe_missed,				\
	.site_bytes	= kretprobe_site_bytes,				\
	.how		= kretprobe_how,				\
	.why		= kretprobe_why,				\
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

// SPDX-License-Identifier: GPL-2.0
/*
 * kretprobe: a function's return, with its value and how long it took.
 *
 * The time of entry is kept with the return instance, so nested, recursive and
 * sleeping calls are timed right.  Each call under way needs an instance; calls
 * that find none left are counted by the kernel as missed.
 */
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "compat/compat.h"
#include "dispatch.h"
#include "providers/hook.h"
#include "providers/symbol.h"

/* Calls under way at once, where the user does not say: many functions at once
 * must not need much memory, one function may be slept in by many tasks.
 */
#define MAXACTIVE_ONE	1024
#define MAXACTIVE_MANY	64
#define MAXACTIVE_LIMIT	16384

struct kretprobe_site {
	struct kretprobe rp;
	struct kps_site *site;	/* kps_nobody if it is stuck */
	struct kps_symbol symbol;
};

static struct kretprobe_site *of(const struct kps_site *site)
{
	return site->priv;
}

static int __kprobes entry_timed(struct kretprobe_instance *ri,
				 struct pt_regs *regs)
{
	*(u64 *)ri->data = ktime_get_mono_fast_ns();
	return 0;
}

static __always_inline bool reads_duration(const struct kps_site *site)
{
	return site->probe->code->frame_read & KPS_FRAME_BIT(duration);
}

/* A return, as the kernel tells us of it. */
struct call {
	struct kretprobe_instance *ri;
	struct pt_regs *regs;
};

static __always_inline u64 duration(const struct call *call)
{
	return ktime_get_mono_fast_ns() - *(u64 *)call->ri->data;
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
		return 0;
	}
}

static noinline void __kprobes run(const struct kps_site *site,
				   struct kps_at at, const struct call *call,
				   unsigned long ip)
{
	struct kps_ctx ctx KPS_UNINITIALISED;

	if (kps_event_is_timed(site->probe, at, word_of, call))
		return;
	kps_event_begin(&ctx, site->probe, at, KPS_FILLS_RETURN);
	ctx.frame.site = site->id;
	ctx.frame.ip = ip;
	ctx.regs = call->regs;
	ctx.frame.retval = regs_return_value(call->regs);
	if (reads_duration(site))
		ctx.frame.duration = duration(call);
	kps_event_run(&ctx, site->probe);
}

static int __kprobes return_fired(struct kretprobe_instance *ri,
				  struct pt_regs *regs)
{
	const struct call call = { .ri = ri, .regs = regs };
	struct kretprobe *rp = kps_get_kretprobe(ri);
	const struct kps_site *site;
	struct kps_at at;

	if (!rp)
		return 0;
	site = READ_ONCE(container_of(rp, struct kretprobe_site, rp)->site);
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
				"kretprobe:%s: a return has no offset",
				site->target);
	if (err) {
		kfree(mine);
		return err;
	}
	mine->site = site;
	site->priv = mine;
	return 0;
}

static int maxactive(const struct kps_probe *probe, u32 nr_sites)
{
	if (probe->maxactive)
		return min_t(u32, probe->maxactive, MAXACTIVE_LIMIT);
	return nr_sites > 1 ? MAXACTIVE_MANY : MAXACTIVE_ONE;
}

static bool disarm(struct kps_site *site)
{
	if (kps_disarm(&of(site)->rp.kp))
		return true;
	WRITE_ONCE(of(site)->site, &kps_nobody);
	kps_site_is_stuck(site);
	return false;
}

static int kretprobe_attach(struct kps_site *site)
{
	bool timed = reads_duration(site);
	struct kretprobe *rp = &of(site)->rp;
	int err;

	err = kps_symbol_place(&of(site)->symbol, site->address, &rp->kp);
	if (err)
		return err;
	rp->handler = return_fired;
	rp->entry_handler = timed ? entry_timed : NULL;
	rp->data_size = timed ? sizeof(u64) : 0;
	rp->maxactive = maxactive(site->probe, site->probe->nr_sites);
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
	return sizeof(struct kretprobe_site) + maxactive(probe, nr) *
	       (sizeof(struct kretprobe_instance) + sizeof(u64));
}

const struct kps_provider kps_kretprobe_provider = {
	.name		= "kretprobe",
	.prepare	= kretprobe_prepare,
	.attach		= kretprobe_attach,
	.detach		= kretprobe_detach,
	.missed		= kretprobe_missed,
	.site_bytes	= kretprobe_site_bytes,
	.how		= kretprobe_how,
	.release	= kretprobe_release,
};

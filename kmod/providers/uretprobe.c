// SPDX-License-Identifier: GPL-2.0
/*
 * uretprobe: the return of a program's or a library's function, with its value and how
 * long it took.
 *
 * The kernel follows 64 calls of a task that are inside of each other; the return of one
 * more is missed. The time of entry is kept by the kernel with the call, or, by older
 * kernels, by us (calls.c); a return whose entry was not seen is missed, if its time is
 * asked for.
 */
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "dispatch.h"
#include "paging.h"
#include "providers/calls.h"
#include "providers/place.h"

/**
 * struct uretprobe_site - with its calls under way
 * @placed: must be the first
 * @calls: when they were entered, if a clause asks and the kernel does not keep it
 * @timed: a clause asks
 */
struct uretprobe_site {
	struct kps_placed placed;
	struct kps_calls *calls;
	bool timed;
};

static struct uretprobe_site *of(const struct kps_site *site)
{
	return site->priv;
}

/* A return, as the kernel tells us of it. */
struct call {
	struct pt_regs *regs;
	u64 entered;
};

static __always_inline u64 duration(const struct call *call)
{
	return ktime_get_mono_fast_ns() - call->entered;
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

static noinline void __kprobes run(const struct kps_site *site, struct kps_at at,
				   const struct call *call, unsigned long function)
{
	struct kps_ctx ctx KPS_UNINITIALISED;

	if (kps_event_is_timed(site->probe, at, word_of, call))
		return;
	kps_event_begin(&ctx, site->probe, at, KPS_FILLS_RETURN);
	ctx.frame.site = site->id;
	ctx.frame.ip = function;
	ctx.regs = call->regs;
	ctx.frame.retval = regs_return_value(call->regs);
	if (of(site)->timed)
		ctx.frame.duration = duration(call);
	kps_event_run_paging(&ctx, site->probe);
}

static void __kprobes miss(const struct kps_site *site)
{
	if (READ_ONCE(site->probe->program->live))
		atomic64_inc(&of(site)->placed.missed);
}

static void __kprobes serve(const struct kps_site *site, const struct call *call,
			    unsigned long function)
{
	struct kps_at at;

	if (!kps_event_comes(site->probe))
		return;
	at = kps_event_hit(site->probe);
	if (!kps_event_is_done(site->probe, at, word_of, call))
		run(site, at, call, function);
}

static int __kprobes entered(struct uprobe_consumer *consumer, KPS_UPROBE_ARGS)
{
	const struct kps_site *site = kps_placed_of(consumer)->site;
	u64 *kept = KPS_UPROBE_WORD;

	if (kps_uretprobe_is_too_deep())
		miss(site);
	else if (kept)
		*kept = ktime_get_mono_fast_ns();
	else if (of(site)->calls)
		kps_call_entered(of(site)->calls, user_stack_pointer(regs),
				 ktime_get_mono_fast_ns());
	return 0;
}

/* Whether all is known that the clause asks for. */
static bool __kprobes is_known(const struct kps_site *site, const u64 *kept,
			       struct call *call)
{
	if (!of(site)->timed)
		return true;
	if (!of(site)->calls) {
		call->entered = kept ? *kept : 0;
		return kept;
	}
	return kps_call_returned(of(site)->calls, kps_entry_stack(call->regs),
				 &call->entered);
}

static int __kprobes returned(struct uprobe_consumer *consumer, unsigned long function,
			      KPS_UPROBE_ARGS)
{
	const struct kps_site *site = kps_placed_of(consumer)->site;
	struct call call = { .regs = regs };

	preempt_disable_notrace();
	if (is_known(site, KPS_UPROBE_WORD, &call))
		serve(site, &call, function);
	else
		miss(site);
	preempt_enable_notrace();
	return 0;
}

static int uretprobe_prepare(struct kps_site *site, struct kps_error *error)
{
	struct uretprobe_site *mine = kzalloc(sizeof(*mine), GFP_KERNEL);
	int err;

	BUILD_BUG_ON(offsetof(struct uretprobe_site, placed));
	if (!mine)
		return kps_error(error, -ENOMEM, "no memory");
	mine->placed.uprobe.consumer.handler = entered;
	mine->placed.uprobe.consumer.ret_handler = returned;
	err = kps_place_prepare(site, &mine->placed, error);
	if (err)
		kfree(mine);
	return err;
}

static int uretprobe_attach(struct kps_site *site)
{
	struct uretprobe_site *mine = of(site);

	mine->timed = site->probe->code->frame_read & KPS_FRAME_BIT(duration);
	if (!KPS_UPROBE_WORDS && mine->timed && !mine->calls)
		mine->calls = kps_calls_alloc(kps_calls_at_once(site->probe,
								site->probe->nr_sites));
	if (!KPS_UPROBE_WORDS && mine->timed && !mine->calls)
		return -ENOMEM;
	return kps_place_attach(&mine->placed);
}

static void uretprobe_release(struct kps_site *site)
{
	kps_calls_free(of(site)->calls);
	kps_place_release(site);
}

static size_t uretprobe_site_bytes(const struct kps_probe *probe, u32 nr)
{
	return sizeof(struct uretprobe_site) +
	       (KPS_UPROBE_WORDS ? 0 : kps_calls_bytes(kps_calls_at_once(probe, nr)));
}

const struct kps_provider kps_uretprobe_provider = {
	.name		= "uretprobe",
	.prepare	= uretprobe_prepare,
	.put		= kps_place_put,
	.attach		= uretprobe_attach,
	.detach		= kps_places_detach,
	.missed		= kps_place_missed,
	.site_bytes	= uretprobe_site_bytes,
	.how		= kps_place_how,
	.release	= uretprobe_release,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * uprobe: a place in a program's or a library's code, mostly a function's entry. usdt:
 * one that its author has marked, which may have a counter that tells the program that
 * somebody looks. What its arguments are user space knows.
 */
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/slab.h>

#include "dispatch.h"
#include "paging.h"
#include "providers/place.h"

static noinline void __kprobes run(const struct kps_site *site, struct kps_at at,
				   struct pt_regs *regs)
{
	struct kps_ctx ctx KPS_UNINITIALISED;

	if (kps_event_is_timed(site->probe, at, kps_entry_word, regs))
		return;
	kps_event_begin(&ctx, site->probe, at, KPS_FILLS_ENTRY);
	ctx.frame.site = site->id;
	ctx.frame.ip = instruction_pointer(regs);
	ctx.regs = regs;
	kps_fill_args(&ctx.frame, regs, site->probe->code->frame_read);
	kps_event_run_paging(&ctx, site->probe);
}

static void __kprobes serve(const struct kps_site *site, struct pt_regs *regs)
{
	struct kps_at at;

	if (!kps_event_comes(site->probe))
		return;
	at = kps_event_hit(site->probe);
	if (!kps_event_is_done(site->probe, at, kps_entry_word, regs))
		run(site, at, regs);
}

static int __kprobes uprobe_fired(struct uprobe_consumer *consumer, KPS_UPROBE_ARGS)
{
	preempt_disable_notrace();
	serve(kps_placed_of(consumer)->site, regs);
	preempt_enable_notrace();
	return 0;
}

static int uprobe_prepare(struct kps_site *site, struct kps_error *error)
{
	struct kps_placed *placed = kzalloc(sizeof(*placed), GFP_KERNEL);
	int err;

	if (!placed)
		return kps_error(error, -ENOMEM, "no memory");
	placed->uprobe.consumer.handler = uprobe_fired;
	err = kps_place_prepare(site, placed, error);
	if (err)
		kfree(placed);
	return err;
}

static int uprobe_attach(struct kps_site *site)
{
	return kps_place_attach(site->priv);
}

static size_t uprobe_site_bytes(const struct kps_probe *probe, u32 nr)
{
	return sizeof(struct kps_placed);
}

#define PROVIDER(what)					\
	{						\
		.name		= what,			\
		.prepare	= uprobe_prepare,	\
		.put		= kps_place_put,	\
		.attach		= uprobe_attach,	\
		.detach		= kps_places_detach,	\
		.missed		= kps_place_missed,	\
		.site_bytes	= uprobe_site_bytes,	\
		.how		= kps_place_how,	\
		.release	= kps_place_release,	\
	}

const struct kps_provider kps_uprobe_provider = PROVIDER("uprobe");
const struct kps_provider kps_usdt_provider = PROVIDER("usdt");

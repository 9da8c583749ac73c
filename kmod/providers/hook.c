// SPDX-License-Identifier: GPL-2.0
/*
 * How a kprobe or kretprobe is registered, armed, disarmed, and what serves it: the same
 * for all providers that use them.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>

#include "arch/arch.h"
#include "providers/hook.h"

/* Between two tries: whoever needs memory so badly gets some meanwhile. */
#define DISARM_RETRY_MS 10
#define DISARM_TRIES 100

/*
 * register_kprobe() wants a struct as new, also when it comes again. It is armed by
 * kps_arm(), or never.
 */
int kps_register_kprobe(struct kprobe *kp)
{
	struct kprobe fresh = {
		.symbol_name = kp->symbol_name,
		.addr = kp->symbol_name ? NULL : kp->addr,
		.offset = kp->offset,
		.pre_handler = kp->pre_handler,
		.flags = KPROBE_FLAG_DISABLED,
	};

	*kp = fresh;
	return register_kprobe(kp);
}

/**
 * kps_arm() - let a kprobe fire, if it can
 * @site: whose it is
 * @kp: registered, disabled
 *
 * Its module may have gone since it was registered. Context: may sleep. Return: 0,
 * -ENOENT then, or another errno; after that it is still to be unregistered.
 */
int kps_arm(struct kps_site *site, struct kprobe *kp)
{
	int err = kps_watch_begin(&site->watch, kp) ?: enable_kprobe(kp);

	return err && kprobe_gone(kp) ? -ENOENT : err;
}

/*
 * What the kernel puts a jump in the place of is a probe of its own, that it keeps
 * for all probes at one address, in a list with them (init_aggr_kprobe()).
 */
static bool is_optimised(const struct kprobe *kp)
{
	const struct kprobe *each = kp;
	bool found;

	rcu_read_lock();
	do {
		found = READ_ONCE(each->flags) & KPROBE_FLAG_OPTIMIZED;
		each = list_entry_rcu(each->list.next, struct kprobe, list);
	} while (!found && each != kp);
	rcu_read_unlock();
	return found;
}

/**
 * kps_kprobe_how() - by what means this kernel serves a kprobe
 * @kp: registered
 */
const char *kps_kprobe_how(const struct kprobe *kp)
{
	if (kp->flags & KPROBE_FLAG_FTRACE)
		return "kprobe";
	return is_optimised(kp) ? "optimised" : KPS_BREAKPOINT;
}

/* The same for a kretprobe: its kprobe is armed by kps_arm(), or never. */
int kps_register_kretprobe(struct kretprobe *rp)
{
	struct kretprobe fresh = {
		.kp.symbol_name = rp->kp.symbol_name,
		.kp.addr = rp->kp.symbol_name ? NULL : rp->kp.addr,
		.kp.flags = KPROBE_FLAG_DISABLED,
		.handler = rp->handler,
		.entry_handler = rp->entry_handler,
		.maxactive = rp->maxactive,
		.data_size = rp->data_size,
	};

	*rp = fresh;
	return register_kretprobe(rp);
}

/** kps_attach_kretprobe() - both. Return: 0, or a negative errno and it is not registered */
int kps_attach_kretprobe(struct kps_site *site, struct kretprobe *rp)
{
	int err = kps_register_kretprobe(rp);

	if (err)
		return err;
	err = kps_arm(site, &rp->kp);
	if (err)
		unregister_kretprobe(rp);
	return err;
}

/**
 * kps_disarm() - make a kprobe that is about to be unregistered fire no more
 * @kp: registered
 *
 * unregister_kprobe() cannot say that it failed, and it can: if ftrace finds no
 * memory to take the function out of its filter, the probe stays armed in memory
 * that the caller then frees. disable_kprobe() says so, and can be tried again;
 * nothing is left then that unregistering could fail in. May sleep.
 *
 * Return: false: it cannot be (ftrace has given up, or memory never comes), and
 * must be left registered, where it is.
 */
bool kps_disarm(struct kprobe *kp)
{
	unsigned int tries = DISARM_TRIES;
	int err = disable_kprobe(kp);

	while (err == -ENOMEM && --tries) {
		msleep(DISARM_RETRY_MS);
		err = disable_kprobe(kp);
	}
	/* -EINVAL: nobody knows it. */
	return !err || err == -EINVAL;
}

/** kps_kretprobe_missed() - no instance left, or no entry seen */
u64 kps_kretprobe_missed(const struct kretprobe *rp)
{
	return (u64)rp->nmissed + rp->kp.nmissed;
}

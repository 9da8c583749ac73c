// SPDX-License-Identifier: GPL-2.0
/*
 * conntrack: flows that enter the table, leave it, or find it full.
 *
 *	new	__nf_conntrack_confirm() accepted a packet's flow and confirmed
 *		it, or ctnetlink inserted one (nf_conntrack_hash_check_insert())
 *	destroy	a confirmed flow's memory is given back (nf_ct_destroy())
 *	full	__nf_conntrack_alloc() failed with the table at its maximum
 *
 * nf_conntrack's own notifier has one slot per namespace and ctnetlink wants
 * it; so these are kprobes, by name, and the module is never forced in.  For
 * the same reason nothing here refers to a symbol of nf_conntrack's: only
 * inline functions and layouts of this kernel's headers are used.
 *
 * Flows of all network namespaces are seen.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_extend.h>
#include <net/netfilter/nf_conntrack_timestamp.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "compat/compat.h"
#include "dispatch.h"
#include "providers/conntrack.h"
#include "providers/hook.h"

#define MODULE_BEHIND "nf_conntrack"

/* Handlers of netfilter do not sleep: per CPU, a few contexts at most. */
#define MAXACTIVE 256

/*
 * Flows whose start is remembered for args.lifetime, per probe.  Only where
 * the kernel itself keeps no time stamps (nf_conntrack_timestamp = 0).
 */
#define TRACKED_FLOWS 65536

/**
 * struct conntrack_site - the hooks behind one event
 * @confirm: __nf_conntrack_confirm(), of new, and of destroy for its lifetime
 * @insert: nf_conntrack_hash_check_insert(), likewise
 * @alloc: __nf_conntrack_alloc(), of full
 * @destroy: nf_ct_destroy()
 * @orig_argument: of @alloc, which of its arguments is the flow's tuple
 * @births: ns by struct nf_conn's address; of destroy, if lifetime is read
 */
struct conntrack_site {
	struct kps_site *site; /* kps_nobody if it is stuck */
	int event;
	struct kretprobe confirm;
	struct kretprobe insert;
	struct kretprobe alloc;
	struct kprobe destroy;
	unsigned int orig_argument;
	struct kps_values *births;
};

/* Kept from a function's entry to its return. */
struct confirm_call {
	const struct sk_buff *skb;
	struct nf_conn *ct;
};

struct alloc_call {
	struct nf_conntrack_tuple orig;
	u16 zone;
};

static struct conntrack_site *of(const struct kps_site *site)
{
	return site->priv;
}

/* Return: whose event it is, or NULL: it may not be served. */
static const struct kps_site *comes(const struct conntrack_site *mine)
{
	const struct kps_site *site = READ_ONCE(mine->site);

	return kps_event_comes(site->probe) ? site : NULL;
}

static void emit(const struct kps_site *site,
		 const struct kps_conntrack_record *record, struct pt_regs *regs)
{
	struct kps_ctx ctx KPS_UNINITIALISED;

	kps_event_begin(&ctx, site->probe, kps_event_hit(site->probe),
			KPS_FILLS_SITE);
	ctx.regs = regs;
	ctx.record = record;
	ctx.record_size = sizeof(*record);
	ctx.frame.site = site->id;
	kps_event_run(&ctx, site->probe);
}

static void flow_is_new(struct conntrack_site *mine, struct nf_conn *ct,
			struct pt_regs *regs)
{
	const struct kps_site *site = comes(mine);
	struct kps_conntrack_record record;
	u64 key, now;

	if (!site)
		return;
	if (mine->births) {
		key = (unsigned long)ct;
		now = ktime_get_mono_fast_ns();
		/* A full table means that this lifetime stays unknown: 0. */
		kps_values_set(mine->births, &key, &now);
		return;
	}
	kps_conntrack_fill_flow(&record, ct);
	emit(site, &record, regs);
}

static struct nf_conn *flow_of(const struct sk_buff *skb)
{
	enum ip_conntrack_info info;

	return nf_ct_get(skb, &info);
}

static int __kprobes confirm_entered(struct kretprobe_instance *ri,
				     struct pt_regs *regs)
{
	struct confirm_call *call = (struct confirm_call *)ri->data;

	call->skb = (const struct sk_buff *)regs_get_kernel_argument(regs, 0);
	call->ct = flow_of(call->skb);
	/* Not a return worth catching if there is nothing to confirm. */
	return !call->ct || nf_ct_is_confirmed(call->ct);
}

/*
 * The packet that was accepted still holds its flow.  After a clash it holds
 * another one, and ours was not new.
 */
static int __kprobes confirm_returned(struct kretprobe_instance *ri,
				      struct pt_regs *regs)
{
	const struct confirm_call *call = (struct confirm_call *)ri->data;
	struct kretprobe *rp = kps_get_kretprobe(ri);

	if (!rp || (unsigned int)regs_return_value(regs) != NF_ACCEPT)
		return 0;
	if (flow_of(call->skb) != call->ct || !nf_ct_is_confirmed(call->ct))
		return 0;
	flow_is_new(container_of(rp, struct conntrack_site, confirm), call->ct,
		    regs);
	return 0;
}

static int __kprobes insert_entered(struct kretprobe_instance *ri,
				    struct pt_regs *regs)
{
	*(unsigned long *)ri->data = regs_get_kernel_argument(regs, 0);
	return 0;
}

/* The caller holds the flow, see nf_conntrack_hash_check_insert(). */
static int __kprobes insert_returned(struct kretprobe_instance *ri,
				     struct pt_regs *regs)
{
	struct kretprobe *rp = kps_get_kretprobe(ri);

	if (!rp || (int)regs_return_value(regs))
		return 0;
	flow_is_new(container_of(rp, struct conntrack_site, insert),
		    *(struct nf_conn **)ri->data, regs);
	return 0;
}

/*
 * (net, zone, orig, reply, ...). Where zones are not configured the compiler may
 * leave the unused argument out, and then says so in the function's name.
 */
static const struct {
	const char *name;
	unsigned int orig_argument;
} alloc_functions[] = {
	{ "__nf_conntrack_alloc", 2 },
#ifndef CONFIG_NF_CONNTRACK_ZONES
	{ "__nf_conntrack_alloc.constprop.0", 1 },
	{ "__nf_conntrack_alloc.isra.0", 1 },
#endif
};

static u16 zone_argument(struct pt_regs *regs)
{
#ifdef CONFIG_NF_CONNTRACK_ZONES
	const struct nf_conntrack_zone *zone =
		(const void *)regs_get_kernel_argument(regs, 1);

	return zone->id;
#else
	return 0;
#endif
}

/* Not worth catching if there is no tuple, which is the caller's. */
static int __kprobes alloc_entered(struct kretprobe_instance *ri,
				   struct pt_regs *regs)
{
	struct alloc_call *call = (struct alloc_call *)ri->data;
	struct kretprobe *rp = kps_get_kretprobe(ri);
	struct conntrack_site *mine;
	const void *orig;

	if (!rp)
		return 1;
	mine = container_of(rp, struct conntrack_site, alloc);
	orig = (const void *)regs_get_kernel_argument(regs,
						      mine->orig_argument);
	call->zone = zone_argument(regs);
	return copy_from_kernel_nofault(&call->orig, orig, sizeof(call->orig));
}

/*
 * -ENOMEM also says that the slab allocator failed; that is rare, and not
 * told apart here: the packet is dropped and counted by the kernel ("drop" of
 * conntrack -S) in the same way.
 */
static int __kprobes alloc_returned(struct kretprobe_instance *ri,
				    struct pt_regs *regs)
{
	const struct alloc_call *call = (struct alloc_call *)ri->data;
	struct kretprobe *rp = kps_get_kretprobe(ri);
	struct kps_conntrack_record record;
	const struct kps_site *site;

	if (!rp || regs_return_value(regs) != (unsigned long)-ENOMEM)
		return 0;
	site = comes(container_of(rp, struct conntrack_site, alloc));
	if (!site)
		return 0;
	kps_conntrack_fill_tuple(&record, &call->orig);
	record.zone = call->zone;
	emit(site, &record, regs);
	return 0;
}

/* The kernel's own time stamp, if it keeps one for this flow; wall clock. */
static u64 stamped_lifetime(const struct nf_conn *ct)
{
#ifdef CONFIG_NF_CONNTRACK_TIMESTAMP
	const struct nf_ct_ext *ext = ct->ext;
	const struct nf_conn_tstamp *stamp;
	u64 now;

	if (!ext || !ext->offset[NF_CT_EXT_TSTAMP])
		return 0;
	stamp = (const void *)ext + ext->offset[NF_CT_EXT_TSTAMP];
	now = ktime_get_real_fast_ns();
	return stamp->start && now > stamp->start ? now - stamp->start : 0;
#else
	return 0;
#endif
}

/* Asked for every destroyed flow, so that no entry of the table stays. */
static u64 tracked_lifetime(struct conntrack_site *mine,
			    const struct nf_conn *ct)
{
	u64 key = (unsigned long)ct;
	u64 born = 0;

	if (!mine->births)
		return 0;
	if (kps_values_get(mine->births, &key, &born) != 1)
		return 0;
	kps_values_delete(mine->births, &key);
	return ktime_get_mono_fast_ns() - born;
}

/* The last reference is gone, the memory is still the flow's. */
static int __kprobes destroy_fired(struct kprobe *kp, struct pt_regs *regs)
{
	struct conntrack_site *mine =
		container_of(kp, struct conntrack_site, destroy);
	const struct nf_conn *ct =
		(const void *)regs_get_kernel_argument(regs, 0);
	struct kps_conntrack_record record;
	const struct kps_site *site;
	u64 lifetime;

	/* Flows that never came into the table are not missed by anyone. */
	if (!nf_ct_is_confirmed(ct) || nf_ct_is_template(ct))
		return 0;
	site = comes(mine);
	if (!site)
		return 0;
	lifetime = tracked_lifetime(mine, ct);
	kps_conntrack_fill_flow(&record, ct);
	record.lifetime = stamped_lifetime(ct) ?: lifetime;
	emit(site, &record, regs);
	return 0;
}

static void confirm_init(struct conntrack_site *mine)
{
	mine->confirm.kp.symbol_name = "__nf_conntrack_confirm";
	mine->confirm.entry_handler = confirm_entered;
	mine->confirm.handler = confirm_returned;
	mine->confirm.data_size = sizeof(struct confirm_call);
	mine->confirm.maxactive = MAXACTIVE;
	mine->insert.kp.symbol_name = "nf_conntrack_hash_check_insert";
	mine->insert.entry_handler = insert_entered;
	mine->insert.handler = insert_returned;
	mine->insert.data_size = sizeof(unsigned long);
	mine->insert.maxactive = MAXACTIVE;
}

static int attach_full(struct kps_site *site)
{
	struct conntrack_site *mine = of(site);
	unsigned int i;
	int err = -ENOENT;

	mine->alloc.entry_handler = alloc_entered;
	mine->alloc.handler = alloc_returned;
	mine->alloc.data_size = sizeof(struct alloc_call);
	mine->alloc.maxactive = MAXACTIVE;
	for (i = 0; err == -ENOENT && i < ARRAY_SIZE(alloc_functions); i++) {
		mine->alloc.kp.symbol_name = alloc_functions[i].name;
		mine->orig_argument = alloc_functions[i].orig_argument;
		err = kps_attach_kretprobe(site, &mine->alloc);
	}
	return err;
}

static int conntrack_prepare(struct kps_site *site, struct kps_error *error)
{
	struct conntrack_site *mine;
	int event;

	for (event = 0; event < KPS_CONNTRACK_EVENTS; event++)
		if (!strcmp(kps_conntrack_events[event].name, site->target))
			break;
	if (event == KPS_CONNTRACK_EVENTS)
		return kps_error(error, -EINVAL,
				 "conntrack:%s: the events are new, destroy and full",
				 site->target);
	mine = kzalloc(sizeof(*mine), GFP_KERNEL);
	if (!mine)
		return kps_error(error, -ENOMEM, "no memory");
	mine->site = site;
	mine->event = event;
	site->priv = mine;
	strscpy(site->module, MODULE_BEHIND, sizeof(site->module));
	return 0;
}

/* Handlers may look at births until this returns. */
static bool disarm(struct kps_site *site, struct kprobe *kp)
{
	if (kps_disarm(kp))
		return true;
	WRITE_ONCE(of(site)->site, &kps_nobody);
	kps_site_is_stuck(site);
	synchronize_rcu();
	return false;
}

static void forget(struct kps_site *site, struct kretprobe *rp)
{
	if (disarm(site, &rp->kp))
		unregister_kretprobe(rp);
}

static int attach_new(struct kps_site *site)
{
	struct conntrack_site *mine = of(site);
	int err;

	confirm_init(mine);
	err = kps_attach_kretprobe(site, &mine->confirm);
	if (err)
		return err;
	err = kps_attach_kretprobe(site, &mine->insert);
	if (err)
		forget(site, &mine->confirm);
	return err;
}

static void detach_new(struct kps_site *site)
{
	forget(site, &of(site)->confirm);
	forget(site, &of(site)->insert);
}

static bool reads_lifetime(const struct kps_site *site)
{
	return test_bit(offsetof(struct kps_conntrack_record, lifetime),
			site->probe->code->record_used);
}

static size_t births_bytes(void)
{
	return kps_values_bytes(sizeof(u64), sizeof(u64), TRACKED_FLOWS);
}

static int births_alloc(struct kps_site *site)
{
	struct kps_program *program = site->probe->program;
	struct conntrack_site *mine = of(site);
	struct kps_error error;
	int err = kps_memory_charge(&program->memory, births_bytes(), &error);

	if (err)
		return err;
	mine->births = kps_values_alloc(sizeof(u64), sizeof(u64),
					TRACKED_FLOWS);
	if (mine->births)
		return 0;
	kps_memory_uncharge(&program->memory, births_bytes());
	return -ENOMEM;
}

static void births_free(struct kps_site *site)
{
	struct conntrack_site *mine = of(site);

	if (!mine->births)
		return;
	kps_values_free(mine->births);
	mine->births = NULL;
	kps_memory_uncharge(&site->probe->program->memory, births_bytes());
}

static int arm_destroy(struct kps_site *site)
{
	int err = kps_arm(site, &of(site)->destroy);

	if (err)
		unregister_kprobe(&of(site)->destroy);
	return err;
}

static int attach_destroy(struct kps_site *site)
{
	/* destroy_conntrack() until 5.17. */
	static const char * const names[] = {
		"nf_ct_destroy", "destroy_conntrack"
	};
	struct conntrack_site *mine = of(site);
	unsigned int i;
	int err = 0;

	if (reads_lifetime(site)) {
		err = births_alloc(site);
		if (err)
			return err;
		err = attach_new(site);
	}
	for (i = 0; !err && i < ARRAY_SIZE(names); i++) {
		mine->destroy.symbol_name = names[i];
		mine->destroy.pre_handler = destroy_fired;
		err = kps_register_kprobe(&mine->destroy);
		if (!err)
			err = arm_destroy(site);
		if (!err)
			return 0;
		if (err == -ENOENT && i + 1 < ARRAY_SIZE(names))
			err = 0;
		else if (mine->births)
			detach_new(site);
	}
	births_free(site);
	return err;
}

static void detach_destroy(struct kps_site *site)
{
	struct conntrack_site *mine = of(site);

	if (disarm(site, &mine->destroy))
		unregister_kprobe(&mine->destroy);
	if (!mine->births)
		return;
	detach_new(site);
	births_free(site);
}

static int conntrack_attach(struct kps_site *site)
{
	switch (of(site)->event) {
	case KPS_CONNTRACK_NEW:
		return attach_new(site);
	case KPS_CONNTRACK_DESTROY:
		return attach_destroy(site);
	default:
		return attach_full(site);
	}
}

static void detach(struct kps_site *site)
{
	switch (of(site)->event) {
	case KPS_CONNTRACK_NEW:
		detach_new(site);
		break;
	case KPS_CONNTRACK_DESTROY:
		detach_destroy(site);
		break;
	default:
		forget(site, &of(site)->alloc);
	}
}

/* Where the kernel serves one of its probes, it serves the others. */
static const struct kprobe *main_probe(const struct kps_site *site)
{
	switch (of(site)->event) {
	case KPS_CONNTRACK_NEW:
		return &of(site)->confirm.kp;
	case KPS_CONNTRACK_DESTROY:
		return &of(site)->destroy;
	default:
		return &of(site)->alloc.kp;
	}
}

static void conntrack_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		detach(sites[i]);
}

static u64 conntrack_missed(const struct kps_site *site)
{
	const struct conntrack_site *mine = of(site);

	switch (mine->event) {
	case KPS_CONNTRACK_NEW:
		return kps_kretprobe_missed(&mine->confirm) +
		       kps_kretprobe_missed(&mine->insert);
	case KPS_CONNTRACK_DESTROY:
		return mine->destroy.nmissed;
	default:
		return kps_kretprobe_missed(&mine->alloc);
	}
}

static const char *conntrack_how(const struct kps_site *site)
{
	return kps_kprobe_how(main_probe(site));
}

static void conntrack_release(struct kps_site *site)
{
	kfree(site->priv);
}

/* Without births, which are charged when they are allocated. */
static size_t conntrack_site_bytes(const struct kps_probe *probe, u32 nr)
{
	return sizeof(struct conntrack_site) + 2 * MAXACTIVE *
	       (sizeof(struct kretprobe_instance) + sizeof(struct alloc_call));
}

const struct kps_provider kps_conntrack_provider = {
	.name		= "conntrack",
	.events		= kps_conntrack_events,
	.nr_events	= KPS_CONNTRACK_EVENTS,
	.prepare	= conntrack_prepare,
	.attach		= conntrack_attach,
	.detach		= conntrack_detach,
	.missed		= conntrack_missed,
	.site_bytes	= conntrack_site_bytes,
	.how		= conntrack_how,
	.release	= conntrack_release,
};

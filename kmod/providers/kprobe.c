// SPDX-License-Identifier: GPL-2.0
/*
 * kprobe: a place in the kernel's code, mostly a function's entry.
 */
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dispatch.h"
#include "providers/ftrace.h"
#include "providers/hook.h"
#include "providers/symbol.h"

struct kprobe_site {
	struct kps_ftraced ftraced;		/* first, see ftrace.h */
	struct kprobe kp;
	bool registered;		/* kp is, armed or not */
	struct kps_site *site;		/* kps_nobody if it is stuck */
	struct kps_symbol symbol;
};

static struct kprobe_site *of(const struct kps_site *site)
{
	return site->priv;
}

static noinline void __kprobes run(const struct kps_site *site, struct kps_at at,
				   unsigned long ip, struct pt_regs *regs)
{
	struct kps_ctx ctx KPS_UNINITIALISED;

	if (kps_event_is_timed(site->probe, at, kps_entry_word, regs))
		return;
	kps_event_begin(&ctx, site->probe, at, KPS_FILLS_ENTRY);
	ctx.frame.site = site->id;
	ctx.frame.ip = ip;
	ctx.regs = regs;
	kps_fill_args(&ctx.frame, regs, site->probe->code->frame_read);
	kps_event_run(&ctx, site->probe);
}

static int __kprobes kprobe_fired(struct kprobe *kp, struct pt_regs *regs)
{
	struct kprobe_site *mine = container_of(kp, struct kprobe_site, kp);
	const struct kps_site *site = READ_ONCE(mine->site);
	struct kps_at at;

	if (!kps_event_comes(site->probe))
		return 0;
	at = kps_event_hit(site->probe);
	if (!kps_event_is_done(site->probe, at, kps_entry_word, regs))
		run(site, at, (unsigned long)kp->addr, regs);
	return 0;
}

static int kprobe_prepare(struct kps_site *site, struct kps_error *error)
{
	struct kprobe_site *mine = kzalloc(sizeof(*mine), GFP_KERNEL);
	int err;

	if (!mine)
		return kps_error(error, -ENOMEM, "no memory");
	err = kps_symbol_parse(site, &mine->symbol, error);
	if (err) {
		kfree(mine);
		return err;
	}
	mine->site = site;
	mine->kp.pre_handler = kprobe_fired;
	site->priv = mine;
	return 0;
}

/* A kprobe says so itself where the kernel's own are served by ftrace. */
static bool meets_ftrace(const struct kprobe_site *mine)
{
	if (IS_ENABLED(CONFIG_KPROBES_ON_FTRACE))
		return mine->kp.flags & KPROBE_FLAG_FTRACE;
	return !mine->symbol.offset &&
	       (!KPS_FTRACE || kps_ftrace_knows((unsigned long)mine->kp.addr));
}

/* Whether ftrace may serve it: NULL, or what speaks against it. */
static const char *why_kprobe(const struct kps_site *site)
{
	if (site->probe->flags & KPS_PROBE_F_KPROBE)
		return "asked for";
	if (!meets_ftrace(of(site)))
		return "ftrace is not called here";
	return KPS_FTRACE ? NULL : "this kernel's ftrace gives no arguments";
}

/*
 * A function that is where user space saw it needs no kprobe to say so: ftrace
 * takes its address, or refuses. Registering one takes the kernel milliseconds:
 * it looks through all static keys. Not so in a module, which may be going: that
 * ftrace would not say.
 */
static bool is_known(struct kps_site *site)
{
	struct kprobe_site *mine = of(site);

	mine->ftraced.ftrace = NULL;
	mine->ftraced.why = NULL;
	if (!KPS_FTRACE || site->probe->flags & KPS_PROBE_F_KPROBE ||
	    mine->symbol.offset || site->module[0] ||
	    !kps_symbol_is_at(&mine->symbol, site->address))
		return false;
	mine->kp.addr = (kprobe_opcode_t *)site->address;
	mine->kp.nmissed = 0;
	mine->ftraced.ip = site->address;
	return true;
}

/*
 * A kprobe that is registered, but not armed, tells the address, and whether a
 * kprobe may be there. It stays until the site is detached, also where ftrace
 * then does the work: to unregister it takes a grace period, and costs nothing
 * beside that of detaching.
 */
static int find(struct kps_site *site)
{
	struct kprobe_site *mine = of(site);
	int err;

	if (kps_attach_is_over(site))
		return -EINTR;
	err = kps_symbol_place(&mine->symbol, site->address, &mine->kp);
	if (err)
		return err;
	err = kps_register_kprobe(&mine->kp);
	if (err)
		return kps_symbol_error(&mine->symbol, site->address, &mine->kp, err);
	err = kps_symbol_attached(site, &mine->kp);
	if (err)
		unregister_kprobe(&mine->kp);
	mine->registered = !err;
	mine->ftraced.ip = (unsigned long)mine->kp.addr;
	mine->ftraced.why = why_kprobe(site);
	return err;
}

static int arm(struct kps_site *site)
{
	struct kprobe_site *mine = of(site);
	int err = kps_attach_is_over(site) ? -EINTR : kps_arm(site, &mine->kp);

	if (err)
		unregister_kprobe(&mine->kp);
	mine->registered = !err;
	return err;
}

static void kprobe_attach_all(struct kps_site **sites, unsigned int nr)
{
	bool again = false;
	unsigned int i;

	for (i = 0; i < nr; i++)
		sites[i]->error = is_known(sites[i]) ? 0 : find(sites[i]);
	kps_ftrace_attach(sites, nr);
	for (i = 0; i < nr; i++) {
		if (sites[i]->error || of(sites[i])->ftraced.ftrace ||
		    of(sites[i])->registered)
			continue;
		/* Some of them ftrace does not know; kprobes say which. */
		sites[i]->error = find(sites[i]);
		again = true;
	}
	if (again)
		kps_ftrace_attach(sites, nr);
	for (i = 0; i < nr; i++)
		if (!sites[i]->error && !of(sites[i])->ftraced.ftrace)
			sites[i]->error = arm(sites[i]);
}

static bool disarm(struct kps_site *site)
{
	if (kps_disarm(&of(site)->kp))
		return true;
	WRITE_ONCE(of(site)->site, &kps_nobody);
	kps_site_is_stuck(site);
	return false;
}

/* kprobes take a batch as an array of pointers; it replaces the sites' own
 * array element by element, and the sites are put back behind it.
 */
static void detach_kprobes(struct kps_site **sites, unsigned int nr)
{
	struct kprobe **kps = (struct kprobe **)sites;
	unsigned int i;

	for (i = 0; i < nr; i++)
		kps[i] = &of(sites[i])->kp;
	unregister_kprobes(kps, nr);
	for (i = 0; i < nr; i++)
		sites[i] = container_of(kps[i], struct kprobe_site, kp)->site;
}

static void kprobe_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i, kprobes = 0;

	kps_ftrace_detach(sites, nr);
	for (i = 0; i < nr; i++) {
		if (!of(sites[i])->registered)
			continue;
		of(sites[i])->registered = false;
		if (!disarm(sites[i]))
			continue;
		swap(sites[kprobes], sites[i]);
		kprobes++;
	}
	if (kprobes)
		detach_kprobes(sites, kprobes);
}

static u64 kprobe_missed(const struct kps_site *site)
{
	return of(site)->kp.nmissed;
}

static const char *kprobe_how(const struct kps_site *site)
{
	return of(site)->ftraced.ftrace ? "ftrace" : kps_kprobe_how(&of(site)->kp);
}

static const char *kprobe_why(const struct kps_site *site)
{
	return of(site)->ftraced.ftrace ? "" : of(site)->ftraced.why;
}

static void kprobe_release(struct kps_site *site)
{
	kfree(site->priv);
}

static size_t kprobe_site_bytes(const struct kps_probe *probe, u32 nr)
{
	return sizeof(struct kprobe_site);
}

#define KPROBE_PROVIDER							\
	.prepare	= kprobe_prepare,				\
	.attach_all	= kprobe_attach_all,				\
	.detach		= kprobe_detach,				\
	.missed		= kprobe_missed,				\
	.site_bytes	= kprobe_site_bytes,				\
	.how		= kprobe_how,					\
	.why		= kprobe_why,					\
	.release	= kprobe_release

const struct kps_provider kps_kprobe_provider = {
	.name		= "kprobe",
	KPROBE_PROVIDER,
};

/* bpftrace's name for one whose arguments have names, which user space knows. */
const struct kps_provider kps_fentry_provider = {
	.name		= "fentry",
	.names_module	= true,
	KPROBE_PROVIDER,
};

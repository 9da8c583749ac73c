// SPDX-License-Identifier: GPL-2.0
/*
 * kprobe: a place in the kernel's code, mostly a function's entry.
 */
#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dispatch.h"
#include "providers/symbol.h"

/* Between two tries: whoever needs memory so badly gets some meanwhile. */
#define DISARM_RETRY_MS 10

struct kprobe_site {
	struct kprobe kp;
	struct kps_site *site;
	struct kps_symbol symbol;
};

/**
 * kps_symbol_parse() - take a target apart
 * @site: whose target it is; its module is filled in
 * @symbol: filled in
 * @error: gets the reason
 *
 * Return: 0 or -EINVAL.
 */
int kps_symbol_parse(struct kps_site *site, struct kps_symbol *symbol,
		     struct kps_error *error)
{
	const char *colon = strchr(site->target, ':');
	char *plus;

	strscpy(symbol->name, site->target, sizeof(symbol->name));
	symbol->offset = 0;
	plus = strchr(symbol->name, '+');
	if (plus) {
		*plus++ = '\0';
		if (kstrtouint(plus, 0, &symbol->offset))
			return kps_error(error, -EINVAL,
					 "%s: \"%s\" is no offset",
					 site->target, plus);
	}
	if (!symbol->name[0])
		return kps_error(error, -EINVAL, "the target has no symbol");
	if (colon)
		strscpy(site->module, site->target,
			min_t(size_t, sizeof(site->module),
			      colon - site->target + 1));
	return 0;
}

/**
 * kps_symbol_attached() - note which module the probed address is in
 * @site: just attached
 * @kp: its kprobe
 *
 * Return: 0, or -EINVAL for our own code, which must not be probed: handlers
 * run it.
 */
int kps_symbol_attached(struct kps_site *site, const struct kprobe *kp)
{
	char text[KSYM_SYMBOL_LEN];
	char *module;

	sprint_symbol(text, (unsigned long)kp->addr);
	module = strchr(text, '[');
	if (module)
		strscpy(site->module, module + 1,
			min_t(size_t, sizeof(site->module),
			      strcspn(module + 1, " ]") + 1));
	return strcmp(site->module, KBUILD_MODNAME) ? 0 : -EINVAL;
}

/* register_kprobe() wants a struct as new, also when it comes again. */
int kps_register_kprobe(struct kprobe *kp)
{
	struct kprobe fresh = {
		.symbol_name = kp->symbol_name,
		.offset = kp->offset,
		.pre_handler = kp->pre_handler,
	};

	*kp = fresh;
	return register_kprobe(kp);
}

/** kps_kprobe_how() - by what means this kernel serves a kprobe */
const char *kps_kprobe_how(const struct kprobe *kp)
{
	if (kp->flags & KPROBE_FLAG_FTRACE)
		return "ftrace";
	if (kp->flags & KPROBE_FLAG_OPTIMIZED)
		return "optimised";
	return "int3";
}

static struct kprobe_site *of(const struct kps_site *site)
{
	return site->priv;
}

/* Those that the clause looks at. */
static __always_inline void fill_args(struct kps_ctx *ctx, struct pt_regs *regs,
				      u32 read)
{
	u32 args = (read & KPS_FRAME_ARGS) / KPS_FRAME_BIT(arg);

	for (; args; args &= args - 1)
		ctx->frame.arg[__ffs(args)] =
			regs_get_kernel_argument(regs, __ffs(args));
}

static int __kprobes kprobe_fired(struct kprobe *kp, struct pt_regs *regs)
{
	struct kprobe_site *mine = container_of(kp, struct kprobe_site, kp);
	const struct kps_site *site = mine->site;
	struct kps_ctx ctx KPS_UNINITIALISED;

	if (!kps_event_begin(&ctx, site))
		return 0;
	ctx.frame.ip = (unsigned long)kp->addr;
	ctx.regs = regs;
	fill_args(&ctx, regs, site->probe->code->frame_read);
	kps_event_run(&ctx, site);
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
	mine->kp.symbol_name = mine->symbol.name;
	mine->kp.offset = mine->symbol.offset;
	mine->kp.pre_handler = kprobe_fired;
	site->priv = mine;
	return 0;
}

static int kprobe_attach(struct kps_site *site)
{
	int err = kps_register_kprobe(&of(site)->kp);

	if (err)
		return err;
	err = kps_symbol_attached(site, &of(site)->kp);
	if (err) {
		kps_disarm(&of(site)->kp);
		unregister_kprobe(&of(site)->kp);
	}
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
 */
void kps_disarm(struct kprobe *kp)
{
	while (disable_kprobe(kp) == -ENOMEM)
		msleep(DISARM_RETRY_MS);
}

/* kprobes take a batch as an array of pointers; it replaces the sites' own
 * array element by element, and the sites are put back behind it.
 */
static void kprobe_detach(struct kps_site **sites, unsigned int nr)
{
	struct kprobe **kps = (struct kprobe **)sites;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		kps_disarm(&of(sites[i])->kp);
		kps[i] = &of(sites[i])->kp;
	}
	unregister_kprobes(kps, nr);
	for (i = 0; i < nr; i++)
		sites[i] = container_of(kps[i], struct kprobe_site, kp)->site;
}

static u64 kprobe_missed(const struct kps_site *site)
{
	return of(site)->kp.nmissed;
}

static const char *kprobe_how(const struct kps_site *site)
{
	return kps_kprobe_how(&of(site)->kp);
}

static void kprobe_release(struct kps_site *site)
{
	kfree(site->priv);
}

static size_t kprobe_site_bytes(const struct kps_probe *probe, u32 nr)
{
	return sizeof(struct kprobe_site);
}

const struct kps_provider kps_kprobe_provider = {
	.name		= "kprobe",
	.prepare	= kprobe_prepare,
	.attach		= kprobe_attach,
	.detach		= kprobe_detach,
	.missed		= kprobe_missed,
	.site_bytes	= kprobe_site_bytes,
	.how		= kprobe_how,
	.release	= kprobe_release,
};

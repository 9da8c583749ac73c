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
#include "providers/ftrace.h"
#include "providers/symbol.h"

/* Between two tries: whoever needs memory so badly gets some meanwhile. */
#define DISARM_RETRY_MS 10
#define DISARM_TRIES 100

struct kprobe_site {
	struct kprobe kp;
	bool registered;		/* kp is, armed or not */
	struct kps_site *site;		/* kps_nobody if it is stuck */
	struct kps_symbol symbol;
	struct kps_ftrace *ftrace;	/* serves it, or NULL: a kprobe does */
	const char *why;		/* a kprobe does, or NULL: ftrace may */
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
	char *plus, *number;

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
	number = strchr(symbol->name, '#');
	symbol->is_one_of_several = number;
	if (number)
		*number = '\0';
	if (!symbol->name[0])
		return kps_error(error, -EINVAL, "the target has no symbol");
	if (colon)
		strscpy(site->module, site->target,
			min_t(size_t, sizeof(site->module),
			      colon - site->target + 1));
	if (!strcmp(site->module, KBUILD_MODNAME))
		return kps_error(error, -EINVAL,
				 "%s: kpstat's own functions cannot be probed: its handlers run them",
				 site->target);
	return 0;
}

/**
 * kps_symbol_attached() - note which module the probed address is in
 * @site: just attached
 * @kp: its kprobe
 *
 * If the module goes, we are told of that after the kernel has marked the kprobe, or
 * else from now on.
 *
 * Return: 0, or -EINVAL for our own code, which must not be probed: handlers
 * run it; or -ENOENT: the module goes.
 */
int kps_symbol_attached(struct kps_site *site, struct kprobe *kp)
{
	char text[KSYM_SYMBOL_LEN];
	char *module;

	sprint_symbol(text, (unsigned long)kp->addr);
	module = strchr(text, '[');
	if (module)
		kps_site_is_in(site, module + 1, strcspn(module + 1, " ]"));
	if (!strcmp(site->module, KBUILD_MODNAME))
		return -EINVAL;
	return kprobe_gone(kp) ? -ENOENT : 0;
}

/*
 * Whether the symbol is where user space saw it. Looking that up is quick; before
 * 6.2 the kernel finds a name by going through all that there are.
 */
static bool is_at(const struct kps_symbol *symbol, unsigned long address)
{
	const char *colon = strchr(symbol->name, ':');
	const char *name = colon ? colon + 1 : symbol->name;
	size_t module_len = colon ? colon - symbol->name : 0;
	char text[KSYM_SYMBOL_LEN];	/* NAME+0xOFFSET/0xSIZE [MODULE] */
	const char *module;

	if (!address)
		return false;
	sprint_symbol(text, address);
	if (strncmp(text, name, strlen(name)) ||
	    !strstarts(text + strlen(name), "+0x0/"))
		return false;
	module = strchr(text, '[');
	if (!module || !colon)
		return !module && !colon;
	return !strncmp(module + 1, symbol->name, module_len) &&
	       strchr(" ]", module[1 + module_len]);
}

/**
 * kps_symbol_place() - tell a kprobe where to be, by address if that is known
 * @symbol: that it is for
 * @address: where the symbol may be, or 0
 * @kp: not registered
 *
 * Return: 0, or -ENOENT for one of several functions of a name that is not at
 * @address any more: by the name the kernel would take the first.
 */
int kps_symbol_place(const struct kps_symbol *symbol, unsigned long address,
		     struct kprobe *kp)
{
	bool known = is_at(symbol, address);

	if (!known && symbol->is_one_of_several)
		return -ENOENT;
	kp->symbol_name = known ? NULL : symbol->name;
	kp->addr = known ? (kprobe_opcode_t *)address : NULL;
	kp->offset = symbol->offset;
	return 0;
}

/**
 * kps_symbol_error() - what it means that a kprobe was refused
 * @symbol: that it was placed for
 * @address: likewise
 * @kp: refused
 * @err: what the kernel said
 *
 * A module may go between our look at the address and the kernel's: to it that is
 * a place where no probe may be.
 *
 * Return: -ENOENT then, or else @err.
 */
int kps_symbol_error(const struct kps_symbol *symbol, unsigned long address,
		     const struct kprobe *kp, int err)
{
	bool gone = err == -EINVAL && !kp->symbol_name &&
		    !is_at(symbol, address);

	return gone ? -ENOENT : err;
}

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
	return is_optimised(kp) ? "optimised" : "int3";
}

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

/* Whether ftrace may serve it: NULL, or what speaks against it. */
static const char *why_kprobe(const struct kps_site *site)
{
	if (site->probe->flags & KPS_PROBE_F_KPROBE)
		return "asked for";
	if (!(of(site)->kp.flags & KPROBE_FLAG_FTRACE))
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

	mine->ftrace = NULL;
	mine->why = NULL;
	if (!KPS_FTRACE || site->probe->flags & KPS_PROBE_F_KPROBE ||
	    mine->symbol.offset || site->module[0] ||
	    !is_at(&mine->symbol, site->address))
		return false;
	mine->kp.addr = (kprobe_opcode_t *)site->address;
	mine->kp.nmissed = 0;
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
	mine->why = why_kprobe(site);
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

static bool is_for_ftrace(const struct kps_site *site)
{
	return !site->error && !of(site)->ftrace && !of(site)->why;
}

/* Room for one batch, as long as it is attached. */
struct batch {
	unsigned long *ips;
	struct kps_site **sites;
};

static bool batch_alloc(struct batch *batch, unsigned int nr)
{
	batch->ips = kvmalloc_array(nr, sizeof(*batch->ips), GFP_KERNEL);
	batch->sites = kvmalloc_array(nr, sizeof(*batch->sites), GFP_KERNEL);
	return batch->ips && batch->sites;
}

static void batch_free(struct batch *batch)
{
	kvfree(batch->ips);
	kvfree(batch->sites);
}

/* To save all registers costs all that an ops serves. */
static bool are_alike(const struct kps_site *a, const struct kps_site *b)
{
	return !strcmp(a->module, b->module) &&
	       a->probe->code->reads_regs == b->probe->code->reads_regs;
}

/* All in the module of sites[0], as one: they go with it. */
static void attach_by_ftrace(struct kps_site **sites, unsigned int nr,
			     struct batch *batch)
{
	struct kps_ftrace *ftrace;
	unsigned int i, mine = 0;

	for (i = 0; i < nr; i++)
		if (is_for_ftrace(sites[i]) && are_alike(sites[i], sites[0])) {
			batch->ips[mine] = (unsigned long)of(sites[i])->kp.addr;
			batch->sites[mine++] = sites[i];
		}
	ftrace = kps_ftrace_attach(batch->sites, batch->ips, mine);
	for (i = 0; i < mine; i++) {
		of(batch->sites[i])->ftrace = ftrace;
		if (!ftrace)
			of(batch->sites[i])->why = "ftrace refuses";
	}
}

static void attach_in_groups(struct kps_site **sites, unsigned int nr,
			     struct batch *batch)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (is_for_ftrace(sites[i]))
			attach_by_ftrace(sites + i, nr - i, batch);
}

static void kprobe_attach_all(struct kps_site **sites, unsigned int nr)
{
	bool batched, again = false;
	struct batch batch;
	unsigned int i;

	for (i = 0; i < nr; i++)
		sites[i]->error = is_known(sites[i]) ? 0 : find(sites[i]);
	batched = batch_alloc(&batch, nr);
	if (batched)
		attach_in_groups(sites, nr, &batch);
	for (i = 0; i < nr; i++) {
		if (sites[i]->error || of(sites[i])->ftrace ||
		    of(sites[i])->registered)
			continue;
		/* Some of them ftrace does not know; kprobes say which. */
		sites[i]->error = find(sites[i]);
		again = true;
	}
	if (batched && again)
		attach_in_groups(sites, nr, &batch);
	for (i = 0; i < nr; i++) {
		if (sites[i]->error || of(sites[i])->ftrace)
			continue;
		if (!of(sites[i])->why)
			of(sites[i])->why = "no memory for ftrace";
		sites[i]->error = arm(sites[i]);
	}
	batch_free(&batch);
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

/* All that it serves are among @sites: it goes with a module, or a program. */
static void detach_from_ftrace(struct kps_site **sites, unsigned int nr)
{
	struct kps_ftrace *ftrace = of(sites[0])->ftrace;
	unsigned int i;

	if (!ftrace)
		return;
	kps_ftrace_detach(ftrace);
	for (i = 0; i < nr; i++)
		if (of(sites[i])->ftrace == ftrace)
			of(sites[i])->ftrace = NULL;
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

	for (i = 0; i < nr; i++)
		detach_from_ftrace(sites + i, nr - i);
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
	return of(site)->ftrace ? "ftrace" : kps_kprobe_how(&of(site)->kp);
}

static const char *kprobe_why(const struct kps_site *site)
{
	return of(site)->ftrace ? "" : of(site)->why;
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
	.attach_all	= kprobe_attach_all,
	.detach		= kprobe_detach,
	.missed		= kprobe_missed,
	.site_bytes	= kprobe_site_bytes,
	.how		= kprobe_how,
	.why		= kprobe_why,
	.release	= kprobe_release,
};

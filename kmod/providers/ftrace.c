// SPDX-License-Identifier: GPL-2.0
/*
 * The entries of functions, by an ftrace_ops of our own: for clauses that run there, and
 * for kretprobes, that have the call's return come to them.
 *
 * A kprobe on a function's entry is an ftrace_ops of the kernel's, that looks
 * the probe up and saves and restores what a single step would need. An ops of
 * our own is called right away, with the arguments in ftrace_regs: half the
 * instructions, and one ops for all the functions of a program: to take one away takes
 * ftrace a grace period of RCU-tasks, a tenth of a second, however many functions it has.
 * Built only where ftrace saves arguments for everybody (compat.h).
 */
#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "dispatch.h"
#include "providers/ftrace.h"

/**
 * struct kps_ftrace - functions of one program, all of the kernel or of one module
 * @ops: registered for as long as this exists
 * @probe: whose they are, if all are of one
 * @nr: of @at
 * @at: sorted by address; several of one, if several probes have a function in common.
 *	All are kps_nobody, and so is @probe, if it could not be unregistered.
 */
struct kps_ftrace {
	struct ftrace_ops ops;
	const struct kps_probe *probe;
	unsigned int nr;
	struct kps_ftrace_at {
		unsigned long ip;
		const struct kps_site *site;
	} at[];
};

/* @ip is among them. Return: the last of it. */
static unsigned int last_at(const struct kps_ftrace *mine, unsigned long ip)
{
	unsigned int low = 0, high = mine->nr;

	while (high - low > 1) {
		unsigned int middle = low + (high - low) / 2;

		if (mine->at[middle].ip <= ip)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static const struct kps_site *site_at(const struct kps_ftrace *mine,
				      unsigned long ip)
{
	return READ_ONCE(mine->at[last_at(mine, ip)].site);
}

/*
 * Registers as a kprobe's handler sees them: behind the breakpoint.
 * Whoever called us jumps to where they say, so it is put back.
 */
static __always_inline void run_with_regs(struct kps_ctx *ctx,
					  const struct kps_probe *probe,
					  unsigned long ip, struct pt_regs *args)
{
	struct pt_regs room KPS_UNINITIALISED;
	struct pt_regs *regs = kps_ftrace_whole(args, &room);
	unsigned long resume = instruction_pointer(regs);

	instruction_pointer_set(regs, ip + KPS_BEHIND_BREAKPOINT);
	ctx->regs = regs;
	kps_event_run(ctx, probe);
	instruction_pointer_set(regs, resume);
}

/* @site: if it is known */
static noinline void __kprobes run(const struct kps_ftrace *mine,
				   const struct kps_probe *probe,
				   const struct kps_site *site,
				   struct kps_at at, unsigned long ip,
				   struct pt_regs *regs)
{
	const struct kps_code *code = probe->code;
	struct kps_ctx ctx KPS_UNINITIALISED;

	if (kps_event_is_timed(probe, at, kps_entry_word, regs))
		return;
	kps_event_begin(&ctx, probe, at, KPS_FILLS_ENTRY);
	if (code->frame_read & KPS_FRAME_BIT(site))
		ctx.frame.site = (site ?: site_at(mine, ip))->id;
	ip = kps_ftrace_function(ip);
	ctx.frame.ip = ip;
	kps_fill_args(&ctx.frame, regs, code->frame_read);
	if (code->reads_regs)
		run_with_regs(&ctx, probe, ip, regs);
	else
		kps_event_run(&ctx, probe);
}

/* Called with preemption as it was in the function. */
static void __kprobes ftrace_fired(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops,
				   struct ftrace_regs *fregs)
{
	const struct kps_ftrace *mine = container_of(ops, struct kps_ftrace, ops);
	struct pt_regs *regs = kps_ftrace_regs(fregs);
	const struct kps_probe *probe = READ_ONCE(mine->probe);
	struct kps_at at;

	preempt_disable_notrace();
	if (kps_event_comes(probe)) {
		at = kps_event_hit(probe);
		if (!kps_event_is_done(probe, at, kps_entry_word, regs))
			run(mine, probe, NULL, at, ip, regs);
	}
	preempt_enable_notrace();
}

/*
 * All that are at @ip: @i is the first, in the order in which their probes stand in the
 * program. Return: the number behind the last.
 */
static __always_inline unsigned int all_at(const struct kps_ftrace *mine,
					   unsigned long ip, unsigned int *i)
{
	unsigned int last = last_at(mine, ip);

	for (*i = last; *i && ip - mine->at[*i - 1].ip <= KPS_FTRACE_MARK;)
		--*i;
	return last + 1;
}

/* The same, of several probes. */
static void __kprobes ftrace_fired_for_many(unsigned long ip,
					    unsigned long parent_ip,
					    struct ftrace_ops *ops,
					    struct ftrace_regs *fregs)
{
	const struct kps_ftrace *mine = container_of(ops, struct kps_ftrace, ops);
	struct pt_regs *regs = kps_ftrace_regs(fregs);
	unsigned int i, end;

	preempt_disable_notrace();
	for (end = all_at(mine, ip, &i); i < end; i++) {
		const struct kps_site *site = READ_ONCE(mine->at[i].site);
		struct kps_at at;

		if (!kps_event_comes(site->probe))
			continue;
		at = kps_event_hit(site->probe);
		if (!kps_event_is_done(site->probe, at, kps_entry_word, regs))
			run(mine, site->probe, site, at, ip, regs);
	}
	preempt_enable_notrace();
}

/* Of those whose return is wanted. */
static void __kprobes ftrace_fired_for_return(unsigned long ip,
					      unsigned long parent_ip,
					      struct ftrace_ops *ops,
					      struct ftrace_regs *fregs)
{
	const struct kps_ftrace *mine = container_of(ops, struct kps_ftrace, ops);
	unsigned int i, end;

	preempt_disable_notrace();
	for (end = all_at(mine, ip, &i); i < end; i++)
		kps_kretprobe_enters(READ_ONCE(mine->at[i].site),
				     kps_ftrace_regs(fregs));
	preempt_enable_notrace();
}

static int by_ip(const void *a, const void *b)
{
	const struct kps_ftrace_at *left = a, *right = b;

	if (left->ip != right->ip)
		return left->ip < right->ip ? -1 : 1;
	return left->site->id < right->site->id ? -1 :
	       left->site->id > right->site->id;
}

static bool are_of_one_probe(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 1; i < nr; i++)
		if (sites[i]->probe != sites[0]->probe)
			return false;
	return true;
}

/* Each once: ftrace would keep all of them. Return: how many. */
static unsigned int distinct(const struct kps_ftrace *mine, unsigned long *ips)
{
	unsigned int i, nr = 0;

	for (i = 0; i < mine->nr; i++)
		if (!nr || mine->at[i].ip - ips[nr - 1] > KPS_FTRACE_MARK)
			ips[nr++] = mine->at[i].ip;
	return nr;
}

/* To save all registers costs all that an ops serves. */
static bool saves_regs(const struct kps_site *site)
{
	return site->probe->code->reads_regs && !kps_ftraced_of(site)->returns;
}

static ftrace_func_t func_for(struct kps_site **sites, unsigned int nr)
{
	if (kps_ftraced_of(sites[0])->returns)
		return ftrace_fired_for_return;
	return are_of_one_probe(sites, nr) ? ftrace_fired : ftrace_fired_for_many;
}

static struct kps_ftrace *alloc(struct kps_site **sites, unsigned int nr)
{
	struct kps_ftrace *mine;
	unsigned int i;

	mine = kvzalloc(struct_size(mine, at, nr), GFP_KERNEL);
	if (!mine)
		return NULL;
	mine->nr = nr;
	for (i = 0; i < nr; i++) {
		mine->at[i].ip = kps_ftraced_of(sites[i])->ip;
		mine->at[i].site = sites[i];
	}
	sort(mine->at, nr, sizeof(mine->at[0]), by_ip, NULL);
	mine->probe = sites[0]->probe;
	mine->ops.func = func_for(sites, nr);
	/* PERMANENT: not to be switched off by the sysctl ftrace_enabled. */
	mine->ops.flags = FTRACE_OPS_FL_PERMANENT;
	if (saves_regs(sites[0]))
		mine->ops.flags |= KPS_FTRACE_SAVE_REGS;
	return mine;
}

static void discard(struct kps_ftrace *ftrace)
{
	ftrace_free_filter(&ftrace->ops);
	kvfree(ftrace);
}

/* Room for one batch, as long as it is attached. */
struct batch {
	unsigned long *ips;
	struct kps_site **sites;
};

/*
 * Return: NULL: kprobes must do it (ftrace is switched off, has no memory, or does not
 * know one of them).
 */
static struct kps_ftrace *register_batch(const struct batch *batch, unsigned int nr)
{
	struct kps_ftrace *mine = alloc(batch->sites, nr);

	if (!mine)
		return NULL;
	if (!ftrace_set_filter_ips(&mine->ops, batch->ips,
				   distinct(mine, batch->ips), 0, 1) &&
	    !register_ftrace_function(&mine->ops))
		return mine;
	discard(mine);
	return NULL;
}

static bool is_for_ftrace(const struct kps_site *site)
{
	const struct kps_ftraced *ftraced = kps_ftraced_of(site);

	return !site->error && !ftraced->ftrace && !ftraced->why;
}

static bool are_alike(const struct kps_site *a, const struct kps_site *b)
{
	return !strcmp(a->module, b->module) && saves_regs(a) == saves_regs(b);
}

/* All that are alike, in the module of sites[0], as one: they go with it. */
static void attach_group(struct kps_site **sites, unsigned int nr,
			 const struct batch *batch)
{
	struct kps_ftrace *ftrace;
	unsigned int i, mine = 0;

	for (i = 0; i < nr; i++)
		if (is_for_ftrace(sites[i]) && are_alike(sites[i], sites[0]))
			batch->sites[mine++] = sites[i];
	ftrace = register_batch(batch, mine);
	for (i = 0; i < mine; i++) {
		kps_ftraced_of(batch->sites[i])->ftrace = ftrace;
		if (!ftrace)
			kps_ftraced_of(batch->sites[i])->why = "ftrace refuses";
	}
}

/**
 * kps_ftrace_knows() - whether a function can be served
 * @ip: where it begins
 *
 * Context: may sleep, kps_config_lock held.
 */
bool kps_ftrace_knows(unsigned long ip)
{
	static struct ftrace_ops never_registered;
	int err = ftrace_set_filter_ip(&never_registered, ip, 0, 1);

	ftrace_free_filter(&never_registered);
	return !err;
}

/**
 * kps_ftrace_attach() - make entries of functions arrive
 * @sites: of one program and provider; left out are those with an error, and those that
 *	ftrace may not serve
 * @nr: of them
 *
 * Context: may sleep. Of those for which kprobes must do it, @why says so then.
 */
void kps_ftrace_attach(struct kps_site **sites, unsigned int nr)
{
	struct batch batch = {
		.ips = kvmalloc_array(nr, sizeof(*batch.ips), GFP_KERNEL),
		.sites = kvmalloc_array(nr, sizeof(*batch.sites), GFP_KERNEL),
	};
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!is_for_ftrace(sites[i]))
			continue;
		if (batch.ips && batch.sites)
			attach_group(sites + i, nr - i, &batch);
		else
			kps_ftraced_of(sites[i])->why = "no memory for ftrace";
	}
	kvfree(batch.ips);
	kvfree(batch.sites);
}

/*
 * Unregistering waits for all that may be on their way into the handler, also
 * for those that were preempted, or in idle. It fails where ftrace has found a
 * fault in itself and has given up: then calls come as before.
 */
static void unregister(struct kps_ftrace *ftrace)
{
	unsigned int i;

	if (!unregister_ftrace_function(&ftrace->ops)) {
		discard(ftrace);
		return;
	}
	WRITE_ONCE(ftrace->probe, kps_nobody.probe);
	for (i = 0; i < ftrace->nr; i++)
		WRITE_ONCE(ftrace->at[i].site, &kps_nobody);
	kps_pin();
	synchronize_rcu();
}

/**
 * kps_ftrace_detach() - when this returns no handler runs any more
 * @sites: attached, those that ftrace serves and others; all that go with a module, or
 *	a program
 * @nr: of them
 *
 * Context: may sleep, kps_config_lock held.
 */
void kps_ftrace_detach(struct kps_site **sites, unsigned int nr)
{
	struct kps_ftrace *ftrace;
	unsigned int i, j;

	for (i = 0; i < nr; i++) {
		ftrace = kps_ftraced_of(sites[i])->ftrace;
		if (!ftrace)
			continue;
		unregister(ftrace);
		for (j = i; j < nr; j++)
			if (kps_ftraced_of(sites[j])->ftrace == ftrace)
				kps_ftraced_of(sites[j])->ftrace = NULL;
	}
}

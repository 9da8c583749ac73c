// SPDX-License-Identifier: GPL-2.0
/*
 * Probes and their sites: attach, detach, and where their events went.
 */
#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "compat/compat.h"
#include "dispatch.h"
#include "kpstat.h"

DEFINE_PER_CPU(u8[KPS_NR_CONTEXTS], kps_inside);

/* Never live: whose are the events of a hook that outlives its site. */
static struct kps_program nobodys_program;
static struct kps_probe nobodys_probe = { .program = &nobodys_program };
struct kps_site kps_nobody = { .probe = &nobodys_probe };

/* Under kps_config_lock, and read when nobody else is left. */
static bool pinned;

const struct kps_provider * const kps_providers[] = {
	&kps_kprobe_provider,
	&kps_kretprobe_provider,
	&kps_fentry_provider,
	&kps_fexit_provider,
	&kps_tracepoint_provider,
	&kps_rawtracepoint_provider,
	&kps_conntrack_provider,
	&kps_uprobe_provider,
	&kps_uretprobe_provider,
	&kps_usdt_provider,
	&kps_interval_provider,
	&kps_profile_provider,
	&kps_software_provider,
	&kps_hardware_provider,
	&kps_watchpoint_provider,
	&kps_iter_provider,
	&kps_special_provider,
	NULL
};

static const struct kps_provider *find_provider(const char *name)
{
	const struct kps_provider * const *each;

	for (each = kps_providers; *each; each++)
		if (!strcmp((*each)->name, name))
			break;
	return *each;
}

/** kps_probe_alloc() - a probe without sites. May sleep. Return: or ERR_PTR. */
struct kps_probe *kps_probe_alloc(struct kps_program *program, const char *name,
				  const char *provider, struct kps_error *error)
{
	const struct kps_provider *ops = find_provider(provider);
	struct kps_probe *probe;

	if (!ops)
		return ERR_PTR(kps_error(error, -EINVAL,
					 "there is no provider \"%s\" in this module",
					 provider));
	probe = kzalloc(sizeof(*probe), GFP_KERNEL);
	if (!probe)
		goto no_memory;
	probe->name = kstrdup(name, GFP_KERNEL);
	if (!probe->name)
		goto free_probe;
	probe->unwatched = alloc_percpu(u64);
	if (!probe->unwatched)
		goto free_name;
	probe->program = program;
	probe->provider = ops;
	return probe;

free_name:
	kfree(probe->name);
free_probe:
	kfree(probe);
no_memory:
	return ERR_PTR(kps_error(error, -ENOMEM, "no memory"));
}

/**
 * kps_pin() - the kernel still calls a hook of ours: this module must stay
 *
 * Context: kps_config_lock held.
 */
void kps_pin(void)
{
	lockdep_assert_held(&kps_config_lock);
	if (pinned)
		return;
	pinned = true;
	pr_crit("the kernel could not take away a probe: it does nothing any more, but kpstat.ko cannot be unloaded; boot when you can\n");
	/* If it is being unloaded: kps_unpinned(). */
	if (!try_module_get(THIS_MODULE))
		pr_crit("rmmod will not end\n");
}

/** kps_unpinned() - returns when our code may go: at once, or else never */
void kps_unpinned(void)
{
	while (pinned)
		schedule_timeout_idle(MAX_SCHEDULE_TIMEOUT);
}

/**
 * kps_site_is_stuck() - what its provider attached cannot be taken away
 * @site: its hook calls for kps_nobody from now on
 *
 * Context: kps_config_lock held.
 */
void kps_site_is_stuck(struct kps_site *site)
{
	site->stuck = true;
	kps_pin();
}

static void free_site(struct kps_site *site)
{
	if (site->probe->provider->release && !site->stuck)
		site->probe->provider->release(site);
	kfree(site);
}

/** kps_probe_free() - release a probe whose sites are detached */
void kps_probe_free(struct kps_probe *probe)
{
	u32 i;

	if (!probe)
		return;
	for (i = 0; i < probe->nr_sites; i++)
		free_site(probe->sites[i]);
	kvfree(probe->sites);
	kps_code_free(probe->code);
	free_percpu(probe->unwatched);
	kfree(probe->name);
	kfree(probe);
}

/**
 * kps_probe_add_site() - one more site
 * @probe: with room for it in probe->sites
 * @target: as in KPS_PROBE_A_TARGET
 * @error: gets the reason
 *
 * Context: may sleep. Return: 0 or a negative errno.
 */
int kps_probe_add_site(struct kps_probe *probe, const char *target,
		       struct kps_error *error)
{
	struct kps_site *site = kzalloc(sizeof(*site), GFP_KERNEL);
	int err;

	if (!site)
		return kps_error(error, -ENOMEM, "no memory");
	site->probe = probe;
	site->id = probe->program->nr_sites;
	strscpy(site->target, target, sizeof(site->target));
	err = probe->provider->prepare(site, error);
	if (err) {
		kfree(site);
		return err;
	}
	probe->sites[probe->nr_sites++] = site;
	probe->program->nr_sites++;
	return 0;
}

/* What the errno of a hook means to whoever named the target. */
static const struct {
	int err;
	const char *text;
} meanings[] = {
	{ -ENOENT, "this kernel has no such name" },
	{ -EINVAL, "the kernel does not allow a probe there (blacklisted, or not probeable)" },
	{ -EILSEQ, "the offset is not the start of an instruction" },
	{ -ERANGE, "the offset is outside of the function" },
	{ -EBUSY, "the kernel could not take away the probe that was there; boot first" },
	{ -E2BIG, "it needs more memory than max_memory_mb leaves" },
	{ -EHOSTDOWN, "it would never fire, as ftrace is switched off; sysctl kernel.ftrace_enabled=1" },
	{ -ESHUTDOWN, "it would never fire, as kprobes are switched off; echo 1 >/sys/kernel/debug/kprobes/enabled" },
	{ -ENXIO, "this machine counts no such thing, or does not show it: virtual machines seldom do" },
	{ -EMFILE, "the process has more threads than can be watched" },
	{ -ESRCH, "there is no such process any more" },
	{ -ENOSPC, "each CPU can watch only so many places, x86 four, and all are taken: by watchpoints, debuggers or perf" },
	{ -EADDRNOTAVAIL, "the CPU cannot watch that, or must not: x86 knows w and rw, at a multiple of the length, and x with length 8" },
	{ -EPERM, "only with CAP_SYS_ADMIN" },
	{ -ENOMEM, "no memory" },
	{ -EINTR, "the loading process was killed" },
	{ -EOPNOTSUPP, "this kernel was built without CONFIG_UPROBES" },
	{ -ENOTSUPP, "the kernel cannot put a probe in the place of the instruction there" },
	{ -ENOEXEC, "there is no instruction that the kernel knows" },
	{ -EIO, "its file system has no pages to put a probe into" },
};

static int explain(const struct kps_site *site, int err, struct kps_error *error)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].err == err)
			break;
	if (i < ARRAY_SIZE(meanings))
		kps_error(error, err, "%s", meanings[i].text);
	else
		kps_error(error, err, "cannot be attached (error %d)", -err);
	if (site->probe->provider->named_by_probe)
		kps_error_prefix(error, "%s", site->probe->name);
	else
		kps_error_prefix(error, "%s:%s", site->probe->provider->name,
				 site->target);
	return err;
}

/* Its module is not loaded: no failure. */
static bool waits_for_module(const struct kps_site *site)
{
	return site->error == -ENOENT && site->module[0];
}

/* kps_config_lock and program->read_lock are held. */
static void attached(struct kps_site *site)
{
	if (!site->error) {
		site->state = KPS_SITE_ATTACHED;
		site->missed_taken = 0;
	} else if (waits_for_module(site)) {
		site->state = KPS_SITE_PENDING;
		site->error = 0;
	} else {
		site->state = KPS_SITE_FAILED;
	}
}

static bool is_lenient(const struct kps_site *site)
{
	return site->probe->flags & KPS_PROBE_F_LENIENT;
}

/* Whether it makes the whole load fail. */
static bool is_fatal(const struct kps_site *site)
{
	return site->error &&
	       (!is_lenient(site) || site->error == -EINTR);
}

/**
 * kps_attach_is_over() - whether attaching may end before a site has been tried
 * @site: of a program that is being loaded or enabled, or whose module comes
 *
 * Return: true if the task that asked for it was killed; -EINTR is its error then.
 */
bool kps_attach_is_over(const struct kps_site *site)
{
	return site->probe->program->starts && fatal_signal_pending(current);
}

/* One by one. Return: for how many there is an answer. */
static unsigned int attach_each(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct kps_site *site = sites[i];

		if (kps_attach_is_over(site))
			site->error = -EINTR;
		else
			site->error = site->probe->provider->attach(site);
		if (site->probe->program->starts && is_fatal(site) &&
		    !waits_for_module(site))
			return i + 1;
	}
	return nr;
}

/*
 * All of one provider, of one program. A load ends with the first that fails, and with a
 * signal that kills.
 */
static void attach_sites(struct kps_site **sites, unsigned int nr)
{
	const struct kps_provider *provider = sites[0]->probe->provider;
	struct kps_program *program = sites[0]->probe->program;
	unsigned int i;

	if (provider->attach_all)
		provider->attach_all(sites, nr);
	else
		nr = attach_each(sites, nr);
	for (i = 0; i < nr; i++)
		if (sites[i]->error)
			kps_watch_end(&sites[i]->watch);
	mutex_lock(&program->read_lock);
	for (i = 0; i < nr; i++)
		attached(sites[i]);
	mutex_unlock(&program->read_lock);
}

/**
 * collect() - into program->batch
 * @program: of whose sites
 * @provider: those that are this one's
 * @which: says so
 * @module: for @which
 *
 * What is done at once is waited for once, however many probes there are.
 *
 * Return: how many.
 */
static u32 collect(struct kps_program *program,
		   const struct kps_provider *provider,
		   bool (*which)(const struct kps_site *site, const char *module),
		   const char *module)
{
	u32 i, nr = 0;

	for (i = 0; i < program->nr_sites; i++) {
		struct kps_site *site = program->sites[i];

		if (site->probe->provider == provider && which(site, module))
			program->batch[nr++] = site;
	}
	return nr;
}

static bool any(const struct kps_site *site, const char *module)
{
	return true;
}

/* Return: 0, or what makes the load fail: @error says what, or what was bearable. */
static int find_failure(const struct kps_program *program,
			struct kps_error *error)
{
	u32 i;

	for (i = 0; i < program->nr_sites; i++) {
		const struct kps_site *site = program->sites[i];

		if (site->error)
			explain(site, site->error, error);
		if (is_fatal(site))
			return site->error;
	}
	return 0;
}

/* As none has been attached before. */
static int make_ready(const struct kps_program *program, struct kps_error *error)
{
	u32 i;

	for (i = 0; i < program->nr_sites; i++) {
		if (program->sites[i]->stuck)
			return explain(program->sites[i], -EBUSY, error);
		program->sites[i]->error = 0;
	}
	return 0;
}

/* Of a lenient probe's sites all may fail. */
static bool is_any_good(const struct kps_program *program)
{
	u32 i;

	for (i = 0; i < program->nr_sites; i++)
		if (!program->sites[i]->error)
			return true;
	return false;
}

/**
 * kps_probes_attach() - make events of all probes arrive
 * @program: disabled or new
 * @error: gets the probe and the reason
 *
 * Context: may sleep, kps_config_lock held. Return: 0 or a negative errno;
 * then nothing is attached.
 */
int kps_probes_attach(struct kps_program *program, struct kps_error *error)
{
	int err = make_ready(program, error);
	u32 i, nr;

	if (err)
		return err;
	rcu_expedite_gp();
	program->starts = true;
	for (i = 0; kps_providers[i] && !err; i++) {
		nr = collect(program, kps_providers[i], any, NULL);
		if (!nr)
			continue;
		attach_sites(program->batch, nr);
		err = find_failure(program, error);
	}
	program->starts = false;
	rcu_unexpedite_gp();
	if (!err && is_any_good(program))
		return 0;
	kps_probes_detach(program, NULL);
	/* Or else the error is the last site's. */
	return err ?: program->sites[program->nr_sites - 1]->error;
}

static bool is_attached_in(const struct kps_site *site, const char *module)
{
	return site->state == KPS_SITE_ATTACHED &&
	       (!module || !strcmp(site->module, module));
}

/* Since it was attached. */
static u64 provider_missed(const struct kps_site *site)
{
	const struct kps_provider *provider = site->probe->provider;

	return provider->missed ? provider->missed(site) : 0;
}

/* So far. program->read_lock is held. */
static void take_missed(struct kps_site *site)
{
	u64 missed = provider_missed(site);

	if (!site->probe->program->halted)
		site->missed += missed - site->missed_taken;
	site->missed_taken = missed;
}

/**
 * kps_probes_halt() - what is missed from now on is nobody's
 * @program: no handler of which runs any more
 *
 * Context: may sleep, kps_config_lock held.
 */
void kps_probes_halt(struct kps_program *program)
{
	u32 i;

	mutex_lock(&program->read_lock);
	for (i = 0; i < program->nr_sites; i++)
		if (program->sites[i]->state == KPS_SITE_ATTACHED)
			take_missed(program->sites[i]);
	program->halted = true;
	mutex_unlock(&program->read_lock);
}

/*
 * From the moment that sites are not said to be attached nobody asks their
 * provider about them, and it may take apart what it would have to look at.
 */
static void detach_sites(struct kps_site **sites, unsigned int nr,
			 enum kps_site_state state)
{
	const struct kps_provider *provider = sites[0]->probe->provider;
	struct kps_program *program = sites[0]->probe->program;
	unsigned int i;

	mutex_lock(&program->read_lock);
	for (i = 0; i < nr; i++) {
		take_missed(sites[i]);
		sites[i]->state = state;
	}
	mutex_unlock(&program->read_lock);
	provider->detach(sites, nr);
	for (i = 0; i < nr; i++)
		kps_watch_end(&sites[i]->watch);
	mutex_lock(&program->read_lock);
	for (i = 0; i < nr; i++)
		take_missed(sites[i]);
	mutex_unlock(&program->read_lock);
}

/* Under kps_config_lock. */
static DEFINE_PER_CPU(struct work_struct, passing);

static void nothing(struct work_struct *work)
{
}

/**
 * kps_wait_for_all() - until no handler runs that began before, RCU or not
 *
 * The kernel's own waiting leaves out idle tasks that RCU does not watch, and a
 * handler there looks at its probe to say that it may do no more. It cannot be
 * preempted, so it is done when its CPU has run something else. CPUs that are
 * offline, or come, are idle for good, or wait for us.
 *
 * Context: may sleep, kps_config_lock held.
 */
void kps_wait_for_all(void)
{
	int cpu;

	lockdep_assert_held(&kps_config_lock);
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct work_struct *work = per_cpu_ptr(&passing, cpu);

		INIT_WORK(work, nothing);
		queue_work_on(cpu, system_highpri_wq, work);
	}
	for_each_online_cpu(cpu)
		flush_work(per_cpu_ptr(&passing, cpu));
	cpus_read_unlock();
}

/**
 * kps_probes_detach() - stop events; when this returns no handler runs
 * @program: whose
 * @module: only sites in that module, which then are pending; NULL: all
 *
 * Context: may sleep, kps_config_lock held. Cannot fail: the room for a batch
 * was allocated with the program.
 */
void kps_probes_detach(struct kps_program *program, const char *module)
{
	bool wait = false;
	u32 i, nr;

	rcu_expedite_gp();
	for (i = 0; kps_providers[i]; i++) {
		nr = collect(program, kps_providers[i], is_attached_in, module);
		if (!nr)
			continue;
		detach_sites(program->batch, nr,
			     module ? KPS_SITE_PENDING : KPS_SITE_DETACHED);
		wait = true;
	}
	rcu_unexpedite_gp();
	if (wait)
		kps_wait_for_all();
	if (module)
		return;
	mutex_lock(&program->read_lock);
	for (i = 0; i < program->nr_sites; i++)
		program->sites[i]->state = KPS_SITE_DETACHED;
	mutex_unlock(&program->read_lock);
}

static bool is_pending_in(const struct kps_site *site, const char *module)
{
	return site->state == KPS_SITE_PENDING && !site->stuck &&
	       (!module || !strcmp(site->module, module));
}

/** kps_probes_attach_pending() - @module has come, or NULL: any: attach what waits for it */
void kps_probes_attach_pending(struct kps_program *program, const char *module)
{
	u32 i, j, nr;

	for (i = 0; kps_providers[i]; i++) {
		nr = collect(program, kps_providers[i], is_pending_in, module);
		if (nr)
			attach_sites(program->batch, nr);
		for (j = 0; j < nr; j++)
			if (program->batch[j]->error)
				pr_warn("%s: %s:%s could not be attached: error %d\n",
					program->name, kps_providers[i]->name,
					program->batch[j]->target,
					-program->batch[j]->error);
	}
}

/** kps_probes_cpus_changed() - let the providers know that need to */
void kps_probes_cpus_changed(struct kps_program *program,
			     const struct cpumask *gone)
{
	u32 i;
	int err;

	for (i = 0; i < program->nr_sites; i++) {
		struct kps_site *site = program->sites[i];
		const struct kps_provider *provider = site->probe->provider;

		if (site->state != KPS_SITE_ATTACHED || !provider->cpus_changed)
			continue;
		err = provider->cpus_changed(site, gone);
		if (err)
			pr_warn("%s: %s:%s is not attached on all CPUs: error %d\n",
				program->name, provider->name, site->target,
				-err);
	}
}

/*
 * Of the functions about a site program->read_lock is held.
 */

static u64 unwatched(const struct kps_probe *probe)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(probe->unwatched, cpu));
	return sum;
}

/**
 * kps_site_missed() - events that could not be delivered, or not be served
 * @site: the first of a probe answers for all that came where RCU does not wait
 */
u64 kps_site_missed(const struct kps_site *site)
{
	u64 missed = site->missed - site->missed_before;

	if (site == site->probe->sites[0])
		missed += unwatched(site->probe);
	if (site->state == KPS_SITE_ATTACHED && !site->probe->program->halted)
		missed += provider_missed(site) - site->missed_taken;
	return missed;
}

const char *kps_site_state_name(const struct kps_site *site)
{
	static const char * const names[] = {
		[KPS_SITE_DETACHED]	= "detached",
		[KPS_SITE_ATTACHED]	= "attached",
		[KPS_SITE_PENDING]	= "pending",
		[KPS_SITE_FAILED]	= "failed",
	};

	return names[site->state];
}

/** kps_site_how() - by what means it is attached, "" if it is not */
const char *kps_site_how(const struct kps_site *site)
{
	if (site->state != KPS_SITE_ATTACHED)
		return "";
	if (kps_watch_is_silent(&site->watch))
		return "off";
	return site->probe->provider->how(site);
}

/** kps_site_why() - what speaks against a cheaper way, "" if nothing does */
const char *kps_site_why(const struct kps_site *site)
{
	const struct kps_provider *provider = site->probe->provider;

	if (site->state != KPS_SITE_ATTACHED || !provider->why)
		return "";
	return provider->why(site);
}

/**
 * kps_probe_ledger() - add up where a probe's events went
 * @probe: whose
 * @sums: is added to, by enum kps_ledger
 *
 * Context: may sleep, program->read_lock held.
 */
void kps_probe_ledger(const struct kps_probe *probe, u64 sums[KPS_LEDGER_NR])
{
	const struct kps_set *set = kps_program_set(probe->program);
	const struct kps_row *row;
	u64 missed = 0;
	int cpu;
	u32 i;

	/* Outcomes before hits: an event under way is then a hit at most. */
	kps_for_each_row(row, set, cpu)
		for (i = KPS_LEDGER_MISSED; i-- > 0;)
			sums[i] += local64_read(&row->ledger[probe->index].nr[i]);
	for (i = 0; i < probe->nr_sites; i++)
		missed += kps_site_missed(probe->sites[i]);
	sums[KPS_LEDGER_MISSED] += missed;
	sums[KPS_LEDGER_HITS] += missed;
}

/** kps_program_silent_ns() - for how long one of its kprobes could not fire */
u64 kps_program_silent_ns(const struct kps_program *program)
{
	u64 longest = 0;
	u32 i;

	for (i = 0; i < program->nr_sites; i++)
		longest = max(longest, kps_watch_silent_ns(&program->sites[i]->watch));
	return longest;
}

/** kps_program_ledger() - the sum over a program's probes */
void kps_program_ledger(const struct kps_program *program,
			u64 sums[KPS_LEDGER_NR])
{
	u32 i;

	for (i = 0; i < program->nr_probes; i++)
		kps_probe_ledger(program->probes[i], sums);
}

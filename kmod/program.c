// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a program: built by its loader, published, enabled, disabled,
 * unloaded, and freed when its last reader has let go of it.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "access.h"
#include "compat/compat.h"
#include "kpstat.h"

/* Between two tries to have the lock below. */
#define LOCK_RETRY_MS 5

/* One change at a time: load, unload, enable, disable, modules come and go. */
DEFINE_MUTEX(kps_config_lock);

/* The list below, and in which modules sites are; held for moments. */
static DEFINE_MUTEX(kps_programs_lock);
static LIST_HEAD(kps_programs);
static unsigned int kps_nr_programs;

/* Whose sets a CPU that comes is to have rows in; under kps_rows_lock. */
static LIST_HEAD(every_program);

static const struct kps_guard_ops guard_ops;

/* Names become directories. */
static bool is_name(const char *name)
{
	if (!*name || *name == '.')
		return false;
	for (; *name; name++)
		if (!isascii(*name) ||
		    (!isalnum(*name) && !strchr("_-.", *name)))
			return false;
	return true;
}

/** kps_program_alloc() - an empty program for a loader to fill */
struct kps_program *kps_program_alloc(const char *name, const char *source,
				      struct kps_error *error)
{
	struct kps_program *program;

	if (!is_name(name))
		return ERR_PTR(kps_error(error, -EINVAL,
					 "\"%s\" is not a name for a program: use letters, digits, _, - and .",
					 name));
	program = kzalloc(sizeof(*program), GFP_KERNEL);
	if (!program)
		return ERR_PTR(kps_error(error, -ENOMEM, "no memory"));
	program->source = kstrdup(source, GFP_KERNEL);
	if (!program->source) {
		kfree(program);
		return ERR_PTR(kps_error(error, -ENOMEM, "no memory"));
	}
	if (kps_guard_init(&program->guard, &guard_ops)) {
		kfree(program->source);
		kfree(program);
		return ERR_PTR(kps_error(error, -ENOMEM, "no memory"));
	}
	INIT_LIST_HEAD(&program->list);
	kref_init(&program->ref);
	INIT_LIST_HEAD(&program->snapshots);
	kps_acts_init(&program->acts);
	mutex_init(&program->read_lock);
	strscpy(program->name, name, sizeof(program->name));
	down_write(&kps_rows_lock);
	list_add(&program->every, &every_program);
	program->nr_cpus = cpumask_weight(kps_cpus());
	up_write(&kps_rows_lock);
	return program;
}

static void free_enums(struct kps_program *program)
{
	u32 i, j;

	for (i = 0; i < program->nr_enums; i++) {
		for (j = 0; j < program->enums[i]->nr; j++)
			kfree(program->enums[i]->names[j].name);
		kvfree(program->enums[i]);
	}
	kfree(program->enums);
}

static void free_outputs(struct kps_program *program)
{
	u32 i;

	for (i = 0; i < program->nr_outputs; i++)
		kfree(program->outputs[i].text);
	kfree(program->outputs);
}

static void free_program(struct kref *ref)
{
	struct kps_program *program = container_of(ref, struct kps_program, ref);
	DECLARE_BITMAP(all, KPS_MAX_MAPS);
	u32 i;

	down_write(&kps_rows_lock);
	list_del(&program->every);
	up_write(&kps_rows_lock);
	kps_acts_free(&program->acts);
	/* First: its sweep looks at all the rest. */
	kps_stacks_free(program->stacks);
	bitmap_fill(all, KPS_MAX_MAPS);
	kps_set_free(program, rcu_dereference_protected(program->set, true),
		     all, true);
	for (i = 0; i < program->nr_probes; i++)
		kps_probe_free(program->probes[i]);
	for (i = 0; i < program->nr_maps; i++)
		kps_map_free(program->maps[i]);
	for (i = 0; i < program->nr_blocks; i++)
		kps_block_free(&program->blocks[i]);
	free_enums(program);
	free_outputs(program);
	kps_buffer_free(program->buffer);
	kfree(program->blocks);
	kfree(program->probes);
	kfree(program->maps);
	kvfree(program->sites);
	kvfree(program->batch);
	kfree(program->source);
	kps_guard_free(&program->guard);
	kps_memory_uncharge_all(&program->memory);
	mutex_destroy(&program->read_lock);
	kfree(program);
}

/** kps_program_put() - let go of a program. May sleep. */
void kps_program_put(struct kps_program *program)
{
	if (program)
		kref_put(&program->ref, free_program);
}

static struct kps_program *find_program(const char *name)
{
	struct kps_program *program;

	lockdep_assert_held(&kps_programs_lock);
	list_for_each_entry(program, &kps_programs, list)
		if (!strcmp(program->name, name))
			return program;
	return NULL;
}

/** kps_program_get() - by name. Return: with a reference, or NULL. */
struct kps_program *kps_program_get(const char *name)
{
	struct kps_program *program;

	mutex_lock(&kps_programs_lock);
	program = find_program(name);
	if (program)
		kref_get(&program->ref);
	mutex_unlock(&kps_programs_lock);
	return program;
}

/**
 * kps_program_next() - walk all programs
 * @program: the last one, whose reference is dropped; NULL to begin
 *
 * Programs are listed in the order in which they were loaded; a walk goes on
 * behind the load time of the last one, even if that has gone.
 *
 * Context: may sleep. Return: with a reference, or NULL at the end.
 */
struct kps_program *kps_program_next(struct kps_program *program)
{
	struct kps_program *next = NULL, *each;

	mutex_lock(&kps_programs_lock);
	list_for_each_entry(each, &kps_programs, list) {
		if (program && each->loaded_at <= program->loaded_at)
			continue;
		kref_get(&each->ref);
		next = each;
		break;
	}
	mutex_unlock(&kps_programs_lock);
	kps_program_put(program);
	return next;
}

unsigned int kps_program_count(void)
{
	return READ_ONCE(kps_nr_programs);
}

static void list_program(struct kps_program *program)
{
	struct kps_program *last;

	mutex_lock(&kps_programs_lock);
	program->loaded_at = ktime_get_ns();
	/* Walks go by this: no two are the same. */
	if (!list_empty(&kps_programs)) {
		last = list_last_entry(&kps_programs, struct kps_program, list);
		program->loaded_at = max(program->loaded_at,
					 last->loaded_at + 1);
	}
	list_add_tail(&program->list, &kps_programs);
	kps_nr_programs++;
	mutex_unlock(&kps_programs_lock);
}

static void unlist_program(struct kps_program *program)
{
	mutex_lock(&kps_programs_lock);
	list_del_init(&program->list);
	kps_nr_programs--;
	mutex_unlock(&kps_programs_lock);
}

/* No handler runs any more. What they have noted comes first. */
static void end(struct kps_program *program)
{
	kps_acts_do(program);
	kps_special_fire(program, "end");
	kps_acts_do(program);
}

static void disable(struct kps_program *program)
{
	bool has_to_end = program->attached && !program->halted;

	WRITE_ONCE(program->live, false);
	kps_probes_detach(program, NULL);
	kps_guard_settle(&program->guard);
	program->attached = false;
	program->halted = false;
	if (has_to_end)
		end(program);
}

/* An event that comes from now on is nobody's; those that had come are done. */
static void halt_program(struct kps_program *program)
{
	if (!program->attached || program->halted)
		return;
	WRITE_ONCE(program->live, false);
	kps_see_handlers_out();
	kps_wait_for_all();
	kps_guard_settle(&program->guard);
	/* An event in a task has the lock that this takes. */
	kps_probes_halt(program);
	end(program);
}

/* BEGIN and the iterators. Return: whether the program goes on. */
static bool begin(struct kps_program *program)
{
	struct kps_acts *acts = &program->acts;

	atomic_set(&acts->exited, 0);
	acts->begins = true;
	kps_special_fire(program, "begin");
	if (!kps_acts_have_exited(acts))
		kps_iterators_run(program);
	acts->begins = false;
	kps_acts_do(program);
	return !kps_acts_have_exited(acts);
}

static int enable(struct kps_program *program, struct kps_error *error)
{
	int err;

	if (program->live)
		return 0;
	/* The guard has said stop, and nobody has yet done it. */
	if (program->attached)
		disable(program);
	kps_tai_look();
	if (!begin(program)) {
		end(program);
		return 0;
	}
	err = kps_probes_attach(program, error);
	if (err)
		return err;
	program->attached = true;
	/* Now: what attaching took is no part of the first window. */
	kps_guard_reset(&program->guard);
	WRITE_ONCE(program->live, true);
	return 0;
}

/* The guard says so; it may have been stopped, started or unloaded since. */
static void stop(struct kps_program *program)
{
	char why[KPS_GUARD_TEXT_MAX];
	bool stopped;

	mutex_lock(&kps_config_lock);
	stopped = program->attached && kps_guard_has_tripped(&program->guard);
	kps_guard_text(&program->guard, why, sizeof(why));
	if (stopped)
		disable(program);
	mutex_unlock(&kps_config_lock);
	if (!stopped)
		return;
	pr_warn("program \"%s\" is stopped: %s\n", program->name, why);
	kps_netlink_stopped(program, why);
}

static struct kps_program *guarded(const struct kps_guard *guard)
{
	return container_of(guard, struct kps_program, guard);
}

static bool guarded_is_live(const struct kps_guard *guard)
{
	return READ_ONCE(guarded(guard)->live);
}

/* It is attached, so somebody has a reference. */
static void guarded_halt(struct kps_guard *guard)
{
	WRITE_ONCE(guarded(guard)->live, false);
	kref_get(&guarded(guard)->ref);
}

static void guarded_stop(struct kps_guard *guard)
{
	stop(guarded(guard));
	kps_program_put(guarded(guard));
}

static const struct kps_guard_ops guard_ops = {
	.is_live	= guarded_is_live,
	.halt		= guarded_halt,
	.stop		= guarded_stop,
};

/** kps_program_state() - a word for it */
const char *kps_program_state(const struct kps_program *program)
{
	if (kps_guard_has_tripped(&program->guard))
		return "stopped";
	if (kps_acts_have_exited(&program->acts))
		return "exited";
	return READ_ONCE(program->live) ? "enabled" : "disabled";
}

static int collect_sites(struct kps_program *program, struct kps_error *error)
{
	u32 i, j, nr = 0;

	program->sites = kvcalloc(max(program->nr_sites, 1U),
				  sizeof(*program->sites), GFP_KERNEL);
	program->batch = kvcalloc(max(program->nr_sites, 1U),
				  sizeof(*program->batch), GFP_KERNEL);
	if (!program->sites || !program->batch)
		return kps_error(error, -ENOMEM, "no memory");
	for (i = 0; i < program->nr_probes; i++)
		for (j = 0; j < program->probes[i]->nr_sites; j++)
			program->sites[nr++] = program->probes[i]->sites[j];
	return 0;
}

/* Of what is there for each CPU. */
static size_t cpu_bytes(const struct kps_program *program)
{
	return kps_row_bytes(program) + kps_buffer_cpu_bytes(program->buffer);
}

/* CPUs that came since it began to be loaded are not in the figure yet. */
static int allocate_set(struct kps_program *program, struct kps_error *error)
{
	struct kps_set *set;
	u32 nr;

	down_read(&kps_rows_lock);
	nr = cpumask_weight(kps_cpus());
	kps_memory_charge_anyway(&program->memory,
				 (nr - program->nr_cpus) * cpu_bytes(program));
	program->nr_cpus = nr;
	set = kps_set_alloc(program);
	rcu_assign_pointer(program->set, set);
	up_read(&kps_rows_lock);
	return set ? 0 : kps_error(error, -ENOMEM, "the machine has no memory to spare for its tables; use fewer keys, or unload a program");
}

/**
 * kps_program_cpu_comes() - make room for its events in all programs
 * @cpu: does not run yet, or not again
 *
 * A limit on memory keeps no CPU away: what it needs is accounted for all the same.
 *
 * Context: kps_rows_lock is held for writing, and hotplug's lock; may sleep. Return: 0
 * or -ENOMEM.
 */
int kps_program_cpu_comes(int cpu)
{
	struct kps_program *program;
	struct kps_set *set;
	int ret;

	list_for_each_entry(program, &every_program, every) {
		set = rcu_dereference_protected(program->set,
						lockdep_is_held(&kps_rows_lock));
		if (!set)
			continue;
		ret = kps_set_add_row(program, set, cpu);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		program->nr_cpus++;
		kps_memory_charge_anyway(&program->memory, cpu_bytes(program));
	}
	return 0;
}

/**
 * kps_program_publish() - bring a complete program to life
 * @program: with maps and probes
 * @start: attach its probes
 * @error: gets the reason
 *
 * Context: may sleep, kps_config_lock held. Return: 0 or a negative errno;
 * then nothing of it is left but the caller's reference.
 */
int kps_program_publish(struct kps_program *program, bool start,
			struct kps_error *error)
{
	struct kps_program *other = kps_program_get(program->name);
	int err;

	if (other) {
		kps_program_put(other);
		return kps_error(error, -EEXIST,
				 "a program \"%s\" is loaded already; unload it, or give another name",
				 program->name);
	}
	if (kps_program_count() >= KPS_MAX_PROGRAMS)
		return kps_error(error, -E2BIG,
				 "%u programs are loaded, more are not possible; unload one",
				 kps_program_count());
	err = collect_sites(program, error);
	if (err)
		return err;
	err = allocate_set(program, error);
	if (err)
		return err;
	err = kps_debugfs_add(program, error);
	if (err)
		return err;

	list_program(program);
	if (!start)
		return 0;
	err = enable(program, error);
	if (err) {
		unlist_program(program);
		kps_debugfs_remove(program);
	}
	return err;
}

static void unload(struct kps_program *program)
{
	kps_write_down(program, KPS_UNLOADED);
	disable(program);
	unlist_program(program);
	/* Who waits for its records finds that it has gone. */
	kps_buffer_wake(program->buffer);
	kps_debugfs_remove(program);
	kps_program_put(program);
}

/* kps_config_lock is held. */
static bool is_listed(const struct kps_program *program)
{
	return !list_empty(&program->list);
}

/**
 * kps_program_unload() - detach it and forget it
 * @program: referenced
 *
 * Context: may sleep. Return: 0, or -ENOENT: it was unloaded meanwhile.
 */
int kps_program_unload(struct kps_program *program)
{
	int err = -ENOENT;

	if (mutex_lock_killable(&kps_config_lock))
		return -EINTR;
	if (is_listed(program)) {
		unload(program);
		err = 0;
	}
	mutex_unlock(&kps_config_lock);
	return err;
}

/** kps_program_enable() - likewise; attach it, or set @error */
int kps_program_enable(struct kps_program *program, struct kps_error *error)
{
	int err = -ENOENT;

	if (mutex_lock_killable(&kps_config_lock))
		return -EINTR;
	if (is_listed(program))
		err = enable(program, error);
	mutex_unlock(&kps_config_lock);
	return err;
}

/** kps_program_disable() - likewise; detach it */
int kps_program_disable(struct kps_program *program)
{
	int err = -ENOENT;

	if (mutex_lock_killable(&kps_config_lock))
		return -EINTR;
	if (is_listed(program)) {
		disable(program);
		err = 0;
	}
	mutex_unlock(&kps_config_lock);
	return err;
}

/** kps_program_halt() - likewise; no handler runs any more, but its probes stay */
int kps_program_halt(struct kps_program *program)
{
	int err = -ENOENT;

	if (mutex_lock_killable(&kps_config_lock))
		return -EINTR;
	if (is_listed(program)) {
		halt_program(program);
		err = 0;
	}
	mutex_unlock(&kps_config_lock);
	return err;
}

/** kps_program_exit() - exit() has said so, and it has not been enabled since */
void kps_program_exit(struct kps_program *program)
{
	mutex_lock(&kps_config_lock);
	if (is_listed(program) && kps_acts_have_exited(&program->acts) &&
	    program->attached && !program->live)
		disable(program);
	mutex_unlock(&kps_config_lock);
}

/*
 * Unload what @which says; the list may be walked without its lock, since it
 * changes under kps_config_lock only.
 */
static void unload_if(bool (*which)(const struct kps_program *program, u32 arg),
		      u32 arg)
{
	struct kps_program *program, *next;

	mutex_lock(&kps_config_lock);
	list_for_each_entry_safe(program, next, &kps_programs, list)
		if (which(program, arg))
			unload(program);
	mutex_unlock(&kps_config_lock);
}

static bool is_owned_by(const struct kps_program *program, u32 portid)
{
	return program->owner && program->owner == portid;
}

static bool any_is_owned_by(u32 portid)
{
	struct kps_program *program;
	bool found = false;

	mutex_lock(&kps_programs_lock);
	list_for_each_entry(program, &kps_programs, list)
		found = found || is_owned_by(program, portid);
	mutex_unlock(&kps_programs_lock);
	return found;
}

static bool is_orphan(const struct kps_program *program, u32 unused)
{
	return program->orphan;
}

static void unload_orphans(struct work_struct *work)
{
	unload_if(is_orphan, 0);
}

static DECLARE_WORK(orphans, unload_orphans);

/* Return: whether @portid has left any. */
static bool make_orphans(u32 portid)
{
	struct kps_program *program;
	bool found = false;

	mutex_lock(&kps_programs_lock);
	list_for_each_entry(program, &kps_programs, list) {
		if (!is_owned_by(program, portid))
			continue;
		program->orphan = true;
		found = true;
	}
	mutex_unlock(&kps_programs_lock);
	return found;
}

/* A signal that kills is not pending any more when the files are closed. */
static bool is_killed(void)
{
	return fatal_signal_pending(current) ||
	       ((current->flags & PF_EXITING) && (current->exit_code & 0x7f));
}

/**
 * kps_program_unload_owned() - the socket @portid was closed
 *
 * Anybody's: who has no program here does not wait for one that is being loaded.
 * A socket cannot be closed while its own is. Detaching may take a minute: a worker does
 * it, and a signal that kills whoever closes the socket ends the waiting for it.
 *
 * Context: may sleep.
 */
void kps_program_unload_owned(u32 portid)
{
	if (!make_orphans(portid))
		return;
	queue_work(system_unbound_wq, &orphans);
	while (any_is_owned_by(portid) && !is_killed())
		schedule_timeout_killable(1);
}

static bool any(const struct kps_program *program, u32 unused)
{
	return true;
}

/** kps_program_unload_all() - the module goes */
void kps_program_unload_all(void)
{
	unload_if(any, 0);
	cancel_work_sync(&orphans);
}

/**
 * kps_site_is_in() - note in which module a site's symbol was found
 * @site: being attached
 * @module: its name
 * @len: of @module
 *
 * From now on kps_programs_refer_to() tells of it. Context: may sleep,
 * kps_config_lock held.
 */
void kps_site_is_in(struct kps_site *site, const char *module, size_t len)
{
	mutex_lock(&kps_programs_lock);
	strscpy(site->module, module, min(sizeof(site->module), len + 1));
	mutex_unlock(&kps_programs_lock);
}

static bool refers_to(const struct kps_program *program, const char *module)
{
	u32 i;

	for (i = 0; i < program->nr_sites; i++)
		if (!strcmp(program->sites[i]->module, module))
			return true;
	return false;
}

/**
 * kps_programs_refer_to() - whether any program has a site in a module, or wants one
 * @module: its name
 *
 * Programs are listed before they are attached, and until they have been detached; who
 * is listed later finds by itself what has come, and nothing of what has gone.
 *
 * Context: may sleep, but waits for no change that is under way.
 */
bool kps_programs_refer_to(const char *module)
{
	struct kps_program *program;
	bool found = false;

	mutex_lock(&kps_programs_lock);
	list_for_each_entry(program, &kps_programs, list)
		found = found || refers_to(program, module);
	mutex_unlock(&kps_programs_lock);
	return found;
}

/* kps_config_lock is held. */
static void attach_pending(const char *module)
{
	struct kps_program *program;

	list_for_each_entry(program, &kps_programs, list)
		if (program->attached && !program->halted)
			kps_probes_attach_pending(program, module);
}

/** kps_programs_attach_pending() - @module has come, or NULL: any */
void kps_programs_attach_pending(const char *module)
{
	mutex_lock(&kps_config_lock);
	attach_pending(module);
	mutex_unlock(&kps_config_lock);
}

/**
 * kps_programs_attach_pending_within() - likewise, unless it takes too long
 * @module: likewise
 * @ms: to wait for changes under way
 *
 * Return: false: they are not done yet, and nothing is attached.
 */
bool kps_programs_attach_pending_within(const char *module, unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	while (!mutex_trylock(&kps_config_lock)) {
		if (time_after(jiffies, end))
			return false;
		msleep(LOCK_RETRY_MS);
	}
	attach_pending(module);
	mutex_unlock(&kps_config_lock);
	return true;
}

/** kps_programs_leave_module() - a module is about to be freed: detach what is in it */
void kps_programs_leave_module(const char *module)
{
	struct kps_program *program;

	mutex_lock(&kps_config_lock);
	list_for_each_entry(program, &kps_programs, list)
		kps_probes_detach(program, module);
	mutex_unlock(&kps_config_lock);
}

/** kps_program_cpus_changed() - CPUs came or went; see struct kps_provider */
void kps_program_cpus_changed(const struct cpumask *gone)
{
	struct kps_program *program;

	mutex_lock(&kps_config_lock);
	list_for_each_entry(program, &kps_programs, list)
		kps_probes_cpus_changed(program, gone);
	mutex_unlock(&kps_config_lock);
}

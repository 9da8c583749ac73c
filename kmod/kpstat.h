/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of kpstat.ko share: programs, probes, sites, and the locks.
 *
 * Dependencies run one way: providers -> probe dispatch -> engine -> maps;
 * netlink and debugfs on top; compat below everything.
 *
 * Locks, outermost first
 *	kps_config_lock		(program.c) mutex: one change at a time: load,
 *				unload, enable, disable; modules coming and going
 *				that have sites
 *	program->read_lock	mutex: who may replace program->set, and so who
 *				may look into its tables from outside, or be in
 *				them for longer than an event (task.c); and
 *				whose sites are attached, so whose provider may
 *				be asked about them
 *	kps_rows_lock		(hotplug.c) rwsem: which CPUs have rows in sets
 *	kps_programs_lock	(program.c) mutex: the list of programs, and in which
 *				modules their sites are
 * The event path takes none of them: it runs with preemption off, reads
 * program->set once, and whoever replaces a set waits for RCU.
 */
#ifndef KPS_KPSTAT_H
#define KPS_KPSTAT_H

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/uidgid.h>
#include <linux/kpstat.h>

#include "acts.h"
#include "engine/engine.h"
#include "event.h"
#include "guard.h"
#include "maps/maps.h"
#include "memory.h"
#include "output.h"
#include "providers/canary.h"

/* As in dkms.conf, which is what counts: lint compares them. */
#define KPS_VERSION "0.1.0"

#undef pr_fmt
#define pr_fmt(fmt) "kpstat: " fmt

struct cpumask;
struct dentry;
struct kps_place;
struct kps_probe;
struct kps_provider;
struct rw_semaphore;

/** enum kps_site_state - what has become of a site */
enum kps_site_state {
	KPS_SITE_DETACHED,	/* the program is disabled */
	KPS_SITE_ATTACHED,
	KPS_SITE_PENDING,	/* its module is not loaded */
	KPS_SITE_FAILED,	/* of a lenient probe: could not be attached */
};

/**
 * struct kps_site - one place that a probe's events come from
 * @probe: whose clause runs there
 * @id: number in the program, what KPS_T_PROBE prints
 * @state: changed under kps_config_lock and program->read_lock; who holds one
 *	of them may read it
 * @error: of the last attach, 0 or a negative errno
 * @missed: events the kernel could not deliver, as last taken from the provider
 * @missed_taken: what the provider had counted then, since it was attached
 * @missed_before: how many there were when the ledger was last reset
 * @stuck: the kernel could not take away its hook, which stays with @priv and the
 *	module; never attached again
 * @address: where its symbol may be, or 0: not known
 * @watch: whether its kprobe can fire; off for all that is no kprobe
 * @priv: the provider's own
 * @module: that bears the symbol, "" for the kernel itself; see kps_site_is_in()
 * @target: as in KPS_PROBE_A_TARGET
 */
struct kps_site {
	struct kps_probe *probe;
	u32 id;
	enum kps_site_state state;
	int error;
	bool stuck;
	u64 missed;
	u64 missed_taken;
	u64 missed_before;
	unsigned long address;
	struct kps_watch watch;
	void *priv;
	char module[MODULE_NAME_LEN];
	char target[KPS_TARGET_MAX];
};

/**
 * struct kps_probe - a site, or a glob of them, and its clause
 * @program: that it belongs to
 * @provider: ops
 * @code: the verified clause
 * @index: number in the program, and of its ledger in a row
 * @unwatched: events that came where RCU does not wait, per CPU
 */
struct kps_probe {
	struct kps_program *program;
	const struct kps_provider *provider;
	struct kps_code *code;
	u64 __percpu *unwatched;
	u32 index;
	u32 flags;
	u32 event_id;
	u32 maxactive;
	u32 nr_sites;
	struct kps_site **sites;
	char *name;
};

/**
 * struct kps_provider - a family of events
 * @name: as in KPS_PROBE_A_PROVIDER
 * @events: that it describes, or NULL: user space knows its events by itself
 * @named_by_probe: a target is only a parameter: the probe's own name says it
 * @names_module: a target says what module it is in, "vmlinux" if it does not
 * @prepare: check the target, allocate @priv. May sleep.
 * @put: at a place in a file that the sender of LOAD has open, behind @prepare. May
 *	sleep. NULL: its targets say all
 * @attach: make events arrive. May sleep; -ENOENT with site->module set means
 *	the module is not loaded. kps_config_lock is held.
 * @attach_all: instead of @attach, for all sites given, of one program, as one
 *	batch; sets site->error of each
 * @detach: stop events of all sites given, as one batch; when it returns no
 *	handler of theirs runs, but where RCU does not watch. What the kernel cannot
 *	take away is to find kps_nobody, and kps_site_is_stuck(). May sleep.
 *	kps_config_lock is held.
 * @cpus_changed: CPUs came or went, those in @gone since the last call, be they
 *	back or not; NULL if the provider does not care. May sleep.
 *	kps_config_lock is held.
 * @missed: events since attach that the kernel could not deliver; still answers
 *	after detach, until the next attach; NULL: it counts none
 * @site_bytes: what the kernel and @priv need for one of @nr sites of a probe;
 *	NULL: nothing worth counting
 * @how: a word for how the site is attached; asked of attached sites only
 * @why: and why not in the way that costs least, "" if it is; NULL: there is one
 *	way
 * @release: undo @prepare; NULL: it left nothing
 */
struct kps_provider {
	const char *name;
	const struct kps_event *events;
	u32 nr_events;
	bool named_by_probe;
	bool names_module;
	int (*prepare)(struct kps_site *site, struct kps_error *error);
	int (*put)(struct kps_site *site, const struct kps_place *place,
		   struct kps_error *error);
	int (*attach)(struct kps_site *site);
	void (*attach_all)(struct kps_site **sites, unsigned int nr);
	void (*detach)(struct kps_site **sites, unsigned int nr);
	int (*cpus_changed)(struct kps_site *site, const struct cpumask *gone);
	u64 (*missed)(const struct kps_site *site);
	size_t (*site_bytes)(const struct kps_probe *probe, u32 nr);
	const char *(*how)(const struct kps_site *site);
	const char *(*why)(const struct kps_site *site);
	void (*release)(struct kps_site *site);
};

extern const struct kps_provider kps_kprobe_provider;
extern const struct kps_provider kps_kretprobe_provider;
extern const struct kps_provider kps_fentry_provider;
extern const struct kps_provider kps_fexit_provider;
extern const struct kps_provider kps_tracepoint_provider;
extern const struct kps_provider kps_interval_provider;
extern const struct kps_provider kps_profile_provider;
extern const struct kps_provider kps_software_provider;
extern const struct kps_provider kps_hardware_provider;
extern const struct kps_provider kps_watchpoint_provider;
extern const struct kps_provider kps_rawtracepoint_provider;
extern const struct kps_provider kps_conntrack_provider;
extern const struct kps_provider kps_iter_provider;
extern const struct kps_provider kps_special_provider;
extern const struct kps_provider kps_uprobe_provider;
extern const struct kps_provider kps_uretprobe_provider;
extern const struct kps_provider kps_usdt_provider;

/* All of them; NULL ends it. */
extern const struct kps_provider * const kps_providers[];

/**
 * struct kps_program - probes and maps that live as one
 * @live: handlers run; cleared before anything is taken apart, and by the guard; no bool,
 *	see providers/canary.c
 * @attached: its probes are, under kps_config_lock
 * @halted: it has ended, though its probes are attached: what these miss is nobody's;
 *	changed under kps_config_lock and program->read_lock
 * @starts: they are being attached, as current asked for it; under kps_config_lock
 * @set: tables and ledgers that events write to now (RCU)
 * @read_lock: who may replace @set or look into its tables from outside, or
 *	change or see what the sites' states are
 * @owner: portid of the socket that it goes with, 0 if none
 * @orphan: that socket was closed, and a worker unloads it; under kps_programs_lock
 * @uid: of who loaded it
 * @every: list of all there are, loaded or not, under kps_rows_lock
 * @nr_cpus: those whose rows are in @memory
 * @memory: account of the bytes it holds
 */
struct kps_program {
	struct list_head list;
	struct list_head every;
	struct kref ref;
	u8 live;
	bool attached;
	bool halted;
	bool starts;
	struct kps_set __rcu *set;
	struct mutex read_lock; /* see above */
	u32 owner;
	bool orphan;
	kuid_t uid;
	u32 nr_maps;
	u32 nr_probes;
	u32 nr_sites;
	u32 nr_enums;
	u32 nr_cpus;
	atomic64_t memory;
	u64 loaded_at;
	struct kps_map **maps;
	struct kps_probe **probes;
	struct kps_site **sites;	/* all probes' */
	struct kps_site **batch;	/* room to detach them as one */
	struct kps_enum **enums;
	struct kps_stacks *stacks;
	struct list_head snapshots;	/* under @read_lock */
	u32 nr_blocks;
	struct kps_block *blocks;
	u32 nr_outputs;
	struct kps_output *outputs;
	struct kps_buffer *buffer;	/* if there are outputs */
	struct kps_acts acts;
	struct kps_guard guard;
	struct dentry *dir;
	char *source;
	char name[KPS_NAME_MAX];
};

/** kps_program_set() - for whoever holds program->read_lock */
static inline struct kps_set *kps_program_set(const struct kps_program *program)
{
	return rcu_dereference_protected(program->set,
					 lockdep_is_held(&program->read_lock));
}

/* program.c */
extern struct mutex kps_config_lock;
struct kps_program *kps_program_alloc(const char *name, const char *source,
				      struct kps_error *error);
int kps_program_publish(struct kps_program *program, bool enable,
			struct kps_error *error);
void kps_program_put(struct kps_program *program);
struct kps_program *kps_program_get(const char *name);
struct kps_program *kps_program_next(struct kps_program *program);
int kps_program_unload(struct kps_program *program);
int kps_program_enable(struct kps_program *program, struct kps_error *error);
int kps_program_disable(struct kps_program *program);
int kps_program_halt(struct kps_program *program);
void kps_program_exit(struct kps_program *program);
const char *kps_program_state(const struct kps_program *program);
void kps_program_unload_owned(u32 portid);
void kps_program_unload_all(void);
unsigned int kps_program_count(void);
void kps_site_is_in(struct kps_site *site, const char *module, size_t len);
bool kps_programs_refer_to(const char *module);
void kps_programs_attach_pending(const char *module);
bool kps_programs_attach_pending_within(const char *module, unsigned int ms);
void kps_programs_leave_module(const char *module);
void kps_program_cpus_changed(const struct cpumask *gone);
int kps_program_cpu_comes(int cpu);

/* probe.c */
struct kps_probe *kps_probe_alloc(struct kps_program *program, const char *name,
				  const char *provider, struct kps_error *error);
int kps_probe_add_site(struct kps_probe *probe, const char *target,
		       struct kps_error *error);
void kps_probe_free(struct kps_probe *probe);
bool kps_attach_is_over(const struct kps_site *site);
int kps_probes_attach(struct kps_program *program, struct kps_error *error);
void kps_probes_detach(struct kps_program *program, const char *module);
void kps_probes_halt(struct kps_program *program);
void kps_wait_for_all(void);
extern struct kps_site kps_nobody;
void kps_pin(void);
void kps_unpinned(void);
void kps_site_is_stuck(struct kps_site *site);
void kps_probes_attach_pending(struct kps_program *program, const char *module);
void kps_probes_cpus_changed(struct kps_program *program,
			     const struct cpumask *gone);
u64 kps_site_missed(const struct kps_site *site);
const char *kps_site_state_name(const struct kps_site *site);
const char *kps_site_how(const struct kps_site *site);
const char *kps_site_why(const struct kps_site *site);
void kps_probe_ledger(const struct kps_probe *probe, u64 sums[KPS_LEDGER_NR]);
u64 kps_program_silent_ns(const struct kps_program *program);
void kps_program_ledger(const struct kps_program *program,
			u64 sums[KPS_LEDGER_NR]);

/* faults.c */
#define KPS_MAX_FAULT_LINES 32

void kps_fault_count(const struct kps_ctx *ctx);
u32 kps_probe_faults(const struct kps_probe *probe,
		     struct kps_fault_line lines[KPS_MAX_FAULT_LINES]);

/* modules.c */
int kps_modules_init(void);
void kps_modules_exit(void);

/* hotplug.c */
extern struct rw_semaphore kps_rows_lock;
const struct cpumask *kps_cpus(void);
int kps_hotplug_init(void);
void kps_hotplug_exit(void);

/* providers/special.c */
void kps_special_fire(struct kps_program *program, const char *target);

/* providers/iter.c */
void kps_iterators_run(struct kps_program *program);

/* netlink/family.c, debugfs.c */
void kps_netlink_stopped(const struct kps_program *program, const char *why);
int kps_netlink_init(void);
void kps_netlink_exit(void);
void kps_debugfs_init(void);
void kps_debugfs_exit(void);
int kps_debugfs_add(struct kps_program *program, struct kps_error *error);
void kps_debugfs_remove(struct kps_program *program);

#endif

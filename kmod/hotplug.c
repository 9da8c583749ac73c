// SPDX-License-Identifier: GPL-2.0
/*
 * CPUs that come and go while programs are loaded.
 *
 * Tables and ledgers are there for the CPUs that have been online since the module
 * came, of the many that a virtual machine says are possible. Those of a CPU that
 * comes for the first time are made before it runs anything, and stay when it goes,
 * with what they have counted.
 *
 * perf's events, and profile's timers, live and die with their CPU. They are made anew
 * from a work item: the callbacks run with the hotplug lock held for writing, under
 * which no event can be created. Until the work has run, some milliseconds, these are
 * not seen on a CPU that has just come.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/rwsem.h>
#include <linux/workqueue.h>

#include "kpstat.h"

/**
 * kps_rows_lock - which CPUs have rows
 *
 * Read by who makes a set and until it is in its place and nobody is in the one before, so
 * that no CPU comes that they do not know; written by a CPU that comes, by whom hotplug's
 * own lock is held: who has this one must not ask for that.
 */
DECLARE_RWSEM(kps_rows_lock);

static enum cpuhp_state dead_state, online_state;
/* CPUs that have rows, in every set. */
static struct cpumask seen;
/* Set when a CPU is dead, taken by the work: atomic, no lock. */
static struct cpumask gone;
/* The work's own; it never runs twice at once. */
static struct cpumask gone_now;

static void cpus_changed(struct work_struct *work)
{
	int cpu;

	cpumask_clear(&gone_now);
	for_each_possible_cpu(cpu)
		if (cpumask_test_and_clear_cpu(cpu, &gone))
			cpumask_set_cpu(cpu, &gone_now);
	kps_program_cpus_changed(&gone_now);
}
static DECLARE_WORK(work, cpus_changed);

/** kps_cpus() - those that have rows; under kps_rows_lock none is added */
const struct cpumask *kps_cpus(void)
{
	return &seen;
}

/*
 * Before the CPU comes. Where there is no memory at all it does not come, as with the
 * kernel's own.
 */
static int cpu_comes(unsigned int cpu)
{
	int err;

	down_write(&kps_rows_lock);
	cpumask_set_cpu(cpu, &seen);
	err = kps_program_cpu_comes(cpu);
	up_write(&kps_rows_lock);
	return err;
}

/* In the section where perf serves the CPU already. */
static int cpu_came(unsigned int cpu)
{
	schedule_work(&work);
	return 0;
}

/*
 * In the section where the CPU is dead. In the other one perf serves it still:
 * the work would make events for it that die a moment later, unseen.
 */
static int cpu_died(unsigned int cpu)
{
	cpumask_set_cpu(cpu, &gone);
	schedule_work(&work);
	return 0;
}

/*
 * The CPUs that are there are not announced: older kernels (5.10 for one) would call the
 * function of whoever was the first to ask for such a state, not ours.
 */
static int __init hear_of_cpus(void)
{
	int ret;

	cpus_read_lock();
	ret = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_BP_PREPARE_DYN,
						   "kpstat:prepare", cpu_comes,
						   cpu_died);
	cpumask_copy(&seen, cpu_online_mask);
	cpus_read_unlock();
	return ret;
}

/** kps_hotplug_init() - may sleep. Return: 0 or a negative errno. */
int __init kps_hotplug_init(void)
{
	int ret = hear_of_cpus();

	if (ret < 0)
		return ret;
	dead_state = ret;
	ret = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "kpstat:online",
					cpu_came, NULL);
	if (ret < 0)
		goto out_dead;
	online_state = ret;
	return 0;

out_dead:
	cpuhp_remove_state_nocalls(dead_state);
	cancel_work_sync(&work);
	return ret;
}

/** kps_hotplug_exit() - when it returns no work of ours is left. May sleep. */
void kps_hotplug_exit(void)
{
	cpuhp_remove_state_nocalls(online_state);
	cpuhp_remove_state_nocalls(dead_state);
	cancel_work_sync(&work);
}

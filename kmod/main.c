// SPDX-License-Identifier: GPL-2.0
/*
 * kpstat: ask a running kernel a question, without bpf().
 *
 * Init and exit, a ladder each, and nothing else.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "kpstat.h"
#include "paging.h"
#include "task.h"

/* Sizes are reckoned in size_t before memory is charged, frames in words of 64 bits. */
#ifndef CONFIG_64BIT
#error "kpstat needs a 64-bit kernel"
#endif

static int __init kps_init(void)
{
	int err;

	err = kps_helpers_init();
	if (err)
		return err;
	err = kps_paging_init();
	if (err)
		goto exit_helpers;
	err = kps_guards_init();
	if (err)
		goto exit_paging;
	err = kps_tasks_init();
	if (err)
		goto exit_guards;
	err = kps_acts_start();
	if (err)
		goto exit_tasks;
	kps_debugfs_init();
	err = kps_modules_init();
	if (err)
		goto exit_debugfs;
	err = kps_hotplug_init();
	if (err)
		goto exit_modules;
	err = kps_netlink_init();
	if (err)
		goto exit_hotplug;
	pr_info("version %s, engine: %s\n", KPS_VERSION,
		kps_engine_is_jit() ? "jit" : "interpreter");
	return 0;

exit_hotplug:
	kps_hotplug_exit();
exit_modules:
	kps_modules_exit();
exit_debugfs:
	kps_debugfs_exit();
	kps_acts_exit();
exit_tasks:
	kps_tasks_exit();
exit_guards:
	kps_guards_exit();
exit_paging:
	kps_paging_exit();
exit_helpers:
	kps_helpers_exit();
	return err;
}

/* No new program can come once the family is gone. */
static void __exit kps_exit(void)
{
	kps_netlink_exit();
	kps_program_unload_all();
	kps_unpinned();
	kps_canary_exit();
	kps_hotplug_exit();
	kps_modules_exit();
	kps_debugfs_exit();
	kps_acts_exit();
	kps_tasks_exit();
	kps_guards_exit();
	/* A handler that was on its way out still runs our code. */
	synchronize_rcu();
	rcu_barrier();
	kps_paging_exit();
	kps_helpers_exit();
}

module_init(kps_init);
module_exit(kps_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION(KPS_VERSION);
MODULE_DESCRIPTION("Kernel statistics from kprobes and tracepoints, without bpf()");

// SPDX-License-Identifier: GPL-2.0
/*
 * kpstat: ask a running kernel a question, without bpf().
 *
 * Init and exit, a ladder each, and nothing else.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "kpstat.h"

/* Sizes are reckoned in size_t before memory is charged, frames in words of 64 bits. */
#ifndef CONFIG_64BIT
#error "kpstat needs a 64-bit kernel"
#endif

static int module_changed(struct notifier_block *nb, unsigned long state,
			  void *data)
{
	const struct module *module = data;

	if (state == MODULE_STATE_COMING)
		kps_program_module_coming(module->name);
	else if (state == MODULE_STATE_GOING)
		kps_program_module_going(module->name);
	return NOTIFY_DONE;
}

/* After kprobes' own (0) when one comes, which makes its code probeable. */
static struct notifier_block module_notifier = {
	.notifier_call = module_changed,
	.priority = -1,
};

static int __init kps_init(void)
{
	int err;

	err = kps_helpers_init();
	if (err)
		return err;
	err = kps_guards_init();
	if (err)
		goto exit_helpers;
	kps_debugfs_init();
	err = register_module_notifier(&module_notifier);
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
	unregister_module_notifier(&module_notifier);
exit_debugfs:
	kps_debugfs_exit();
	kps_guards_exit();
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
	unregister_module_notifier(&module_notifier);
	kps_debugfs_exit();
	kps_guards_exit();
	/* A handler that was on its way out still runs our code. */
	synchronize_rcu();
	rcu_barrier();
	kps_helpers_exit();
}

module_init(kps_init);
module_exit(kps_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION(KPS_VERSION);
MODULE_DESCRIPTION("Kernel statistics from kprobes and tracepoints, without bpf()");

// SPDX-License-Identifier: GPL-2.0
/*
 * Modules that come and go while programs are loaded.
 *
 * Whoever loads or removes a module waits here only if a program has a site in it. Else
 * a change of kpstat's that takes tens of seconds holds up nobody.
 */
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/workqueue.h>

#include "kpstat.h"

/* What a module that comes waits at most, so that probes see it from its first
 * instruction on.
 */
#define PATIENCE_MS 1000

static void attach_late(struct work_struct *work)
{
	kps_programs_attach_pending(NULL);
}
static DECLARE_WORK(late, attach_late);

static void module_coming(const char *name)
{
	if (kps_programs_attach_pending_within(name, PATIENCE_MS))
		return;
	pr_warn_ratelimited("module %s has come while programs were being loaded or unloaded: its probes are attached after that, and miss what it does until then\n",
			    name);
	schedule_work(&late);
}

/*
 * Here waiting is not to be avoided: ftrace would keep our hook for whatever module is
 * put at that address next.
 */
static int module_changed(struct notifier_block *nb, unsigned long state,
			  void *data)
{
	const struct module *module = data;

	if (!kps_programs_refer_to(module->name))
		return NOTIFY_DONE;
	if (state == MODULE_STATE_COMING)
		module_coming(module->name);
	else if (state == MODULE_STATE_GOING)
		kps_programs_leave_module(module->name);
	return NOTIFY_DONE;
}

/* After kprobes' own (0): one that comes is probeable, and in one that goes they are gone. */
static struct notifier_block module_notifier = {
	.notifier_call = module_changed,
	.priority = -1,
};

/** kps_modules_init() - may sleep. Return: 0 or a negative errno. */
int __init kps_modules_init(void)
{
	return register_module_notifier(&module_notifier);
}

/** kps_modules_exit() - when it returns no work of ours is left. May sleep. */
void kps_modules_exit(void)
{
	unregister_module_notifier(&module_notifier);
	cancel_work_sync(&late);
}

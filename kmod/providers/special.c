// SPDX-License-Identifier: GPL-2.0
/*
 * special: the beginning and the end of the program itself.  They happen while
 * it is enabled or disabled, in the task that does it, so there is nothing to
 * attach to.
 */
#include <linux/preempt.h>
#include <linux/string.h>

#include "dispatch.h"
#include "kpstat.h"
#include "task.h"

static int special_prepare(struct kps_site *site, struct kps_error *error)
{
	if (!strcmp(site->target, "begin") || !strcmp(site->target, "end"))
		return 0;
	return kps_error(error, -EINVAL, "special:%s: the events are begin and end",
			 site->target);
}

static int special_attach(struct kps_site *site)
{
	return 0;
}

static void special_detach(struct kps_site **sites, unsigned int nr)
{
}

static const char *special_how(const struct kps_site *site)
{
	return "call";
}

static void fire(const struct kps_site *site)
{
	if (site->probe->code->loops) {
		kps_task_serve(site, false);
		return;
	}
	preempt_disable();
	kps_event_serve(site, kps_event_hit(site->probe), NULL, 0, NULL);
	preempt_enable();
}

/**
 * kps_special_fire() - let an event of the program's own happen
 * @program: whose other probes are not attached
 * @target: "begin" or "end"
 *
 * Context: task, kps_config_lock held.
 */
void kps_special_fire(struct kps_program *program, const char *target)
{
	u32 i;

	for (i = 0; i < program->nr_sites; i++) {
		const struct kps_site *site = program->sites[i];

		if (site->probe->provider == &kps_special_provider &&
		    !strcmp(site->target, target))
			fire(site);
	}
}

const struct kps_provider kps_special_provider = {
	.name		= "special",
	.named_by_probe	= true,
	.prepare	= special_prepare,
	.attach		= special_attach,
	.detach		= special_detach,
	.how		= special_how,
};

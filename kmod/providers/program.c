// SPDX-License-Identifier: GPL-2.0
/*
 * program: the beginning and the end of the program itself.  They happen while
 * it is enabled or disabled, in the task that does it, so there is nothing to
 * attach to.
 */
#include <linux/preempt.h>
#include <linux/string.h>

#include "dispatch.h"
#include "kpstat.h"
#include "task.h"

static int program_prepare(struct kps_site *site, struct kps_error *error)
{
	if (!strcmp(site->target, "begin") || !strcmp(site->target, "end"))
		return 0;
	return kps_error(error, -EINVAL, "program:%s: the events are begin and end",
			 site->target);
}

static int program_attach(struct kps_site *site)
{
	return 0;
}

static void program_detach(struct kps_site **sites, unsigned int nr)
{
}

static const char *program_how(const struct kps_site *site)
{
	return "call";
}

static void fire(const struct kps_site *site)
{
	if (site->probe->code->loops) {
		kps_task_serve(site);
		return;
	}
	preempt_disable();
	kps_event_serve(site, kps_event_hit(site->probe), NULL, 0, NULL);
	preempt_enable();
}

/**
 * kps_program_fire() - let an event of the program's own happen
 * @program: whose other probes are not attached
 * @target: "begin" or "end"
 *
 * Context: task, kps_config_lock held.
 */
void kps_program_fire(struct kps_program *program, const char *target)
{
	u32 i;

	for (i = 0; i < program->nr_sites; i++) {
		const struct kps_site *site = program->sites[i];

		if (site->probe->provider == &kps_program_provider &&
		    !strcmp(site->target, target))
			fire(site);
	}
}

const struct kps_provider kps_program_provider = {
	.name		= "program",
	.named_by_probe	= true,
	.prepare	= program_prepare,
	.attach		= program_attach,
	.detach		= program_detach,
	.how		= program_how,
};

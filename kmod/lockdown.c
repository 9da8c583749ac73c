// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel that is locked down for confidentiality keeps its memory to itself,
 * also before root.  What kpstat does is what the kernel then forbids its own
 * tracing: so it asks the same, in this one place.
 *
 * Asked are commands that attach probes and those that hand out what probes
 * saw, each time anew: lockdown may be raised while programs run.  Under
 * integrity all of it is allowed, as kprobes and perf are.
 */
#include <linux/moduleparam.h>
#include <linux/security.h>

#include "kpstat.h"
#include "lockdown.h"

static bool allow_confidential;
module_param(allow_confidential, bool, 0400);
MODULE_PARM_DESC(allow_confidential, "work even if the kernel is locked down for confidentiality (set when it is loaded)");

/**
 * kps_check_lockdown() - may kernel memory be looked into?
 * @reason: what is about to be done, as the kernel's own tracing names it
 * @error: gets the reason and the remedy
 *
 * Return: 0 or -EPERM.
 */
int kps_check_lockdown(enum lockdown_reason reason, struct kps_error *error)
{
	int err;

	if (allow_confidential)
		return 0;
	err = security_locked_down(reason);
	if (!err)
		return 0;
	return kps_error(error, err,
			 "the kernel is locked down (/sys/kernel/security/lockdown: confidentiality); boot it with lockdown=integrity, or load kpstat.ko with allow_confidential=1");
}

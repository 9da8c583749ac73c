/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the headers of events use and keep to the one file that makes
 * tracepoints of them.
 */
#ifndef KPS_COMPAT_TRACEPOINTS_H
#define KPS_COMPAT_TRACEPOINTS_H

#include <linux/sched.h>

/* As in trace/events/sched.h. @index: of the task's state, see task_state_index() */
static __always_inline long kps_switch_state(bool preempt, unsigned int index)
{
	if (preempt)
		return TASK_REPORT_MAX;
	return index ? 1 << (index - 1) : 0;
}

#ifdef KPS_SCHED_SWITCH_HAS_STATE
#define __trace_sched_switch_state(preempt, prev_state, p) \
	kps_switch_state(preempt, __task_state_index(prev_state, (p)->exit_state))
#else
#define __trace_sched_switch_state(preempt, p) \
	kps_switch_state(preempt, task_state_index(p))
#endif

#endif

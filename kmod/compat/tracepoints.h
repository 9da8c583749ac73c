/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the headers of events use and keep to the one file that makes
 * tracepoints of them.
 */
#ifndef KPS_COMPAT_TRACEPOINTS_H
#define KPS_COMPAT_TRACEPOINTS_H

#include <linux/sched.h>

/* As in trace/events/sched.h; two arguments in kernels that tasks tell. */
#ifdef KPS_SCHED_SWITCH_HAS_STATE
static __always_inline long
__trace_sched_switch_state(bool preempt, unsigned int prev_state,
			   struct task_struct *p)
{
	unsigned int state;

	if (preempt)
		return TASK_REPORT_MAX;
	state = __task_state_index(prev_state, p->exit_state);
	return state ? 1 << (state - 1) : 0;
}
#else
static __always_inline long
__trace_sched_switch_state(bool preempt, struct task_struct *p)
{
	unsigned int state;

	if (preempt)
		return TASK_REPORT_MAX;
	state = task_state_index(p);
	return state ? 1 << (state - 1) : 0;
}
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How handlers are called, and what the headers of events use and keep to the one
 * file that makes tracepoints of them.
 */
#ifndef KPS_COMPAT_TRACEPOINTS_H
#define KPS_COMPAT_TRACEPOINTS_H

#include <linux/preempt.h>
#include <linux/sched.h>

/* Newer kernels call handlers with preemption as it was. */
#ifdef KPS_TRACEPOINTS_PREEMPTIBLE
#define kps_tracepoint_enter() preempt_disable_notrace()
#define kps_tracepoint_leave() preempt_enable_notrace()
#else
#define kps_tracepoint_enter() do { } while (0)
#define kps_tracepoint_leave() do { } while (0)
#endif

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

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where kernels differ: one interface for all of them, see features.mk.
 */
#ifndef KPS_COMPAT_H
#define KPS_COMPAT_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/ring_buffer.h>
#include <linux/timekeeping.h>

#ifdef KPS_HAS_GET_KRETPROBE
#define kps_get_kretprobe(ri) get_kretprobe(ri)
#else
#define kps_get_kretprobe(ri) ((ri)->rp)
#endif

#ifdef KPS_HAS_HRTIMER_SETUP
#define kps_hrtimer_setup(timer, function, clock, mode) \
	hrtimer_setup(timer, function, clock, mode)
#else
#define kps_hrtimer_setup(timer, fired, clock, mode) \
	(hrtimer_init(timer, clock, mode), (void)((timer)->function = (fired)))
#endif

#ifdef KPS_EVENTFD_SIGNAL_TAKES_NUMBER
#define kps_eventfd_signal(context) ((void)eventfd_signal(context, 1))
#else
#define kps_eventfd_signal(context) eventfd_signal(context)
#endif

#ifdef KPS_RING_BUFFER_COMMITS_EVENT
#define kps_ring_buffer_commit(ring, event) \
	ring_buffer_unlock_commit(ring, event)
#else
#define kps_ring_buffer_commit(ring, event) \
	((void)(event), ring_buffer_unlock_commit(ring))
#endif

/*
 * While a batch of probes is taken out of the kernel's hands each of them is waited for,
 * and a grace period is tens of milliseconds when nobody hurries. The kernel exports this
 * and declares it in a header of its own.
 */
#ifdef CONFIG_TINY_RCU
static inline void rcu_expedite_gp(void)
{
}

static inline void rcu_unexpedite_gp(void)
{
}
#else
void rcu_expedite_gp(void);
void rcu_unexpedite_gp(void);
#endif

/* Of a multicast group: for CAP_SYS_ADMIN only, where the kernel can see to it. */
#if defined(KPS_HAS_MCAST_FLAGS)
#define KPS_MCAST_PRIVATE .flags = GENL_MCAST_CAP_SYS_ADMIN
#elif defined(KPS_HAS_MCAST_CAP_SYS_ADMIN)
#define KPS_MCAST_PRIVATE .cap_sys_admin = 1
#else
#define KPS_MCAST_PRIVATE
#endif

/* Whether the kernel checks the type of what it calls: CFI_CLANG in older ones. */
#if defined(CONFIG_CFI) || defined(CONFIG_CFI_CLANG)
#define KPS_CFI 1
#else
#define KPS_CFI 0
#endif

/* All areas of an mm, which is locked for reading. */
#ifdef KPS_HAS_VMA_ITERATOR
#define kps_vma_iterator(name, mm) VMA_ITERATOR(name, mm, 0)
#define kps_for_each_vma(name, vma) for_each_vma(name, vma)
#else
#define kps_vma_iterator(name, mm_) struct mm_struct *name = mm_
#define kps_for_each_vma(name, vma) \
	for ((vma) = (name)->mmap; vma; (vma) = (vma)->vm_next)
#endif

/* What a function that ftrace calls is given. */
#ifdef KPS_HAS_FTRACE_REGS
#define kps_ftrace_given ftrace_regs
#else
#define kps_ftrace_given pt_regs
#endif

#ifdef KPS_HAS_FTRACE
#include <linux/ftrace.h>

#define KPS_FTRACE 1

#ifdef KPS_FTRACE_SAVES_ARGUMENTS_ONLY
#define KPS_FTRACE_SAVE_REGS 0

/* Only the arguments: they are where a struct pt_regs has them. */
static __always_inline struct pt_regs *kps_ftrace_regs(struct ftrace_regs *fregs)
{
	return (struct pt_regs *)fregs;
}

/* All that ftrace knows; the others are zeros. @room: to be filled in */
static __always_inline struct pt_regs *kps_ftrace_whole(struct pt_regs *regs,
							struct pt_regs *room)
{
	memset(room, 0, sizeof(*room));
	return ftrace_partial_regs((struct ftrace_regs *)regs, room);
}
#else
#define KPS_FTRACE_SAVE_REGS FTRACE_OPS_FL_SAVE_REGS

/* What ftrace saved; without KPS_FTRACE_SAVE_REGS only the arguments. */
static __always_inline struct pt_regs *kps_ftrace_regs(struct ftrace_regs *fregs)
{
#ifdef KPS_FTRACE_REGS_ARE_OPAQUE
	return &arch_ftrace_regs(fregs)->regs;
#else
	return &fregs->regs;
#endif
}

/* With it all of them. */
static __always_inline struct pt_regs *kps_ftrace_whole(struct pt_regs *regs,
							struct pt_regs *room)
{
	return regs;
}
#endif
#else
#define KPS_FTRACE 0
#endif

/*
 * Whether a kretprobe's pre_handler may be called by whom one likes. Where kretprobes are
 * rethooks it takes no lock; before, it takes those that the return's handler holds, and
 * relies on kprobes to keep it out of there. It wants all registers.
 */
#if defined(CONFIG_KRETPROBE_ON_RETHOOK) && !defined(KPS_FTRACE_SAVES_ARGUMENTS_ONLY)
#define KPS_KRETPROBE_ASKS_NOBODY 1
#else
#define KPS_KRETPROBE_ASKS_NOBODY 0
#endif

/* International Atomic Time, readable in any context; kps_tai_look() before. */
#ifdef KPS_HAS_TAI_FAST
static __always_inline u64 kps_tai_fast_ns(void)
{
	return ktime_get_tai_fast_ns();
}

static inline void kps_tai_look(void)
{
}
#else
extern u64 kps_tai_ahead;

static __always_inline u64 kps_tai_fast_ns(void)
{
	return ktime_get_real_fast_ns() + READ_ONCE(kps_tai_ahead);
}

void kps_tai_look(void);
#endif

#endif

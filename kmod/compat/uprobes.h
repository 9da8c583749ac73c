/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where kernels differ about uprobes.
 */
#ifndef KPS_COMPAT_UPROBES_H
#define KPS_COMPAT_UPROBES_H

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/uprobes.h>

/*
 * What a consumer's handlers take: registers, and a word that the kernel keeps with a call,
 * from its entry to its return. Older kernels keep none.
 */
#ifdef KPS_UPROBES_KEEP_WORDS
#define KPS_UPROBE_WORDS 1
#define KPS_UPROBE_ARGS struct pt_regs *regs, __u64 *word
#define KPS_UPROBE_WORD word
#else
#define KPS_UPROBE_WORDS 0
#define KPS_UPROBE_ARGS struct pt_regs *regs
#define KPS_UPROBE_WORD NULL
#endif

/**
 * struct kps_uprobe - a consumer, and where it is registered
 * @consumer: with its handlers
 * @inode: of the file; whoever registers it holds a reference
 * @offset: of the instruction
 * @counter: of what is counted up, or 0
 * @registered: what the kernel calls it by, where it does
 */
struct kps_uprobe {
	struct uprobe_consumer consumer;
	struct inode *inode;
	loff_t offset;
	loff_t counter;
	struct uprobe *registered;
};

/*
 * kps_uprobe_register() returns 0 or a negative errno, -EOPNOTSUPP without CONFIG_UPROBES.
 * Handlers of those for which kps_uprobe_unregister() was called may run until
 * kps_uprobes_are_gone() returns. All may sleep.
 */
#ifdef KPS_UPROBES_GO_IN_TWO
static inline int kps_uprobe_register(struct kps_uprobe *up)
{
	struct uprobe *registered;

	if (!IS_ENABLED(CONFIG_UPROBES))
		return -EOPNOTSUPP;
	registered = uprobe_register(up->inode, up->offset, up->counter, &up->consumer);
	if (IS_ERR(registered))
		return PTR_ERR(registered);
	up->registered = registered;
	return 0;
}

static inline void kps_uprobe_unregister(struct kps_uprobe *up)
{
	uprobe_unregister_nosync(up->registered, &up->consumer);
}

static inline void kps_uprobes_are_gone(void)
{
	uprobe_unregister_sync();
}
#else
static inline int kps_uprobe_register(struct kps_uprobe *up)
{
	if (!IS_ENABLED(CONFIG_UPROBES))
		return -EOPNOTSUPP;
	return uprobe_register_refctr(up->inode, up->offset, up->counter, &up->consumer);
}

static inline void kps_uprobe_unregister(struct kps_uprobe *up)
{
	uprobe_unregister(up->inode, up->offset, &up->consumer);
}

static inline void kps_uprobes_are_gone(void)
{
}
#endif

/*
 * Whether the kernel will not tell of the return of the call that is being entered: it
 * follows so many of a task, and asks this before it forgets those that longjmp() left.
 */
static __always_inline bool kps_uretprobe_is_too_deep(void)
{
#ifdef CONFIG_UPROBES
	const struct uprobe_task *utask = current->utask;

	return utask && utask->depth >= MAX_URETPROBE_DEPTH;
#else
	return false;
#endif
}

#endif

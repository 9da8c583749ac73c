// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of programs that has to come first.
 *
 * The handler of a uprobe is called by the task that has come by, from user mode, holding
 * nothing that forbids it to sleep. So where its clause wants memory of that task's which is
 * not there, as a file that nobody has read yet, the event waits for it, in the middle of
 * the clause: it lets go of the CPU, and goes on wherever it finds itself.
 *
 * Whoever unloads the program, or reads with reset, waits for the event. So it waits
 * KPS_PATIENCE ms in all, and not a moment in the kernel: a page is asked for as by those
 * who cannot wait (FAULT_FLAG_RETRY_NOWAIT), and asked for again a little later. And it is
 * asked for only where that is this machine's affair alone: anonymous memory, tmpfs, and
 * regular files on a disk. On FUSE and on network file systems even who asks like that may
 * wait for another process or machine; such memory is a fault, as everywhere.
 *
 * What the event has in its hands meanwhile is its set, numbers of stacks, blocks and maps
 * of its program. The program is held by the kernel's own waiting for handlers of uprobes;
 * the rest by SRCU: it is a reader from when it first lets go of the CPU until it ends, and
 * kps_see_handlers_out() waits for such, too.
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#include "dispatch.h"
#include "paging.h"
#include "task.h"

/* How often an event waits, for up to a millisecond. */
#define KPS_PATIENCE 100

/* Events that may wait with much scratch, besides one on each CPU that runs. */
#define SPARE_ROOMS 16

/**
 * struct kps_paging - of an event that may wait
 * @set: that it writes to
 * @patience: how often it may still wait
 * @waits: it has let go of the CPU, and is a reader
 * @reader: of which generation
 */
struct kps_paging {
	const struct kps_set *set;
	u32 patience;
	bool waits;
	int reader;
};

/* Events that have let go of the CPU: sets and stacks that they may hold stay. */
DEFINE_STATIC_SRCU(waiting);
/* How many they are, so that nobody waits for none. */
static atomic_t nr_waiting;

/* Where they have their scratch, as it may not be a CPU's; and which are taken. */
static struct kps_large_ctx *rooms;
static unsigned long *taken;
static unsigned int nr_rooms;

static struct kps_large_ctx *__kprobes take_room(void)
{
	unsigned int room;

	do {
		room = find_first_zero_bit(taken, nr_rooms);
		if (room >= nr_rooms)
			return NULL;
	} while (test_and_set_bit_lock(room, taken));
	return &rooms[room];
}

static void __kprobes give_room(const struct kps_large_ctx *room)
{
	clear_bit_unlock(room - rooms, taken);
}

/*
 * A device's memory is its driver's affair. FUSE has subtypes, and asks a process even where
 * it has a disk.
 */
static bool comes_by_itself(struct vm_area_struct *area)
{
	const unsigned long kinds = FS_REQUIRES_DEV | FS_HAS_SUBTYPE;
	const struct inode *inode;

	if (!(area->vm_flags & VM_READ) ||
	    area->vm_flags & (VM_IO | VM_PFNMAP | VM_HUGETLB))
		return false;
	if (!area->vm_file)
		return vma_is_anonymous(area);
	inode = file_inode(area->vm_file);
	if (!S_ISREG(inode->i_mode))
		return false;
	return inode->i_sb->s_magic == TMPFS_MAGIC ||
	       (inode->i_sb->s_type->fs_flags & kinds) == FS_REQUIRES_DEV;
}

/* Return: 0: it has come; -EAGAIN: it may, later; -EFAULT: it will not. */
static int ask_for(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *area;
	vm_fault_t fault = VM_FAULT_SIGSEGV;

	/* Who has it may be waiting for somebody who never comes. */
	if (!mmap_read_trylock(mm))
		return -EAGAIN;
	area = find_vma(mm, addr);
	if (area && area->vm_start <= addr && comes_by_itself(area))
		fault = handle_mm_fault(area, addr, FAULT_FLAG_ALLOW_RETRY |
					FAULT_FLAG_RETRY_NOWAIT, NULL);
	/* Who may not wait keeps it, whatever comes of that. */
	mmap_read_unlock(mm);
	if (fault & VM_FAULT_ERROR)
		return -EFAULT;
	return fault & VM_FAULT_RETRY ? -EAGAIN : 0;
}

static bool wait_for(struct kps_paging *paging, unsigned long addr)
{
	int err = ask_for(current->mm, addr);

	while (err == -EAGAIN && paging->patience && !fatal_signal_pending(current)) {
		paging->patience--;
		usleep_range(USEC_PER_MSEC / 2, USEC_PER_MSEC);
		err = ask_for(current->mm, addr);
	}
	return !err;
}

/* Until be_no_reader(): sparse wants such pairs in one function. */
static void become_reader(struct kps_paging *paging)
{
	if (paging->waits)
		return;
	paging->waits = true;
	atomic_inc(&nr_waiting);
	paging->reader = srcu_read_lock(&waiting);
	__release(&waiting);
}

static void be_no_reader(const struct kps_paging *paging)
{
	if (!paging->waits)
		return;
	__acquire(&waiting);
	srcu_read_unlock(&waiting, paging->reader);
	atomic_dec(&nr_waiting);
}

/**
 * kps_page_in() - wait for memory of the current task's that is not there
 * @ctx: of an event
 * @addr: of user memory
 * @len: at least 1, at most a page
 *
 * Context: a clause's helper that holds nothing, and nothing of a CPU's: preemption, which
 * is off, may be on meanwhile, and the CPU another one behind it.
 * Return: whether it is worth to read again; at some time it is not.
 */
bool kps_page_in(struct kps_ctx *ctx, unsigned long addr, size_t len)
{
	struct kps_paging *paging = ctx->paging;
	bool came;

	if (!paging || !paging->patience)
		return false;
	paging->patience--;
	become_reader(paging);
	kps_give_cpu(ctx);
	came = wait_for(paging, addr) && wait_for(paging, addr + len - 1);
	kps_take_cpu(ctx, paging->set);
	return came;
}

static void __kprobes run(struct kps_ctx *ctx, const struct kps_probe *probe)
{
	u32 result;

	kps_set_inside(true);
	result = kps_prog_run(probe->code->prog, ctx);
	local64_inc(&ctx->ledger->nr[kps_outcome(ctx, result)]);
	kps_set_inside(false);
	if (unlikely(ctx->began))
		kps_guard_sample(&ctx->program->guard, ctx->ledger, ctx->began);
}

/* Return: false: it was not run, as there is no room, or its set was replaced just now. */
static bool __kprobes run_patiently(struct kps_ctx *ctx, const struct kps_probe *probe)
{
	struct kps_paging paging = {
		.set = rcu_dereference_raw(ctx->program->set),
		.patience = KPS_PATIENCE,
	};
	struct kps_large_ctx *room = NULL;

	if (paging.set->rows[raw_smp_processor_id()] != ctx->row)
		return false;
	if (probe->code->large) {
		room = take_room();
		if (!room)
			return false;
		ctx = kps_copy_ctx(&room->ctx, ctx);
	}
	ctx->paging = &paging;
	run(ctx, probe);
	be_no_reader(&paging);
	if (room)
		give_room(room);
	return true;
}

/**
 * kps_event_run_paging() - kps_event_run() of an event that may wait for memory
 * @ctx: of the event
 * @probe: whose
 *
 * Context: as the handler of a uprobe: the task holds nothing, is inside of no clause, and
 * preemption is off by one preempt_disable_notrace() of the caller's.
 */
void __kprobes kps_event_run_paging(struct kps_ctx *ctx, const struct kps_probe *probe)
{
	if (!probe->code->pages || !run_patiently(ctx, probe))
		kps_event_run(ctx, probe);
}

/**
 * kps_paging_settle() - wait for events that have let go of the CPU
 *
 * Context: may sleep. RCU has seen those out that had not.
 */
void kps_paging_settle(void)
{
	if (atomic_read(&nr_waiting))
		synchronize_srcu(&waiting);
}

/** kps_paging_init() - may sleep. Return: 0 or -ENOMEM. */
int __init kps_paging_init(void)
{
	nr_rooms = num_possible_cpus() + SPARE_ROOMS;
	rooms = kvcalloc(nr_rooms, sizeof(*rooms), GFP_KERNEL);
	taken = bitmap_zalloc(nr_rooms, GFP_KERNEL);
	if (rooms && taken)
		return 0;
	kps_paging_exit();
	return -ENOMEM;
}

/** kps_paging_exit() - no handler runs any more */
void kps_paging_exit(void)
{
	bitmap_free(taken);
	kvfree(rooms);
}

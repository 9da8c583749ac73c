// SPDX-License-Identifier: GPL-2.0
/*
 * BEGIN, END and interval go through whole maps.  A clause of theirs that loops runs in a
 * task: in who loads or unloads the program, or in a worker.  It has more fuel than other
 * events, and whenever it has burnt KPS_MAX_FUEL it lets others run, and may find itself on
 * another CPU then; in between it is as all clauses are, with preemption off.
 *
 * What it has in its hands meanwhile are tables of the set in use: program->read_lock keeps
 * that from being replaced, and so it is in one interval, too.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "dispatch.h"
#include "task.h"

#define TURNS (KPS_MAX_TASK_FUEL / KPS_MAX_FUEL - 1)

/**
 * struct task_event - an event in a task
 * @live: whether its program's handlers ran when it came; that has changed: it is to end
 * @large: its context; .ctx.began is when it got the CPU last
 */
struct task_event {
	bool live;
	struct kps_large_ctx large;
};

static struct workqueue_struct *task_wq;

/**
 * kps_set_inside() - the current task is inside of a clause, or no longer
 *
 * Context: task, with preemption off, so that nobody else is inside of one of a task here.
 */
void __kprobes kps_set_inside(bool inside)
{
	WRITE_ONCE((*this_cpu_ptr(&kps_inside))[KPS_CTX_TASK], inside);
	barrier();
}

/**
 * kps_take_cpu() - an event of a task goes on, maybe on another CPU than before
 * @ctx: of the event
 * @set: that it writes to, and that stays
 */
void kps_take_cpu(struct kps_ctx *ctx, const struct kps_set *set)
{
	const size_t probe = ctx->ledger - ctx->row->ledger;

	preempt_disable_notrace();
	ctx->row = set->rows[raw_smp_processor_id()];
	ctx->ledger = &ctx->row->ledger[probe];
	/* What is printed from now on is later than what others have printed meanwhile. */
	ctx->wrote = 0;
	if (ctx->began)
		ctx->began = ktime_get_mono_fast_ns();
	kps_set_inside(true);
}

/** kps_give_cpu() - an event of a task, inside of its clause, lets others run */
void kps_give_cpu(struct kps_ctx *ctx)
{
	kps_set_inside(false);
	if (ctx->began)
		kps_guard_took(&ctx->program->guard, ctx->began);
	preempt_enable_notrace();
}

/**
 * kps_task_pause() - let others run
 * @ctx: of an event that kps_task_serve() serves
 *
 * Context: between two rounds of a block. Return: false: it had better end, as its task is
 * killed, or its program stopped.
 */
bool kps_task_pause(struct kps_ctx *ctx)
{
	const struct task_event *event = container_of(ctx, struct task_event, large.ctx);

	kps_give_cpu(ctx);
	cond_resched();
	kps_take_cpu(ctx, kps_program_set(ctx->program));
	return !fatal_signal_pending(current) &&
	       READ_ONCE(ctx->program->live) == event->live;
}

static void run(struct kps_ctx *ctx, const struct kps_probe *probe)
{
	u32 result;

	ctx->began = ktime_get_mono_fast_ns();
	kps_set_inside(true);
	result = kps_prog_run(probe->code->prog, ctx);
	local64_inc(&ctx->ledger->nr[kps_outcome(ctx, result)]);
	kps_give_cpu(ctx);
}

static void begin(struct kps_ctx *ctx, const struct kps_site *site)
{
	const struct kps_probe *probe = site->probe;

	preempt_disable_notrace();
	kps_event_begin(ctx, probe, kps_event_hit(probe), KPS_FILLS_SITE);
	ctx->frame.site = site->id;
	ctx->turns = TURNS;
	run(ctx, probe);
}

/**
 * kps_task_serve() - an event of a clause that loops
 * @site: of BEGIN, END or an interval
 * @must_live: it is none if handlers have stopped meanwhile
 *
 * Context: task that holds no lock but kps_config_lock; may sleep.
 */
void kps_task_serve(const struct kps_site *site, bool must_live)
{
	struct kps_program *program = site->probe->program;
	struct task_event *event = site->probe->code->room;
	struct kps_ctx *ctx = &event->large.ctx;

	/* Of this probe there is one event at a time, too. */
	mutex_lock(&program->read_lock);
	event->live = READ_ONCE(program->live);
	if (event->live || !must_live)
		begin(ctx, site);
	mutex_unlock(&program->read_lock);
}

/** kps_task_room() - what a clause that runs in a task needs, for kvfree(); or NULL */
void *kps_task_room(void)
{
	return kvzalloc(sizeof(struct task_event), GFP_KERNEL);
}

/** kps_task_queue() - have a worker serve it. Any context. Return: false: it is to already. */
bool kps_task_queue(struct work_struct *work)
{
	return queue_work(task_wq, work);
}

int __init kps_tasks_init(void)
{
	task_wq = alloc_workqueue("kpstat_task", WQ_UNBOUND, 0);
	return task_wq ? 0 : -ENOMEM;
}

/** kps_tasks_exit() - all programs are unloaded */
void kps_tasks_exit(void)
{
	destroy_workqueue(task_wq);
}

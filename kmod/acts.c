// SPDX-License-Identifier: GPL-2.0
/*
 * clear(), zero() and exit() of a program that was loaded and left alone. Of one that
 * `kpctl run` has loaded kpctl does them, from the program's records.
 *
 * A clause may run in an NMI: it notes what is to be done, and a worker, which an irq_work
 * starts, does it a moment later. What events count until then is cleared as well, as it is
 * by bpftrace. But exit() ends the program there and then: no handler begins any more, and
 * the worker takes its probes away. What BEGIN and END note is done by who enables or
 * disables the program, before he goes on.
 */
#include <linux/bitops.h>
#include <linux/kprobes.h>

#include "acts.h"
#include "kpstat.h"

static struct workqueue_struct *acts_wq;

static struct kps_program *acting(struct kps_acts *acts)
{
	return container_of(acts, struct kps_program, acts);
}

/*
 * The work has a reference, which nobody can give back here: so it is queued once, until it
 * begins. A program that is freed meanwhile has nothing more to do.
 */
static void act_soon(struct irq_work *irq_work)
{
	struct kps_acts *acts = container_of(irq_work, struct kps_acts, irq_work);

	/* Pairs with act(), which sees what was noted, or is queued again. */
	if (test_and_set_bit(0, &acts->queued))
		return;
	if (kref_get_unless_zero(&acting(acts)->ref))
		queue_work(acts_wq, &acts->work);
}

static void act(struct work_struct *work)
{
	struct kps_acts *acts = container_of(work, struct kps_acts, work);
	struct kps_program *program = acting(acts);

	clear_bit(0, &acts->queued);
	/* Pairs with act_soon(). */
	smp_mb__after_atomic();
	kps_acts_do(program);
	if (kps_acts_have_exited(acts))
		kps_program_exit(program);
	kps_program_put(program);
}

/** kps_acts_init() - of a new program. Nothing is noted yet */
void kps_acts_init(struct kps_acts *acts)
{
	init_irq_work(&acts->irq_work, act_soon);
	INIT_WORK(&acts->work, act);
	mutex_init(&acts->lock);
}

/** kps_acts_free() - of a program to which nobody has a reference any more. May sleep */
void kps_acts_free(struct kps_acts *acts)
{
	irq_work_sync(&acts->irq_work);
	mutex_destroy(&acts->lock);
}

static void note_exit(struct kps_program *program, u32 status)
{
	struct kps_acts *acts = &program->acts;

	/* Of END, nothing is left to end. */
	if (!READ_ONCE(program->live) && !acts->begins)
		return;
	atomic_cmpxchg(&acts->exited, 0, (status & 0xff) + 1);
	WRITE_ONCE(program->live, false);
}

/**
 * kps_acts_note() - a clause has come to an act
 * @program: that does them
 * @nr: number of an output, with an act
 * @fields: those of the output, in scratch
 *
 * Context: any, with preemption off.
 */
void __kprobes kps_acts_note(struct kps_program *program, u32 nr, const u64 *fields)
{
	const struct kps_output *output = &program->outputs[nr];

	if (output->act == KPS_ACT_EXIT)
		note_exit(program, output->nr_fields ? fields[0] : 0);
	else
		set_bit(nr, program->acts.noted);
	irq_work_queue(&program->acts.irq_work);
}

static void do_act(struct kps_program *program, const struct kps_output *output)
{
	const struct kps_map *map = program->maps[output->map];

	if (kps_map_reset(program, map, output->act == KPS_ACT_ZERO))
		pr_warn_ratelimited("program \"%s\": %s was not emptied: no memory for a fresh table\n",
				    program->name, map->name);
}

/**
 * kps_acts_do() - do what is noted
 * @program: referenced
 *
 * Context: may sleep; takes acts->lock, and program->read_lock below it.
 */
void kps_acts_do(struct kps_program *program)
{
	struct kps_acts *acts = &program->acts;
	unsigned int nr;

	mutex_lock(&acts->lock);
	for_each_set_bit(nr, acts->noted, KPS_MAX_OUTPUTS)
		if (test_and_clear_bit(nr, acts->noted))
			do_act(program, &program->outputs[nr]);
	mutex_unlock(&acts->lock);
}

/** kps_acts_start() - of the module */
int __init kps_acts_start(void)
{
	acts_wq = alloc_workqueue("kpstat_acts", WQ_UNBOUND, 0);
	return acts_wq ? 0 : -ENOMEM;
}

/** kps_acts_exit() - all programs are unloaded; waits for the last act */
void kps_acts_exit(void)
{
	destroy_workqueue(acts_wq);
}

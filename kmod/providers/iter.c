// SPDX-License-Identifier: GPL-2.0
/*
 * iter: what is there, element by element.  When its program is enabled, between BEGIN and
 * the other probes, the task that enables it walks a table of the kernel's, under the rules
 * of whoever shows that table in /proc, and each element is an event.
 *
 * Tasks are found by their numbers, upwards, as in /proc: one that stays is seen once, one
 * that comes or goes meanwhile once or not.  Between two of them others may run.
 */
#include <linux/fdtable.h>
#include <linux/idr.h>
#include <linux/pid_namespace.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "dispatch.h"
#include "kpstat.h"

/* Files that are visited before the lock of their task's table is let go of. */
#define FILES_AT_ONCE 64

/* What the events have, and no gaps; user space knows it, too (lang/provider/iter.c). */
struct element {
	const struct task_struct *task;
	union {
		struct {
			u32 fd;
			u32 pad;
			const struct file *file;
		};
		const struct vm_area_struct *vma;
	};
};

/**
 * struct table - a row: what is gone through
 * @name: as in a probe's target
 * @visit: all elements that a task has; it may sleep
 */
struct table {
	const char *name;
	void (*visit)(const struct kps_site *site, struct task_struct *task);
};

/* Context: task, in which a clause may run: any lock may be held. */
static void serve(const struct kps_site *site, const struct element *element)
{
	preempt_disable();
	kps_event_serve(site, kps_event_hit(site->probe), element, sizeof(*element), NULL);
	preempt_enable();
}

static void visit_task(const struct kps_site *site, struct task_struct *task)
{
	const struct element element = { .task = task };

	serve(site, &element);
}

/* Threads of a process share its files, if they did not choose otherwise. */
static bool shares_files(struct task_struct *task)
{
	return !thread_group_leader(task) &&
	       task->files == task->group_leader->files;
}

/* From @fd on, for a while. Return: where to go on; a negative number: that was all. */
static int visit_some_files(const struct kps_site *site, struct task_struct *task, int fd)
{
	struct element element = { .task = task };
	int left = FILES_AT_ONCE;
	struct fdtable *table;

	/* The lock keeps its files, RCU the table of them. */
	task_lock(task);
	rcu_read_lock();
	table = task->files && !shares_files(task) ? files_fdtable(task->files) : NULL;
	for (; table && fd < table->max_fds && left; fd++) {
		element.fd = fd;
		element.file = rcu_dereference_raw(table->fd[fd]);
		if (!element.file)
			continue;
		serve(site, &element);
		left--;
	}
	rcu_read_unlock();
	task_unlock(task);
	return left ? -1 : fd;
}

static void visit_files(const struct kps_site *site, struct task_struct *task)
{
	int fd = 0;

	while (fd >= 0) {
		fd = visit_some_files(site, task, fd);
		cond_resched();
	}
}

static void visit_all_vmas(const struct kps_site *site, struct task_struct *task,
			   struct mm_struct *mm)
{
	struct element element = { .task = task };
	struct vm_area_struct *vma;

	kps_vma_iterator(iterator, mm);

	kps_for_each_vma(iterator, vma) {
		element.vma = vma;
		serve(site, &element);
		cond_resched();
	}
}

static void visit_vmas(const struct kps_site *site, struct task_struct *task)
{
	struct mm_struct *mm = thread_group_leader(task) ? get_task_mm(task) : NULL;

	if (!mm)
		return;
	if (!mmap_read_lock_killable(mm)) {
		visit_all_vmas(site, task, mm);
		mmap_read_unlock(mm);
	}
	mmput(mm);
}

static const struct table tables[] = {
	{ "task", visit_task },
	{ "task_file", visit_files },
	{ "task_vma", visit_vmas },
};

static const struct table *find_table(const char *name)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		if (!strcmp(name, tables[i].name))
			return &tables[i];
	return NULL;
}

/* The one with the least number from *@nr on, which is set to it; it is held. Or NULL. */
static struct task_struct *next_task_from(int *nr)
{
	struct task_struct *task = NULL;
	struct pid *pid;

	rcu_read_lock();
	for (; (pid = idr_get_next(&init_pid_ns.idr, nr)); ++*nr) {
		task = pid_task(pid, PIDTYPE_PID);
		if (!task)
			continue;
		get_task_struct(task);
		break;
	}
	rcu_read_unlock();
	return task;
}

static void walk(const struct kps_site *site)
{
	const struct table *table = site->priv;
	struct task_struct *task;
	int nr = 1;

	for (; (task = next_task_from(&nr)); nr++) {
		table->visit(site, task);
		put_task_struct(task);
		if (fatal_signal_pending(current))
			return;
		cond_resched();
	}
}

/**
 * kps_iterators_run() - go through all that a program wants to
 * @program: that is being enabled; BEGIN has been
 *
 * It ends early when who enables it is killed: then there is nobody to read it.
 *
 * Context: task, may sleep; kps_config_lock held.
 */
void kps_iterators_run(struct kps_program *program)
{
	u32 i;

	for (i = 0; i < program->nr_sites; i++)
		if (program->sites[i]->probe->provider == &kps_iter_provider)
			walk(program->sites[i]);
}

static int iter_prepare(struct kps_site *site, struct kps_error *error)
{
	site->priv = (void *)find_table(site->target);
	if (site->priv)
		return 0;
	return kps_error(error, -EINVAL, "iter:%s: the iterators are task, task_file and task_vma",
			 site->target);
}

static int iter_attach(struct kps_site *site)
{
	return 0;
}

static void iter_detach(struct kps_site **sites, unsigned int nr)
{
}

static const char *iter_how(const struct kps_site *site)
{
	return "walk";
}

const struct kps_provider kps_iter_provider = {
	.name		= "iter",
	.prepare	= iter_prepare,
	.attach		= iter_attach,
	.detach		= iter_detach,
	.how		= iter_how,
};

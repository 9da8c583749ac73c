// SPDX-License-Identifier: GPL-2.0
/*
 * Errors: a sentence is written where the fault is seen, each layer above may
 * put the place before it, and netlink hands it out.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "error.h"

/**
 * kps_error() - note what was wrong
 * @error: where
 * @errno: negative errno
 * @fmt: the sentence, without a full stop
 *
 * Return: @errno, so that it can end the caller.
 */
int kps_error(struct kps_error *error, int errno, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(error->text, sizeof(error->text), fmt, args);
	va_end(args);
	return errno;
}

/**
 * kps_error_prefix() - say where, before what was said already
 * @error: with its sentence
 * @fmt: the place; ": " is added
 */
void kps_error_prefix(struct kps_error *error, const char *fmt, ...)
{
	struct kps_error inner = *error;
	va_list args;
	size_t used;

	va_start(args, fmt);
	used = vscnprintf(error->text, sizeof(error->text), fmt, args);
	va_end(args);
	scnprintf(error->text + used, sizeof(error->text) - used, ": %s",
		  inner.text);
}

/*
 * An extended ack keeps a pointer, and is sent after the command's function
 * has returned and its locks are free; copying into it came with 6.2 only, and
 * 80 bytes of it.  So the text stays in memory of the task that sent the
 * command: the acknowledgement is sent before the task can fail once more, and
 * a task that has gone sends none.
 */
struct kept {
	struct list_head list;
	struct pid *task;
	struct kps_error error;
};

static LIST_HEAD(kept_texts);
/* The list above; only commands that failed take it. */
static DEFINE_MUTEX(kept_lock);

static void forget(struct kept *kept)
{
	list_del(&kept->list);
	put_pid(kept->task);
	kfree(kept);
}

static bool has_gone(struct pid *task)
{
	bool gone;

	rcu_read_lock();
	gone = !pid_task(task, PIDTYPE_PID);
	rcu_read_unlock();
	return gone;
}

/* There are as many as tasks with the right to send commands, at most. */
static struct kept *find_kept(struct pid *task)
{
	struct kept *kept, *next, *mine = NULL;

	list_for_each_entry_safe(kept, next, &kept_texts, list) {
		if (kept->task == task)
			mine = kept;
		else if (has_gone(kept->task))
			forget(kept);
	}
	return mine;
}

static struct kept *add_kept(struct pid *task)
{
	struct kept *kept = kzalloc(sizeof(*kept), GFP_KERNEL);

	if (!kept)
		return NULL;
	kept->task = get_pid(task);
	list_add(&kept->list, &kept_texts);
	return kept;
}

/**
 * kps_error_report() - hand the sentence to the extended ack of a command
 * @error: with its sentence, or empty
 * @ack: may be NULL
 *
 * Context: the task that sent the command; may sleep.
 */
void kps_error_report(const struct kps_error *error, struct netlink_ext_ack *ack)
{
	struct kept *kept;

	if (!ack || !error->text[0])
		return;
	mutex_lock(&kept_lock);
	kept = find_kept(task_pid(current)) ?: add_kept(task_pid(current));
	if (kept) {
		kept->error = *error;
		ack->_msg = kept->error.text;
	} else {
		NL_SET_ERR_MSG(ack, "no memory to say what was wrong");
	}
	mutex_unlock(&kept_lock);
}

/** kps_error_exit() - when no command can come any more */
void kps_error_exit(void)
{
	struct kept *kept, *next;

	list_for_each_entry_safe(kept, next, &kept_texts, list)
		forget(kept);
}

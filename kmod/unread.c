// SPDX-License-Identifier: GPL-2.0
/*
 * Readers that do not come back.
 *
 * An answer of several messages is made one by one, as its reader comes for them
 * (recvmsg()). What it needs between two of them lies in the kernel for as long as
 * the reader likes. So whoever does not come for KPS_PATIENCE seconds is given up:
 * what the answer holds is freed, and its next message is an error that says so.
 *
 * One thing cannot be taken back. netlink's core holds the module that makes an
 * answer until the answer has ended or its socket is closed, and nothing but a
 * recvmsg() or a close() ends one. So the log says who it is, and so does the file
 * "status" in debugfs.
 */
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "kpstat.h"
#include "unread.h"

static LIST_HEAD(answers);
/* The list above; taken before an answer's own lock. */
static DEFINE_MUTEX(answers_lock);

static void look(struct work_struct *unused);
static DECLARE_DELAYED_WORK(look_work, look);

static void look_later(void)
{
	schedule_delayed_work(&look_work, KPS_PATIENCE * HZ / 4);
}

static void give_up(struct kps_unread *unread)
{
	unread->given_up = true;
	unread->give_up(unread);
	pr_info_ratelimited("process %d (%*pE) has not read on in its answer for %u seconds: kpstat.ko is in use until it does, or ends\n",
			    unread->pid, (int)strlen(unread->comm),
			    unread->comm, KPS_PATIENCE);
}

/* A message that is being made is not waited for. */
static void look_at(struct kps_unread *unread)
{
	if (!mutex_trylock(&unread->lock))
		return;
	if (!unread->given_up &&
	    time_after(jiffies, unread->since + KPS_PATIENCE * HZ))
		give_up(unread);
	mutex_unlock(&unread->lock);
}

static void look(struct work_struct *unused)
{
	struct kps_unread *unread;

	mutex_lock(&answers_lock);
	list_for_each_entry(unread, &answers, list)
		look_at(unread);
	if (!list_empty(&answers))
		look_later();
	mutex_unlock(&answers_lock);
}

/* By the process that asks. */
static void begin(struct kps_unread *unread,
		  void (*give_up)(struct kps_unread *unread))
{
	mutex_init(&unread->lock);
	unread->since = jiffies;
	unread->give_up = give_up;
	unread->pid = task_tgid_nr(current);
	get_task_comm(unread->comm, current);
	mutex_lock(&answers_lock);
	list_add_tail(&unread->list, &answers);
	look_later();
	mutex_unlock(&answers_lock);
}

/**
 * kps_unread_take() - a message is to be made; what the answer holds stays meanwhile
 * @unread: zeroed before the first one
 * @give_up: called at most once, under @unread's lock, and later than the first
 *	message; may sleep
 *
 * Context: the process that reads; of the first message, that asks. May sleep.
 */
void kps_unread_take(struct kps_unread *unread,
		     void (*give_up)(struct kps_unread *unread))
{
	if (!unread->give_up)
		begin(unread, give_up);
	mutex_lock(&unread->lock);
}

/** kps_unread_leave() - a message is made */
void kps_unread_leave(struct kps_unread *unread)
{
	unread->since = jiffies;
	mutex_unlock(&unread->lock);
}

/** kps_unread_end() - the answer has ended; when this returns it is not given up */
void kps_unread_end(struct kps_unread *unread)
{
	if (!unread->give_up)
		return;
	mutex_lock(&answers_lock);
	list_del(&unread->list);
	mutex_unlock(&answers_lock);
	mutex_destroy(&unread->lock);
}

/** kps_unread_show() - who holds the module, a line each */
void kps_unread_show(struct seq_file *m)
{
	struct kps_unread *unread;

	mutex_lock(&answers_lock);
	list_for_each_entry(unread, &answers, list)
		seq_printf(m, "reader: process %d (%*pE), for %u s%s\n",
			   unread->pid, (int)strlen(unread->comm), unread->comm,
			   jiffies_to_msecs(jiffies - READ_ONCE(unread->since)) / 1000,
			   READ_ONCE(unread->given_up) ? ", given up" : "");
	mutex_unlock(&answers_lock);
}

/** kps_unread_exit() - when no answer can begin any more, and none is left */
void kps_unread_exit(void)
{
	cancel_delayed_work_sync(&look_work);
}

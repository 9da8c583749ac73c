/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers that were begun and are not read on: who left them, and for how long.
 */
#ifndef KPS_UNREAD_H
#define KPS_UNREAD_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/types.h>

struct seq_file;

/**
 * struct kps_unread - an answer of several messages, between two of them
 * @lock: held while a message is made, and while the answer is given up
 * @since: when the last message was made, in jiffies
 * @give_up: frees what the answer holds and makes its next message an error; NULL
 *	before the first one
 * @pid: of the process that asked, as the initial namespace has it
 * @comm: its name then
 */
struct kps_unread {
	struct list_head list;
	struct mutex lock; /* see above */
	unsigned long since;
	bool given_up;
	void (*give_up)(struct kps_unread *unread);
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/* Seconds that a reader may take for a message. */
#define KPS_PATIENCE 20

void kps_unread_take(struct kps_unread *unread,
		     void (*give_up)(struct kps_unread *unread));
void kps_unread_leave(struct kps_unread *unread);
void kps_unread_end(struct kps_unread *unread);
void kps_unread_show(struct seq_file *m);
void kps_unread_exit(void);

#endif

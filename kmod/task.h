/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events whose loops run in a task, see task.c.
 */
#ifndef KPS_TASK_H
#define KPS_TASK_H

#include <linux/workqueue.h>

struct kps_ctx;
struct kps_set;
struct kps_site;

void kps_set_inside(bool inside);
void kps_take_cpu(struct kps_ctx *ctx, const struct kps_set *set);
void kps_give_cpu(struct kps_ctx *ctx);
void *kps_task_room(void);
void kps_task_serve(const struct kps_site *site, bool must_live);
bool kps_task_pause(struct kps_ctx *ctx);
bool kps_task_queue(struct work_struct *work);
int kps_tasks_init(void);
void kps_tasks_exit(void);

#endif

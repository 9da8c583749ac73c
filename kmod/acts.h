/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program does to itself, see acts.c.
 */
#ifndef KPS_ACTS_H
#define KPS_ACTS_H

#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/kpstat.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct kps_program;

/**
 * struct kps_acts - of one program
 * @does: the module does them; else whoever reads its records
 * @begins: BEGIN is under way, and may end the program, too
 * @exited: 0, or 1 more than the status that exit() was given
 * @noted: outputs whose acts are to be done
 * @queued: bit 0: @work is, and has a reference to the program
 * @lock: one at a time does what is noted, in the order of the program's text
 */
struct kps_acts {
	bool does;
	bool begins;
	atomic_t exited;
	DECLARE_BITMAP(noted, KPS_MAX_OUTPUTS);
	unsigned long queued;
	struct irq_work irq_work;
	struct work_struct work;
	struct mutex lock; /* see above */
};

void kps_acts_init(struct kps_acts *acts);
void kps_acts_free(struct kps_acts *acts);
void kps_acts_note(struct kps_program *program, u32 nr, const u64 *fields);
void kps_acts_do(struct kps_program *program);
int kps_acts_start(void);
void kps_acts_exit(void);

static inline bool kps_acts_have_exited(const struct kps_acts *acts)
{
	return atomic_read(&acts->exited);
}

#endif

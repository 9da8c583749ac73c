/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The path of an event, from a provider's hook to the ledger.  The same for
 * all providers:
 *
 *	if (kps_event_begin(&ctx, site)) {
 *		... fill what the hook knows into ctx.frame, ctx.record ...
 *		kps_event_run(&ctx, site);
 *	}
 *
 * Context: any, NMI included, with preemption off.
 */
#ifndef KPS_DISPATCH_H
#define KPS_DISPATCH_H

#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "kpstat.h"

/*
 * For the context on a handler's stack: kernels that are built to zero every
 * variable would clear its 600 bytes for each event.  kps_event_begin() sets
 * what a clause may load, the verifier sees to the scratch part.
 */
#if __has_attribute(__uninitialized__)
#define KPS_UNINITIALISED __attribute__((__uninitialized__))
#else
#define KPS_UNINITIALISED
#endif

enum { KPS_CTX_TASK, KPS_CTX_SOFTIRQ, KPS_CTX_IRQ, KPS_CTX_NMI, KPS_NR_CONTEXTS };

/*
 * One handler of kpstat's per CPU and context: what it calls may be probed
 * itself, and must not lead back to it.  Only its own CPU writes to it.
 */
DECLARE_PER_CPU(u8[KPS_NR_CONTEXTS], kps_inside);

static __always_inline unsigned int kps_context(void)
{
	unsigned long pc = preempt_count();

	if (pc & NMI_MASK)
		return KPS_CTX_NMI;
	if (pc & HARDIRQ_MASK)
		return KPS_CTX_IRQ;
	if (pc & SOFTIRQ_OFFSET)
		return KPS_CTX_SOFTIRQ;
	return KPS_CTX_TASK;
}

static __always_inline local64_t *kps_ledger(struct kps_row *row,
					     const struct kps_probe *probe,
					     enum kps_ledger which)
{
	return &row->ledger[probe->index].nr[which];
}

/* Zeros where the clause will look: not every hook knows every word. */
static __always_inline void kps_frame_clear(struct kps_frame *frame, u32 read)
{
	u64 *words = (u64 *)frame;

	for (; read; read &= read - 1)
		words[__ffs(read)] = 0;
}

/* kps_event_begin(), whether the program is live or not. */
static __always_inline bool kps_event_enter(struct kps_ctx *ctx,
					    const struct kps_site *site)
{
	const struct kps_probe *probe = site->probe;
	struct kps_program *program = probe->program;
	local64_t *hits;
	u8 *inside;

	ctx->row = rcu_dereference_raw(program->set)->rows[raw_smp_processor_id()];
	hits = kps_ledger(ctx->row, probe, KPS_LEDGER_HITS);
	local64_inc(hits);

	inside = &(*this_cpu_ptr(&kps_inside))[kps_context()];
	if (*inside) {
		local64_inc(kps_ledger(ctx->row, probe, KPS_LEDGER_RECURSION));
		return false;
	}
	WRITE_ONCE(*inside, 1);
	barrier();

	ctx->began = 0;
	if (unlikely(!(local64_read(hits) % KPS_GUARD_EVERY)))
		ctx->began = ktime_get_mono_fast_ns();
	ctx->program = program;
	ctx->lost = 0;
	ctx->record = NULL;
	ctx->record_size = 0;
	ctx->regs = NULL;
	kps_frame_clear(&ctx->frame, probe->code->frame_read);
	ctx->frame.site = site->id;
	return true;
}

/**
 * kps_event_begin() - an event has come
 * @ctx: on the handler's stack, nothing in it is set yet
 * @site: where
 *
 * Return: true if the clause is to run; kps_event_run() must follow.
 */
static __always_inline bool kps_event_begin(struct kps_ctx *ctx,
					    const struct kps_site *site)
{
	return READ_ONCE(site->probe->program->live) &&
	       kps_event_enter(ctx, site);
}

/* The worst that happened names the event; a rejected one did nothing. */
static __always_inline enum kps_ledger kps_outcome(unsigned long lost,
						   u32 result)
{
	if (unlikely(lost)) {
		if (lost & BIT(KPS_LEDGER_FAULT))
			return KPS_LEDGER_FAULT;
		if (lost & BIT(KPS_LEDGER_OVERFLOW))
			return KPS_LEDGER_OVERFLOW;
		if (lost & BIT(KPS_LEDGER_BUSY))
			return KPS_LEDGER_BUSY;
		return KPS_LEDGER_OUTPUT;
	}
	return result ? KPS_LEDGER_RECORDED : KPS_LEDGER_FILTERED;
}

/** kps_event_run() - run the clause and enter where the event went */
static __always_inline void kps_event_run(struct kps_ctx *ctx,
					  const struct kps_site *site)
{
	const struct kps_probe *probe = site->probe;
	u32 result = kps_code_run(probe->code, ctx);

	local64_inc(kps_ledger(ctx->row, probe, kps_outcome(ctx->lost, result)));
	if (unlikely(ctx->began))
		kps_guard_sample(probe->program, ctx->began);
	barrier();
	WRITE_ONCE((*this_cpu_ptr(&kps_inside))[kps_context()], 0);
}

#endif

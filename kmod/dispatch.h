/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The path of an event, from a provider's hook to the ledger.  The same for
 * all providers:
 *
 *	if (!kps_event_comes(probe))
 *		return;
 *	at = kps_event_hit(probe);
 *	if (kps_event_is_done(probe, at, ...) || kps_event_is_timed(probe, at, ...))
 *		return;
 *	kps_event_begin(&ctx, probe, at, KPS_FILLS_...);
 *	... fill what the hook knows into ctx.frame, ctx.record ...
 *	kps_event_run(&ctx, probe);
 *
 * Context: any, NMI included, with preemption off.
 */
#ifndef KPS_DISPATCH_H
#define KPS_DISPATCH_H

#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/word-at-a-time.h>

#include "arch/arch.h"
#include "kpstat.h"

/*
 * For the context on a handler's stack: kernels that are built to zero every
 * variable would clear its 600 bytes for each event.  kps_event_begin() and the
 * hook set what a clause may load, the verifier sees to the scratch part.
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

/* What a hook fills in by itself, whenever the clause looks at it. */
#define KPS_FILLS_SITE		KPS_FRAME_BIT(site)
#define KPS_FILLS_ENTRY		(KPS_FILLS_SITE | KPS_FRAME_BIT(ip) | KPS_FRAME_ARGS)
#define KPS_FILLS_RETURN	(KPS_FILLS_SITE | KPS_FRAME_BIT(ip) | \
				 KPS_FRAME_BIT(retval) | KPS_FRAME_BIT(duration))

/* Zeros where the clause will look: not every hook knows every word. */
static __always_inline void kps_frame_clear(struct kps_frame *frame, u32 words)
{
	for (; words; words &= words - 1)
		((u64 *)frame)[__ffs(words)] = 0;
}

/** kps_entry_word() - a kps_word_fn of hooks at a function's entry, for registers */
static __always_inline u64 kps_entry_word(const void *regs, u32 word)
{
	return word < KPS_FRAME_ARG ? 0 :
				      kps_argument(regs, word - KPS_FRAME_ARG);
}

/**
 * struct kps_at - where an event writes to, found once, so that it never falls
 * into two intervals
 * @row: of this CPU
 * @ledger: of the probe, in @row
 */
struct kps_at {
	struct kps_row *row;
	struct kps_ledger_counts *ledger;
};

/*
 * Whether who frees a set waits for this event. RCU does not wait for a CPU that
 * told it so, and only an idle task does: one of the kernel's own (pid 0; on its way
 * up a CPU runs nothing else, and is not yet called idle), or a thread that plays
 * one. A CPU that goes or comes is forgotten by RCU after it is said to be offline,
 * and known before it is said to be online.
 */
static __always_inline bool kps_rcu_waits(void)
{
	if (likely(current->pid && !is_idle_task(current)))
		return true;
	return rcu_is_watching() && cpu_online(raw_smp_processor_id());
}

/* Of a tracepoint: the kernel calls nobody's handler where a CPU is not online. */
static __always_inline bool kps_rcu_waits_online(void)
{
	return likely(!is_idle_task(current)) || rcu_is_watching();
}

static __always_inline bool kps_event_may_run(const struct kps_probe *probe,
					      bool rcu_waits)
{
	if (likely(rcu_waits))
		return true;
	this_cpu_inc(*probe->unwatched);
	return false;
}

/**
 * kps_event_comes() - may an event be served?
 * @probe: whose
 *
 * Return: false: it is nobody's any more, or came where nothing of a set may be
 * touched; then it is counted as missed.
 */
static __always_inline bool kps_event_comes(const struct kps_probe *probe)
{
	return READ_ONCE(probe->program->live) &&
	       kps_event_may_run(probe, kps_rcu_waits());
}

/** kps_tracepoint_comes() - the same for what is called by a tracepoint */
static __always_inline bool kps_tracepoint_comes(const struct kps_probe *probe)
{
	return READ_ONCE(probe->program->live) &&
	       kps_event_may_run(probe, kps_rcu_waits_online());
}

/** kps_event_hit() - an event has come */
static __always_inline struct kps_at kps_event_hit(const struct kps_probe *probe)
{
	struct kps_set *set = rcu_dereference_raw(probe->program->set);
	struct kps_at at;

	at.row = set->rows[raw_smp_processor_id()];
	at.ledger = &at.row->ledger[probe->index];
	local64_inc(&at.ledger->nr[KPS_LEDGER_HITS]);
	return at;
}

/*
 * Whether the guard wants to know how long this event takes. The hit has been
 * counted: where the clock itself is probed, that event is not timed, too.
 */
static __always_inline bool kps_is_timed(struct kps_at at)
{
	return local64_read(&at.ledger->nr[KPS_LEDGER_HITS]) >=
	       at.ledger->time_next;
}

/* Bytes after the NUL may be an older, longer name's: a key's are zero. */
static __always_inline u64 kps_until_nul(u64 word, unsigned long *nul)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;

	if (!has_zero(word, nul, &constants))
		return word;
	return word & zero_bytemask(create_zero_mask(
			prep_zero_mask(word, *nul, &constants)));
}

/** kps_copy_comm() - the current task's name, zero-padded; in words of @out */
static __always_inline void kps_copy_comm(u64 *out)
{
	unsigned long nul;

	BUILD_BUG_ON(TASK_COMM_LEN != 2 * sizeof(*out));
	memcpy(out, current->comm, TASK_COMM_LEN);
	out[0] = kps_until_nul(out[0], &nul);
	out[1] = nul ? 0 : kps_until_nul(out[1], &nul);
}

/**
 * typedef kps_word_fn - a word of struct kps_frame, as a hook knows it
 * @event: what it is called with
 * @word: number, of retval or one behind it
 */
typedef u64 (*kps_word_fn)(const void *event, u32 word);

/** kps_no_word() - a kps_word_fn of hooks that fill in none, for NULL */
static __always_inline u64 kps_no_word(const void *event, u32 word)
{
	return 0;
}

/* A key of the parts that the shortcut names. */
static __always_inline void kps_make_key(u64 *key, const struct kps_shortcut *it,
					 kps_word_fn word_of, const void *event)
{
	const struct kps_part *part = it->parts, *end = part + it->nr_parts;

	for (; part < end; part++, key++) {
		if (part->kind == KPS_PART_COMM)
			kps_copy_comm(key++);
		else if (part->kind == KPS_PART_PID)
			*key = current->tgid;
		else if (part->kind == KPS_PART_TID)
			*key = current->pid;
		else if (part->kind == KPS_PART_CPU)
			*key = raw_smp_processor_id();
		else
			*key = word_of(event, part->word);
	}
}

static noinline __maybe_unused __kprobes enum kps_ledger
kps_add_keyed(struct kps_table *table, const struct kps_map *map,
	      const struct kps_shortcut *it, kps_word_fn word_of,
	      const void *event)
{
	u64 key[2 * KPS_MAX_PARTS] KPS_UNINITIALISED;
	u64 value = it->by_word ? word_of(event, it->value) : it->value;

	kps_make_key(key, it, word_of, event);
	return kps_table_update(table, map, key, value) ? KPS_LEDGER_OVERFLOW :
							  KPS_LEDGER_RECORDED;
}

static __always_inline enum kps_ledger
kps_add(struct kps_table *table, const struct kps_map *map,
	const struct kps_shortcut *it, kps_word_fn word_of, const void *event)
{
	if (it->nr_parts)
		return kps_add_keyed(table, map, it, word_of, event);
	if (map->kind != KPS_MAP_COUNT) {
		kps_table_update_only(table, map, it->by_word ?
				      word_of(event, it->value) : it->value);
		return KPS_LEDGER_RECORDED;
	}
	/* Its only slot is taken from the first event on. */
	WRITE_ONCE(table->claimed, 1);
	local64_inc((local64_t *)kps_table_slot_at(table, 0)->data);
	return KPS_LEDGER_RECORDED;
}

static __always_inline bool kps_do_short(const struct kps_probe *probe,
					 struct kps_at at, kps_word_fn word_of,
					 const void *event)
{
	const struct kps_shortcut *it = &probe->code->shortcut;
	enum kps_ledger outcome = KPS_LEDGER_FILTERED;

	if (!it->filters || word_of(event, it->filter) - it->first <= it->span) {
		if (!it->whole)
			return false;
		outcome = kps_add(at.row->tables[it->map],
				  probe->program->maps[it->map], it, word_of,
				  event);
	}
	local64_inc(&at.ledger->nr[outcome]);
	return true;
}

/**
 * kps_event_is_done() - do without a context, and without running the clause
 * @probe: to which an event has come
 * @at: from kps_event_hit()
 * @word_of: a constant
 * @event: for @word_of
 *
 * Return: true: nothing is left to do, as with most events.
 */
static __always_inline bool kps_event_is_done(const struct kps_probe *probe,
					      struct kps_at at,
					      kps_word_fn word_of,
					      const void *event)
{
	return likely(!kps_is_timed(at)) &&
	       kps_do_short(probe, at, word_of, event);
}

/** kps_event_is_timed() - the same for those that the guard wants to time */
static __always_inline bool kps_event_is_timed(const struct kps_probe *probe,
					       struct kps_at at,
					       kps_word_fn word_of,
					       const void *event)
{
	u64 began;

	if (likely(!kps_is_timed(at)))
		return false;
	began = ktime_get_mono_fast_ns();
	if (!kps_do_short(probe, at, word_of, event))
		return false;
	kps_guard_sample(&probe->program->guard, at.ledger, began);
	return true;
}

/** kps_fill_args() - of a function at its entry: those that the clause reads */
static __always_inline void kps_fill_args(struct kps_frame *frame,
					  struct pt_regs *regs, u32 read)
{
	u32 args = (read & KPS_FRAME_ARGS) / KPS_FRAME_BIT(arg);

	for (; args; args &= args - 1)
		frame->arg[__ffs(args)] = kps_argument(regs, __ffs(args));
}

/**
 * kps_event_begin() - there is more to do: make a context
 * @ctx: on the handler's stack, nothing in it is set yet
 * @probe: whose
 * @at: from kps_event_hit()
 * @fills: words of the frame that the caller fills in where code->frame_read has
 *	them, KPS_FILLS_*; the others are zero. A constant.
 *
 * kps_event_run() must follow.
 */
static __always_inline void kps_event_begin(struct kps_ctx *ctx,
					    const struct kps_probe *probe,
					    struct kps_at at, u32 fills)
{
	ctx->row = at.row;
	ctx->ledger = at.ledger;
	ctx->began = unlikely(kps_is_timed(at)) ? ktime_get_mono_fast_ns() : 0;
	ctx->program = probe->program;
	ctx->lost = 0;
	ctx->burnt = 0;
	ctx->wrote = 0;
	ctx->record = NULL;
	ctx->record_size = 0;
	ctx->turns = 0;
	ctx->regs = NULL;
	ctx->paging = NULL;
	kps_frame_clear(&ctx->frame, probe->code->frame_read & ~fills);
}

/* The worst that happened names the event; a rejected one did nothing. */
static __always_inline enum kps_ledger kps_outcome(const struct kps_ctx *ctx,
						   u32 result)
{
	if (unlikely(ctx->lost)) {
		if (ctx->lost & BIT(KPS_LEDGER_FAULT)) {
			kps_fault_count(ctx);
			return KPS_LEDGER_FAULT;
		}
		if (ctx->lost & BIT(KPS_LEDGER_OVERFLOW))
			return KPS_LEDGER_OVERFLOW;
		if (ctx->lost & BIT(KPS_LEDGER_STACK))
			return KPS_LEDGER_STACK;
		if (ctx->lost & BIT(KPS_LEDGER_BUSY))
			return KPS_LEDGER_BUSY;
		if (ctx->lost & BIT(KPS_LEDGER_FUEL))
			return KPS_LEDGER_FUEL;
		return KPS_LEDGER_OUTPUT;
	}
	return result ? KPS_LEDGER_RECORDED : KPS_LEDGER_FILTERED;
}

/*
 * A clause that calls into the kernel, or needs a room of its context's own,
 * runs once per CPU and context. The others may nest: nothing on their way can
 * be traced, and their tables take it.
 */
static __always_inline enum kps_ledger kps_run_guarded(const struct kps_code *code,
						       struct kps_ctx *ctx)
{
	u8 *inside = &(*this_cpu_ptr(&kps_inside))[kps_context()];
	enum kps_ledger outcome;

	if (*inside)
		return KPS_LEDGER_RECURSION;
	WRITE_ONCE(*inside, 1);
	barrier();
	if (unlikely(code->large))
		ctx = kps_enlarge(ctx);
	outcome = kps_outcome(ctx, kps_prog_run(code->prog, ctx));
	barrier();
	WRITE_ONCE(*inside, 0);
	return outcome;
}

/** kps_event_run() - run the clause and enter where the event went */
static __always_inline void kps_event_run(struct kps_ctx *ctx,
					  const struct kps_probe *probe)
{
	const struct kps_code *code = probe->code;
	enum kps_ledger outcome;

	outcome = code->guarded ? kps_run_guarded(code, ctx) :
				  kps_outcome(ctx, kps_prog_run(code->prog, ctx));
	local64_inc(&ctx->ledger->nr[outcome]);
	if (unlikely(ctx->began))
		kps_guard_sample(&probe->program->guard, ctx->ledger, ctx->began);
}

/**
 * kps_event_serve() - run the clause of an event of which no word is filled in but the site
 * @site: where it came
 * @at: from kps_event_hit()
 * @record: that came with it, or NULL
 * @record_size: bytes
 * @regs: where a stack trace starts, or NULL
 */
static __always_inline void kps_event_serve(const struct kps_site *site,
					    struct kps_at at, const void *record,
					    u32 record_size, struct pt_regs *regs)
{
	struct kps_ctx ctx KPS_UNINITIALISED;

	kps_event_begin(&ctx, site->probe, at, KPS_FILLS_SITE);
	ctx.frame.site = site->id;
	ctx.record = record;
	ctx.record_size = record_size;
	ctx.regs = regs;
	kps_event_run(&ctx, site->probe);
}

#endif

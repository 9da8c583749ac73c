/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine: clauses as BPF instructions, verified here, run by the kernel's
 * BPF core.
 */
#ifndef KPS_ENGINE_H
#define KPS_ENGINE_H

#include <linux/bitmap.h>
#include <linux/filter.h>
#include <linux/kpstat.h>

#include "../error.h"

struct kps_block;
struct kps_ledger_counts;
struct kps_map;
struct kps_paging;
struct kps_program;
struct kps_row;
struct pt_regs;

/* Bytes of scratch that a handler's stack can bear. */
#define KPS_SHORT_SCRATCH 512

/**
 * struct kps_ctx - one event, on its handler's stack
 * @program: whose clause it is
 * @row: tables and ledgers of this CPU, read once so that an event never falls
 *	into two intervals
 * @ledger: of this probe, in @row
 * @record: the tracepoint's record, or NULL
 * @record_size: bytes
 * @turns: how often it may still let others run, and have as much fuel again; 0 but in a
 *	task, see task.c
 * @regs: where a stack trace starts, or NULL
 * @lost: bits of enum kps_ledger that helpers noted; what else the clause does
 *	is done all the same
 * @burnt: ns, what the rounds of its loops cost so far, at most KPS_MAX_FUEL
 * @fault_line: of the first reading that failed, if @lost says that one did
 * @began: ns, of the one event in some that the guard has timed; else 0
 * @wrote: ns, when it wrote its first record, which all of them bear; 0: not yet
 * @paging: it may wait for memory that is not there, see paging.c; or NULL
 * @frame: what the clause sees, with what is behind it
 * @scratch: see kps_scratch()
 */
struct kps_ctx {
	struct kps_program *program;
	struct kps_row *row;
	struct kps_ledger_counts *ledger;
	const void *record;
	u32 record_size;
	u32 turns;
	struct pt_regs *regs;
	u32 lost;
	u32 burnt;
	u32 fault_line;
	u64 began;
	u64 wrote;
	struct kps_paging *paging;
	struct kps_frame frame;
	u8 scratch[KPS_SHORT_SCRATCH];
};

/**
 * struct kps_large_ctx - the same with all of scratch, for clauses that need more of it
 * @ctx: copied from the handler's stack
 * @more: what @ctx.scratch goes on with
 */
struct kps_large_ctx {
	struct kps_ctx ctx;
	u8 more[KPS_SCRATCH_SIZE - KPS_SHORT_SCRATCH];
};

_Static_assert(offsetof(struct kps_ctx, scratch) ==
	       offsetof(struct kps_ctx, frame) + KPS_SCRATCH, "scratch is behind the frame");
_Static_assert(offsetof(struct kps_large_ctx, more) ==
	       offsetof(struct kps_ctx, scratch) + KPS_SHORT_SCRATCH, "and is one piece");

/* By its address: the array is not all of it. */
static __always_inline void *kps_scratch(struct kps_ctx *ctx, u64 off)
{
	return (void *)((unsigned long)ctx + offsetof(struct kps_ctx, scratch) + off);
}

#define KPS_RECORD_TRACKED 128

/* Of an argument that is a size and a line of the text. */
#define KPS_SIZE_MASK ((1ULL << KPS_LINE_SHIFT) - 1)

/* A word's bit in kps_code.frame_read. */
#define KPS_FRAME_BIT(member) \
	BIT(offsetof(struct kps_frame, member) / sizeof(u64))
#define KPS_FRAME_ARG (offsetof(struct kps_frame, arg) / sizeof(u64))
#define KPS_FRAME_ARGS ((BIT(KPS_NR_ARGS) - 1) * KPS_FRAME_BIT(arg))

#define KPS_MAX_PARTS 4

enum kps_part_kind {
	KPS_PART_WORD,
	KPS_PART_COMM,
	KPS_PART_PID,
	KPS_PART_TID,
	KPS_PART_CPU,
};

/**
 * struct kps_part - of a key
 * @kind: enum kps_part_kind
 * @word: of the frame, that %KPS_PART_WORD is
 */
struct kps_part {
	u8 kind;
	u8 word;
};

/**
 * struct kps_shortcut - what of a clause can be done without running it
 * @filters: it rejects events whose word @filter is not one of the numbers from
 *	@first on, @span more, round the circle of 64 bits. Any comparison with a
 *	constant is such an arc, signed or not.
 * @whole: with the others it does no more than one aggregation, in @map
 * @words: it looks at words of the frame
 * @by_word: what it adds there is the word @value, else the number @value
 * @nr_parts: of the map's key, 0 if it has none
 * @parts: one behind the other
 */
struct kps_shortcut {
	bool filters;
	bool whole;
	bool words;
	bool by_word;
	u8 nr_parts;
	struct kps_part parts[KPS_MAX_PARTS];
	u32 map;
	u32 filter;
	u64 first;
	u64 span;
	u64 value;
};

/**
 * struct kps_code - a verified clause, ready to run
 * @prog: the BPF core's
 * @guarded: it calls helpers that may not nest
 * @frame_read: bits of the words of struct kps_frame before scratch that are
 *	loaded; nobody looks at the others
 * @loops: it calls helpers that burn fuel
 * @large: it needs a struct kps_large_ctx
 * @pages: it reads memory that may have to be waited for
 * @room: one of its own, if it is to run in a task; see task.c
 * @reads_regs: a stack or a register is wanted
 * @reads_record: helpers read the record
 * @record_used: bytes of the record (the first ones) that helpers read
 */
struct kps_code {
	struct bpf_prog *prog;
	u32 frame_read;
	bool loops;
	bool large;
	bool pages;
	void *room;
	bool reads_regs;
	bool reads_record;
	bool guarded;
	struct kps_shortcut shortcut;
	DECLARE_BITMAP(record_used, KPS_RECORD_TRACKED);
};

/**
 * struct kps_entry - what holds whenever a block is called, as far as is known
 * @written: bytes of scratch
 * @cost: ns, of one round without what the block itself does
 * @depth: of loops, its own included
 */
struct kps_entry {
	DECLARE_BITMAP(written, KPS_SCRATCH_SIZE);
	u32 cost;
	u32 depth;
};

/**
 * struct kps_block - what a loop repeats
 * @insns: as they came; gone when the program is loaded
 * @nr: of them
 * @entry: NULL: no call of it has been seen
 * @prog: the BPF core's, once it has been verified with the clause that calls it
 * @cost: ns, of one round at most, that of loops in it not included
 */
struct kps_block {
	const struct bpf_insn *insns;
	u32 nr;
	u32 cost;
	struct kps_entry *entry;
	struct bpf_prog *prog;
};

/**
 * struct kps_traits - what the verifier has to know of a helper, besides its arguments
 * @takes_stack: it needs the program's stack table
 * @takes_regs: it reads ctx->regs
 * @takes_record: it reads of the record where no constant says
 * @searches: for each byte of one string it may look at half of another's
 * @nests: it calls nothing of the kernel's, and may nest
 * @burns: it takes as long as there is fuel for: where it can the clause runs in a task
 * @pages: it reads memory where an address says
 * @looks: it looks into the table of each CPU
 * @cost: ns, about, without what its arguments add: on a machine of today with the worst
 *	of arguments and nothing in its caches; only that it is not many times more matters
 */
struct kps_traits {
	bool takes_stack;
	bool takes_regs;
	bool takes_record;
	bool searches;
	bool nests;
	bool burns;
	bool pages;
	bool looks;
	u16 cost;
};

/* ns, of a look into the table of another CPU. */
#define KPS_LOOK_COST 80

struct kps_helper {
	const char *name;
	u64 (*fn)(u64 ctx, u64 r2, u64 r3, u64 r4, u64 r5);	/* NULL: not in this kernel */
	enum kps_arg args[4];
	const struct kps_traits *traits;
};

extern const struct kps_helper kps_helpers[__KPS_FN_NR];

void kps_shortcuts_find(struct kps_code *code,
			const struct kps_program *program,
			const struct bpf_insn *insns, unsigned int nr);

int kps_verify(const struct kps_program *program, const struct bpf_insn *insns,
	       unsigned int nr, struct kps_code *code, struct kps_error *error);
struct kps_code *kps_code_create(const struct kps_program *program,
				 const struct bpf_insn *insns, unsigned int nr,
				 struct kps_error *error);
void kps_code_free(struct kps_code *code);
void kps_block_free(struct kps_block *block);
bool kps_engine_is_jit(void);

struct kps_ctx *kps_copy_ctx(struct kps_ctx *to, const struct kps_ctx *from);
struct kps_ctx *kps_enlarge(const struct kps_ctx *ctx);
int kps_helpers_init(void);
void kps_helpers_exit(void);

/* blocks.c */
u64 kps_block_loop(struct kps_ctx *ctx, const struct kps_block *block);
u64 kps_block_each(struct kps_ctx *ctx, const struct kps_block *block,
		   const struct kps_map *map, u64 *key, u64 *value);
u64 kps_tables_len(struct kps_ctx *ctx, const struct kps_map *map);

/** kps_prog_run() - run a clause, or a block. Preemption is off. Return: R0. */
static __always_inline u32 kps_prog_run(const struct bpf_prog *prog,
					struct kps_ctx *ctx)
{
	return bpf_dispatcher_nop_func(&ctx->frame, prog->insnsi, prog->bpf_func);
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the emit*.c files share; for nobody else.
 *
 * Expressions are evaluated on a stack of the three registers that survive
 * calls, R7 to R9, and above them in scratch.  'depth' is the number of these
 * registers that hold a value; an expression may use those above, R0 to R5 and
 * nothing else.
 */
#ifndef KPCTL_EMITTER_H
#define KPCTL_EMITTER_H

#include "builtins.h"
#include "emit.h"
#include "object/code.h"

#define NR_TEMPS 3
#define FRAME_SCRATCH ((int)KPS_SCRATCH)

struct emitter {
	struct code code;
	const struct checker *checker;
	struct object *object;	/* gets the outputs */
	unsigned int top;	/* scratch bytes in use */
	bool full;		/* more were wanted than there are */
	bool too_many_outputs;
	const struct span *too_large;	/* what an output says never fits into a record */
	bool too_long;		/* loops were not written out to their end */
	bool too_many_blocks;
	bool repeats;		/* no loop is written out: all are blocks */
	bool saves_temps;	/* in scratch, where they may not be in use yet, */
	bool clears_temps;	/* ... and so have a value from the beginning */
	const struct function *missing;	/* no code is made for it */
	int comm;		/* where comm is kept if it is used twice, or -1 */
	bool has_comm;		/* and it is there by now, on every path */
	unsigned int branches;	/* open ones: not on every path */
	int end;		/* label: the clause is done, or in a block its loop with it */
	int loop_end;		/* labels of the loop around the statement, */
	int loop_next;		/* ... for break and continue */
};

/* emitter.c */

/* Room in scratch. Return: its offset there. */
int take(struct emitter *em, unsigned int size);
void store_zeros(struct emitter *em, int from, int to);

/* emit.c: the value of a block, in a place for type @to */
void emit_block(struct emitter *em, const struct expr *expr, int off,
		const struct type *to, unsigned int depth);

/* With a size that a helper takes: where a fault comes from. */
static inline uint64_t line_of(const struct expr *expr)
{
	uint64_t line = expr->at.first_line;

	return line <= KPS_LINE_MAX ? line << KPS_LINE_SHIFT : 0;
}

static inline void load_scratch(struct emitter *em, int dst, int off)
{
	code_load(&em->code, BPF_DW, dst, FRAME_SCRATCH + off);
}

static inline void store_scratch(struct emitter *em, int off, int src)
{
	code_store(&em->code, BPF_DW, FRAME_SCRATCH + off, src);
}

/* emit_int.c: values of 8 bytes in registers, and conditions */

/* @dst survives calls, or the expression is simple. */
void emit_to(struct emitter *em, const struct expr *expr, int dst,
	     unsigned int depth);
/*
 * Evaluate into some register and say which: R7 to R9 if it takes calls to
 * combine, @volatile_reg if it is only loaded, else R0.
 */
int emit_any(struct emitter *em, const struct expr *expr, int volatile_reg,
	     unsigned int depth);
/* Jump to @label if the expression's truth is @sense, else go on. */
void emit_branch(struct emitter *em, const struct expr *expr, bool sense,
		 int label, unsigned int depth);
bool is_simple(const struct expr *expr);
/* Of a register, @bits from @bit on, extended to 64. */
void emit_bits(struct emitter *em, int reg, unsigned int bit, unsigned int bits,
	       bool is_signed);
/* @here, 0 or 1, for who comes here; the other for who comes to label @otherwise. */
void emit_bit(struct emitter *em, int dst, int here, int otherwise);

/* emit_memory.c: what lies in memory, see check_memory.c */
void emit_memory(struct emitter *em, const struct expr *expr, int dst,
		 unsigned int depth);
void emit_memory_str(struct emitter *em, const struct expr *expr, int off,
		     unsigned int size, unsigned int depth);
/* The first @len of its bytes behind a word, as buf() has them; @size in all. */
void emit_memory_bytes(struct emitter *em, const struct expr *expr,
		       unsigned int len, int off, unsigned int size,
		       unsigned int depth);

/* emit_copy.c: copies of arrays and structs */
void emit_copy_at(struct emitter *em, const struct expr *expr, int off,
		  const struct type *to, unsigned int depth);
/* A number that is a part of one; the text. */
void emit_from_copy(struct emitter *em, const struct expr *expr, int dst,
		    unsigned int depth);
void emit_copied_str(struct emitter *em, const struct expr *expr, int off,
		     unsigned int size, unsigned int depth);
/* That element of the @nr at @off which the index says; 0 if it says none of them. */
void emit_choice_of(struct emitter *em, const struct expr *expr, int dst, int off,
		    unsigned int nr, unsigned int depth);
/* As emit_branch(), of values that are compared by their words. */
void emit_value_branch(struct emitter *em, const struct expr *expr, bool sense, int label,
		       unsigned int depth);

/* emit_value.c: values in scratch */

/* At @off, in a place for type @to, which is as wide as the value or wider. */
void emit_at(struct emitter *em, const struct expr *expr, int off,
	     const struct type *to, unsigned int depth);
/* Where a value lies that has a place of its own, as a variable has. */
int emit_place(struct emitter *em, const struct expr *expr, unsigned int depth);
bool has_place(const struct expr *expr);
/* A value of a map: returns where; R0 says whether there is one. */
int emit_map_value(struct emitter *em, const struct expr *map,
		   unsigned int depth);
/* The key of a map, complete; returns where. */
int emit_key(struct emitter *em, const struct expr *map, unsigned int depth);
bool is_comm(const struct expr *expr);

/* emit_string.c */
void emit_str_at(struct emitter *em, const struct expr *expr, int off,
		 unsigned int size, unsigned int depth);
void emit_str_branch(struct emitter *em, const struct expr *expr, bool sense,
		     int label, unsigned int depth);
/*
 * Jump unless the first @len bytes are the same, of at most @size that both have: then R0
 * and R5 are the words that differ.
 */
void emit_alike(struct emitter *em, int a, int b, uint64_t len, unsigned int size,
		int label);
/* Jump unless the first bytes of both arguments of strncmp() are the same. */
void jump_unless_alike(struct emitter *em, const struct expr *call, int label,
		       unsigned int depth);
/* A string that is only read; returns where it is. */
int emit_str(struct emitter *em, const struct expr *expr, unsigned int depth);
void emit_str_copy(struct emitter *em, int to, unsigned int room, int from,
		   unsigned int size);
void emit_literal_at(struct emitter *em, const struct expr *expr, int off);
/* A string of the event's record. */
void emit_record_str(struct emitter *em, const struct expr *expr, int off,
		     unsigned int size);
/* Keep @len bytes of the @size at @off: helpers fill multiples of eight. */
void emit_cut(struct emitter *em, int off, unsigned int len, unsigned int size);
int emit_kept_comm(struct emitter *em);

/* Of the event's record, as they are there. */
void emit_record_bytes(struct emitter *em, const struct event_field *field,
		       int off);
void emit_user_stack(struct emitter *em, uint64_t frames, int off);

/* emit_output.c */

/* "drops.bt:1:9-28: ERROR: " and the format, as bpftrace begins them. */
char *format_at(struct emitter *em, const struct span *at, const char *level,
		const char *format);
/* A record with the values of @list, for @output. */
void emit_record(struct emitter *em, struct object_output *output,
		 const struct expr *list);
/* Return: its number; that of one that says the same, if there is one. */
unsigned int add_output(struct emitter *em, const struct object_output *output);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions of the language. One row says all about one: to add a function is to add a
 * row, and what it names, to the file of its topic.
 */
#ifndef KPCTL_CALL_H
#define KPCTL_CALL_H

#include "lang/check_parts.h"
#include "lang/emitter.h"

/**
 * struct function - a row
 * @name: as it is called
 * @usage: how, for messages
 * @min_args: how many it takes, ...
 * @max_args: ... and at most
 * @kind: of the map that it is assigned to, if that is what it is for
 * @type: of what comes of it, where several functions share a check
 * @holds: what an is_*() asks of its argument's type
 * @action: what user space does when its record comes
 * @is_constant: @check makes a number or a name of it, and no code is needed
 * @is_simple: one call of a helper at most, of which nothing but R0 is left, besides what
 *	its arguments take
 * @check: finds its type, from as many arguments as it takes. Return: 0, or -1 after an
 *	error was reported.
 * @emit: a value of 8 bytes, into register @dst
 * @emit_at: a value that is wider, or a string, into scratch at @off, in a place for @to
 * @act: a statement by itself
 *
 * Each has @check, and what is neither constant nor an aggregation has at least one of the
 * last three: tests/test_rows.c.
 */
struct function {
	const char *name;
	const char *usage;
	unsigned int min_args;
	unsigned int max_args;
	enum kps_map_kind kind;
	enum type_kind type;
	bool (*holds)(const struct type *type);
	enum action action;
	bool is_constant;
	bool is_simple;
	int (*check)(struct checker *checker, struct expr *expr);
	void (*emit)(struct emitter *em, const struct expr *expr, int dst,
		     unsigned int depth);
	void (*emit_at)(struct emitter *em, const struct expr *expr, int off,
			const struct type *to, unsigned int depth);
	void (*act)(struct emitter *em, const struct expr *call);
};

/* By topic, up to a row without a name. */
extern const struct function aggregate_functions[];
extern const struct function string_functions[];
extern const struct function address_functions[];
extern const struct function context_functions[];
extern const struct function time_functions[];
extern const struct function type_functions[];
extern const struct function map_functions[];
extern const struct function action_functions[];
extern const struct function parameter_functions[];

/* NULL if there is none of that name */
const struct function *function_find(const char *name);
/* The n-th of all; NULL after the last */
const struct function *function_at(size_t n);

/* string.c: how many bytes a string has at most, its NUL not counted; whether it is str() */
unsigned int str_longest(const struct expr *expr);
bool is_str_call(const struct expr *expr);

/* call.c: what several functions need */

int require_literal(const struct expr *expr, const char *what);
/* The value of the first argument that is no literal text, with another type. */
void emit_argument(struct emitter *em, const struct expr *expr, int dst,
		   unsigned int depth);
/* What a helper that takes one number gives. */
void emit_helper(struct emitter *em, int fn, uint64_t argument, int dst);
/* Whether it can be computed in a register that does not survive calls. */
bool is_simple_call(const struct expr *expr);

/* context.c: what kstack(MODE) and stack_mode = MODE are. @flags: KPS_FIELD_RAW ..; or 0 */
int check_stack_mode(const struct expr *mode, unsigned int *flags);
/* What a checked kstack or ustack prints as. */
int set_stack_flags(struct expr *stack, unsigned int flags);

#endif

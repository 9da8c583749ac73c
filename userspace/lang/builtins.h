/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The language's vocabulary as tables: builtins, constants, and the
 * words of bpftrace's that are refused, each with the nearest thing that works.
 */
#ifndef KPCTL_BUILTINS_H
#define KPCTL_BUILTINS_H

#include <stddef.h>

#include "ast.h"

/* Where a builtin's value comes from. */
enum source {
	FROM_FRAME,		/* struct kps_frame, at .from */
	FROM_HELPER,		/* enum kps_fn .from, all 64 bits */
	FROM_HELPER_LOW,	/* its low 32 bits */
	FROM_HELPER_HIGH,	/* its high 32 bits */
	FROM_COMM,
	FROM_STACK,
	FROM_USER_STACK,
	FROM_OPERAND,		/* of the event's, number .from */
	FROM_ARGUMENT_STACK,	/* word .from of those that a caller has put there */
	FROM_CONSTANT,		/* .from says which: see enum run_constant */
};

/* What is known when the program is compiled. */
enum run_constant {
	CONSTANT_NCPUS,
	CONSTANT_CPID,
	CONSTANT_HAS_CPID,
	CONSTANT_PROBETYPE,
};

struct builtin {
	const char *name;
	unsigned int needs;	/* GIVES_*, of the probe it stands in; 0: it may be any */
	struct type type;
	enum source source;
	int from;
	const char *hint;	/* for where it has none */
};

/* Of argN: N; of others -1. They are what comes last in the frame. */
static inline int argument_number(const struct builtin *builtin)
{
	int first = offsetof(struct kps_frame, arg);

	if (builtin->source == FROM_OPERAND)
		return builtin->from;
	if (builtin->source != FROM_FRAME || builtin->from < first)
		return -1;
	return (builtin->from - first) / (int)sizeof(uint64_t);
}

struct constant {
	const char *name;
	uint64_t value;
	const struct enum_table *names;	/* of an enum; or NULL */
};

/* A word of bpftrace's that is refused. */
struct refusal {
	const char *word;
	const char *hint;
};

/* NULL if there is none of that name. */
const struct builtin *builtin_find(const char *name);
/* What it is in a probe of user space. */
const struct builtin *builtin_in_file(const struct builtin *builtin);
/* argN of a mark; NULL: there are no more. */
const struct builtin *builtin_operand(unsigned int n);
const struct constant *constant_find(const char *name);
const struct enum_table *errno_texts(void); /* for strerror() */
const struct enum_table *signal_texts(void);
const struct enum_table *syscall_names(void);
/* Whether it is __NR_NAME. */
bool syscall_number(const char *name, uint64_t *number);
const struct refusal *refused_name(const char *name);

/* The n-th name of the vocabulary, for suggestions; NULL after the last. */
const char *builtin_name(size_t n);

const char *map_kind_name(enum kps_map_kind kind);

#endif

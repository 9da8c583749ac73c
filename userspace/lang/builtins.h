/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The language's vocabulary as tables: builtins, constants, and the
 * words of bpftrace's that are refused, each with the nearest thing that works.
 */
#ifndef KPCTL_BUILTINS_H
#define KPCTL_BUILTINS_H

#include "ast.h"

enum provider_id {
	PROVIDER_KPROBE,
	PROVIDER_KRETPROBE,
	PROVIDER_TRACEPOINT,
	PROVIDER_RAWTRACEPOINT,
	PROVIDER_CONNTRACK,
	PROVIDER_PROFILE,
	PROVIDER_INTERVAL,
	PROVIDER_PROGRAM,	/* BEGIN and END */
	PROVIDER_NR,
};

#define IN_KPROBE	(1 << PROVIDER_KPROBE)
#define IN_KRETPROBE	(1 << PROVIDER_KRETPROBE)
#define IN_TRACEPOINT	(1 << PROVIDER_TRACEPOINT)
#define IN_RAWTRACEPOINT (1 << PROVIDER_RAWTRACEPOINT)
#define IN_CONNTRACK	(1 << PROVIDER_CONNTRACK)
#define IN_FUNCTION	(IN_KPROBE | IN_KRETPROBE)
#define IN_EVENT	(IN_TRACEPOINT | IN_CONNTRACK)
#define OF_TASK		(IN_KPROBE | IN_KRETPROBE | IN_TRACEPOINT | \
			 IN_RAWTRACEPOINT | 1 << PROVIDER_PROFILE)
#define IN_ANY		((1 << PROVIDER_NR) - 1)

struct provider {
	const char *name;	/* as in KPS_PROBE_A_PROVIDER */
	const char *alias;	/* "k" */
};

extern const struct provider providers[PROVIDER_NR];

/* Where a builtin's value comes from. */
enum source {
	FROM_FRAME,		/* struct kps_frame, at .from */
	FROM_HELPER,		/* enum kps_fn .from, all 64 bits */
	FROM_HELPER_LOW,	/* its low 32 bits */
	FROM_HELPER_HIGH,	/* its high 32 bits */
	FROM_COMM,
	FROM_STACK,
	FROM_USER_STACK,
	FROM_CONSTANT,		/* .from says which: see enum run_constant */
};

/* What is known when the program is compiled. */
enum run_constant {
	CONSTANT_NCPUS,
	CONSTANT_CPID,
};

struct builtin {
	const char *name;
	unsigned int providers;	/* IN_* where it has a meaning */
	struct type type;
	enum source source;
	int from;
	const char *hint;	/* for where it has none */
};

struct constant {
	const char *name;
	uint64_t value;
};

/* A word of bpftrace's that is refused. */
struct refusal {
	const char *word;
	const char *hint;
};

/* NULL if there is none of that name. */
const struct builtin *builtin_find(const char *name);
const struct constant *constant_find(const char *name);
const struct enum_table *errno_texts(void); /* for strerror() */
const struct refusal *refused_name(const char *name);
const struct refusal *refused_provider(const char *name);

/* The n-th name of the vocabulary, for suggestions; NULL after the last. */
const char *builtin_name(size_t n);

/* PROVIDER_NR if there is none of that name or alias. */
enum provider_id provider_find(const char *name);

const char *map_kind_name(enum kps_map_kind kind);

#endif

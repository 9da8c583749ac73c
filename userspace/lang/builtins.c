// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "builtins.h"
#include "ctype.h"

const struct provider providers[PROVIDER_NR] = {
	[PROVIDER_KPROBE]	= { "kprobe", "k" },
	[PROVIDER_KRETPROBE]	= { "kretprobe", "kr" },
	[PROVIDER_TRACEPOINT]	= { "tracepoint", "t" },
	[PROVIDER_RAWTRACEPOINT] = { "rawtracepoint", "rt" },
	[PROVIDER_CONNTRACK]	= { "conntrack", "conntrack" },
	[PROVIDER_PROFILE]	= { "profile", "p" },
	[PROVIDER_INTERVAL]	= { "interval", "i" },
	[PROVIDER_PROGRAM]	= { "program", "program" },
};

#define UINT { .kind = TYPE_INT }
#define FRAME(member) FROM_FRAME, offsetof(struct kps_frame, member)
#define ARG(n)								\
	{ "arg" #n, IN_KPROBE | IN_RAWTRACEPOINT, UINT, FRAME(arg[n]),	\
	  "arguments are those of a function: use kprobe, or args.FIELD in a tracepoint" }

#define HELPER(fn) FROM_HELPER, KPS_FN_##fn

/* Looked up by its name when a member is read. */
static const struct ctype task_struct = {
	.kind = KTYPE_STRUCT, .name = "task_struct",
};

static const struct builtin builtins[] = {
	{ "pid", IN_ANY, UINT, FROM_HELPER_HIGH, KPS_FN_PID_TGID, NULL },
	{ "tid", IN_ANY, UINT, FROM_HELPER_LOW, KPS_FN_PID_TGID, NULL },
	{ "ppid", IN_ANY, UINT, HELPER(PPID), NULL },
	{ "uid", IN_ANY, UINT, FROM_HELPER_LOW, KPS_FN_UID_GID, NULL },
	{ "gid", IN_ANY, UINT, FROM_HELPER_HIGH, KPS_FN_UID_GID, NULL },
	{ "cpu", IN_ANY, UINT, HELPER(CPU), NULL },
	{ "ncpus", IN_ANY, UINT, FROM_CONSTANT, CONSTANT_NCPUS, NULL },
	{ "cpid", IN_ANY, UINT, FROM_CONSTANT, CONSTANT_CPID, NULL },
	{ "numaid", IN_ANY, UINT, HELPER(NUMA), NULL },
	{ "nsecs", IN_ANY, UINT, HELPER(NSECS), NULL },
	{ "elapsed", IN_ANY, UINT, HELPER(ELAPSED), NULL },
	{ "jiffies", IN_ANY, UINT, HELPER(JIFFIES), NULL },
	{ "rand", IN_ANY, UINT, HELPER(RAND), NULL },
	{ "curtask", IN_ANY, { .kind = TYPE_INT, .to = &task_struct },
	  HELPER(CURTASK), NULL },
	{ "cgroup", IN_ANY, UINT, HELPER(CGROUP), NULL },
	{ "comm", IN_ANY, { .kind = TYPE_STR, .size = 16 }, FROM_COMM, 0, NULL },
	{ "func", IN_FUNCTION, { .kind = TYPE_KSYM }, FRAME(ip),
	  "only a kprobe or kretprobe has a function: use probe, or kstack(1)" },
	{ "probe", IN_ANY, { .kind = TYPE_PROBE }, FRAME(site), NULL },
	{ "retval", IN_KRETPROBE, UINT, FRAME(retval),
	  "a function returns in kretprobe; a syscall's tracepoint has args.ret" },
	{ "duration", IN_KRETPROBE, UINT, FRAME(duration),
	  "the time since the function's entry is known in its kretprobe" },
	{ "kstack", IN_ANY, { .kind = TYPE_KSTACK }, FROM_STACK,
	  KPS_MAX_STACK_DEPTH, NULL },
	{ "ustack", IN_ANY, { .kind = TYPE_USTACK }, FROM_USER_STACK,
	  KPS_MAX_STACK_DEPTH, NULL },
	ARG(0), ARG(1), ARG(2), ARG(3), ARG(4), ARG(5),
};

#define USERSPACE "only the kernel can be probed: use kprobe or tracepoint:syscalls:*"

static const struct refusal refused_names[] = {
	{ "uaddr", USERSPACE },
	{ "arg6", "use arg0 .. arg5, which are in registers" },
	{ "arg7", "use arg0 .. arg5, which are in registers" },
	{ "arg8", "use arg0 .. arg5, which are in registers" },
	{ "arg9", "use arg0 .. arg5, which are in registers" },
	{ "sarg0", "use arg0 .. arg5, which are in registers" },
	{ "strcontains", "compare the whole string with == or !=, or its beginning with strncmp()" },
	{ "signal", "kpstat only observes" },
	{ "override", "kpstat only observes" },
	{ "username", "use uid" },
	{ "pcomm", "write curtask->real_parent->comm" },
	{ "ctx", "use args.FIELD or arg0" },
	{ "usermode", "use ustack and kstack" },
	{ "skboutput", "use printf()" },
	{ "tseries", "use hist(n) or lhist(n, min, max, step)" },
};

static const struct refusal refused_providers[] = {
	{ "software", "use profile, or a tracepoint: kpctl probes 'tracepoint:*'" },
	{ "s", "use profile, or a tracepoint: kpctl probes 'tracepoint:*'" },
	{ "hardware", "use profile, or a tracepoint: kpctl probes 'tracepoint:*'" },
	{ "h", "use profile, or a tracepoint: kpctl probes 'tracepoint:*'" },
	{ "kfunc", "use kprobe:FUNCTION" }, { "f", "use kprobe:FUNCTION" },
	{ "fentry", "use kprobe:FUNCTION" },
	{ "kretfunc", "use kretprobe:FUNCTION" },
	{ "fr", "use kretprobe:FUNCTION" },
	{ "fexit", "use kretprobe:FUNCTION" },
	{ "uprobe", USERSPACE }, { "u", USERSPACE },
	{ "uretprobe", USERSPACE }, { "ur", USERSPACE },
	{ "usdt", USERSPACE }, { "U", USERSPACE },
	{ "watchpoint", USERSPACE }, { "w", USERSPACE },
	{ "asyncwatchpoint", USERSPACE }, { "aw", USERSPACE },
	{ "iter", "use a tracepoint: kpctl probes 'tracepoint:*'" },
	{ "it", "use a tracepoint: kpctl probes 'tracepoint:*'" },
	{ "self", "use kpctl run -d SECS" }, { "bench", "use kpctl run -d SECS" },
	{ "test", "use kpctl run -d SECS" },
};

#define DEFINE_FIND(fn, type, table, member)				\
const struct type *fn(const char *name)					\
{									\
	size_t i;							\
									\
	for (i = 0; i < ARRAY_SIZE(table); i++)					\
		if (!strcmp(name, (table)[i].member))			\
			return &(table)[i];				\
	return NULL;							\
}

DEFINE_FIND(builtin_find, builtin, builtins, name)
DEFINE_FIND(refused_name, refusal, refused_names, word)
DEFINE_FIND(refused_provider, refusal, refused_providers, word)

const char *builtin_name(size_t n)
{
	return n < ARRAY_SIZE(builtins) ? builtins[n].name : NULL;
}

enum provider_id provider_find(const char *name)
{
	enum provider_id id;

	for (id = 0; id < PROVIDER_NR; id++)
		if (!strcmp(name, providers[id].name) ||
		    !strcmp(name, providers[id].alias))
			break;
	return id;
}

const char *map_kind_name(enum kps_map_kind kind)
{
	static const char * const names[__KPS_MAP_KIND_NR] = {
		[KPS_MAP_COUNT] = "count()", [KPS_MAP_SUM] = "sum()",
		[KPS_MAP_AVG] = "avg()", [KPS_MAP_MIN] = "min()",
		[KPS_MAP_MAX] = "max()", [KPS_MAP_STATS] = "stats()",
		[KPS_MAP_HIST] = "hist()", [KPS_MAP_LHIST] = "lhist()",
		[KPS_MAP_VALUE] = "a plain value",
	};

	return names[kind];
}

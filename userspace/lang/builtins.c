// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>

#include "array.h"
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

static const struct function functions[] = {
	{ "count", FN_AGGREGATE, KPS_MAP_COUNT, 0, 0, "count()" },
	{ "sum", FN_AGGREGATE, KPS_MAP_SUM, 1, 1, "sum(n)" },
	{ "avg", FN_AGGREGATE, KPS_MAP_AVG, 1, 1, "avg(n)" },
	{ "min", FN_AGGREGATE, KPS_MAP_MIN, 1, 1, "min(n)" },
	{ "max", FN_AGGREGATE, KPS_MAP_MAX, 1, 1, "max(n)" },
	{ "stats", FN_AGGREGATE, KPS_MAP_STATS, 1, 1, "stats(n)" },
	{ "hist", FN_AGGREGATE, KPS_MAP_HIST, 1, 1, "hist(n)" },
	{ "lhist", FN_AGGREGATE, KPS_MAP_LHIST, 4, 4,
	  "lhist(n, min, max, step)" },
	{ "str", FN_STR, 0, 1, 2, "str(address) or str(address, length)" },
	{ "ntop", FN_NTOP, 0, 1, 2, "ntop(address) or ntop(family, address)" },
	{ "ksym", FN_KSYM, 0, 1, 1, "ksym(address)" },
	{ "usym", FN_USYM, 0, 1, 1, "usym(address)" },
	{ "kstack", FN_KSTACK, 0, 0, 2, "kstack or kstack(frames)" },
	{ "ustack", FN_USTACK, 0, 0, 2, "ustack or ustack(frames)" },
	{ "kaddr", FN_KADDR, 0, 1, 1, "kaddr(\"symbol\")" },
	{ "reg", FN_REG, 0, 1, 1, "reg(\"name\")" },
	{ "buf", FN_BUF, 0, 1, 2, "buf(address, length)" },
	{ "macaddr", FN_MACADDR, 0, 1, 1, "macaddr(address)" },
	{ "pton", FN_PTON, 0, 1, 1, "pton(\"address\")" },
	{ "strftime", FN_STRFTIME, 0, 2, 2, "strftime(format, nsecs)" },
	{ "strncmp", FN_STRNCMP, 0, 3, 3, "strncmp(a, b, length)" },
	{ "strerror", FN_STRERROR, 0, 1, 1, "strerror(errno)" },
	{ "cgroupid", FN_CGROUPID, 0, 1, 1, "cgroupid(\"path\")" },
	{ "cgroup_path", FN_CGROUP_PATH, 0, 1, 2, "cgroup_path(cgroup)" },
	{ "bswap", FN_BSWAP, 0, 1, 1, "bswap(n)" },
	{ "sizeof", FN_SIZEOF, 0, 1, 1, "sizeof(type) or sizeof(expression)" },
	{ "offsetof", FN_OFFSETOF, 0, 2, 2, "offsetof(struct NAME, member)" },
	{ "kptr", FN_SAME, 0, 1, 1, "kptr(address)" },
	{ "uptr", FN_SAME, 0, 1, 1, "uptr(address)" },
	{ "nsecs", FN_NSECS, 0, 1, 1, "nsecs or nsecs(clock)" },
	{ "has_key", FN_HAS_KEY, 0, 1, 2, "has_key(@map, key)" },
	{ "len", FN_LEN, 0, 1, 1, "len(@map) or len(kstack)" },
	{ "printf", FN_PRINTF, 0, 1, 1 + KPS_MAX_OUTPUT_FIELDS,
	  "printf(format, values ...)" },
	{ "cat", FN_CAT, 0, 1, 1 + KPS_MAX_OUTPUT_FIELDS,
	  "cat(format, values ...)" },
	{ "system", FN_SYSTEM, 0, 1, 1 + KPS_MAX_OUTPUT_FIELDS,
	  "system(format, values ...)" },
	{ "join", FN_JOIN, 0, 1, 2, "join(argv) or join(argv, separator)" },
	{ "time", FN_TIME, 0, 0, 1, "time() or time(format)" },
	{ "print", FN_PRINT, 0, 1, 3, "print(value) or print(@map, top, divisor)" },
	{ "clear", FN_CLEAR, 0, 1, 1, "clear(@map)" },
	{ "zero", FN_ZERO, 0, 1, 1, "zero(@map)" },
	{ "delete", FN_DELETE, 0, 1, 2, "delete(@map[key])" },
	{ "exit", FN_EXIT, 0, 0, 0, "exit()" },
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
DEFINE_FIND(function_find, function, functions, name)
DEFINE_FIND(refused_name, refusal, refused_names, word)
DEFINE_FIND(refused_provider, refusal, refused_providers, word)

const char *builtin_name(size_t n)
{
	return n < ARRAY_SIZE(builtins) ? builtins[n].name : NULL;
}

const char *function_name(size_t n)
{
	return n < ARRAY_SIZE(functions) ? functions[n].name : NULL;
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

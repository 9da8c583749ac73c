// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>

#include "array.h"
#include "builtins.h"

const struct provider providers[PROVIDER_NR] = {
	[PROVIDER_KPROBE]	= { "kprobe", "k" },
	[PROVIDER_KRETPROBE]	= { "kretprobe", "kr" },
	[PROVIDER_TRACEPOINT]	= { "tracepoint", "t" },
	[PROVIDER_CONNTRACK]	= { "conntrack", "conntrack" },
};

#define UINT { .kind = TYPE_INT }
#define FRAME(member) FROM_FRAME, offsetof(struct kps_frame, member)
#define ARG(n)								\
	{ "arg" #n, IN_KPROBE, UINT, FRAME(arg[n]),			\
	  "arguments are those of a function: use kprobe, or args.FIELD in a tracepoint" }

static const struct builtin builtins[] = {
	{ "pid", IN_ANY, UINT, FROM_HELPER_HIGH, KPS_FN_PID_TGID, NULL },
	{ "tid", IN_ANY, UINT, FROM_HELPER_LOW, KPS_FN_PID_TGID, NULL },
	{ "uid", IN_ANY, UINT, FROM_HELPER_LOW, KPS_FN_UID_GID, NULL },
	{ "gid", IN_ANY, UINT, FROM_HELPER_HIGH, KPS_FN_UID_GID, NULL },
	{ "cpu", IN_ANY, UINT, FROM_HELPER, KPS_FN_CPU, NULL },
	{ "nsecs", IN_ANY, UINT, FROM_HELPER, KPS_FN_NSECS, NULL },
	{ "elapsed", IN_ANY, UINT, FROM_HELPER, KPS_FN_ELAPSED, NULL },
	{ "comm", IN_ANY, { .kind = TYPE_STR, .size = 16 }, FROM_COMM, 0, NULL },
	{ "func", IN_FUNCTION, { .kind = TYPE_KSYM }, FRAME(ip),
	  "a tracepoint has no function: use probe, or kstack(1)" },
	{ "probe", IN_ANY, { .kind = TYPE_PROBE }, FRAME(site), NULL },
	{ "retval", IN_KRETPROBE, UINT, FRAME(retval),
	  "a function returns in kretprobe; a syscall's tracepoint has args.ret" },
	{ "duration", IN_KRETPROBE, UINT, FRAME(duration),
	  "the time since the function's entry is known in its kretprobe" },
	{ "kstack", IN_ANY, { .kind = TYPE_KSTACK }, FROM_STACK,
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
	{ "kstack", FN_KSTACK, 0, 1, 1, "kstack or kstack(frames)" },
};

static const struct constant constants[] = {
	{ "AF_UNSPEC", 0 }, { "AF_UNIX", 1 }, { "AF_INET", 2 },
	{ "AF_INET6", 10 }, { "AF_NETLINK", 16 }, { "AF_PACKET", 17 },
	{ "IPPROTO_ICMP", 1 }, { "IPPROTO_TCP", 6 }, { "IPPROTO_UDP", 17 },
	{ "IPPROTO_ICMPV6", 58 }, { "IPPROTO_SCTP", 132 },
	{ "true", 1 }, { "false", 0 },
};

#define SUMS "kpstat keeps sums: put what you would print into a key, as in @[comm, arg0] = count()"
#define READ_ONCE "maps are printed when the run ends, and with kpctl run -i SECS while it runs"
#define NO_PLAIN "maps hold aggregations: use count() or sum(n)"
#define USERSPACE "only the kernel can be probed: use kprobe or tracepoint:syscalls:*"

static const struct refusal refused_names[] = {
	{ "printf", SUMS }, { "print", READ_ONCE }, { "time", SUMS },
	{ "strftime", SUMS }, { "join", SUMS }, { "cat", SUMS },
	{ "system", SUMS }, { "exit", "use kpctl run -d SECS" },
	{ "clear", "use kpctl read --reset, or kpctl reset" },
	{ "zero", "use kpctl read --reset, or kpctl reset" },
	{ "delete", NO_PLAIN }, { "has_key", NO_PLAIN }, { "len", NO_PLAIN },
	{ "ustack", "use kstack, or comm and pid" },
	{ "usym", "use kstack, or comm and pid" },
	{ "uaddr", USERSPACE }, { "uptr", USERSPACE },
	{ "kptr", "str() reads kernel and user memory" },
	{ "kaddr", "probe the symbol by name: kprobe:SYMBOL" },
	{ "reg", "use arg0 .. arg5 or retval" },
	{ "arg6", "use arg0 .. arg5, which are in registers" },
	{ "arg7", "use arg0 .. arg5, which are in registers" },
	{ "arg8", "use arg0 .. arg5, which are in registers" },
	{ "arg9", "use arg0 .. arg5, which are in registers" },
	{ "sarg0", "use arg0 .. arg5, which are in registers" },
	{ "buf", "use str()" }, { "macaddr", "use str()" },
	{ "pton", "compare the number" },
	{ "strncmp", "compare the whole string with == or !=" },
	{ "strcontains", "compare the whole string with == or !=" },
	{ "strerror", "use the number as the key: @[retval] = count()" },
	{ "signal", "kpstat only observes" },
	{ "override", "kpstat only observes" },
	{ "sizeof", "write the number" }, { "offsetof", "write the number" },
	{ "bswap", "use shifts and &" },
	{ "curtask", "use pid, tid or comm" },
	{ "rand", "use nsecs % N to take a sample" },
	{ "cgroup", "use comm or uid" }, { "cgroupid", "use comm or uid" },
	{ "cgroup_path", "use comm or uid" },
	{ "username", "use uid" }, { "ppid", "use pid" },
	{ "ncpus", "write the number" }, { "numaid", "use cpu" },
	{ "jiffies", "use nsecs" }, { "ctx", "use args.FIELD or arg0" },
	{ "cpid", "use comm or pid" }, { "usermode", "use pid" },
	{ "skboutput", SUMS }, { "nsecs", "use nsecs without parentheses" },
	{ "tseries", "use hist(n) or lhist(n, min, max, step)" },
};

static const struct refusal refused_providers[] = {
	{ "BEGIN", "load the program disabled, or start it when you need it" },
	{ "END", READ_ONCE }, { "begin", READ_ONCE }, { "end", READ_ONCE },
	{ "interval", "use kpctl run -i SECS" },
	{ "i", "use kpctl run -i SECS" },
	{ "profile", "count an event with kstack as the key" },
	{ "p", "count an event with kstack as the key" },
	{ "software", "use a tracepoint: kpctl probes 'tracepoint:*'" },
	{ "s", "use a tracepoint: kpctl probes 'tracepoint:*'" },
	{ "hardware", "use a tracepoint: kpctl probes 'tracepoint:*'" },
	{ "h", "use a tracepoint: kpctl probes 'tracepoint:*'" },
	{ "rawtracepoint", "use tracepoint:SYSTEM:EVENT" },
	{ "rt", "use tracepoint:SYSTEM:EVENT" },
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
DEFINE_FIND(constant_find, constant, constants, name)
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

// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "builtins.h"
#include "ctype.h"
#include "provider/provider.h"

#define ANY_PROBE 0
#define UINT { .kind = TYPE_INT }
#define FRAME(member) FROM_FRAME, offsetof(struct kps_frame, member)
#define ARG(n)								\
	{ "arg" #n, GIVES_ARGUMENTS, UINT, FRAME(arg[n]),	\
	  "arguments are those of a function: use kprobe, or args.FIELD in a tracepoint" }

#define HELPER(fn) FROM_HELPER, KPS_FN_##fn

/* Looked up by its name when a member is read. */
static const struct ctype task_struct = {
	.kind = KTYPE_STRUCT, .name = "task_struct",
};

static const struct builtin func_in_file = {
	"func", GIVES_PLACE, { .kind = TYPE_FUNCTION }, FRAME(site), NULL,
};

#define OPERAND(n)							\
	{ "arg" #n, GIVES_OPERANDS, UINT, FROM_OPERAND, n,		\
	  "use arg0 .. arg5, which are in registers" }

#define STACKED(n)							\
	{ "sarg" #n, GIVES_ARGUMENTS, UINT, FROM_ARGUMENT_STACK, n,	\
	  "arguments are those of a function: use kprobe or uprobe" }

static const struct builtin operands[] = {
	OPERAND(0), OPERAND(1), OPERAND(2), OPERAND(3), OPERAND(4), OPERAND(5),
};

static const struct builtin builtins[] = {
	{ "pid", ANY_PROBE, UINT, FROM_HELPER_HIGH, KPS_FN_PID_TGID, NULL },
	{ "tid", ANY_PROBE, UINT, FROM_HELPER_LOW, KPS_FN_PID_TGID, NULL },
	{ "ppid", ANY_PROBE, UINT, HELPER(PPID), NULL },
	{ "uid", ANY_PROBE, UINT, FROM_HELPER_LOW, KPS_FN_UID_GID, NULL },
	{ "gid", ANY_PROBE, UINT, FROM_HELPER_HIGH, KPS_FN_UID_GID, NULL },
	{ "cpu", ANY_PROBE, UINT, HELPER(CPU), NULL },
	{ "ncpus", ANY_PROBE, UINT, FROM_CONSTANT, CONSTANT_NCPUS, NULL },
	{ "cpid", ANY_PROBE, UINT, FROM_CONSTANT, CONSTANT_CPID, NULL },
	{ "has_cpid", ANY_PROBE, UINT, FROM_CONSTANT, CONSTANT_HAS_CPID, NULL },
	{ "probetype", ANY_PROBE, UINT, FROM_CONSTANT, CONSTANT_PROBETYPE, NULL },
	{ "usermode", ANY_PROBE, UINT, HELPER(USERMODE), NULL },
	{ "username", ANY_PROBE, { .kind = TYPE_USER }, FROM_HELPER_LOW, KPS_FN_UID_GID, NULL },
	{ "numaid", ANY_PROBE, UINT, HELPER(NUMA), NULL },
	{ "nsecs", ANY_PROBE, UINT, HELPER(NSECS), NULL },
	{ "elapsed", ANY_PROBE, UINT, HELPER(ELAPSED), NULL },
	{ "jiffies", ANY_PROBE, UINT, HELPER(JIFFIES), NULL },
	{ "rand", ANY_PROBE, UINT, HELPER(RAND), NULL },
	{ "curtask", ANY_PROBE, { .kind = TYPE_INT, .to = &task_struct },
	  HELPER(CURTASK), NULL },
	{ "cgroup", ANY_PROBE, UINT, HELPER(CGROUP), NULL },
	{ "comm", ANY_PROBE, { .kind = TYPE_STR, .size = 16 }, FROM_COMM, 0, NULL },
	{ "func", GIVES_FUNCTION, { .kind = TYPE_KSYM }, FRAME(ip),
	  "only probes of functions have one: use probe, or kstack(1)" },
	{ "probe", ANY_PROBE, { .kind = TYPE_PROBE }, FRAME(site), NULL },
	{ "retval", GIVES_RETURN, UINT, FRAME(retval),
	  "a function returns in kretprobe and fexit; a syscall's tracepoint has args.ret" },
	{ "duration", GIVES_RETURN, UINT, FRAME(duration),
	  "the time since the function's entry is known in its kretprobe or fexit" },
	{ "kstack", ANY_PROBE, { .kind = TYPE_KSTACK }, FROM_STACK,
	  KPS_MAX_STACK_DEPTH, NULL },
	{ "ustack", ANY_PROBE, { .kind = TYPE_USTACK }, FROM_USER_STACK,
	  KPS_MAX_STACK_DEPTH, NULL },
	ARG(0), ARG(1), ARG(2), ARG(3), ARG(4), ARG(5),
	OPERAND(6), OPERAND(7), OPERAND(8), OPERAND(9), OPERAND(10), OPERAND(11),
	STACKED(0), STACKED(1), STACKED(2), STACKED(3), STACKED(4), STACKED(5), STACKED(6),
	STACKED(7), STACKED(8), STACKED(9),
};

static const struct refusal refused_names[] = {
	{ "signal", "kpstat only observes" },
	{ "signal_thread", "kpstat only observes" },
	{ "override", "kpstat only observes" },
	{ "path", "print the last part of it: str($p.dentry.d_name.name)" },
	{ "unwatch", "a watchpoint stays as long as its program" },
	{ "ctx", "use args.FIELD or arg0" },
	{ "skboutput", "use printf()" },
	{ "tseries", "keep a number for each second: @[nsecs / 1000000000] = max(n)" },
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

const struct builtin *builtin_in_file(const struct builtin *builtin)
{
	return builtin->type.kind == TYPE_KSYM ? &func_in_file : builtin;
}

const struct builtin *builtin_operand(unsigned int n)
{
	return n < ARRAY_SIZE(operands) ? &operands[n] : NULL;
}

const char *builtin_name(size_t n)
{
	return n < ARRAY_SIZE(builtins) ? builtins[n].name : NULL;
}

const char *map_kind_name(enum kps_map_kind kind)
{
#define KIND_CALL(upper, name, is_chart)				\
	[KPS_MAP_##upper] = #name "()",
	static const char * const calls[] = { KPS_MAP_KINDS(KIND_CALL) };

	return kind == KPS_MAP_VALUE ? "a plain value" : calls[kind];
}

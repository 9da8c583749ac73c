// SPDX-License-Identifier: GPL-2.0
/*
 * What a clause can call.  Each runs in whatever context the event has, with
 * preemption off; the verifier has checked every argument that the table below
 * marks as constant.  Losses are noted in ctx->lost, and from the first one on
 * no map is changed.
 */
#include <linux/cred.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "compat/stack.h"
#include "dispatch.h"
#include "kpstat.h"

#define HELPER(fn_name)							\
	static u64 __kprobes fn_name(u64 ctx_, u64 r2, u64 r3, u64 r4, u64 r5)

#define CTX ((struct kps_ctx *)(unsigned long)ctx_)

static u64 lose(struct kps_ctx *ctx, enum kps_ledger why)
{
	ctx->lost |= BIT(why);
	return (u64)-1;
}

static void *scratch(struct kps_ctx *ctx, u64 off)
{
	return ctx->frame.scratch + off;
}

HELPER(pid_tgid)
{
	return (u64)current->tgid << 32 | (u32)current->pid;
}

HELPER(uid_gid)
{
	kuid_t uid;
	kgid_t gid;

	current_uid_gid(&uid, &gid);
	return (u64)from_kgid(&init_user_ns, gid) << 32 |
	       from_kuid(&init_user_ns, uid);
}

HELPER(comm)
{
	u64 *out = scratch(CTX, r2);
	char *text = (char *)out;

	/* Bytes after the NUL may be an older, longer name: a key's are zero. */
	BUILD_BUG_ON(TASK_COMM_LEN != 16);
	out[0] = 0;
	out[1] = 0;
	strscpy(text, current->comm, TASK_COMM_LEN);
	return 0;
}

HELPER(cpu)
{
	return raw_smp_processor_id();
}

HELPER(nsecs)
{
	return ktime_get_mono_fast_ns();
}

HELPER(elapsed)
{
	return ktime_get_mono_fast_ns() - CTX->program->loaded_at;
}

HELPER(divide)
{
	return r3 ? div64_u64(r2, r3) : 0;
}

HELPER(modulo)
{
	u64 rest = r2;

	if (r3)
		div64_u64_rem(r2, r3, &rest);
	return rest;
}

static u64 extend(const void *from, u64 how)
{
	u64 value = 0;

	switch (how) {
	case 1:
		return *(const u8 *)from;
	case 1 | KPS_SIGNED:
		return (s64)*(const s8 *)from;
	case 2:
		memcpy(&value, from, 2);
		return (u16)value;
	case 2 | KPS_SIGNED:
		memcpy(&value, from, 2);
		return (s64)(s16)value;
	case 4:
		memcpy(&value, from, 4);
		return (u32)value;
	case 4 | KPS_SIGNED:
		memcpy(&value, from, 4);
		return (s64)(s32)value;
	default:
		memcpy(&value, from, 8);
		return value;
	}
}

static bool in_record(const struct kps_ctx *ctx, u64 off, u64 len)
{
	return off <= ctx->record_size && len <= ctx->record_size - off;
}

HELPER(record)
{
	struct kps_ctx *ctx = CTX;

	if (!in_record(ctx, r2, r3 & ~(u64)KPS_SIGNED)) {
		lose(ctx, KPS_LEDGER_FAULT);
		return 0;
	}
	return extend(ctx->record + r2, r3);
}

HELPER(record_bytes)
{
	struct kps_ctx *ctx = CTX;
	u64 *out = scratch(ctx, r4);
	u32 i, words = DIV_ROUND_UP((u32)r3, 8);

	for (i = 0; i < words; i++)
		out[i] = 0;
	if (!in_record(ctx, r2, r3))
		return lose(ctx, KPS_LEDGER_FAULT);
	memcpy(out, ctx->record + r2, r3);
	return 0;
}

HELPER(record_str)
{
	struct kps_ctx *ctx = CTX;
	u64 off = r2, len = r3 & ~(u64)KPS_DATA_LOC;
	char *out = scratch(ctx, r5);
	u32 i;

	memset(out, 0, r4);
	if (r3 & KPS_DATA_LOC) {
		u32 loc;

		if (!in_record(ctx, off, sizeof(loc)))
			return lose(ctx, KPS_LEDGER_FAULT);
		memcpy(&loc, ctx->record + off, sizeof(loc));
		off = loc & 0xffff;
		len = loc >> 16;
	}
	if (!in_record(ctx, off, len))
		return lose(ctx, KPS_LEDGER_FAULT);
	for (i = 0; i < len && i + 1 < r4; i++) {
		out[i] = ((const char *)ctx->record)[off + i];
		if (!out[i])
			break;
	}
	return 0;
}

static bool is_user_address(unsigned long addr)
{
	return addr < TASK_SIZE_MAX;
}

/* A kernel thread borrows some process's memory: it has none of its own. */
static int read_user(void *to, unsigned long addr, size_t len)
{
	if (!current->mm || current->flags & PF_KTHREAD)
		return -EFAULT;
	return copy_from_user_nofault(to, (const void __user *)addr, len);
}

static int read_memory(void *to, unsigned long addr, size_t len)
{
	if (is_user_address(addr))
		return read_user(to, addr, len);
	return copy_from_kernel_nofault(to, (const void *)addr, len);
}

#define STR_CHUNK 32U

/*
 * Strings are read in aligned pieces, none of which crosses a page, so that
 * what lies behind the NUL is never the reason of a fault.
 */
HELPER(str)
{
	struct kps_ctx *ctx = CTX;
	unsigned long addr = r2;
	char *out = scratch(ctx, r4);
	u32 done = 0, room = r3 - 1;

	memset(out, 0, r3);
	while (done < room) {
		u32 piece = STR_CHUNK - (addr & (STR_CHUNK - 1));
		char *end;

		piece = min(piece, room - done);
		if (read_memory(out + done, addr, piece)) {
			memset(out, 0, r3);
			return lose(ctx, KPS_LEDGER_FAULT);
		}
		end = memchr(out + done, 0, piece);
		if (end) {
			memset(end, 0, out + r3 - end);
			return end - out;
		}
		done += piece;
		addr += piece;
	}
	return done;
}

HELPER(read)
{
	struct kps_ctx *ctx = CTX;
	u64 value = 0;

	if (copy_from_kernel_nofault(&value, (const void *)(unsigned long)r2,
				     r3 & ~(u64)KPS_SIGNED)) {
		lose(ctx, KPS_LEDGER_FAULT);
		return 0;
	}
	return extend(&value, r3);
}

/* One buffer per CPU and context: the guard of the dispatch admits one event. */
struct stack_room {
	unsigned long ips[KPS_NR_CONTEXTS][KPS_MAX_STACK_DEPTH];
};

static struct stack_room __percpu *stack_rooms;

int kps_helpers_init(void)
{
	stack_rooms = alloc_percpu(struct stack_room);
	return stack_rooms ? 0 : -ENOMEM;
}

void kps_helpers_exit(void)
{
	free_percpu(stack_rooms);
}

HELPER(kstack)
{
	struct kps_ctx *ctx = CTX;
	unsigned long *ips = this_cpu_ptr(stack_rooms)->ips[kps_context()];
	u32 nr = 0;
	s64 id;

	if (ctx->regs)
		nr = kps_stack_save(ctx->regs, ips, r2);
	if (!nr)
		return lose(ctx, KPS_LEDGER_FAULT);
	id = kps_stacks_add(ctx->program->stacks, ips, nr);
	if (id < 0)
		return lose(ctx, KPS_LEDGER_OVERFLOW);
	return id;
}

HELPER(map_update)
{
	struct kps_ctx *ctx = CTX;
	const struct kps_map *map = ctx->program->maps[r2];

	if (ctx->lost)
		return (u64)-1;
	if (kps_table_update(ctx->row->tables[r2], map, scratch(ctx, r3), r4))
		return lose(ctx, KPS_LEDGER_OVERFLOW);
	return 0;
}

static u64 values_result(struct kps_ctx *ctx, int result)
{
	if (result == -ENOSPC)
		return lose(ctx, KPS_LEDGER_OVERFLOW);
	if (result == -EBUSY)
		return lose(ctx, KPS_LEDGER_BUSY);
	return result;
}

HELPER(map_set)
{
	struct kps_ctx *ctx = CTX;
	const struct kps_map *map = ctx->program->maps[r2];

	if (ctx->lost)
		return (u64)-1;
	return values_result(ctx, kps_values_set(map->values, scratch(ctx, r3),
						 scratch(ctx, r4)));
}

HELPER(map_get)
{
	struct kps_ctx *ctx = CTX;
	const struct kps_map *map = ctx->program->maps[r2];
	void *out = scratch(ctx, r4);
	int found;

	found = kps_values_get(map->values, scratch(ctx, r3), out);
	if (found != 1)
		memset(out, 0, map->value_size);
	return values_result(ctx, found);
}

HELPER(map_delete)
{
	struct kps_ctx *ctx = CTX;
	const struct kps_map *map = ctx->program->maps[r2];

	if (ctx->lost)
		return (u64)-1;
	return values_result(ctx, kps_values_delete(map->values,
						    scratch(ctx, r3)));
}

const struct kps_helper kps_helpers[__KPS_FN_NR] = {
	[KPS_FN_PID_TGID]	= { "pid_tgid", pid_tgid },
	[KPS_FN_UID_GID]	= { "uid_gid", uid_gid },
	[KPS_FN_COMM]		= { "comm", comm, { KPS_ARG_COMM_OUT } },
	[KPS_FN_CPU]		= { "cpu", cpu },
	[KPS_FN_NSECS]		= { "nsecs", nsecs },
	[KPS_FN_ELAPSED]	= { "elapsed", elapsed },
	[KPS_FN_DIV]		= { "div", divide,
				    { KPS_ARG_ANY, KPS_ARG_ANY } },
	[KPS_FN_MOD]		= { "mod", modulo,
				    { KPS_ARG_ANY, KPS_ARG_ANY } },
	[KPS_FN_RECORD]		= { "record", record,
				    { KPS_ARG_RECORD, KPS_ARG_SIZE } },
	[KPS_FN_RECORD_BYTES]	= { "record_bytes", record_bytes,
				    { KPS_ARG_RECORD, KPS_ARG_RECORD_LEN,
				      KPS_ARG_OUT } },
	[KPS_FN_RECORD_STR]	= { "record_str", record_str,
				    { KPS_ARG_RECORD, KPS_ARG_RECORD_STR,
				      KPS_ARG_LEN, KPS_ARG_OUT } },
	[KPS_FN_STR]		= { "str", str,
				    { KPS_ARG_ANY, KPS_ARG_LEN, KPS_ARG_OUT } },
	[KPS_FN_READ]		= { "read", read,
				    { KPS_ARG_ANY, KPS_ARG_SIZE } },
	[KPS_FN_KSTACK]		= { "kstack", kstack, { KPS_ARG_DEPTH }, true },
	[KPS_FN_MAP_UPDATE]	= { "map_update", map_update,
				    { KPS_ARG_MAP, KPS_ARG_KEY, KPS_ARG_ANY } },
	[KPS_FN_MAP_SET]	= { "map_set", map_set,
				    { KPS_ARG_VMAP, KPS_ARG_KEY,
				      KPS_ARG_VALUE } },
	[KPS_FN_MAP_GET]	= { "map_get", map_get,
				    { KPS_ARG_VMAP, KPS_ARG_KEY,
				      KPS_ARG_MAP_OUT } },
	[KPS_FN_MAP_DELETE]	= { "map_delete", map_delete,
				    { KPS_ARG_VMAP, KPS_ARG_KEY } },
};

// SPDX-License-Identifier: GPL-2.0
/*
 * What a clause can call.  Each runs in whatever context the event has, with
 * preemption off; the verifier has checked every argument that KPS_HELPERS() has
 * as constant.  Losses are noted in ctx->lost; what could not be read is
 * 0 or empty, and the clause goes on: what it has begun it must be able to end
 * (delete(@start[tid]) behind a string that is not paged in).
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/ptrace.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "engine/user_stack.h"
#include "dispatch.h"
#include "kpstat.h"
#include "paging.h"

/*
 * Named as ours: a name that the kernel has too would be two functions to whoever
 * looks for it.
 */
#define TRAITS(name, ...)						\
	static const struct kps_traits kps_traits_##name = { __VA_ARGS__ }
#define HELPER(name, ...)						\
	TRAITS(name, __VA_ARGS__);					\
	static u64 __kprobes kps_fn_##name(u64 ctx_, u64 r2, u64 r3,	\
					   u64 r4, u64 r5)

#define CTX container_of((struct kps_frame *)(unsigned long)ctx_, struct kps_ctx, frame)

static u64 lose(struct kps_ctx *ctx, enum kps_ledger why)
{
	ctx->lost |= BIT(why);
	return (u64)-1;
}

/* Nothing could be read: the event is counted under the first line that says so. */
static u64 fault(struct kps_ctx *ctx, u64 line)
{
	if (!(ctx->lost & BIT(KPS_LEDGER_FAULT)))
		ctx->fault_line = line;
	return lose(ctx, KPS_LEDGER_FAULT);
}

/* What an argument has besides a size. */
static u64 line_of(u64 arg)
{
	return arg >> KPS_LINE_SHIFT;
}

static void *scratch(struct kps_ctx *ctx, u64 off)
{
	return kps_scratch(ctx, off);
}

HELPER(pid_tgid, .nests = true, .cost = 5)
{
	return (u64)current->tgid << 32 | (u32)current->pid;
}

HELPER(uid_gid, .cost = 10)
{
	kuid_t uid;
	kgid_t gid;

	current_uid_gid(&uid, &gid);
	return (u64)from_kgid(&init_user_ns, gid) << 32 |
	       from_kuid(&init_user_ns, uid);
}

HELPER(comm, .nests = true, .cost = 10)
{
	kps_copy_comm(scratch(CTX, r2));
	return 0;
}

HELPER(cpu, .nests = true, .cost = 2)
{
	return raw_smp_processor_id();
}

HELPER(nsecs, .cost = 40)
{
	return ktime_get_mono_fast_ns();
}

HELPER(elapsed, .cost = 40)
{
	return ktime_get_mono_fast_ns() - CTX->program->loaded_at;
}

HELPER(div, .nests = true, .cost = 30)
{
	return r3 ? div64_u64(r2, r3) : 0;
}

HELPER(mod, .nests = true, .cost = 30)
{
	u64 rest = r2;

	if (r3)
		div64_u64_rem(r2, r3, &rest);
	return rest;
}

HELPER(sdiv, .nests = true, .cost = 30)
{
	/* The least number has no opposite, and its division by -1 traps. */
	if ((s64)r3 == -1)
		return -r2;
	return r3 ? div64_s64(r2, r3) : 0;
}

HELPER(smod, .nests = true, .cost = 30)
{
	if (!r3)
		return r2;
	return (s64)r3 == -1 ? 0 : r2 - div64_s64(r2, r3) * r3;
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

HELPER(record, .nests = true, .cost = 10)
{
	struct kps_ctx *ctx = CTX;
	u64 how = r3 & KPS_SIZE_MASK;

	if (!in_record(ctx, r2, how & ~(u64)KPS_SIGNED)) {
		fault(ctx, line_of(r3));
		return 0;
	}
	return extend(ctx->record + r2, how);
}

HELPER(record_bytes, .cost = 20)
{
	struct kps_ctx *ctx = CTX;
	u64 *out = scratch(ctx, r4);
	u32 i, words = DIV_ROUND_UP((u32)r3, 8);

	for (i = 0; i < words; i++)
		out[i] = 0;
	if (!in_record(ctx, r2, r3))
		return fault(ctx, 0);
	memcpy(out, ctx->record + r2, r3);
	return 0;
}

HELPER(record_str, .cost = 20)
{
	struct kps_ctx *ctx = CTX;
	u64 off = r2, len = r3 & ~(u64)KPS_DATA_LOC;
	u64 size = r4 & KPS_SIZE_MASK;
	char *out = scratch(ctx, r5);
	u32 i;

	memset(out, 0, size);
	if (r3 & KPS_DATA_LOC) {
		u32 loc;

		if (!in_record(ctx, off, sizeof(loc)))
			return fault(ctx, line_of(r4));
		memcpy(&loc, ctx->record + off, sizeof(loc));
		off = loc & 0xffff;
		len = loc >> 16;
	}
	if (!in_record(ctx, off, len))
		return fault(ctx, line_of(r4));
	for (i = 0; i < len && i + 1 < size; i++) {
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

/*
 * The kernel's half of the addresses is as large as the other one. What lies
 * between is not an address at all; before 5.17 copy_from_kernel_nofault() takes some
 * of it for one, where the CPU has more levels of page tables than the kernel
 * uses, and then warns of the fault.
 */
static int read_kernel(void *to, unsigned long addr, size_t len)
{
	if (addr < -(TASK_SIZE_MAX + PAGE_SIZE))
		return -EFAULT;
	return copy_from_kernel_nofault(to, (const void *)addr, len);
}

static int read_memory(void *to, unsigned long addr, size_t len)
{
	if (is_user_address(addr))
		return read_user(to, addr, len);
	return read_kernel(to, addr, len);
}

/* The same, but user memory may be waited for where there is @ctx: then @to is no CPU's. */
static int read_patiently(struct kps_ctx *ctx, void *to, unsigned long addr, size_t len)
{
	while (read_memory(to, addr, len))
		if (!ctx || !is_user_address(addr) || !kps_page_in(ctx, addr, len))
			return -EFAULT;
	return 0;
}

#define STR_CHUNK 32U

/*
 * A string, zero-padded to @size bytes, of which the last is always zero.  It
 * is read in aligned pieces, none of which crosses a page, so that what lies
 * behind the NUL is never the reason of a fault.  Return: its length, or -EFAULT.
 */
static int __kprobes read_str(struct kps_ctx *ctx, char *out, u32 size, unsigned long addr)
{
	u32 done = 0, room = size - 1;

	while (done < room) {
		u32 piece = STR_CHUNK - (addr & (STR_CHUNK - 1));
		char *end;

		piece = min(piece, room - done);
		if (read_patiently(ctx, out + done, addr, piece)) {
			memset(out, 0, size);
			return -EFAULT;
		}
		end = memchr(out + done, 0, piece);
		if (end) {
			memset(end, 0, out + size - end);
			return end - out;
		}
		done += piece;
		addr += piece;
	}
	out[done] = 0;
	return done;
}

HELPER(str, .pages = true, .cost = 50)
{
	int len = read_str(CTX, scratch(CTX, r4), r3 & KPS_SIZE_MASK, r2);

	return len < 0 ? fault(CTX, line_of(r3)) : len;
}

HELPER(strn, .pages = true, .cost = 50)
{
	u32 size = r4 & KPS_SIZE_MASK, room = clamp_t(u64, r3, 1, size);
	char *out = scratch(CTX, r5);
	int len;

	memset(out, 0, size);
	len = read_str(CTX, out, room, r2);
	return len < 0 ? fault(CTX, line_of(r4)) : len;
}

HELPER(read, .pages = true, .cost = 40)
{
	u64 how = r3 & KPS_SIZE_MASK, value = 0;

	if (read_patiently(CTX, &value, r2, how & ~(u64)KPS_SIGNED)) {
		fault(CTX, line_of(r3));
		return 0;
	}
	return extend(&value, how);
}

HELPER(bytes, .pages = true, .cost = 50)
{
	u64 size = r4 & KPS_SIZE_MASK;
	u64 *out = scratch(CTX, r5);
	u64 len = min_t(u64, r3, size - sizeof(u64));

	memset(out, 0, size);
	if (read_patiently(CTX, out + 1, r2, len)) {
		memset(out, 0, size);
		return fault(CTX, line_of(r4));
	}
	out[0] = len;
	return len;
}

HELPER(record_buf, .takes_record = true, .cost = 20)
{
	u64 size = r4 & KPS_SIZE_MASK, off = r2 & 0xffff, len = (u32)r2 >> 16;
	struct kps_ctx *ctx = CTX;
	u64 *out = scratch(ctx, r5);

	memset(out, 0, size);
	if (!in_record(ctx, off, len))
		return fault(ctx, line_of(r4));
	len = min3(len, r3, size - sizeof(u64));
	memcpy(out + 1, ctx->record + off, len);
	out[0] = len;
	return len;
}

/*
 * Room for what is too large for a handler's stack, one of each per CPU and
 * context: the guard of the dispatch admits one event.
 */
struct room {
	unsigned long ips[KPS_NR_CONTEXTS][KPS_MAX_STACK_DEPTH];
	char joined[KPS_NR_CONTEXTS][KPS_MAX_JOIN];
	struct rnd_state random[KPS_NR_CONTEXTS];
};

static struct room __percpu *rooms;
static struct kps_large_ctx __percpu *large[KPS_NR_CONTEXTS];

int kps_helpers_init(void)
{
	int cpu, i;

	rooms = alloc_percpu(struct room);
	if (!rooms)
		return -ENOMEM;
	for (i = 0; i < KPS_NR_CONTEXTS; i++) {
		large[i] = alloc_percpu(struct kps_large_ctx);
		if (!large[i])
			goto no_memory;
	}
	for_each_possible_cpu(cpu)
		for (i = 0; i < KPS_NR_CONTEXTS; i++)
			prandom_seed_state(&per_cpu_ptr(rooms, cpu)->random[i],
					   get_random_u64());
	return 0;

no_memory:
	kps_helpers_exit();
	return -ENOMEM;
}

void kps_helpers_exit(void)
{
	int i;

	/* NULL is freed, too. */
	for (i = 0; i < KPS_NR_CONTEXTS; i++)
		free_percpu(large[i]);
	free_percpu(rooms);
}

/** kps_copy_ctx() - all of it but scratch, for a clause that has not begun. Return: @to. */
struct kps_ctx *__kprobes kps_copy_ctx(struct kps_ctx *to, const struct kps_ctx *from)
{
	memcpy(to, from, offsetof(struct kps_ctx, scratch));
	return to;
}

/**
 * kps_enlarge() - move an event to where there is more scratch
 * @ctx: of a clause that has not begun
 *
 * Context: guarded, so that there is no other such event on this CPU in this context.
 * Return: what the clause is to run with.
 */
struct kps_ctx *__kprobes kps_enlarge(const struct kps_ctx *ctx)
{
	return kps_copy_ctx(&this_cpu_ptr(large[kps_context()])->ctx, ctx);
}

static unsigned long *stack_room(void)
{
	return this_cpu_ptr(rooms)->ips[kps_context()];
}

static s64 keep_stack(struct kps_ctx *ctx, const unsigned long *ips, u32 nr)
{
	s64 id;

	if (!nr)
		return fault(ctx, 0);
	id = kps_stacks_add(ctx->program->stacks, ips, nr);
	if (id >= 0)
		return id;
	lose(ctx, KPS_LEDGER_STACK);
	return KPS_STACK_LOST;
}

/* A NUL ends it, or its room. */
static u32 length_of(const char *text, u32 size)
{
	u32 len = 0;

	while (len < size && text[len])
		len++;
	return len;
}

HELPER(strlen, .nests = true, .cost = 10)
{
	return length_of(scratch(CTX, r3), r2 & KPS_SIZE_MASK);
}

static bool begins_with(const char *text, const char *with, u32 len)
{
	while (len && *text == *with) {
		text++;
		with++;
		len--;
	}
	return !len;
}

/* The worst are bytes of one letter, and another behind half as many of it. */
HELPER(strstr, .searches = true, .nests = true, .cost = 20)
{
	const char *text = scratch(CTX, r3), *wanted = scratch(CTX, r5);
	u32 len = length_of(text, r2 & KPS_SIZE_MASK);
	u32 nr = length_of(wanted, r4 & KPS_SIZE_MASK);
	u32 i;

	for (i = 0; nr <= len && i <= len - nr; i++)
		if (begins_with(text + i, wanted, nr))
			return i;
	return -1;
}

HELPER(strcpy, .nests = true, .cost = 20)
{
	u32 size = r4 & KPS_SIZE_MASK;
	char *out = scratch(CTX, r5);
	const char *text = scratch(CTX, r3);
	u32 len = length_of(text, min_t(u32, r2 & KPS_SIZE_MASK, size - 1));

	/* They may be the same place. */
	memmove(out, text, len);
	memset(out + len, 0, size - len);
	return len;
}

HELPER(strcmp, .nests = true, .cost = 20)
{
	const char *a = scratch(CTX, r3), *b = scratch(CTX, r5);
	u32 len = length_of(a, r2 & KPS_SIZE_MASK);

	return len != length_of(b, r4 & KPS_SIZE_MASK) || !begins_with(a, b, len);
}

HELPER(strbyte, .nests = true, .cost = 10)
{
	if (r4 >= (r2 & KPS_SIZE_MASK))
		return 0;
	return (s64)*(const s8 *)scratch(CTX, r3 + r4);
}

HELPER(usermode, .takes_regs = true, .cost = 5)
{
	return CTX->regs && user_mode(CTX->regs);
}

HELPER(kstack, .takes_stack = true, .takes_regs = true, .cost = 300)
{
	struct kps_ctx *ctx = CTX;
	unsigned long *ips = stack_room();
	u32 nr = 0;

	if (ctx->regs)
		nr = kps_stack_save(ctx->regs, ctx->frame.ip, ips, r2);
	return keep_stack(ctx, ips, nr);
}

/* A task without memory of its own has no user stack: that is no loss. */
HELPER(ustack, .takes_stack = true, .cost = 300)
{
	struct kps_ctx *ctx = CTX;
	unsigned long *ips = stack_room();
	u64 *out = scratch(ctx, r3);
	u32 nr = 0;
	s64 id = 0;

	if (current->mm && !(current->flags & PF_KTHREAD))
		nr = kps_user_stack_save(ips, r2);
	if (nr)
		id = keep_stack(ctx, ips, nr);
	out[0] = id;
	out[1] = current->tgid;
	return id;
}

HELPER(reg, .takes_regs = true, .cost = 5)
{
	struct kps_ctx *ctx = CTX;

	if (!ctx->regs) {
		fault(ctx, 0);
		return 0;
	}
	return *(const u64 *)((const u8 *)ctx->regs + r2);
}

HELPER(curtask, .nests = true, .cost = 5)
{
	return (unsigned long)current;
}

HELPER(ppid, .cost = 20)
{
	u64 pid;

	rcu_read_lock();
	pid = rcu_dereference(current->real_parent)->tgid;
	rcu_read_unlock();
	return pid;
}

HELPER(rand, .cost = 10)
{
	return prandom_u32_state(&this_cpu_ptr(rooms)->random[kps_context()]);
}

#ifdef CONFIG_CGROUPS
HELPER(cgroup, .cost = 30)
{
	u64 id;

	rcu_read_lock();
	id = cgroup_id(task_dfl_cgroup(current));
	rcu_read_unlock();
	return id;
}
#else
TRAITS(cgroup, .cost = 0);
#define kps_fn_cgroup NULL
#endif

HELPER(numa, .nests = true, .cost = 5)
{
	return numa_node_id();
}

HELPER(jiffies, .nests = true, .cost = 5)
{
	return get_jiffies_64();
}

HELPER(clock, .cost = 40)
{
	return r2 == KPS_CLOCK_BOOT ? ktime_get_boot_fast_ns() :
				      kps_tai_fast_ns();
}

static u64 write_record(struct kps_ctx *ctx, u32 output, u64 off,
			const char *joined, u32 len)
{
	const struct kps_program *program = ctx->program;
	const struct kps_output *what = &program->outputs[output];

	if (what->act && program->acts.does) {
		kps_acts_note(ctx->program, output, scratch(ctx, off));
		return 0;
	}
	if (!ctx->wrote)
		ctx->wrote = ktime_get_mono_fast_ns();
	if (kps_buffer_write(program->buffer, ctx->wrote, output, what,
			     scratch(ctx, off), joined, len))
		return lose(ctx, KPS_LEDGER_OUTPUT);
	/* The time is behind those of all records that are read before this one. */
	if (what->has_stacks)
		kps_stacks_use(program->stacks, what->fields, what->nr_fields,
			       scratch(ctx, off), ktime_get_mono_fast_ns());
	return 0;
}

HELPER(output, .cost = 500)
{
	return write_record(CTX, r2, r3, NULL, 0);
}

/* One more string of argv[]. Return: the new length, or -EFAULT. */
static int __kprobes join_one(char *text, u32 len, unsigned long addr,
			      u64 separator, bool first)
{
	u32 size = first ? 0 : strnlen((const char *)&separator,
				       sizeof(separator));
	int added;

	/* read_str() wants room for a NUL at least. */
	if (len + size >= KPS_MAX_JOIN)
		return len;
	memcpy(text + len, &separator, size);
	len += size;
	added = read_str(NULL, text + len, KPS_MAX_JOIN - len, addr);
	return added < 0 ? added : len + added;
}

HELPER(join, .cost = 4000)
{
	char *text = this_cpu_ptr(rooms)->joined[kps_context()];
	struct kps_ctx *ctx = CTX;
	int len = 0, next;
	u32 i;

	for (i = 0; i < KPS_MAX_JOIN_ARGS; i++) {
		unsigned long arg = 0;

		if (read_memory(&arg, r4 + i * sizeof(arg), sizeof(arg)))
			return fault(ctx, 0);
		if (!arg)
			break;
		next = join_one(text, len, arg, r5, !i);
		if (next < 0) {
			fault(ctx, 0);
			break;
		}
		len = next;
	}
	return write_record(ctx, r2, r3, text, len);
}

HELPER(map_update, .nests = true, .cost = 100)
{
	struct kps_ctx *ctx = CTX;
	const struct kps_map *map = ctx->program->maps[r2];

	if (kps_table_update(ctx->row->tables[r2], map, scratch(ctx, r3), r4))
		return lose(ctx, KPS_LEDGER_OVERFLOW);
	return 0;
}

/* Of the set in use now: what is counted meanwhile on other CPUs may be in it or not. */
HELPER(aggregate, .looks = true, .cost = 50)
{
	struct kps_ctx *ctx = CTX;
	u64 sum;

	kps_set_sum(rcu_dereference_raw(ctx->program->set), ctx->program->maps[r2],
		    scratch(ctx, r3), -1, NULL, &sum);
	return sum;
}

HELPER(tables_add, .nests = true, .cost = 120)
{
	struct kps_ctx *ctx = CTX;
	int err = kps_table_count(ctx->row->tables[r2], ctx->program->maps[r2],
				  scratch(ctx, r3), r4);

	if (!err)
		return 0;
	return lose(ctx, err == -EBUSY ? KPS_LEDGER_BUSY : KPS_LEDGER_OVERFLOW);
}

HELPER(tables_have, .looks = true, .cost = 50)
{
	return kps_set_has(rcu_dereference_raw(CTX->program->set),
			   CTX->program->maps[r2], scratch(CTX, r3), nr_cpu_ids);
}

HELPER(tables_delete, .looks = true, .cost = 50)
{
	return kps_set_delete(rcu_dereference_raw(CTX->program->set),
			      CTX->program->maps[r2], scratch(CTX, r3));
}

HELPER(tables_len, .burns = true, .cost = 50)
{
	return kps_tables_len(CTX, CTX->program->maps[r2]);
}

static u64 values_result(struct kps_ctx *ctx, int result)
{
	if (result == -ENOSPC)
		return lose(ctx, KPS_LEDGER_OVERFLOW);
	if (result == -EBUSY)
		return lose(ctx, KPS_LEDGER_BUSY);
	return result;
}

HELPER(map_set, .cost = 150)
{
	struct kps_ctx *ctx = CTX;
	const struct kps_map *map = ctx->program->maps[r2];

	return values_result(ctx, kps_values_set(map->values, scratch(ctx, r3),
						 scratch(ctx, r4)));
}

HELPER(map_get, .cost = 100)
{
	struct kps_ctx *ctx = CTX;
	const struct kps_map *map = ctx->program->maps[r2];
	void *out = scratch(ctx, r4);
	int found;

	found = kps_values_get(map->values, scratch(ctx, r3), out);
	if (found != 1)
		memset(out, 0, map->value_size);
	else if (map->has_stack_values)
		kps_stacks_use(ctx->program->stacks, map->value, map->nr_value,
			       out, 0);
	return values_result(ctx, found);
}

HELPER(map_add, .cost = 150)
{
	struct kps_ctx *ctx = CTX;
	const struct kps_map *map = ctx->program->maps[r2];
	u64 sum = 0;

	values_result(ctx, kps_values_add(map->values, scratch(ctx, r3), r4,
					  &sum));
	return sum;
}

HELPER(map_len, .cost = 5)
{
	return kps_values_count(CTX->program->maps[r2]->values);
}

HELPER(stack_len, .takes_stack = true, .cost = 10)
{
	const unsigned long *ips;

	return kps_stacks_get(CTX->program->stacks, r2, &ips);
}

HELPER(map_delete, .cost = 150)
{
	struct kps_ctx *ctx = CTX;
	const struct kps_map *map = ctx->program->maps[r2];

	return values_result(ctx, kps_values_delete(map->values,
						    scratch(ctx, r3)));
}

HELPER(loop, .burns = true, .cost = 20)
{
	return kps_block_loop(CTX, &CTX->program->blocks[r2]);
}

HELPER(each, .burns = true, .cost = 50)
{
	return kps_block_each(CTX, &CTX->program->blocks[r5],
			      CTX->program->maps[r2], scratch(CTX, r3),
			      scratch(CTX, r4));
}

#define ROW(NAME, name, ...)						\
	[KPS_FN_##NAME] = { #name, kps_fn_##name, { __VA_ARGS__ },	\
			    &kps_traits_##name },

const struct kps_helper kps_helpers[__KPS_FN_NR] = {
	KPS_HELPERS(ROW)
};

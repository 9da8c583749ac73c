/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * kpstat: the whole contract between kpstat.ko and user space.
 *
 * Generic netlink family "kpstat", version 1, initial network namespace only,
 * CAP_SYS_ADMIN or CAP_PERFMON in the initial user namespace for every command.
 * SHOW, READ, OUTPUT, RESET, ENABLE, DISABLE and UNLOAD are for the user who loaded
 * the program, and for CAP_SYS_ADMIN.
 * All integers are in host byte order.  Strings are NUL-terminated.
 *
 * Commands
 * --------
 * KPS_CMD_STATUS   do: [KPS_A_PID] -> one reply: KPS_A_VERSION .. KPS_A_MEMORY_MAX,
 *                  and for a process of the sender's namespace, the number that
 *                  programs have of it: KPS_A_PID, 0 if there is none.
 *                  KPS_A_WAKER without a value says that LOAD takes it
 *
 * KPS_CMD_LOAD     do: KPS_A_NAME, KPS_A_SOURCE, [KPS_A_FLAGS],
 *                  [KPS_A_STACK_ENTRIES], then in this order, each repeated:
 *                  KPS_A_ENUM, KPS_A_MAP, KPS_A_OUTPUT, KPS_A_BLOCK, KPS_A_PROBE.
 *                  Enums, maps, outputs, blocks and probes are numbered from 0 in
 *                  the order in which they stand.  With outputs KPS_A_BUFFER says how
 *                  many bytes of records each CPU keeps until they are read,
 *                  and KPS_A_WAKER names an eventfd that is signalled when there
 *                  is something to read: once after LOAD, and once after the
 *                  end of each OUTPUT; and when the program is unloaded.
 *                  KPS_A_CPU_BUDGET: what its handlers may take of a CPU.
 *                  Everything is checked, attached and made live as one; a
 *                  failure undoes all of it.  With KPS_F_OWNED the program is
 *                  unloaded when the sending socket closes.  With KPS_F_ACTS the
 *                  module does what outputs with a KPS_OUTPUT_A_ACT stand for, and
 *                  no record is written for them.
 *
 * KPS_CMD_UNLOAD | ENABLE | DISABLE
 *                  do: KPS_A_NAME.  When DISABLE and UNLOAD return, no handler
 *                  of the program runs any more.  Probes of the provider
 *                  "special" fire in between: begin, before the others are
 *                  attached, and end, after they are detached.
 *                  DISABLE takes KPS_A_FLAGS: KPS_F_HALT.  The probes stay attached
 *                  then, to be detached by UNLOAD, ENABLE or DISABLE without it,
 *                  which may take long; all else is as said above.
 *
 * LOAD, UNLOAD, ENABLE and DISABLE can also be sent as a dump: one message without
 * attributes is the answer, and the change is made when the sender receives what
 * follows.  The kernel holds a lock of all generic netlink families while a "do" is
 * done; what may take long had better not be done under it.
 *
 * KPS_CMD_RESET    do: KPS_A_NAME, [KPS_A_MAP_NAME], [KPS_A_FLAGS: KPS_F_ZERO].
 *                  Empties every map and zeroes the ledger; with a map's name
 *                  only that map is emptied.  KPS_F_ZERO: its keys stay, with
 *                  values of zero.
 *
 * KPS_CMD_PROGRAMS dump: [KPS_A_NAME] -> one message per program: KPS_A_NAME,
 *                  KPS_A_FLAGS, KPS_A_MEMORY, KPS_A_AGE_NS, KPS_A_NR_PROBES,
 *                  KPS_A_NR_MAPS, the sum of its KPS_A_LEDGER,
 *                  KPS_A_CPU_BUDGET, KPS_A_CPU_PERMILLE, KPS_A_SILENT_NS, and
 *                  KPS_A_STOPPED or KPS_A_EXITED if it was, or has.
 *
 * KPS_CMD_SHOW     dump: KPS_A_NAME -> first the program as in PROGRAMS plus
 *                  KPS_A_SOURCE, then one message per map (KPS_A_MAP), then one
 *                  per output (KPS_A_OUTPUT, as LOAD had it), then one
 *                  per probe (KPS_A_PROBE with KPS_PROBE_A_LEDGER and sites).
 *
 * KPS_CMD_READ     dump: KPS_A_NAME, [KPS_A_MAP_NAME], [KPS_A_FLAGS: KPS_F_RESET,
 *                  and with it KPS_F_ZERO].  -> for each map a message with KPS_A_MAP (its
 *                  description), followed by messages that carry KPS_A_ENTRY,
 *                  repeated.  CPUs are merged; entries come sorted by value,
 *                  ascending.  All maps named are taken at one point, before
 *                  the first message is sent; with KPS_F_RESET that point ends
 *                  one interval and starts the next, and no event is counted
 *                  in both or in neither.  KPS_F_ZERO: the keys stay, as with
 *                  RESET; a map of plain values must hold numbers.
 *
 * KPS_CMD_OUTPUT   dump: KPS_A_NAME -> messages that carry KPS_A_RECORD,
 *                  repeated: what the program's outputs wrote before the
 *                  command, oldest first over all CPUs, and KPS_A_LOST.  What
 *                  was sent is gone from the buffer.  One reader at a time.
 *
 * KPS_CMD_EVENTS   dump: -> one message per event of the kernel-side providers
 *                  (conntrack): KPS_A_EVENT with its fields.
 *
 * KPS_CMD_STOPPED  sent to the multicast group "stopped": KPS_A_NAME,
 *                  KPS_A_STOPPED.  A program whose handlers took more of a CPU
 *                  than its budget has been disabled, with its data kept;
 *                  ENABLE starts it again.
 *
 * Errors come as a negative errno with a sentence in the extended ack.  While
 * the kernel is locked down for confidentiality LOAD, ENABLE, READ and OUTPUT
 * are refused with -EPERM.
 *
 * Programs of a probe
 * -------------------
 * KPS_PROBE_A_INSNS is an array of struct bpf_insn (RFC 9669).  R1 = CTX, a
 * struct kps_frame.  The verifier accepts: at most KPS_MAX_INSNS instructions;
 * forward jumps only; loads from the frame and scratch at constant offsets; stores to
 * scratch at constant offsets; calls of enum kps_fn; MOV, ALU and
 * compare on scalars; CTX may only be copied with a 64-bit MOV, loaded from,
 * stored to and passed as R1 of a call.  No R10, no atomics, no division by a
 * register (KPS_FN_DIV), no division by a constant 0.  Arguments marked CONST
 * below must be known constants at load time.  R0 at exit: 0 = the filter
 * rejected the event, anything else = the event was recorded.
 *
 * What a loop repeats is a block: instructions of their own (KPS_A_BLOCK), under the
 * same rules, that KPS_FN_LOOP and KPS_FN_EACH call.  A block begins with R1 = CTX, and
 * may read what of scratch was written at every call of it; what it writes is written
 * for its own next round, not for its caller.  R0 at exit: enum kps_block_end.  All calls
 * of one block are made by one probe; a block calls only blocks of a higher number, at
 * most KPS_MAX_BLOCK_DEPTH deep.  An event has KPS_MAX_FUEL, and each round burns what
 * the verifier reckons that it costs; when that is gone the loop ends, and the event is
 * FUEL in the ledger.  BEGIN, END and interval have KPS_MAX_TASK_FUEL: if they loop they
 * run in a task, which others may interrupt between two rounds.
 */
#ifndef _UAPI_LINUX_KPSTAT_H
#define _UAPI_LINUX_KPSTAT_H

#include <linux/types.h>

#define KPS_GENL_NAME		"kpstat"
#define KPS_GENL_VERSION	1
#define KPS_GENL_STOPPED	"stopped"	/* multicast group */

/* Limits; a load that exceeds one is refused. */
#define KPS_NAME_MAX		64	/* program and map names, with the NUL */
#define KPS_MAX_PROGRAMS	1024	/* loaded at once */
#define KPS_TARGET_MAX		192	/* one probe's target, with the NUL */
#define KPS_SOURCE_MAX		60000	/* bytes of program text */
#define KPS_MAX_INSNS		4096	/* per probe */
#define KPS_MAX_COST		2000000	/* ns of an event, as the verifier reckons */
#define KPS_MAX_FUEL		2000000	/* ns that all loops of an event may take */
#define KPS_MAX_TASK_FUEL	4000000000U /* and those of BEGIN, END and interval */
#define KPS_MAX_BLOCKS		1024	/* per program */
#define KPS_MAX_BLOCK_DEPTH	4	/* loops in loops */
#define KPS_MAX_MAPS		64	/* per program */
#define KPS_MAX_PROBES		512	/* per program */
#define KPS_MAX_SITES		1024	/* per probe */
#define KPS_MAX_ENUMS		64	/* per program */
#define KPS_MAX_KEY_FIELDS	16
#define KPS_MAX_KEY_SIZE	2048	/* bytes */
#define KPS_MAX_VALUE_FIELDS	16	/* of a tuple in a plain value map */
#define KPS_MAX_VALUE_SIZE	2048	/* bytes, of a plain value map */
#define KPS_MAX_ENTRIES		(1U << 20) /* per map and CPU */
#define KPS_MAX_LHIST_BUCKETS	1000
#define KPS_MAX_HIST_BITS	5
#define KPS_MAX_RECORD		4032	/* bytes that an output's fields take; longer ones are lost */
#define KPS_MAX_STACK_DEPTH	127
#define KPS_MAX_STACK_ENTRIES	(1U << 16)
#define KPS_MAX_STR		2048	/* bytes, of one string in scratch */
#define KPS_MAX_OUTPUTS		256	/* per program */
#define KPS_MAX_OUTPUT_FIELDS	32
#define KPS_MAX_BUFFER		(64U << 20) /* bytes of records, per CPU */
#define KPS_MAX_JOIN_ARGS	16
#define KPS_MAX_JOIN		2048	/* bytes of text that one JOIN can take */
#define KPS_SHAPE_MAX		4096	/* a map's KEY_SHAPE or VALUE_SHAPE, with the NUL */
#define KPS_OUTPUT_TEXT_MAX	32768	/* an output's TEXT, with the NUL */

enum kps_cmd {
	KPS_CMD_UNSPEC,
	KPS_CMD_STATUS,
	KPS_CMD_LOAD,
	KPS_CMD_UNLOAD,
	KPS_CMD_ENABLE,
	KPS_CMD_DISABLE,
	KPS_CMD_RESET,
	KPS_CMD_PROGRAMS,
	KPS_CMD_SHOW,
	KPS_CMD_READ,
	KPS_CMD_EVENTS,
	KPS_CMD_OUTPUT,
	KPS_CMD_STOPPED,
	__KPS_CMD_MAX,
};
#define KPS_CMD_MAX (__KPS_CMD_MAX - 1)

enum kps_attr {
	KPS_A_UNSPEC,
	KPS_A_NAME,		/* string: program */
	KPS_A_SOURCE,		/* string: program text, kept for people */
	KPS_A_FLAGS,		/* u32: enum kps_flags */
	KPS_A_STACK_ENTRIES,	/* u32: distinct stacks kept, rounded up to a power of
				 * two; 0: no stack table.  Also in PROGRAMS, SHOW
				 */
	KPS_A_ENUM,		/* nest: KPS_ENUM_A_* */
	KPS_A_MAP,		/* nest: KPS_MAP_A_* */
	KPS_A_PROBE,		/* nest: KPS_PROBE_A_* */
	KPS_A_MAP_NAME,		/* string: with its '@' */
	KPS_A_ENTRY,		/* nest: KPS_ENTRY_A_* */
	KPS_A_EVENT,		/* nest: KPS_EVENT_A_* */
	KPS_A_LEDGER,		/* binary: u64[KPS_LEDGER_NR] */
	KPS_A_MEMORY,		/* u64: bytes held */
	KPS_A_AGE_NS,		/* u64: since it was loaded */
	KPS_A_NR_PROBES,	/* u32 */
	KPS_A_NR_MAPS,		/* u32 */
	KPS_A_VERSION,		/* string: of the module */
	KPS_A_KERNEL,		/* string: release */
	KPS_A_ENGINE,		/* string: "jit" or "interpreter" */
	KPS_A_NR_PROGRAMS,	/* u32 */
	KPS_A_NR_CPUS,		/* u32: that have tables: were online once */
	KPS_A_MEMORY_MAX,	/* u64: bytes that all programs may hold */
	KPS_A_PAD,
	KPS_A_OUTPUT,		/* nest: KPS_OUTPUT_A_* */
	KPS_A_BUFFER,		/* u32: bytes of records that each CPU keeps */
	KPS_A_RECORD,		/* nest: KPS_ENTRY_A_OUTPUT, _TIME, then one per field
				 * of that output, in order, as a key has them
				 */
	KPS_A_LOST,		/* u64: records that found the buffer full, since
				 * the program was loaded.  Also in PROGRAMS, SHOW
				 */
	KPS_A_CPU_BUDGET,	/* u32: percent of a CPU, 0: any; LOAD without it:
				 * the module's parameter cpu_budget
				 */
	KPS_A_CPU_PERMILLE,	/* u32: what its handlers took, in the last second,
				 * of the CPU that they took most of; estimated
				 */
	KPS_A_STOPPED,		/* string: why the guard has stopped it */
	KPS_A_SILENT_NS,	/* u64: for how long kprobes were switched off
				 * while it needed them, to the second
				 */
	KPS_A_PID,		/* u32: STATUS: number of a process */
	KPS_A_STACKS,		/* u32: stacks that are kept now */
	KPS_A_WAKER,		/* u32: number of an eventfd; STATUS: flag */
	KPS_A_BLOCK,		/* binary: struct bpf_insn[], what a loop repeats */
	KPS_A_EXITED,		/* u32: the status that exit() was given; absent if it has
				 * not ended itself
				 */
	__KPS_A_MAX,
};
#define KPS_A_MAX (__KPS_A_MAX - 1)

enum kps_flags {
	KPS_F_OWNED	= 1 << 0, /* goes with the socket that loaded it */
	KPS_F_DISABLED	= 1 << 1, /* not running (LOAD: do not start it) */
	KPS_F_RESET	= 1 << 2, /* READ: empty what was read */
	KPS_F_ZERO	= 1 << 3, /* RESET, READ with KPS_F_RESET: keep the keys of the map */
	KPS_F_HALT	= 1 << 4, /* DISABLE: leave the probes where they are */
	KPS_F_ACTS	= 1 << 5, /* LOAD: the module does what outputs stand for */
};

/* Names for the values of a key field (and, with a program, kept with it). */
enum kps_enum_attr {
	KPS_ENUM_A_UNSPEC,
	KPS_ENUM_A_VALUE,	/* s64, repeated, each followed by its NAME */
	KPS_ENUM_A_NAME,	/* string */
	KPS_ENUM_A_PAD,
	__KPS_ENUM_A_MAX,
};
#define KPS_ENUM_A_MAX (__KPS_ENUM_A_MAX - 1)

/*
 * Kinds of map: the name, whether it is a chart (many numbers that are drawn, and that
 * no clause reads as one), and what a value is.
 */
#define KPS_MAP_KINDS(X)						\
	X(COUNT, count, 0)	/* u64 count */				\
	X(SUM, sum, 0)		/* s64 sum */				\
	X(AVG, avg, 0)		/* u64 count, s64 sum */		\
	X(MIN, min, 0)		/* s64 */				\
	X(MAX, max, 0)		/* s64 */				\
	X(STATS, stats, 0)	/* u64 count, s64 sum */		\
	X(HIST, hist, 1)	/* u64[KPS_HIST_BUCKETS(bits)] */	\
	X(LHIST, lhist, 1)	/* u64[2 + (max - min) / step] : below, .., above */ \
	X(VALUE, value, 0)	/* plain value, shared by all CPUs */

#define KPS_MAP_KIND_ENUMERATOR(upper, name, is_chart) KPS_MAP_##upper,
enum kps_map_kind {
	KPS_MAP_KINDS(KPS_MAP_KIND_ENUMERATOR)
	__KPS_MAP_KIND_NR,
};
#undef KPS_MAP_KIND_ENUMERATOR

#define KPS_MAP_CHART_BIT(upper, name, is_chart) | (is_chart) << KPS_MAP_##upper
static inline int kps_map_is_chart(enum kps_map_kind kind)
{
	return (0 KPS_MAP_KINDS(KPS_MAP_CHART_BIT)) >> kind & 1;
}
#undef KPS_MAP_CHART_BIT

enum kps_map_attr {
	KPS_MAP_A_UNSPEC,
	KPS_MAP_A_NAME,		/* string: with its '@' */
	KPS_MAP_A_KIND,		/* u32: enum kps_map_kind */
	KPS_MAP_A_MAX_ENTRIES,	/* u32: keys per CPU (VALUE: in all); 1 if no key */
	KPS_MAP_A_KEY,		/* binary: struct kps_field[], absent if no key */
	KPS_MAP_A_VALUE,	/* binary: struct kps_field[]: type of a VALUE map,
				 * several for a tuple; of others only one
				 * KPS_T_INT, whose sign matters
				 */
	KPS_MAP_A_LHIST,	/* binary: struct kps_lhist */
	KPS_MAP_A_NR_ENTRIES,	/* u32, READ: entries that follow */
	KPS_MAP_A_MEMORY,	/* u64, SHOW, READ: bytes held */
	KPS_MAP_A_OVERFLOW,	/* u64, SHOW, READ: updates lost, no slot left */
	KPS_MAP_A_PAD,
	KPS_MAP_A_KEY_SHAPE,	/* string: what the fields are together, for who prints */
	KPS_MAP_A_VALUE_SHAPE,	/* them: kept with the map, and not looked at */
	KPS_MAP_A_FLAGS,	/* u32: KPS_MAP_F_* */
	KPS_MAP_A_BITS,		/* u32: of a HIST, see KPS_HIST_BUCKETS */
	__KPS_MAP_A_MAX,
};
#define KPS_MAP_A_MAX (__KPS_MAP_A_MAX - 1)

/* Clauses take single keys out of an aggregation: TABLES_ADD adds to it, not MAP_UPDATE. */
#define KPS_MAP_F_FORGETS	1

/*
 * Types of key fields and values.  A key is the concatenation of its fields,
 * each padded to a multiple of 8 bytes; strings are padded with zeros.
 */
enum kps_type {
	KPS_T_INT,		/* 8 bytes; KPS_FIELD_SIGNED */
	KPS_T_STR,		/* size bytes, a multiple of 8 */
	KPS_T_KSYM,		/* 8 bytes: a kernel address, printed as its symbol */
	KPS_T_PROBE,		/* 8 bytes: kps_frame.site, printed as the probe */
	KPS_T_KSTACK,		/* 8 bytes: id that KPS_FN_KSTACK gave */
	KPS_T_INET,		/* 24 bytes: u64 AF_INET or AF_INET6, 16 bytes address */
	KPS_T_ENUM,		/* 8 bytes; .more is the enum of its values */
	KPS_T_ADDR,		/* 8 bytes: printed in hex */
	KPS_T_USTACK,		/* 16 bytes: id that KPS_FN_USTACK gave, u64 tgid;
				 * text: "TGID" and a line per frame, in hex
				 */
	KPS_T_USYM,		/* 16 bytes: user address, u64 tgid; text: "TGID" and
				 * the address in hex on the next line
				 */
	KPS_T_MAC,		/* 8 bytes, of which six: 0A:1B:.. */
	KPS_T_BUF,		/* size bytes: u64 length, then as many bytes, which
				 * are sent as they are; in debugfs as text: what is not
				 * printable ASCII as \xNN
				 */
	KPS_T_CGROUP,		/* 8 bytes: id of a cgroup; sent as INT */
	KPS_T_JOIN,		/* size 8: text that KPS_FN_JOIN adds at the end of
				 * a record; the last field of its output, with no
				 * bytes in scratch
				 */
	KPS_T_USER,		/* 8 bytes: number of a user; sent as INT */
	KPS_T_FUNCTION,		/* 8 bytes: kps_frame.site, of a place in a file,
				 * printed as the name of its function
				 */
	__KPS_T_NR,
};

#define KPS_FIELD_SIGNED	(1 << 0)
#define KPS_FIELD_BITS		(1 << 1) /* KPS_T_ENUM: names are of bits, "A|B" */
#define KPS_FIELD_BOOL		(1 << 2) /* KPS_T_ENUM: of true and false */
#define KPS_FIELD_RAW		(1 << 3) /* stacks: addresses and no names */
#define KPS_FIELD_PERF		(1 << 7) /* stacks: an address before each name */
#define KPS_FIELD_BUILD_ID	(1 << 11) /* KPS_T_USTACK: places in files, by build id */
/*
 * Tuples: how many begin with this field, and how many end. Of a key's fields those
 * between commas are no tuple by themselves.
 */
#define KPS_FIELD_TUPLES	7
#define KPS_FIELD_OPENS_SHIFT	4
#define KPS_FIELD_CLOSES_SHIFT	8

static inline __u32 kps_field_opens(__u16 flags)
{
	return flags >> KPS_FIELD_OPENS_SHIFT & KPS_FIELD_TUPLES;
}

static inline __u32 kps_field_closes(__u16 flags)
{
	return flags >> KPS_FIELD_CLOSES_SHIFT & KPS_FIELD_TUPLES;
}

struct kps_field {
	__u16 type;		/* enum kps_type */
	__u16 size;		/* bytes in the key, a multiple of 8 */
	__u16 flags;		/* KPS_FIELD_* */
	__u16 more;		/* KPS_T_ENUM: which one; KPS_T_STR: the bytes that there was
				 * room for: one that has as many was cut; 0: it was not
				 */
};

struct kps_lhist {
	__s64 min;
	__s64 max;
	__s64 step;
};

/*
 * From min to max, which is more, by step, which is more than 0; the last may be
 * cut.  Buckets are those, one below and one above.  Nothing is added to the
 * range: it may be nearly 2^64.
 */
static inline __u64 kps_lhist_steps(const struct kps_lhist *lhist)
{
	return ((__u64)lhist->max - (__u64)lhist->min - 1) /
	       (__u64)lhist->step + 1;
}

/*
 * Buckets of a histogram: below 0; then one for each number below 2^bits; then 2^bits for
 * each power of two.  Without bits: <0, 0, 1, [2,4) .. [2^62,2^63).
 */
#define KPS_HIST_BUCKETS(bits) (((64U - (bits)) << (bits)) + 1)

/* The least number in a bucket but the first one, and what is too much for the one before. */
static inline __u64 kps_hist_from(__u32 bucket, __u32 bits)
{
	__u64 part = (bucket - 1) & ((1U << bits) - 1);
	__u32 octave = (bucket - 1) >> bits;

	return octave ? (part + (1U << bits)) << (octave - 1) : part;
}

enum kps_probe_attr {
	KPS_PROBE_A_UNSPEC,
	KPS_PROBE_A_NAME,	/* string: as the user wrote it, with globs */
	KPS_PROBE_A_PROVIDER,	/* string: "kprobe" .. */
	KPS_PROBE_A_TARGET,	/* string, repeated: one site each.
				 * kprobe, kretprobe, fentry, fexit:
				 *	[MODULE:]SYMBOL[+OFFSET]
				 * tracepoint: SYSTEM:EVENT
				 * rawtracepoint: EVENT
				 * conntrack: new | destroy | full
				 * interval: NANOSECONDS, on one CPU
				 * profile: NANOSECONDS, or "hz" FREQUENCY, on all
				 * software, hardware: EVENT COUNT, a number
				 *	of perf's, and how many make one event
				 * watchpoint: 0xADDRESS LENGTH TYPE, which is
				 *	HW_BREAKPOINT_R, _W, _X, or'ed
				 * program: begin | end
				 * uprobe, uretprobe: PATH:SYMBOL[+OFFSET], and
				 * usdt: PATH:PROVIDER:NAME, in words;
				 * KPS_PROBE_A_PLACES says where
				 */
	KPS_PROBE_A_EVENT_ID,	/* u32: tracepoint, the event's id file */
	KPS_PROBE_A_INSNS,	/* binary: struct bpf_insn[] */
	KPS_PROBE_A_FLAGS,	/* u32: enum kps_probe_flags */
	KPS_PROBE_A_MAXACTIVE,	/* u32: kretprobe instances per site; 0: default */
	KPS_PROBE_A_LEDGER,	/* SHOW. binary: u64[KPS_LEDGER_NR] */
	KPS_PROBE_A_SITE,	/* SHOW. nest, repeated: KPS_SITE_A_* */
	KPS_PROBE_A_PAD,
	KPS_PROBE_A_ADDRESSES,	/* binary: u64[], one for each target, 0: not
				 * known. kprobe, kretprobe: where the symbol is.
				 * Saves looking for it; if it is not there, it
				 * is looked for.
				 */
	KPS_PROBE_A_FAULTS,	/* SHOW. binary: struct kps_fault_line[], lines in
				 * order; their sum is the ledger's FAULT
				 */
	KPS_PROBE_A_PLACES,	/* binary: struct kps_place[], one for each target:
				 * uprobe, uretprobe, usdt
				 */
	__KPS_PROBE_A_MAX,
};
#define KPS_PROBE_A_MAX (__KPS_PROBE_A_MAX - 1)

/* Code in a file, wherever that is mapped. */
struct kps_place {
	__s32 fd;		/* of the sender: a regular file, open for reading */
	__u32 pad;		/* 0 */
	__u64 offset;		/* in the file, of an instruction */
	__u64 counter;		/* in the file, of the 16 bits that are counted up in
				 * each process for as long as a probe is there; 0: none
				 */
};

enum kps_probe_flags {
	/* A target that cannot be attached is listed as failed, not fatal
	 * (globs, lists), as long as one of the program can.
	 */
	KPS_PROBE_F_LENIENT	= 1 << 0,
	/* kprobe: by a kprobe, even where ftrace could do it. */
	KPS_PROBE_F_KPROBE	= 1 << 1,
	/* tracepoint: by perf, even where its own handler could do it. */
	KPS_PROBE_F_PERF	= 1 << 2,
};

enum kps_site_attr {
	KPS_SITE_A_UNSPEC,
	KPS_SITE_A_TARGET,	/* string */
	KPS_SITE_A_STATE,	/* string: "attached", "pending", "failed" .. */
	KPS_SITE_A_HOW,		/* string: "ftrace", "kprobe", "int3", "perf" .. */
	KPS_SITE_A_ERROR,	/* s32: why it failed, negative errno */
	KPS_SITE_A_MISSED,	/* u64 */
	KPS_SITE_A_PAD,
	KPS_SITE_A_WHY,		/* string: why not in the way that costs least */
	__KPS_SITE_A_MAX,
};
#define KPS_SITE_A_MAX (__KPS_SITE_A_MAX - 1)

/*
 * Where every event of a probe went:
 *	HITS = RECORDED + FILTERED + OVERFLOW + FAULT + BUSY + RECURSION +
 *	       OUTPUT + STACK + FUEL + MISSED
 * exactly, whenever no handler is running (after DISABLE; in a reading of a
 * running program at most one event per CPU is under way).
 */
enum kps_ledger_kind {
	KPS_LEDGER_IS_ALL,	/* the sum of the others */
	KPS_LEDGER_IS_SEEN,	/* it was served in full */
	KPS_LEDGER_IS_PART,	/* this action of the clause was not done, the others were */
	KPS_LEDGER_IS_LOST,	/* nothing was done */
};

/*
 * All columns, in their order: the name, what kind it is of, and what it means, as
 * kpctl says it of losses.  The event that lost several of its actions is counted
 * once: a fault names it before an overflow does.
 */
#define KPS_LEDGER_COLUMNS(X)						\
	X(HITS, hits, ALL, "the event happened")			\
	X(RECORDED, recorded, SEEN, "all actions of the clause were done") \
	X(FILTERED, filtered, SEEN, "the clause's filter said no")	\
	X(OVERFLOW, overflow, PART, "map full (see --max-keys)")	\
	X(FAULT, fault, PART,						\
	  "memory could not be read and was taken for zeros, as at a NULL pointer") \
	X(BUSY, busy, PART, "map locked below an NMI")			\
	X(RECURSION, recursion, LOST, "inside of kpstat itself")	\
	X(OUTPUT, output, PART, "output buffer full (see --buffer)")	\
	X(STACK, stack, PART, "no room for its stack (see --max-stacks)") \
	X(FUEL, fuel, PART, "a loop was ended: it ran for longer than an event may") \
	X(MISSED, missed, LOST, "could not be delivered")

#define KPS_LEDGER_ENUMERATOR(upper, name, kind, meaning) KPS_LEDGER_##upper,
enum kps_ledger {
	KPS_LEDGER_COLUMNS(KPS_LEDGER_ENUMERATOR)
	KPS_LEDGER_NR,
};
#undef KPS_LEDGER_ENUMERATOR

/* Events that are faults by the first line whose reading failed; 0: any other. */
struct kps_fault_line {
	__u32 line;
	__u32 pad;
	__u64 nr;
};

enum kps_entry_attr {
	KPS_ENTRY_A_UNSPEC,
	KPS_ENTRY_A_KEY,	/* nest: one of the following per field, in order */
	KPS_ENTRY_A_INT,	/* u64; signed if its field says so */
	KPS_ENTRY_A_STR,	/* string: text of any other type but two, see below.  A stack's frames
				 * are separated by newlines, innermost first
				 */
	KPS_ENTRY_A_VALUE,	/* binary: u64[], see enum kps_map_kind; of a VALUE
				 * map a nest like KEY, KPS_ENTRY_A_PLAIN, instead
				 */
	KPS_ENTRY_A_PLAIN,	/* nest: one like those of a KEY, several of a tuple */
	KPS_ENTRY_A_PAD,
	KPS_ENTRY_A_OUTPUT,	/* u32, of a record: number of its output */
	KPS_ENTRY_A_TIME,	/* u64, of a record: CLOCK_MONOTONIC, ns */
	KPS_ENTRY_A_NAMED,	/* binary: u64, then its name, a string: KPS_T_ENUM */
	KPS_ENTRY_A_BYTES,	/* binary: those of a KPS_T_BUF */
	__KPS_ENTRY_A_MAX,
};
#define KPS_ENTRY_A_MAX (__KPS_ENTRY_A_MAX - 1)

/* What a clause may write into the output buffer. */
enum kps_output_attr {
	KPS_OUTPUT_A_UNSPEC,
	KPS_OUTPUT_A_FIELDS,	/* binary: struct kps_field[], absent if none */
	KPS_OUTPUT_A_ACT,	/* u32: enum kps_act, see KPS_F_ACTS */
	KPS_OUTPUT_A_MAP,	/* u32: number of the map that an act empties */
	KPS_OUTPUT_A_TEXT,	/* string: what its records are for, for who prints them;
				 * kept with the output, and not looked at
				 */
	__KPS_OUTPUT_A_MAX,
};
#define KPS_OUTPUT_A_MAX (__KPS_OUTPUT_A_MAX - 1)

/* What the module does when a clause comes to an output. */
enum kps_act {
	KPS_ACT_NONE,		/* it writes a record */
	KPS_ACT_CLEAR,		/* empties a map; a moment later */
	KPS_ACT_ZERO,		/* likewise, and its keys stay */
	KPS_ACT_EXIT,		/* ends the program, there and then: it is disabled. Its
				 * field, if it has one, is KPS_T_INT: a status
				 */
	__KPS_ACT_NR,
};

/* An event of a provider whose fields the kernel side defines. */
enum kps_event_attr {
	KPS_EVENT_A_UNSPEC,
	KPS_EVENT_A_NAME,	/* string: "conntrack:new" */
	KPS_EVENT_A_FIELD,	/* nest, repeated: KPS_RFIELD_A_* */
	__KPS_EVENT_A_MAX,
};
#define KPS_EVENT_A_MAX (__KPS_EVENT_A_MAX - 1)

enum kps_rfield_attr {
	KPS_RFIELD_A_UNSPEC,
	KPS_RFIELD_A_NAME,	/* string: as in args.NAME */
	KPS_RFIELD_A_OFFSET,	/* u32: in the record */
	KPS_RFIELD_A_SIZE,	/* u32: bytes */
	KPS_RFIELD_A_TYPE,	/* u32: KPS_T_INT, KPS_T_INET (24 bytes as in a key,
				 * ready to be copied) or KPS_T_ENUM
				 */
	KPS_RFIELD_A_SIGNED,	/* flag */
	KPS_RFIELD_A_ENUM,	/* nest: KPS_ENUM_A_* */
	__KPS_RFIELD_A_MAX,
};
#define KPS_RFIELD_A_MAX (__KPS_RFIELD_A_MAX - 1)

/*
 * What a program sees through CTX: the frame, which is read-only, and behind it as many
 * bytes of scratch, which must be written before they are read.
 */
#define KPS_NR_ARGS		6
#define KPS_SCRATCH_SIZE	8192

struct kps_frame {
	__u64 ip;		/* probed address (k*probe, u*probe), else 0 */
	__u64 site;		/* its number, for KPS_T_PROBE */
	__u64 retval;		/* kretprobe, fexit, uretprobe */
	__u64 duration;		/* the same: ns since entry */
	__u64 arg[KPS_NR_ARGS];	/* kprobe, fentry, uprobe at a function's entry; fexit:
				 * as they were there
				 */
};

/* Where scratch begins; its offsets are multiples of 8, and so is this. */
#define KPS_SCRATCH		sizeof(struct kps_frame)

/* What a helper takes in R2 .. R5. */
enum kps_arg {
	KPS_ARG_NONE,
	KPS_ARG_ANY,		/* a scalar */
	KPS_ARG_MAP,		/* const: an aggregating map that forgets no key */
	KPS_ARG_VMAP,		/* const: a plain value map */
	KPS_ARG_NUMBER_MAP,	/* const: a plain value map of one integer */
	KPS_ARG_KEY,		/* const: scratch offset of the map's key, read */
	KPS_ARG_VALUE,		/* const: scratch offset of the map's value, read */
	KPS_ARG_MAP_OUT,	/* const: scratch offset, map's value written */
	KPS_ARG_OUT,		/* const: scratch offset, length bytes written */
	KPS_ARG_LEN,		/* const: bytes that ARG_OUT writes, padded to 8; and
				 * a line of the text
				 */
	KPS_ARG_COMM_OUT,	/* const: scratch offset, TASK_COMM_LEN written */
	KPS_ARG_SIZE,		/* const: 1, 2, 4, 8, or'ed with KPS_SIGNED; and a
				 * line of the text
				 */
	KPS_ARG_RECORD,		/* const: offset in the record */
	KPS_ARG_RECORD_LEN,	/* const: bytes there */
	KPS_ARG_RECORD_STR,	/* const: bytes there, or'ed with KPS_DATA_LOC */
	KPS_ARG_DEPTH,		/* const: frames of a stack */
	KPS_ARG_STACK_OUT,	/* const: scratch offset, 16 bytes written */
	KPS_ARG_OUTPUT,		/* const: an output */
	KPS_ARG_JOIN_OUTPUT,	/* const: an output that ends with joined text */
	KPS_ARG_FIELDS,		/* const: scratch offset of its fields, read */
	KPS_ARG_WORD,		/* const: any */
	KPS_ARG_REG,		/* const: offset in struct pt_regs */
	KPS_ARG_CLOCK,		/* const: enum kps_clock */
	KPS_ARG_SUM_MAP,	/* const: an aggregating map of numbers: no histogram */
	KPS_ARG_TABLES,		/* const: an aggregating map */
	KPS_ARG_FORGETFUL,	/* const: one with KPS_MAP_F_FORGETS */
	KPS_ARG_IN,		/* const: scratch offset, length bytes read */
	KPS_ARG_LOOP_MAP,	/* const: a map with keys, whose values are no histogram */
	KPS_ARG_ROUND_KEY,	/* const: scratch offset, key written for each round */
	KPS_ARG_ROUND_VALUE,	/* const: scratch offset, value written for each round */
	KPS_ARG_BLOCK,		/* const: a block */
};

/*
 * Helpers: R0 = fn(R1 = CTX, R2, R3, R4, R5).  'key', 'out', 'val' are CONST
 * offsets into scratch, multiples of 8; 'map' is a CONST map number.  Those
 * that fill 'out' make its bytes initialised.  A fault, a full table or a
 * lock that could not be had is noted in the ledger by the helper itself,
 * which then returns a negative number (RECORD and READ: 0) and leaves zeros in
 * 'out'.  The clause goes on: what it began it must be able to end.
 *
 *   PID_TGID       () -> tgid << 32 | pid
 *   UID_GID        () -> gid << 32 | uid
 *   COMM           (out): 16 bytes, zero-padded
 *   CPU            () -> CPU number
 *   NSECS          () -> CLOCK_MONOTONIC, ns
 *   ELAPSED        () -> ns since the program was loaded
 *   DIV            (a, b) -> a / b unsigned; 0 if b is 0
 *   MOD            (a, b) -> a % b unsigned; a if b is 0
 *   RECORD         (CONST offset, CONST size 1|2|4|8, or'ed with KPS_SIGNED) -> the
 *                  record's field, extended. A field past the record's end is a
 *                  fault.
 *   RECORD_BYTES   (CONST offset, CONST len, out): copies len bytes, zero-padded to a
 *                  multiple of 8
 *   RECORD_STR     (CONST offset, CONST len | KPS_DATA_LOC, CONST size of out, out):
 *                  a string of at most len bytes in the record; with DATA_LOC a
 *                  __data_loc word is at offset.  Zero-padded, always terminated.
 *   STR            (address, CONST size of out, out): a string from kernel or user
 *                  memory, zero-padded, always terminated.
 *   READ           (address, CONST size 1|2|4|8, or'ed with KPS_SIGNED) -> kernel or
 *                  user memory, extended
 *   KSTACK         (CONST depth) -> id for a KPS_T_KSTACK field
 *   MAP_UPDATE     (map, key, value): aggregate; count ignores value.  Any kind but
 *                  VALUE, without KPS_MAP_F_FORGETS
 *   MAP_SET        (map, key, val): VALUE maps
 *   MAP_GET        (map, key, out): fills out with the value, zeros if there is none
 *                  -> 1 found, 0 not
 *   MAP_DELETE     (map, key) -> 1 deleted, 0 there was none
 *   MAP_ADD        (map, key, number) -> the sum, atomically; VALUE maps of one
 *                  KPS_T_INT, a key that is new is 0
 *   OUTPUT         (CONST output, CONST offset in scratch): writes its fields, which
 *                  stand there one after the other
 *   JOIN           (CONST output, CONST offset, address, CONST separator, up to 8
 *                  bytes of text): like OUTPUT, and for the KPS_T_JOIN at its end the
 *                  strings of a NULL-terminated vector in user memory (argv)
 *   BYTES          (address, length, CONST size of out, out): u64 length, at most
 *                  size - 8, then bytes of kernel or user memory, zero-padded
 *   USTACK         (CONST depth, out): fills a KPS_T_USTACK field
 *   REG            (CONST offset in struct pt_regs, a multiple of 8)
 *   CURTASK        () -> address of the task's task_struct
 *   PPID           () -> tgid of the task's parent
 *   RAND           () -> 32 random bits, not for secrets
 *   CGROUP         () -> id of the task's cgroup in the v2 tree
 *   NUMA           () -> the CPU's NUMA node
 *   JIFFIES        () -> jiffies, 64 bits
 *   CLOCK          (CONST enum kps_clock) -> ns
 *   MAP_LEN        (map) -> keys in it now; VALUE maps
 *   STACK_LEN      (id that KSTACK or USTACK gave) -> frames
 *   AGGREGATE      (map, key) -> what all CPUs together have: the count, sum, least,
 *                  greatest or average; 0 if there is no such key
 *   SDIV           (a, b) -> a / b signed, cut towards 0; 0 if b is 0
 *   SMOD           (a, b) -> a % b signed, with the sign of a; a if b is 0
 *   STRLEN         (CONST size, CONST offset of a string in scratch) -> its length
 *   STRSTR         (CONST size, string, CONST size, string) -> where the second one first
 *                  begins in the first, or -1
 *   STRCPY         (CONST size, string, CONST size of out, out): the string, zero-padded
 *                  or cut, always terminated
 *   STRCMP         (CONST size, string, CONST size, string) -> 0 if they are the same
 *   STRBYTE        (CONST size, string, index) -> that byte of it, signed; 0 behind its
 *                  room
 *   USERMODE       () -> 1 if user space was interrupted, else 0
 *   STRN           (address, length, CONST size of out, out): like STR, of less than length
 *                  bytes
 *   RECORD_BUF     (word, length, CONST size of out, out): like BYTES, of what a
 *                  __data_loc word says lies in the record: its offset |
 *                  its length << 16
 *   LOOP           (block): runs it until it says otherwise -> 1 if it said
 *                  KPS_BLOCK_LEAVE, else 0
 *   EACH           (map, key, value, block): runs it once for each key, which is copied
 *                  to 'key', and what it has to 'value': the value of a VALUE map, else
 *                  8 bytes as of AGGREGATE -> like LOOP.  Keys that come meanwhile may
 *                  be among them or not.
 *   TABLES_ADD     (map, key, value): like MAP_UPDATE, of a map with KPS_MAP_F_FORGETS.  An
 *                  NMI may be lost that comes within another event of that map, for a key
 *                  that was deleted
 *   TABLES_HAVE    (map, key) -> 1 if some CPU has the key, else 0
 *   TABLES_DELETE  (map, key) -> the same, and none has it any more.  What is counted
 *                  meanwhile on another CPU is deleted, too, or is what the key has when it
 *                  comes again.  Its room in the tables stays
 *   TABLES_LEN     (map) -> keys that some CPU has, as far as there is fuel
 *
 * X(NAME, name, enum kps_arg of R2, R3 ..): whatever lists helpers is made from this.
 */
#define KPS_HELPERS(X)							\
	X(PID_TGID, pid_tgid)						\
	X(UID_GID, uid_gid)						\
	X(COMM, comm, KPS_ARG_COMM_OUT)					\
	X(CPU, cpu)							\
	X(NSECS, nsecs)							\
	X(ELAPSED, elapsed)						\
	X(DIV, div, KPS_ARG_ANY, KPS_ARG_ANY)				\
	X(MOD, mod, KPS_ARG_ANY, KPS_ARG_ANY)				\
	X(RECORD, record, KPS_ARG_RECORD, KPS_ARG_SIZE)			\
	X(RECORD_BYTES, record_bytes, KPS_ARG_RECORD,			\
	  KPS_ARG_RECORD_LEN, KPS_ARG_OUT)				\
	X(RECORD_STR, record_str, KPS_ARG_RECORD, KPS_ARG_RECORD_STR,	\
	  KPS_ARG_LEN, KPS_ARG_OUT)					\
	X(STR, str, KPS_ARG_ANY, KPS_ARG_LEN, KPS_ARG_OUT)		\
	X(READ, read, KPS_ARG_ANY, KPS_ARG_SIZE)			\
	X(KSTACK, kstack, KPS_ARG_DEPTH)				\
	X(MAP_UPDATE, map_update, KPS_ARG_MAP, KPS_ARG_KEY,		\
	  KPS_ARG_ANY)							\
	X(MAP_SET, map_set, KPS_ARG_VMAP, KPS_ARG_KEY, KPS_ARG_VALUE)	\
	X(MAP_GET, map_get, KPS_ARG_VMAP, KPS_ARG_KEY,			\
	  KPS_ARG_MAP_OUT)						\
	X(MAP_DELETE, map_delete, KPS_ARG_VMAP, KPS_ARG_KEY)		\
	X(MAP_ADD, map_add, KPS_ARG_NUMBER_MAP, KPS_ARG_KEY,		\
	  KPS_ARG_ANY)							\
	X(OUTPUT, output, KPS_ARG_OUTPUT, KPS_ARG_FIELDS)		\
	X(JOIN, join, KPS_ARG_JOIN_OUTPUT, KPS_ARG_FIELDS,		\
	  KPS_ARG_ANY, KPS_ARG_WORD)					\
	X(BYTES, bytes, KPS_ARG_ANY, KPS_ARG_ANY, KPS_ARG_LEN,		\
	  KPS_ARG_OUT)							\
	X(USTACK, ustack, KPS_ARG_DEPTH, KPS_ARG_STACK_OUT)		\
	X(REG, reg, KPS_ARG_REG)					\
	X(CURTASK, curtask)						\
	X(PPID, ppid)							\
	X(RAND, rand)							\
	X(CGROUP, cgroup)						\
	X(NUMA, numa)							\
	X(JIFFIES, jiffies)						\
	X(CLOCK, clock, KPS_ARG_CLOCK)					\
	X(MAP_LEN, map_len, KPS_ARG_VMAP)				\
	X(STACK_LEN, stack_len, KPS_ARG_ANY)				\
	X(RECORD_BUF, record_buf, KPS_ARG_ANY, KPS_ARG_ANY,		\
	  KPS_ARG_LEN, KPS_ARG_OUT)					\
	X(AGGREGATE, aggregate, KPS_ARG_SUM_MAP, KPS_ARG_KEY)		\
	X(SDIV, sdiv, KPS_ARG_ANY, KPS_ARG_ANY)				\
	X(SMOD, smod, KPS_ARG_ANY, KPS_ARG_ANY)				\
	X(STRLEN, strlen, KPS_ARG_LEN, KPS_ARG_IN)			\
	X(STRSTR, strstr, KPS_ARG_LEN, KPS_ARG_IN, KPS_ARG_LEN,		\
	  KPS_ARG_IN)							\
	X(STRCPY, strcpy, KPS_ARG_LEN, KPS_ARG_IN, KPS_ARG_LEN,		\
	  KPS_ARG_OUT)							\
	X(STRCMP, strcmp, KPS_ARG_LEN, KPS_ARG_IN, KPS_ARG_LEN,		\
	  KPS_ARG_IN)							\
	X(STRBYTE, strbyte, KPS_ARG_LEN, KPS_ARG_IN, KPS_ARG_ANY)	\
	X(USERMODE, usermode)						\
	X(STRN, strn, KPS_ARG_ANY, KPS_ARG_ANY, KPS_ARG_LEN, KPS_ARG_OUT) \
	X(LOOP, loop, KPS_ARG_BLOCK)					\
	X(EACH, each, KPS_ARG_LOOP_MAP, KPS_ARG_ROUND_KEY,		\
	  KPS_ARG_ROUND_VALUE, KPS_ARG_BLOCK)				\
	X(TABLES_ADD, tables_add, KPS_ARG_FORGETFUL, KPS_ARG_KEY,	\
	  KPS_ARG_ANY)							\
	X(TABLES_HAVE, tables_have, KPS_ARG_TABLES, KPS_ARG_KEY)	\
	X(TABLES_DELETE, tables_delete, KPS_ARG_FORGETFUL, KPS_ARG_KEY)	\
	X(TABLES_LEN, tables_len, KPS_ARG_TABLES)

#define KPS_FN_ENUMERATOR(NAME, ...) KPS_FN_##NAME,
enum kps_fn {
	KPS_FN_UNSPEC,
	KPS_HELPERS(KPS_FN_ENUMERATOR)
	__KPS_FN_NR,
};
#undef KPS_FN_ENUMERATOR

/* What a block says at the end of a round. */
enum kps_block_end {
	KPS_BLOCK_NEXT,		/* go on */
	KPS_BLOCK_BREAK,	/* the loop has ended */
	KPS_BLOCK_LEAVE,	/* and so has the clause */
};

enum kps_clock {
	KPS_CLOCK_BOOT,
	KPS_CLOCK_TAI,
	__KPS_CLOCK_NR,
};

#define KPS_SIGNED	(1 << 8)
#define KPS_DATA_LOC	(1 << 16)

/*
 * Or'ed into the CONST size of RECORD, READ, STR, RECORD_STR, BYTES and RECORD_BUF,
 * shifted:
 * a line of the program's text, under which a fault there is counted; 0: none.
 */
#define KPS_LINE_SHIFT	16
#define KPS_LINE_MAX	0x7fff

#endif

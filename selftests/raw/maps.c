// SPDX-License-Identifier: GPL-2.0
/*
 * Maps, fed with known values: a read(2) of /dev/zero brings its third argument
 * to vfs_read() as it is, all 64 bits of it, and the clause takes it there.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "raw.h"

#define ARG(n) ((int)offsetof(struct kps_frame, arg) + 8 * (n))

/* R7 = the value, events of other processes are filtered; needs 9 slots. */
#define VALUE_OF_MINE							\
	MOV_REG(R6, R1), LDX(BPF_DW, R7, R1, ARG(2)),			\
	CALL(KPS_FN_PID_TGID), ALU64_IMM(BPF_RSH, R0, 32),		\
	JMP_IMM(BPF_JEQ, R0, getpid(), 2), MOV_IMM(R0, 0), EXIT

#define TARGET "vfs_read"
#define NR(array) (sizeof(array) / sizeof((array)[0]))

static int zero;

static void feed(long long value)
{
	static char byte;

	syscall(SYS_read, zero, &byte, value);
}

static void must(int err, const char *why, const char *what)
{
	if (!err)
		return;
	printf("Bail out! %s: %d, \"%s\"\n", what, err, why);
	exit(1);
}

static void load(struct nl_msg *msg, const struct bpf_insn *insns, size_t nr)
{
	char why[WHY_MAX];

	raw_put_probe(msg, "kprobe", TARGET, insns, nr);
	must(raw_send(msg, why), why, "load");
}

static void unload(void)
{
	must(raw_command(KPS_CMD_UNLOAD, PROGRAM), "", "unload");
}

/* One map without key, to which every value goes. */
static void load_plain_map(enum kps_map_kind kind, const struct kps_lhist *lhist)
{
	const struct bpf_insn insns[] = {
		VALUE_OF_MINE, MOV_REG(R1, R6), MOV_IMM(R2, 0), MOV_IMM(R3, 0),
		MOV_REG(R4, R7), CALL(KPS_FN_MAP_UPDATE), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096);
	struct nlattr *nest = nla_nest_start(msg, KPS_A_MAP);

	nla_put_string(msg, KPS_MAP_A_NAME, "@m");
	nla_put_u32(msg, KPS_MAP_A_KIND, kind);
	if (lhist)
		nla_put(msg, KPS_MAP_A_LHIST, sizeof(*lhist), lhist);
	nla_nest_end(msg, nest);
	load(msg, insns, NR(insns));
}

/* -5, 3, 10, -100: the sum is -92, of 4. */
static const long long some[] = { -5, 3, 10, -100 };

static void check_scalar(const char *name, enum kps_map_kind kind,
			 unsigned int nr, long long first, long long second)
{
	struct raw_entry entry = { 0 };
	size_t i;

	load_plain_map(kind, NULL);
	check(raw_read(PROGRAM, "@m", false, &entry, 1) == 0,
	      "%s: no entry before the first event", name);
	for (i = 0; i < NR(some); i++)
		feed(some[i]);
	raw_read(PROGRAM, "@m", false, &entry, 1);
	check(entry.nr_values == nr && (long long)entry.values[0] == first &&
	      (nr < 2 || (long long)entry.values[1] == second),
	      "%s of -5, 3, 10, -100", name);
	unload();
}

struct edge {
	long long value;
	unsigned int bucket;
};

static const struct edge hist_edges[] = {
	{ LLONG_MIN, 0 }, { -1, 0 }, { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 3 },
	{ 4, 4 }, { 7, 4 }, { 8, 5 }, { 1023, 11 }, { 1024, 12 },
	{ (1LL << 62) - 1, 63 }, { 1LL << 62, 64 }, { LLONG_MAX, 64 },
};

static const struct kps_lhist range = { .min = -10, .max = 25, .step = 10 };

/* Below -10; -10, 0, 10, and 20 to 25; from 25 on. */
static const struct edge lhist_edges[] = {
	{ LLONG_MIN, 0 }, { -11, 0 }, { -10, 1 }, { -1, 1 }, { 0, 2 },
	{ 9, 2 }, { 10, 3 }, { 20, 4 }, { 24, 4 }, { 25, 5 },
	{ LLONG_MAX, 5 },
};

/* As wide as can be: two whole steps, and one with a single number. */
static const struct kps_lhist widest = {
	.min = LLONG_MIN, .max = LLONG_MAX, .step = LLONG_MAX
};

static const struct edge widest_edges[] = {
	{ LLONG_MIN, 1 }, { -2, 1 }, { -1, 2 }, { LLONG_MAX - 2, 2 },
	{ LLONG_MAX - 1, 3 }, { LLONG_MAX, 4 },
};

static void check_edges(const char *name, enum kps_map_kind kind,
			const struct edge *edges, size_t nr,
			const struct kps_lhist *lhist, unsigned int buckets)
{
	struct raw_entry entry;
	size_t i;

	load_plain_map(kind, lhist);
	for (i = 0; i < nr; i++) {
		memset(&entry, 0, sizeof(entry));
		feed(edges[i].value);
		raw_read(PROGRAM, "@m", true, &entry, 1);
		check(entry.nr_values == buckets &&
		      entry.values[edges[i].bucket] == 1,
		      "%s: %lld is in bucket %u", name, edges[i].value,
		      edges[i].bucket);
	}
	unload();
}

/* Count by (value, constant): each key on its own, both fields in it. */
static void check_keys(void)
{
	const struct bpf_insn insns[] = {
		VALUE_OF_MINE, STX(BPF_DW, R6, R7, SCRATCH(0)),
		ST(BPF_DW, R6, SCRATCH(8), -7), MOV_REG(R1, R6),
		MOV_IMM(R2, 0), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
		CALL(KPS_FN_MAP_UPDATE), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096);
	struct raw_entry entries[8];
	int i, nr;

	raw_put_map(msg, "@m", KPS_MAP_COUNT, 2, 64);
	load(msg, insns, NR(insns));
	for (i = 1; i <= 6; i++)
		feed(i % 3);
	feed(2);
	nr = raw_read(PROGRAM, "@m", false, entries, 8);
	check(nr == 3, "three keys");
	check(nr == 3 && entries[2].values[0] == 3 && entries[2].key[0] == 2 &&
	      (long long)entries[2].key[1] == -7,
	      "sorted by value, the greatest last, with its whole key");
	unload();
}

static void check_overflow(void)
{
	const struct bpf_insn insns[] = {
		VALUE_OF_MINE, STX(BPF_DW, R6, R7, SCRATCH(0)),
		MOV_REG(R1, R6), MOV_IMM(R2, 0), MOV_IMM(R3, 0),
		MOV_IMM(R4, 0), CALL(KPS_FN_MAP_UPDATE), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096);
	unsigned long long ledger[KPS_LEDGER_NR];
	struct raw_entry entries[32];
	cpu_set_t one;
	int i;

	/* A map's limit is per CPU: stay on one. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	raw_put_map(msg, "@m", KPS_MAP_COUNT, 1, 10);
	load(msg, insns, NR(insns));
	for (i = 0; i < 25; i++)
		feed(i);
	feed(3);
	raw_command(KPS_CMD_DISABLE, PROGRAM);
	raw_ledger(PROGRAM, ledger);
	check(raw_read(PROGRAM, "@m", false, entries, 32) == 10,
	      "a map for 10 keys holds 10");
	check(ledger[KPS_LEDGER_OVERFLOW] == 15 &&
	      ledger[KPS_LEDGER_RECORDED] == 11,
	      "25 keys: 15 events overflow, keys that are there still count");
	check(ledger[KPS_LEDGER_HITS] == ledger[KPS_LEDGER_OVERFLOW] +
	      ledger[KPS_LEDGER_RECORDED] + ledger[KPS_LEDGER_FILTERED],
	      "the ledger adds up");
	unload();
}

static void check_key_limit(void)
{
	struct nl_msg *msg;
	char why[WHY_MAX];
	const struct bpf_insn insns[] = { DONE };
	struct kps_field wide = { .type = KPS_T_STR, .size = KPS_MAX_STR };
	struct kps_field two[] = { wide, { .type = KPS_T_INT, .size = 8 } };
	struct nlattr *nest;
	int err;

	msg = raw_begin_load(PROGRAM, 4096);
	nest = nla_nest_start(msg, KPS_A_MAP);
	nla_put_string(msg, KPS_MAP_A_NAME, "@m");
	nla_put_u32(msg, KPS_MAP_A_KIND, KPS_MAP_COUNT);
	nla_put_u32(msg, KPS_MAP_A_MAX_ENTRIES, 4);
	nla_put(msg, KPS_MAP_A_KEY, sizeof(two), two);
	nla_nest_end(msg, nest);
	raw_put_probe(msg, "kprobe", TARGET, insns, NR(insns));
	err = raw_send(msg, why);
	check(err == -E2BIG && strstr(why, "a key of 2056 bytes, at most 2048"),
	      "a key of 2056 bytes is refused: %s", why);
}

/* One probe sets, another takes and deletes, on two CPUs at once. */
#define ROUNDS 20000

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *make_pairs(void *arg)
{
	long cpu = (long)arg;
	long long i;
	char byte;

	pin(cpu);
	for (i = 0; i < ROUNDS; i++) {
		syscall(SYS_read, zero, &byte, (cpu + 1) << 32 | i);
		syscall(SYS_getppid);
	}
	return NULL;
}

/*
 * kprobe:vfs_read sets @plain[tid] = the value; getppid gets it, adds 1 to
 * @sum if it was there, and deletes it.
 */
static void check_plain_values(void)
{
	const struct bpf_insn set[] = {
		VALUE_OF_MINE, MOV_REG(R1, R6), CALL(KPS_FN_PID_TGID),
		STX(BPF_DW, R6, R0, SCRATCH(0)),
		STX(BPF_DW, R6, R7, SCRATCH(8)), MOV_REG(R1, R6),
		MOV_IMM(R2, 0), MOV_IMM(R3, 0), MOV_IMM(R4, 8),
		CALL(KPS_FN_MAP_SET), DONE
	};
	const struct bpf_insn take[] = {
		MOV_REG(R6, R1), CALL(KPS_FN_PID_TGID),
		STX(BPF_DW, R6, R0, SCRATCH(0)), MOV_REG(R1, R6),
		MOV_IMM(R2, 0), MOV_IMM(R3, 0), MOV_IMM(R4, 8),
		CALL(KPS_FN_MAP_GET), MOV_REG(R4, R0), MOV_REG(R1, R6),
		MOV_IMM(R2, 1), MOV_IMM(R3, 0), CALL(KPS_FN_MAP_UPDATE),
		MOV_REG(R1, R6), MOV_IMM(R2, 0), MOV_IMM(R3, 0),
		CALL(KPS_FN_MAP_DELETE), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	struct raw_entry entries[8];
	pthread_t threads[2];
	long cpu;
	int nr;

	raw_put_map(msg, "@plain", KPS_MAP_VALUE, 1, 64);
	raw_put_map(msg, "@sum", KPS_MAP_SUM, 0, 1);
	raw_put_probe(msg, "kprobe", SYSCALL_FUNCTION("getppid"), take, NR(take));
	load(msg, set, NR(set));
	feed(42);
	nr = raw_read(PROGRAM, "@plain", false, entries, 8);
	check(nr == 1 && entries[0].values[0] == 42 &&
	      entries[0].key[0] >> 32 == (unsigned int)getpid(),
	      "a plain value is read as it was set");
	feed(43);
	nr = raw_read(PROGRAM, "@plain", false, entries, 8);
	check(nr == 1 && entries[0].values[0] == 43, "and set again");
	syscall(SYS_getppid);
	check(raw_read(PROGRAM, "@plain", false, entries, 8) == 0,
	      "another probe gets and deletes it");

	raw_read(PROGRAM, "@sum", true, entries, 1);
	for (cpu = 0; cpu < 2; cpu++)
		pthread_create(&threads[cpu], NULL, make_pairs, (void *)cpu);
	for (cpu = 0; cpu < 2; cpu++)
		pthread_join(threads[cpu], NULL);
	nr = raw_read(PROGRAM, "@sum", false, entries, 1);
	check(nr == 1 && entries[0].values[0] == 2 * ROUNDS,
	      "two CPUs: %d of %d values that were set were found", nr == 1 ?
	      (int)entries[0].values[0] : -1, 2 * ROUNDS);
	check(raw_read(PROGRAM, "@plain", false, entries, 8) == 0,
	      "and none was left over");
	unload();
}

int main(void)
{
	plan();
	raw_open();
	zero = open("/dev/zero", O_RDONLY);
	check_scalar("count", KPS_MAP_COUNT, 1, 4, 0);
	check_scalar("sum", KPS_MAP_SUM, 1, -92, 0);
	check_scalar("avg", KPS_MAP_AVG, 2, 4, -92);
	check_scalar("min", KPS_MAP_MIN, 1, -100, 0);
	check_scalar("max", KPS_MAP_MAX, 1, 10, 0);
	check_scalar("stats", KPS_MAP_STATS, 2, 4, -92);
	check_edges("hist", KPS_MAP_HIST, hist_edges, NR(hist_edges), NULL,
		    KPS_HIST_BUCKETS(0));
	check_edges("lhist", KPS_MAP_LHIST, lhist_edges, NR(lhist_edges),
		    &range, 6);
	check_edges("widest lhist", KPS_MAP_LHIST, widest_edges,
		    NR(widest_edges), &widest, 5);
	check_keys();
	check_plain_values();
	check_overflow();
	check_key_limit();
	return finish();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Outputs: records come out once, in order of time, in full; or are counted.
 * And what came with them: values that are tuples, sums that are atomic, reset
 * of one map, probes of the program's own, of time, and raw tracepoints.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <netlink/genl/genl.h>

#include "raw.h"

#define ARG(n) ((int)offsetof(struct kps_frame, arg) + 8 * (n))
#define NR(array) (sizeof(array) / sizeof((array)[0]))

#define GETPPID SYSCALL_FUNCTION("getppid")

/* OUTPUT of number @n, whose fields begin at scratch's. CTX is in R6. */
#define WRITE(n)							\
	MOV_REG(R1, R6), MOV_IMM(R2, n), MOV_IMM(R3, 0),		\
	CALL(KPS_FN_OUTPUT)
/* @map[] += 1 */
#define COUNT(map)							\
	MOV_REG(R1, R6), MOV_IMM(R2, map), MOV_IMM(R3, 0),		\
	MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE)
/* R7 = the third argument of this process' read(). */
#define VALUE_OF_MINE							\
	MOV_REG(R6, R1), LDX(BPF_DW, R7, R1, ARG(2)),			\
	CALL(KPS_FN_PID_TGID), ALU64_IMM(BPF_RSH, R0, 32),		\
	JMP_IMM(BPF_JEQ, R0, getpid(), 2), MOV_IMM(R0, 0), EXIT

static const struct kps_field number = { .type = KPS_T_INT, .size = 8 };

static int null;	/* a read(2) of any length of it does nothing */

static void feed(unsigned long long value)
{
	static char byte;

	syscall(SYS_read, null, &byte, value);
}

static int send_load(struct nl_msg *msg, char *why)
{
	int err = raw_send(msg, why);

	if (err)
		printf("# load: %d, \"%s\"\n", err, why);
	return err;
}

static void load(struct nl_msg *msg)
{
	char why[WHY_MAX];

	if (send_load(msg, why)) {
		printf("Bail out! load\n");
		exit(1);
	}
}

static void unload(void)
{
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int calls;

static void *call_on(void *cpu)
{
	int i;

	pin((long)cpu);
	for (i = 0; i < calls; i++)
		syscall(SYS_getppid);
	return NULL;
}

static void begin_calls(pthread_t threads[2], int each)
{
	long cpu;

	calls = each;
	for (cpu = 0; cpu < 2; cpu++)
		pthread_create(&threads[cpu], NULL, call_on, (void *)cpu);
}

static void end_calls(pthread_t threads[2])
{
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
}

static void call_on_both(int each)
{
	pthread_t threads[2];

	begin_calls(threads, each);
	end_calls(threads);
}

static void check_ledger(const char *name)
{
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 }, sum = 0;
	int i;

	raw_command(KPS_CMD_DISABLE, PROGRAM);
	raw_ledger(PROGRAM, ledger);
	for (i = KPS_LEDGER_HITS + 1; i < KPS_LEDGER_NR; i++)
		sum += ledger[i];
	check(sum == ledger[KPS_LEDGER_HITS], "%s: the ledger adds up", name);
}

/* Its CPU and a number that grows, from every getppid(); and a count. */
static struct nl_msg *begin_numbers(unsigned int buffer)
{
	const struct kps_field fields[] = { number, number };
	const struct bpf_insn insns[] = {
		MOV_REG(R6, R1), CALL(KPS_FN_CPU),
		STX(BPF_DW, R6, R0, SCRATCH(0)), MOV_REG(R1, R6),
		CALL(KPS_FN_NSECS), STX(BPF_DW, R6, R0, SCRATCH(8)),
		WRITE(0), COUNT(0), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);

	if (buffer)
		nla_put_u32(msg, KPS_A_BUFFER, buffer);
	raw_put_map(msg, "@", KPS_MAP_COUNT, 0, 1);
	raw_put_output(msg, fields, NR(fields));
	raw_put_probe(msg, "kprobe", GETPPID, insns, NR(insns));
	return msg;
}

static unsigned long long count_of(const char *map)
{
	struct raw_entry entry = { 0 };

	return raw_read(PROGRAM, map, false, &entry, 1) == 1 ?
	       entry.values[0] : 0;
}

#define EACH 5000

static void check_order(void)
{
	struct raw_record *records = calloc(2 * EACH, sizeof(*records));
	int i, nr, ordered = 1, per_cpu[2] = { 0 }, own_time = 1;
	unsigned long long lost = 99;

	load(begin_numbers(0));
	call_on_both(EACH);
	nr = raw_output(PROGRAM, records, 2 * EACH, &lost);
	check(nr == 2 * EACH && !lost, "%d events on two CPUs: %d records, %llu lost",
	      2 * EACH, nr, lost);
	for (i = 0; i < nr && i < 2 * EACH; i++) {
		per_cpu[records[i].number[0] & 1]++;
		own_time &= records[i].nr == 2 && records[i].output == 0 &&
			    records[i].time >= records[i].number[1] &&
			    records[i].time < records[i].number[1] + 1000000000;
		ordered &= !i || records[i].time >= records[i - 1].time;
	}
	check(per_cpu[0] == EACH && per_cpu[1] == EACH, "each CPU's are there");
	check(ordered, "in order of time");
	check(own_time, "with their fields, and the time at which they were written");
	check(raw_output(PROGRAM, records, 1, &lost) == 0,
	      "what was read is gone");
	syscall(SYS_getppid);
	check_ledger("records");
	check(raw_output(PROGRAM, records, 1, &lost) == 1,
	      "a disabled program keeps its records");
	unload();
	free(records);
}

static void check_tiny_buffer(void)
{
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 }, lost = 0;
	int nr;

	load(begin_numbers(4096));
	call_on_both(EACH);
	check_ledger("a tiny buffer");
	nr = raw_output(PROGRAM, NULL, 0, &lost);
	raw_ledger(PROGRAM, ledger);
	check(nr > 0 && lost > 0 && nr + lost == 2 * EACH,
	      "a tiny buffer: %d received + %llu lost = %d", nr, lost, 2 * EACH);
	check(ledger[KPS_LEDGER_OUTPUT] == lost &&
	      ledger[KPS_LEDGER_RECORDED] == (unsigned long long)nr,
	      "so does the ledger say");
	check(count_of("@") == 2 * EACH,
	      "a lost record does not stop what comes behind it");
	raw_command(KPS_CMD_ENABLE, PROGRAM);
	syscall(SYS_getppid);
	check(raw_output(PROGRAM, NULL, 0, &lost) == 1, "there is room again");
	unload();
}

/* Two threads write while a third reads: nothing twice, nothing missing. */
static void check_while_running(void)
{
	unsigned long long lost = 0;
	pthread_t threads[2];
	int i, nr, sum = 0;

	load(begin_numbers(1 << 16));
	begin_calls(threads, 4 * EACH);
	for (i = 0; i < 10; i++) {
		nr = raw_output(PROGRAM, NULL, 0, &lost);
		sum += nr > 0 ? nr : 0;
	}
	end_calls(threads);
	sum += raw_output(PROGRAM, NULL, 0, &lost);
	check(sum + lost == 8 * EACH, "read while they are written: %d + %llu lost = %d",
	      sum, lost, 8 * EACH);
	check_ledger("read while written");
	unload();
}

static struct nl_msg *begin_other(int command, const char *name, int family)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
		    NLM_F_REQUEST | NLM_F_DUMP, command, 1);
	nla_put_string(msg, KPS_A_NAME, name);
	return msg;
}

static void check_one_reader(void)
{
	struct nl_sock *other = nl_socket_alloc();
	struct nl_msg *msg;

	load(begin_numbers(0));
	call_on_both(EACH);
	genl_connect(other);
	msg = begin_other(KPS_CMD_OUTPUT, PROGRAM, raw_family());
	nl_send_auto(other, msg);
	nlmsg_free(msg);
	check(raw_output(PROGRAM, NULL, 0, NULL) == -EBUSY,
	      "a second reader is told to wait");
	nl_socket_free(other);
	check(raw_output(PROGRAM, NULL, 0, NULL) > EACH,
	      "when the first has gone it gets the rest");
	unload();
}

/*
 * Who reads may sleep until there is something.
 */
static bool is_woken(int waker, int ms)
{
	struct pollfd poll_fd = { .fd = waker, .events = POLLIN };

	return poll(&poll_fd, 1, ms) == 1;
}

static int begin_wakeful(void)
{
	int waker = eventfd(0, EFD_NONBLOCK);
	struct nl_msg *msg = begin_numbers(1 << 16);

	nla_put_u32(msg, KPS_A_WAKER, waker);
	load(msg);
	return waker;
}

#define PATIENCE_MS 10000

static void check_waker(void)
{
	int waker = begin_wakeful();
	eventfd_t times = 0;
	bool quiet = !is_woken(waker, 100);

	call_on_both(100);
	check(quiet && is_woken(waker, PATIENCE_MS), "the first record wakes who waits");
	usleep(100000);
	eventfd_read(waker, &times);
	check(times == 1, "once, however many follow: %d", (int)times);
	check(raw_output(PROGRAM, NULL, 0, NULL) == 200 && !is_woken(waker, 100),
	      "who has read all is left alone");
	syscall(SYS_getppid);
	check(is_woken(waker, PATIENCE_MS), "until the next one");
	raw_output(PROGRAM, NULL, 0, NULL);
	eventfd_read(waker, &times);
	unload();
	check(is_woken(waker, PATIENCE_MS), "and when the program goes");
	close(waker);
}

/* Reads when it is woken, and never else: who is forgotten once waits for ever. */
static void check_no_wake_is_lost(void)
{
	int waker = begin_wakeful(), nr, reads = 0, sum = 0;
	unsigned long long lost = 0;
	pthread_t threads[2];
	eventfd_t unused;

	begin_calls(threads, 4 * EACH);
	while (sum + lost < 8 * EACH && is_woken(waker, PATIENCE_MS)) {
		eventfd_read(waker, &unused);
		nr = raw_output(PROGRAM, NULL, 0, &lost);
		sum += nr > 0 ? nr : 0;
		reads++;
	}
	end_calls(threads);
	check(sum + lost == 8 * EACH, "no wake-up is lost: %d + %llu lost = %d, in %d readings",
	      sum, lost, 8 * EACH, reads);
	check_ledger("read when woken");
	unload();
	close(waker);
}

/* The descriptor is closed, or another process has it, too. */
static void check_waker_goes(void)
{
	int waker = begin_wakeful();
	pid_t child = fork();

	if (!child) {
		pause();
		_exit(0);
	}
	close(waker);
	call_on_both(100);
	check(raw_output(PROGRAM, NULL, 0, NULL) == 200, "closed by who loaded it");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	call_on_both(100);
	check(raw_output(PROGRAM, NULL, 0, NULL) == 200, "and by all: records come");
	unload();
	waker = begin_wakeful();
	close(waker);
	unload();
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void measure(void)
{
	double begin;
	int nr;

	load(begin_numbers(4 << 20));
	call_on_both(50000);
	begin = now();
	nr = raw_output(PROGRAM, NULL, 0, NULL);
	check(nr == 100000, "100000 records at once");
	printf("# %d records in %.3f s: %.0f per second\n", nr, now() - begin,
	       nr / (now() - begin));
	unload();
}

/* Fields of other types, as text. */
static const unsigned char raw_bytes[] = "a\"\x01\xff";
static const char *const vector[] = { "ls", "-l", "/tmp", NULL };

static void check_text(void)
{
	const struct kps_field fields[] = {
		{ .type = KPS_T_MAC, .size = 8 }, { .type = KPS_T_BUF, .size = 32 },
		{ .type = KPS_T_USYM, .size = 16 }, { .type = KPS_T_CGROUP, .size = 8 },
	};
	const struct bpf_insn insns[] = {
		VALUE_OF_MINE, LD_IMM64(R2, 0x0605040b1a0aULL),
		STX(BPF_DW, R6, R2, SCRATCH(0)), MOV_REG(R1, R6),
		MOV_REG(R2, R7), MOV_IMM(R3, 4), MOV_IMM(R4, 32),
		MOV_IMM(R5, 8), CALL(KPS_FN_BYTES),
		ST(BPF_DW, R6, SCRATCH(40), 0x1234),
		ST(BPF_DW, R6, SCRATCH(48), 77), MOV_REG(R1, R6),
		CALL(KPS_FN_CGROUP), STX(BPF_DW, R6, R0, SCRATCH(56)),
		WRITE(0), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	struct raw_record record = { 0 };

	raw_put_output(msg, fields, NR(fields));
	raw_put_probe(msg, "kprobe", "vfs_read", insns, NR(insns));
	load(msg);
	feed((unsigned long)raw_bytes);
	check(raw_output(PROGRAM, &record, 1, NULL) == 1 && record.nr == 4,
	      "a record of four types");
	check(!strcmp(record.text[0], "0A:1A:0B:04:05:06"), "mac: %s",
	      record.text[0]);
	check(record.number[1] == 4 && !memcmp(record.text[1], "a\"\x01\xff", 4),
	      "buf: its bytes as they are, %llu", record.number[1]);
	check(!strcmp(record.text[2], "77\n0x1234"), "usym: tgid, address");
	check(record.number[3] > 0, "cgroup: %llu", record.number[3]);
	unload();
}

static void check_join(void)
{
	const struct kps_field fields[] = {
		number, { .type = KPS_T_JOIN, .size = 8 },
	};
	const struct bpf_insn insns[] = {
		VALUE_OF_MINE, STX(BPF_DW, R6, R7, SCRATCH(0)),
		MOV_REG(R1, R6), MOV_IMM(R2, 0), MOV_IMM(R3, 0),
		MOV_REG(R4, R7), MOV_IMM(R5, ',' | ' ' << 8),
		CALL(KPS_FN_JOIN), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };
	const char *many[40];
	struct raw_record records[3];
	int i, nr;

	for (i = 0; i < 39; i++)
		many[i] = "x";
	many[39] = NULL;
	raw_put_output(msg, fields, NR(fields));
	raw_put_probe(msg, "kprobe", "vfs_read", insns, NR(insns));
	load(msg);
	feed((unsigned long)vector);
	feed((unsigned long)many);
	feed(8);
	nr = raw_output(PROGRAM, records, 3, NULL);
	check(nr == 2 && records[0].number[0] == (unsigned long)vector &&
	      !strcmp(records[0].text[1], "ls, -l, /tmp"), "join: %s",
	      records[0].text[1]);
	check(nr == 2 && strlen(records[1].text[1]) == 16 + 15 * 2,
	      "no more than 16 are joined");
	check_ledger("join");
	raw_ledger(PROGRAM, ledger);
	check(ledger[KPS_LEDGER_FAULT] == 1 && ledger[KPS_LEDGER_RECORDED] == 2,
	      "a vector that cannot be read is a fault, and no record");
	unload();
}

static void check_stacks(void)
{
	const struct kps_field fields[] = {
		{ .type = KPS_T_USTACK, .size = 16 },
		{ .type = KPS_T_KSTACK, .size = 8 },
		{ .type = KPS_T_KSTACK, .size = 8 },
		{ .type = KPS_T_USTACK, .size = 16 },
	};
	/* Both in their own places, then each as if it were the other. */
	const struct bpf_insn insns[] = {
		MOV_REG(R6, R1), MOV_IMM(R2, 5), MOV_IMM(R3, 0),
		CALL(KPS_FN_USTACK), MOV_REG(R1, R6), MOV_IMM(R2, 5),
		CALL(KPS_FN_KSTACK), STX(BPF_DW, R6, R0, SCRATCH(16)),
		STX(BPF_DW, R6, R0, SCRATCH(32)),
		ST(BPF_DW, R6, SCRATCH(40), 5),
		LDX(BPF_DW, R2, R6, SCRATCH(0)),
		STX(BPF_DW, R6, R2, SCRATCH(24)), WRITE(0), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	struct raw_record record = { 0 };
	char tgid[32];

	snprintf(tgid, sizeof(tgid), "%d\n0x", getpid());
	nla_put_u32(msg, KPS_A_STACK_ENTRIES, 64);
	raw_put_output(msg, fields, NR(fields));
	raw_put_probe(msg, "kprobe", GETPPID, insns, NR(insns));
	load(msg);
	syscall(SYS_getppid);
	check(raw_output(PROGRAM, &record, 1, NULL) == 1, "a record of stacks");
	check(!strncmp(record.text[0], tgid, strlen(tgid)), "a user stack");
	check(strstr(record.text[1], "sys_getppid"), "a kernel stack");
	check(!record.text[2][0] && !strcmp(record.text[3], "5"),
	      "neither is shown as the other");
	unload();
}

/* Each run of the program, and only that, has one begin and one end. */
static void check_begin_end(void)
{
	const struct bpf_insn begin[] = { MOV_REG(R6, R1), WRITE(0), DONE };
	const struct bpf_insn end[] = { MOV_REG(R6, R1), WRITE(1), DONE };
	const struct bpf_insn event[] = { MOV_REG(R6, R1), WRITE(2), DONE };
	const struct bpf_insn stack[] = {
		MOV_IMM(R2, 3), CALL(KPS_FN_KSTACK), DONE
	};
	static const unsigned int want[] = { 0, 2, 1, 0, 2, 1 };
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };
	struct raw_record records[8];
	int i, nr, good = 1;

	nla_put_u32(msg, KPS_A_STACK_ENTRIES, 16);
	for (i = 0; i < 3; i++)
		raw_put_output(msg, NULL, 0);
	raw_put_probe(msg, "special", "begin", begin, NR(begin));
	raw_put_probe(msg, "special", "end", end, NR(end));
	raw_put_probe(msg, "special", "end", stack, NR(stack));
	raw_put_probe(msg, "kprobe", GETPPID, event, NR(event));
	load(msg);
	syscall(SYS_getppid);
	raw_command(KPS_CMD_DISABLE, PROGRAM);
	raw_command(KPS_CMD_DISABLE, PROGRAM);
	raw_command(KPS_CMD_ENABLE, PROGRAM);
	raw_command(KPS_CMD_ENABLE, PROGRAM);
	syscall(SYS_getppid);
	check_ledger("begin and end");
	nr = raw_output(PROGRAM, records, 8, NULL);
	for (i = 0; i < nr && i < 6; i++)
		good &= records[i].output == want[i];
	check(nr == 6 && good, "begin, event, end; twice: %d records", nr);
	raw_ledger(PROGRAM, ledger);
	check(ledger[KPS_LEDGER_FAULT] == 2, "they have no kernel stack");
	unload();
}

static unsigned long long count_for_a_second(const char *provider,
					     const char *target)
{
	const struct bpf_insn insns[] = { MOV_REG(R6, R1), COUNT(0), DONE };
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	unsigned long long count;
	char why[WHY_MAX];

	raw_put_map(msg, "@", KPS_MAP_COUNT, 0, 1);
	raw_put_probe(msg, provider, target, insns, NR(insns));
	if (send_load(msg, why))
		return 0;
	sleep(1);
	check_ledger(target);
	count = count_of("@");
	unload();
	return count;
}

static void check_refused(const char *provider, const char *target)
{
	const struct bpf_insn insns[] = { DONE };
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	char why[WHY_MAX];

	raw_put_probe(msg, provider, target, insns, NR(insns));
	check(raw_send(msg, why) < 0 && strstr(why, target), "refused: %s", why);
}

static void check_timers(void)
{
	unsigned long long nr;

	nr = count_for_a_second("interval", "10000000");
	check(nr >= 80 && nr <= 110, "interval: 10 ms for a second: %llu", nr);
	nr = count_for_a_second("profile", "hz 100");
	check(nr >= 160 && nr <= 220, "profile: 100 Hz on two CPUs: %llu", nr);
	nr = count_for_a_second("profile", "10000000");
	check(nr >= 160 && nr <= 220, "profile: 10 ms on two CPUs: %llu", nr);
	check_refused("interval", "1s");
	check_refused("interval", "9999");
	check_refused("profile", "hz 0");
	check_refused("profile", "hz 100001");
	check_refused("special", "middle");
	check_refused("rawtracepoint", "no_such_event");
}

static void check_rawtracepoint(void)
{
	const struct bpf_insn insns[] = {
		MOV_REG(R6, R1), LDX(BPF_DW, R2, R1, ARG(1)),
		JMP_IMM(BPF_JEQ, R2, SYS_getppid, 2), MOV_IMM(R0, 0), EXIT,
		COUNT(0), MOV_REG(R1, R6), MOV_IMM(R2, 9), CALL(KPS_FN_KSTACK),
		DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };

	nla_put_u32(msg, KPS_A_STACK_ENTRIES, 64);
	raw_put_map(msg, "@", KPS_MAP_COUNT, 0, 1);
	raw_put_probe(msg, "rawtracepoint", "sys_enter", insns, NR(insns));
	load(msg);
	call_on_both(EACH);
	check_ledger("rawtracepoint");
	raw_ledger(PROGRAM, ledger);
	check(count_of("@") == 2 * EACH && !ledger[KPS_LEDGER_FAULT],
	      "rawtracepoint: every call, by its number, with a stack");
	unload();
}

static void check_map_add(void)
{
	const struct bpf_insn insns[] = {
		MOV_REG(R6, R1), ST(BPF_DW, R6, SCRATCH(0), 7),
		MOV_IMM(R2, 0), MOV_IMM(R3, 0), MOV_IMM(R4, 3),
		CALL(KPS_FN_MAP_ADD), STX(BPF_DW, R6, R0, SCRATCH(8)),
		MOV_REG(R1, R6), MOV_IMM(R2, 1), MOV_IMM(R3, 0),
		MOV_REG(R4, R0), CALL(KPS_FN_MAP_UPDATE), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	struct raw_entry entry = { 0 };
	int nr;

	raw_put_map(msg, "@plain", KPS_MAP_VALUE, 1, 16);
	raw_put_map(msg, "@max", KPS_MAP_MAX, 0, 1);
	raw_put_probe(msg, "kprobe", GETPPID, insns, NR(insns));
	load(msg);
	call_on_both(4 * EACH);
	nr = raw_read(PROGRAM, "@plain", false, &entry, 1);
	check(nr == 1 && entry.key[0] == 7 && entry.values[0] == 3 * 8 * EACH,
	      "adding on two CPUs is exact: %llu", entry.values[0]);
	check(count_of("@max") == 3 * 8 * EACH, "and the sum is returned");
	check_ledger("map_add");
	unload();
}

/* @t[value] = (value, -value); sorted by key. */
static void check_tuples(void)
{
	const struct kps_field fields[] = {
		{ .type = KPS_T_INT, .size = 8, .flags = 1 << KPS_FIELD_OPENS_SHIFT },
		{ .type = KPS_T_STR, .size = 16, .flags = 1 << KPS_FIELD_CLOSES_SHIFT },
	};
	const struct bpf_insn insns[] = {
		VALUE_OF_MINE, STX(BPF_DW, R6, R7, SCRATCH(0)),
		MOV_IMM(R2, 100), ALU64_REG(BPF_SUB, R2, R7),
		STX(BPF_DW, R6, R2, SCRATCH(8)), MOV_REG(R1, R6),
		MOV_IMM(R2, 16), CALL(KPS_FN_COMM), MOV_REG(R1, R6),
		MOV_IMM(R2, 0), MOV_IMM(R3, 0), MOV_IMM(R4, 8),
		CALL(KPS_FN_MAP_SET), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	struct nlattr *nest = nla_nest_start(msg, KPS_A_MAP);
	struct raw_entry entries[4];
	char line[128] = "";
	FILE *file;
	int nr;

	nla_put_string(msg, KPS_MAP_A_NAME, "@t");
	nla_put_u32(msg, KPS_MAP_A_KIND, KPS_MAP_VALUE);
	nla_put_u32(msg, KPS_MAP_A_MAX_ENTRIES, 8);
	nla_put(msg, KPS_MAP_A_KEY, sizeof(number), &number);
	nla_put(msg, KPS_MAP_A_VALUE, sizeof(fields), fields);
	nla_nest_end(msg, nest);
	raw_put_probe(msg, "kprobe", "vfs_read", insns, NR(insns));
	load(msg);
	feed(3);
	feed(1);
	feed(2);
	nr = raw_read(PROGRAM, "@t", false, entries, 4);
	check(nr == 3 && entries[0].key[0] == 1 && entries[2].key[0] == 3 &&
	      entries[0].values[0] == 99, "tuples, sorted by key");
	file = fopen("/sys/kernel/debug/kpstat/programs/" PROGRAM "/maps/t", "r");
	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	check(!strcmp(line, "@t[1]: (99, records)\n"), "as text: %.*s",
	      (int)strcspn(line, "\n"), line);
	unload();
}

static void check_reset(void)
{
	const struct bpf_insn insns[] = {
		VALUE_OF_MINE, STX(BPF_DW, R6, R7, SCRATCH(0)), COUNT(0),
		COUNT(1), MOV_REG(R1, R6), MOV_IMM(R2, 2), MOV_IMM(R3, 0),
		MOV_REG(R4, R7), CALL(KPS_FN_MAP_ADD), MOV_REG(R1, R6),
		MOV_IMM(R2, 3), MOV_IMM(R3, 0), MOV_REG(R4, R7),
		CALL(KPS_FN_MAP_UPDATE), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };
	struct raw_entry entries[4];
	int nr;

	raw_put_map(msg, "@a", KPS_MAP_COUNT, 1, 16);
	raw_put_map(msg, "@b", KPS_MAP_COUNT, 1, 16);
	raw_put_map(msg, "@plain", KPS_MAP_VALUE, 1, 16);
	raw_put_map(msg, "@min", KPS_MAP_MIN, 1, 16);
	raw_put_probe(msg, "kprobe", "vfs_read", insns, NR(insns));
	load(msg);
	feed(5);
	feed(6);
	check(raw_reset(PROGRAM, "@nothing", 0) == -ENOENT,
	      "reset of a map that is not there");
	check(raw_reset(PROGRAM, "@a", KPS_F_OWNED) == -EINVAL,
	      "reset with another flag");
	raw_reset(PROGRAM, "@a", 0);
	raw_ledger(PROGRAM, ledger);
	check(raw_read(PROGRAM, "@a", false, entries, 4) == 0 &&
	      raw_read(PROGRAM, "@b", false, entries, 4) == 2 &&
	      ledger[KPS_LEDGER_RECORDED] == 2, "reset of one map");
	raw_reset(PROGRAM, "@b", KPS_F_ZERO);
	raw_reset(PROGRAM, "@plain", KPS_F_ZERO);
	raw_reset(PROGRAM, "@min", KPS_F_ZERO);
	nr = raw_read(PROGRAM, "@b", false, entries, 4);
	check(nr == 2 && entries[0].key[0] == 5 && !entries[0].values[0] &&
	      !entries[1].values[0], "zero keeps the keys of an aggregate");
	nr = raw_read(PROGRAM, "@plain", false, entries, 4);
	check(nr == 2 && !entries[0].values[0] && entries[1].key[0] == 6,
	      "and of plain values");
	nr = raw_read(PROGRAM, "@min", false, entries, 4);
	check(nr == 2 && !entries[0].values[0], "a least that is none yet is 0");
	feed(5);
	nr = raw_read(PROGRAM, "@min", false, entries, 4);
	check(nr == 2 && entries[1].values[0] == 5, "and then what comes");
	raw_reset(PROGRAM, "@plain", 0);
	check(raw_read(PROGRAM, "@plain", false, entries, 4) == 0,
	      "reset of plain values");
	raw_reset(PROGRAM, NULL, 0);
	memset(ledger, 0, sizeof(ledger));
	raw_ledger(PROGRAM, ledger);
	check(!ledger[KPS_LEDGER_RECORDED] &&
	      raw_read(PROGRAM, "@b", false, entries, 4) == 0,
	      "reset of all, and of the ledger");
	unload();
}

/* Zeroing while two CPUs count: what was before and what comes is all. */
static void check_zero_is_exact(void)
{
	const struct bpf_insn insns[] = {
		MOV_REG(R6, R1), CALL(KPS_FN_CPU),
		STX(BPF_DW, R6, R0, SCRATCH(0)), COUNT(0), DONE
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	struct raw_entry entries[4];
	pthread_t threads[2];
	int i, nr, always = 1;

	raw_put_map(msg, "@", KPS_MAP_COUNT, 1, 16);
	raw_put_probe(msg, "kprobe", GETPPID, insns, NR(insns));
	load(msg);
	call_on_both(1);
	begin_calls(threads, 4 * EACH);
	for (i = 0; i < 50; i++) {
		raw_reset(PROGRAM, "@", KPS_F_ZERO);
		nr = raw_read(PROGRAM, "@", false, entries, 4);
		always &= nr == 2;
	}
	end_calls(threads);
	check(always, "zeroed while it counts: both keys are there each time");
	check_ledger("zero");
	raw_reset(PROGRAM, "@", KPS_F_ZERO);
	nr = raw_read(PROGRAM, "@", false, entries, 4);
	check(nr == 2 && !entries[0].values[0] && !entries[1].values[0],
	      "and with zero at the end");
	unload();
}

/* Loads that are refused, with the place and the reason. */
static void refuse_output(const struct kps_field *fields, unsigned int nr,
			  unsigned int buffer, int want, const char *reason)
{
	const struct bpf_insn insns[] = { DONE };
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);
	char why[WHY_MAX];
	int err;

	if (buffer)
		nla_put_u32(msg, KPS_A_BUFFER, buffer);
	raw_put_output(msg, fields, nr);
	raw_put_probe(msg, "kprobe", GETPPID, insns, NR(insns));
	err = raw_send(msg, why);
	check(err == want && strstr(why, reason), "refused: %s", reason);
	if (err != want || !strstr(why, reason))
		printf("# %d, \"%s\"\n", err, why);
	if (!err)
		unload();
}

static void set_limit(const char *mb)
{
	FILE *file = fopen("/sys/module/kpstat/parameters/max_memory_mb", "w");

	if (file) {
		fputs(mb, file);
		fclose(file);
	}
}

static void refuse_waker(void)
{
	struct nl_msg *msg = begin_numbers(0);
	char why[WHY_MAX];

	nla_put_u32(msg, KPS_A_WAKER, null);
	check(raw_send(msg, why) == -EINVAL && strstr(why, "is not an eventfd"),
	      "refused: no eventfd");
	msg = begin_numbers(0);
	nla_put_u32(msg, KPS_A_WAKER, 12345);
	check(raw_send(msg, why) == -EBADF && strstr(why, "descriptor 12345"),
	      "refused: no descriptor");
}

static void check_loads(void)
{
	const struct kps_field text = { .type = KPS_T_STR, .size = KPS_MAX_STR };
	const struct kps_field joined = { .type = KPS_T_JOIN, .size = 8 };
	const struct kps_field five[] = { text, text, text, text, number };
	const struct kps_field middle[] = { joined, number };
	const struct kps_field mac[] = { { .type = KPS_T_MAC, .size = 16 } };
	const struct kps_field ustack[] = { { .type = KPS_T_USTACK, .size = 16 } };
	const struct kps_field unknown[] = { { .type = 99, .size = 8 } };

	refuse_output(five, 5, 0, -E2BIG, "output 0: 8200 bytes, at most 8192");
	refuse_output(middle, 2, 0, -EINVAL, "output 0: joined text can only be the last field of an output");
	refuse_output(mac, 1, 0, -EINVAL, "size 16 does not fit");
	refuse_output(ustack, 1, 0, -EINVAL, "a stack without");
	refuse_output(unknown, 1, 0, -EINVAL, "unknown type 99");
	refuse_output(NULL, 0, KPS_MAX_BUFFER + 1, -E2BIG, "an output buffer of");
	refuse_waker();
	set_limit("4");
	refuse_output(NULL, 0, 4 << 20, -E2BIG, "max_memory_mb=4");
	set_limit("256");
}

int main(void)
{
	plan();
	raw_open();
	null = open("/dev/null", O_RDONLY);
	check_loads();
	check_order();
	check_tiny_buffer();
	check_while_running();
	check_one_reader();
	check_waker();
	check_no_wake_is_lost();
	check_waker_goes();
	check_text();
	check_join();
	check_stacks();
	check_begin_end();
	check_timers();
	check_rawtracepoint();
	check_map_add();
	check_tuples();
	check_reset();
	check_zero_is_exact();
	measure();
	raw_check_nothing_left();
	return finish();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What lies between a record's fields and behind them is zero, for a clause that
 * reads there: no words of the kernel's stack. And a string is where its record is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <unistd.h>

#include "raw.h"

#define COMMON 8		/* bytes that all events have, which are tracing's */
#define RECORD_MAX 256
#define MAX_INSNS 2048

/* @map[] += 1. CTX is in R6. */
#define COUNT(map)							\
	MOV_REG(R1, R6), MOV_IMM(R2, map), MOV_IMM(R3, 0),		\
	MOV_IMM(R4, 1), CALL(KPS_FN_MAP_UPDATE)

static struct bpf_insn insns[MAX_INSNS];
static unsigned int nr;

#define ADD(...) add((const struct bpf_insn[]){ __VA_ARGS__ },		\
		     sizeof((const struct bpf_insn[]){ __VA_ARGS__ }) / \
		     sizeof(struct bpf_insn))

static void add(const struct bpf_insn *more, unsigned int nr_more)
{
	memcpy(insns + nr, more, nr_more * sizeof(*more));
	nr += nr_more;
}

/* Or'ed into R7: byte @at. */
static void add_byte(unsigned int at)
{
	ADD(MOV_REG(R1, R6), MOV_IMM(R2, at), MOV_IMM(R3, 1),
	    CALL(KPS_FN_RECORD), ALU64_REG(BPF_OR, R7, R0));
}

static void begin_clause(void)
{
	nr = 0;
	ADD(MOV_REG(R6, R1), MOV_IMM(R7, 0));
}

/* @all counts, and @bad if R7 is not 0. */
static void end_clause(void)
{
	ADD(COUNT(0), JMP_IMM(BPF_JEQ, R7, 0, 5), COUNT(1), DONE);
}

static FILE *open_event(const char *event, const char *file)
{
	static const char *const roots[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing"
	};
	char path[256], *colon;
	FILE *opened = NULL;
	int i;

	for (i = 0; i < 2 && !opened; i++) {
		snprintf(path, sizeof(path), "%s/events/%s/%s", roots[i], event,
			 file);
		colon = strchr(path, ':');
		if (colon)
			*colon = '/';
		opened = fopen(path, "r");
	}
	return opened;
}

/* Return: 0 if there is no such event here. */
static unsigned int id_of(const char *event)
{
	FILE *file = open_event(event, "id");
	unsigned int id = 0;

	if (file && fscanf(file, "%u", &id) != 1)
		id = 0;
	if (file)
		fclose(file);
	return id;
}

/* A clause that reads each byte of no field. Return: how many there are. */
static unsigned int read_gaps(const char *event)
{
	FILE *file = open_event(event, "format");
	unsigned int offset, size, i, found = 0, end = 0, align = 4;
	char used[RECORD_MAX] = { 0 }, line[256], *text;

	begin_clause();
	while (file && fgets(line, sizeof(line), file)) {
		text = strstr(line, "offset:");
		if (!text || sscanf(text, "offset:%u;\tsize:%u;", &offset, &size) != 2 ||
		    offset + size > RECORD_MAX)
			continue;
		memset(used + offset, 1, size);
		if (offset + size > end)
			end = offset + size;
		/* The compiler's own: a word makes all of it a word's multiple. */
		if (size == 8 && !strchr(line, '['))
			align = 8;
	}
	if (file)
		fclose(file);
	end = (end + align - 1) / align * align;
	for (i = COMMON; i < end && i < RECORD_MAX; i++)
		if (!used[i]) {
			add_byte(i);
			found++;
		}
	end_clause();
	return found;
}

/* Return: whether it is loaded. */
static bool load(const char *provider, const char *target, unsigned int id)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192 + sizeof(insns));
	struct nlattr *nest;
	char why[WHY_MAX];
	int err;

	raw_put_map(msg, "@all", KPS_MAP_COUNT, 0, 1);
	raw_put_map(msg, "@bad", KPS_MAP_COUNT, 0, 1);
	nest = nla_nest_start(msg, KPS_A_PROBE);
	nla_put_string(msg, KPS_PROBE_A_NAME, target);
	nla_put_string(msg, KPS_PROBE_A_PROVIDER, provider);
	nla_put_string(msg, KPS_PROBE_A_TARGET, target);
	if (id)
		nla_put_u32(msg, KPS_PROBE_A_EVENT_ID, id);
	nla_put(msg, KPS_PROBE_A_INSNS, nr * sizeof(*insns), insns);
	nla_nest_end(msg, nest);
	err = raw_send(msg, why);
	if (err)
		printf("# load of %s: %d, \"%s\"\n", target, err, why);
	return !err;
}

static unsigned long long count_of(const char *map)
{
	struct raw_entry entry = { 0 };

	return raw_read(PROGRAM, map, false, &entry, 1) == 1 ?
	       entry.values[0] : 0;
}

/* Something of everything: processes, memory, packets. */
static void do_things(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int i, fd;

	for (i = 0; i < 30; i++) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
		close(fd);
		usleep(1000);
	}
}

/* Bytes of no field were read, of events that are still coming. */
static void check_zeros(const char *event, unsigned int gaps)
{
	unsigned long long bad = count_of("@bad"), all = count_of("@all");
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };

	raw_ledger(PROGRAM, ledger);
	check(all && !bad && !ledger[KPS_LEDGER_FAULT],
	      "%s: %u bytes that are no field's are zeros", event, gaps);
	if (bad || ledger[KPS_LEDGER_FAULT])
		printf("# not so %llu times of %llu, not there %llu times\n",
		       bad, all, (unsigned long long)ledger[KPS_LEDGER_FAULT]);
}

static void check_event(const char *event)
{
	unsigned int id = id_of(event);
	unsigned int gaps = id ? read_gaps(event) : 0;

	if (!gaps || !load("tracepoint", event, id))
		return;
	do_things();
	check_zeros(event, gaps);
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

static void check_conntrack(void)
{
	unsigned int i;

	begin_clause();
	/* Behind tcp_state, the last field. */
	for (i = 73; i < 80; i++)
		add_byte(i);
	end_clause();
	if (!load("conntrack", "new", 0))
		return;
	do_things();
	check_zeros("conntrack:new", 7);
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

/* A string, or bytes, where the first argument says; what of it is not 0 is in R7. */
static void add_str(void)
{
	ADD(MOV_REG(R1, R6), MOV_IMM(R2, 16), MOV_IMM(R3, 4 | KPS_DATA_LOC),
	    MOV_IMM(R4, 16), MOV_IMM(R5, 0), CALL(KPS_FN_RECORD_STR),
	    LDX(BPF_DW, R7, R6, SCRATCH(0)));
}

static void add_buf(void)
{
	ADD(MOV_REG(R1, R6), MOV_IMM(R2, 16), MOV_IMM(R3, 4), CALL(KPS_FN_RECORD),
	    MOV_REG(R1, R6), MOV_REG(R2, R0), MOV_IMM(R3, 100), MOV_IMM(R4, 16),
	    MOV_IMM(R5, 0), CALL(KPS_FN_RECORD_BUF),
	    LDX(BPF_DW, R7, R6, SCRATCH(8)));
}

/* Where it is said to be: in an argument of ours. */
static void check_data_loc(const char *what, void (*add_reading)(void))
{
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };
	const char *event = "raw_syscalls:sys_enter";
	unsigned int id = id_of(event);

	begin_clause();
	/* This process' getppid() only, and the record's first bytes. */
	ADD(CALL(KPS_FN_PID_TGID), ALU64_IMM(BPF_RSH, R0, 32),
	    JMP_IMM(BPF_JEQ, R0, getpid(), 2), MOV_IMM(R0, 0), EXIT,
	    MOV_REG(R1, R6), MOV_IMM(R2, 8), MOV_IMM(R3, 8), CALL(KPS_FN_RECORD),
	    JMP_IMM(BPF_JEQ, R0, SYS_getppid, 2), MOV_IMM(R0, 0), EXIT,
	    MOV_IMM(R7, 0));
	add_reading();
	end_clause();
	if (!id || !load("tracepoint", event, id))
		return;
	syscall(SYS_getppid, COMMON << 16 | 0);
	syscall(SYS_getppid, COMMON << 16 | 0);
	check(count_of("@all") == 2 && !count_of("@bad"),
	      "%s said to be where nothing is: zeros", what);
	raw_ledger(PROGRAM, ledger);
	check(!ledger[KPS_LEDGER_FAULT], "which is no fault");
	syscall(SYS_getppid, 1 << 16 | 0xfff0);
	syscall(SYS_getppid, 0xffff << 16 | 8);
	raw_ledger(PROGRAM, ledger);
	check(ledger[KPS_LEDGER_FAULT] == 2 && !count_of("@bad"),
	      "%s said to be outside of the record: a fault", what);
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

static const char *const events[] = {
	"kmem:kmalloc", "kmem:mm_page_alloc", "sched:sched_waking",
	"sched:sched_stat_runtime", "sched:sched_process_fork", "skb:kfree_skb",
	"irq:irq_handler_entry", "raw_syscalls:sys_exit",
};

int main(void)
{
	unsigned int i;

	plan();
	raw_open();
	for (i = 0; i < sizeof(events) / sizeof(*events); i++)
		check_event(events[i]);
	check_data_loc("a string", add_str);
	check_data_loc("bytes", add_buf);
	check_conntrack();
	return finish();
}

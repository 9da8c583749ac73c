// SPDX-License-Identifier: GPL-2.0
/*
 * faults KPSTAT.KO: every allocation that a command makes in the kernel is made
 * to fail, one after the other: /proc/self/fail-nth lets the N-th one of this
 * task fail. What fails must be an error and leave nothing behind.
 *
 * The kernel must have failslab and fail_page_alloc, set up by faults.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "raw.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* More than any of them makes. */
#define MOST 5000

static const char *module_file;
static int fail_fd;

static void arm(int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	if (pwrite(fail_fd, text, len, 0) != len) {
		printf("Bail out! fail-nth: %s\n", strerror(errno));
		exit(1);
	}
}

/* Return: whether the failure that was asked for did not happen. */
static bool disarm(void)
{
	char text[16] = "";
	bool left = pread(fail_fd, text, sizeof(text) - 1, 0) > 0 && atoi(text);

	arm(0);
	return left;
}

/* A record of two numbers. */
static const struct bpf_insn clause[] = {
	MOV_REG(BPF_REG_6, BPF_REG_1),
	ST(BPF_DW, BPF_REG_6, SCRATCH(0), 1),
	ST(BPF_DW, BPF_REG_6, SCRATCH(8), 2),
	MOV_IMM(BPF_REG_2, 0),
	MOV_IMM(BPF_REG_3, 0),
	CALL(KPS_FN_OUTPUT),
	MOV_IMM(BPF_REG_0, 1),
	EXIT
};

static unsigned int event_id(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int id = 0;

	if (!file || fscanf(file, "%u", &id) != 1)
		id = 0;
	if (file)
		fclose(file);
	return id;
}

static const char *provider;

/* Of a kretprobe, few instances: each of them is an allocation. */
static const struct {
	const char *name;
	const char *target;
	const char *event_id;
	unsigned int maxactive;
} targets[] = {
	{ .name = "kprobe", .target = SYSCALL_FUNCTION("getppid") },
	{ .name = "kretprobe", .target = SYSCALL_FUNCTION("getppid"), .maxactive = 4 },
	{ .name = "tracepoint", .target = "task:task_rename",
	  .event_id = "/sys/kernel/tracing/events/task/task_rename/id" },
	{ .name = "rawtracepoint", .target = "sys_enter" },
	{ .name = "interval", .target = "1000000000" },
	{ .name = "software", .target = "2 1" },
	{ .name = "conntrack", .target = "destroy" },
};

static void put_provider(struct nl_msg *msg)
{
	struct nlattr *nest;
	size_t i = 0;

	while (strcmp(provider, targets[i].name))
		i++;
	nest = nla_nest_start(msg, KPS_A_PROBE);
	nla_put_string(msg, KPS_PROBE_A_NAME, targets[i].target);
	nla_put_string(msg, KPS_PROBE_A_PROVIDER, provider);
	nla_put_string(msg, KPS_PROBE_A_TARGET, targets[i].target);
	if (targets[i].event_id)
		nla_put_u32(msg, KPS_PROBE_A_EVENT_ID,
			    event_id(targets[i].event_id));
	nla_put_u32(msg, KPS_PROBE_A_MAXACTIVE, targets[i].maxactive);
	nla_put(msg, KPS_PROBE_A_INSNS, sizeof(clause), clause);
	nla_nest_end(msg, nest);
}

static struct nl_msg *program(void)
{
	static const struct kps_field pair[] = {
		{ .type = KPS_T_INT, .size = 8 }, { .type = KPS_T_INT, .size = 8 }
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 8192);

	nla_put_u32(msg, KPS_A_STACK_ENTRIES, 64);
	raw_put_map(msg, "@count", KPS_MAP_COUNT, 2, 64);
	raw_put_map(msg, "@hist", KPS_MAP_HIST, 1, 64);
	raw_put_map(msg, "@plain", KPS_MAP_VALUE, 1, 64);
	raw_put_output(msg, pair, 2);
	nla_put_u32(msg, KPS_A_BUFFER, 8192);
	put_provider(msg);
	return msg;
}

static char why[WHY_MAX];	/* of the last load */

static int load(void)
{
	return raw_send(program(), why);
}

static void unload(void)
{
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

static void load_well(void)
{
	if (load()) {
		printf("Bail out! a load without faults fails: %s\n", why);
		exit(1);
	}
}

static int read_maps(void)
{
	struct raw_entry entry;

	return raw_read(PROGRAM, "@count", false, &entry, 1) < 0 ? -1 : 0;
}

static int take_maps(void)
{
	struct raw_entry entry;

	return raw_read(PROGRAM, "@count", true, &entry, 1) < 0 ? -1 : 0;
}

static int take_output(void)
{
	struct raw_record record;

	return raw_output(PROGRAM, &record, 1, NULL) < 0 ? -1 : 0;
}

static int show(void)
{
	unsigned long long ledger[KPS_LEDGER_NR];

	return raw_ledger(PROGRAM, ledger);
}

static int reset(void)
{
	return raw_reset(PROGRAM, NULL, 0);
}

static int reset_map(void)
{
	return raw_reset(PROGRAM, "@count", 0);
}

static int disable(void)
{
	return raw_command(KPS_CMD_DISABLE, PROGRAM);
}

static int enable(void)
{
	return raw_command(KPS_CMD_ENABLE, PROGRAM);
}

static int read_file(const char *path)
{
	char text[4096];
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -1;
	do {
		n = read(fd, text, sizeof(text));
	} while (n > 0);
	close(fd);
	return n;
}

static int read_debugfs(void)
{
	return read_file("/sys/kernel/debug/kpstat/status") |
	       read_file("/sys/kernel/debug/kpstat/programs/raw/ledger") |
	       read_file("/sys/kernel/debug/kpstat/programs/raw/maps/count");
}

static int unload_it(void)
{
	return raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

/*
 * @loaded: it works on a loaded program
 * @keeps: and leaves it so, whatever fails; the same for all providers
 */
static const struct op {
	const char *name;
	int (*run)(void);
	bool loaded;
	bool keeps;
} ops[] = {
	{ "load", load, false, false },
	{ "disable", disable, true, false },
	{ "enable", enable, true, false },
	{ "unload", unload_it, true, false },
	{ "read", read_maps, true, true },
	{ "read and reset", take_maps, true, true },
	{ "records", take_output, true, true },
	{ "show", show, true, true },
	{ "reset", reset, true, true },
	{ "reset of a map", reset_map, true, true },
	{ "files", read_debugfs, true, true },
};

static unsigned int nr_programs(void)
{
	unsigned long long memory;
	unsigned int programs;

	raw_status(&programs, &memory);
	return programs;
}

static bool nothing_left(void)
{
	unsigned long long memory;
	unsigned int programs;

	raw_status(&programs, &memory);
	if (programs || memory)
		printf("# left: %u programs, %llu bytes\n", programs, memory);
	return !programs && !memory;
}

/* Something happens, so that there is something to read. */
static void prepare(const struct op *op, bool first)
{
	int i;

	if (op->loaded && (first || !op->keeps))
		load_well();
	for (i = 0; i < 10; i++)
		syscall(SYS_getppid);
	if (op->run == enable)
		disable();
}

static void fail_each(const struct op *op)
{
	int n, failed = 0;
	bool clean = true, over = false, still_loaded;

	for (n = 1; n < MOST && !over; n++) {
		prepare(op, n == 1);
		arm(n);
		failed += op->run() != 0;
		over = disarm();
		raw_lose_step();
		still_loaded = nr_programs() == 1;
		if (op->keeps && still_loaded)
			continue;
		clean = clean && !op->keeps;
		/* An answer may be lost as well, so it may be there. */
		unload();
		clean = clean && nothing_left();
	}
	unload();
	check(over && clean && nothing_left() && failed > 0,
	      "%s, %s: %d allocations failed, %d of them made it fail",
	      provider, op->name, n - 2, failed);
}

/* Counts calls by task. */
static const struct bpf_insn counting[] = {
	MOV_REG(BPF_REG_6, BPF_REG_1),
	CALL(KPS_FN_PID_TGID),
	STX(BPF_DW, BPF_REG_6, BPF_REG_0, SCRATCH(0)),
	MOV_REG(BPF_REG_1, BPF_REG_6),
	MOV_IMM(BPF_REG_2, 0),
	MOV_IMM(BPF_REG_3, 0),
	MOV_IMM(BPF_REG_4, 1),
	CALL(KPS_FN_MAP_UPDATE),
	MOV_IMM(BPF_REG_0, 1),
	EXIT
};

/* Touched before anything fails: a page of it would be an allocation, too. */
static struct raw_entry entries[8];

static void load_counting(void)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096);

	memset(entries, 1, sizeof(entries));
	raw_put_map(msg, "@calls", KPS_MAP_COUNT, 1, NR(entries));
	raw_put_probe(msg, "kprobe", targets[0].target, counting,
		      NR(counting));
	if (raw_send(msg, why)) {
		printf("Bail out! a load without faults fails: %s\n", why);
		exit(1);
	}
}

/* Return: this task's calls since they were last taken, or a negative errno. */
static long long take_calls(void)
{
	unsigned long long self = (unsigned long long)getpid() << 32 | getpid();
	int i, nr = raw_read(PROGRAM, "@calls", true, entries, NR(entries));

	for (i = 0; i < nr; i++)
		if (entries[i].key[0] == self)
			return entries[i].values[0];
	return nr < 0 ? nr : 0;
}

/*
 * What fails later than the reading itself, when it is sent, takes it along: of that
 * nothing is said here.
 */
static void fail_each_taking(void)
{
	bool over = false, exact = true;
	int n, i, kept = 0;
	long long taken;

	load_counting();
	for (n = 1; n < MOST && !over; n++) {
		for (i = 0; i < 10; i++)
			syscall(SYS_getppid);
		arm(n);
		taken = take_calls();
		over = disarm();
		if (taken < 0) {
			bool sent = strcmp(raw_why_not_read(), "no memory to read into");

			raw_lose_step();
			taken = take_calls();
			if (sent)
				continue;
			kept++;
		}
		exact = exact && taken == 10;
	}
	unload();
	check(over && exact && kept > 3,
	      "a reading with reset that finds no memory takes nothing: %d times", kept);
}

static int insert_module(void)
{
	int fd = open(module_file, O_RDONLY);
	int err = syscall(SYS_finit_module, fd, "", 0);

	close(fd);
	return err;
}

static void insert_with_faults(void)
{
	int n, failed = 0, err;
	bool over = false;

	for (n = 1; n < MOST && !over; n++) {
		arm(n);
		err = insert_module();
		over = disarm();
		failed += err != 0;
		if (!err && syscall(SYS_delete_module, "kpstat", O_NONBLOCK)) {
			printf("Bail out! rmmod: %s\n", strerror(errno));
			exit(1);
		}
	}
	check(over && failed, "insmod: %d allocations failed, %d of them made it fail",
	      n - 2, failed);
}

int main(int argc, char **argv)
{
	size_t i;

	plan();
	fail_fd = open("/proc/self/fail-nth", O_RDWR);
	if (fail_fd < 0 || argc < 3)
		return 4;
	module_file = argv[1];
	provider = argv[2];
	if (!strcmp(provider, "insmod")) {
		insert_with_faults();
		return finish();
	}
	raw_open();
	load_well();
	unload();
	for (i = 0; i < NR(ops); i++)
		if (!ops[i].keeps || !strcmp(provider, "kprobe"))
			fail_each(&ops[i]);
	if (!strcmp(provider, "kprobe"))
		fail_each_taking();
	return finish();
}

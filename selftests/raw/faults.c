// SPDX-License-Identifier: GPL-2.0
/*
 * faults KPSTAT.KO PROVIDER: every allocation that a command makes in the kernel is made
 * to fail, one after the other: /proc/self/fail-nth lets the N-th one of this
 * task fail. What fails must be an error and leave nothing behind. And so is every
 * allocation of a call that is probed, whose clause wants memory that is not there.
 *
 * The kernel must have failslab and fail_page_alloc, set up by faults.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
#define RECORD_OF_TWO							\
	ST(BPF_DW, BPF_REG_6, SCRATCH(0), 1),				\
	ST(BPF_DW, BPF_REG_6, SCRATCH(8), 2),				\
	MOV_REG(BPF_REG_1, BPF_REG_6),					\
	MOV_IMM(BPF_REG_2, 0),						\
	MOV_IMM(BPF_REG_3, 0),						\
	CALL(KPS_FN_OUTPUT),						\
	MOV_IMM(BPF_REG_0, 1),						\
	EXIT

/* First a string of the program's memory, which a word of the event points to. */
#define STRING_AT(word)							\
	MOV_REG(BPF_REG_6, BPF_REG_1),					\
	LDX(BPF_DW, BPF_REG_2, BPF_REG_6, offsetof(struct kps_frame, word)), \
	MOV_IMM(BPF_REG_3, 16),						\
	MOV_IMM(BPF_REG_4, 16),						\
	CALL(KPS_FN_STR)

static const struct bpf_insn clause[] = {
	MOV_REG(BPF_REG_6, BPF_REG_1),
	RECORD_OF_TWO
};

static const struct bpf_insn at_entry[] = {
	STRING_AT(arg[0]),
	RECORD_OF_TWO
};

/* How long it took is asked for, since that takes memory where the kernel keeps no word. */
static const struct bpf_insn at_return[] = {
	STRING_AT(retval),
	LDX(BPF_DW, BPF_REG_7, BPF_REG_6, offsetof(struct kps_frame, duration)),
	RECORD_OF_TWO
};

/* What is probed here, is counted up while it is probed, and is watched. */
static __attribute__((noipa)) const char *called(const char *text)
{
	asm volatile("nop");
	return text;
}

static unsigned short counter = 1;
static unsigned long watched = 1;

/* Where in this program's file an address of it is. */
struct in_file {
	uintptr_t address;
	unsigned long long offset;
};

/* The first object is the program itself. */
static int find_in_file(struct dl_phdr_info *info, size_t size, void *data)
{
	struct in_file *at = data;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const Elf64_Phdr *part = &info->dlpi_phdr[i];
		uintptr_t begin = info->dlpi_addr + part->p_vaddr;

		if (part->p_type == PT_LOAD && at->address >= begin &&
		    at->address < begin + part->p_filesz)
			at->offset = at->address - begin + part->p_offset;
	}
	return 1;
}

static unsigned long long in_file(const void *address)
{
	struct in_file at = { .address = (uintptr_t)address };

	dl_iterate_phdr(find_in_file, &at);
	if (at.offset)
		return at.offset;
	printf("Bail out! %p is nowhere in this program\n", address);
	exit(1);
}

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
static char watched_at[64];

#define PLACE "faults:called"
#define WITH(insns) .clause = insns, .nr_insns = NR(insns)

/*
 * Of a kretprobe, few instances: each of them is an allocation.
 * @place: it is called(), which reads memory
 */
static const struct target {
	const char *name;
	const char *target;
	const char *event_id;
	unsigned int maxactive;
	bool place;
	const unsigned short *counter;
	const struct bpf_insn *clause;
	size_t nr_insns;
} targets[] = {
	{ .name = "kprobe", .target = SYSCALL_FUNCTION("getppid"), WITH(clause) },
	{ .name = "kretprobe", .target = SYSCALL_FUNCTION("getppid"), .maxactive = 4,
	  WITH(clause) },
	{ .name = "tracepoint", .target = "task:task_rename",
	  .event_id = "/sys/kernel/tracing/events/task/task_rename/id", WITH(clause) },
	{ .name = "rawtracepoint", .target = "sys_enter", WITH(clause) },
	{ .name = "interval", .target = "1000000000", WITH(clause) },
	{ .name = "profile", .target = "hz 1", WITH(clause) },
	{ .name = "software", .target = "2 1", WITH(clause) },
	{ .name = "watchpoint", .target = watched_at, WITH(clause) },
	{ .name = "conntrack", .target = "destroy", WITH(clause) },
	{ .name = "uprobe", .target = PLACE, .place = true, WITH(at_entry) },
	{ .name = "uretprobe", .target = PLACE, .place = true, WITH(at_return) },
	{ .name = "usdt", .target = PLACE, .place = true, .counter = &counter,
	  WITH(at_entry) },
};

static const struct target *find_target(void)
{
	size_t i = 0;

	while (i < NR(targets) && strcmp(provider, targets[i].name))
		i++;
	if (i < NR(targets))
		return &targets[i];
	printf("Bail out! what is %s?\n", provider);
	exit(1);
}

static void put_place(struct nl_msg *msg, const struct target *target)
{
	static int fd = -1;
	struct kps_place place = { .offset = in_file((void *)called) };

	if (fd < 0)
		fd = open("/proc/self/exe", O_RDONLY);
	place.fd = fd;
	if (target->counter)
		place.counter = in_file(target->counter);
	nla_put(msg, KPS_PROBE_A_PLACES, sizeof(place), &place);
}

static void put_provider(struct nl_msg *msg)
{
	const struct target *target = find_target();
	struct nlattr *nest = nla_nest_start(msg, KPS_A_PROBE);

	nla_put_string(msg, KPS_PROBE_A_NAME, target->target);
	nla_put_string(msg, KPS_PROBE_A_PROVIDER, provider);
	nla_put_string(msg, KPS_PROBE_A_TARGET, target->target);
	if (target->event_id)
		nla_put_u32(msg, KPS_PROBE_A_EVENT_ID, event_id(target->event_id));
	if (target->place)
		put_place(msg, target);
	nla_put_u32(msg, KPS_PROBE_A_MAXACTIVE, target->maxactive);
	nla_put(msg, KPS_PROBE_A_INSNS, target->nr_insns * sizeof(*target->clause),
		target->clause);
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
	for (i = 0; i < 10; i++) {
		syscall(SYS_getppid);
		called("here");
		watched++;
	}
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

/* A call whose memory comes only when somebody asks, with a table of pages of its own. */
#define AWAY (2UL << 20)

static void call_without_memory(int n, bool *over)
{
	char *room = mmap(NULL, 2 * AWAY, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED) {
		printf("Bail out! mmap: %s\n", strerror(errno));
		exit(1);
	}
	arm(n);
	called((char *)(((uintptr_t)room + AWAY - 1) & -AWAY));
	*over = disarm();
	munmap(room, 2 * AWAY);
}

/*
 * Each call is seen, with its memory or as a fault. What a return needs is the kernel's
 * own to allocate, and what it cannot it does not tell of: no more of those are missing
 * than failed.
 */
static void fail_each_call(void)
{
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 };
	unsigned long long served, hits;
	bool over = false;
	int n, missing;

	load_well();
	for (n = 1; n < MOST && !over; n++)
		call_without_memory(n, &over);
	raw_ledger(PROGRAM, ledger);
	unload();
	hits = ledger[KPS_LEDGER_HITS];
	served = ledger[KPS_LEDGER_RECORDED] + ledger[KPS_LEDGER_FAULT];
	missing = n - 1 - (int)hits;
	check(over && nothing_left() && ledger[KPS_LEDGER_FAULT] && served == hits &&
	      missing >= 0 && missing <= (strcmp(provider, "uretprobe") ? 0 : n - 2),
	      "%s, %d calls: %llu seen, %llu of them without their memory",
	      provider, n - 1, hits, ledger[KPS_LEDGER_FAULT]);
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
	snprintf(watched_at, sizeof(watched_at), "0x%lx 8 2 %d", (unsigned long)&watched,
		 getpid());
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
	if (find_target()->place)
		fail_each_call();
	if (!strcmp(provider, "kprobe"))
		fail_each_taking();
	return finish();
}

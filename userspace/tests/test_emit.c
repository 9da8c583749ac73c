// SPDX-License-Identifier: GPL-2.0
/* What a program does when it runs. */
#include "fixture.h"
#include "interp.h"

static struct machine m;

static int reset_machine(void **state)
{
	static const struct machine fresh = {
		.frame = {
			.ip = 0xffffffff81003000, .site = 3, .retval = -11,
			.duration = 1500, .arg = { 10, 20, 30, 40, 50, -1 },
		},
		.pid_tgid = 1234ull << 32 | 1235, .uid_gid = 7ull << 32 | 1000,
		.cpu = 3, .nsecs = 1000000, .elapsed = 500, .comm = "sshd",
		.memory = "/etc/passwd",
	};

	(void)state;
	m = fresh;
	return 0;
}

/* Runs the only probe of a program; what it returned. */
static uint64_t run(const char *text)
{
	struct object object;
	uint64_t result;

	must_compile(text, &object);
	result = run_clause(&m, &object, 0);
	object_free(&object);
	return result;
}

static uint64_t key_word(unsigned int update, unsigned int word)
{
	uint64_t value;

	memcpy(&value, m.updates[update].key + word * 8, 8);
	return value;
}

static const char *key_text(unsigned int update, unsigned int word)
{
	return (const char *)m.updates[update].key + word * 8;
}

/* The value of an expression, in a kprobe and computed in a key, too. */
static void check_value(const char *probe, const char *expr, uint64_t expected)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s { @s = sum(%s); @k[%s, \"x\"] = count(); }",
		 probe, expr, expr);
	assert_int_equal(run(text), 1);
	if (m.updates[0].value != expected || key_word(1, 0) != expected)
		fail_msg("%s: %#llx and %#llx, not %#llx", expr,
			 (unsigned long long)m.updates[0].value,
			 (unsigned long long)key_word(1, 0),
			 (unsigned long long)expected);
	/* As a filter: its truth. */
	snprintf(text, sizeof(text), "%s /%s/ { @ = count(); }", probe, expr);
	assert_int_equal(run(text), !!expected);
	snprintf(text, sizeof(text), "%s /!(%s)/ { @ = count(); }", probe, expr);
	assert_int_equal(run(text), !expected);
}

struct value {
	const char *expr;
	uint64_t expected;
};

/* arg0 .. arg5 are 10, 20, 30, 40, 50 and -1. */
static const struct value values[] = {
	/* literals */
	{ "0x1f", 31 }, { "017", 15 }, { "1e6", 1000000 }, { "1_000", 1000 },
	{ "5u", 5 }, { "5ull", 5 }, { "10ms", 10000000 }, { "0", 0 },
	{ "2s", 2000000000 }, { "0xffffffffffffffff", -1ull },
	{ "AF_INET6", 10 }, { "true", 1 },
	/* builtins */
	{ "pid", 1234 }, { "tid", 1235 }, { "uid", 1000 }, { "gid", 7 },
	{ "cpu", 3 }, { "nsecs", 1000000 }, { "elapsed", 500 },
	{ "arg0", 10 }, { "arg5", -1ull },
	/* arithmetic */
	{ "arg0 + arg1", 30 }, { "arg0 - arg1", -10ull }, { "arg0 * 7", 70 },
	{ "arg1 / 3", 6 }, { "arg1 % 3", 2 }, { "arg1 / arg0", 2 },
	{ "arg2 % arg1", 10 }, { "arg5 / 2", 0x7fffffffffffffff },
	{ "arg5 / 0x100000000", 0xffffffff }, { "arg0 / pid", 0 },
	{ "arg0 / (arg1 - 20)", 1 }, { "arg0 % (arg1 - 20)", 1 },
	{ "arg0 << 2", 40 }, { "arg0 << arg1", 10 << 20 }, { "arg5 >> 60", 15 },
	{ "arg0 << 64", 10 },
	{ "arg0 & 6", 2 }, { "arg0 | 5", 15 }, { "arg0 ^ 3", 9 },
	{ "arg0 + 0x1234567890", 0x123456789a }, { "-arg0", -10ull },
	{ "~arg0", ~10ull }, { "!arg0", 0 }, { "!(arg0 - 10)", 1 },
	{ "- -arg0", 10 },
	/* precedence and associativity */
	{ "2 + 3 * 4", 14 }, { "20 - 10 - 5", 5 }, { "100 / 10 / 5", 2 },
	{ "arg0 + arg1 * arg2", 610 }, { "(arg0 + arg1) * arg2", 900 },
	{ "arg0 - arg1 - arg2", -40ull }, { "1 << 2 + 1", 8 },
	{ "1 | 2 ^ 3 & 4", 3 }, { "5 & 3 == 3", 1 }, { "1 < 2 == 1", 1 },
	{ "1 || 0 && 0", 1 }, { "-2 + 3", 1 }, { "!0 + 1", 2 },
	{ "1 ? 2 : 0 ? 3 : 4", 2 }, { "0 ? 2 : 0 ? 3 : 4", 4 },
	{ "arg0 & 8 | 1", 9 }, { "arg0 > 5 && arg1 > 5", 1 },
	/* comparison: signed only if both sides are */
	{ "arg0 < arg1", 1 }, { "arg0 >= arg1", 0 }, { "arg0 <= 10", 1 },
	{ "arg0 > 10", 0 }, { "arg0 == 10", 1 }, { "arg0 != 10", 0 },
	{ "10 < arg1", 1 }, { "arg5 > arg0", 1 }, { "arg5 == -1", 1 },
	{ "arg5 > 100", 1 }, { "(int64)arg5 < 0", 1 }, { "-1 < 1", 1 },
	{ "(int64)arg5 < (int64)arg0", 1 }, { "arg5 < arg0", 0 },
	{ "arg0 < 0x1234567890", 1 }, { "arg0 + arg1 == arg2", 1 },
	{ "pid > tid", 0 }, { "tid > pid", 1 }, { "pid + 1 == tid", 1 },
	/* logic */
	{ "arg0 && arg1", 1 }, { "arg0 && 0", 0 }, { "0 || arg1", 1 },
	{ "arg0 == 1 || arg1 == 20", 1 }, { "arg0 == 1 || arg1 == 2", 0 },
	{ "!(arg0 == 10 && arg1 == 20)", 0 }, { "(arg0 == 10) + 1", 2 },
	{ "!(arg0 == 1 || arg1 == 2) && arg2 == 30", 1 },
	{ "(arg0 == 10 || arg1 == 2) && (arg2 == 1 || arg3 == 40)", 1 },
	{ "(arg0 && arg1) == 1", 1 },
	/* casts */
	{ "(uint8)arg5", 255 }, { "(int8)arg5", -1ull }, { "(uint32)arg5", 0xffffffff },
	{ "(int32)0x80000000", 0xffffffff80000000 }, { "(uint16)0x12345", 0x2345 },
	{ "(int8)(arg0 * 20)", -56ull }, { "(uint64)arg5", -1ull },
	/* types of others */
	{ "(typeof((uint8)1))300", 44 }, { "(typeof(arg0))(int8)-1", -1ull },
	{ "((typeof(curtask))0 == 0)", 1 }, { "comptime 2 + 3", 5 },
	/* choice */
	{ "arg0 > 5 ? arg1 : arg2", 20 }, { "arg0 > 50 ? arg1 : pid", 1234 },
	{ "(arg0 > 5 ? 1 : 2) + (arg1 > 50 ? 10 : 20)", 21 },
	/* deeper than there are registers, the innermost of which may not be in use yet */
	{ "arg3 / arg0 + (arg3 / arg0 + (arg3 / arg0 == arg1 / (arg2 - arg0) + arg2 / arg0))", 9 },
	/* strings */
	{ "comm == \"sshd\"", 1 }, { "comm == \"ssh\"", 0 },
	{ "comm == \"sshd1\"", 0 }, { "comm != \"sshd\"", 0 },
	{ "\"sshd\" == comm", 1 }, { "comm == \"averyverylongname\"", 0 },
	{ "comm == \"\"", 0 }, { "str(arg0) == \"/etc/passwd\"", 1 },
	{ "str(arg0) == \"/etc/passwe\"", 0 }, { "str(arg0, 5) == \"/etc\"", 1 },
	{ "str(arg0, 5) == str(arg1, 5)", 1 }, { "comm == str(arg0)", 0 },
	{ "comm == comm", 1 }, { "\"a\" == \"a\"", 1 }, { "\"a\" != \"a\"", 0 },
	{ "str(\"sshd\") == comm", 1 }, { "(comm == \"sshd\") + (comm == \"x\")", 1 },
	{ "(pid == 1 ? comm : \"x\") == \"x\"", 1 },
	{ "pid == 1 || comm == \"sshd\"", 1 },
	{ "pid == 1234 && comm == \"sshd\"", 1 },
	{ "!(pid == 1 && comm == \"sshd\") && comm == \"sshd\"", 1 },
	/* deep: more values than registers */
	{ "arg0 + (arg1 + (arg2 + (arg3 + (arg4 + pid * tid))))",
	  150 + 1234ull * 1235 },
	{ "pid - (tid - (uid - (gid - (cpu - (nsecs - (pid * tid))))))",
	  1234 - (1235 - (1000 - (7 - (3 - (1000000 - 1234ull * 1235))))) },
	{ "pid / (tid / (uid / (gid / (cpu / (cpu / gid)))))", 1234 / 8 },
	{ "(pid + tid * (uid + gid * (cpu + cpu * (pid == tid)))) == 1234 + 1235 * 1021",
	  1 },
	{ "pid + (tid + (uid + (gid < (cpu + (pid + (tid * uid))))))", 3470 },
	{ "pid + (tid + (uid + (str(pid + (tid * cpu)) == \"/etc/passwd\")))", 3470 },
};

static void test_values(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		reset_machine(NULL);
		check_value("kprobe:vfs_read", values[i].expr,
			    values[i].expected);
	}
}

static void test_kretprobe(void **state)
{
	(void)state;
	check_value("kretprobe:vfs_read", "retval", -11ull);
	check_value("kretprobe:vfs_read", "duration / 1000", 1);
	check_value("kr:vfs_read", "(int32)retval < 0", 1);
	check_value("kr:vfs_read", "retval < 0", 0);
}

static void test_record(void **state)
{
	const int64_t ret = -5;

	(void)state;
	memcpy(m.record + 16, &ret, 8);
	check_value("tracepoint:syscalls:sys_exit_read", "args.ret", ret);
	check_value("t:syscalls:sys_exit_read", "args->ret", ret);
	check_value("t:syscalls:sys_exit_read", "args.ret < 0", 1);
	check_value("t:syscalls:sys_exit_read", "args.ret + 6", 1);
}

/* The cheap things stay cheap. */
static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		size_t nr;
	} cases[] = {
		{ "k:vfs_read { @ = count(); }", 6 },
		{ "k:vfs_read { @ = hist(arg2); }", 6 },
		{ "k:vfs_read { @[arg0] = count(); }", 8 },
		{ "k:vfs_read { @[comm] = count(); }", 10 },
		{ "k:vfs_read /arg2 > 10/ { @ = count(); }", 10 },
		{ "k:vfs_read /0/ { @ = count(); }", 2 },
		{ "k:vfs_read /1/ { @ = count(); }", 6 },
		{ "k:vfs_read { }", 2 },
		{ "kr:vfs_read { @ = hist(duration); }", 6 },
	};
	struct object object;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		must_compile(cases[i].text, &object);
		if (object.probes[0].nr_insns > cases[i].nr)
			fail_msg("%s: %zu instructions, not %zu",
				 cases[i].text, object.probes[0].nr_insns,
				 cases[i].nr);
		object_free(&object);
	}
}

/* Events of kpctl's own are filtered, but not those that come wherever they come. */
static uint64_t run_as(unsigned int self, const char *text)
{
	const struct compile_options options = { .file = "test.bt", .self = self };
	struct object object;
	uint64_t result;

	assert_int_equal(compile_with(text, &options, &object), 0);
	result = run_clause(&m, &object, 0);
	object_free(&object);
	return result;
}

static void test_no_self(void **state)
{
	(void)state;
	assert_int_equal(run_as(1234, "k:vfs_read { @ = count(); }"), 0);
	assert_int_equal(run_as(1235, "k:vfs_read { @ = count(); }"), 1);
	assert_int_equal(run_as(1234, "t:syscalls:sys_exit_read /pid == 1234/ { @ = count(); }"), 0);
	assert_int_equal(run_as(1235, "profile:hz:99 /pid == 1234/ { @ = count(); }"), 1);
	assert_int_equal(run_as(1234, "profile:hz:99 { @ = count(); }"), 0);
	assert_int_equal(run_as(1234, "interval:s:1 { @ = count(); }"), 1);
	assert_int_equal(run_as(1234, "BEGIN { @ = count(); }"), 1);
	assert_int_equal(run_as(1234, "conntrack:new { @ = count(); }"), 1);
}

/* comm in a filter and in a key is fetched once. */
static void test_comm_once(void **state)
{
	(void)state;
	assert_int_equal(run("k:vfs_read /pid == 1234 && comm == \"sshd\"/ "
			     "{ @[comm] = count(); @b[comm, pid] = count(); }"),
			 1);
	assert_int_equal(m.calls[KPS_FN_COMM], 1);
	assert_string_equal(key_text(0, 0), "sshd");
	assert_string_equal(key_text(1, 0), "sshd");
	assert_int_equal(key_word(1, 2), 1234);
}

/* If it was fetched on one path only, it is fetched again. */
static void test_comm_on_one_path(void **state)
{
	(void)state;
	assert_int_equal(run("k:vfs_read /pid == 1234 || comm == \"x\"/ "
			     "{ @[comm] = count(); }"), 1);
	assert_string_equal(key_text(0, 0), "sshd");
	assert_int_equal(run("k:vfs_read /!(pid == 1 && comm == \"x\")/ "
			     "{ @[comm] = count(); }"), 1);
	assert_string_equal(key_text(0, 0), "sshd");
	assert_int_equal(run("k:vfs_read { @[pid == 1 ? comm : \"y\"] = count();"
			     "@b[comm] = count(); }"), 1);
	assert_string_equal(key_text(0, 0), "y");
	assert_string_equal(key_text(1, 0), "sshd");
}

static void test_keys(void **state)
{
	struct object object;

	(void)state;
	must_compile("kprobe:vfs_read { @[func, probe, kstack(3), ksym(arg0),"
		     " \"IPv4\", str(arg1), (int32)arg5] = count(); }", &object);
	assert_int_equal(run_clause(&m, &object, 0), 1);
	assert_int_equal(object.maps[0].nr_key, 7);
	assert_int_equal(object.maps[0].key[0].type, KPS_T_KSYM);
	assert_int_equal(object.maps[0].key[1].type, KPS_T_PROBE);
	assert_int_equal(object.maps[0].key[2].type, KPS_T_KSTACK);
	assert_int_equal(object.maps[0].key[3].type, KPS_T_KSYM);
	assert_int_equal(object.maps[0].key[4].type, KPS_T_STR);
	assert_int_equal(object.maps[0].key[4].size, 8);
	assert_int_equal(object.maps[0].key[5].size, 64);
	assert_int_equal(object.maps[0].key[6].flags, KPS_FIELD_SIGNED);
	assert_true(object.stack_entries > 0);
	assert_int_equal(m.stack_depth, 3);
	assert_int_equal(key_word(0, 0), 0xffffffff81003000);
	assert_int_equal(key_word(0, 1), 3);
	assert_int_equal(key_word(0, 2), 77);
	assert_int_equal(key_word(0, 3), 10);
	assert_string_equal(key_text(0, 4), "IPv4");
	assert_string_equal(key_text(0, 5), "/etc/passwd");
	assert_int_equal(m.str_address, 20);
	assert_int_equal((int64_t)key_word(0, 13), -1);
	object_free(&object);
}

static void test_str_length(void **state)
{
	(void)state;
	run("k:vfs_read { @[str(arg0, 5)] = count(); @b[str(arg0, 10)] = count();"
	    "@c[str(arg0, 9)] = count(); }");
	assert_string_equal(key_text(0, 0), "/etc");
	assert_string_equal(key_text(1, 0), "/etc/pass");
	assert_string_equal(key_text(2, 0), "/etc/pas");
}

static void test_stack_depth(void **state)
{
	(void)state;
	run("k:vfs_read { @[kstack] = count(); }");
	assert_int_equal(m.stack_depth, KPS_MAX_STACK_DEPTH);
}

/* Strings of several sizes share a map: the longest decides, zeros fill. */
static void test_string_sizes(void **state)
{
	struct object object;
	unsigned int i;

	(void)state;
	must_compile("k:vfs_read { @[comm] = count(); @[str(arg0)] = count();"
		     " @[\"a\"] = count(); }", &object);
	run_clause(&m, &object, 0);
	assert_int_equal(object.nr_maps, 1);
	assert_int_equal(object.maps[0].key[0].size, 64);
	for (i = 16; i < 64; i++)
		assert_int_equal(m.updates[0].key[i], 0);
	for (i = 1; i < 64; i++)
		assert_int_equal(m.updates[2].key[i], 0);
	object_free(&object);
}

static void test_addresses(void **state)
{
	static const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	const uint32_t v4 = 0x0100007f;

	(void)state;
	memcpy(m.record + 38, &v4, 4);
	memcpy(m.record + 58, v6, 16);
	m.record[32] = 10;
	run("t:tcp:tcp_retransmit_skb { @[ntop(args.daddr)] = count();"
	    "@[ntop(args.daddr_v6)] = count();"
	    "@[ntop(args.family, args.daddr_v6)] = count();"
	    "@[ntop(0x0100007f)] = count();"
	    "@[args.family == 2 ? ntop(args.daddr) : ntop(args.daddr_v6)] = count(); }");
	assert_int_equal(key_word(0, 0), 2);
	assert_memory_equal(m.updates[0].key + 8, &v4, 4);
	assert_int_equal(key_word(0, 2), 0);
	assert_int_equal(key_word(1, 0), 10);
	assert_memory_equal(m.updates[1].key + 8, v6, 16);
	assert_int_equal(key_word(2, 0), 10);
	assert_memory_equal(m.updates[2].key + 8, v6, 16);
	assert_int_equal(key_word(3, 0), 2);
	assert_memory_equal(m.updates[3].key + 8, &v4, 4);
	assert_int_equal(key_word(4, 0), 10);
	assert_memory_equal(m.updates[4].key + 8, v6, 16);
}

static void test_record_strings(void **state)
{
	const uint32_t loc = 5 << 16 | 100;

	(void)state;
	strcpy((char *)m.record + 8, "parent");
	run("t:sched:sched_process_fork { @[args.parent_comm, comm] = count(); }");
	assert_string_equal(key_text(0, 0), "parent");
	assert_string_equal(key_text(0, 2), "sshd");
	memcpy(m.record + 20, &loc, 4);
	strcpy((char *)m.record + 100, "eth0");
	run("t:net:net_dev_queue /args.name == \"eth0\"/ "
	    "{ @[args.name] = count(); @b[str(args.name, 4)] = count(); }");
	assert_string_equal(key_text(0, 0), "eth0");
	assert_string_equal(key_text(1, 0), "eth");
}

static void check_buf(const char *text, uint64_t len, const void *bytes)
{
	char program[256];

	snprintf(program, sizeof(program),
		 "t:scsi:scsi_dispatch_cmd_start { @[%s] = count(); }", text);
	run(program);
	assert_int_equal(key_word(0, 0), len);
	assert_memory_equal(m.updates[0].key + 8, bytes, len);
}

/* As many as the event has, or as are wanted, if that is less. */
static void test_record_bytes(void **state)
{
	const uint32_t cmd_len = 3, cmnd = 6 << 16 | 40, words = 12 << 16 | 48,
		       behind = 5 << 16 | (64 - 24);

	(void)state;
	memcpy(m.record + 8, &cmd_len, 4);
	memcpy(m.record + 12, &cmnd, 4);
	memcpy(m.record + 16, &words, 4);
	memcpy(m.record + 20, &behind, 4);
	memcpy(m.record + 24, "an eight", 8);
	memcpy(m.record + 40, "\0b\0def", 6);
	memcpy(m.record + 48, "\0\0\0\1\0\0\0\2\0\0\0\3", 12);
	memcpy(m.record + 64, "x\0yz\0", 5);
	check_buf("buf(args.cmnd)", 6, "\0b\0def");
	check_buf("buf(args->cmnd, 4)", 4, "\0b\0d");
	check_buf("buf(args.cmnd, 100)", 6, "\0b\0def");
	check_buf("buf(args.cmnd, args.cmd_len)", 3, "\0b\0");
	check_buf("buf(args.words)", 12, "\0\0\0\1\0\0\0\2\0\0\0\3");
	check_buf("buf(args.behind)", 5, "x\0yz\0");
	check_buf("buf(args.behind, 2)", 2, "x\0");
	check_buf("buf(args.lun)", 8, "an eight");
	check_buf("buf(args.lun, 2)", 2, "an");
	check_buf("buf(args.lun, args.cmd_len)", 3, "an ");
	check_buf("buf(args.lun, 100)", 8, "an eight");
}

static void test_enums(void **state)
{
	struct object object;
	const int32_t established = 1;

	(void)state;
	memcpy(m.record + 24, &established, 4);
	must_compile("t:tcp:tcp_retransmit_skb /args.state == 1/ {"
		     "@[args.state, args.state + 0, (int32)args.state] = count();"
		     "@b[args.state] = count(); @c[args.family] = count(); }",
		     &object);
	assert_int_equal(run_clause(&m, &object, 0), 1);
	assert_int_equal(object.nr_enums, 2);
	assert_int_equal(object.maps[0].key[0].type, KPS_T_ENUM);
	assert_int_equal(object.maps[0].key[1].type, KPS_T_INT);
	assert_int_equal(object.maps[0].key[2].type, KPS_T_INT);
	assert_int_equal(object.maps[1].key[0].more, 0);
	assert_int_equal(object.maps[2].key[0].more, 1);
	assert_int_equal(object.enums[0].nr, 12);
	assert_int_equal(object.enums[0].names[1].value, 2);
	assert_string_equal(object.enums[0].names[1].name, "TCP_SYN_SENT");
	assert_int_equal(key_word(0, 0), 1);
	object_free(&object);
}

static void test_conntrack(void **state)
{
	struct object object;

	(void)state;
	m.record[2] = 6;
	m.record[8] = 2;
	memcpy(m.record + 16, "\x0a\0\0\1", 4);
	must_compile("conntrack:new /args.protocol == 6/ "
		     "{ @[args.protocol, args.saddr, ntop(args.daddr)] = count(); }",
		     &object);
	assert_int_equal(run_clause(&m, &object, 0), 1);
	assert_string_equal(object.probes[0].provider, "conntrack");
	assert_string_equal(object.probes[0].targets[0], "new");
	assert_int_equal(object.maps[0].key[0].type, KPS_T_ENUM);
	assert_int_equal(object.maps[0].key[1].type, KPS_T_INET);
	assert_int_equal(object.maps[0].key[2].type, KPS_T_INET);
	assert_int_equal(key_word(0, 1), 2);
	assert_memory_equal(m.updates[0].key + 16, "\x0a\0\0\1", 4);
	object_free(&object);
}

static void test_maps(void **state)
{
	static const enum kps_map_kind kinds[] = {
		KPS_MAP_COUNT, KPS_MAP_SUM, KPS_MAP_AVG, KPS_MAP_MIN,
		KPS_MAP_MAX, KPS_MAP_STATS, KPS_MAP_HIST, KPS_MAP_LHIST,
	};
	struct object object;
	size_t i;

	(void)state;
	must_compile("k:vfs_read { @c[pid] = count(); @s = sum((int32)arg0);"
		     "@a = avg(arg0); @n = min(arg0); @x = max(arg0);"
		     "@t = stats(arg0); @h[pid] = hist(arg0);"
		     "@l = lhist(arg0, -10, 100, 5); }", &object);
	run_clause(&m, &object, 0);
	assert_int_equal(object.nr_maps, ARRAY_SIZE(kinds));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		assert_int_equal(object.maps[i].kind, kinds[i]);
		assert_int_equal(m.updates[i].map, i);
	}
	assert_string_equal(object.maps[0].name, "@c");
	assert_int_equal(object.maps[0].max_entries, 4096);
	assert_int_equal(object.maps[1].max_entries, 1);
	assert_int_equal(object.maps[1].value[0].flags, KPS_FIELD_SIGNED);
	assert_int_equal(object.maps[2].value[0].flags, 0);
	assert_int_equal(object.maps[6].max_entries, 1024);
	assert_int_equal(object.maps[7].lhist.min, -10);
	assert_int_equal(object.maps[7].lhist.max, 100);
	assert_int_equal(object.maps[7].lhist.step, 5);
	object_free(&object);
}

/* The whole program is kept, and so is the order of clauses. */
static void test_clauses(void **state)
{
	static const char text[] =
		"#!/usr/bin/kpctl\n// one\nk:vfs_read, kr:vfs_write /* two */\n"
		"{ @ = count() }\nt:sched:sched_switch / pid / // three\n"
		"{ @b = count(); ; }\n";
	struct object object;

	(void)state;
	must_compile(text, &object);
	assert_string_equal(object.source, text);
	assert_int_equal(object.nr_probes, 3);
	assert_string_equal(object.probes[0].name, "k:vfs_read");
	assert_string_equal(object.probes[0].provider, "kprobe");
	assert_string_equal(object.probes[1].provider, "kretprobe");
	assert_string_equal(object.probes[2].provider, "tracepoint");
	assert_int_equal(object.probes[2].event_id, 316);
	object_free(&object);
}

/* The verifier refuses what cannot be reached, and jumps past the end. */
static void check_reachable(const struct object_probe *probe)
{
	bool *reached = calloc(probe->nr_insns + 1, sizeof(*reached));
	size_t pc;

	reached[0] = true;
	for (pc = 0; pc < probe->nr_insns; pc++) {
		const struct bpf_insn *insn = &probe->insns[pc];
		int op = BPF_OP(insn->code);
		bool jump = BPF_CLASS(insn->code) == BPF_JMP && op != BPF_CALL;

		assert_true(reached[pc]);
		if (BPF_CLASS(insn->code) == BPF_LD)
			pc++;
		if (jump && op != BPF_EXIT) {
			assert_true(insn->off >= 0);
			assert_true(pc + 1 + insn->off < probe->nr_insns);
			reached[pc + 1 + insn->off] = true;
		}
		if (!jump || (op != BPF_EXIT && op != BPF_JA))
			reached[pc + 1] = true;
	}
	assert_false(reached[probe->nr_insns]);
	free(reached);
}

static void test_reachable(void **state)
{
	static const char * const filters[] = {
		"0", "1", "0 && pid", "pid && 0", "1 || pid", "pid || 1",
		"!(pid && 0)", "comm == \"averyverylongname\"",
		"comm != \"averyverylongname\"", "0 ? pid : tid",
		"1 ? pid : tid", "(pid && 0) || (tid && 1)",
		"comm == \"averyverylongname\" || pid == 1",
		"(comm == \"averyverylongname\") + 1", "pid ? 1 : 0",
	};
	struct object object;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(filters); i++) {
		snprintf(text, sizeof(text),
			 "k:vfs_read /%s/ { @[comm, %s] = count(); }",
			 filters[i], filters[i]);
		must_compile(text, &object);
		check_reachable(&object.probes[0]);
		run_clause(&m, &object, 0);
		object_free(&object);
	}
}

/* A print() empties its map where a clear() of it always follows, and nowhere else. */
static void test_takes(void **state)
{
	static const struct {
		const char *body;
		unsigned int take;
	} rows[] = {
		{ "print(@x); clear(@x);", KPS_F_RESET },
		{ "print(@x); zero(@x);", KPS_F_RESET | KPS_F_ZERO },
		{ "print(@x); $y = { print(1); 1 }; clear(@x);", KPS_F_RESET },
		{ "print(@x); if (pid) { exit(); } clear(@x);", 0 },
		{ "print(@x); $y = { if (pid) { exit(); } 1 }; clear(@x);", 0 },
		{ "print(@x); $y = { if (pid) { return; } 1 }; clear(@x);", 0 },
		{ "print(@x); $y = { if (pid) { zero(@x); } 1 }; clear(@x);", 0 },
	};
	struct object object;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text), "k:vfs_read { @x = count(); %s }",
			 rows[i].body);
		must_compile(text, &object);
		assert_int_equal(object.outputs[0].action, ACTION_PRINT_MAP);
		assert_int_equal(object.outputs[0].take, rows[i].take);
		object_free(&object);
	}
}

static unsigned int calls_of(const struct object_probe *probe, int fn)
{
	unsigned int i, nr = 0;

	for (i = 0; i < probe->nr_insns; i++)
		nr += probe->insns[i].code == (BPF_JMP | BPF_CALL) &&
		      probe->insns[i].imm == fn;
	return nr;
}

/* Only maps from which a key is deleted are added to with a look at that. */
static void test_forgets(void **state)
{
	struct object object;

	(void)state;
	must_compile("k:vfs_read { @a[1] = count(); @b[1] = count(); @p[1] = 1; } "
		     "k:vfs_write { delete(@a[1]); delete(@p[1]); has_key(@b, 1); }", &object);
	assert_int_equal(object.maps[0].flags, KPS_MAP_F_FORGETS);
	assert_int_equal(object.maps[1].flags, 0);
	assert_int_equal(object.maps[2].flags, 0);
	assert_int_equal(calls_of(&object.probes[0], KPS_FN_TABLES_ADD), 1);
	assert_int_equal(calls_of(&object.probes[0], KPS_FN_MAP_UPDATE), 1);
	assert_int_equal(calls_of(&object.probes[1], KPS_FN_TABLES_DELETE), 1);
	assert_int_equal(calls_of(&object.probes[1], KPS_FN_MAP_DELETE), 1);
	object_free(&object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_values, reset_machine),
		cmocka_unit_test_setup(test_kretprobe, reset_machine),
		cmocka_unit_test_setup(test_record, reset_machine),
		cmocka_unit_test_setup(test_sizes, reset_machine),
		cmocka_unit_test_setup(test_comm_once, reset_machine),
		cmocka_unit_test_setup(test_comm_on_one_path, reset_machine),
		cmocka_unit_test_setup(test_keys, reset_machine),
		cmocka_unit_test_setup(test_str_length, reset_machine),
		cmocka_unit_test_setup(test_stack_depth, reset_machine),
		cmocka_unit_test_setup(test_string_sizes, reset_machine),
		cmocka_unit_test_setup(test_addresses, reset_machine),
		cmocka_unit_test_setup(test_record_strings, reset_machine),
		cmocka_unit_test_setup(test_no_self, reset_machine),
		cmocka_unit_test_setup(test_record_bytes, reset_machine),
		cmocka_unit_test_setup(test_enums, reset_machine),
		cmocka_unit_test_setup(test_conntrack, reset_machine),
		cmocka_unit_test_setup(test_maps, reset_machine),
		cmocka_unit_test_setup(test_clauses, reset_machine),
		cmocka_unit_test_setup(test_reachable, reset_machine),
		cmocka_unit_test_setup(test_takes, reset_machine),
		cmocka_unit_test_setup(test_forgets, reset_machine),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}

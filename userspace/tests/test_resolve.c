// SPDX-License-Identifier: GPL-2.0
/* What attach points stand for on a kernel. */
#include "fixture.h"
#include "lang/resolve.h"

static struct object object;

static int release(void **state)
{
	(void)state;
	object_free(&object);
	return 0;
}

static bool has_target(const struct object_probe *probe, const char *target)
{
	size_t i;

	for (i = 0; i < probe->nr_targets; i++)
		if (!strcmp(probe->targets[i], target))
			return true;
	return false;
}

static void test_exact(void **state)
{
	static const struct {
		const char *text;
		const char *provider;
		const char *target;
	} cases[] = {
		{ "kprobe:vfs_read", "kprobe", "vfs_read" },
		{ "k:vfs_read", "kprobe", "vfs_read" },
		{ "kr:vfs_read", "kretprobe", "vfs_read" },
		{ "kretprobe:vfs_read+0", "kretprobe", "vfs_read+0" },
		{ "k:vfs_read+0x10", "kprobe", "vfs_read+16" },
		{ "k:vfs_read+511", "kprobe", "vfs_read+511" },
		{ "k:weak_function", "kprobe", "weak_function" },
		{ "k:kernel_clone.cold", "kprobe", "kernel_clone.cold" },
		{ "k:do_fork", "kprobe", "kernel_clone" },
		{ "k:nf_conntrack_in", "kprobe", "nf_conntrack:nf_conntrack_in" },
		{ "k:nf_conntrack:nf_conntrack_in", "kprobe",
		  "nf_conntrack:nf_conntrack_in" },
		{ "k:vmlinux:init_once", "kprobe", "init_once" },
		{ "k:fuse:init_once", "kprobe", "fuse:init_once" },
		{ "t:sched:sched_switch", "tracepoint", "sched:sched_switch" },
		{ "tracepoint:tcp:tcp_retransmit_skb", "tracepoint",
		  "tcp:tcp_retransmit_skb" },
		{ "k:type_show#1", "kprobe", "type_show#1" },
		{ "kr:type_show#2", "kretprobe", "type_show#2" },
		{ "k:vmlinux:type_show#2+0x10", "kprobe", "type_show#2+16" },
		{ "k:init_once#2", "kprobe", "fuse:init_once#2" },
		{ "k:vfs_read#1", "kprobe", "vfs_read" },
		{ "k:0xffffffff81003000", "kprobe", "vfs_read" },
		{ "kr:0xffffffff81001100", "kretprobe", "type_show#2" },
		{ "k:0xffffffff81001104", "kprobe", "type_show#2+4" },
		{ "k:0xffffffffc0002010", "kprobe", "fuse:init_once+16" },
		{ "k:xen_mc_issue+0", "kprobe", "xen_mc_issue+0" },
		{ "k:xen_mc_issue.constprop.0", "kprobe",
		  "xen_mc_issue.constprop.0" },
		{ "k:with_part.part.0", "kprobe", "with_part.part.0" },
		{ "k:vfs_write", "kprobe", "vfs_write" },
		{ "conntrack:full", "conntrack", "full" },
	};
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "%s { @ = count(); }",
			 cases[i].text);
		must_compile(text, &object);
		assert_int_equal(nr_diags, 0);
		assert_int_equal(object.nr_probes, 1);
		assert_string_equal(object.probes[0].name, cases[i].text);
		assert_string_equal(object.probes[0].provider,
				    cases[i].provider);
		assert_int_equal(object.probes[0].nr_targets, 1);
		assert_string_equal(object.probes[0].targets[0],
				    cases[i].target);
		assert_false(object.probes[0].lenient);
		object_free(&object);
	}
}

static void test_function_globs(void **state)
{
	const struct object_probe *probe;

	(void)state;
	must_compile("kprobe:vfs_* { @[func] = count(); }", &object);
	assert_int_equal(object.nr_probes, 1);
	probe = &object.probes[0];
	assert_true(probe->lenient);
	assert_int_equal(probe->nr_targets, 4);
	assert_true(has_target(probe, "vfs_read"));
	assert_true(has_target(probe, "vfs_write"));
	object_free(&object);

	must_compile("kprobe:vfs_read[v] { }", &object);
	assert_int_equal(object.probes[0].nr_targets, 1);
	object_free(&object);

	must_compile("kprobe:nf_conntrack:* { }", &object);
	assert_int_equal(object.probes[0].nr_targets, 2);
	assert_true(has_target(&object.probes[0],
			       "nf_conntrack:nf_conntrack_alloc"));
	object_free(&object);

	must_compile("kprobe:v*:vfs_rea? { }", &object);
	assert_int_equal(object.probes[0].nr_targets, 1);
}

/* Of the compiled forms of a function: those that are it, and what is said. */
static void test_forms(void **state)
{
	static const struct {
		const char *text;
		const char *targets[3];
		const char *said;
	} cases[] = {
		{ "k:xen_mc_issue { @ = count(); }",
		  { "xen_mc_issue", "xen_mc_issue.constprop.0" }, NULL },
		{ "kr:xen_mc_issue { @ = count(); }",
		  { "xen_mc_issue", "xen_mc_issue.constprop.0" }, NULL },
		{ "k:xen_mc_issue { @[arg0] = count(); }",
		  { "xen_mc_issue", "xen_mc_issue.constprop.0" },
		  "'arg0' may be something else in 'xen_mc_issue.constprop.0'" },
		{ "kr:xen_mc_issue { @[retval] = count(); @s = sum(retval); }",
		  { "xen_mc_issue", "xen_mc_issue.constprop.0" },
		  "'retval' may be something else in" },
		{ "k:__x64_sys_openat { @[str(arg1)] = count(); }",
		  { "__x64_sys_openat" },
		  "'__x64_sys_openat' has one argument, arg0, a struct pt_regs *" },
		{ "k:__x64_sys_openat { @[arg0] = count(); }",
		  { "__x64_sys_openat" }, NULL },
		{ "k:sys_openat { @ = count(); }", { "__x64_sys_openat" },
		  "'sys_openat' is '__x64_sys_openat' here" },
		{ "kr:sys_openat { @ = count(); }", { "__x64_sys_openat" },
		  "'sys_openat' is '__x64_sys_openat' here" },
		{ "syscall:openat { @ = count(); }", { "__x64_sys_openat" },
		  "'sys_openat' is '__x64_sys_openat' here" },
		{ "k:only_copies { @ = count(); }",
		  { "only_copies.constprop.1", "only_copies.isra.0" }, NULL },
		{ "k:vmlinux:only_copies { @ = count(); }",
		  { "only_copies.constprop.1", "only_copies.isra.0" }, NULL },
		{ "k:with_part { @ = count(); }", { "with_part" },
		  "'with_part.part.0', a part of 'with_part', is left out" },
		{ "k:all_part { @ = count(); }", { "all_part.part.0" },
		  "only a part of 'all_part', 'all_part.part.0'" },
		{ "k:twin_copy { @ = count(); }", { "twin_copy" },
		  "'twin_copy.isra.0', a form of 'twin_copy', is left out" },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct object_probe *probe;
		size_t nr = 0;

		must_compile(cases[i].text, &object);
		probe = &object.probes[0];
		while (nr < 3 && cases[i].targets[nr])
			nr++;
		assert_int_equal(object.nr_probes, 1);
		assert_int_equal(probe->nr_targets, nr);
		for (j = 0; j < nr; j++)
			assert_string_equal(probe->targets[j],
					    cases[i].targets[j]);
		for (j = 0; cases[i].said && j < nr_diags; j++)
			if (strstr(diags[j].message, cases[i].said))
				break;
		if (cases[i].said)
			assert_true(j < nr_diags);
		else
			assert_int_equal(nr_diags, 0);
		object_free(&object);
	}
	must_compile("k:0xffffffff81001100 { }", &object);
	assert_true(object.probes[0].addresses[0] == 0xffffffff81001100);
	object_free(&object);
	must_compile("k:type_show#2+4 { }", &object);
	assert_true(object.probes[0].addresses[0] == 0xffffffff81001100);
}

/* Blacklisted, unknown to ftrace, or borne by several: not in a glob. */
static void test_globs_leave_out(void **state)
{
	(void)state;
	must_compile("kprobe:*e* { }", &object);
	assert_false(has_target(&object.probes[0], "kernel_clone.cold"));
	assert_false(has_target(&object.probes[0], "weak_function"));
	assert_false(has_target(&object.probes[0], "type_show"));
	assert_true(has_target(&object.probes[0], "kernel_clone"));
	assert_int_equal(nr_diags, 1);
	assert_string_equal(diags[0].message,
			    "skipped 1 ambiguous function name");
	object_free(&object);
	assert_int_equal(try_compile("kprobe:do_int* { }", &object), -1);
}

static void test_pending(void **state)
{
	(void)state;
	must_compile("kprobe:nft_ct:nft_ct_eval { }", &object);
	assert_int_equal(nr_diags, 1);
	assert_int_equal(diags[0].level, DIAG_WARNING);
	assert_string_equal(diags[0].message, "module 'nft_ct' is not loaded");
	assert_string_equal(object.probes[0].targets[0],
			    "nft_ct:nft_ct_eval");
	object_free(&object);
	must_compile("kprobe:ext4:vfs_read { }", &object);
	assert_non_null(strstr(diags[0].hint, "vmlinux:vfs_read"));
}

static void test_tracepoint_globs(void **state)
{
	(void)state;
	must_compile("t:sched:sched_* { @[probe] = count(); }", &object);
	assert_int_equal(object.nr_probes, 2);
	assert_string_equal(object.probes[0].name, "t:sched:sched_*");
	assert_string_equal(object.probes[0].targets[0],
			    "sched:sched_process_fork");
	assert_int_equal(object.probes[0].event_id, 314);
	assert_string_equal(object.probes[1].targets[0], "sched:sched_switch");
	assert_int_equal(object.probes[1].event_id, 316);
	assert_true(object.probes[1].lenient);
	object_free(&object);

	must_compile("t:*:* { }", &object);
	assert_int_equal(object.nr_probes, 7);
}

/* One clause, two records: each event reads its own. */
static void test_args_of_each_event(void **state)
{
	const struct bpf_insn *a, *b;

	(void)state;
	must_compile("t:tcp:tcp_retransmit_skb, t:skb:kfree_skb "
		     "{ @ = sum((uint64)args.skbaddr); }", &object);
	assert_int_equal(object.nr_probes, 2);
	object_free(&object);
	must_compile("t:skb:kfree_skb, t:net:net_dev_queue "
		     "{ @[args.skbaddr] = count(); }", &object);
	assert_int_equal(object.nr_probes, 2);
	object_free(&object);
	must_compile("conntrack:new, conntrack:destroy { @[args.mark] = count(); }",
		     &object);
	a = object.probes[0].insns;
	b = object.probes[1].insns;
	assert_int_equal(object.nr_maps, 1);
	assert_int_equal(object.probes[0].nr_insns, object.probes[1].nr_insns);
	assert_memory_equal(a, b, object.probes[0].nr_insns * sizeof(*a));
}

static void test_conntrack_glob(void **state)
{
	(void)state;
	must_compile("conntrack:* { @[probe] = count(); }", &object);
	assert_int_equal(object.nr_probes, 3);
}

static void test_options(void **state)
{
	const struct compile_options options = {
		.file = "test.bt", .max_keys = 99, .maxactive = 64,
		.max_probes = 4,
	};

	(void)state;
	assert_int_equal(compile_with("kr:vfs_* { @[pid] = hist(retval); }",
				      &options, &object), 0);
	assert_int_equal(object.maps[0].max_entries, 99);
	assert_int_equal(object.probes[0].maxactive, 64);
	assert_int_equal(object.stack_entries, 0);
}

/* As many as the keys of the maps that hold stacks, or as it is told. */
static void test_stack_entries(void **state)
{
	static const struct {
		const char *text;
		unsigned int max_keys, max_stacks, want;
	} of[] = {
		{ "k:vfs_read { @[pid] = count(); }", 0, 0, 0 },
		{ "k:vfs_read { @[pid] = count(); }", 0, 64, 0 },
		{ "k:vfs_read { printf(\"%s\", kstack); }", 0, 0, 4096 },
		{ "k:vfs_read { @[kstack, pid] = count(); }", 0, 0, 4096 },
		{ "k:vfs_read { @[kstack] = count(); @s[tid] = ustack(3); @[kstack] = count(); }",
		  0, 0, 8192 },
		{ "k:vfs_read { @[kstack] = hist(arg2); @n[pid] = count(); }",
		  9000, 0, 16384 },
		{ "k:vfs_read { @[kstack] = count(); }", 100000, 0, 16384 },
		{ "k:vfs_read { @[kstack] = count(); }", 100000, 77, 77 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(of); i++) {
		const struct compile_options options = {
			.file = "test.bt", .max_keys = of[i].max_keys,
			.max_stacks = of[i].max_stacks,
		};

		assert_int_equal(compile_with(of[i].text, &options, &object), 0);
		assert_int_equal(object.stack_entries, of[i].want);
		object_free(&object);
	}
}

static char listed[4096];

static void list_probe(const char *probe, const struct event_fields *fields,
		       void *data)
{
	size_t len = strlen(listed);

	(void)data;
	snprintf(listed + len, sizeof(listed) - len, "%s/%zu ", probe,
		 fields ? fields->nr : 0);
}

static void test_listing(void **state)
{
	static const struct {
		const char *glob;
		const char *expected;
	} cases[] = {
		{ "k:vfs_rea*", "kprobe:vfs_read/0 kprobe:vfs_readv/0 " },
		{ "kretprobe:vfs_write", "kretprobe:vfs_write/0 " },
		{ "vfs_open", "kprobe:vfs_open/0 " },
		{ "fentry:vfs_rea*", "fentry:vmlinux:vfs_read/0 fentry:vmlinux:vfs_readv/0 " },
		{ "fr:vmlinux:vfs_open", "fexit:vmlinux:vfs_open/0 " },
		{ "kfunc:fuse:*", "fentry:fuse:init_once/0 " },
		{ "s:*faults:", "software:alignment-faults:/0 software:emulation-faults:/0 "
				"software:major-faults:/0 software:minor-faults:/0 "
				"software:page-faults:/0 software:faults:/0 " },
		{ "h:*cycles*", "hardware:bus-cycles:/0 hardware:cpu-cycles:/0 "
				"hardware:cycles:/0 hardware:ref-cycles:/0 " },
		{ "interval:*", "interval:hz:/0 interval:ms:/0 interval:s:/0 interval:us:/0 " },
		{ "t:sched:*", "tracepoint:sched:sched_process_fork/8 "
			       "tracepoint:sched:sched_switch/11 " },
		{ "*retransmit*", "tracepoint:tcp:tcp_retransmit_skb/14 " },
		{ "rt:sched_*", "rawtracepoint:sched_process_fork/0 "
				"rawtracepoint:sched_switch/0 " },
		{ "rawtracepoint:sys_*", "" },
		{ "conntrack:d*", "conntrack:destroy/11 " },
		{ "*:fuse:*", "kprobe:fuse:init_once/0 " },
		{ "k:type_show", "kprobe:type_show#1/0 kprobe:type_show#2/0 " },
		{ "k:type_show#2", "kprobe:type_show#2/0 " },
		{ "k:kpstat:*", "" },
		{ "*kps_load*", "" },
		{ "nothing", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		listed[0] = '\0';
		probes_list(cases[i].glob, true, list_probe, NULL);
		assert_string_equal(listed, cases[i].expected);
	}
	listed[0] = '\0';
	assert_true(probes_list(NULL, false, list_probe, NULL) > 15);
}

/* What a program is going to be attached to. */
static void test_listing_of_programs(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{ "k:vfs_rea* { } BEGIN { } END { }", "kprobe:vfs_read/0 kprobe:vfs_readv/0 " },
		{ "kretfunc:vfs_read, t:sched:sched_switch { }",
		  "fexit:vmlinux:vfs_read/0 tracepoint:sched:sched_switch/11 " },
		{ "i:s:1, p:hz:99, s:faults:7, h:cycles: { }",
		  "interval:s:/0 profile:hz:/0 software:faults:/0 hardware:cycles:/0 " },
		{ "interval:1s { } w:some_data:8:w { }", "interval:1s/0 watchpoint:some_data:8:w/0 " },
		/* What its clauses do is not looked at. */
		{ "k:vfs_read { @ = nothing; }", "kprobe:vfs_read/0 " },
	};
	const struct compile_options options = { .file = "test.bt" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		listed[0] = '\0';
		assert_int_equal(compile_probes(cases[i].text, &options, true,
						list_probe, NULL), 0);
		assert_string_equal(listed, cases[i].expected);
	}
	listed[0] = '\0';
	diag_mute(true);
	assert_int_equal(compile_probes("k:vfs_raed { }", &options, true, list_probe,
					NULL), -1);
	diag_mute(false);
	assert_string_equal(listed, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_exact, release),
		cmocka_unit_test_teardown(test_function_globs, release),
		cmocka_unit_test_teardown(test_forms, release),
		cmocka_unit_test_teardown(test_globs_leave_out, release),
		cmocka_unit_test_teardown(test_pending, release),
		cmocka_unit_test_teardown(test_tracepoint_globs, release),
		cmocka_unit_test_teardown(test_args_of_each_event, release),
		cmocka_unit_test_teardown(test_conntrack_glob, release),
		cmocka_unit_test_teardown(test_options, release),
		cmocka_unit_test_teardown(test_stack_entries, release),
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_listing_of_programs),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}

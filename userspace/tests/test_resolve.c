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
			    "1 names that several functions bear are left out");
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
	assert_int_equal(object.nr_probes, 6);
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
		{ "t:sched:*", "tracepoint:sched:sched_process_fork/8 "
			       "tracepoint:sched:sched_switch/11 " },
		{ "*retransmit*", "tracepoint:tcp:tcp_retransmit_skb/14 " },
		{ "conntrack:d*", "conntrack:destroy/11 " },
		{ "*:fuse:*", "kprobe:fuse:init_once/0 " },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_exact, release),
		cmocka_unit_test_teardown(test_function_globs, release),
		cmocka_unit_test_teardown(test_globs_leave_out, release),
		cmocka_unit_test_teardown(test_pending, release),
		cmocka_unit_test_teardown(test_tracepoint_globs, release),
		cmocka_unit_test_teardown(test_args_of_each_event, release),
		cmocka_unit_test_teardown(test_conntrack_glob, release),
		cmocka_unit_test_teardown(test_options, release),
		cmocka_unit_test(test_listing),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}

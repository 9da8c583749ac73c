// SPDX-License-Identifier: GPL-2.0
/* The programs that are shipped. */
#include "fixture.h"
#include "interp.h"
#include "object/disasm.h"

static char *read_program(const char *name)
{
	char path[256];
	size_t len;
	char *text;

	snprintf(path, sizeof(path), "../programs/%s.bt", name);
	host_set_root(NULL);
	text = host_read(fixture_path(path), &len);
	use_fixture_host(NULL);
	assert_non_null(text);
	return text;
}

static void compile_program(const char *name, struct object *object)
{
	char *text = read_program(name);

	must_compile(text, object);
	assert_int_equal(nr_diags, 0);
	free(text);
}

static void test_fork(void **state)
{
	struct machine m = { .comm = "bash" };
	struct object object;

	(void)state;
	compile_program("fork", &object);
	assert_int_equal(object.nr_probes, 1);
	assert_int_equal(run_clause(&m, &object, 0), 1);
	assert_string_equal((char *)m.updates[0].key, "bash");
	object_free(&object);
}

static void test_tcp_retransmit(void **state)
{
	struct machine m = { 0 };
	struct object object;

	(void)state;
	compile_program("tcp_retransmit", &object);
	assert_int_equal(object.nr_probes, 2);
	assert_int_equal(object.nr_maps, 1);
	assert_int_equal(object.maps[0].key[2].type, KPS_T_ENUM);
	m.record[32] = 10;
	assert_int_equal(run_clause(&m, &object, 0), 0);
	assert_int_equal(run_clause(&m, &object, 1), 1);
	m.record[32] = 2;
	assert_int_equal(run_clause(&m, &object, 0), 1);
	assert_int_equal(run_clause(&m, &object, 1), 0);
	object_free(&object);
}

static void test_drops(void **state)
{
	static const struct {
		uint16_t protocol;
		const char *name;
	} cases[] = {
		{ 0x0800, "IPv4" }, { 0x86dd, "IPv6" }, { 0x0806, "ARP" },
		{ 0, "none" }, { 0x88cc, "other" },
	};
	struct machine m = { 0 };
	struct object object;
	size_t i;

	(void)state;
	compile_program("drops", &object);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(m.record + 24, &cases[i].protocol, 2);
		m.record[28] = 8;
		assert_int_equal(run_clause(&m, &object, 0), 1);
		assert_int_equal(m.updates[0].key[8], 8);
		assert_string_equal((char *)m.updates[1].key, cases[i].name);
	}
	assert_int_equal(object.maps[0].key[0].type, KPS_T_KSYM);
	assert_int_equal(object.maps[0].key[1].type, KPS_T_ENUM);
	object_free(&object);
}

static void test_conntrack(void **state)
{
	struct machine m = { 0 };
	const uint64_t lifetime = 3000000;
	struct object object;

	(void)state;
	compile_program("conntrack", &object);
	assert_int_equal(object.nr_probes, 4);
	assert_int_equal(object.nr_maps, 4);
	assert_int_equal(object.nr_enums, 1);
	assert_int_equal(run_clause(&m, &object, 2), 0);
	memcpy(m.record + 88, &lifetime, 8);
	assert_int_equal(run_clause(&m, &object, 2), 1);
	assert_int_equal(m.updates[0].value, 3);
	object_free(&object);
}

static void test_disasm(void **state)
{
	static const char expected[] =
		"   0: r6 = r1\n"
		"   1: r0 = ctx.arg[2]\n"
		"   2: r5 = 0x1234567890\n"
		"   4: if r0 <= r5 goto 14\n"
		"   5: r2 = 0\n"
		"   6: call comm\n"
		"   7: r4 = ctx.arg[1]\n"
		"   8: r3 = 0\n"
		"   9: r2 = 0\n"
		"  10: r1 = r6\n"
		"  11: call map_update\n"
		"  12: r0 = 1\n"
		"  13: exit\n"
		"  14: r0 = 0\n"
		"  15: exit\n";
	struct object object;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	must_compile("k:vfs_read /arg2 > 0x1234567890/ { @[comm] = sum(arg1); }",
		     &object);
	disasm(out, object.probes[0].insns, object.probes[0].nr_insns,
	       "");
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	object_free(&object);
}

static void write_parameter(const struct named_parameter *parameter, void *out)
{
	fprintf(out, "%s=%s (%s) ", parameter->name,
		parameter->value ? parameter->value : "flag",
		parameter->description ? parameter->description : "");
}

static void test_parameters(void **state)
{
	const struct compile_options options = { .file = "test" };
	struct arena arena = { 0 };
	char *said;
	size_t len;
	FILE *out = open_memstream(&said, &len);

	(void)state;
	assert_int_equal(compile_parameters("macro m() { getopt(\"in\", 7) }\n"
					    "k:f /getopt(\"by\", false, \"each\")/ {\n"
					    "	if (pid == getopt(\"pid\", 0, \"it\")) { @[str(getopt(\"s\", \"x\"))] = m; }\n"
					    "	print(getopt(\"pid\", 5)); }",
					    &options, &arena, write_parameter, out), 0);
	fclose(out);
	assert_string_equal(said, "in=7 () by=flag (each) pid=0 (it) s=x () ");
	free(said);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_tcp_retransmit),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_conntrack),
		cmocka_unit_test(test_disasm),
		cmocka_unit_test(test_parameters),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}

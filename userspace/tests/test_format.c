// SPDX-License-Identifier: GPL-2.0
/* Format files of tracefs, good and bad. */
#include "fixture.h"
#include "kernel/tracefs.h"

static struct event_fields fields;

static int release(void **state)
{
	(void)state;
	event_fields_free(&fields);
	return 0;
}

static const struct event_field *get(const char *name)
{
	const struct event_field *field = event_field_find(&fields, name);

	if (!field)
		fail_msg("no field '%s'", name);
	return field;
}

static void test_fields(void **state)
{
	const struct event_field *field;

	(void)state;
	assert_int_equal(tracefs_parse_format(
		"name: x\nID: 1\nformat:\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		"\tfield:const void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;\n"
		"\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;\n"
		"\tfield:__data_loc char[] name;\toffset:32;\tsize:4;\tsigned:0;\n"
		"\tfield:__u8 saddr[4];\toffset:36;\tsize:4;\tsigned:0;\n"
		"\tfield:__data_loc unsigned long[] args;\toffset:40;\tsize:4;\tsigned:0;\n"
		"\tfield:bool ok;\toffset:44;\tsize:1;\tsigned:0;\n"
		"\tfield:struct foo foo;\toffset:48;\tsize:12;\tsigned:0;\n"
		"\tfield:int list[4];\toffset:60;\tsize:16;\tsigned:1;\n"
		"\tfield:__data_loc u8[] ssid;\toffset:76;\tsize:4;\tsigned:0;\n"
		"\nprint fmt: \"%p\", REC->skbaddr\n", &fields), 0);
	assert_int_equal(fields.nr, 10);

	field = get("common_pid");
	assert_int_equal(field->offset, 4);
	assert_int_equal(field->size, 4);
	assert_true(field->is_signed);
	assert_int_equal(field->class, FIELD_PLAIN);

	assert_int_equal(get("skbaddr")->class, FIELD_PLAIN);
	assert_string_equal(get("skbaddr")->declared, "const void * skbaddr");
	assert_int_equal(get("comm")->class, FIELD_STRING);
	assert_int_equal(get("comm")->size, 16);
	assert_int_equal(get("name")->class, FIELD_DATA_LOC);
	assert_int_equal(get("ssid")->class, FIELD_DATA_LOC);
	assert_int_equal(get("saddr")->class, FIELD_BYTES);
	assert_int_equal(get("args")->class, FIELD_LOC);
	assert_int_equal(get("ok")->class, FIELD_PLAIN);
	assert_int_equal(get("foo")->class, FIELD_OPAQUE);
	assert_int_equal(get("list")->class, FIELD_OPAQUE);
}

#define HEAD								\
	"\tfield:int state;\toffset:8;\tsize:4;\tsigned:1;\n"		\
	"\tfield:int why;\toffset:12;\tsize:4;\tsigned:1;\n\nprint fmt: "

static void test_names(void **state)
{
	const struct event_field *field;

	(void)state;
	assert_int_equal(tracefs_parse_format(
		HEAD "\"%s %s\", __print_symbolic(REC->state, { 1, \"OPEN\" }, "
		"{ 0x10, \"CLOSED\" }, {-1,\"ERROR\"}, { 7UL, \"L\" }), "
		"__print_symbolic(REC->why, {2, \"x, y } \"})\n", &fields), 0);
	field = get("state");
	assert_int_equal(field->type, KPS_T_ENUM);
	assert_int_equal(field->names.nr, 4);
	assert_string_equal(field->names.names[0].name, "OPEN");
	assert_int_equal(field->names.names[1].value, 16);
	assert_int_equal(field->names.names[2].value, -1);
	assert_int_equal(field->names.names[3].value, 7);
	assert_string_equal(get("why")->names.names[0].name, "x, y } ");
}

static void test_bits(void **state)
{
	const struct event_field *field;

	(void)state;
	assert_int_equal(tracefs_parse_format(
		HEAD "\"%s %s\", __print_flags(REC->state, \"|\", {(1 << 0), \"A\"}, "
		"{ ((1UL << 33)), \"B\" }, { 0x6, \"C\" }), "
		"__print_symbolic(REC->why, {1 << 2, \"D\"})\n", &fields), 0);
	field = get("state");
	assert_int_equal(field->type, KPS_T_ENUM);
	assert_true(field->names.is_bits);
	assert_int_equal(field->names.nr, 3);
	assert_int_equal(field->names.names[0].value, 1);
	assert_int_equal(field->names.names[1].value, 1LL << 33);
	assert_int_equal(field->names.names[2].value, 6);
	assert_false(get("why")->names.is_bits);
	assert_int_equal(get("why")->names.names[0].value, 4);
}

/* What is not a plain table leaves the field a number. */
static void test_unreadable_names(void **state)
{
	static const char * const formats[] = {
		HEAD "\"%s\", __print_symbolic(REC->state, { 1 << 64, \"A\" })\n",
		HEAD "\"%s\", __print_symbolic(REC->state, { 1 <<, \"A\" })\n",
		HEAD "\"%s\", __print_symbolic(REC->state, { (1 << 2, \"A\" })\n",
		HEAD "\"%s\", __print_symbolic(REC->state, { A_NAME, \"A\" })\n",
		HEAD "\"%s\", __print_symbolic(REC->state & 3, { 1, \"A\" })\n",
		HEAD "\"%s\", __print_symbolic(REC->state, { 1, \"A\" }, x)\n",
		HEAD "\"%s\", __print_symbolic(REC->state, { 1, \"A\" }\n",
		HEAD "\"%s\", __print_symbolic(REC->state, { 1, \"A\n",
		HEAD "\"%s\", __print_symbolic(REC->state, {",
		HEAD "\"%s\", __print_symbolic(REC->",
		HEAD "\"%s\", __print_symbolic(",
		HEAD "\"%s\", __print_symbolic(REC->other, { 1, \"A\" })\n",
		HEAD "\"%s\", __print_flags(REC->state, { 1, \"A\" })\n",
		HEAD "\"%s\", __print_flags(REC->state, \"|, { 1, A })\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		assert_int_equal(tracefs_parse_format(formats[i], &fields), 0);
		assert_int_equal(fields.nr, 2);
		assert_int_equal(get("state")->type, KPS_T_INT);
		assert_int_equal(get("state")->names.nr, 0);
		event_fields_free(&fields);
	}
}

static void test_garbage(void **state)
{
	static const char * const formats[] = {
		"", "\n", "field:", "field:;", "\tfield:int x", "nonsense\n",
		"\tfield:int x;\toffset:a;\tsize:4;\n", "print fmt: \"\"",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(formats); i++)
		assert_int_equal(tracefs_parse_format(formats[i], &fields),
				 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_fields, release),
		cmocka_unit_test_teardown(test_names, release),
		cmocka_unit_test_teardown(test_bits, release),
		cmocka_unit_test_teardown(test_unreadable_names, release),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}

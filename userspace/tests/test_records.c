// SPDX-License-Identifier: GPL-2.0
/*
 * What is done with records.  The texts that are expected are what bpftrace
 * 0.17 printed for the same values, unless it says otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/array.h"
#include "base/error.h"
#include "lib/client.h"
#include "print/actions.h"
#include "print/folded.h"
#include "print/printf.h"
#include "print/usym.h"
#include "print/value.h"

/* The module, as far as actions ask it for anything. */
static struct map_answer the_map;
static char reset_map[KPS_NAME_MAX];
static unsigned int reset_flags, take_flags, nr_takes;

int maps_get(struct client *client, const char *name, const char *map,
	     unsigned int flags, struct maps_answer *maps)
{
	(void)client;
	(void)name;
	(void)map;
	if (flags)
		take_flags = flags;
	nr_takes += flags != 0;
	*maps = (struct maps_answer){ .nr = 1, .maps = &the_map };
	return 0;
}

void maps_free(struct maps_answer *maps)
{
	(void)maps;
}

int client_reset_map(struct client *client, const char *name, const char *map,
		     unsigned int flags)
{
	(void)client;
	(void)name;
	snprintf(reset_map, sizeof(reset_map), "%s", map);
	reset_flags = flags;
	return 0;
}

static void assert_shaped(const char *text, const struct kps_field *field,
			  char *shape, const struct datum *datum, const char *expected)
{
	struct kps_field fields[4] = { *field, *field, *field, *field };
	struct object_output output = { .fields = fields, .nr_fields = 4,
					.shape = shape };
	struct record record = { .nr_fields = 4,
				 .fields = { *datum, *datum, *datum, *datum } };
	struct format *format = format_parse(text);
	struct text out = { 0 };

	format_write(&out, format, &output, &record);
	assert_string_equal(text_string(&out), expected);
	text_free(&out);
	format_free(format);
}

static void assert_formats(const char *text, const struct kps_field *field,
			   const struct datum *datum, const char *expected)
{
	assert_shaped(text, field, NULL, datum, expected);
}

static void assert_number(const char *format, long long value,
			  const char *expected)
{
	const struct kps_field field = { .flags = KPS_FIELD_SIGNED };
	const struct datum datum = { .number = value };

	assert_formats(format, &field, &datum, expected);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *format;
		long long value;
		const char *expected;
	} cases[] = {
		{ "[%d|%u]", -5, "[-5|4294967291]" },
		{ "[%x|%X|%o]", -5, "[fffffffb|FFFFFFFB|37777777773]" },
		{ "[%p]", -5, "[0xfffffffffffffffb]" },
		{ "[%d|%u|%x|%p]", 1LL << 40, "[0|0|0|0x10000000000]" },
		{ "[%ld|%zx|%hd|%hhd]", 1LL << 40,
		  "[1099511627776|10000000000|0|0]" },
		{ "[%d|%u|%x]", 0xffffffff, "[-1|4294967295|ffffffff]" },
		{ "[%hd|%hhd|%hu|%hhu]", -70000, "[-4464|-112|61072|144]" },
		{ "[%hx|%hhx]", -70000, "[ee90|90]" },
		{ "[%ld|%lld|%lu|%llu]", -70000,
		  "[-70000|-70000|18446744073709481616|18446744073709481616]" },
		{ "[%lx|%llx]", -70000, "[fffffffffffeee90|fffffffffffeee90]" },
		{ "[%zd|%jd|%td]", -70000, "[-70000|-70000|-70000]" },
		{ "[%jx|%tx|%zx|%lX]", 42, "[2a|2a|2a|2A]" },
		{ "[%lo|%zu|%hhX]", 42, "[52|42|2A]" },
		{ "[%.5d|%010d|%5.3d|%.0d]", 42,
		  "[00042|0000000042|  042|42]" },
		{ "[%-10d|%10d|%8.3x|%08x]", 42,
		  "[42        |        42|     02a|0000002a]" },
		{ "[%5u|%05u|%-05u]", 42, "[   42|00042|42   ]" },
		{ "[%20p|%-20p|%p|%hp]", 42,
		  "[                0x2a|0x2a                |0x2a|0x2a]" },
		{ "[%p]", 0, "[0]" },
		{ "[%5c|%-5c|%c]", 65, "[    A|A    |A]" },
		{ "[%c]", 300, "[,]" },
		{ "[%c]", 0, "[]" },
		{ "[%dll]", -1, "[-1ll]" },
		{ "[%lhd|%d]", -1, "[%lhd|-1]" },
		{ "[%d %]", 1, "[1 %]" },
		{ "[%% %d]", 1, "[% 1]" },
		{ "%d %% %d", 1, "1 % 1" },
		{ "%", 1, "%" },
		{ "", 1, "" },
		/* bpftrace 0.17 prints these as they stand; later ones so. */
		{ "%d%%", 3, "3%" },
		{ "100%%", 3, "100%" },
		{ "[%i|%+d|% d|%#x]", 42, "[42|+42| 42|0x2a]" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_number(cases[i].format, cases[i].value,
			      cases[i].expected);
}

#define STACK "vfs_read+1\nksys_read+107"

static void test_texts(void **state)
{
	static const struct {
		const char *format;
		enum kps_type type;
		char *text;
		const char *expected;
	} cases[] = {
		{ "[%s]", KPS_T_STR, "bpftrace", "[bpftrace]" },
		{ "[%.3s|%10.3s|%-10s|%10s]", KPS_T_STR, "hello",
		  "[hel|       hel|hello     |     hello]" },
		{ "[%20.3s]", KPS_T_STR, "bpftrace",
		  "[                 bpf]" },
		{ "[%s|%40s|%.3s|%-10s|]", KPS_T_PROBE, "BEGIN",
		  "[BEGIN|                                   BEGIN|BEG|BEGIN     |]" },
		{ "[%20s|%-20s|]", KPS_T_INET, "127.0.0.1",
		  "[           127.0.0.1|127.0.0.1           |]" },
		{ "[%s]", KPS_T_MAC, "0F:1F:44:00:00:41",
		  "[0F:1F:44:00:00:41]" },
		{ "[%r]", KPS_T_BUF, "a\x80\x7f~ \\\"\x1f",
		  "[a\\x80\\x7f~ \\\"\\x1f]" },
		{ "[%rx|%rh]", KPS_T_BUF, "ab\nc",
		  "[\\x61\\x62\\x0a\\x63|61 62 0a 63]" },
		{ "[%s|%.5s]", KPS_T_KSTACK, STACK,
		  "[\n        vfs_read+1\n        ksys_read+107\n|\n    ]" },
		{ "[%s]", KPS_T_KSTACK, "", "[\n]" },
		{ "[%s]", KPS_T_USTACK, "4000000\n7ffd007c6248\n55c0f9f4aa60\n",
		  "[\n        0x7ffd007c6248\n        0x55c0f9f4aa60\n]" },
		{ "[%s]", KPS_T_USYM, "1\n0", "[0]" },
		{ "[%s]", KPS_T_USYM, "4000000\n5", "[0x5]" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct kps_field field = { .type = cases[i].type };
		const struct datum datum = { .is_text = true,
					     .is_bytes = cases[i].type == KPS_T_BUF,
					     .text = cases[i].text,
					     .len = strlen(cases[i].text) };

		assert_formats(cases[i].format, &field, &datum,
			       cases[i].expected);
	}
}

/* The compiler refuses these; a module of another version may send them. */
static void test_mismatch(void **state)
{
	struct kps_field field = { .type = KPS_T_STR };
	struct object_output output = { .fields = &field, .nr_fields = 1 };
	struct record record = { .nr_fields = 1, .fields = {
		{ .is_text = true, .text = "abc" } } };
	struct format *format = format_parse("%d %s %d|");
	struct text out = { 0 };

	(void)state;
	assert_int_equal(format_conversions(format), 3);
	format_write(&out, format, &output, &record);
	assert_string_equal(text_string(&out), "abc  |");
	format_free(format);
	text_free(&out);
}

static void test_strftime(void **state)
{
	const struct kps_field field = { .type = KPS_T_INT };
	struct datum datum = { 0 };
	char expected[64];
	struct timespec now;
	time_t seconds;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &now);
	datum.number = now.tv_sec * 1000000000ULL + now.tv_nsec;
	seconds = time(NULL);
	strftime(expected, sizeof(expected), "[%Y-%m-%d %H:%M]",
		 localtime(&seconds));
	assert_shaped("[%s]", &field, "'%Y-%m-%d %H:%M'", &datum, expected);
	strftime(expected, sizeof(expected), "[    %H]", localtime(&seconds));
	assert_shaped("[%6s]", &field, "'%H'", &datum, expected);
}

/* A raw program may say anything of its values; what lies behind is not read. */
static void test_shape_that_ends(void **state)
{
	const struct kps_field field = { .type = KPS_T_INT };
	const struct datum datum = { .number = 7 };
	char shape[] = "{a\0=,b=,c=}";

	(void)state;
	assert_shaped("%s", &field, shape, &datum, "{ .a =  }");
}

static void test_usym(void **state)
{
	struct text out = { 0 };

	(void)state;
	usym_write(&out, getpid(), (unsigned long)test_usym, false);
	assert_string_equal(text_string(&out), "test_usym");
	text_clear(&out);
	usym_write(&out, getpid(), (unsigned long)test_usym + 3, true);
	assert_string_equal(text_string(&out), "test_usym+3");
	text_clear(&out);
	/* A library, and what is no code. */
	usym_write(&out, getpid(), (unsigned long)puts, false);
	assert_string_equal(text_string(&out), "puts");
	text_clear(&out);
	usym_write(&out, getpid(), (unsigned long)&out, true);
	assert_memory_equal(text_string(&out), "0x7f", 4);
	text_free(&out);
}

/* What actions_do() writes for the records, from malloc(). */
static char *done(const struct object *object, const struct record *records,
		  size_t nr, bool json)
{
	struct actions actions;
	FILE *real = stdout;
	char *text = NULL;
	size_t i, size;

	fflush(real);
	stdout = open_memstream(&text, &size);
	json_output = json;
	actions_open(&actions, object, "program", NULL);
	for (i = 0; i < nr; i++)
		actions_do(&records[i], &actions);
	actions_settle(&actions);
	actions_close(&actions);
	json_output = false;
	fclose(stdout);
	stdout = real;
	return text;
}

static void assert_does(const struct object_output *output,
			const struct record *record, const char *text,
			const char *json)
{
	struct object_map map = { .name = "@m" };
	struct object object = {
		.maps = &map,
		.nr_maps = 1,
		.outputs = (struct object_output *)output,
		.nr_outputs = 1,
	};
	char *got = done(&object, record, 1, false);

	assert_string_equal(got, text);
	free(got);
	got = done(&object, record, 1, true);
	assert_string_equal(got, json);
	free(got);
}

static struct kps_field mixed[] = {
	{ .type = KPS_T_INT, .flags = KPS_FIELD_SIGNED },
	{ .type = KPS_T_STR },
	{ .type = KPS_T_INT, .flags = KPS_FIELD_SIGNED },
};

/* (1, (b, -3)) */
static struct kps_field tuple[] = {
	{ .type = KPS_T_INT,
		    .flags = KPS_FIELD_SIGNED | 1 << KPS_FIELD_OPENS_SHIFT },
	{ .type = KPS_T_STR, .flags = 1 << KPS_FIELD_OPENS_SHIFT },
	{ .type = KPS_T_INT,
		    .flags = KPS_FIELD_SIGNED | 2 << KPS_FIELD_CLOSES_SHIFT },
};

static const struct record mixed_record = {
	.nr_fields = 3,
	.fields = { { .number = 1 }, { .is_text = true, .text = "b" },
		    { .number = -3 } },
};

static void test_print_value(void **state)
{
	struct kps_field kstack = { .type = KPS_T_KSTACK };
	struct object_output output = {
		.action = ACTION_PRINT_VALUE,
		.fields = tuple,
		.nr_fields = 3,
	};
	struct record record = {
		.nr_fields = 1,
		.fields = { { .is_text = true, .text = STACK } },
	};

	(void)state;
	assert_does(&output, &mixed_record, "(1, (b, -3))\n",
		    "{\"type\": \"value\", \"data\": [1,[\"b\",-3]]}\n");
	output.fields = mixed;
	output.nr_fields = 1;
	assert_does(&output, &mixed_record, "1\n",
		    "{\"type\": \"value\", \"data\": 1}\n");
	output.fields = &kstack;
	assert_does(&output, &record,
		    "\n        vfs_read+1\n        ksys_read+107\n\n",
		    "{\"type\": \"value\", \"data\": \"\\n        vfs_read+1\\n        ksys_read+107\\n\"}\n");
}

static void test_printf(void **state)
{
	struct object_output output = {
		.action = ACTION_PRINTF,
		.format = "tab\t \"%d\" \\ %s/%d \x01\n",
		.fields = mixed,
		.nr_fields = 3,
	};

	(void)state;
	assert_does(&output, &mixed_record, "tab\t \"1\" \\ b/-3 \x01\n",
		    "{\"type\": \"printf\", \"data\": \"tab\\t \\\"1\\\" \\\\ b/-3 \\u0001\\n\"}\n");
	output.format = "";
	assert_does(&output, &mixed_record, "",
		    "{\"type\": \"printf\", \"data\": \"\"}\n");
}

/* bpftrace writes other than ASCII in a way that is no JSON. */
static void test_utf8(void **state)
{
	struct object_output output = { .action = ACTION_PRINTF };
	struct record record = { 0 };

	(void)state;
	output.format = "\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x98\x80";
	assert_does(&output, &record, output.format,
		    "{\"type\": \"printf\", \"data\": \"\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x98\x80\"}\n");
	output.format = "\x80\x61\xc3(\xed\xa0\x80\xe2\x82";
	assert_does(&output, &record, output.format,
		    "{\"type\": \"printf\", \"data\": \"\\ufffda\\ufffd(\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"}\n");
}

static void test_join(void **state)
{
	struct kps_field field = { .type = KPS_T_JOIN };
	struct object_output output = {
		.action = ACTION_JOIN,
		.fields = &field,
		.nr_fields = 1,
	};
	struct record record = {
		.nr_fields = 1,
		.fields = { { .is_text = true, .text = "/bin/echo a b" } },
	};

	(void)state;
	assert_does(&output, &record, "/bin/echo a b\n",
		    "{\"type\": \"join\", \"data\": \"/bin/echo a b\"}\n");
}

static void test_cat(void **state)
{
	struct object_output output = {
		.action = ACTION_CAT,
		.format = "/proc/sys/kernel/%s",
		.fields = &mixed[1],
		.nr_fields = 1,
	};
	struct record record = {
		.nr_fields = 1,
		.fields = { { .is_text = true, .text = "ostype" } },
	};

	(void)state;
	assert_does(&output, &record, "Linux\n",
		    "{\"type\": \"cat\", \"data\": \"Linux\\n\"}\n");
}

static void test_system(void **state)
{
	struct object_output output = {
		.action = ACTION_SYSTEM,
		.format = "echo %d %s",
		.fields = mixed,
		.nr_fields = 2,
	};
	struct object object = { .outputs = &output, .nr_outputs = 1 };
	char *got = done(&object, &mixed_record, 1, true);

	(void)state;
	assert_string_equal(got, "{\"type\": \"syscall\", \"data\": \"1 b\\n\"}\n");
	free(got);
}

static void test_time(void **state)
{
	struct object_output output = { .action = ACTION_TIME, .format = "x" };
	struct record record = { 0 };

	(void)state;
	assert_does(&output, &record, "x",
		    "{\"type\": \"time\", \"data\": \"x\"}\n");
}

static void test_exit(void **state)
{
	struct object_output outputs[] = {
		{ .action = ACTION_PRINTF, .format = "%d.", .fields = mixed,
		  .nr_fields = 1 },
		{ .action = ACTION_EXIT },
	};
	struct object object = { .outputs = outputs, .nr_outputs = 2 };
	struct record records[] = {
		{ .output = 0, .time = 1, .nr_fields = 1,
		  .fields = { { .number = 1 } } },
		{ .output = 1, .time = 2 },
		{ .output = 0, .time = 2, .nr_fields = 1,
		  .fields = { { .number = 2 } } },
		{ .output = 0, .time = 3, .nr_fields = 1,
		  .fields = { { .number = 3 } } },
		{ .output = 7, .time = 1 },
	};
	char *got = done(&object, records, ARRAY_SIZE(records), false);

	(void)state;
	assert_string_equal(got, "1.2.");
	free(got);
}

static void test_end_after_exit(void **state)
{
	struct object_output outputs[] = {
		{ .action = ACTION_PRINTF, .format = "end\n" },
		{ .action = ACTION_EXIT },
	};
	struct object object = { .outputs = outputs, .nr_outputs = 2 };
	struct actions actions;
	struct record record = { .output = 1, .time = 2 };

	(void)state;
	actions_open(&actions, &object, "program", NULL);
	actions_do(&record, &actions);
	assert_true(actions.has_exited);
	actions_let_end(&actions);
	assert_true(actions.end_time > 2);
	record = (struct record){ .time = 3 };
	actions_do(&record, &actions);
	assert_int_equal(actions.text.len, 0);
	record.time = actions.end_time + 1;
	actions_do(&record, &actions);
	assert_int_equal(actions.text.len, 4);
	actions_close(&actions);
}

static void test_change_map(void **state)
{
	struct object_output output = { .action = ACTION_CLEAR };
	struct record record = { 0 };

	(void)state;
	reset_flags = 99;
	assert_does(&output, &record, "", "");
	assert_string_equal(reset_map, "@m");
	assert_int_equal(reset_flags, 0);
	output.action = ACTION_ZERO;
	assert_does(&output, &record, "", "");
	assert_int_equal(reset_flags, KPS_F_ZERO);
}

/* print(@m, top, div) */
static void assert_prints(unsigned long top, unsigned long div,
			  const char *text, const char *json)
{
	struct object_output output = {
		.action = ACTION_PRINT_MAP,
		.top = top,
		.div = div,
		.take = KPS_F_RESET,
	};
	struct record record = { 0 };

	take_flags = 0;
	assert_does(&output, &record, text, json);
	assert_int_equal(take_flags, KPS_F_RESET);
}

static void test_print_map(void **state)
{
	unsigned long long numbers[] = { -35ULL, -10ULL, 20 };
	struct entry_answer entries[3];
	size_t i;

	(void)state;
	the_map = (struct map_answer){
		.name = "@m",
		.kind = KPS_MAP_VALUE,
		.nr_key = 1,
		.nr_value = 1,
		.value = { { .flags = KPS_FIELD_SIGNED } },
		.entries = entries,
	};
	assert_prints(0, 0, "\n", "");
	the_map.nr_entries = 3;
	for (i = 0; i < 3; i++)
		entries[i] = (struct entry_answer){
			.nr_key = 1, .key = { { .number = i } },
			.nr_plain = 1, .plain = { { .number = numbers[i] } },
		};
	assert_prints(0, 0, "@m[0]: -35\n@m[1]: -10\n@m[2]: 20\n",
		      "{\"type\": \"map\", \"data\": {\"@m\": {\"0\": -35, \"1\": -10, \"2\": 20}}}\n");
	assert_prints(2, 10, "@m[1]: -1\n@m[2]: 2\n",
		      "{\"type\": \"map\", \"data\": {\"@m\": {\"1\": -1, \"2\": 2}}}\n");
	assert_prints(9, 10, "@m[0]: -3\n@m[1]: -1\n@m[2]: 2\n",
		      "{\"type\": \"map\", \"data\": {\"@m\": {\"0\": -3, \"1\": -1, \"2\": 2}}}\n");
}

/*
 * P prints the map (an empty line), C and Z empty it, p and c do it to another one, x is a
 * printf(), e is exit(), w are 100 ms.
 */
static void check_held(const char *letters, const char *text, unsigned int takes,
		       unsigned int flags)
{
	static const char order[] = "PCZpxec";
	struct object_output outputs[] = {
		{ .action = ACTION_PRINT_MAP }, { .action = ACTION_CLEAR },
		{ .action = ACTION_ZERO }, { .action = ACTION_PRINT_MAP, .map = 1 },
		{ .action = ACTION_PRINTF, .format = "%s\n", .fields = &mixed[1],
		  .nr_fields = 1 },
		{ .action = ACTION_EXIT }, { .action = ACTION_CLEAR, .map = 1 },
	};
	struct object_map maps[] = { { .name = "@m" }, { .name = "@o" } };
	struct object object = {
		.maps = maps, .nr_maps = 2,
		.outputs = outputs, .nr_outputs = ARRAY_SIZE(outputs),
	};
	struct record record = {
		.nr_fields = 1, .time = 1000000000,
		.fields = { { .is_text = true, .text = "x", .len = 1 } },
	};
	struct actions actions;
	FILE *real = stdout;
	char *got = NULL;
	size_t size;

	the_map = (struct map_answer){ .name = "@m", .kind = KPS_MAP_COUNT, .nr_key = 1 };
	take_flags = nr_takes = 0;
	reset_map[0] = '\0';
	fflush(real);
	stdout = open_memstream(&got, &size);
	actions_open(&actions, &object, "program", NULL);
	for (; *letters; letters++) {
		record.output = strchr(order, *letters) - order;
		if (*letters == 'w') {
			record.time += 100000000;
			actions_settle_before(&actions, record.time);
		} else {
			actions_do(&record, &actions);
		}
	}
	actions_settle(&actions);
	actions_close(&actions);
	fclose(stdout);
	stdout = real;
	assert_string_equal(got, text);
	assert_int_equal(nr_takes, takes);
	if (takes)
		assert_int_equal(take_flags, flags);
	free(got);
}

/* A print() and a clear() that comes behind it are one reading, whatever is between. */
static void test_held(void **state)
{
	(void)state;
	check_held("PC", "\n", 1, KPS_F_RESET);
	assert_string_equal(reset_map, "");
	check_held("PxxC", "\nx\nx\n", 1, KPS_F_RESET);
	assert_string_equal(reset_map, "");
	check_held("PpxZ", "\n\nx\n", 1, KPS_F_RESET | KPS_F_ZERO);
	check_held("PPC", "\n\n", 1, KPS_F_RESET);
	check_held("PCPxC", "\n\nx\n", 2, KPS_F_RESET);
	assert_string_equal(reset_map, "");
	check_held("pPpCc", "\n\n\n", 2, KPS_F_RESET);
	assert_string_equal(reset_map, "");
	check_held("pPpPcC", "\n\n\n\n", 2, KPS_F_RESET);
	assert_string_equal(reset_map, "");
	check_held("CP", "\n", 0, 0);
	assert_string_equal(reset_map, "@m");
	check_held("PwC", "\n", 0, 0);
	assert_string_equal(reset_map, "@m");
	check_held("PxeC", "\nx\n", 0, 0);
	assert_string_equal(reset_map, "@m");
	check_held("PxwxC", "\nx\nx\n", 0, 0);
}

static void test_print_tuples(void **state)
{
	struct entry_answer entry = {
		.nr_plain = 3,
		.plain = { { .number = 1 }, { .is_text = true, .text = "b" },
			   { .number = -3 } },
	};

	(void)state;
	the_map = (struct map_answer){
		.name = "@m",
		.kind = KPS_MAP_VALUE,
		.nr_value = 3,
		.value = { tuple[0], tuple[1], tuple[2] },
		.nr_entries = 1,
		.entries = &entry,
	};
	assert_prints(0, 0, "@m: (1, (b, -3))\n",
		      "{\"type\": \"map\", \"data\": {\"@m\": [1,[\"b\",-3]]}}\n");
}

#define BAR "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"

static void test_print_hist(void **state)
{
	unsigned long long buckets[KPS_HIST_BUCKETS(0)] = { [7] = 2 };
	struct entry_answer entries[] = {
		{ .nr_key = 1, .key = { { .number = 1 } } },
		{ .nr_key = 1, .key = { { .number = 2 } },
		  .nr_values = KPS_HIST_BUCKETS(0), .values = buckets },
	};

	(void)state;
	the_map = (struct map_answer){
		.name = "@h",
		.kind = KPS_MAP_HIST,
		.nr_key = 1,
		.nr_entries = 2,
		.entries = entries,
	};
	assert_prints(1, 2,
		      "@h[2]: \n[32, 64)               1 |" BAR "|\n\n",
		      "{\"type\": \"hist\", \"data\": {\"@h\": {\"2\": [{\"min\": 32, \"max\": 63, \"count\": 1}]}}}\n");
}

static void test_print_stats(void **state)
{
	unsigned long long few[] = { 1, 5 }, many[] = { 1, 50 };
	struct entry_answer entries[] = {
		{ .nr_key = 1, .key = { { .number = 1 } },
		  .nr_values = 2, .values = few },
		{ .nr_key = 1, .key = { { .number = 2 } },
		  .nr_values = 2, .values = many },
	};

	(void)state;
	the_map = (struct map_answer){
		.name = "@s",
		.kind = KPS_MAP_STATS,
		.nr_key = 1,
		.nr_entries = 2,
		.entries = entries,
	};
	assert_prints(1, 2,
		      "@s[1]: { .count = 1, .average = 5, .total = 5 }\n@s[2]: { .count = 1, .average = 50, .total = 50 }\n\n",
		      "{\"type\": \"stats\", \"data\": {\"@s\": {\"1\": {\"count\": 1, \"average\": 5, \"total\": 5}, \"2\": {\"count\": 1, \"average\": 50, \"total\": 50}}}}\n");
	the_map.kind = KPS_MAP_AVG;
	assert_prints(1, 7, "@s[2]: 7\n\n",
		      "{\"type\": \"stats\", \"data\": {\"@s\": {\"2\": 7}}}\n");
}

static void assert_folded(unsigned long top, unsigned long div, const char *text)
{
	struct object_output output = { .action = ACTION_PRINT_MAP, .top = top, .div = div };
	struct object_map map = { .name = "@f" };
	struct object object = {
		.maps = &map, .nr_maps = 1, .outputs = &output, .nr_outputs = 1,
	};
	struct record record = { 0 };
	char *got = done(&object, &record, 1, false);

	assert_string_equal(got, text);
	free(got);
}

/* Names that look like parts of a line, and offsets that are none. */
static void test_print_folded(void **state)
{
	unsigned long long one[] = { 1 }, two[] = { 2 }, four[] = { 4 }, eight[] = { 8 };
#define KEY(comm, kstack, ustack)						\
	.nr_key = 3, .nr_values = 1, .key = {					\
		{ .is_text = true, .text = (char *)(kstack) },			\
		{ .is_text = true, .text = (char *)(comm) },			\
		{ .is_text = true, .text = (char *)(ustack) } }
	struct entry_answer entries[] = {
		{ KEY("b;\n+1", "", "1\n(lost)"), .values = eight },
		{ KEY("a", "read+1\nentry+20\n", "1\n0\n"), .values = one },
		{ KEY("a", "read+2\nentry+20\n", "1\n0\n"), .values = two },
		{ KEY("a", "+7\nx+\nc++9z\n\tffff read+3\n", "1"), .values = four },
	};
#undef KEY

	(void)state;
	the_map = (struct map_answer){
		.name = "@f",
		.kind = KPS_MAP_COUNT,
		.nr_key = 3,
		.key = { { .type = KPS_T_KSTACK }, { .type = KPS_T_STR },
			 { .type = KPS_T_USTACK } },
		.nr_entries = ARRAY_SIZE(entries),
		.entries = entries,
	};
	folded_output = true;
	assert_folded(0, 0,
		      "a;0;entry_[k];read_[k] 3\n"
		      "a;ffff read_[k];c++9z_[k];x+_[k];+7_[k] 4\n"
		      "b: +1;(lost) 8\n");
	assert_folded(1, 2, "b: +1;(lost) 4\n");
	/* What the first two are together is divided, not each. */
	assert_folded(0, 3,
		      "a;0;entry_[k];read_[k] 1\n"
		      "a;ffff read_[k];c++9z_[k];x+_[k];+7_[k] 1\n"
		      "b: +1;(lost) 2\n");
	the_map.kind = KPS_MAP_MAX;
	assert_folded(0, 0, "");
	the_map.kind = KPS_MAP_COUNT;
	the_map.nr_key = 0;
	assert_folded(0, 0, "");
	folded_output = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_mismatch),
		cmocka_unit_test(test_strftime),
		cmocka_unit_test(test_shape_that_ends),
		cmocka_unit_test(test_usym),
		cmocka_unit_test(test_print_value),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_cat),
		cmocka_unit_test(test_system),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_end_after_exit),
		cmocka_unit_test(test_change_map),
		cmocka_unit_test(test_print_map),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_print_tuples),
		cmocka_unit_test(test_print_hist),
		cmocka_unit_test(test_print_stats),
		cmocka_unit_test(test_print_folded),
	};

	json_as_bpftrace = true;
	return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}

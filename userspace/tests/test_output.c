// SPDX-License-Identifier: GPL-2.0
/* Maps as text and as JSON: what bpftrace 0.17 prints for the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "lib/answer.h"
#include "print/kind.h"
#include "print/map.h"
#include "print/usym.h"

/* At the end of a line, where no style likes to see one. */
#define SPACE " "

/* What maps_print() writes, from malloc(). */
static char *printed(struct map_answer *map, bool json)
{
	struct maps_answer maps = { .nr = 1, .maps = map };
	FILE *real = stdout;
	char *text = NULL;
	size_t size;

	fflush(real);
	stdout = open_memstream(&text, &size);
	json_output = json;
	maps_print(&maps);
	json_output = false;
	fclose(stdout);
	stdout = real;
	return text;
}

static void assert_prints(struct map_answer *map, const char *text,
			  const char *json)
{
	char *got = printed(map, false);

	assert_string_equal(got, text);
	free(got);
	got = printed(map, true);
	assert_string_equal(got, json);
	free(got);
}

static void test_count(void **state)
{
	unsigned long long few = 5, many = 7;
	struct entry_answer entries[] = {
		{ .nr_key = 2, .key = { { .is_text = true, .text = "sshd" },
					{ .number = -1ULL } },
		  .nr_values = 1, .values = &few },
		{ .nr_key = 2, .key = { { .is_text = true, .text = "cat \"x\"" },
					{ .number = 3 } },
		  .nr_values = 1, .values = &many },
	};
	struct map_answer map = {
		.name = "@calls",
		.kind = KPS_MAP_COUNT,
		.nr_key = 2,
		.key = { { .type = KPS_T_STR },
			 { .type = KPS_T_INT, .flags = KPS_FIELD_SIGNED } },
		.nr_entries = ARRAY_SIZE(entries),
		.entries = entries,
	};

	(void)state;
	assert_prints(&map,
		      "@calls[sshd, -1]: 5\n@calls[cat \"x\", 3]: 7\n",
		      "{\"type\": \"map\", \"data\": {\"@calls\": {\"sshd,-1\": 5, \"cat \\\"x\\\",3\": 7}}}\n");
}

/* Keys that read the same are two; with -f json, as with bpftrace, one twice. */
static void test_arrays(void **state)
{
	unsigned long long one = 1, two = 2;
	struct entry_answer entries[] = {
		{ .nr_key = 2, .key = { { .is_text = true, .text = "a,b" },
					{ .is_text = true, .text = "c" } },
		  .nr_values = 1, .values = &one },
		{ .nr_key = 2, .key = { { .is_text = true, .text = "a" },
					{ .is_text = true, .text = "b,c" } },
		  .nr_values = 1, .values = &two },
	};
	struct map_answer map = {
		.name = "@", .kind = KPS_MAP_COUNT, .nr_key = 2,
		.key = { { .type = KPS_T_STR }, { .type = KPS_T_STR } },
		.nr_entries = ARRAY_SIZE(entries), .entries = entries,
	};
	char *got;

	(void)state;
	json_as_bpftrace = false;
	got = printed(&map, true);
	json_as_bpftrace = true;
	assert_string_equal(got, "{\"type\": \"map\", \"data\": {\"@\": [{\"key\": [\"a,b\",\"c\"], \"value\": 1}, {\"key\": [\"a\",\"b,c\"], \"value\": 2}]}}\n");
	free(got);
}

static void test_empty(void **state)
{
	struct map_answer map = { .name = "@", .kind = KPS_MAP_COUNT };

	(void)state;
	assert_prints(&map, "", "");
}

static void test_signs(void **state)
{
	unsigned long long value = -2ULL;
	struct entry_answer entry = { .nr_values = 1, .values = &value };
	struct map_answer map = {
		.name = "@",
		.kind = KPS_MAP_SUM,
		.nr_value = 1,
		.value = { { .flags = KPS_FIELD_SIGNED } },
		.nr_entries = 1,
		.entries = &entry,
	};

	(void)state;
	assert_prints(&map, "@: -2\n",
		      "{\"type\": \"map\", \"data\": {\"@\": -2}}\n");
	map.value[0].flags = 0;
	assert_prints(&map, "@: 18446744073709551614\n",
		      "{\"type\": \"map\", \"data\": {\"@\": \"18446744073709551614\"}}\n");
	/* What a double holds is a number. */
	value = 1ULL << 63;
	assert_prints(&map, "@: 9223372036854775808\n",
		      "{\"type\": \"map\", \"data\": {\"@\": 9223372036854775808}}\n");
	value = (1ULL << 53) + 1;
	assert_prints(&map, "@: 9007199254740993\n",
		      "{\"type\": \"map\", \"data\": {\"@\": \"9007199254740993\"}}\n");
}

static void test_stats(void **state)
{
	unsigned long long values[] = { 3, -31ULL };
	struct entry_answer entry = { .nr_values = 2, .values = values };
	struct map_answer map = {
		.name = "@s",
		.kind = KPS_MAP_STATS,
		.value = { { .flags = KPS_FIELD_SIGNED } },
		.nr_entries = 1,
		.entries = &entry,
	};

	(void)state;
	assert_prints(&map, "@s: { .count = 3, .average = -10, .total = -31 }\n\n",
		      "{\"type\": \"stats\", \"data\": {\"@s\": {\"count\": 3, \"average\": -10, \"total\": -31}}}\n");
	map.kind = KPS_MAP_AVG;
	assert_prints(&map, "@s: -10\n\n",
		      "{\"type\": \"stats\", \"data\": {\"@s\": -10}}\n");
	map.value[0].flags = 0;
	values[0] = 1;
	values[1] = -1ULL;
	assert_prints(&map, "@s: 18446744073709551615\n\n",
		      "{\"type\": \"stats\", \"data\": {\"@s\": \"18446744073709551615\"}}\n");
}

static void test_stack(void **state)
{
	unsigned long long value = 2;
	struct entry_answer entry = {
		.nr_key = 2,
		.key = { { .is_text = true, .text = "sh" },
			 { .is_text = true, .text = "vfs_read+1\nksys_read+107" } },
		.nr_values = 1,
		.values = &value,
	};
	struct map_answer map = {
		.name = "@",
		.kind = KPS_MAP_COUNT,
		.nr_key = 2,
		.key = { { .type = KPS_T_STR }, { .type = KPS_T_KSTACK } },
		.nr_entries = 1,
		.entries = &entry,
	};

	(void)state;
	assert_prints(&map,
		      "@[sh," SPACE "\n    vfs_read+1\n    ksys_read+107\n]: 2\n",
		      "{\"type\": \"map\", \"data\": {\"@\": {\"sh,\\n    vfs_read+1\\n    ksys_read+107\\n\": 2}}}\n");
}

/* Names of others on a terminal; in files, pipes and JSON they are as they are. */
static void test_terminal(void **state)
{
	static const struct {
		const char *name, *shown, *json;
	} names[] = {
		{ "plain \xc3\xa4 \xf0\x9f\x90\xa7", "plain \xc3\xa4 \xf0\x9f\x90\xa7",
		  "plain \xc3\xa4 \xf0\x9f\x90\xa7" },
		{ "\33[31m", "\\x1b[31m", "\\u001b[31m" },
		{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d", "a\\nb\\tc\\r" },
		{ "\x7f", "\\x7f", "\\u007f" },
		{ "\xc2\x9b", "\\xc2\\x9b", "\\u009b" },
		{ "\xff|\x9b|\xc3", "\\xff|\\x9b|\\xc3", "\\ufffd|\\ufffd|\\ufffd" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd" },
	};
	unsigned long long value = 2;
	struct entry_answer entry = { .nr_key = 1, .nr_values = 1,
				      .values = &value };
	struct map_answer map = {
		.name = "@", .kind = KPS_MAP_COUNT, .nr_key = 1,
		.key = { { .type = KPS_T_STR } },
		.nr_entries = 1, .entries = &entry,
	};
	char plain[64], shown[64], json[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		entry.key[0] = (struct datum){ .is_text = true,
					       .text = (char *)names[i].name };
		snprintf(plain, sizeof(plain), "@[%s]: 2\n", names[i].name);
		snprintf(shown, sizeof(shown), "@[%s]: 2\n", names[i].shown);
		snprintf(json, sizeof(json),
			 "{\"type\": \"map\", \"data\": {\"@\": {\"%s\": 2}}}\n",
			 names[i].json);
		assert_prints(&map, plain, json);
		text_is_for_terminal = true;
		assert_prints(&map, shown, json);
		text_is_for_terminal = false;
	}
}

/* A character may come in two pieces. */
static void test_pieces(void **state)
{
	struct text text = { 0 };

	(void)state;
	assert_int_equal(text_show(&text, "a\xe2\x82", 3, true), 1);
	assert_string_equal(text_string(&text), "a");
	assert_int_equal(text_show(&text, "\xe2\x82", 2, false), 2);
	assert_string_equal(text_string(&text), "a\\xe2\\x82");
	text_clear(&text);
	assert_int_equal(text_show(&text, "\xe2(\n", 3, true), 3);
	assert_string_equal(text_string(&text), "\\xe2(\n");
	text_free(&text);
}

/* Has a name, and nothing else in it. */
static __attribute__((noinline, noclone)) int alpha_function(int x)
{
	return x * 3;
}

static void assert_named(pid_t pid, const char *want)
{
	struct text text = { 0 };

	usym_write(&text, pid, (unsigned long)alpha_function, false);
	if (want)
		assert_string_equal(text_string(&text), want);
	else
		assert_memory_equal(text_string(&text), "0x", 2);
	text_free(&text);
}

/* By exec() a process becomes another, of which samples may still be named as before. */
static void test_user_symbols(void **state)
{
	char *const argv[] = { (char *)"cat", NULL };
	int in[2], out[2];
	char byte = 'x';
	pid_t pid;

	(void)state;
	assert_int_equal(alpha_function(1), 3);
	assert_named(getpid(), "alpha_function");
	assert_int_equal(pipe(in) | pipe(out), 0);
	pid = fork();
	if (!pid) {
		if (read(in[0], &byte, 1) != 1)
			_exit(1);
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execvp(argv[0], argv);
		_exit(1);
	}
	assert_named(pid, "alpha_function");
	/* The second one comes back from what it has become. */
	assert_int_equal(write(in[1], "ab", 2), 2);
	assert_int_equal(read(out[0], &byte, 1), 1);
	/* Within a millisecond nobody looks again, and an exec() can be as quick. */
	usleep(20000);
	assert_named(pid, "alpha_function");
	close(in[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	usleep(20000);
	assert_named(pid, "alpha_function");
	assert_named(getpid(), "alpha_function");
	assert_named(0, NULL);
}

#define FULL_BAR "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"

static void test_hist(void **state)
{
	unsigned long long values[KPS_HIST_BUCKETS(0)] = { [2] = 4, [3] = 0,
							[4] = 1 };
	struct entry_answer entry = {
		.nr_values = KPS_HIST_BUCKETS(0),
		.values = values,
	};
	struct map_answer map = {
		.name = "@h",
		.kind = KPS_MAP_HIST,
		.nr_entries = 1,
		.entries = &entry,
	};

	(void)state;
	assert_prints(&map,
		      "@h:" SPACE "\n"
		      "[1]                    4 |" FULL_BAR "|\n"
		      "[2, 4)                 0 |                                                    |\n"
		      "[4, 8)                 1 |@@@@@@@@@@@@@                                       |\n"
		      "\n",
		      "{\"type\": \"hist\", \"data\": {\"@h\": [{\"min\": 1, \"max\": 1, \"count\": 4}, {\"min\": 2, \"max\": 3, \"count\": 0}, {\"min\": 4, \"max\": 7, \"count\": 1}]}}\n");
}

/* What bpftrace 0.27 prints of the buckets of hist(n, bits). */
static void test_hist_bits(void **state)
{
	static const struct {
		unsigned int bits, bucket;
		const char *label;
	} rows[] = {
		{ 0, 0, "(..., 0)" }, { 0, 64, "[4E, 8E)" }, { 0, 11, "[512, 1K)" },
		{ 2, 0, "(..., 0)" }, { 2, 1, "[0]" }, { 2, 8, "[7]" }, { 2, 9, "[8, 10)" },
		{ 2, 40, "[1792, 2048)" }, { 2, 44, "[3584, 4K)" },
		{ 2, 76, "[896K, 1024K)" }, { 2, 77, "[1024K, 1280K)" },
		{ 2, 84, "[3584K, 4M)" }, { 2, KPS_HIST_BUCKETS(2) - 1, "[7E, 8E)" },
		{ 5, 64, "[63]" }, { 5, 65, "[64, 66)" },
		{ 5, KPS_HIST_BUCKETS(5) - 1, "[8064P, 8192P)" },
	};
	char text[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct map_answer map = { .kind = KPS_MAP_HIST, .bits = rows[i].bits };

		bucket_label(&map, rows[i].bucket, text);
		assert_string_equal(text, rows[i].label);
	}
}

static void test_lhist(void **state)
{
	unsigned long long values[] = { 1, 0, 0, 2 };
	struct entry_answer entry = { .nr_values = 4, .values = values };
	struct map_answer map = {
		.name = "@l",
		.kind = KPS_MAP_LHIST,
		.lhist = { .min = -512, .max = 512, .step = 512 },
		.nr_entries = 1,
		.entries = &entry,
	};

	(void)state;
	assert_prints(&map,
		      "@l:" SPACE "\n"
		      "(..., -512)            1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |\n"
		      "[-512, 0)              0 |                                                    |\n"
		      "[0, 512)               0 |                                                    |\n"
		      "[512, ...)             2 |" FULL_BAR "|\n"
		      "\n",
		      "{\"type\": \"hist\", \"data\": {\"@l\": [{\"max\": -513, \"count\": 1}, {\"min\": -512, \"max\": -1, \"count\": 0}, {\"min\": 0, \"max\": 511, \"count\": 0}, {\"min\": 512, \"count\": 2}]}}\n");
}

static void test_labels(void **state)
{
	static const struct {
		unsigned int bucket;
		const char *label;
	} hist[] = {
		{ 0, "(..., 0)" }, { 1, "[0]" }, { 2, "[1]" }, { 3, "[2, 4)" },
		{ 11, "[512, 1K)" }, { 12, "[1K, 2K)" }, { 22, "[1M, 2M)" },
		{ 42, "[1T, 2T)" }, { 52, "[1P, 2P)" },
		{ 64, "[4E, 8E)" },
	}, lhist[] = {
		{ 0, "(..., -1K)" }, { 1, "[-1K, 0)" }, { 2, "[0, 1K)" },
		{ 1025, "[1023K, 1M)" }, { 1026, "[1M, ...)" },
	};
	struct map_answer map = { .kind = KPS_MAP_HIST };
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(hist); i++) {
		bucket_label(&map, hist[i].bucket, text);
		assert_string_equal(text, hist[i].label);
	}
	map.kind = KPS_MAP_LHIST;
	map.lhist = (struct kps_lhist){ -1024, 1 << 20, 1024 };
	for (i = 0; i < ARRAY_SIZE(lhist); i++) {
		bucket_label(&map, lhist[i].bucket, text);
		assert_string_equal(text, lhist[i].label);
	}
}

static struct entry_answer of_user(const char *text, unsigned long long value)
{
	struct entry_answer entry = {
		.nr_key = 1, .key = { { .is_text = true, .text = strdup(text) } },
		.nr_values = 1, .values = malloc(sizeof(value)),
	};

	*entry.values = value;
	return entry;
}

/* What user addresses of different processes are called may be the same. */
static void assert_merges(enum kps_map_kind kind, const char *text)
{
	struct entry_answer entries[] = {
		of_user("4194301\n0x10\n0x11", 5),
		of_user("4194302\n0x20", 6),
		of_user("4194303\n(lost: no room for this stack)", 6),
		of_user("4194302\n0x10\n0x11", 7),
		of_user("4194302\n(lost: no room for this stack)", 8),
	};
	struct map_answer map = {
		.name = "@", .kind = kind, .nr_key = 1,
		.key = { { .type = KPS_T_USTACK, .size = 16 } },
		.nr_value = 1, .value = { { .type = KPS_T_INT, .size = 8 } },
		.nr_entries = ARRAY_SIZE(entries), .entries = entries,
	};
	char *got = printed(&map, false);
	size_t i;

	assert_string_equal(got, text);
	assert_int_equal(map.nr_entries, 3);
	for (i = 0; i < map.nr_entries; i++)
		entry_clear(&map.entries[i]);
	free(got);
}

static void test_user_keys(void **state)
{
	(void)state;
	assert_merges(KPS_MAP_COUNT,
		      "@[\n    0x20\n]: 6\n"
		      "@[\n    0x10\n    0x11\n]: 12\n"
		      "@[\n    (lost: no room for this stack)\n]: 14\n");
	assert_merges(KPS_MAP_MIN,
		      "@[\n    0x10\n    0x11\n]: 5\n"
		      "@[\n    0x20\n]: 6\n"
		      "@[\n    (lost: no room for this stack)\n]: 6\n");
	assert_merges(KPS_MAP_MAX,
		      "@[\n    0x20\n]: 6\n"
		      "@[\n    0x10\n    0x11\n]: 7\n"
		      "@[\n    (lost: no room for this stack)\n]: 8\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_signs),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_user_symbols),
		cmocka_unit_test(test_hist),
		cmocka_unit_test(test_hist_bits),
		cmocka_unit_test(test_lhist),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_user_keys),
	};

	json_as_bpftrace = true;
	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}

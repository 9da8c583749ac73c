// SPDX-License-Identifier: GPL-2.0
/* The compiler's passes by name, and what kpctl check --dump shows of each. */
#include "fixture.h"

#define TEXT								\
	"#define LIMIT 5\n"						\
	"config = { max_map_keys = 77; }\n"				\
	"struct pair { int a; int b; }\n"				\
	"k:vfs_read /pid > LIMIT/ { @[comm] = hist(arg2); }\n"

/* No macro is used: expanded, it is as it was parsed. */
#define PARSED								\
	"2:12    setting max_map_keys\n"				\
	"2:27      number 77: an integer of 1 bytes, signed\n"			\
	"3:8     struct pair\n"						\
	"4:1     probe k:vfs_read\n"					\
	"4:13      filter\n"						\
	"4:13        binary >\n"					\
	"4:13          name pid\n"					\
	"4:19          number 5: an integer of 1 bytes, signed\n"			\
	"4:28      =\n"							\
	"4:28        map @\n"						\
	"4:30          name comm\n"					\
	"4:38        call hist()\n"					\
	"4:43          name arg2\n"

static const struct {
	const char *pass;
	const char *shown;
} dumps[] = {
	{ "preprocess",
	  "               \n"
	  "config = { max_map_keys = 77; }\n"
	  "struct pair { int a; int b; }\n"
	  "k:vfs_read /pid > LIMIT/ { @[comm] = hist(arg2); }\n" },
	{ "parse", PARSED },
	{ "expand", PARSED },
	{ "settings", "max_cat_bytes = 0\nmax_map_keys = 77\nmax_probes = 0\nmax_strlen = 0\n" },
	{ "declare",
	  "struct pair, 8 bytes\n"
	  "     0  int a\n"
	  "     4  int b\n" },
	{ "resolve", "kprobe: k:vfs_read\n  at vfs_read\n" },
	{ "learn", "map @: hist(), by a string of 16 bytes\n" },
	{ "check",
	  "map @: hist(), by a string of 16 bytes\n"
	  "\n"
	  "kprobe: k:vfs_read\n"
	  "  at vfs_read\n"
	  "4:1     probe k:vfs_read\n"
	  "4:13      filter\n"
	  "4:13        binary >: an integer of 1 bytes\n"
	  "4:13          name pid: an integer\n"
	  "4:19          number 5: an integer of 1 bytes, signed\n"
	  "4:28      =\n"
	  "4:28        map @\n"
	  "4:30          name comm: a string of 16 bytes\n"
	  "4:38        call hist(): an aggregation\n"
	  "4:43          name arg2: an integer\n" },
	{ "emit",
	  "map 0 @ hist, 77 keys\n"
	  "\n"
	  "k:vfs_read\n"
	  "  at vfs_read\n"
	  "     0: " },
};

static char *shown_by(const char *pass, const char *text)
{
	const struct compile_options options = { .file = "test.bt" };
	char *shown = NULL;
	size_t len;
	FILE *out = open_memstream(&shown, &len);
	int err;

	assert_non_null(out);
	nr_diags = 0;
	err = compile_dump(text, &options, pass, out);
	fclose(out);
	if (!err)
		return shown;
	free(shown);
	return NULL;
}

static void test_dumps(void **state)
{
	const char *pass;
	char *shown;
	size_t i;

	(void)state;
	for (i = 0; (pass = compile_pass(i)); i++) {
		assert_true(i < ARRAY_SIZE(dumps));
		assert_string_equal(pass, dumps[i].pass);
		shown = shown_by(pass, TEXT);
		assert_non_null(shown);
		if (!compile_pass(i + 1))
			shown[strlen(dumps[i].shown)] = '\0';
		assert_string_equal(shown, dumps[i].shown);
		free(shown);
	}
	assert_int_equal(i, ARRAY_SIZE(dumps));
}

/* Each event has its own record. */
static void test_events(void **state)
{
	char *shown = shown_by("check", "t:sched:* { @ = sum(args.prev_pid ? 1 : 2); }");

	(void)state;
	assert_null(shown);
	shown = shown_by("check", "t:tcp:tcp_retransmit_skb, t:skb:kfree_skb "
			 "{ @ = sum((uint64)args.skbaddr); }");
	assert_non_null(strstr(shown, "  at tcp:tcp_retransmit_skb\n"));
	assert_non_null(strstr(shown, "  at skb:kfree_skb\n"));
	free(shown);
}

/* What is known of one event is not taken for another's. */
static void test_constants(void **state)
{
	char *shown = shown_by("check", "BEGIN, k:vfs_read, kr:vfs_read { print(probetype); }");

	(void)state;
	assert_non_null(shown);
	assert_non_null(strstr(shown, "string \"special\""));
	assert_non_null(strstr(shown, "string \"kprobe\""));
	assert_non_null(strstr(shown, "string \"kretprobe\""));
	free(shown);
	shown = shown_by("parse", "k:vfs_read { print(probetype); }");
	assert_non_null(strstr(shown, "name probetype"));
	free(shown);
}

/* What is wrong in an earlier pass is said, and nothing shown. */
static void test_errors(void **state)
{
	char *shown;

	(void)state;
	assert_null(shown_by("emit", "k:vfs_read { @ = nothing; }"));
	assert_int_equal(nr_diags, 1);
	assert_null(shown_by("resolve", "k:vfs_nothing { @ = 1; }"));
	assert_int_equal(nr_diags, 1);
	assert_null(shown_by("parse", "k:vfs_read { @ = "));
	assert_true(nr_diags);
	shown = shown_by("parse", "k:vfs_nothing { @ = nothing; }");
	assert_non_null(shown);
	assert_int_equal(nr_diags, 0);
	free(shown);
}

static void has_all(const char *file, const char *format)
{
	static char text[1 << 16];
	FILE *stream = fopen(fixture_path(file), "r");
	char wanted[64];
	const char *pass;
	size_t i;

	assert_non_null(stream);
	text[fread(text, 1, sizeof(text) - 1, stream)] = '\0';
	fclose(stream);
	for (i = 0; (pass = compile_pass(i)); i++) {
		snprintf(wanted, sizeof(wanted), format, pass);
		if (!strstr(text, wanted))
			fail_msg("%s does not have the pass \"%s\"", file, wanted);
	}
}

static void test_documents(void **state)
{
	(void)state;
	has_all("../../docs/compiler.md", "\n| %s |");
	has_all("../man/kpctl.8", "%s");
	has_all("../completion/kpctl", "%s");
	has_all("../commands/check.c", "%s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dumps),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_constants),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_documents),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}

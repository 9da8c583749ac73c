// SPDX-License-Identifier: GPL-2.0
/* Flame graphs: each frame has its share, and a name does nothing but stand there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "print/flame.h"

static void add(struct flame *flame, const char *line, enum flame_side side)
{
	char *copy = strdup(line);

	assert_true(flame_add(flame, copy, side));
	free(copy);
}

/* To be freed. */
static char *picture(const char * const *after, size_t nr_after, const char *before)
{
	struct flame *flame = flame_new();
	char *text;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	for (i = 0; i < nr_after; i++)
		add(flame, after[i], FLAME_AFTER);
	if (before)
		add(flame, before, FLAME_BEFORE);
	flame_write(flame, out, "a <title>", "samples");
	fclose(out);
	flame_free(flame);
	return text;
}

static const char * const lines[] = {
	"sh;main;read;vfs_read_[k] 60", "sh;main;read 15", "sh;main;vfs_read 5",
	"sh;other 20", "<b>&\"\x1b[31m\";x 100",
};

/* The number behind @key in the frame that has @title. */
static double number_of(const char *svg, const char *title, const char *key)
{
	const char *frame = strstr(svg, title);

	assert_non_null(frame);
	frame = strstr(frame, key);
	assert_non_null(frame);
	return strtod(frame + strlen(key), NULL);
}

static void test_shares(void **state)
{
	char *svg = picture(lines, ARRAY_SIZE(lines), NULL);
	static const struct {
		const char *title;
		double width;
	} frames[] = {
		{ ">all (200 samples, 100.00%)", 1180 },
		{ ">sh (100 samples, 50.00%)", 590 },
		{ ">main (80 samples, 40.00%)", 472 },
		{ ">read (75 samples, 37.50%)", 442.5 },
		{ ">vfs_read (60 samples, 30.00%)", 354 },
		{ ">vfs_read (5 samples, 2.50%)", 29.5 },
		{ ">other (20 samples, 10.00%)", 118 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(frames); i++)
		assert_true(number_of(svg, frames[i].title, "width=\"") == frames[i].width);
	/* Whoever is called stands on who called, and begins with him. */
	assert_true(number_of(svg, ">main (", "x=\"") == number_of(svg, ">read (", "x=\""));
	assert_true(number_of(svg, ">main (", "y=\"") > number_of(svg, ">read (", "y=\""));
	free(svg);
}

static void test_order(void **state)
{
	const char *turned[ARRAY_SIZE(lines)];
	char *one = picture(lines, ARRAY_SIZE(lines), NULL), *other;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		turned[i] = lines[ARRAY_SIZE(lines) - 1 - i];
	other = picture(turned, ARRAY_SIZE(turned), NULL);
	assert_string_equal(one, other);
	free(one);
	free(other);
}

static void test_names(void **state)
{
	char *svg = picture(lines, ARRAY_SIZE(lines), NULL);

	(void)state;
	assert_null(strstr(svg, "<b>"));
	assert_null(strchr(svg, '\x1b'));
	assert_non_null(strstr(svg, "<title>&lt;b&gt;&amp;&quot;\\x1b[31m&quot; (100 samples"));
	assert_non_null(strstr(svg, ">a &lt;title&gt;<"));
	free(svg);
}

static void test_changes(void **state)
{
	static const char * const after[] = { "a;x 30", "a;y 10" };
	char *svg = picture(after, ARRAY_SIZE(after), "a;x 5");

	(void)state;
	assert_non_null(strstr(svg, ">a (40 samples, 100.00%, +0.00)"));
	assert_non_null(strstr(svg, ">x (30 samples, 75.00%, -25.00)"));
	assert_non_null(strstr(svg, ">y (10 samples, 25.00%, +25.00)"));
	free(svg);
}

static void test_bad_lines(void **state)
{
	static const char * const bad[] = { "", "main", "main x", "main 5x", "main -5", "main 5 " };
	struct flame *flame = flame_new();
	char line[16];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(line, sizeof(line), "%s", bad[i]);
		assert_false(flame_add(flame, line, FLAME_AFTER));
	}
	assert_true(flame_total(flame, FLAME_AFTER) == 0);
	flame_free(flame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares), cmocka_unit_test(test_order),
		cmocka_unit_test(test_names), cmocka_unit_test(test_changes),
		cmocka_unit_test(test_bad_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

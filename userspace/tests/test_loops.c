// SPDX-License-Identifier: GPL-2.0
/*
 * A loop that is written out and one that the module repeats do the same: of programs
 * that are made by lot, with loops in loops, each is run both ways.
 */
#include "fixture.h"
#include "interp.h"

#define PROGRAMS 3000
#define ROUNDS 100000	/* in all, of those that the module repeats */

struct maker {
	uint64_t state;		/* xorshift64 */
	char text[4000];
	unsigned int depth;	/* of loops */
	unsigned int names;	/* of counters so far */
	unsigned int counters[8]; /* of the loops around */
};

static unsigned int lot(struct maker *maker, unsigned int below)
{
	maker->state ^= maker->state << 13;
	maker->state ^= maker->state >> 7;
	maker->state ^= maker->state << 17;
	return maker->state % below;
}

static void say(struct maker *maker, const char *format, ...)
{
	size_t len = strlen(maker->text);
	va_list args;

	va_start(args, format);
	vsnprintf(maker->text + len, sizeof(maker->text) - len, format, args);
	va_end(args);
}

static void make_stmts(struct maker *maker);

/* Something that differs from round to round. */
static void make_value(struct maker *maker)
{
	if (maker->depth && lot(maker, 3))
		say(maker, "$i%u", maker->counters[lot(maker, maker->depth)]);
	else
		say(maker, lot(maker, 2) ? "$s" : "@n + 0");
}

static void make_loop(struct maker *maker)
{
	const unsigned int name = maker->names++, rounds = lot(maker, 4);

	switch (lot(maker, 3)) {
	case 0:
		say(maker, "for ($i%u : %d..%d) { ", name, (int)lot(maker, 3) - 1, rounds);
		break;
	case 1:
		say(maker, "$i%u = 0; while ($i%u < %u) { $i%u++; ", name, name, rounds, name);
		break;
	default:
		say(maker, "$i%u = 5; unroll (%u) { $i%u += 2; ", name, rounds + 1, name);
	}
	maker->counters[maker->depth++] = name;
	make_stmts(maker);
	maker->depth--;
	say(maker, "} ");
}

static void make_if(struct maker *maker)
{
	static const char * const jumps[] = {
		"break; ", "continue; ", "return; ", "exit(); ",
	};

	say(maker, "if (");
	make_value(maker);
	say(maker, " %% %u == %u) { ", 2 + lot(maker, 3), lot(maker, 3));
	if (maker->depth && lot(maker, 2))
		say(maker, "%s", jumps[lot(maker, lot(maker, 6) ? 2 : 4)]);
	else
		make_stmts(maker);
	say(maker, "} ");
}

static void make_stmt(struct maker *maker)
{
	switch (lot(maker, 6)) {
	case 0:
		if (maker->depth < 3)
			make_loop(maker);
		break;
	case 1:
		make_if(maker);
		break;
	case 2:
		say(maker, "$s += ");
		make_value(maker);
		say(maker, "; ");
		break;
	case 3:
		say(maker, "@n++; ");
		break;
	default:
		say(maker, "print(");
		make_value(maker);
		say(maker, "); ");
	}
}

static void make_stmts(struct maker *maker)
{
	unsigned int nr = 1 + lot(maker, 3);

	while (nr-- && strlen(maker->text) < 1500)
		make_stmt(maker);
}

/* Numbers of outputs become their actions: of a loop that never runs there are none. */
static void name_outputs(struct machine *m, const struct object *object)
{
	char *at = m->said;

	for (; *at; at = strchr(at, ' ') + 1) {
		assert_true(at[1] == ':');
		*at = 'a' + object->outputs[*at - '0'].action;
	}
}

static void run_as(struct machine *m, const char *text, bool repeats_loops)
{
	const struct compile_options options = {
		.file = "test.bt", .repeats_loops = repeats_loops,
	};
	struct object object;

	memset(m, 0, sizeof(*m));
	m->fuel = ROUNDS;
	if (compile_with(text, &options, &object)) {
		print_error("%s\n  %s\n", text, diags[0].message);
		fail();
	}
	run_clause(m, &object, 0);
	name_outputs(m, &object);
	object_free(&object);
}

static void test_both_ways(void **state)
{
	static struct machine written, repeated;
	struct maker maker = { .state = 1 };
	unsigned int i, rounds = 0;

	(void)state;
	for (i = 0; i < PROGRAMS; i++) {
		maker.names = 0;
		strcpy(maker.text, "kprobe:vfs_read { $s = 0; @n = 1; ");
		make_loop(&maker);
		say(&maker, "print($s); }");
		run_as(&written, maker.text, false);
		run_as(&repeated, maker.text, true);
		if (strcmp(written.said, repeated.said))
			print_error("%s\n  written out: %s\n  repeated:    %s\n",
				    maker.text, written.said, repeated.said);
		assert_string_equal(written.said, repeated.said);
		assert_int_equal(written.rounds, 0);
		rounds += repeated.rounds;
	}
	/* They did repeat something. */
	assert_true(rounds > 2 * PROGRAMS);
}

/* What is too long to be written out is repeated. */
static void test_too_long(void **state)
{
	static struct machine m;
	struct object object;

	(void)state;
	must_compile("kprobe:vfs_read { for ($i : 0..900) { for ($j : 0..900) { @n += $i * $j; } } print(@n + 0); }",
		     &object);
	assert_int_equal(object.nr_blocks, 2);
	run_clause(&m, &object, 0);
	assert_string_equal(m.said, "0:163660702500 ");
	assert_int_equal(m.rounds, 900 + 1 + 900 * 901);
	object_free(&object);

	must_compile("kprobe:vfs_read { for ($i : 0..9) { @n += $i; } }", &object);
	assert_int_equal(object.nr_blocks, 0);
	object_free(&object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}

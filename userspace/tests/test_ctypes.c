// SPDX-License-Identifier: GPL-2.0
/*
 * C's types, as a program declares and uses them.  The same declarations are given
 * to this file's compiler and to ours; both must find the same bytes.
 */
#include "fixture.h"
#include "interp.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int64_t s64;

#define BOTH(...)							\
	__VA_ARGS__							\
	static const char declarations[] = #__VA_ARGS__ "\n"

BOTH(
struct point { short x; char tag; int y; };
enum color { RED, GREEN = 5, BLUE, DARK = 200 };
enum sign { BELOW = -3, ZERO = 0 };
union word { u8 byte[8]; u16 half; u64 all; struct { u32 low; s8 high; }; };
struct bits {
	u8 a:3; u8 b:5; u8 c:1;
	u32 d:20; u32 e:13;
	s64 f:40; int g:7; unsigned int h:1;
	u16 last;
	u64 i:63; u8:0; u8 j:2; u16:3; u16 k:5;
};
struct all {
	char first;
	struct point here;
	struct point line[3];
	struct all *next;
	const unsigned char *name;
	char text[9];
	s8 s8v; u8 u8v; unsigned short us;
	signed char sc;
	int i; unsigned int u; long l; unsigned long ul; long long ll;
	bool yes;
	enum color color; enum sign sign;
	union word word;
	struct { u8 in; struct { u16 deep; }; } inner;
	union { u32 one; u8 four[4]; };
	u8 address[16];
	u32 grid[2][3];
	void *nothing; struct unheard_of *unknown; struct all **twice;
	struct bits bits;
	u8 end;
};
);

static struct all all;
static struct machine m;

#define AT 0xffff888000001000ull

static int reset_machine(void **state)
{
	uint8_t *byte = (uint8_t *)&all;
	size_t i;

	(void)state;
	/* No two words are the same, and some of each sign. */
	for (i = 0; i < sizeof(all); i++)
		byte[i] = i * 167 + 13;
	strcpy(all.text, "eight ch");
	all.next = (struct all *)AT;
	all.twice = (struct all **)(AT + offsetof(struct all, next));
	all.yes = true;
	memset(&m, 0, sizeof(m));
	m.kernel = byte;
	m.kernel_at = AT;
	m.kernel_len = sizeof(all);
	m.frame.arg[0] = AT;
	m.frame.arg[1] = 2;
	return 0;
}

static uint64_t run(const char *statements)
{
	struct object object;
	uint64_t result;
	char text[8192];

	snprintf(text, sizeof(text),
		 "%s kprobe:vfs_read { $p = (struct all *)arg0; %s }",
		 declarations, statements);
	must_compile(text, &object);
	result = run_clause(&m, &object, 0);
	object_free(&object);
	return result;
}

/* In a register, in a key, and behind a pointer that is read first. */
static void is(const char *member, uint64_t expected)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "@s = sum($p->%s); @k[$p->%s, 1] = count(); @n = sum($p->next->next->%s);",
		 member, member, member);
	assert_int_equal(run(text), 1);
	if (m.updates[0].value != expected ||
	    memcmp(m.updates[1].key, &expected, 8) ||
	    m.updates[2].value != expected)
		fail_msg("%s: %#llx, not %#llx", member,
			 (unsigned long long)m.updates[0].value,
			 (unsigned long long)expected);
}

static void is_expr(const char *expr, uint64_t expected)
{
	char text[1024];

	snprintf(text, sizeof(text), "@s = sum(%s);", expr);
	assert_int_equal(run(text), 1);
	if (m.updates[0].value != expected)
		fail_msg("%s: %#llx, not %#llx", expr,
			 (unsigned long long)m.updates[0].value,
			 (unsigned long long)expected);
}

#define IS(member) is(#member, (uint64_t)all.member)
#define SIZE(type) is_expr("sizeof(" #type ")", sizeof(type))
#define OFFSET(type, member)						\
	is_expr("offsetof(" #type ", " #member ")", offsetof(type, member))

static void test_members(void **state)
{
	(void)state;
	IS(first); IS(here.x); IS(here.tag); IS(here.y); IS(s8v); IS(u8v);
	IS(us); IS(sc); IS(i); IS(u); IS(l); IS(ul); IS(ll); IS(yes);
	IS(color); IS(sign); IS(word.half); IS(word.all); IS(word.low);
	IS(word.high); IS(inner.in); IS(inner.deep); IS(one); IS(end);
	IS(nothing); IS(unknown); IS(twice); IS(next); IS(name);
}

static void test_elements(void **state)
{
	(void)state;
	IS(line[0].x); IS(line[2].y); IS(grid[0][0]); IS(grid[1][2]);
	IS(word.byte[7]); IS(four[3]); IS(address[15]); IS(text[1]);
	is("line[arg1].y", all.line[2].y);
	is("grid[arg1 - 1][arg1]", all.grid[1][2]);
	is_expr("$p->here.x + $p->line[arg1 - 1].tag * 3",
		all.here.x + all.line[1].tag * 3);
}

static void test_bits(void **state)
{
	(void)state;
	IS(bits.a); IS(bits.b); IS(bits.c); IS(bits.d); IS(bits.e);
	IS(bits.f); IS(bits.g); IS(bits.h); IS(bits.last); IS(bits.i);
	IS(bits.j); IS(bits.k);
}

/* What a copy has, in a map and in a tuple, is what was there. */
static void is_copied(const char *outer, const char *member, uint64_t expected)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "@c[1] = $p->%s; @s = sum(@c[1]%s); $t = (1, $p->%s); @t = sum($t.1%s);",
		 outer, member, outer, member);
	assert_int_equal(run(text), 1);
	if (m.updates[0].value != expected || m.updates[1].value != expected)
		fail_msg("%s of a copy of %s: %#llx and %#llx, not %#llx", member, outer,
			 (unsigned long long)m.updates[0].value,
			 (unsigned long long)m.updates[1].value,
			 (unsigned long long)expected);
}

#define COPIED(outer, member)						\
	is_copied(#outer, #member, (uint64_t)all.outer member)

static void test_copies(void **state)
{
	(void)state;
	COPIED(here, .x); COPIED(here, .tag); COPIED(here, .y);
	COPIED(line, [2].y); COPIED(line, [1].tag); COPIED(grid, [1][2]);
	COPIED(word, .half); COPIED(word, .byte[7]); COPIED(inner, .deep);
	COPIED(bits, .a); COPIED(bits, .b); COPIED(bits, .c); COPIED(bits, .d);
	COPIED(bits, .e); COPIED(bits, .f); COPIED(bits, .g); COPIED(bits, .last);
	COPIED(four, [3]); COPIED(address, [15]);
	is_copied("four", "[arg1]", all.four[2]);
	is_copied("four", "[arg1 + 9]", 0);
	is_expr("{ $l = (1, $p->line); $e = $l.1[1]; $e.y }", all.line[1].y);
	is_expr("$p->here == $p->here", 1);
	is_expr("$p->line[0] == $p->line[1]", 0);
	is_expr("(uint32)$p->four", *(uint32_t *)all.four);
	is_expr("((uint8[8])arg0)[1]", AT >> 8 & 255);
	is_expr("(uint64)(uint8[8])arg0", AT);
	is_expr("((int8[])\"hello\")[4]", 'o');
	is_expr("sizeof((int8[])\"hello\")", 6);
}

static void test_layout(void **state)
{
	(void)state;
	SIZE(struct point); SIZE(union word); SIZE(struct bits);
	SIZE(struct all); SIZE(enum color); SIZE(struct all *);
	SIZE(unsigned long); SIZE(long long); SIZE(char); SIZE(bool);
	OFFSET(struct all, here.y); OFFSET(struct all, line[2].tag);
	OFFSET(struct all, inner.deep); OFFSET(struct all, four);
	OFFSET(struct all, bits.last); OFFSET(struct all, grid[1]);
	OFFSET(union word, high);
	is_expr("sizeof($p->line)", sizeof(all.line));
	is_expr("sizeof($p->text)", sizeof(all.text));
	is_expr("sizeof($p->us)", sizeof(all.us));
	is_expr("sizeof($p->next)", sizeof(all.next));
}

static void test_pointers(void **state)
{
	const struct all *p = (const struct all *)AT;

	(void)state;
	is_expr("$p + 2", (uint64_t)(p + 2));
	is_expr("1 + $p", (uint64_t)(p + 1));
	is_expr("$p - arg1", (uint64_t)(p - 2));
	is_expr("(uint64)$p + 2", AT + 2);
	is_expr("(void *)arg0 + 2", AT + 2);
	is_expr("*(uint16 *)arg0", *(uint16_t *)&all);
	is_expr("*((uint16 *)arg0 + 3)", ((uint16_t *)&all)[3]);
	is_expr("((int8 *)arg0)[7]", (uint64_t)((int8_t *)&all)[7]);
	is_expr("((u32 *)$p->grid)[arg1]", all.grid[0][2]);
	is_expr("*((u8 *)$p->text + 1)", 'i');
	is_expr("(bool)(arg0 << 8)", 1);
	is_expr("(_Bool)($p->yes - 1)", 0);
	is_expr("(*$p).here.y", (uint64_t)all.here.y);
	is_expr("$p[0].here.y", (uint64_t)all.here.y);
	is_expr("(*$p->twice)->end", all.end);
	is_expr("$p->twice[0]->end", all.end);
}

static void test_pointer_steps(void **state)
{
	(void)state;
	assert_int_equal(run("$q = (u32 *)arg0; $q++; $q++; $q--; @s = sum(*$q);"), 1);
	assert_int_equal(m.updates[0].value, ((uint32_t *)&all)[1]);
	assert_int_equal(run("$q = (u32 *)arg0; $q += 2; @s = sum(*$q);"), 1);
	assert_int_equal(m.updates[0].value, ((uint32_t *)&all)[2]);
}

static void test_variables(void **state)
{
	(void)state;
	assert_int_equal(run("$h = $p->here; $l = $p->line; $w = $p->word; @a = sum($h.y); @b = sum($l[arg1].y); @c = sum($w.low);"), 1);
	assert_int_equal(m.updates[0].value, (uint64_t)all.here.y);
	assert_int_equal(m.updates[1].value, (uint64_t)all.line[2].y);
	assert_int_equal(m.updates[2].value, all.word.low);
	assert_int_equal(run("@p[1] = $p; @a = sum(@p[1]->here.y);"), 1);
	assert_int_equal(m.updates[0].value, (uint64_t)all.here.y);
	assert_int_equal(run("$x = $p->us; @a = sum(bswap($x));"), 1);
	assert_int_equal(m.updates[0].value, __builtin_bswap16(all.us));
}

static void test_strings(void **state)
{
	(void)state;
	assert_int_equal(run("@[$p->text] = count(); @[str($p->text, 4)] = count(); if ($p->text == \"eight ch\") { @a = count(); }"), 1);
	assert_string_equal(m.updates[0].key, "eight ch");
	assert_string_equal(m.updates[1].key, "eig");
	assert_int_equal(m.nr_updates, 3);
	/* One that has no end has no more than its bytes. */
	memset(all.text, 'x', sizeof(all.text));
	assert_int_equal(run("@[$p->text] = count();"), 1);
	assert_string_equal(m.updates[0].key, "xxxxxxxxx");
}

static void test_bytes(void **state)
{
	uint64_t word;

	(void)state;
	assert_int_equal(run("@[ntop($p->address)] = count(); @[ntop($p->four)] = count(); @m[macaddr($p->address)] = count();"), 1);
	memcpy(&word, m.updates[0].key, 8);
	assert_int_equal(word, 10);
	assert_memory_equal(m.updates[0].key + 8, all.address, 16);
	memcpy(&word, m.updates[1].key, 8);
	assert_int_equal(word, 2);
	assert_memory_equal(m.updates[1].key + 8, all.four, 4);
	assert_memory_equal(m.updates[2].key, all.address, 6);
	assert_int_equal(run("@[buf($p->here)] = count(); @l[buf($p->address, 5)] = count();"), 1);
	assert_int_equal(m.updates[0].key[0], sizeof(all.here));
	assert_memory_equal(m.updates[0].key + 8, &all.here, sizeof(all.here));
	assert_int_equal(m.updates[1].key[0], 5);
	assert_memory_equal(m.updates[1].key + 8, all.address, 5);
}

/* One reading for each arrow, and for what it comes to. */
static void test_calls(void **state)
{
	(void)state;
	run("@a = sum($p->next->next->next->here.y);");
	assert_int_equal(m.calls[KPS_FN_READ], 4);
	run("@a = sum($p->line[1].y);");
	assert_int_equal(m.calls[KPS_FN_READ], 1);
	run("@[$p->next->text] = count();");
	assert_int_equal(m.calls[KPS_FN_READ], 1);
	assert_int_equal(m.calls[KPS_FN_STR], 1);
}

static void test_enums(void **state)
{
	struct object object;
	char text[8192];

	(void)state;
	is_expr("GREEN + BLUE * DARK", 5 + 6 * 200);
	is_expr("BELOW", -3);
	snprintf(text, sizeof(text),
		 "%s kprobe:vfs_read { @[((struct all *)arg0)->color, (enum sign)arg1] = count(); }",
		 declarations);
	must_compile(text, &object);
	assert_int_equal(object.maps[0].key[0].type, KPS_T_ENUM);
	assert_int_equal(object.nr_enums, 2);
	assert_int_equal(object.enums[0].nr, 4);
	assert_string_equal(object.enums[0].names[1].name, "GREEN");
	assert_int_equal(object.enums[0].names[1].value, 5);
	assert_int_equal(object.enums[1].names[0].value, -3);
	object_free(&object);
}

#define P "struct s { int a; struct t *t; char c[4]; u64 big[2]; int bits:3; u64 huge[400]; };\n" \
	"kprobe:vfs_read { $s = (struct s *)arg0; "

static const struct bad_program refused[] = {
	{ P "@ = sum($s->b); }", 2, 50, "struct s has no member 'b'", "a" },
	{ P "@ = sum(arg0->a); }", 2, 50, "a plain integer has no members",
	  "((struct NAME *)arg0)->a" },
	{ P "@ = sum($s->a->x); }", 2, 50, "a plain integer has no members",
	  NULL },
	{ P "@ = sum($s->t->x); }", 2, 50,
	  "the members of struct t are not known", "types object" },
	{ P "@ = sum(arg0[1]); }", 2, 50, "an integer has no elements",
	  "(uint64 *)" },
	{ P "@ = sum($s->big[2]); }", 2, 58, "there is no element 2", NULL },
	{ P "@ = sum($s->big[0, 1]); }", 2, 61, "one index", "[i][j]" },
	{ P "@[$s->huge] = count(); }", 2, 44, "an array of 3200 bytes cannot be a key as a whole",
	  "buf(x, n)" },
	{ P "@[*$s] = count(); }", 2, 44, "a struct of 3248 bytes cannot be a key as a whole",
	  "one by one" },
	{ P "@ = sum(*$s); }", 2, 50, "must be an integer, not a struct",
	  "one of its members" },
	{ P "@ = sum((struct s)arg0); }", 2, 50,
	  "nothing can be cast to struct s", "(struct s *)" },
	{ P "@ = sum($s - $s); }", 2, 50, "'-' does not work on two pointers", "(uint64)" },
	{ P "@ = sum(*(void *)arg0); }", 2, 50, "void cannot be read",
	  "cast the pointer" },
	{ P "@[ntop($s->big[0])] = count(); @[ntop($s->c)] = count(); }", 2, 80,
	  "ntop()'s address must be an integer, not a string", NULL },
	{ P "@ = sum(1 - $s); }", 2, 50, "a number and a pointer", NULL },
	{ P "@ = sum(offsetof(struct s, x)); }", 2, 69, "no member 'x'", NULL },
	{ P "@ = sum(sizeof(struct t)); }", 2, 57, "the types of this kernel",
	  "types object" },
	{ "struct a { int x:40; };\nkprobe:vfs_read { }", 1, 16,
	  "x has more bits than its type", NULL },
	{ "struct a { struct a self; };\nkprobe:vfs_read { }", 1, 21,
	  "incomplete type", "pointer" },
	{ "struct a { int x; };\nstruct a { int y; };\nkprobe:vfs_read { }", 2, 8,
	  "'a' is declared twice", NULL },
	{ "struct a { char x[4294967295][4294967295]; };\nkprobe:vfs_read { }", 1, 17,
	  "x is too large", NULL },
	{ "kprobe:vfs_read { @ = sum(((struct nosuch *)arg0)->x); }", 1, 28,
	  "the types of this kernel are not known", "types object" },
	{ "kprobe:vfs_read { @ = sum(NO_SUCH_CONSTANT); }", 1, 27,
	  "there is no builtin", NULL },
};

static void test_refused(void **state)
{
	(void)state;
	must_fail_all(refused, ARRAY_SIZE(refused));
}

static int start(void **state)
{
	return use_fixture_host(state) || reset_machine(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_members, reset_machine),
		cmocka_unit_test_setup(test_elements, reset_machine),
		cmocka_unit_test_setup(test_bits, reset_machine),
		cmocka_unit_test_setup(test_copies, reset_machine),
		cmocka_unit_test_setup(test_layout, reset_machine),
		cmocka_unit_test_setup(test_pointers, reset_machine),
		cmocka_unit_test_setup(test_pointer_steps, reset_machine),
		cmocka_unit_test_setup(test_variables, reset_machine),
		cmocka_unit_test_setup(test_strings, reset_machine),
		cmocka_unit_test_setup(test_bytes, reset_machine),
		cmocka_unit_test_setup(test_calls, reset_machine),
		cmocka_unit_test_setup(test_enums, reset_machine),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}

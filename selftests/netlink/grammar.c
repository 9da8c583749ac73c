// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../raw/insns.h"
#include "grammar.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(g, array) ((array)[grammar_any(g, NR(array))])

/* No attribute is larger; what is written never leaves a datagram. */
#define ATTR_MAX 65536
#define ROOM (WIRE_MAX - ATTR_MAX - 64)

#define FOUND_MAX 16384	/* bytes: they are kept for good */
#define NAMES 12	/* few, so that the sockets meet at the same programs */
#define INIT_BYTES 128	/* of scratch, that each clause writes first */

/* xorshift64* */
unsigned int grammar_any(struct grammar *g, unsigned int below)
{
	g->state ^= g->state >> 12;
	g->state ^= g->state << 25;
	g->state ^= g->state >> 27;
	return ((g->state * 0x2545f4914f6cdd1dULL) >> 32) % below;
}

static bool one_in(struct grammar *g, unsigned int n)
{
	return !grammar_any(g, n);
}

static uint64_t edge(struct grammar *g)
{
	static const uint64_t edges[] = {
		0, 1, 2, 3, 7, 8, 9, 15, 16, 63, 64, 65, 127, 128, 255, 256,
		512, 1000, 4095, 4096, 4097, 0x7fff, 0x8000, 0xffff, 0x10000,
		0x10001, 1 << 20, (1 << 20) + 1, 64 << 20, (64 << 20) + 1,
		0x7fffffff, 0x80000000, 0xffffffff, -1ULL, -2ULL, -8ULL,
		1ULL << 63, (1ULL << 63) - 1, 1ULL << 32, 0xffffffff00000000,
	};

	return one_in(g, 4) ? g->state : PICK(g, edges);
}

static void random_bytes(struct grammar *g, unsigned char *bytes, size_t len)
{
	while (len--)
		*bytes++ = grammar_any(g, 256);
}

/*
 * Attributes
 */

struct attr {
	unsigned int type;
	const void *data;
	size_t size;
};

static bool has_room(const struct grammar *g)
{
	return g->len < ROOM;
}

/* With a length of its own choice. */
static void put_as(struct grammar *g, const struct attr *attr, unsigned int len)
{
	struct nlattr head = { .nla_len = len, .nla_type = attr->type };

	if (!has_room(g))
		return;
	memcpy(g->bytes + g->len, &head, sizeof(head));
	memset(g->bytes + g->len + NLA_HDRLEN, 0, NLA_ALIGN(attr->size));
	memcpy(g->bytes + g->len + NLA_HDRLEN, attr->data, attr->size);
	g->len += NLA_HDRLEN + NLA_ALIGN(attr->size);
}

static void put_exact(struct grammar *g, const struct attr *attr)
{
	put_as(g, attr, NLA_HDRLEN + attr->size);
}

static void leave_out(struct grammar *g, const struct attr *attr)
{
	(void)g;
	(void)attr;
}

static void put_twice(struct grammar *g, const struct attr *attr)
{
	put_exact(g, attr);
	put_exact(g, attr);
}

static void put_many(struct grammar *g, const struct attr *attr)
{
	unsigned int i, nr = grammar_any(g, 1200);

	for (i = 0; i < nr && g->len + attr->size < ROOM / 2; i++)
		put_exact(g, attr);
}

static void put_other_type(struct grammar *g, const struct attr *attr)
{
	static const unsigned int bits[] = { 0, 0, NLA_F_NESTED,
					     NLA_F_NET_BYTEORDER, 0xc000 };
	struct attr other = *attr;

	other.type = one_in(g, 4) ? edge(g) : grammar_any(g, 32);
	other.type ^= PICK(g, bits);
	put_exact(g, &other);
}

/* The length says something else than is there. */
static void put_other_length(struct grammar *g, const struct attr *attr)
{
	unsigned int len = NLA_HDRLEN + attr->size;
	const unsigned int lens[] = { 0, 1, 3, 4, 5, len - 1, len + 1, len + 4,
				      len / 2, 0x7fff, 0xffff };

	put_as(g, attr, PICK(g, lens));
}

static void put_number(struct grammar *g, const struct attr *attr)
{
	uint64_t number = edge(g);
	struct attr other = { attr->type, &number,
			      attr->size < 8 ? attr->size : 8 };

	put_exact(g, &other);
}

/* One number within: a type, a size, a step .. */
static void put_damaged(struct grammar *g, const struct attr *attr)
{
	unsigned char bytes[4096];
	struct attr other = { attr->type, bytes, attr->size };
	uint64_t number = edge(g);
	size_t at;

	if (attr->size < 2 || attr->size > sizeof(bytes))
		return put_exact(g, attr);
	memcpy(bytes, attr->data, attr->size);
	at = grammar_any(g, attr->size / 2) * 2;
	memcpy(bytes + at, &number,
	       one_in(g, 2) || attr->size - at < 8 ? 2 : 8);
	put_exact(g, &other);
}

static void put_cut(struct grammar *g, const struct attr *attr)
{
	struct attr other = *attr;

	other.size = attr->size ? grammar_any(g, attr->size) : 0;
	put_exact(g, &other);
}

static void put_random(struct grammar *g, const struct attr *attr)
{
	static const unsigned int most[] = { 4, 8, 64, 256, 2048, 33000 };
	unsigned char bytes[33000];
	struct attr other = { attr->type, bytes, grammar_any(g, PICK(g, most)) };

	random_bytes(g, bytes, other.size);
	put_exact(g, &other);
}

static void put_text(struct grammar *g, const struct attr *attr)
{
	static const char * const texts[] = {
		"", "%s%s%s%n%p%1000000d", "\033[2J\a\b\r\n\t", ".", "..", "/",
		"../../x", "a/b", "@", "@.", "@/", "@@", "\xff\xfe\x80",
		"f1\nf2", "+", ":", "a:b:c+0x", "vfs_open+1", "[kpstat]",
		"kpstat:kps_hash", "+18446744073709551616", "vfs_open+-1",
	};
	const char *text = PICK(g, texts);
	/* Also without its end. */
	struct attr other = { attr->type, text, strlen(text) + grammar_any(g, 2) };

	put_exact(g, &other);
}

static void put_long_text(struct grammar *g, const struct attr *attr)
{
	static const unsigned int sizes[] = { 63, 64, 65, 191, 192, 193, 255,
					      256, 257, 8000, 60000, 60001,
					      65500 };
	static char text[ATTR_MAX];
	struct attr other = { attr->type, text, PICK(g, sizes) };

	memset(text, one_in(g, 2) ? 'a' : '%', sizeof(text));
	text[0] = '@';
	text[other.size - grammar_any(g, 2)] = '\0';
	put_exact(g, &other);
}

static void put_nested(struct grammar *g, const struct attr *attr)
{
	unsigned int depth = 1 + grammar_any(g, 20), i;

	for (i = depth; i > 0 && has_room(g); i--) {
		struct nlattr head = {
			.nla_len = NLA_HDRLEN * (i + 1) + attr->size,
			.nla_type = attr->type | NLA_F_NESTED,
		};

		memcpy(g->bytes + g->len, &head, sizeof(head));
		g->len += sizeof(head);
	}
	put_exact(g, attr);
}

static void (* const damages[])(struct grammar *g, const struct attr *attr) = {
	leave_out, leave_out, put_twice, put_many, put_other_type,
	put_other_type, put_other_length, put_other_length, put_number,
	put_number, put_number, put_damaged, put_damaged, put_damaged,
	put_damaged, put_cut, put_random, put_text, put_text, put_text,
	put_long_text, put_nested,
};

static void put(struct grammar *g, unsigned int type, const void *data,
		size_t size)
{
	const struct attr attr = { type, data, size };

	if (g->chaos && one_in(g, g->chaos))
		PICK(g, damages)(g, &attr);
	else
		put_exact(g, &attr);
}

static void put_u32(struct grammar *g, unsigned int type, uint32_t value)
{
	put(g, type, &value, sizeof(value));
}

static void put_u64(struct grammar *g, unsigned int type, uint64_t value)
{
	put(g, type, &value, sizeof(value));
}

static void put_string(struct grammar *g, unsigned int type, const char *text)
{
	put(g, type, text, strlen(text) + 1);
}

/* Return: where the nest begins. */
static size_t begin(struct grammar *g, unsigned int type)
{
	const struct attr attr = { type | NLA_F_NESTED, NULL, 0 };
	size_t at = g->len;

	if (g->chaos && one_in(g, g->chaos * 4))
		put_other_type(g, &attr);
	else
		put_exact(g, &attr);
	return at;
}

static void end(struct grammar *g, size_t at)
{
	struct nlattr *head = (void *)(g->bytes + at);

	if (g->len < at + NLA_HDRLEN)
		return;
	head->nla_len = g->len - at;
	if (g->chaos && one_in(g, g->chaos * 4))
		head->nla_len += (int)grammar_any(g, 24) - 12;
}

static void put_name(struct grammar *g)
{
	char name[16];

	snprintf(name, sizeof(name), "f%u", grammar_any(g, NAMES));
	put_string(g, KPS_A_NAME, name);
}

static void put_map_name(struct grammar *g)
{
	char name[16];

	snprintf(name, sizeof(name), "@m%u", grammar_any(g, 4));
	put_string(g, KPS_A_MAP_NAME, name);
}

/*
 * LOAD
 */

#define MAX_MAPS 4
#define MAX_OUTPUTS 3

struct fields {
	unsigned int nr;
	unsigned int size;	/* bytes in scratch */
	struct kps_field of[6];
};

struct map {
	unsigned int kind;
	struct fields key;
	struct fields value;
};

/* What the parts of one program know of each other. */
struct plan {
	unsigned int nr_enums;
	bool stacks;
	unsigned int nr_maps;
	struct map maps[MAX_MAPS];
	unsigned int nr_outputs;
	bool joins[MAX_OUTPUTS];
	unsigned int nr_blocks;
	unsigned int called;	/* of them, by the probes so far */
};

static struct kps_field any_field(struct grammar *g, const struct plan *plan)
{
	static const struct kps_field types[] = {
		{ KPS_T_INT, 8, 0, 0 }, { KPS_T_INT, 8, KPS_FIELD_SIGNED, 0 },
		{ KPS_T_STR, 8, 0, 0 }, { KPS_T_STR, 16, 0, 0 },
		{ KPS_T_KSYM, 8, 0, 0 }, { KPS_T_PROBE, 8, 0, 0 },
		{ KPS_T_INET, 24, 0, 0 }, { KPS_T_ADDR, 8, 0, 0 },
		{ KPS_T_USYM, 16, 0, 0 }, { KPS_T_MAC, 8, 0, 0 },
		{ KPS_T_BUF, 16, 0, 0 }, { KPS_T_CGROUP, 8, 0, 0 },
		/* These need something else of the program. */
		{ KPS_T_KSTACK, 8, 0, 0 }, { KPS_T_USTACK, 16, 0, 0 },
		{ KPS_T_ENUM, 8, 0, 0 }, { KPS_T_ENUM, 8, KPS_FIELD_BITS, 0 },
	};
	unsigned int nr = NR(types) - (plan->nr_enums ? 0 : 2);

	if (!plan->stacks)
		nr = NR(types) - 4;
	return types[grammar_any(g, nr)];
}

static void any_fields(struct grammar *g, const struct plan *plan,
		       struct fields *fields, unsigned int least,
		       unsigned int most)
{
	unsigned int i;

	fields->nr = least + grammar_any(g, most - least + 1);
	fields->size = 0;
	for (i = 0; i < fields->nr; i++) {
		fields->of[i] = any_field(g, plan);
		fields->size += fields->of[i].size;
	}
}

static void put_fields(struct grammar *g, unsigned int type,
		       const struct fields *fields)
{
	if (fields->nr)
		put(g, type, fields->of, fields->nr * sizeof(fields->of[0]));
}

static void put_enum(struct grammar *g, struct plan *plan)
{
	size_t nest = begin(g, KPS_A_ENUM);
	unsigned int i, nr = 1 + grammar_any(g, 4);
	char name[16];

	for (i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "E%u", i);
		put_u64(g, KPS_ENUM_A_VALUE, i);
		put_string(g, KPS_ENUM_A_NAME, name);
	}
	end(g, nest);
	plan->nr_enums++;
}

static const struct fields a_number = {
	1, 8, { { KPS_T_INT, 8, KPS_FIELD_SIGNED, 0 } }
};

static void put_map(struct grammar *g, struct plan *plan)
{
	static const unsigned int entries[] = { 1, 2, 16, 100, 1000 };
	static const struct kps_lhist ranges[] = {
		{ -10, 90, 10 }, { 0, 1, INT64_MAX },
		{ INT64_MIN, 0, 1LL << 54 }, { INT64_MIN, INT64_MAX, INT64_MAX },
	};
	struct map *map = &plan->maps[plan->nr_maps];
	size_t nest = begin(g, KPS_A_MAP);
	char name[16];

	map->kind = grammar_any(g, __KPS_MAP_KIND_NR);
	any_fields(g, plan, &map->key, 0, 4);
	map->value = a_number;
	if (map->kind == KPS_MAP_VALUE && one_in(g, 2))
		any_fields(g, plan, &map->value, 1, 4);

	snprintf(name, sizeof(name), "@m%u", plan->nr_maps++);
	put_string(g, KPS_MAP_A_NAME, name);
	put_u32(g, KPS_MAP_A_KIND, map->kind);
	put_u32(g, KPS_MAP_A_MAX_ENTRIES, PICK(g, entries));
	put_fields(g, KPS_MAP_A_KEY, &map->key);
	put_fields(g, KPS_MAP_A_VALUE, &map->value);
	if (map->kind == KPS_MAP_LHIST)
		put(g, KPS_MAP_A_LHIST, &PICK(g, ranges), sizeof(ranges[0]));
	if (one_in(g, 4))
		put_u32(g, KPS_MAP_A_FLAGS, KPS_MAP_F_FORGETS);
	if (one_in(g, 4))
		put_u32(g, KPS_MAP_A_BITS, grammar_any(g, KPS_MAX_HIST_BITS + 1));
	if (one_in(g, 4))
		put_string(g, KPS_MAP_A_KEY_SHAPE, "{a=.,b=(.,.)}");
	if (one_in(g, 4))
		put_string(g, KPS_MAP_A_VALUE_SHAPE, "<{a@0i4,b@32:3u4}>");
	end(g, nest);
}

/* On a map, if there is one; else it ends the program. */
static void put_act(struct grammar *g, const struct plan *plan)
{
	bool clears = plan->nr_maps && one_in(g, 2);

	put_u32(g, KPS_OUTPUT_A_ACT, !clears ? KPS_ACT_EXIT :
				     one_in(g, 2) ? KPS_ACT_CLEAR : KPS_ACT_ZERO);
	put_u32(g, KPS_OUTPUT_A_MAP, clears ? grammar_any(g, plan->nr_maps) : 0);
	put_string(g, KPS_OUTPUT_A_TEXT, "{\"do\": \"exit\"}");
}

static void put_output(struct grammar *g, struct plan *plan)
{
	size_t nest = begin(g, KPS_A_OUTPUT);
	bool acts = one_in(g, 4);
	struct fields fields;

	any_fields(g, plan, &fields, 0, acts ? 0 : 4);
	if (acts) {
		put_act(g, plan);
	} else if (one_in(g, 4)) {
		fields.of[fields.nr++] = (struct kps_field){ KPS_T_JOIN, 8, 0, 0 };
		plan->joins[plan->nr_outputs] = true;
	}
	put_fields(g, KPS_OUTPUT_A_FIELDS, &fields);
	end(g, nest);
	plan->nr_outputs++;
}

struct clause {
	struct bpf_insn insns[160];
	size_t nr;
};

static void add(struct clause *clause, struct bpf_insn insn)
{
	clause->insns[clause->nr++] = insn;
}

static void call(struct clause *clause, int fn, const int *args,
		 unsigned int nr)
{
	unsigned int i;

	add(clause, MOV_REG(BPF_REG_1, BPF_REG_6));
	for (i = 0; i < nr; i++)
		add(clause, MOV_IMM(BPF_REG_2 + i, args[i]));
	add(clause, CALL(fn));
}

static void use_map(struct grammar *g, const struct plan *plan,
		    struct clause *clause)
{
	static const int of_values[] = { KPS_FN_MAP_SET, KPS_FN_MAP_GET,
					 KPS_FN_MAP_DELETE, KPS_FN_MAP_LEN };
	unsigned int nr = grammar_any(g, plan->nr_maps);
	const int args[] = { nr, 0, plan->maps[nr].kind == KPS_MAP_VALUE ? 32 :
				    grammar_any(g, 100) };

	if (plan->maps[nr].kind != KPS_MAP_VALUE)
		call(clause, KPS_FN_MAP_UPDATE, args, 3);
	else
		call(clause, PICK(g, of_values), args, 3);
}

static void use_output(struct grammar *g, const struct plan *plan,
		       struct clause *clause)
{
	unsigned int nr = grammar_any(g, plan->nr_outputs);
	const int args[] = { nr, 0, grammar_any(g, 2) ? 0 : 4096, ' ' };

	call(clause, plan->joins[nr] ? KPS_FN_JOIN : KPS_FN_OUTPUT, args, 4);
}

#define NR_ARGS 4	/* R2 .. R5 */
#define ARGUMENTS(NAME, name, ...)					\
	[KPS_FN_##NAME] = { __VA_ARGS__ },
static const enum kps_arg arguments[__KPS_FN_NR][NR_ARGS] = {
	KPS_HELPERS(ARGUMENTS)
};

/* What an argument may be, whatever the program; .nr 0: it has to do with that. */
static const struct {
	unsigned int nr;
	int of[5];
} values[] = {
	[KPS_ARG_ANY] = { 5, { 9, 0, 4096, -4096, 0x40008 } },
	[KPS_ARG_COMM_OUT] = { 1, { 8 } },
	[KPS_ARG_STACK_OUT] = { 1, { 0 } },
	[KPS_ARG_OUT] = { 1, { 0 } },
	[KPS_ARG_LEN] = { 3, { 8, 16, 32 } },
	[KPS_ARG_SIZE] = { 3, { 8, 2 | KPS_SIGNED, 4 | 7 << KPS_LINE_SHIFT } },
	[KPS_ARG_RECORD] = { 3, { 0, 8, 65535 } },
	[KPS_ARG_RECORD_LEN] = { 1, { 13 } },
	[KPS_ARG_RECORD_STR] = { 2, { 16, 16 | KPS_DATA_LOC } },
	[KPS_ARG_DEPTH] = { 2, { 20, 127 } },
	[KPS_ARG_REG] = { 1, { 8 } },
	[KPS_ARG_CLOCK] = { 1, { KPS_CLOCK_TAI } },
	[KPS_ARG_WORD] = { 0 },
};

static bool takes_stack(int fn)
{
	return fn == KPS_FN_KSTACK || fn == KPS_FN_USTACK ||
	       fn == KPS_FN_STACK_LEN;
}

/* Whether it can be called in a program of which nothing else is known. */
static bool is_free(const struct plan *plan, int fn)
{
	unsigned int i;

	for (i = 0; i < NR_ARGS && arguments[fn][i]; i++)
		if (arguments[fn][i] >= NR(values) ||
		    !values[arguments[fn][i]].nr)
			return false;
	return plan->stacks || !takes_stack(fn);
}

static void use_helper(struct grammar *g, const struct plan *plan,
		       struct clause *clause)
{
	unsigned int i;
	int fn, args[NR_ARGS];

	do
		fn = 1 + grammar_any(g, __KPS_FN_NR - 1);
	while (!is_free(plan, fn));
	for (i = 0; i < NR_ARGS && arguments[fn][i]; i++)
		args[i] = values[arguments[fn][i]].of[
			grammar_any(g, values[arguments[fn][i]].nr)];
	call(clause, fn, args, i);
	/* What it gave may become a key. */
	if (one_in(g, 2))
		add(clause, STX(BPF_DW, BPF_REG_6, BPF_REG_0, SCRATCH(0)));
}

static bool can_loop(const struct plan *plan, unsigned int map)
{
	return map < plan->nr_maps && plan->maps[map].key.nr &&
	       plan->maps[map].kind != KPS_MAP_HIST &&
	       plan->maps[map].kind != KPS_MAP_LHIST;
}

/* Each of the program's blocks is called once, by one of its probes. */
static void use_block(struct grammar *g, struct plan *plan, struct clause *clause)
{
	const int block = plan->called++, map = grammar_any(g, MAX_MAPS);
	const int args[] = { map, 0, INIT_BYTES, block };

	if (can_loop(plan, map) || (g->chaos && one_in(g, 8)))
		call(clause, KPS_FN_EACH, args, 4);
	else
		call(clause, KPS_FN_LOOP, &block, 1);
}

static void any_clause(struct grammar *g, struct plan *plan, struct clause *clause)
{
	unsigned int i, steps = grammar_any(g, 6);

	clause->nr = 0;
	add(clause, MOV_REG(BPF_REG_6, BPF_REG_1));
	for (i = 0; i < INIT_BYTES; i += 8)
		add(clause, ST(BPF_DW, BPF_REG_6, SCRATCH(i),
			       one_in(g, 3) ? edge(g) : grammar_any(g, 4)));
	while (plan->called < plan->nr_blocks)
		use_block(g, plan, clause);
	for (i = 0; i < steps; i++) {
		if (plan->nr_maps && one_in(g, 2))
			use_map(g, plan, clause);
		else if (plan->nr_outputs && one_in(g, 2))
			use_output(g, plan, clause);
		else
			use_helper(g, plan, clause);
	}
	add(clause, MOV_IMM(BPF_REG_0, 1));
	add(clause, EXIT);
}

struct target {
	const char *provider;
	const char *target;
};

/* Cheap to attach, and some of them happen. */
static const struct target quiet[] = {
	{ "special", "begin" }, { "special", "end" },
};

static const struct target targets[] = {
	{ "rawtracepoint", "sched_process_exit" }, { "kprobe", "vfs_open" },
	{ "kprobe", "cap_capable" }, { "kretprobe", "cap_capable" },
	{ "kretprobe", "vfs_open" }, { "tracepoint", "sched:sched_switch" },
	{ "interval", "10000000" }, { "profile", "hz 49" },
	{ "rawtracepoint", "sys_enter" }, { "conntrack", "new" },
	{ "kprobe", "not_there:to_wait_for" }, { "uprobe", "/a/file:any" },
	{ "uretprobe", "/a/file:any" },
	{ "software", "2 1" }, { "software", "3 10" },
};

/* None that can be attached. */
static const struct target impossible[] = {
	{ "kprobe", "vfs_open+1" }, { "kprobe", "no_such_function" },
	{ "kretprobe", "vfs_open+4" }, { "uprobe", "x" }, { "nobody", "x" },
	{ "interval", "0" }, { "interval", "18446744073709551616" },
	{ "profile", "hz 4294967295" }, { "special", "middle" },
	{ "rawtracepoint", "no_such_event" }, { "conntrack", "old" },
	{ "kprobe", "kpstat:kps_hash" }, { "kprobe", "exc_int3" },
	{ "software", "12 1" }, { "software", "2 0" }, { "software", "2" },
	{ "hardware", "10 1" }, { "hardware", "0 18446744073709551615" },
	{ "watchpoint", "0x1000 8 2" }, { "watchpoint", "0xffffffff80000000 8 0" },
	{ "watchpoint", "0xffffffff80000001 8 2" },
	{ "watchpoint", "0xffffffff80000000 18446744073709551615 2" },
};

/* Anywhere: nobody is believed. */
static void put_addresses(struct grammar *g, unsigned int nr)
{
	unsigned long long addresses[4];
	unsigned int i;

	for (i = 0; i < nr; i++)
		addresses[i] = one_in(g, 2) ? edge(g) :
			       0xffffffff80000000 + grammar_any(g, 0x7fffffff);
	put(g, KPS_PROBE_A_ADDRESSES, addresses, nr * sizeof(addresses[0]));
}

/* In what nobody runs. */
static void put_places(struct grammar *g, unsigned int nr)
{
	struct kps_place places[4] = { 0 };
	unsigned int i;

	for (i = 0; i < nr; i++) {
		places[i].fd = one_in(g, 8) ? (int)edge(g) : g->file;
		places[i].offset = one_in(g, 8) ? edge(g) : grammar_any(g, 4096);
		places[i].counter = one_in(g, 16) ? edge(g) : 0;
	}
	put(g, KPS_PROBE_A_PLACES, places, nr * sizeof(places[0]));
}

/* One round, for one that goes on takes seconds in BEGIN. */
static void put_block(struct grammar *g, struct plan *plan)
{
	struct clause clause;

	any_clause(g, plan, &clause);
	clause.insns[clause.nr - 2] = MOV_IMM(BPF_REG_0, one_in(g, 4) ? KPS_BLOCK_LEAVE :
								     KPS_BLOCK_BREAK);
	put(g, KPS_A_BLOCK, clause.insns, clause.nr * sizeof(clause.insns[0]));
}

static void put_probe(struct grammar *g, struct plan *plan,
		      const struct target *target)
{
	size_t nest = begin(g, KPS_A_PROBE);
	bool lenient = one_in(g, 8);
	unsigned int i, nr = lenient ? 1 + grammar_any(g, 3) : 1;
	struct clause clause;

	any_clause(g, plan, &clause);
	put_string(g, KPS_PROBE_A_NAME, target->target);
	put_string(g, KPS_PROBE_A_PROVIDER, target->provider);
	for (i = 0; i < nr; i++)
		put_string(g, KPS_PROBE_A_TARGET, target->target);
	if (!strcmp(target->provider, "tracepoint"))
		put_u32(g, KPS_PROBE_A_EVENT_ID, g->event_id);
	put(g, KPS_PROBE_A_INSNS, clause.insns,
	    clause.nr * sizeof(clause.insns[0]));
	if (lenient)
		put_u32(g, KPS_PROBE_A_FLAGS, KPS_PROBE_F_LENIENT);
	if (!strcmp(target->provider, "kretprobe") && one_in(g, 2))
		put_u32(g, KPS_PROBE_A_MAXACTIVE, 1 + grammar_any(g, 64));
	/* One too many of them, now and then. */
	if (target->target[0] == '/')
		put_places(g, nr + one_in(g, 8));
	if (one_in(g, 4))
		put_addresses(g, nr + one_in(g, 8));
	end(g, nest);
}

static const struct target *any_target(struct grammar *g)
{
	if (g->chaos && one_in(g, 8))
		return &PICK(g, impossible);
	return one_in(g, 3) ? &PICK(g, targets) : &PICK(g, quiet);
}

static void write_load(struct grammar *g)
{
	struct plan plan = { .stacks = one_in(g, 4) };
	unsigned int i, nr, flags = one_in(g, 3) ? KPS_F_OWNED : 0;
	const struct target *target;

	put_name(g);
	put_string(g, KPS_A_SOURCE, "fuzz");
	/* Those that are started take much longer. */
	if (!one_in(g, 16))
		flags |= KPS_F_DISABLED;
	if (one_in(g, 2))
		flags |= KPS_F_ACTS;
	put_u32(g, KPS_A_FLAGS, flags);
	if (plan.stacks)
		put_u32(g, KPS_A_STACK_ENTRIES, 8);
	if (one_in(g, 4))
		put_u32(g, KPS_A_CPU_BUDGET, grammar_any(g, 101));
	for (i = 0, nr = grammar_any(g, 2); i < nr; i++)
		put_enum(g, &plan);
	for (i = 0, nr = grammar_any(g, MAX_MAPS + 1); i < nr; i++)
		put_map(g, &plan);
	for (i = 0, nr = grammar_any(g, MAX_OUTPUTS + 1) / 2; i < nr; i++)
		put_output(g, &plan);
	if (plan.nr_outputs)
		put_u32(g, KPS_A_BUFFER, 4096 << grammar_any(g, 4));
	/* Any of the fuzzer's own descriptors, and some that are none. */
	if (plan.nr_outputs && one_in(g, 4))
		put_u32(g, KPS_A_WAKER, grammar_any(g, 12));
	for (i = 0, nr = one_in(g, 4) ? 1 + grammar_any(g, 3) : 0; i < nr; i++)
		put_block(g, &plan);
	plan.nr_blocks = nr;
	for (i = 0, nr = 1 + grammar_any(g, 3); i < nr; i++) {
		target = any_target(g);
		if (g->event_id || strcmp(target->provider, "tracepoint"))
			put_probe(g, &plan, target);
	}
}

/*
 * The other commands
 */

static void write_status(struct grammar *g)
{
	if (one_in(g, 3))
		put_u32(g, KPS_A_PID, grammar_any(g, 400));
	if (g->chaos)
		put_name(g);
}

static void write_nothing(struct grammar *g)
{
	/* EVENTS takes no attribute, and need not mind one. */
	if (g->chaos)
		put_name(g);
}

static void write_programs(struct grammar *g)
{
	if (one_in(g, 2))
		put_name(g);
}

static void write_reset(struct grammar *g)
{
	bool map = one_in(g, 2);

	put_name(g);
	if (map)
		put_map_name(g);
	if (map && one_in(g, 2))
		put_u32(g, KPS_A_FLAGS, KPS_F_ZERO);
}

static void write_disable(struct grammar *g)
{
	put_name(g);
	if (one_in(g, 3))
		put_u32(g, KPS_A_FLAGS, KPS_F_HALT);
}

static void write_read(struct grammar *g)
{
	put_name(g);
	if (one_in(g, 2))
		put_map_name(g);
	if (one_in(g, 3))
		put_u32(g, KPS_A_FLAGS, one_in(g, 3) ? KPS_F_RESET | KPS_F_ZERO :
						       KPS_F_RESET);
}

static const struct {
	void (*write)(struct grammar *g);
	unsigned int weight;
} commands[KPS_CMD_MAX + 1] = {
	[KPS_CMD_STATUS]	= { write_status, 10 },
	[KPS_CMD_LOAD]		= { write_load, 16 },
	[KPS_CMD_UNLOAD]	= { put_name, 8 },
	[KPS_CMD_ENABLE]	= { put_name, 1 },
	[KPS_CMD_DISABLE]	= { write_disable, 3 },
	[KPS_CMD_RESET]		= { write_reset, 9 },
	[KPS_CMD_PROGRAMS]	= { write_programs, 8 },
	[KPS_CMD_SHOW]		= { put_name, 12 },
	[KPS_CMD_READ]		= { write_read, 21 },
	[KPS_CMD_EVENTS]	= { write_nothing, 4 },
	[KPS_CMD_OUTPUT]	= { put_name, 8 },
};

static int any_command(struct grammar *g)
{
	unsigned int at = grammar_any(g, 100);
	int i;

	for (i = 1; i < KPS_CMD_MAX && at >= commands[i].weight; i++)
		at -= commands[i].weight;
	return i;
}

/*
 * What is done with a whole message
 */

static struct nlmsghdr *header_of(struct grammar *g)
{
	return (void *)g->bytes;
}

static void write_command(struct grammar *g, struct message *message)
{
	int command = any_command(g);
	int flags = wire_is_dump(command) ? NLM_F_DUMP :
		    one_in(g, 4) ? 0 : NLM_F_ACK;

	wire_header(g->bytes, g->family, flags, ++g->seq, command);
	g->len = WIRE_HEADERS;
	commands[command].write(g);
	header_of(g)->nlmsg_len = g->len;
	message->command = command;
	message->framed = true;
	message->answered = flags;
}

static void as_it_should_be(struct grammar *g, struct message *message)
{
	g->chaos = 0;
	write_command(g, message);
}

static void damaged(struct grammar *g, struct message *message)
{
	static const unsigned int often[] = { 2, 6, 20, 50 };

	g->chaos = PICK(g, often);
	write_command(g, message);
}

/* Cut anywhere, the header says so or not. */
static void cut_off(struct grammar *g, struct message *message)
{
	static const unsigned int lens[] = { 0, 1, 15, 16, 17, 19, 20, 21,
					     0x7fffffff, 0x80000000, -1 };

	g->chaos = 0;
	write_command(g, message);
	message->framed = false;
	message->answered = false;
	switch (grammar_any(g, 4)) {
	case 0:
		g->len = 1 + grammar_any(g, g->len);
		break;
	case 1:
		g->len = 1 + grammar_any(g, g->len);
		header_of(g)->nlmsg_len = g->len;
		break;
	case 2:
		header_of(g)->nlmsg_len = PICK(g, lens);
		break;
	default:
		header_of(g)->nlmsg_len += (int)grammar_any(g, 40) - 20;
	}
}

static void wrong_flags(struct grammar *g, struct message *message)
{
	static const unsigned int flags[] = { 0, NLM_F_DUMP, NLM_F_ROOT,
					      NLM_F_MATCH, NLM_F_ECHO,
					      NLM_F_MULTI, 0xffff };
	struct genlmsghdr *genl = NLMSG_DATA(header_of(g));

	g->chaos = 0;
	write_command(g, message);
	message->framed = false;
	message->answered = false;
	switch (grammar_any(g, 4)) {
	case 0:
		header_of(g)->nlmsg_flags ^= NLM_F_DUMP;
		break;
	case 1:
		header_of(g)->nlmsg_flags = PICK(g, flags);
		break;
	case 2:
		genl->cmd = edge(g);
		break;
	default:
		genl->version = edge(g);
		genl->reserved = edge(g);
	}
}

static void random_message(struct grammar *g, struct message *message)
{
	/* Only kpstat's, the control messages, and what nobody has. */
	const int types[] = { g->family, g->family, g->family, NLMSG_NOOP,
			      NLMSG_ERROR, NLMSG_DONE, NLMSG_OVERRUN, 0xfff0 };
	struct nlmsghdr *header;

	g->len = WIRE_HEADERS + grammar_any(g, 400);
	wire_header(g->bytes, PICK(g, types), grammar_any(g, 65536), ++g->seq,
		    grammar_any(g, KPS_CMD_MAX + 3));
	random_bytes(g, g->bytes + WIRE_HEADERS, g->len - WIRE_HEADERS);
	header = header_of(g);
	header->nlmsg_len = g->len;
	if (one_in(g, 2))
		random_bytes(g, g->bytes + NLMSG_HDRLEN, GENL_HDRLEN);
	message->command = KPS_CMD_UNSPEC;
	message->framed = false;
	message->answered = false;
}

/* A byte, or a number within. */
static void change(struct grammar *g)
{
	size_t room = g->len - WIRE_HEADERS, at = grammar_any(g, room);
	static const size_t sizes[] = { 1, 1, 2, 4, 8 };
	size_t size = PICK(g, sizes);
	uint64_t number = size == 1 ? g->state >> 32 : edge(g);

	at &= ~(size - 1);
	if (at + size <= room)
		memcpy(g->bytes + WIRE_HEADERS + at, &number, size);
}

static void send_again(struct grammar *g, const struct message *old,
		       struct message *message, unsigned int changes)
{
	memcpy(g->bytes, old->bytes, old->len);
	g->len = old->len;
	*message = *old;
	if (g->len >= NLMSG_HDRLEN)
		header_of(g)->nlmsg_seq = ++g->seq;
	if (g->len <= WIRE_HEADERS)
		return;
	while (changes--)
		change(g);
}

/* Again, changed or not. */
static void replayed(struct grammar *g, struct message *message)
{
	const struct message *old = &PICK(g, g->old);

	if (!old->len)
		return as_it_should_be(g, message);
	send_again(g, old, message, one_in(g, 2) ? grammar_any(g, 8) : 0);
}

/* Near to where none had been before. */
static void led(struct grammar *g, struct message *message)
{
	const struct message *found = &g->found[grammar_any(g, g->nr_found)];

	send_again(g, found, message, grammar_any(g, 5));
}

void grammar_more_like(struct grammar *g, const struct message *message)
{
	struct message *found = &g->found[g->nr_found];
	void *bytes;

	if (g->nr_found == GRAMMAR_FOUND || message->len > FOUND_MAX)
		return;
	bytes = malloc(message->len);
	if (!bytes)
		return;
	*found = *message;
	found->bytes = memcpy(bytes, message->bytes, message->len);
	g->nr_found++;
}

static void keep(struct grammar *g, const struct message *message)
{
	unsigned int i = grammar_any(g, GRAMMAR_REPLAYS);

	if (message->len > sizeof(g->old_bytes[i]))
		return;
	g->old[i] = *message;
	g->old[i].bytes = g->old_bytes[i];
	memcpy(g->old_bytes[i], message->bytes, message->len);
}

static const struct {
	void (*write)(struct grammar *g, struct message *message);
	unsigned int weight;
} shapes[] = {
	{ as_it_should_be, 35 }, { damaged, 40 }, { cut_off, 7 },
	{ wrong_flags, 5 }, { random_message, 4 }, { replayed, 9 },
};

void grammar_next(struct grammar *g, unsigned char *bytes,
		  struct message *message)
{
	unsigned int at = grammar_any(g, 100), i;

	for (i = 0; at >= shapes[i].weight; i++)
		at -= shapes[i].weight;
	g->bytes = bytes;
	if (g->nr_found && one_in(g, 3))
		led(g, message);
	else
		shapes[i].write(g, message);
	message->bytes = bytes;
	message->len = g->len;
	if (one_in(g, 16))
		keep(g, message);
}

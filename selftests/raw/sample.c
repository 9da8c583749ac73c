// SPDX-License-Identifier: GPL-2.0
/*
 * sample FILE: streams that the verifier accepted outside of the kernel.  Here
 * it must accept them too, and the core must run them: each is a clause behind a
 * kprobe that fires.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../userspace/fuzz/verify/layout.h"
#include "raw.h"

#define BATCH 100	/* streams that are loaded as one program */
#define FIRES 4
#define ENTRIES 64
#define MOST 100000	/* instructions of a batch */

#define PARTS (6 * BATCH)

struct batch {
	unsigned int nr;
	unsigned int first[BATCH + 1];	/* part of each, its clause; its blocks follow */
	unsigned int nr_parts;
	__u32 lengths[PARTS];
	size_t begin[PARTS];
	size_t nr_insns;
	struct bpf_insn insns[MOST];
};

struct score {
	unsigned int streams;
	unsigned int refused;
	unsigned int ledgers;	/* of programs that do not add up */
	unsigned long long hits;
	unsigned long long recorded;
	unsigned long long filtered;
	unsigned long long lost;
	unsigned long long fuel; /* loops that were ended */
	unsigned int looped;	/* streams with blocks */
};

static void broken_file(const char *path)
{
	printf("Bail out! %s is not what the fuzzer writes\n", path);
	exit(1);
}

static void read_all(FILE *file, void *to, size_t size, const char *path)
{
	if (fread(to, size, 1, file) != 1)
		broken_file(path);
}

static void read_part(FILE *file, struct batch *batch, const char *path)
{
	__u32 nr;

	read_all(file, &nr, sizeof(nr), path);
	if (!nr || nr > MOST - batch->nr_insns)
		broken_file(path);
	read_all(file, &batch->insns[batch->nr_insns],
		 nr * sizeof(batch->insns[0]), path);
	batch->begin[batch->nr_parts] = batch->nr_insns;
	batch->lengths[batch->nr_parts++] = nr;
	batch->nr_insns += nr;
}

static void read_stream(FILE *file, struct batch *batch, const char *path)
{
	__u32 parts;

	read_all(file, &parts, sizeof(parts), path);
	if (!parts || parts > PARTS - batch->nr_parts)
		broken_file(path);
	while (parts--)
		read_part(file, batch, path);
	batch->first[++batch->nr] = batch->nr_parts;
}

/* Its blocks have the numbers in it that they have in the program: it is alone there. */
static bool has_blocks(const struct batch *batch, unsigned int nr)
{
	return batch->first[nr + 1] - batch->first[nr] > 1;
}

static void put_map(struct nl_msg *msg, const struct layout_map *map)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_MAP);

	nla_put_string(msg, KPS_MAP_A_NAME, map->name);
	nla_put_u32(msg, KPS_MAP_A_KIND, map->kind);
	nla_put_u32(msg, KPS_MAP_A_MAX_ENTRIES, ENTRIES);
	nla_put_u32(msg, KPS_MAP_A_FLAGS, map->forgets ? KPS_MAP_F_FORGETS : 0);
	if (map->nr_key)
		nla_put(msg, KPS_MAP_A_KEY, map->nr_key * sizeof(map->key[0]),
			map->key);
	nla_put(msg, KPS_MAP_A_VALUE, map->nr_value * sizeof(map->value[0]),
		map->value);
	nla_nest_end(msg, nest);
}

static int load(const struct batch *batch, unsigned int from, unsigned int nr,
		char *why)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, (1 << 16) + nr * 256 +
					    batch->nr_insns *
					    sizeof(batch->insns[0]));
	unsigned int i;

	nla_put_u32(msg, KPS_A_STACK_ENTRIES, LAYOUT_STACKS);
	for (i = 0; i < LAYOUT_NR_MAPS; i++)
		put_map(msg, &layout_maps[i]);
	for (i = 0; i < LAYOUT_NR_OUTPUTS; i++)
		raw_put_output(msg, layout_outputs[i].fields,
			       layout_outputs[i].nr);
	nla_put_u32(msg, KPS_A_BUFFER, LAYOUT_BUFFER);
	for (i = batch->first[from] + 1; nr == 1 && i < batch->first[from + 1]; i++)
		raw_put_block(msg, &batch->insns[batch->begin[i]], batch->lengths[i]);
	for (i = from; i < from + nr; i++)
		raw_put_probe(msg, "kprobe", SYSCALL_FUNCTION("getppid"),
			      &batch->insns[batch->begin[batch->first[i]]],
			      batch->lengths[batch->first[i]]);
	return raw_send(msg, why);
}

static void fire(unsigned int nr, struct score *score)
{
	unsigned long long ledger[KPS_LEDGER_NR] = { 0 }, sum = 0;
	int i;

	for (i = 0; i < FIRES; i++)
		syscall(SYS_getppid);
	raw_command(KPS_CMD_DISABLE, PROGRAM);
	raw_ledger(PROGRAM, ledger);
	for (i = KPS_LEDGER_RECORDED; i < KPS_LEDGER_NR; i++)
		sum += ledger[i];
	score->hits += ledger[KPS_LEDGER_HITS];
	score->recorded += ledger[KPS_LEDGER_RECORDED];
	score->filtered += ledger[KPS_LEDGER_FILTERED];
	score->lost += ledger[KPS_LEDGER_OVERFLOW] + ledger[KPS_LEDGER_FAULT] +
		       ledger[KPS_LEDGER_OUTPUT] + ledger[KPS_LEDGER_STACK];
	score->fuel += ledger[KPS_LEDGER_FUEL];
	if (ledger[KPS_LEDGER_HITS] != sum ||
	    ledger[KPS_LEDGER_HITS] < nr * FIRES)
		score->ledgers++;
	raw_output(PROGRAM, NULL, 0, NULL);
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

static void show(const struct batch *batch, unsigned int nr, const char *why)
{
	unsigned int part;
	__u32 i;

	printf("# refused: %s\n", why);
	for (part = batch->first[nr]; part < batch->first[nr + 1]; part++) {
		const struct bpf_insn *insn = &batch->insns[batch->begin[part]];

		for (i = 0; i < batch->lengths[part]; i++, insn++)
			printf("#   %3u: INSN(0x%02x, R%d, R%d, %d, %d)\n", i,
			       insn->code, insn->dst_reg, insn->src_reg,
			       insn->off, insn->imm);
	}
}

/* One refused stream keeps a batch out: then each by itself. */
static void run_singly(const struct batch *batch, struct score *score)
{
	char why[WHY_MAX];
	unsigned int i;

	for (i = 0; i < batch->nr; i++) {
		if (!load(batch, i, 1, why)) {
			fire(1, score);
			continue;
		}
		score->refused++;
		show(batch, i, why);
	}
}

static void run_batch(const struct batch *batch, struct score *score)
{
	char why[WHY_MAX];

	score->streams += batch->nr;
	score->looped += has_blocks(batch, 0);
	if (load(batch, 0, batch->nr, why))
		run_singly(batch, score);
	else
		fire(batch->nr, score);
}

static void run_if_any(struct batch *batch, struct score *score)
{
	if (batch->nr)
		run_batch(batch, score);
	batch->nr = batch->nr_parts = 0;
	batch->nr_insns = 0;
}

/* The last one that was read goes into a batch of its own. */
static void move_last(struct batch *batch, struct batch *alone)
{
	const unsigned int first = batch->first[--batch->nr];
	unsigned int part;

	alone->nr = 1;
	alone->nr_parts = batch->nr_parts - first;
	alone->first[1] = alone->nr_parts;
	for (part = 0; part < alone->nr_parts; part++) {
		alone->lengths[part] = batch->lengths[first + part];
		alone->begin[part] = batch->begin[first + part] - batch->begin[first];
	}
	alone->nr_insns = batch->nr_insns - batch->begin[first];
	memcpy(alone->insns, &batch->insns[batch->begin[first]],
	       alone->nr_insns * sizeof(alone->insns[0]));
	batch->nr_parts = first;
	batch->nr_insns = batch->begin[first];
}

static void run_file(const char *path, struct score *score)
{
	FILE *file = fopen(path, "r");
	static struct batch batch, alone;
	struct layout_sample head;
	__u32 i;

	if (!file)
		broken_file(path);
	read_all(file, &head, sizeof(head), path);
	if (head.magic != LAYOUT_MAGIC || !head.nr)
		broken_file(path);
	for (i = 0; i < head.nr; i++) {
		read_stream(file, &batch, path);
		if (has_blocks(&batch, batch.nr - 1)) {
			move_last(&batch, &alone);
			run_if_any(&alone, score);
		}
		if (batch.nr == BATCH)
			run_if_any(&batch, score);
	}
	run_if_any(&batch, score);
	fclose(file);
}

int main(int argc, char **argv)
{
	struct score score = { 0 };

	if (argc != 2)
		return 2;
	plan();
	raw_open();
	run_file(argv[1], &score);
	check(!score.refused, "%u streams, %u of them refused", score.streams,
	      score.refused);
	check(!score.ledgers && score.hits >= score.streams * FIRES,
	      "each was run: %llu hits, and every ledger adds up", score.hits);
	check(score.recorded && score.filtered && score.lost,
	      "%llu recorded, %llu filtered, %llu lost in part",
	      score.recorded, score.filtered, score.lost);
	check(score.looped && score.fuel,
	      "%u had loops, %llu of which ran until they were ended",
	      score.looped, score.fuel);
	raw_check_nothing_left();
	return finish();
}

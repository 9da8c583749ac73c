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

struct batch {
	unsigned int nr;
	__u32 lengths[BATCH];
	size_t begin[BATCH];
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

static void read_stream(FILE *file, struct batch *batch, const char *path)
{
	__u32 nr;

	read_all(file, &nr, sizeof(nr), path);
	if (!nr || nr > MOST - batch->nr_insns)
		broken_file(path);
	read_all(file, &batch->insns[batch->nr_insns],
		 nr * sizeof(batch->insns[0]), path);
	batch->begin[batch->nr] = batch->nr_insns;
	batch->lengths[batch->nr++] = nr;
	batch->nr_insns += nr;
}

static void put_map(struct nl_msg *msg, const struct layout_map *map)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_MAP);

	nla_put_string(msg, KPS_MAP_A_NAME, map->name);
	nla_put_u32(msg, KPS_MAP_A_KIND, map->kind);
	nla_put_u32(msg, KPS_MAP_A_MAX_ENTRIES, ENTRIES);
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
	for (i = from; i < from + nr; i++)
		raw_put_probe(msg, "kprobe", "__x64_sys_getppid",
			      &batch->insns[batch->begin[i]],
			      batch->lengths[i]);
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
	if (ledger[KPS_LEDGER_HITS] != sum ||
	    ledger[KPS_LEDGER_HITS] < nr * FIRES)
		score->ledgers++;
	raw_output(PROGRAM, NULL, 0, NULL);
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

static void show(const struct batch *batch, unsigned int nr, const char *why)
{
	const struct bpf_insn *insn = &batch->insns[batch->begin[nr]];
	__u32 i;

	printf("# refused: %s\n", why);
	for (i = 0; i < batch->lengths[nr]; i++, insn++)
		printf("#   %3u: INSN(0x%02x, R%d, R%d, %d, %d)\n", i,
		       insn->code, insn->dst_reg, insn->src_reg, insn->off,
		       insn->imm);
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
	if (load(batch, 0, batch->nr, why))
		run_singly(batch, score);
	else
		fire(batch->nr, score);
}

static void run_file(const char *path, struct score *score)
{
	FILE *file = fopen(path, "r");
	static struct batch batch;
	struct layout_sample head;
	__u32 i;

	if (!file)
		broken_file(path);
	read_all(file, &head, sizeof(head), path);
	if (head.magic != LAYOUT_MAGIC || !head.nr)
		broken_file(path);
	for (i = 0; i < head.nr; i++) {
		read_stream(file, &batch, path);
		if (batch.nr < BATCH && i + 1 < head.nr)
			continue;
		run_batch(&batch, score);
		batch.nr = 0;
		batch.nr_insns = 0;
	}
	fclose(file);
}

int main(int argc, char **argv)
{
	struct score score = { 0 };
	unsigned long long memory;
	unsigned int programs;

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
	raw_status(&programs, &memory);
	check(!programs && !memory, "nothing is left: %u programs, %llu bytes",
	      programs, memory);
	return finish();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * verify_fuzz [--self-test] [--seed N] [--emit FILE] [COUNT]
 *
 * COUNT streams from a seed: a third written like programs, most others damage
 * to streams that were accepted, a few plain noise.  What the verifier accepts
 * is run by the reference, on events and on paths of all kinds.  --emit keeps
 * accepted streams for the guest, and COUNT is how many.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "layout.h"
#include "verify.h"

#define RUNS 3		/* with the conditions' own results, and as many with
			 * a coin's
			 */
#define POOL 256	/* accepted streams that are damaged next */

struct totals {
	uint64_t streams;
	uint64_t accepted;
	uint64_t insns;		/* of those accepted */
	uint64_t blocks;	/* likewise */
	uint64_t by_kind[3][2];	/* streams, accepted */
};

static const char * const kinds[] = { "written", "damaged", "noise" };

static struct stream pool[POOL];
static unsigned int pooled;
static struct totals totals;
static struct strict strict;
static unsigned int tests, broken;

static void result(bool good, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void result(bool good, const char *fmt, ...)
{
	va_list args;

	broken += !good;
	printf("%sok %u - ", good ? "" : "not ", ++tests);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

static void show(const struct stream *stream, unsigned int at, const char *bad)
{
	unsigned int i, part = 0;

	printf("# accepted, and instruction %u is: %s\n", at, bad);
	if (!stream->stacks)
		printf("# without a stack table\n");
	for (i = 0; i < stream->nr; i++) {
		while (part + 1 < stream->parts && i == stream->begin[part + 1])
			printf("# block %u\n", part++);
		printf("#%c %3u: INSN(0x%02x, R%d, R%d, %d, %d)\n",
		       i == at ? '>' : ' ', i, stream->insns[i].code,
		       stream->insns[i].dst_reg, stream->insns[i].src_reg,
		       stream->insns[i].off, stream->insns[i].imm);
	}
}

static bool is_safe(const struct stream *stream, const struct noted *noted,
		    struct dice *dice)
{
	const char *bad;
	int i;

	strict_begin(&strict, stream);
	bad = strict_encoding(&strict, stream, noted);
	for (i = 0; i < 2 * RUNS && !bad; i++)
		bad = strict_run(&strict, stream, noted, dice, i & 1);
	if (bad)
		show(stream, strict.pc, bad);
	return !bad;
}

static int make(struct dice *dice, struct stream *stream)
{
	unsigned int which = dice_below(dice, 100);

	if (which < 3) {
		gen_noise(dice, stream);
		return 2;
	}
	if (which < 38 || pooled < POOL) {
		gen_stream(dice, stream);
		return 0;
	}
	gen_mutant(dice, &pool[dice_below(dice, POOL)],
		   &pool[dice_below(dice, POOL)], stream);
	return 1;
}

static void keep(struct dice *dice, const struct stream *stream)
{
	unsigned int slot = pooled < POOL ? pooled++ : dice_below(dice, POOL);

	stream_copy(&pool[slot], stream);
}

/* Return: 1 accepted, 0 refused, -1 accepted and unsafe. */
static int try_one(struct dice *dice, struct stream *stream, struct noted *noted)
{
	int kind = make(dice, stream);
	char why[WHY_MAX];

	totals.streams++;
	totals.by_kind[kind][0]++;
	if (module_verify(stream, noted, why))
		return 0;
	totals.accepted++;
	totals.insns += stream->nr;
	totals.blocks += stream->parts - 1;
	totals.by_kind[kind][1]++;
	keep(dice, stream);
	return is_safe(stream, noted, dice) ? 1 : -1;
}

/* Of this process, whatever else the machine does. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void report(double start)
{
	double took = seconds() - start;
	int i;

	printf("# %llu streams, %llu accepted (%.1f %%), %.1f s of CPU, %.0f streams/s\n",
	       (unsigned long long)totals.streams,
	       (unsigned long long)totals.accepted,
	       100.0 * totals.accepted / totals.streams, took,
	       totals.streams / took);
	for (i = 0; i < 3; i++)
		printf("#   %s: %llu, %llu accepted\n", kinds[i],
		       (unsigned long long)totals.by_kind[i][0],
		       (unsigned long long)totals.by_kind[i][1]);
	printf("#   accepted streams have %.1f instructions and %.2f blocks; %llu steps and %llu rounds were run\n",
	       totals.accepted ? (double)totals.insns / totals.accepted : 0,
	       totals.accepted ? (double)totals.blocks / totals.accepted : 0,
	       (unsigned long long)strict.steps,
	       (unsigned long long)strict.rounds);
}

static void fuzz(uint64_t seed, uint64_t count)
{
	struct dice dice = { seed ? seed : 1 };
	static struct stream stream;
	uint64_t i, part = count > 1000000 ? 1000000 : count;
	double start = seconds();
	struct noted noted;
	bool safe = true;

	memset(&totals, 0, sizeof(totals));
	pooled = 0;
	strict.steps = strict.rounds = 0;
	for (i = 0; i < count && safe; i++) {
		safe = try_one(&dice, &stream, &noted) >= 0;
		if (!((i + 1) % part) && i + 1 < count)
			printf("# %llu, %.0f s of CPU\n", (unsigned long long)(i + 1),
			       seconds() - start);
	}
	report(start);
	result(safe, "seed %llu: of %llu streams, none that is accepted does what is forbidden",
	       (unsigned long long)seed, (unsigned long long)totals.streams);
	result(totals.accepted > count / 10 && totals.accepted < count / 10 * 9,
	       "one in ten at least is accepted, and one in ten refused");
}

static bool is_all_verified(const struct stream *stream, const struct noted *noted)
{
	unsigned int part;

	for (part = 0; part < stream->parts; part++)
		if (!noted->verified[part])
			return false;
	return true;
}

/*
 * Streams of a few instructions tell the guest little, and it takes no block that is never
 * called.  One with blocks is a program by itself there: one in ten is enough.
 */
static bool is_worth_keeping(const struct stream *stream, const struct noted *noted,
			     unsigned int count)
{
	return stream->stacks && stream->nr >= 8 && is_all_verified(stream, noted) &&
	       (count % 10 == 0) == (stream->parts > 1);
}

static void write_all(const void *data, size_t size, FILE *file)
{
	if (fwrite(data, size, 1, file) != 1) {
		perror("the sample");
		exit(1);
	}
}

static void write_stream(const struct stream *stream, FILE *file)
{
	unsigned int part;
	__u32 nr = stream->parts;

	write_all(&nr, sizeof(nr), file);
	for (part = 0; part < stream->parts; part++) {
		nr = stream_end(stream, part) - stream->begin[part];
		write_all(&nr, sizeof(nr), file);
		write_all(stream->insns + stream->begin[part],
			  nr * sizeof(stream->insns[0]), file);
	}
}

static int emit(const char *path, uint64_t seed, unsigned int count)
{
	struct layout_sample head = { LAYOUT_MAGIC, count };
	struct dice dice = { seed ? seed : 1 };
	static struct stream stream;
	FILE *file = fopen(path, "w");
	struct noted noted;

	if (!file) {
		perror(path);
		return 1;
	}
	write_all(&head, sizeof(head), file);
	while (count) {
		int answer = try_one(&dice, &stream, &noted);

		if (answer < 0)
			return 1;
		if (!answer || !is_worth_keeping(&stream, &noted, count))
			continue;
		write_stream(&stream, file);
		count--;
	}
	return fclose(file) ? 1 : 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: verify_fuzz [--self-test] [--seed N] [--emit FILE] [COUNT]\n");
	return 2;
}

int main(int argc, char **argv)
{
	bool self = false;
	const char *path = NULL;
	uint64_t seed = time(NULL), count = 0;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--self-test"))
			self = true;
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--emit") && i + 1 < argc)
			path = argv[++i];
		else if (argv[i][0] >= '0' && argv[i][0] <= '9')
			count = strtoull(argv[i], NULL, 0);
		else
			return usage();
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	module_init();
	if (path)
		return emit(path, seed, count);
	if (self)
		broken += selftest(&tests);
	if (count)
		fuzz(seed, count);
	printf("1..%u\n", tests);
	return broken ? 1 : 0;
}

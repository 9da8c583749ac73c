/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verifier under random streams: gen.c makes them, module.c hands them to
 * the module's own verify.c, strict.c runs what that accepts.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <linux/kpstat.h>

#define STREAM_MAX 512
#define WHY_MAX 240

#define STREAM_PARTS 6	/* a clause, and at most so many blocks less one */

struct stream {
	bool stacks;		/* the program has a stack table */
	unsigned int parts;	/* the clause, and what its loops repeat; at least 1 */
	unsigned int begin[STREAM_PARTS]; /* of each, in insns[]; a part may be empty */
	unsigned int nr;	/* of all */
	struct bpf_insn insns[STREAM_MAX];
};

static inline unsigned int stream_end(const struct stream *stream, unsigned int part)
{
	return part + 1 < stream->parts ? stream->begin[part + 1] : stream->nr;
}

static inline void stream_copy(struct stream *to, const struct stream *from)
{
	*to = (struct stream){ .stacks = from->stacks, .parts = from->parts,
			       .nr = from->nr };
	__builtin_memcpy(to->begin, from->begin, sizeof(to->begin));
	__builtin_memcpy(to->insns, from->insns, from->nr * sizeof(to->insns[0]));
}

/* What the verifier told the rest of the module about an accepted stream. */
struct noted {
	unsigned int frame_read;	/* bits of words before scratch */
	bool reads_regs;
	unsigned long record_used[2];	/* bits of the record's first bytes */
	bool verified[STREAM_PARTS];	/* blocks that nobody calls are not looked at */
};

/* xorshift64*: the same numbers for the same seed, everywhere. */
struct dice {
	uint64_t state;
};

static inline uint64_t dice_word(struct dice *dice)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return dice->state * 0x2545f4914f6cdd1dULL;
}

static inline unsigned int dice_below(struct dice *dice, unsigned int below)
{
	return (dice_word(dice) >> 32) * below >> 32;
}

/* One in @chances */
static inline bool dice_one_in(struct dice *dice, unsigned int chances)
{
	return !dice_below(dice, chances);
}

uint64_t dice_number(struct dice *dice);

/* module.c. @why: WHY_MAX bytes. Return: 0 or what the module returns. */
void module_init(void);
int module_verify(const struct stream *stream, struct noted *noted, char *why);

/* gen.c */
void gen_stream(struct dice *dice, struct stream *stream);
void gen_mutant(struct dice *dice, const struct stream *from,
		const struct stream *other, struct stream *stream);
void gen_noise(struct dice *dice, struct stream *stream);

/* strict.c: what is forbidden, or NULL. */
struct strict {
	unsigned int pc;	/* where it was */
	uint64_t steps;
	uint64_t rounds;
	unsigned int nr_seen;
	bool seen[STREAM_MAX];	/* by call: its constants are known */
	uint64_t constants[STREAM_MAX][4];
};

void strict_begin(struct strict *strict, const struct stream *stream);
const char *strict_encoding(struct strict *strict, const struct stream *stream,
			    const struct noted *noted);
/* @coin: it, and not the condition, decides at branches. */
const char *strict_run(struct strict *strict, const struct stream *stream,
		       const struct noted *noted, struct dice *dice, bool coin);

/* selftest.c. Return: how many went wrong. */
int selftest(unsigned int *tests);

#endif

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

struct stream {
	bool stacks;		/* the program has a stack table */
	unsigned int nr;
	struct bpf_insn insns[STREAM_MAX];
};

/* What the verifier told the rest of the module about an accepted stream. */
struct noted {
	unsigned int frame_read;	/* bits of words before scratch */
	bool reads_regs;
	unsigned long record_used[2];	/* bits of the record's first bytes */
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
	unsigned int nr_seen;
	bool seen[STREAM_MAX];	/* by call: its constants are known */
	uint64_t constants[STREAM_MAX][4];
};

void strict_begin(struct strict *strict, const struct stream *stream);
const char *strict_encoding(struct strict *strict, const struct stream *stream);
/* @coin: it, and not the condition, decides at branches. */
const char *strict_run(struct strict *strict, const struct stream *stream,
		       const struct noted *noted, struct dice *dice, bool coin);

/* selftest.c. Return: how many went wrong. */
int selftest(unsigned int *tests);

#endif

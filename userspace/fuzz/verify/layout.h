/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The program that every stream is a clause of, here and in the guest: its maps
 * and outputs, of each kind that the verifier tells apart and with sizes at the
 * edges.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>
#include <linux/kpstat.h>

#define LAYOUT_STACKS 64	/* entries of the stack table */
#define LAYOUT_BUFFER 65536	/* bytes of records */

#define LAYOUT_MAX_FIELDS 3

struct layout_map {
	const char *name;
	enum kps_map_kind kind;
	unsigned int nr_key;
	struct kps_field key[LAYOUT_MAX_FIELDS];
	unsigned int nr_value;
	struct kps_field value[LAYOUT_MAX_FIELDS];
	bool forgets;
};

struct layout_output {
	unsigned int nr;
	struct kps_field fields[LAYOUT_MAX_FIELDS];
};

#define LAYOUT_INT { .type = KPS_T_INT, .size = 8 }
#define LAYOUT_STR(size_) { .type = KPS_T_STR, .size = (size_) }

static const struct layout_map layout_maps[] = {
	{ "@sum", KPS_MAP_SUM, 0, { }, 1, { LAYOUT_INT }, false },
	{ "@pair", KPS_MAP_COUNT, 2, { LAYOUT_INT, LAYOUT_INT },
	  1, { LAYOUT_INT }, false },
	{ "@plain", KPS_MAP_VALUE, 1, { LAYOUT_INT }, 1, { LAYOUT_INT }, false },
	{ "@tuple", KPS_MAP_VALUE, 1, { LAYOUT_INT },
	  2, { LAYOUT_INT, LAYOUT_INT }, false },
	{ "@comm", KPS_MAP_HIST, 2, { LAYOUT_STR(16), LAYOUT_INT },
	  1, { LAYOUT_INT }, false },
	{ "@text", KPS_MAP_VALUE, 1, { LAYOUT_STR(32) }, 1, { LAYOUT_STR(64) }, false },
	{ "@bare", KPS_MAP_VALUE, 0, { }, 1, { LAYOUT_INT }, false },
	{ "@large", KPS_MAP_AVG, 1, { LAYOUT_STR(KPS_MAX_KEY_SIZE) },
	  1, { LAYOUT_INT }, false },
	{ "@gone", KPS_MAP_STATS, 1, { LAYOUT_INT }, 1, { LAYOUT_INT }, true },
	{ "@long", KPS_MAP_VALUE, 0, { }, 1, { LAYOUT_STR(KPS_MAX_VALUE_SIZE) }, false },
};

static const struct layout_output layout_outputs[] = {
	{ 2, { LAYOUT_INT, LAYOUT_INT } },
	{ 2, { LAYOUT_INT, { .type = KPS_T_JOIN, .size = 8 } } },
	{ 0, { } },
	{ 2, { LAYOUT_STR(64), LAYOUT_INT } },
	{ 1, { { .type = KPS_T_JOIN, .size = 8 } } },
};

#define LAYOUT_NR_MAPS (sizeof(layout_maps) / sizeof(layout_maps[0]))
#define LAYOUT_NR_OUTPUTS (sizeof(layout_outputs) / sizeof(layout_outputs[0]))

/* The file that the fuzzer writes and the guest reads: this, then for each
 * stream a __u32 with the number of its parts, the clause and its blocks, and for each
 * part a __u32 with its length and as many struct bpf_insn.
 */
#define LAYOUT_MAGIC 0x6d617474

struct layout_sample {
	__u32 magic;
	__u32 nr;
};

/* What is joined has no bytes in scratch. */
static inline unsigned int layout_size(const struct kps_field *fields,
				       unsigned int nr)
{
	unsigned int i, size = 0;

	for (i = 0; i < nr; i++)
		if (fields[i].type != KPS_T_JOIN)
			size += fields[i].size;
	return size;
}

static inline bool layout_joins(const struct layout_output *output)
{
	return output->nr &&
	       output->fields[output->nr - 1].type == KPS_T_JOIN;
}

#endif

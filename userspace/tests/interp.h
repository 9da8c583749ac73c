/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs a clause as the kernel would, on values that a test chooses, and holds
 * it to the verifier's rules while it runs.  Written from the contract in
 * kpstat.h, not from the compiler.
 */
#ifndef KPCTL_TEST_INTERP_H
#define KPCTL_TEST_INTERP_H

#include "object/object.h"

#define MAX_UPDATES 8
#define MAX_VALUES 32

struct machine {
	/* What the test sets. */
	struct kps_frame frame;		/* and scratch behind it */
	uint8_t scratch[KPS_SCRATCH_SIZE];
	uint64_t pid_tgid, uid_gid, cpu, nsecs, elapsed;
	char comm[16];
	uint8_t record[256];
	const char *memory;		/* what STR finds at any address */
	const uint8_t *kernel;		/* what READ and BYTES find ... */
	uint64_t kernel_at, kernel_len;	/* ... from this address on */
	unsigned int fuel;		/* rounds of blocks; 0: as many as they want */

	/* What the clause did. */
	struct update {
		unsigned int map;
		uint64_t value;
		uint8_t key[KPS_MAX_KEY_SIZE];
	} updates[MAX_UPDATES];
	unsigned int nr_updates;
	struct value_entry {
		unsigned int map;
		uint8_t key[KPS_MAX_KEY_SIZE];
		uint8_t value[KPS_MAX_VALUE_SIZE];
	} values[MAX_VALUES];		/* of plain maps; they outlive a run */
	unsigned int nr_values;
	char said[1024];		/* what outputs had, "NUMBER:field,field " */
	unsigned int calls[__KPS_FN_NR];
	uint64_t str_address;
	uint64_t stack_depth;
	unsigned int rounds;		/* of blocks */

	/* The run. */
	const struct object *object;
	uint64_t reg[11];
	bool usable[11];
	bool is_ctx[11];
	bool written[KPS_SCRATCH_SIZE];
};

/* Returns R0. */
uint64_t run_clause(struct machine *m, const struct object *object,
		    size_t probe);

#endif

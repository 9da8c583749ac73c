/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module answers, taken apart.  Each *_get() fills a structure that
 * is released by the *_free() of the same name, also after a failure.
 */
#ifndef KPCTL_ANSWER_H
#define KPCTL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <linux/kpstat.h>

#include "datum.h"

struct client;

struct site_answer {
	char *target;
	char *state;
	char *how;
	char *why;		/* not in a cheaper way, "" if there is none */
	int error;			/* negative errno */
	unsigned long long missed;
};

struct probe_answer {
	char *name;
	char *provider;
	unsigned long long ledger[KPS_LEDGER_NR];
	size_t nr_faults;
	struct kps_fault_line *faults;	/* by line of the text */
	size_t nr_sites;
	struct site_answer *sites;
};

struct entry_answer {
	size_t nr_key;
	struct datum key[KPS_MAX_KEY_FIELDS];
	size_t nr_plain;		/* of a plain value map; several: a tuple */
	struct datum plain[KPS_MAX_VALUE_FIELDS];
	size_t nr_values;
	unsigned long long *values;	/* of all others, see enum kps_map_kind */
};

static inline void entry_clear(struct entry_answer *entry)
{
	size_t i;

	for (i = 0; i < entry->nr_key; i++)
		free(entry->key[i].text);
	for (i = 0; i < entry->nr_plain; i++)
		free(entry->plain[i].text);
	free(entry->values);
}

struct map_answer {
	char *name;
	enum kps_map_kind kind;
	unsigned int max_entries;
	unsigned int nr_key;
	struct kps_field key[KPS_MAX_KEY_FIELDS];
	unsigned int nr_value;
	struct kps_field value[KPS_MAX_VALUE_FIELDS];
	struct kps_lhist lhist;
	unsigned int bits;		/* of a HIST */
	char *key_shape, *value_shape;	/* see object/shape.h; or NULL */
	unsigned long long memory;
	unsigned long long overflow;
	size_t nr_entries;
	struct entry_answer *entries;
};

/* What a clause writes into the output buffer. */
struct output_answer {
	unsigned int nr_fields;
	struct kps_field fields[KPS_MAX_OUTPUT_FIELDS];
	char *text;			/* see object/output_text.h; or NULL */
};

struct program_answer {
	char *name;
	char *source;
	unsigned int flags;
	unsigned long long memory;
	unsigned long long age_ns;
	unsigned int total_probes;
	unsigned int total_maps;
	unsigned int cpu_budget;	/* percent, 0: any */
	unsigned long long silent_ns;	/* for which kprobes were switched off */
	unsigned int cpu_permille;	/* of the busiest CPU, in the last second */
	char *stopped;			/* why the guard did, or NULL */
	bool has_exited;		/* by exit() */
	unsigned int status;		/* that it was given */
	unsigned int stacks;		/* kept now */
	unsigned int max_stacks;	/* 0: it takes none */
	unsigned long long lost;	/* records that found the buffer full */
	unsigned long long ledger[KPS_LEDGER_NR];
	size_t nr_maps;
	struct map_answer *maps;
	size_t nr_outputs;
	struct output_answer *outputs;
	size_t nr_probes;
	struct probe_answer *probes;
};

struct programs_answer {
	size_t nr;
	struct program_answer *programs;
};

struct status_answer {
	char *version;
	char *kernel;
	char *engine;
	unsigned int nr_programs;
	unsigned int nr_cpus;
	unsigned long long memory;
	unsigned long long memory_max;
};

struct maps_answer {
	size_t nr;
	struct map_answer *maps;
};

/* Return of all: 0, or a negative errno after it was reported. */
int status_get(struct client *client, struct status_answer *status);
void status_free(struct status_answer *status);

/**
 * kernel_pid() - the number that programs have of a process
 * @pid: as our own namespace has it
 *
 * Return: its number in the initial namespace, 0 after an error was reported
 */
unsigned int kernel_pid(struct client *client, unsigned int pid);

/* A word: enabled, disabled, exited by itself, or stopped by the guard. */
const char *program_state(const struct program_answer *program);

int programs_get(struct client *client, struct programs_answer *programs);
void programs_free(struct programs_answer *programs);

int program_get(struct client *client, const char *name,
		struct program_answer *program);
void program_free(struct program_answer *program);

/* @map: NULL for all. @flags: KPS_F_RESET, and with it KPS_F_ZERO, which keeps the keys */
int maps_get(struct client *client, const char *name, const char *map,
	     unsigned int flags, struct maps_answer *maps);
void maps_free(struct maps_answer *maps);

extern const char * const ledger_names[KPS_LEDGER_NR];

#endif

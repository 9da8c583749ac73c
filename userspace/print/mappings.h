/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where processes have mapped which code. What is known of one stays when it ends, becomes
 * another by exec(), or unmaps a library: samples of it may still have to be named.
 */
#ifndef KPCTL_MAPPINGS_H
#define KPCTL_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "binary.h"

struct mapping {
	unsigned long long start;
	unsigned long long end;
	unsigned long long offset;
	unsigned long long inode;	/* 0: not known */
	const char *path;		/* kept for ever; or VDSO, or NO_FILE */
	bool is_known;			/* .id is filled */
	struct file_id id;
};

#define VDSO "[vdso]"
#define NO_FILE "//anon"	/* made by the process itself */

struct process;

/**
 * process_at() - what a process has, or had, at an address
 * @tgid: its number
 * @address: in it
 * @mapping: gets the mapping, which is its; NULL: nothing that is known
 *
 * Return: the process, valid until the next call.
 */
struct process *process_at(unsigned int tgid, unsigned long long address,
			   struct mapping **mapping);

/* The file that was mapped, also if it was deleted, or is another's. Return: or -1. */
int mapping_open(const struct process *process, const struct mapping *mapping);

/* Functions that it has compiled itself, as it says (/tmp/perf-PID.map); or NULL. */
const struct elf_file *process_compiled(struct process *process);

/*
 * What somebody tells of all processes, from now on. After an mappings_missed() it is
 * not all: processes are looked at once more.
 */
void mappings_begin(void);
void mappings_missed(void);
void mapping_came(unsigned int tgid, const struct mapping *mapping);
void process_forked(unsigned int tgid, unsigned int parent);
void process_became(unsigned int tgid);

#endif

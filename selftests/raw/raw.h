/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raw netlink to kpstat.ko: messages built by hand, so that the module is
 * tested and not our compiler.  A broken test environment ends the program;
 * what the module answers is returned.
 */
#ifndef RAW_H
#define RAW_H

#include <stdbool.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "insns.h"

#define PROGRAM "raw"		/* the name of what is loaded here */

#define WHY_MAX 256

/* What the kernel calls the function of a system call. */
#if defined(__x86_64__)
#define SYSCALL_FUNCTION(name) "__x64_sys_" name
#elif defined(__aarch64__)
#define SYSCALL_FUNCTION(name) "__arm64_sys_" name
#endif

/* TAP */
void plan(void);
int finish(void);
void check(bool good, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void raw_open(void);
/* An answer may have been left half read: ask on another socket from now on. */
void raw_lose_step(void);
int raw_family(void);
int raw_fd(void);

struct nl_msg *raw_begin(int command, int flags, size_t size);

/* A nest for a LOAD message. @nr_key: fields of KPS_T_INT. */
void raw_put_map(struct nl_msg *msg, const char *name, enum kps_map_kind kind,
		 unsigned int nr_key, unsigned int max_entries);
void raw_put_flagged_map(struct nl_msg *msg, const char *name, enum kps_map_kind kind,
			 unsigned int nr_key, unsigned int max_entries,
			 unsigned int flags);
void raw_put_output(struct nl_msg *msg, const struct kps_field *fields,
		    unsigned int nr);
void raw_put_probe(struct nl_msg *msg, const char *provider, const char *target,
		   const struct bpf_insn *insns, size_t nr);
void raw_put_block(struct nl_msg *msg, const struct bpf_insn *insns, size_t nr);
struct nl_msg *raw_begin_load(const char *name, size_t size);

/*
 * Send, free, wait for the answer. @why: WHY_MAX bytes, gets the kernel's
 * sentence or "". Return: 0 or a negative errno.
 */
int raw_send(struct nl_msg *msg, char *why);
int raw_command(int command, const char *name);

struct raw_entry {
	unsigned int nr_key;
	unsigned long long key[KPS_MAX_KEY_FIELDS];
	unsigned int nr_values;
	unsigned long long values[KPS_MAX_LHIST_BUCKETS + 2];
};

/* Up to @max entries of a map. Return: how many, or a negative errno. */
int raw_read(const char *name, const char *map, bool reset,
	     struct raw_entry *entries, int max);
/* The kernel's sentence when raw_read() last failed, or "". */
const char *raw_why_not_read(void);

struct raw_record {
	unsigned int output;
	unsigned long long time;
	unsigned int nr;		/* fields */
	unsigned long long number[4];	/* of those that are numbers */
	char text[4][512];		/* of the others */
};

/*
 * Take a program's records, of which the first @max are kept; @lost may be
 * NULL. Return: how many came, or a negative errno.
 */
int raw_output(const char *name, struct raw_record *records, int max,
	       unsigned long long *lost);

/* RESET: @map may be NULL, for all. Return: 0 or a negative errno. */
int raw_reset(const char *name, const char *map, unsigned int flags);

/* The ledger of a program, all probes together. */
int raw_ledger(const char *name, unsigned long long ledger[KPS_LEDGER_NR]);

/* Programs and bytes of memory that the module holds. */
void raw_status(unsigned int *programs, unsigned long long *memory);
/* Of what was loaded, and unloaded, nothing holds memory. */
void raw_check_nothing_left(void);

#endif

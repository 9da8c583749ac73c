/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raw netlink to kpstat.ko: messages built by hand, so that the module is
 * tested and not our compiler.  A broken test environment ends the program;
 * what the module answers is returned.
 */
#ifndef RAW_H
#define RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/kpstat.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

/* Instructions, as the kernel's filter.h writes them. */
#define INSN(c, d, s, o, i)						\
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s),\
			    .off = (o), .imm = (i) })
#define ALU64_IMM(op, d, i)	INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define ALU64_REG(op, d, s)	INSN(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define ALU32_IMM(op, d, i)	INSN(BPF_ALU | (op) | BPF_K, d, 0, 0, i)
#define ALU32_REG(op, d, s)	INSN(BPF_ALU | (op) | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i)		ALU64_IMM(BPF_MOV, d, i)
#define MOV_REG(d, s)		ALU64_REG(BPF_MOV, d, s)
#define MOV32_IMM(d, i)		ALU32_IMM(BPF_MOV, d, i)
#define MOV32_REG(d, s)		ALU32_REG(BPF_MOV, d, s)
#define LD_IMM64(d, v)							\
	INSN(BPF_LD | BPF_IMM | BPF_DW, d, 0, 0, (__u32)(v)),		\
	INSN(0, 0, 0, 0, (__u32)((__u64)(v) >> 32))
#define LDX(size, d, s, o)	INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STX(size, d, s, o)	INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define ST(size, d, o, i)	INSN(BPF_ST | BPF_MEM | (size), d, 0, o, i)
#define JMP_IMM(op, d, i, o)	INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define JMP_REG(op, d, s, o)	INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define JMP32_IMM(op, d, i, o)	INSN(BPF_JMP32 | (op) | BPF_K, d, 0, o, i)
#define JA(o)			INSN(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define CALL(fn)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, fn)
#define EXIT			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Where byte @n of scratch is for loads and stores. */
#define SCRATCH(n) ((int)offsetof(struct kps_frame, scratch) + (n))

#define PROGRAM "raw"		/* the name of what is loaded here */

#define WHY_MAX 256

/* TAP */
void plan(void);
int finish(void);
void check(bool good, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void raw_open(void);
int raw_family(void);
int raw_fd(void);

struct nl_msg *raw_begin(int command, int flags, size_t size);

/* A nest for a LOAD message. @nr_key: fields of KPS_T_INT. */
void raw_put_map(struct nl_msg *msg, const char *name, enum kps_map_kind kind,
		 unsigned int nr_key, unsigned int max_entries);
void raw_put_output(struct nl_msg *msg, const struct kps_field *fields,
		    unsigned int nr);
void raw_put_probe(struct nl_msg *msg, const char *provider, const char *target,
		   const struct bpf_insn *insns, size_t nr);
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

#endif

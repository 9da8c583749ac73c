/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the compiler hands to the netlink client: a program ready to be loaded.
 * Nothing here knows the language, nothing here knows netlink.
 */
#ifndef KPCTL_OBJECT_H
#define KPCTL_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <linux/kpstat.h>

/* Names for the values of a field, as an event's format or a provider has them. */
struct enum_table {
	bool is_bits;			/* that may be set together */
	size_t nr;
	struct enum_name {
		int64_t value;
		char *name;
	} *names;
};

struct object_map {
	char name[KPS_NAME_MAX];	/* with its '@' */
	enum kps_map_kind kind;
	unsigned int max_entries;
	unsigned int nr_key;		/* 0: no key */
	struct kps_field key[KPS_MAX_KEY_FIELDS];
	unsigned int nr_value;		/* several: a tuple */
	struct kps_field value[KPS_MAX_VALUE_FIELDS];
	struct kps_lhist lhist;
};

/* What kpctl does when a record of an output comes. */
enum action {
	ACTION_PRINTF,		/* .format, .fields */
	ACTION_PRINT_VALUE,	/* .fields: one, or those of a tuple */
	ACTION_JOIN,		/* .format: the separator; .fields: one KPS_T_JOIN */
	ACTION_CAT,		/* .format and .fields: a file's name */
	ACTION_SYSTEM,		/* .format and .fields: a command */
	ACTION_TIME,		/* .format: strftime()'s */
	ACTION_PRINT_MAP,	/* .map, .top, .div */
	ACTION_CLEAR,		/* .map */
	ACTION_ZERO,		/* .map */
	ACTION_EXIT,
};

/* A field as user space shows it. */
struct object_field {
	struct kps_field wire;
	char *strftime;			/* its nanoseconds by this format; or NULL */
};

struct object_output {
	enum action action;
	char *format;
	unsigned int map;
	unsigned long top;		/* 0: all */
	unsigned long div;		/* 0: none */
	unsigned int take;		/* KPS_F_RESET, _ZERO: empty it, too */
	bool is_tuple;
	bool at_end;			/* system(), clear() or zero() of END */
	struct object_field *fields;
	size_t nr_fields;
};

struct object_probe {
	char *name;			/* as the user wrote it */
	char *provider;
	char **targets;			/* resolved, see KPS_PROBE_A_TARGET */
	unsigned long long *addresses;	/* of each, or NULL; only saves time */
	size_t nr_targets;
	bool lenient;			/* came from a glob */
	unsigned int event_id;		/* tracepoint */
	unsigned int maxactive;		/* kretprobe; 0: the module's default */
	struct bpf_insn *insns;
	size_t nr_insns;
};

struct object {
	char *source;
	struct enum_table *enums;
	size_t nr_enums;
	struct object_map *maps;
	size_t nr_maps;
	struct object_output *outputs;
	size_t nr_outputs;
	struct object_probe *probes;
	size_t nr_probes;
	bool takes_stacks;
	unsigned int stack_entries;	/* 0: no clause takes a stack */
};

/* Choices of the command line that the compiler needs. */
struct compile_options {
	const char *file;		/* for messages: "drops.bt", or "-e" */
	unsigned int max_keys;		/* 0: 4096, or 1024 for histograms */
	unsigned int max_stacks;	/* 0: by the keys of maps that keep stacks */
	unsigned int max_probes;	/* 0: 512, the most sites of one glob */
	unsigned int maxactive;
	unsigned int max_strlen;	/* of str() without a length, its NUL counted; 0: 64 */
	const char * const *params;	/* $1 ..; values of positional parameters */
	size_t nr_params;
	unsigned int cpid;		/* of run -c; 0: there is none */
	unsigned int self;		/* run --no-self: whose events are filtered; or 0 */
	bool allow_unsafe;		/* run --unsafe: system() */
};

/**
 * compile() - turn a program's text into an object
 * @text: NUL-terminated source
 * @options: never NULL
 * @object: filled on success; release with object_free()
 *
 * Errors and warnings are printed on stderr (or collected for -j) through
 * diag.h, each with file:line:column, the line, a caret and the remedy.
 *
 * Return: 0, or -1 after at least one error was reported.
 */
int compile(const char *text, const struct compile_options *options,
	    struct object *object);
void object_free(struct object *object);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From attach points as written to the places that they stand for.  This is
 * policy: which functions a glob may mean, which names are refused.
 */
#ifndef KPCTL_RESOLVE_H
#define KPCTL_RESOLVE_H

#include "ast.h"
#include "kernel/event_fields.h"
#include "kernel/kallsyms.h"

struct provider;
struct user_file;

/* Code in a file. */
struct place {
	struct user_file *file;
	unsigned long long offset;
	unsigned long long counter;	/* in the file, see struct kps_place */
};

/*
 * Targets that share one compiled clause: all functions of a kprobe, or one
 * event with its own record.
 */
struct event {
	const struct provider *provider;
	const struct attach_point *point;
	const char *name;		/* in full, where that is not .point's */
	const char *served_by;		/* the module's provider, if not of the same name */
	const char **targets;
	unsigned long long *addresses;	/* of functions, or NULL: not known */
	struct place *places;		/* of targets that are in files; or NULL */
	const struct operand *operands;	/* arg0 .. of marks */
	unsigned int nr_operands;
	size_t nr_targets;
	bool lenient;
	bool is_of_process;		/* of the one that -p or -c names, and none of its children */
	const char *reshaped;		/* a form whose arguments may be others, or NULL */
	bool warned;			/* of those */
	unsigned int event_id;		/* tracepoint */
	bool has_fields;		/* .fields are filled */
	struct event_fields fields;
	struct event *next;
};

/* Where an argument of a mark is, see provider/operand.c. */
struct operand {
	const char *text;		/* as the compiler of that program has written it */
	enum { OPERAND_UNKNOWN, OPERAND_NUMBER, OPERAND_REGISTER, OPERAND_MEMORY } kind;
	unsigned int size;		/* 1, 2, 4, 8 */
	bool is_signed;
	int64_t number;			/* that it is, or is added to the address */
	int base;			/* offset in struct pt_regs, or -1 */
	int index;			/* likewise */
	unsigned int shift;		/* of the index to the left, of a register to the right */
};

struct resolver {
	struct arena *arena;
	const struct compile_options *options;
	unsigned int max_probes;	/* sites of one attach point */
	bool optional;			/* the clause has other probes, too */
	struct kallsyms kallsyms;	/* loaded when first needed */
	struct user_file *files;	/* that were looked into */
};

/**
 * resolve_point() - find what an attach point means on this kernel
 * @resolver: kept from one to the next; end with resolver_free()
 * @point: as the parser saw it
 * @events: what was found is appended
 *
 * A probe that this kernel does not have is an error; where the clause has
 * others (@resolver->optional) it is left out with a warning, as bpftrace does.
 *
 * Return: 0, or -1 after an error was reported.
 */
int resolve_point(struct resolver *resolver, const struct attach_point *point,
		  struct event **events);

/**
 * event_args() - the fields of an event's record
 * @event: of a tracepoint or conntrack
 * @at: where the program wants them, for an error
 *
 * Return: the fields, or NULL after an error was reported.
 */
const struct event_fields *event_args(struct event *event,
				      const struct span *at);

void events_free(struct event *events);
void resolver_free(struct resolver *resolver);

typedef void (*probe_visit)(const char *probe, const struct event_fields *fields,
			    void *data);

/**
 * probes_list() - call a function for everything that can be probed here
 * @glob: of full names ("tracepoint:sched:*", "k:vfs_*", "*retransmit*") or
 *        NULL: all. Functions are listed as kprobe, and tracepoints as such,
 *        or as kretprobe and rawtracepoint if the glob says so.
 * @with_fields: also read the events' fields
 * @visit: gets the probe and its fields (NULL: a function, or not asked for),
 *         valid during the call
 * @data: passed to @visit
 *
 * Return: the number of probes.
 */
size_t probes_list(const char *glob, bool with_fields, probe_visit visit, void *data);

/* The same for what an attach point of a program means, as bpftrace lists it. */
void event_list(struct arena *arena, const struct event *event, bool with_fields,
		probe_visit visit, void *data);

#endif

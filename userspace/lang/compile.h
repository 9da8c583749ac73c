/* SPDX-License-Identifier: GPL-2.0 */
/* The compiler, as commands see it. */
#ifndef KPCTL_COMPILE_H
#define KPCTL_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "object/object.h"
#include "resolve.h"

/* Choices of the command line that the compiler needs. */
/* What becomes of a probe that there is not. */
enum missing_probes {
	MISSING_ONE_OF_MANY,	/* a warning if its clause has others, else an error */
	MISSING_ERROR,
	MISSING_WARN,
	MISSING_IGNORE,
};

struct compile_options {
	const char *file;		/* for messages: "drops.bt", or "-e" */
	unsigned int max_keys;		/* 0: 4096, or 1024 for histograms */
	unsigned int max_stacks;	/* 0: by the keys of maps that keep stacks */
	unsigned int max_probes;	/* 0: 512, the most sites of one glob */
	unsigned int maxactive;
	unsigned int max_strlen;	/* of str() without a length, its NUL counted; 0: 64 */
	const char * const *params;	/* $1 ..; values of positional parameters */
	size_t nr_params;
	const char * const *named;	/* "--size=5"; for getopt() */
	bool *named_used;		/* set for each that the program asks for */
	size_t nr_named;
	unsigned int cpid;		/* of run -c; 0: there is none */
	unsigned int pid;		/* whose events of user space are seen; 0: all */
	unsigned int watched;		/* the same, as this process counts; of -c, too */
	unsigned int process;		/* the same, as /proc has it, of run -p; or 0 */
	const bool *asks_process;	/* the program itself says what -p is to it; or NULL */
	const char *program;		/* that run -c starts; or NULL */
	unsigned int self;		/* run --no-self: whose events are filtered; or 0 */
	unsigned int stack_flags;	/* of stacks that do not say it: KPS_FIELD_RAW ..; 0 */
	unsigned int max_cat_bytes;	/* config = { max_cat_bytes = N }; 0: 10240 */
	const char *cut_trailer;	/* config = { str_trunc_trailer = "TEXT" }; NULL: ".." */
	enum missing_probes missing_probes;
	bool hides_cuts;		/* the trailer is "" */
	bool hides_maps;		/* config = { print_maps_on_exit = false } */
	bool keeps_mangled;		/* config = { cpp_demangle = false } */
	bool allow_unsafe;		/* run --unsafe: system() */
	bool stays;			/* load: nobody is there to do what needs a process */
	bool repeats_loops;		/* for tests: no loop is written out */
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

/**
 * compile_dump() - show what one pass of the compiler gives
 * @text: as for compile()
 * @options: the same
 * @pass: of compile_pass()
 * @out: gets it
 *
 * Return: 0, or -1 after at least one error was reported.
 */
int compile_dump(const char *text, const struct compile_options *options,
		 const char *pass, FILE *out);

/**
 * compile_probes() - what a program is going to be attached to
 * @text: as for compile()
 * @options: the same
 * @with_fields: also read the events' fields
 * @visit: gets each probe, as of probes_list()
 * @data: passed to @visit
 *
 * Return: 0, or -1 after at least one error was reported.
 */
int compile_probes(const char *text, const struct compile_options *options,
		   bool with_fields, probe_visit visit, void *data);

/* What a program asks for by getopt(). */
struct named_parameter {
	const char *name;
	const char *value;	/* what it is where it is not given; NULL: false */
	const char *description; /* or NULL */
};

/**
 * compile_parameters() - what a program asks for by getopt()
 * @text: as for compile()
 * @options: the same
 * @arena: keeps what @visit is given
 * @visit: gets each parameter once, in the order of the text
 * @data: passed to @visit
 *
 * Return: 0, or -1 after at least one error was reported.
 */
int compile_parameters(const char *text, const struct compile_options *options,
		       struct arena *arena,
		       void (*visit)(const struct named_parameter *parameter, void *data),
		       void *data);

/* The n-th pass, in the order in which they run; NULL after the last. */
const char *compile_pass(size_t n);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every command is, and the options that several share.
 */
#ifndef KPCTL_COMMAND_H
#define KPCTL_COMMAND_H

#include <getopt.h>
#include <stdbool.h>

#include "lang/compile.h"
#include "lib/client.h"
#include "object/object.h"

/* Exit statuses. */
enum { DONE = 0, FAILED = 1, WRONG_USE = 2, STOPPED = 3 };

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
	const char *help;	/* usage, options, examples */
};

extern const struct command commands[];
extern const struct command *this_command;

/* Numbers in all tables of options; short options are their letter. */
enum {
	OPT_NAME = 256,
	OPT_COLOUR,
	OPT_RESET,
	OPT_MAX_KEYS,
	OPT_MAX_STACKS,
	OPT_MAX_PROBES,
	OPT_MAXACTIVE,
	OPT_DISABLED,
	OPT_UNSAFE,
	OPT_USDT,
	OPT_NO_SELF,
	OPT_BUFFER,
	OPT_CPU_BUDGET,
	OPT_ATTACH,
	OPT_DUMP,
	OPT_NO_WARNINGS,
	OPT_DRY_RUN,
	OPT_OFFCPU,
	OPT_DIFF,
	OPT_TITLE,
	OPT_PRINT,
	OPT_PARAMETER,		/* of the program: next_program_option() has it */
};

/* Rows of those tables that all commands have, and that several have. */
#define OPTIONS_OF_ALL \
	{ "help", no_argument, NULL, 'h' }, \
	{ "json", no_argument, NULL, 'j' }, \
	{ "color", required_argument, NULL, OPT_COLOUR }
#define OPTION_MAX_KEYS { "max-keys", required_argument, NULL, OPT_MAX_KEYS }
#define OPTION_MAX_STACKS \
	{ "max-stacks", required_argument, NULL, OPT_MAX_STACKS }
#define OPTION_MAX_PROBES \
	{ "max-probes", required_argument, NULL, OPT_MAX_PROBES }
#define OPTION_MAXACTIVE { "maxactive", required_argument, NULL, OPT_MAXACTIVE }

#define OPTION_CPU_BUDGET \
	{ "cpu-budget", required_argument, NULL, OPT_CPU_BUDGET }
#define OPTION_ATTACH { "attach", required_argument, NULL, OPT_ATTACH }

/* What each command takes that compiles a program. */
#define OPTIONS_COMPILE							\
	OPTIONS_OF_ALL, OPTION_MAX_KEYS, OPTION_MAX_STACKS,		\
	OPTION_MAX_PROBES, OPTION_MAXACTIVE

/* A program to compile, as the command line names it. */
struct program_source {
	const char *expression;		/* -e */
	const char **named;		/* its parameters among the options */
	size_t nr_named;
	const char *process;		/* "--pid=5": one, if it has such a parameter */
	bool wants_help;
	struct compile_options options;
	struct load_options load;
	char *name;			/* that it would be loaded under */
	char *path;			/* of the file, NULL with -e */
	char *text;
};

/*
 * getopt_long() with errors as everywhere else. @letters begin with a colon.
 * Return: '?' after an error was reported.
 */
int next_option(int argc, char **argv, const char *letters,
		const struct option *options);

/* The same where a program stands: a long option that is not known is a parameter of its. */
int next_program_option(int argc, char **argv, const char *letters,
			const struct option *options, struct program_source *source);

/* "kpctl run - attach, report, detach", and the rest of its help. */
int command_usage(void);

/* Handles -h, -j, --color and errors. Return: whether to go on. */
bool common_option(int option, int *status);
bool compile_option(int option, struct program_source *source, int *status);

/* Rows of options that have one flag, whose letter is the first of its name. */
#define OPTION_VERBOSE { "verbose", no_argument, NULL, 'v' }
#define OPTION_FOLLOW { "follow", no_argument, NULL, 'f' }

/*
 * All options of a command that has --help, --json and that flag. @flag: set if it stands
 * there. Return: whether to go on, behind them, at argv[optind].
 */
bool flag_options(int argc, char **argv, struct option flag_row, bool *flag, int *status);
/* The same without a flag. */
bool plain_options(int argc, char **argv, int *status);

/* Whole numbers from @min to @max, with an error that names the option. */
bool parse_count(const char *option, const char *text, unsigned long min,
		 unsigned long max, unsigned int *value);

/* Seconds, fractions allowed, or "1m30s". */
bool parse_seconds(const char *option, const char *text, double *seconds);

/*
 * What stands behind the options: the program, unless -e gave it, and its
 * positional parameters. Return: for source_open().
 */
const char *source_arguments(struct program_source *source, int argc,
			     char **argv);

/*
 * source_environment(): what bpftrace's variables say, where no option did.
 * Find and read the program: @argument is a file or a short name, or NULL if
 * -e was given. Return of all: an exit status.
 */
int source_environment(struct program_source *source);
int source_open(struct program_source *source, const char *argument);
int source_compile(const struct program_source *source, struct object *object);
int source_dump(const struct program_source *source, const char *pass);
void source_free(struct program_source *source);

/*
 * Programs with a short name, each once, in the order of the folders and of their names.
 * @arena: keeps what @visit is given
 */
typedef void (*program_visit)(const char *name, const char *path, void *data);
void programs_each(struct arena *arena, program_visit visit, void *data);
/* Of a short name, from malloc(); NULL if there is none. */
char *program_path(const char *name);
/* Says that there is none of that name. Return: an exit status. */
int no_program(const char *argument);

/* "--size=5": one more of its parameters */
void source_parameter(struct program_source *source, const char *word);

/* --help: of the program if there is one, else of the command. Return: an exit status. */
int source_help(struct program_source *source, int argc, char **argv);

/* What the text of a program says of itself. */
void print_manual(const struct program_source *source);

/* kpctl probes [-v] [PATTERN]; and what a program is going to be attached to */
int list_probes(const char *pattern, bool verbose);
int list_program(const struct program_source *source, bool verbose);

/* "There is no option WORD", with what is near among @options. Return: an exit status. */
int unknown_option(const char *word, const struct option *options);

/* --color: "auto", "always" or "never". Return: whether to go on. */
bool choose_colour(const char *when, int *status);

/* -f: "text", "json" or "folded". Return: whether it is one of them; else that is said. */
bool choose_format(const char *format);

/* "wrong use" with a pointer to --help. */
int wrong_use(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

int command_run(int argc, char **argv);
int command_load(int argc, char **argv);
int command_list(int argc, char **argv);
int command_show(int argc, char **argv);
int command_read(int argc, char **argv);
int command_output(int argc, char **argv);
int command_enable(int argc, char **argv);
int command_disable(int argc, char **argv);
int command_reset(int argc, char **argv);
int command_unload(int argc, char **argv);
int command_probes(int argc, char **argv);
int command_types(int argc, char **argv);
int command_check(int argc, char **argv);
int command_monitor(int argc, char **argv);
int command_status(int argc, char **argv);
int command_tools(int argc, char **argv);
int command_flame(int argc, char **argv);

#endif

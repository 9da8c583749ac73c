// SPDX-License-Identifier: GPL-2.0
/* run: attach, report, detach. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/json.h"
#include "base/notify.h"
#include "base/signals.h"
#include "base/stream.h"
#include "child.h"
#include "command.h"
#include "lib/answer.h"
#include "lib/client.h"
#include "lib/records.h"
#include "lib/stopped.h"
#include "print/actions.h"
#include "print/folded.h"
#include "print/ledger.h"
#include "print/map.h"
#include "print/noted.h"
#include "print/process.h"
#include "print/sites.h"
#include "print/usym.h"
#include "print/value.h"

const char run_help[] =
	"usage: kpctl run [options] PROGRAM | FILE.bt | - | -e TEXT [PARAMETER...]\n"
	"\n"
	"Attaches the program's probes, waits, prints its maps and detaches.\n"
	"The probes go with this process, however it ends.\n"
	"\n"
	"  -e TEXT           the program itself\n"
	"  -d, --duration S  end after S seconds (1m30s: minutes); else exit() or Ctrl-C\n"
	"                    ends it\n"
	"  -i, --interval S  print and empty the maps every S seconds, but for those\n"
	"                    that END clears\n"
	"  -c, --cmd COMMAND run it, with cpid its process; end with it, and with its\n"
	"                    exit status; -c -- COMMAND ARG...: the rest of the line;\n"
	"                    programs and libraries are probed in that process alone\n"
	"  -p, --pid PID     what that process does alone, until it ends\n"
	"  -j, --json        JSON, one document a line; keys of maps are arrays\n"
	"  -f, --format FORMAT\n"
	"                    text, json as bpftrace writes it (keys are text), or\n"
	"                    folded: maps of stacks as \"comm;main;read NUMBER\"\n"
	"  -o, --output FILE write there, not to standard output\n"
	"  -B MODE           when to write: line, full, none (at once); else as\n"
	"                    often as records are read\n"
	"  -q, --quiet       no \"Attaching\"\n"
	"  -v, --verbose     say what each probe is attached to\n"
	"  -l, --list [PATTERN | FILE | -e TEXT]\n"
	"                    list what can be probed, as kpctl probes, or what a program\n"
	"                    would be attached to; -lv\n"
	"      --no-warnings do not warn of the program's text\n"
	"      --dry-run     end when all is attached\n"
	"      --unsafe      allow system()\n"
	"      --usdt-file-activation\n"
	"                    not needed: counters of marks are always counted up\n"
	"      --no-self     leave out what kpctl itself does\n"
	"      --buffer SIZE bytes of records that each CPU keeps (1M, less if\n"
	"                    there are more than 64), with K or M\n"
	"      --max-keys N  keys that a map holds per CPU (4096, histograms 1024)\n"
	"      --max-stacks N  distinct stacks that are kept at a time (as many as\n"
	"                    the maps that hold stacks have keys, 4096 to 16384)\n"
	"      --max-probes N  functions that one glob may stand for (512)\n"
	"      --maxactive N calls that a kretprobe can follow at once\n"
	"      --cpu-budget N percent of a CPU that its handlers may take (25);\n"
	"                    a program that takes more is stopped; 0: no limit\n"
	"      --attach HOW  auto: the cheapest way; kprobe: functions never by\n"
	"                    ftrace; perf: tracepoints always by perf\n"
	"\n"
	"bpftrace's -d is kpctl check -v; -d here is a duration.\n"
	"\n"
	"examples:\n"
	"  kpctl run drops\n"
	"  kpctl run -d 5 -e 'kprobe:vfs_read { @[comm] = count(); }'\n"
	"  kpctl run -i 1 -e 'kretprobe:vfs_read { @ns = hist(duration); }'\n"
	"  kpctl run -c 'ls /' -e 'kprobe:vfs_open /pid == cpid/ { @ = count(); }'\n";

/*
 * Milliseconds between two looks at a process that cannot be waited for, and at the
 * buffers while there is something in them: the default ones hold what 200,000 events
 * a second on one CPU write meanwhile. When they are empty the kernel says when to look.
 */
#define PROCESS_TICK 100
#define RECORDS_TICK 20
/* If it cannot: ... and when there was nothing in them for a second. */
#define IDLE_TICK 50
#define IDLE_TICKS 50
/* After as many as these the next look comes at once. */
#define MANY_RECORDS 500

struct run {
	struct program_source source;
	double duration;
	double interval;
	const char *command;
	char **words;		/* of the command, where -- stands before them */
	unsigned int pid;
	char process_parameter[24]; /* what a program with a parameter "pid" is told */
	bool quiet;
	bool verbose;
	bool list;
	bool no_self;
	bool dry_run;
	bool has_file;		/* stdout is for it alone */
	bool keep_output;	/* until stdio's buffer is full */
	char name[KPS_NAME_MAX];
	struct client *client;
	struct client *reader;	/* of records; NULL: there are no outputs */
	struct actions actions;
	struct child child;
	struct stopped *notices;	/* NULL: there are none */
	bool is_gone;		/* the module: there is nothing left to ask */
	bool was_stopped;	/* by the kernel: it took too much */
	bool was_silent;	/* somebody had switched kprobes off */
	int waker;		/* eventfd: there are records; -1: the kernel cannot */
	int process;		/* pidfd of @pid, or -1 */
	bool process_ended;
	bool is_done;		/* nothing but iterators, and they have run */
	int tick;		/* ms; -1: nothing to look after */
	unsigned int idle;	/* looks at the buffers since there was something */
	size_t nr_probes;
};

static double now(void)
{
	return actions_now() / 1e9;
}

static void note_stop(const char *program, const char *why, void *data)
{
	struct run *run = data;

	if (strcmp(program, run->name))
		return;
	run->was_stopped = true;
	error("the kernel has stopped it: %s; narrow the probe, or allow more with --cpu-budget",
	      why);
}

/* As poll(). What is told of processes, by the last of @fds, ends no waiting. */
static int poll_and_note(struct pollfd *fds, size_t nr, int ms)
{
	double end = now() + ms / 1e3;

	for (;;) {
		int got = poll(fds, nr, ms);

		noted_take();
		if (got != 1 || !fds[nr - 1].revents)
			return got;
		if (ms >= 0 && now() >= end)
			return 0;
		if (ms >= 0)
			ms = (end - now()) * 1e3 + 1;
	}
}

/*
 * Until that time, or for a tick if there is something to look after; @until
 * 0: for ever.  A signal ends it, and so does the module's end.
 */
static void wait_for_news(struct run *run, double until)
{
	struct pollfd fds[] = {
		{ .fd = signals_fd(), .events = POLLIN },
		{ .fd = run->notices ? stopped_fd(run->notices) : -1,
		  .events = POLLIN },
		{ .fd = run->process, .events = POLLIN },
		/* Between two looks records may come as they like. */
		{ .fd = run->tick < 0 ? run->waker : -1, .events = POLLIN },
		{ .fd = noted_fd(), .events = POLLIN },
	};
	double left = until - now();
	int ms = !until ? -1 : left > 0 ? left * 1000 + 1 : 0;

	if (run->tick >= 0 && (ms < 0 || ms > run->tick))
		ms = run->tick;
	if (run->pid && run->process < 0 && (ms < 0 || ms > PROCESS_TICK))
		ms = PROCESS_TICK;
	if (poll_and_note(fds, ARRAY_SIZE(fds), ms) <= 0)
		return;
	run->process_ended = fds[2].revents;
	if (fds[0].revents)
		signals_clear();
	if (fds[1].revents && !stopped_read(run->notices, note_stop, run)) {
		error("kpstat.ko was removed, and with it what was counted");
		run->is_gone = true;
	}
}

/* Until the next look at the buffers, ms. */
static int next_look(const struct run *run, size_t nr)
{
	if (nr >= MANY_RECORDS)
		return 0;
	if (run->waker >= 0 && !nr && !run->actions.held.print)
		return -1;
	return run->idle > IDLE_TICKS ? IDLE_TICK : RECORDS_TICK;
}

/* Take all records that there are, and do what they say. */
static int drain(struct run *run)
{
	unsigned long long begun = actions_now();
	struct records_answer answer;
	eventfd_t unused;

	if (!run->reader)
		return 0;
	/* Before: what comes behind the answer is said anew. */
	if (run->waker >= 0)
		eventfd_read(run->waker, &unused);
	if (records_get(run->reader, run->name, actions_do, &run->actions,
			&answer))
		return -1;
	actions_settle_before(&run->actions, begun);
	run->idle = answer.nr ? 0 : run->idle + 1;
	run->tick = next_look(run, answer.nr);
	if (answer.nr && !run->keep_output)
		fflush(stdout);
	return 0;
}

/* @map: NULL for all */
static int print_maps(struct run *run, const char *map, bool reset)
{
	struct maps_answer maps;
	int err = maps_get(run->client, run->name, map, reset ? KPS_F_RESET : 0, &maps);

	if (!err)
		maps_print(&maps);
	maps_free(&maps);
	return err;
}

static int report(struct run *run, bool reset)
{
	actions_settle(&run->actions);
	return print_maps(run, NULL, reset);
}

/* Maps that END clears are notes of the program's own, and no answer. Return: how many. */
static unsigned int find_notes(const struct object *object, bool is_note[KPS_MAX_MAPS])
{
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < object->nr_outputs; i++) {
		const struct object_output *output = &object->outputs[i];

		if (output->action != ACTION_CLEAR || !output->at_end)
			continue;
		is_note[output->map] = true;
		nr++;
	}
	return nr;
}

/* What the interval has brought; the program's notes are good for the next one, too. */
static int report_interval(struct run *run)
{
	const struct object *object = run->actions.object;
	bool is_note[KPS_MAX_MAPS] = { false };
	unsigned int i;

	if (!find_notes(object, is_note))
		return report(run, true);
	actions_settle(&run->actions);
	for (i = 0; i < object->nr_maps; i++)
		if (!is_note[i] && print_maps(run, object->maps[i].name, true))
			return -1;
	return 0;
}

/* One that has ended, and whose parent has not asked how, does nothing more. */
static bool process_lives(unsigned int pid)
{
	char text[PROCESS_STAT_MAX], state;
	const char *stat = process_stat(pid, text, sizeof(text));
	unsigned int threads;

	if (!stat)
		return !kill(pid, 0) || errno != ESRCH;
	/* The first thread may have ended before the others. */
	return sscanf(stat, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %u",
		      &state, &threads) == 2 &&
	       (!strchr("ZX", state) || threads > 1);
}

static bool is_over(struct run *run)
{
	return signals_have_ended() || run->is_done || run->actions.has_exited ||
	       run->was_stopped || child_has_ended(&run->child) ||
	       run->process_ended ||
	       (run->pid && !process_lives(run->pid));
}

static int watch(struct run *run)
{
	double end = run->duration ? now() + run->duration : 0;
	double next = run->interval ? now() + run->interval : 0;

	for (;;) {
		double until = next && (!end || next < end) ? next : end;

		if (drain(run))
			return -1;
		if (is_over(run))
			return 0;
		wait_for_news(run, until);
		if (run->is_gone)
			return -1;
		/* bpftrace prints them and goes on, too. */
		if (signals_want_maps() && report(run, false))
			return -1;
		if (end && now() >= end)
			return 0;
		if (!next || now() < next)
			continue;
		time_print();
		if (report_interval(run))
			return -1;
		next += run->interval;
	}
}

static void print_lost(const struct object *object, unsigned long long lost)
{
	if (!lost)
		return;
	if (json_output) {
		event_print("lost_events", "events", lost);
		return;
	}
	fprintf(stderr, "Lost %llu events: the output buffer was full (see --buffer)", lost);
	if (object->has_large_outputs)
		fprintf(stderr, ", or an event had more than %d bytes to say", KPS_MAX_RECORD);
	fputc('\n', stderr);
}

/* The last reading comes after the last event, and before the probes are taken away. */
static int finish(struct run *run)
{
	struct program_answer program;
	int err;

	notify("STOPPING=1");
	actions_let_end(&run->actions);
	if (client_halt(run->client, run->name) ||
	    drain(run))
		return -1;
	actions_settle(&run->actions);
	if (!json_output && !folded_output)
		putchar('\n');
	if (run->interval)
		time_print();
	actions_tell_skipped(&run->actions);
	err = !run->actions.object->hides_maps && report(run, false);
	if (err)
		return err;
	err = program_get(run->client, run->name, &program);
	if (!err) {
		/* The notice may not have come. */
		if (program.stopped && !run->was_stopped)
			note_stop(run->name, program.stopped, run);
		print_lost(run->actions.object, program.lost);
		ledger_print_losses(&program);
		run->was_silent = program.silent_ns;
	}
	program_free(&program);
	return err;
}

static void announce(const struct run *run)
{
	if (!json_output && !run->quiet)
		fprintf(stderr, "Attaching %zu probe%s...\n", run->nr_probes,
			run->nr_probes == 1 ? "" : "s");
}

static void name_targets(const struct object *object)
{
	size_t i, j;

	for (i = 0; i < object->nr_probes; i++)
		for (j = 0; j < object->probes[i].nr_targets; j++)
			fprintf(stderr, "%s: %s\n", object->probes[i].name,
				object->probes[i].targets[j]);
}

/* Iterators, with BEGIN and END: all that it does is done when it is loaded. */
static bool only_iterates(const struct object *object)
{
	bool iterates = false;
	size_t i;

	for (i = 0; i < object->nr_probes; i++) {
		if (!strcmp(object->probes[i].provider, "iter"))
			iterates = true;
		else if (strcmp(object->probes[i].provider, "special"))
			return false;
	}
	return iterates;
}

static int attach(struct run *run, const struct object *object)
{
	size_t i;

	run->is_done = only_iterates(object);
	for (i = 0; i < object->nr_probes; i++)
		run->nr_probes += object->probes[i].nr_targets;
	snprintf(run->name, sizeof(run->name), "%.40s-%d",
		 run->source.name ? run->source.name : "run", getpid());
	announce(run);
	if (run->verbose)
		name_targets(object);
	run->source.load.flags = KPS_F_OWNED;
	run->source.load.has_waker = run->waker >= 0;
	run->source.load.waker = run->waker;
	if (client_load(run->client, run->name, object, &run->source.load))
		return -1;
	if (json_output && !run->quiet)
		event_print("attached_probes", "probes", run->nr_probes);
	if (!json_output)
		warn_unattached(run->client, run->name);
	notify("READY=1\nSTATUS=Processing events...");
	return 0;
}

static bool has_user_code(const struct kps_field *fields, size_t nr)
{
	while (nr--)
		if (fields[nr].type == KPS_T_USTACK || fields[nr].type == KPS_T_USYM)
			return true;
	return false;
}

/* Whether code of programs is to be named, when they may be gone. */
static bool names_user_code(const struct object *object)
{
	size_t i;

	for (i = 0; i < object->nr_maps; i++)
		if (has_user_code(object->maps[i].key, object->maps[i].nr_key) ||
		    has_user_code(object->maps[i].value, object->maps[i].nr_value))
			return true;
	for (i = 0; i < object->nr_outputs; i++)
		if (has_user_code(object->outputs[i].fields, object->outputs[i].nr_fields))
			return true;
	return false;
}

/* Records are read on a connection of their own: they ask for maps, too. */
static int open_outputs(struct run *run, const struct object *object)
{
	run->tick = -1;
	run->waker = -1;
	run->process = run->pid ? syscall(SYS_pidfd_open, run->pid, 0) : -1;
	run->notices = stopped_open();
	actions_open(&run->actions, object, run->name, run->client);
	if (object->keeps_mangled)
		usym_keep_mangled();
	if (object->cut_trailer)
		value_set_trailer(object->cut_trailer);
	if (names_user_code(object))
		noted_begin();
	if (!object->nr_outputs)
		return 0;
	if (client_can_wake(run->client))
		run->waker = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	run->reader = client_open();
	return run->reader ? 0 : -1;
}

static int observe(struct run *run)
{
	return (run->command && child_go(&run->child, run->command)) ||
	       watch(run) || finish(run);
}

static int run_object(struct run *run, const struct object *object)
{
	int err = open_outputs(run, object);

	err = err || attach(run, object) || (!run->dry_run && observe(run));
	child_stop(&run->child);
	actions_close(&run->actions);
	client_close(run->reader);
	stopped_close(run->notices);
	if (run->was_stopped)
		return STOPPED;
	if (err || run->was_silent)
		return FAILED;
	if (run->actions.status)
		return run->actions.status;
	if (run->dry_run)
		return DONE;
	/* As strace, time and perf have it. */
	return child_report(&run->child, run->command);
}

/* The number that programs have of a process. Return: false after an error. */
static bool know(const struct run *run, unsigned int pid, unsigned int *number)
{
	*number = kernel_pid(run->client, pid);
	return *number;
}

static bool know_processes(struct run *run)
{
	struct compile_options *options = &run->source.options;

	if (run->no_self && !know(run, getpid(), &options->self))
		return false;
	if (run->pid && !know(run, run->pid, &options->pid))
		return false;
	options->process = options->watched = run->pid;
	options->program = run->child.program;
	if (run->command && !know(run, run->child.pid, &options->cpid))
		return false;
	if (run->command) {
		options->pid = options->cpid;
		options->watched = run->child.pid;
	}
	return true;
}

static int compile_and_run(struct run *run, const char *argument)
{
	struct object object;
	int status = source_open(&run->source, argument);

	if (status)
		return status;
	run->client = client_open();
	if (!run->client)
		return FAILED;
	stream_trust_output();
	streams_obey_signals();
	signals_keep();
	if (run->command && child_start(&run->child, run->command, run->words,
					 json_output && !run->has_file))
		return FAILED;
	if (!know_processes(run)) {
		child_stop(&run->child);
		return FAILED;
	}
	status = source_compile(&run->source, &object);
	if (!status) {
		status = run_object(run, &object);
		object_free(&object);
	}
	child_stop(&run->child);
	return status;
}

static bool set_buffering(struct run *run, const char *mode)
{
	static const struct {
		const char *name;
		int mode;
	} modes[] = {
		{ "line", _IOLBF }, { "full", _IOFBF }, { "none", _IONBF },
	};
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, mode))
			continue;
		setvbuf(stdout, NULL, modes[i].mode, 0);
		run->keep_output = modes[i].mode == _IOFBF;
		return true;
	}
	wrong_use("-B takes line, full or none, not \"%s\"", mode);
	return false;
}

static bool parse_size(const char *text, unsigned int *size)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || end == text || *text == '-' || number > KPS_MAX_BUFFER)
		number = 0;
	if (*end == 'K' || *end == 'k')
		number <<= 10;
	else if (*end == 'M' || *end == 'm')
		number <<= 20;
	if ((*end && end[1]) || (*end && !strchr("kKmM", *end)) ||
	    number < 4096 || number > KPS_MAX_BUFFER) {
		wrong_use("--buffer takes a size from 4K to %uM, not \"%s\"",
			  KPS_MAX_BUFFER >> 20, text);
		return false;
	}
	*size = number;
	return true;
}

/* "-c 'COMMAND ARG...'", or "-c -- COMMAND ARG...", and nothing behind it is kpctl's. */
static void take_command(struct run *run, char **argv)
{
	run->command = optarg;
	run->words = NULL;
	if (strcmp(optarg, "--"))
		return;
	run->words = argv + optind;
	if (*run->words)
		run->command = *run->words;
}

/* Return: whether to go on; else @status says how it ends. */
static bool run_option(struct run *run, int option, char **argv, int *status)
{
	bool good = true;

	switch (option) {
	case 'd':
		good = parse_seconds("-d", optarg, &run->duration);
		break;
	case 'i':
		good = parse_seconds("-i", optarg, &run->interval);
		break;
	case 'p':
		good = parse_count("-p", optarg, 1, 1 << 22, &run->pid);
		run->source.process = run->process_parameter;
		snprintf(run->process_parameter, sizeof(run->process_parameter),
			 "--pid=%u", run->pid);
		break;
	case 'f':
		good = choose_format(optarg);
		break;
	case 'B':
		good = set_buffering(run, optarg);
		break;
	case OPT_BUFFER:
		good = parse_size(optarg, &run->source.load.buffer);
		break;
	case 'o':
		run->has_file = true;
		*status = FAILED;
		return stream_to_file(optarg);
	case 'c':
		take_command(run, argv);
		break;
	case 'q':
		run->quiet = true;
		break;
	case 'v':
		run->verbose = true;
		break;
	case 'l':
		run->list = true;
		break;
	case OPT_NO_SELF:
		run->no_self = true;
		break;
	case OPT_NO_WARNINGS:
		diag_hide_warnings();
		break;
	case OPT_DRY_RUN:
		run->dry_run = true;
		break;
	case OPT_USDT:			/* the kernel always goes by the file */
		break;
	case OPT_UNSAFE:
		run->source.options.allow_unsafe = true;
		break;
	default:
		return compile_option(option, &run->source, status);
	}
	*status = WRONG_USE;
	return good;
}

static bool is_there(unsigned int pid)
{
	if (!pid || process_lives(pid))
		return true;
	error("-p %u: there is no such process", pid);
	return false;
}

/* bpftrace's -l: of a program, if one is given by -e or as a file. */
static int list(struct run *run, int argc, char **argv)
{
	const char *pattern = argv[optind];
	int status;

	if (!run->source.expression && (!pattern || access(pattern, R_OK)))
		return list_probes(pattern, run->verbose);
	status = source_open(&run->source, source_arguments(&run->source, argc, argv));
	if (!status)
		status = list_program(&run->source, run->verbose);
	source_free(&run->source);
	return status;
}

int command_run(int argc, char **argv)
{
	static const struct option options[] = {
		OPTIONS_COMPILE,
		OPTION_CPU_BUDGET,
		OPTION_ATTACH,
		{ "duration", required_argument, NULL, 'd' },
		{ "interval", required_argument, NULL, 'i' },
		OPTION_VERBOSE,
		{ "unsafe", no_argument, NULL, OPT_UNSAFE },
		{ "usdt-file-activation", no_argument, NULL, OPT_USDT },
		{ "no-self", no_argument, NULL, OPT_NO_SELF },
		{ "no-warnings", no_argument, NULL, OPT_NO_WARNINGS },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ "cmd", required_argument, NULL, 'c' },
		{ "pid", required_argument, NULL, 'p' },
		{ "format", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "list", no_argument, NULL, 'l' },
		{ "buffer", required_argument, NULL, OPT_BUFFER },
		{ 0 }
	};
	struct run run = { 0 };
	const char *argument;
	int option, status = DONE;

	while ((option = next_program_option(argc, argv, ":hje:d:i:f:o:c:p:qvlB:",
					     options, &run.source)) != -1) {
		if (!run_option(&run, option, argv, &status))
			return status;
		if (run.words)
			argc = run.words - argv;
	}
	if (run.source.wants_help)
		return source_help(&run.source, argc, argv);
	if (run.list)
		return list(&run, argc, argv);
	if (!is_there(run.pid))
		return FAILED;
	argument = source_arguments(&run.source, argc, argv);
	status = compile_and_run(&run, argument);
	/* All is said: who does not want to wait for the probes to go need not. */
	fflush(stdout);
	signals_forget();
	client_close(run.client);
	source_free(&run.source);
	return status;
}

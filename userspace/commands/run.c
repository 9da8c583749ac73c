// SPDX-License-Identifier: GPL-2.0
/* run: attach, report, detach. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "lib/answer.h"
#include "lib/client.h"
#include "out/error.h"
#include "out/json.h"
#include "out/ledger.h"
#include "out/map.h"
#include "out/sites.h"

const char run_help[] =
	"usage: kpctl run [options] PROGRAM | FILE.bt | -e TEXT\n"
	"\n"
	"Attaches the program's probes, waits, prints its maps and detaches.\n"
	"The probes go with this process, however it ends.\n"
	"\n"
	"  -e TEXT           the program itself\n"
	"  -d, --duration S  end after S seconds; else Ctrl-C ends it\n"
	"  -i, --interval S  print and empty the maps every S seconds\n"
	"  -j, --json        JSON, one document a line, as bpftrace -f json\n"
	"      --max-keys N  keys that a map holds per CPU (4096, histograms 1024)\n"
	"      --max-probes N  functions that one glob may stand for (512)\n"
	"      --maxactive N calls that a kretprobe can follow at once\n"
	"\n"
	"examples:\n"
	"  kpctl run drops\n"
	"  kpctl run -d 5 -e 'kprobe:vfs_read { @[comm] = count(); }'\n"
	"  kpctl run -i 1 -e 'kretprobe:vfs_read { @ns = hist(duration); }'\n";

struct run {
	struct program_source source;
	double duration;
	double interval;
	char name[KPS_NAME_MAX];
	struct client *client;
	int signals;
	size_t nr_probes;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Signals are read, not handled: nothing is interrupted half way. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Return: true if a signal came before that time; @until 0: wait for one. */
static bool wait_for_signal(const struct run *run, double until)
{
	struct pollfd fd = { .fd = run->signals, .events = POLLIN };

	for (;;) {
		double left = until - now();
		int ms = !until ? -1 : left > 0 ? left * 1000 + 1 : 0;

		if (poll(&fd, 1, ms) > 0)
			return true;
		if (until && now() >= until)
			return false;
	}
}

static int report(struct run *run, bool reset)
{
	struct maps_answer maps;
	int err = maps_get(run->client, run->name, NULL, reset, &maps);

	if (!err)
		maps_print(&maps);
	maps_free(&maps);
	return err;
}

static int watch(struct run *run)
{
	double end = run->duration ? now() + run->duration : 0;
	double next = run->interval ? now() + run->interval : 0;

	for (;;) {
		double until = next && (!end || next < end) ? next : end;

		if (wait_for_signal(run, until))
			return 0;
		if (until == end)
			return 0;
		time_print();
		if (report(run, true))
			return -1;
		next += run->interval;
	}
}

/* The last reading comes after the last event. */
static int finish(struct run *run)
{
	struct program_answer program;
	int err;

	if (!json_output)
		putchar('\n');
	if (client_command(run->client, KPS_CMD_DISABLE, run->name))
		return -1;
	if (run->interval)
		time_print();
	err = report(run, false);
	if (err)
		return err;
	err = program_get(run->client, run->name, &program);
	if (!err)
		ledger_print_losses(&program);
	program_free(&program);
	return err;
}

static void announce(const struct run *run)
{
	if (!json_output)
		fprintf(stderr, "Attaching %zu probe%s...\n", run->nr_probes,
			run->nr_probes == 1 ? "" : "s");
}

static int attach(struct run *run, const struct object *object)
{
	size_t i;

	for (i = 0; i < object->nr_probes; i++)
		run->nr_probes += object->probes[i].nr_targets;
	run->signals = open_signals();
	snprintf(run->name, sizeof(run->name), "%.40s-%d",
		 run->source.name ? run->source.name : "run", getpid());
	announce(run);
	if (client_load(run->client, run->name, object, KPS_F_OWNED, 0))
		return -1;
	if (json_output)
		event_print("attached_probes", "probes", run->nr_probes);
	else
		warn_unattached(run->client, run->name);
	return 0;
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
	status = source_compile(&run->source, &object);
	if (status)
		return status;
	if (attach(run, &object) || watch(run) || finish(run))
		status = FAILED;
	object_free(&object);
	return status;
}

int command_run(int argc, char **argv)
{
	static const struct option options[] = {
		OPTION_HELP,
		OPTION_JSON,
		OPTION_MAX_KEYS,
		OPTION_MAX_PROBES,
		OPTION_MAXACTIVE,
		{ "duration", required_argument, NULL, 'd' },
		{ "interval", required_argument, NULL, 'i' },
		{ 0 }
	};
	struct run run = { 0 };
	int option, status = DONE;

	while ((option = next_option(argc, argv, ":hje:d:i:", options)) != -1) {
		bool good;

		if (option == 'd')
			good = parse_seconds("-d", optarg, &run.duration);
		else if (option == 'i')
			good = parse_seconds("-i", optarg, &run.interval);
		else
			good = compile_option(option, &run.source, &status);
		if (!good)
			return option == 'd' || option == 'i' ? WRONG_USE :
								status;
	}
	if (argc - optind > 1)
		return wrong_use("one program at a time, not \"%s\" too",
				 argv[optind + 1]);
	status = compile_and_run(&run, argv[optind]);
	client_close(run.client);
	source_free(&run.source);
	return status;
}

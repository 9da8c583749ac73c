// SPDX-License-Identifier: GPL-2.0
/* read: what a program has counted. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "command.h"
#include "lib/answer.h"
#include "lib/client.h"
#include "print/map.h"

const char read_help[] =
	"usage: kpctl read [options] NAME [@MAP]\n\n"
	"Prints a program's maps, or one of them, merged over all CPUs.\n\n"
	"      --reset       start the next interval: every event is in one\n"
	"                    reading and in no other\n"
	"  -i, --interval S  again every S seconds; with --reset what came in each\n"
	"  -n, --count N     so many times, then end\n"
	"  -j, --json        JSON, one document a line; keys of maps are arrays\n"
	"  -f, --format FORMAT\n"
	"                    text, json as bpftrace writes it (keys are text), or\n"
	"                    folded: maps of stacks as \"comm;main;read NUMBER\"\n\n"
	"examples:\n"
	"  kpctl read drops\n"
	"  kpctl read --reset -i 1 conntrack @new\n";

struct reading {
	const char *name;
	const char *map;
	bool reset;
	double interval;
	unsigned int count;
};

static int read_once(struct client *client, const struct reading *reading)
{
	struct maps_answer maps;
	int err = maps_get(client, reading->name, reading->map,
			   reading->reset ? KPS_F_RESET : 0, &maps);

	if (!err)
		maps_print(&maps);
	maps_free(&maps);
	return err;
}

static void sleep_for(double seconds)
{
	struct timespec ts = {
		.tv_sec = seconds,
		.tv_nsec = (seconds - (time_t)seconds) * 1e9,
	};

	nanosleep(&ts, NULL);
}

static int read_all(const struct reading *reading)
{
	struct client *client = client_open();
	unsigned int i;
	int err = 0;

	if (!client)
		return FAILED;
	for (i = 0; !err && (!reading->count || i < reading->count); i++) {
		if (i)
			sleep_for(reading->interval);
		if (reading->interval > 0)
			time_print();
		err = read_once(client, reading);
	}
	client_close(client);
	return err ? FAILED : DONE;
}

int command_read(int argc, char **argv)
{
	static const struct option options[] = {
		OPTIONS_OF_ALL,
		{ "reset", no_argument, NULL, OPT_RESET },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'n' },
		{ "format", required_argument, NULL, 'f' },
		{ 0 }
	};
	struct reading reading = { 0 };
	int option, status = DONE;

	while ((option = next_option(argc, argv, ":hjf:i:n:", options)) != -1) {
		if (option == OPT_RESET)
			reading.reset = true;
		else if (option == 'i' &&
			 !parse_seconds("-i", optarg, &reading.interval))
			return WRONG_USE;
		else if (option == 'n' &&
			 !parse_count("-n", optarg, 1, 1000000000, &reading.count))
			return WRONG_USE;
		else if (option == 'f' && !choose_format(optarg))
			return WRONG_USE;
		else if (!strchr("fin", option) &&
			 !common_option(option, &status))
			return status;
	}
	if (argc - optind < 1 || argc - optind > 2)
		return wrong_use("it takes a program's name and perhaps a map's");
	reading.name = argv[optind];
	reading.map = argv[optind + 1];
	if (reading.map && reading.map[0] != '@')
		return wrong_use("the name of a map begins with @: @%s",
				 reading.map);
	if (!reading.interval && !reading.count)
		reading.count = 1;
	return read_all(&reading);
}

// SPDX-License-Identifier: GPL-2.0
/* load: attach and leave it running. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "command.h"
#include "lib/client.h"
#include "print/sites.h"

const char load_help[] =
	"usage: kpctl load [options] PROGRAM | FILE.bt | - | -e TEXT [PARAMETER...]\n"
	"\n"
	"Attaches the program's probes and leaves it running; read it with\n"
	"`kpctl read NAME` or under /sys/kernel/debug/kpstat/programs/NAME. What it\n"
	"prints is kept for `kpctl output NAME`.\n"
	"\n"
	"  -e TEXT           the program itself; needs --name\n"
	"      --name NAME   call it so (else as the file)\n"
	"      --disabled    load it, but do not attach it yet\n"
	"  -j, --json        JSON\n"
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
	"examples:\n"
	"  kpctl load conntrack\n"
	"  kpctl load --name reads -e 'kprobe:vfs_read { @[comm] = count(); }'\n";

static void print_loaded(struct client *client, const char *name)
{
	struct json_object *document;

	if (!json_output) {
		warn_unattached(client, name);
		return;
	}
	document = json_object_new_object();
	json_add_string(document, "loaded", name);
	json_print(document);
}

static int compile_and_load(const struct program_source *source,
			    const char *name)
{
	struct client *client = client_open();
	struct object object;
	int status;

	if (!client)
		return FAILED;
	status = source_compile(source, &object);
	if (!status) {
		if (client_load(client, name, &object, &source->load))
			status = FAILED;
		else
			print_loaded(client, name);
		object_free(&object);
	}
	client_close(client);
	return status;
}

int command_load(int argc, char **argv)
{
	static const struct option options[] = {
		OPTIONS_COMPILE,
		OPTION_CPU_BUDGET,
		OPTION_ATTACH,
		{ "name", required_argument, NULL, OPT_NAME },
		{ "disabled", no_argument, NULL, OPT_DISABLED },
		{ 0 }
	};
	struct program_source source = {
		.load.flags = KPS_F_ACTS,
		.options.stays = true,
	};
	const char *name = NULL;
	int option, status = DONE;

	while ((option = next_program_option(argc, argv, ":hje:", options,
					     &source)) != -1) {
		if (option == OPT_NAME)
			name = optarg;
		else if (option == OPT_DISABLED)
			source.load.flags |= KPS_F_DISABLED;
		else if (!compile_option(option, &source, &status))
			return status;
	}
	if (source.wants_help)
		return source_help(&source, argc, argv);
	if (source.expression && !name)
		return wrong_use("-e needs --name NAME, to find the program again");
	if (name && strlen(name) >= KPS_NAME_MAX)
		return wrong_use("the name is longer than %d characters",
				 KPS_NAME_MAX - 1);
	status = source_open(&source, source_arguments(&source, argc, argv));
	if (!status)
		status = compile_and_load(&source, name ? name : source.name);
	source_free(&source);
	return status;
}

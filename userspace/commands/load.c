// SPDX-License-Identifier: GPL-2.0
/* load: attach and leave it running. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/json.h"
#include "command.h"
#include "lib/client.h"
#include "print/sites.h"

const char load_help[] =
	"usage: kpctl load [options] PROGRAM | FILE.bt | - | -e TEXT [PARAMETER...]\n"
	"\n"
	"Attaches the program's probes and leaves it running; read it with\n"
	"`kpctl read NAME` or under /sys/kernel/debug/kpstat/programs/NAME.\n"
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

/*
 * What a kpctl at work does when a record comes; nobody does it for a program that is
 * left alone. (What printf() and print() of a value write `kpctl output` shows.)
 */
static const struct {
	const char *name;
	bool takes_map;
} left_alone[] = {
	[ACTION_CAT]		= { "cat()" },
	[ACTION_SYSTEM]		= { "system()" },
	[ACTION_TIME]		= { "time()" },
	[ACTION_PRINT_MAP]	= { "print", true },
	[ACTION_CLEAR]		= { "clear", true },
	[ACTION_ZERO]		= { "zero", true },
	[ACTION_EXIT]		= { "exit()" },
	[ACTION_ERRORF]		= { "errorf()" },
	[ACTION_WARNF]		= { "warnf()" },
};

static const char *statement(const struct object *object,
			     const struct object_output *output,
			     char *text, size_t size)
{
	const char *name = left_alone[output->action].name;
	const char *map = object->maps[output->map].name;

	if (!left_alone[output->action].takes_map)
		snprintf(text, size, "%s", name);
	else if (output->take)
		snprintf(text, size, "%s(%s) and its %s(%s)", name, map,
			 output->take & KPS_F_ZERO ? "zero" : "clear", map);
	else
		snprintf(text, size, "%s(%s)", name, map);
	return text;
}

static void warn_left_alone(const struct object *object, const char *name)
{
	char text[2 * KPS_NAME_MAX + 32];
	size_t i;

	for (i = 0; i < object->nr_outputs; i++) {
		const struct object_output *output = &object->outputs[i];

		if (output->action < ARRAY_SIZE(left_alone) &&
		    left_alone[output->action].name)
			warning("%s does nothing in a program that is loaded and left alone; kpctl run does it, and kpctl read --reset %s prints and empties maps",
				statement(object, output, text, sizeof(text)), name);
	}
}

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

static void say_loaded(struct client *client, const struct object *object,
		       const char *name)
{
	print_loaded(client, name);
	warn_left_alone(object, name);
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
			say_loaded(client, &object, name);
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
	struct program_source source = { 0 };
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

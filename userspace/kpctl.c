// SPDX-License-Identifier: GPL-2.0
/* kpctl: ask a running kernel a question, without bpf(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/near.h"
#include "base/signals.h"
#include "base/stream.h"
#include "commands/command.h"

extern const char run_help[], load_help[], list_help[], show_help[],
		  read_help[], tools_help[], enable_help[], disable_help[], reset_help[],
		  unload_help[], output_help[],
		  flame_help[], monitor_help[], probes_help[], types_help[], check_help[],
		  status_help[];

const struct command commands[] = {
	{ "run", command_run, "attach, report, detach", run_help },
	{ "load", command_load, "attach and leave it running", load_help },
	{ "list", command_list, "programs that are loaded", list_help },
	{ "show", command_show, "one program: probes, maps, ledger", show_help },
	{ "read", command_read, "what a program has counted", read_help },
	{ "output", command_output, "what a loaded program has written", output_help },
	{ "enable", command_enable, "attach a disabled program", enable_help },
	{ "disable", command_disable, "detach it, keep its counts", disable_help },
	{ "reset", command_reset, "empty its maps and ledger", reset_help },
	{ "unload", command_unload, "detach and forget it", unload_help },
	{ "tools", command_tools, "programs that come with kpstat, by subject", tools_help },
	{ "flame", command_flame, "where the time goes, as a picture", flame_help },
	{ "probes", command_probes, "what can be probed here", probes_help },
	{ "types", command_types, "the kernel's structs, unions and enums", types_help },
	{ "check", command_check, "compile only", check_help },
	{ "monitor", command_monitor, "say when the kernel stops a program", monitor_help },
	{ "status", command_status, "module, kernel, engine, limits", status_help },
	{ 0 }
};

const struct command *this_command;

static void print_usage(FILE *out)
{
	const struct command *command;

	fprintf(out, "usage: kpctl COMMAND [options]\n\n");
	for (command = commands; command->name; command++)
		fprintf(out, "  %-8s %s\n", command->name, command->summary);
	fprintf(out,
		"\nkpctl COMMAND --help tells more; -j gives JSON everywhere; --color=never no\n"
		"colours, as NO_COLOR does; -V the version.\n"
		"\n"
		"  kpctl run drops\n"
		"  kpctl run -e 'kprobe:tcp_sendmsg { @bytes[comm] = hist(arg2); }'\n");
}

static const struct command *find(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

/* So that errors about other options are JSON, too. */
static bool wants_json(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "-j") || !strcmp(argv[i], "--json") ||
		    !strcmp(argv[i], "-fjson") ||
		    (i > 1 && !strcmp(argv[i - 1], "-f") &&
		     !strcmp(argv[i], "json")))
			return true;
	return false;
}

/* As bpftrace has them; the options themselves are run's. */
static bool is_listing(const char *word)
{
	return !strcmp(word, "-l") || !strcmp(word, "-lv");
}

static int unknown_command(const char *word)
{
	struct near near = { .word = word };
	struct arena arena = { 0 };
	size_t i;
	const char *hint;

	for (i = 0; commands[i].name; i++)
		near_offer(&near, commands[i].name);
	hint = near_hint(&arena, &near);
	error("there is no command \"%s\"; %s", word,
	      hint ? hint : "see kpctl --help");
	arena_free(&arena);
	return WRONG_USE;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "-h") || !strcmp(word, "--help") ||
	       !strcmp(word, "help");
}

static bool is_version(const char *word)
{
	return !strcmp(word, "-V") || !strcmp(word, "--version");
}

/* bpftrace's is "bpftrace v0.17.0". */
static void print_version(void)
{
	struct json_object *document;

	if (!json_output) {
		puts("kpctl " KPSTAT_VERSION);
		return;
	}
	document = json_object_new_object();
	json_add_string(document, "version", KPSTAT_VERSION);
	json_print(document);
}

/* What all commands have may stand before the command, too. */
static bool is_common(const char *word)
{
	static const char color[] = "--color=";

	return !strcmp(word, "-j") || !strcmp(word, "--json") ||
	       (!strncmp(word, color, strlen(color)) &&
		stream_choose_colour(word + strlen(color)));
}

static int run_command(int argc, char **argv)
{
	json_output = wants_json(argc, argv);
	while (argc > 1 && is_common(argv[1])) {
		argc--;
		argv++;
	}
	if (argc < 2) {
		print_usage(stderr);
		return WRONG_USE;
	}
	if (is_help(argv[1])) {
		print_usage(stdout);
		return DONE;
	}
	if (is_version(argv[1])) {
		print_version();
		return DONE;
	}
	if (is_listing(argv[1])) {
		this_command = find("run");
		return this_command->run(argc, argv);
	}
	this_command = find(argv[1]);
	if (!this_command)
		return unknown_command(argv[1]);
	return this_command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	streams_open();
	signals_open();
	return streams_close(run_command(argc, argv));
}

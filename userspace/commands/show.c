// SPDX-License-Identifier: GPL-2.0
/* show: one program, its probes, maps and ledger. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "command.h"
#include "lib/answer.h"
#include "lib/client.h"
#include "print/ledger.h"

const char show_help[] =
	"usage: kpctl show [-v] NAME\n\n"
	"Shows where each probe is attached and how, what the maps hold and\n"
	"cost, and the ledger: where every event went. HOW is one of ftrace,\n"
	"kprobe (on ftrace), optimised (a jump), int3 (a breakpoint), perf,\n"
	"raw, call: the first is the cheapest; in brackets why it is not that.\n\n"
	"  hits = recorded + filtered + overflow + fault + busy + recursion +\n"
	"         output + stack + fuel + missed\n\n"
	"  -v, --verbose  also the program's text\n"
	"  -j, --json     JSON\n\n"
	"examples:\n"
	"  kpctl show drops\n"
	"  kpctl show -v drops\n";

static void print_sites(const struct program_answer *program)
{
	size_t i, j;

	printf("%-9s %-10s %10s  %s\n", "STATE", "HOW", "MISSED", "PROBE");
	for (i = 0; i < program->nr_probes; i++) {
		const struct probe_answer *probe = &program->probes[i];

		for (j = 0; j < probe->nr_sites; j++) {
			const struct site_answer *site = &probe->sites[j];

			printf("%-9s %-10s %10llu  %s:%s", site->state,
			       site->how, site->missed, probe->provider,
			       site->target);
			if (site->error)
				printf("  (%s)", strerror(-site->error));
			else if (site->why && *site->why)
				printf("  (%s)", site->why);
			putchar('\n');
		}
	}
}

static void print_maps(const struct program_answer *program)
{
	size_t i;

	if (!program->nr_maps)
		return;
	printf("\n%-20s %-6s %10s %9s %10s\n", "MAP", "KIND", "KEYS/CPU",
	       "MEMORY", "OVERFLOW");
	for (i = 0; i < program->nr_maps; i++) {
		const struct map_answer *map = &program->maps[i];

		printf("%-20s %-6s %10u %6lluKiB %10llu\n", map->name,
		       map_kind_names[map->kind], map->max_entries,
		       map->memory >> 10, map->overflow);
	}
}

static void print_stacks(const struct program_answer *program)
{
	if (program->max_stacks)
		printf("\nstacks: %u kept, room for %u\n", program->stacks,
		       program->max_stacks);
}

static void print_text(const struct program_answer *program, bool verbose)
{
	char silence[SILENCE_MAX];

	printf("%s: %s%s, %llu KiB, loaded %.1f s ago\n\n", program->name,
	       program_state(program),
	       program->flags & KPS_F_OWNED ? ", goes with its kpctl run" : "",
	       program->memory >> 10, program->age_ns / 1e9);
	if (program->stopped)
		printf("stopped: %s.\n`kpctl enable %s` starts it again; load it with --cpu-budget to allow more.\n\n",
		       program->stopped, program->name);
	else if (program->has_exited)
		printf("It ended itself: exit(%u). `kpctl enable %s` starts it again.\n\n",
		       program->status, program->name);
	if (program->silent_ns)
		printf("silent for %s.\n\n",
		       silence_text(program->silent_ns, silence, sizeof(silence)));
	print_sites(program);
	print_maps(program);
	print_stacks(program);
	putchar('\n');
	ledger_print(program);
	if (verbose)
		printf("\n%s\n", program->source);
}

static struct json_object *json_probe(const struct probe_answer *probe)
{
	struct json_object *object = json_object_new_object();
	struct json_object *sites;
	size_t i;

	json_add_string(object, "name", probe->name);
	json_add_string(object, "provider", probe->provider);
	json_object_object_add(object, "ledger", ledger_json(probe->ledger));
	json_object_object_add(object, "fault_lines", fault_lines_json(probe));
	sites = json_add_array(object, "sites");
	for (i = 0; i < probe->nr_sites; i++) {
		const struct site_answer *site = &probe->sites[i];
		struct json_object *each = json_object_new_object();

		json_add_string(each, "target", site->target);
		json_add_string(each, "state", site->state);
		json_add_string(each, "how", site->how);
		json_add_string(each, "why", site->why ? site->why : "");
		json_add_int(each, "errno", -site->error);
		json_add_uint(each, "missed", site->missed);
		json_object_array_add(sites, each);
	}
	return object;
}

static struct json_object *json_map(const struct map_answer *map)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "name", map->name);
	json_add_string(object, "kind", map_kind_names[map->kind]);
	json_add_uint(object, "max_entries", map->max_entries);
	json_add_uint(object, "memory", map->memory);
	json_add_uint(object, "overflow", map->overflow);
	return object;
}

static void print_json(const struct program_answer *program)
{
	struct json_object *document = json_object_new_object();
	struct json_object *array;
	size_t i;

	json_add_string(document, "name", program->name);
	json_add_string(document, "state", program_state(program));
	if (program->stopped)
		json_add_string(document, "why", program->stopped);
	else if (program->has_exited)
		json_add_int(document, "exit", program->status);
	json_add_uint(document, "cpu_budget", program->cpu_budget);
	json_add_bool(document, "owned", program->flags & KPS_F_OWNED);
	json_add_uint(document, "memory", program->memory);
	json_add_uint(document, "age_ns", program->age_ns);
	json_add_uint(document, "silent_ns", program->silent_ns);
	json_add_uint(document, "stacks", program->stacks);
	json_add_uint(document, "max_stacks", program->max_stacks);
	json_object_object_add(document, "ledger",
			       ledger_json(program->ledger));
	array = json_add_array(document, "probes");
	for (i = 0; i < program->nr_probes; i++)
		json_object_array_add(array, json_probe(&program->probes[i]));
	array = json_add_array(document, "maps");
	for (i = 0; i < program->nr_maps; i++)
		json_object_array_add(array, json_map(&program->maps[i]));
	json_add_string(document, "source", program->source);
	json_print(document);
}

int command_show(int argc, char **argv)
{
	struct program_answer program;
	struct client *client;
	bool verbose = false;
	int status = DONE;

	if (!flag_options(argc, argv, (struct option)OPTION_VERBOSE, &verbose, &status))
		return status;
	if (argc - optind != 1)
		return wrong_use("it takes one program's name; kpctl list shows them");
	client = client_open();
	if (!client)
		return FAILED;
	if (program_get(client, argv[optind], &program))
		status = FAILED;
	else if (json_output)
		print_json(&program);
	else
		print_text(&program, verbose);
	program_free(&program);
	client_close(client);
	return status;
}

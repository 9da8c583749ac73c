// SPDX-License-Identifier: GPL-2.0
/* check: compile only. */
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "command.h"
#include "lib/answer.h"
#include "object/disasm.h"

const char check_help[] =
	"usage: kpctl check [-v] PROGRAM | FILE.bt | - | -e TEXT\n\n"
	"Compiles a program against this kernel's functions and events, and\n"
	"loads nothing.\n\n"
	"  -e TEXT        the program itself\n"
	"  -v, --verbose  what it attaches to, its maps and its instructions\n"
	"  -j, --json     JSON\n"
	"      --max-keys N, --max-stacks N, --max-probes N, --maxactive N\n"
	"                 as for run\n\n"
	"examples:\n"
	"  kpctl check drops.bt\n"
	"  kpctl check -v -e 'kprobe:vfs_read { @[comm] = count(); }'\n";

static void print_text(const struct object *object)
{
	size_t i, j;

	for (i = 0; i < object->nr_maps; i++)
		printf("map %zu %s %s, %u keys\n", i, object->maps[i].name,
		       map_kind_names[object->maps[i].kind],
		       object->maps[i].max_entries);
	if (object->stack_entries)
		printf("stacks %u\n", object->stack_entries);
	for (i = 0; i < object->nr_probes; i++) {
		const struct object_probe *probe = &object->probes[i];

		printf("\n%s\n", probe->name);
		for (j = 0; j < probe->nr_targets; j++)
			printf("  at %s\n", probe->targets[j]);
		disasm(stdout, probe->insns, probe->nr_insns, "  ");
	}
}

static void print_json(const struct object *object)
{
	struct json_object *document = json_object_new_object();
	struct json_object *array = json_add_array(document, "probes");
	size_t i;

	for (i = 0; i < object->nr_probes; i++) {
		struct json_object *probe = json_object_new_object();

		json_add_string(probe, "name", object->probes[i].name);
		json_add_uint(probe, "sites", object->probes[i].nr_targets);
		json_add_uint(probe, "instructions",
			      object->probes[i].nr_insns);
		json_object_array_add(array, probe);
	}
	array = json_add_array(document, "maps");
	for (i = 0; i < object->nr_maps; i++)
		json_object_array_add(array, json_object_new_string(
						object->maps[i].name));
	json_print(document);
}

int command_check(int argc, char **argv)
{
	static const struct option options[] = {
		OPTION_HELP,
		OPTION_JSON,
		OPTION_MAX_KEYS,
		OPTION_MAX_STACKS,
		OPTION_MAX_PROBES,
		OPTION_MAXACTIVE,
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 }
	};
	struct program_source source = { 0 };
	struct object object;
	bool verbose = false;
	int option, status = DONE;

	while ((option = next_option(argc, argv, ":hje:v", options)) != -1) {
		if (option == 'v')
			verbose = true;
		else if (!compile_option(option, &source, &status))
			return status;
	}
	status = source_open(&source, source_arguments(&source, argc, argv));
	if (!status)
		status = source_compile(&source, &object);
	if (!status) {
		if (json_output)
			print_json(&object);
		else if (verbose)
			print_text(&object);
		object_free(&object);
	}
	source_free(&source);
	return status;
}

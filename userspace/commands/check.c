// SPDX-License-Identifier: GPL-2.0
/* check: compile only. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "command.h"
#include "object/disasm.h"

const char check_help[] =
	"usage: kpctl check [-v] [--dump PASS] PROGRAM | FILE.bt | - | -e TEXT\n\n"
	"Compiles a program against this kernel's functions and events, and\n"
	"loads nothing.\n\n"
	"  -e TEXT        the program itself\n"
	"  -v, --verbose  what it attaches to, its maps and its instructions\n"
	"      --dump PASS\n"
	"                 what a pass of the compiler makes of it: preprocess, parse,\n"
	"                 expand, settings, declare, resolve, learn, check or emit\n"
	"  -j, --json     JSON\n"
	"      --max-keys N, --max-stacks N, --max-probes N, --maxactive N\n"
	"                 as for run\n\n"
	"examples:\n"
	"  kpctl check drops.bt\n"
	"  kpctl check -v -e 'kprobe:vfs_read { @[comm] = count(); }'\n"
	"  kpctl check --dump check drops.bt\n";

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

static bool is_pass(const char *word)
{
	const char *name;
	size_t i;

	for (i = 0; (name = compile_pass(i)); i++)
		if (!strcmp(word, name))
			return true;
	return false;
}

static const char *passes(struct arena *arena)
{
	const char *all = compile_pass(0), *name;
	size_t i;

	for (i = 1; (name = compile_pass(i)); i++)
		all = arena_printf(arena, "%s%s%s", all,
				   compile_pass(i + 1) ? ", " : " or ", name);
	return all;
}

/* Return: whether it can be done. */
static bool check_dump(const char *pass)
{
	struct arena arena = { 0 };
	bool good = is_pass(pass) && !json_output;

	if (!is_pass(pass))
		wrong_use("--dump takes %s, not \"%s\"", passes(&arena), pass);
	else if (!good)
		wrong_use("--dump is text: leave --json out");
	arena_free(&arena);
	return good;
}

static int check(const struct program_source *source, bool verbose)
{
	struct object object;

	if (source_compile(source, &object))
		return FAILED;
	if (json_output)
		print_json(&object);
	else if (verbose)
		object_print(stdout, &object);
	object_free(&object);
	return DONE;
}

int command_check(int argc, char **argv)
{
	static const struct option options[] = {
		OPTIONS_COMPILE,
		OPTION_VERBOSE,
		{ "dump", required_argument, NULL, OPT_DUMP },
		{ 0 }
	};
	struct program_source source = { 0 };
	const char *dump = NULL;
	bool verbose = false;
	int option, status = DONE;

	while ((option = next_program_option(argc, argv, ":hje:v", options,
					     &source)) != -1) {
		if (option == 'v')
			verbose = true;
		else if (option == OPT_DUMP)
			dump = optarg;
		else if (!compile_option(option, &source, &status))
			return status;
	}
	if (source.wants_help)
		return source_help(&source, argc, argv);
	if (dump && !check_dump(dump))
		return WRONG_USE;
	status = source_open(&source, source_arguments(&source, argc, argv));
	if (!status)
		status = dump ? source_dump(&source, dump) :
				check(&source, verbose);
	source_free(&source);
	return status;
}

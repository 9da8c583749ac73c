// SPDX-License-Identifier: GPL-2.0
/* status: the module, its engine and its limits. */
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "command.h"
#include "ktypes/ktypes.h"
#include "lib/answer.h"
#include "lib/client.h"

const char status_help[] =
	"usage: kpctl status [-j]\n\n"
	"Shows the module's version, the kernel, whether clauses run compiled\n"
	"or interpreted, the memory in use, and where types come from.\n\n"
	"  -j, --json   JSON\n\n"
	"examples:\n"
	"  kpctl status\n"
	"  kpctl status -j | jq .engine\n";

/* The index is looked at, and not made. */
static void print_types(void)
{
	unsigned int nr;
	const char *where = ktypes_where(&nr);

	if (!where)
		printf("types     none: neither a types object nor BTF\n");
	else if (nr)
		printf("types     %s, %u structs\n", where, nr);
	else
		printf("types     %s, not read yet\n", where);
}

static void json_add_types(struct json_object *document)
{
	unsigned int nr;
	const char *where = ktypes_where(&nr);

	json_add_string(document, "types", where);
	json_add_uint(document, "structs", nr);
}

static void print_text(const struct status_answer *status)
{
	printf("module    kpstat %s\n", status->version);
	printf("kernel    %s, %u CPUs\n", status->kernel, status->nr_cpus);
	printf("engine    %s\n", status->engine);
	printf("programs  %u\n", status->nr_programs);
	printf("memory    %llu of %llu KiB (max_memory_mb)\n",
	       status->memory >> 10, status->memory_max >> 10);
	print_types();
}

static void print_json(const struct status_answer *status)
{
	struct json_object *document = json_object_new_object();

	json_add_string(document, "version", status->version);
	json_add_string(document, "kernel", status->kernel);
	json_add_uint(document, "cpus", status->nr_cpus);
	json_add_string(document, "engine", status->engine);
	json_add_uint(document, "programs", status->nr_programs);
	json_add_uint(document, "memory", status->memory);
	json_add_uint(document, "memory_max", status->memory_max);
	json_add_types(document);
	json_print(document);
}

int command_status(int argc, char **argv)
{
	struct status_answer answer;
	struct client *client;
	int status = DONE;

	if (!plain_options(argc, argv, &status))
		return status;
	if (optind < argc)
		return wrong_use("it takes no argument");
	client = client_open();
	if (!client)
		return FAILED;
	if (status_get(client, &answer))
		status = FAILED;
	else if (json_output)
		print_json(&answer);
	else
		print_text(&answer);
	status_free(&answer);
	client_close(client);
	return status;
}

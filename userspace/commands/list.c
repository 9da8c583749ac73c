// SPDX-License-Identifier: GPL-2.0
/* list: the programs that are loaded. */
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "command.h"
#include "lib/answer.h"
#include "lib/client.h"
#include "print/ledger.h"

const char list_help[] =
	"usage: kpctl list [-j]\n\n"
	"Shows the programs that are loaded: state, age, probes, maps, memory, what\n"
	"their handlers took of the busiest CPU in the last second (estimated), events\n"
	"that came and events that were lost.\n\n"
	"  -j, --json   JSON\n\n"
	"examples:\n"
	"  kpctl list\n"
	"  kpctl list -j | jq -r '.programs[].name'\n";

/* "5s", "3m", "2h", "9d". */
static const char *age_text(unsigned long long ns, char *text, size_t size)
{
	unsigned long long s = ns / 1000000000;

	if (s < 100)
		snprintf(text, size, "%llus", s);
	else if (s < 6000)
		snprintf(text, size, "%llum", s / 60);
	else if (s < 360000)
		snprintf(text, size, "%lluh", s / 3600);
	else
		snprintf(text, size, "%llud", s / 86400);
	return text;
}

static void print_text(const struct programs_answer *programs)
{
	char age[24], silence[SILENCE_MAX];
	size_t i;

	if (!programs->nr) {
		printf("no programs are loaded\n");
		return;
	}
	printf("%-24s %-8s %5s %6s %5s %9s %5s %12s %10s\n", "NAME", "STATE",
	       "AGE", "PROBES", "MAPS", "MEMORY", "%CPU", "HITS", "LOST");
	for (i = 0; i < programs->nr; i++) {
		const struct program_answer *program = &programs->programs[i];

		printf("%-24s %-8s %5s %6u %5u %6lluKiB %5.1f %12llu %10llu\n",
		       program->name, program_state(program),
		       age_text(program->age_ns, age, sizeof(age)),
		       program->total_probes, program->total_maps,
		       program->memory >> 10, program->cpu_permille / 10.0,
		       program->ledger[KPS_LEDGER_HITS],
		       ledger_lost(program->ledger));
		if (program->stopped)
			printf("  stopped: %s\n", program->stopped);
		else if (program->has_exited)
			printf("  ended itself: exit(%u)\n", program->status);
		if (program->silent_ns)
			printf("  silent: %s\n",
			       silence_text(program->silent_ns, silence,
					    sizeof(silence)));
	}
}

static void print_json(const struct programs_answer *programs)
{
	struct json_object *document = json_object_new_object();
	struct json_object *array = json_add_array(document, "programs");
	size_t i;

	for (i = 0; i < programs->nr; i++) {
		const struct program_answer *program = &programs->programs[i];
		struct json_object *object = json_object_new_object();

		json_add_string(object, "name", program->name);
		json_add_string(object, "state", program_state(program));
		if (program->stopped)
			json_add_string(object, "why", program->stopped);
		else if (program->has_exited)
			json_add_int(object, "exit", program->status);
		json_add_bool(object, "owned", program->flags & KPS_F_OWNED);
		json_add_uint(object, "age_ns", program->age_ns);
		json_add_uint(object, "silent_ns", program->silent_ns);
		json_add_uint(object, "probes", program->total_probes);
		json_add_uint(object, "maps", program->total_maps);
		json_add_uint(object, "memory", program->memory);
		json_add_uint(object, "cpu_permille", program->cpu_permille);
		json_object_object_add(object, "ledger",
				       ledger_json(program->ledger));
		json_object_array_add(array, object);
	}
	json_print(document);
}

int command_list(int argc, char **argv)
{
	struct programs_answer programs;
	struct client *client;
	int status = DONE;

	if (!plain_options(argc, argv, &status))
		return status;
	if (optind < argc)
		return wrong_use("it takes no argument; kpctl show NAME tells about one program");
	client = client_open();
	if (!client)
		return FAILED;
	if (programs_get(client, &programs))
		status = FAILED;
	else if (json_output)
		print_json(&programs);
	else
		print_text(&programs);
	programs_free(&programs);
	client_close(client);
	return status;
}

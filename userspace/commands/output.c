// SPDX-License-Identifier: GPL-2.0
/*
 * output: what a program that was loaded to stay has printed, as `kpctl run` prints it. The
 * kernel has kept the formats with the program. Of outputs that have none, as other senders
 * of LOAD may leave them, the fields are shown as they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "command.h"
#include "lib/client.h"
#include "lib/records.h"
#include "object/output_text.h"
#include "print/actions.h"
#include "print/value.h"

const char output_help[] =
	"usage: kpctl output [options] NAME\n\n"
	"Prints and removes what a loaded program has printed since it was last asked.\n"
	"print(@map) shows what the map has now, and clear() and zero() have been done\n"
	"when they came: let one reader follow where that matters.\n\n"
	"  -f, --follow  go on until Ctrl-C\n"
	"  -j, --json    JSON, one document a line\n\n"
	"examples:\n"
	"  kpctl output opens\n"
	"  kpctl output -f opens\n";

struct printer {
	struct client *client;		/* for maps */
	struct client *reader;		/* of records; both cannot be one */
	struct object object;		/* as far as SHOW tells of it */
	bool *is_known;			/* of each output, what it is for */
	struct actions actions;
	struct text text;
	unsigned long long lost;	/* as was told */
};

static const struct kps_field plain = { .type = KPS_T_INT,
					.flags = KPS_FIELD_SIGNED };

static void as_text(struct text *text, const struct record *record)
{
	size_t i;

	time_write(text, "%H:%M:%S.%f", record->time);
	text_printf(text, " %u", record->output);
	for (i = 0; i < record->nr_fields; i++) {
		text_puts(text, i ? ", " : " ");
		value_write(text, &plain, &record->fields[i], INDENT_VALUE);
	}
}

static void as_json(struct text *text, const struct record *record)
{
	size_t i;

	text_printf(text, "{\"type\": \"output\", \"data\": {\"time_ns\": %llu, \"output\": %u, \"fields\": [",
		    record->time, record->output);
	for (i = 0; i < record->nr_fields; i++) {
		if (i)
			text_puts(text, ", ");
		value_json(text, &plain, &record->fields[i], INDENT_VALUE);
	}
	text_puts(text, "]}}");
}

static void print_fields(struct text *text, const struct record *record)
{
	text_clear(text);
	if (json_output)
		as_json(text, record);
	else
		as_text(text, record);
	text_char(text, '\n');
	fwrite(text->data, 1, text->len, stdout);
}

static void print_record(const struct record *record, void *data)
{
	struct printer *printer = data;

	if (record->output < printer->object.nr_outputs && printer->is_known[record->output])
		actions_do(record, &printer->actions);
	else
		print_fields(&printer->text, record);
}

static void know_maps(struct object *object, const struct program_answer *program)
{
	size_t i;

	object->nr_maps = program->nr_maps;
	object->maps = xcalloc(program->nr_maps, sizeof(*object->maps));
	for (i = 0; i < program->nr_maps; i++) {
		snprintf(object->maps[i].name, sizeof(object->maps[i].name), "%s",
			 program->maps[i].name);
		object->maps[i].kind = program->maps[i].kind;
	}
}

static void know_outputs(struct printer *printer, const struct program_answer *program)
{
	struct object *object = &printer->object;
	size_t i, j;

	object->nr_outputs = program->nr_outputs;
	object->outputs = xcalloc(program->nr_outputs, sizeof(*object->outputs));
	printer->is_known = xcalloc(program->nr_outputs, sizeof(*printer->is_known));
	for (i = 0; i < program->nr_outputs; i++) {
		const struct output_answer *answer = &program->outputs[i];
		struct object_output *output = &object->outputs[i];

		output->nr_fields = answer->nr_fields;
		output->fields = xcalloc(answer->nr_fields, sizeof(*output->fields));
		for (j = 0; j < answer->nr_fields; j++)
			output->fields[j] = answer->fields[j];
		/* Whoever has loaded it does not have commands run here. */
		printer->is_known[i] = answer->text &&
				       output_parse(answer->text, object, output) &&
				       output->action != ACTION_CAT &&
				       output->action != ACTION_SYSTEM;
	}
	if (object->cut_trailer)
		value_set_trailer(object->cut_trailer);
}

static int open_printer(struct printer *printer, const char *name)
{
	struct program_answer program;
	int err;

	printer->client = client_open();
	printer->reader = printer->client ? client_open() : NULL;
	if (!printer->reader)
		return -1;
	err = program_get(printer->client, name, &program);
	if (!err) {
		know_maps(&printer->object, &program);
		know_outputs(printer, &program);
		actions_open(&printer->actions, &printer->object, name, printer->client);
	}
	program_free(&program);
	return err;
}

static void close_printer(struct printer *printer)
{
	actions_close(&printer->actions);
	object_free(&printer->object);
	free(printer->is_known);
	text_free(&printer->text);
	client_close(printer->reader);
	client_close(printer->client);
}

static void tell_lost(struct printer *printer, unsigned long long lost)
{
	if (lost == printer->lost)
		return;
	fflush(stdout);
	if (json_output)
		event_print("lost_events", "events", lost - printer->lost);
	else
		warning("lost %llu records: the output buffer was full", lost - printer->lost);
	printer->lost = lost;
}

static int print_all(struct printer *printer, const char *name, bool follow)
{
	static const struct timespec moment = { .tv_nsec = 50 * 1000000 };
	struct records_answer answer;
	unsigned long long begun;
	int err;

	do {
		begun = actions_now();
		err = records_get(printer->reader, name, print_record, printer, &answer);
		if (err)
			break;
		if (follow)
			actions_settle_before(&printer->actions, begun);
		else
			actions_settle(&printer->actions);
		tell_lost(printer, answer.lost);
		fflush(stdout);
		if (follow)
			nanosleep(&moment, NULL);
	} while (follow);
	return err ? FAILED : DONE;
}

int command_output(int argc, char **argv)
{
	struct printer printer = { 0 };
	bool follow = false;
	int status = DONE;

	if (!flag_options(argc, argv, (struct option)OPTION_FOLLOW, &follow, &status))
		return status;
	if (argc - optind != 1)
		return wrong_use("it takes a program's name");
	status = open_printer(&printer, argv[optind]) ? FAILED :
		 print_all(&printer, argv[optind], follow);
	close_printer(&printer);
	return status;
}

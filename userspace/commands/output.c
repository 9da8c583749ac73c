// SPDX-License-Identifier: GPL-2.0
/*
 * output: records of a program that was loaded to stay.  What its printf() and
 * the like would make of them is known to the kpctl that loaded it only, so
 * their fields are shown as they are.
 */
#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"
#include "command.h"
#include "lib/client.h"
#include "lib/records.h"
#include "print/value.h"

const char output_help[] =
	"usage: kpctl output [options] NAME\n\n"
	"Prints and removes the records that a loaded program's printf() and the\n"
	"like have written: the time, the number of the output, its fields. Outputs\n"
	"are numbered from 0 in the order of the program's text.\n\n"
	"  -f, --follow  go on until Ctrl-C\n"
	"  -j, --json    JSON, one document a line\n\n"
	"examples:\n"
	"  kpctl output opens\n"
	"  kpctl output -f opens\n";

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

static void print_record(const struct record *record, void *data)
{
	struct text *text = data;

	text_clear(text);
	if (json_output)
		as_json(text, record);
	else
		as_text(text, record);
	text_char(text, '\n');
	fwrite(text->data, 1, text->len, stdout);
}

static int print_all(struct client *client, const char *name, bool follow)
{
	static const struct timespec moment = { .tv_nsec = 50 * 1000000 };
	struct text text = { 0 };
	int err;

	do {
		err = records_get(client, name, print_record, &text, NULL);
		fflush(stdout);
		if (follow && !err)
			nanosleep(&moment, NULL);
	} while (follow && !err);
	text_free(&text);
	return err ? FAILED : DONE;
}

int command_output(int argc, char **argv)
{
	struct client *client;
	bool follow = false;
	int status = DONE;

	if (!flag_options(argc, argv, (struct option)OPTION_FOLLOW, &follow, &status))
		return status;
	if (argc - optind != 1)
		return wrong_use("it takes a program's name");
	client = client_open();
	if (!client)
		return FAILED;
	status = print_all(client, argv[optind], follow);
	client_close(client);
	return status;
}

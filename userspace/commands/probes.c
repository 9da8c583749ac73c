// SPDX-License-Identifier: GPL-2.0
/* probes: what can be probed on this kernel. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "command.h"
#include "lang/resolve.h"

const char probes_help[] =
	"usage: kpctl probes [-v] [GLOB]\n\n"
	"Lists the functions and events that can be probed here.\n\n"
	"  -v, --verbose  also the fields that args has in each event\n"
	"  -j, --json     JSON, one document a line\n\n"
	"examples:\n"
	"  kpctl probes '*retransmit*'\n"
	"  kpctl probes -v tracepoint:skb:kfree_skb\n"
	"  kpctl probes 'conntrack:*'\n";

static const char *field_type(const struct event_field *field)
{
	static const char * const classes[] = {
		[FIELD_PLAIN]		= "integer",
		[FIELD_STRING]		= "string",
		[FIELD_DATA_LOC]	= "string",
		[FIELD_BYTES]		= "bytes",
		[FIELD_LOC]		= "bytes",
		[FIELD_REL_LOC]		= "bytes",
		[FIELD_WORD]		= "integer",
		[FIELD_OPAQUE]		= "opaque",
	};

	if (field->class == FIELD_PLAIN && field->type == KPS_T_INET)
		return "address";
	if (field->class == FIELD_PLAIN && field->type == KPS_T_ENUM)
		return "enum";
	return classes[field->class];
}

static void print_field(const struct event_field *field)
{
	if (field->declared)
		printf("    %s\n", field->declared);
	else
		printf("    %s %s\n", field_type(field), field->name);
}

static struct json_object *json_field(const struct event_field *field)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "name", field->name);
	json_add_string(object, "type", field_type(field));
	return object;
}

static void print_text(const char *probe, const struct event_fields *fields)
{
	size_t i;

	puts(probe);
	for (i = 0; fields && i < fields->nr; i++)
		print_field(&fields->fields[i]);
}

static void print_json(const char *probe, const struct event_fields *fields)
{
	struct json_object *document = json_object_new_object();
	struct json_object *array;
	size_t i;

	json_add_string(document, "probe", probe);
	if (fields) {
		array = json_add_array(document, "args");
		for (i = 0; i < fields->nr; i++)
			json_object_array_add(array,
					      json_field(&fields->fields[i]));
	}
	json_print(document);
}

static void print_probe(const char *probe, const struct event_fields *fields,
			void *data)
{
	(void)data;
	if (json_output)
		print_json(probe, fields);
	else
		print_text(probe, fields);
}

int list_probes(const char *pattern, bool verbose)
{
	if (probes_list(pattern, verbose, print_probe, NULL))
		return DONE;
	error("nothing that can be probed is called \"%s\"",
	      pattern ? pattern : "*");
	return FAILED;
}

int list_program(const struct program_source *source, bool verbose)
{
	return compile_probes(source->text, &source->options, verbose, print_probe,
			      NULL) ? FAILED : DONE;
}

int command_probes(int argc, char **argv)
{
	bool verbose = false;
	int status = DONE;

	if (!flag_options(argc, argv, (struct option)OPTION_VERBOSE, &verbose, &status))
		return status;
	if (argc - optind > 1)
		return wrong_use("it takes one pattern; put it in quotes");
	return list_probes(argv[optind], verbose);
}

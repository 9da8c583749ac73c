// SPDX-License-Identifier: GPL-2.0
/* tools: the programs that come with kpstat, and those of the site's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "command.h"
#include "manual.h"

const char tools_help[] =
	"usage: kpctl tools [-j] [SUBJECT]\n"
	"       kpctl tools -v NAME\n\n"
	"Lists the programs that kpctl run finds by their names, by subject, with the\n"
	"question that each answers.\n\n"
	"  -v, --verbose  one of them: how to use it, how to read it, what it costs;\n"
	"                 kpctl run NAME --help says the same, and so does its manual,\n"
	"                 man kpctl-NAME\n"
	"  -j, --json     JSON\n\n"
	"examples:\n"
	"  kpctl tools\n"
	"  kpctl tools network\n"
	"  kpctl tools -v runqlat\n";

struct tool {
	const char *name;
	const char *path;
	struct manual manual;
};

struct tools {
	struct arena arena;
	const char *subject;	/* NULL: all */
	struct tool *list;
	size_t nr;
};

static void add_tool(const char *name, const char *path, void *data)
{
	struct tools *tools = data;
	struct program_source source = { 0 };
	struct manual manual;
	struct tool *tool;

	if (source_open(&source, path)) {
		source_free(&source);
		return;
	}
	manual_read(&manual, &tools->arena, source.text);
	source_free(&source);
	if (!*manual.subject)
		manual.subject = "others";
	if (tools->subject && strcmp(tools->subject, manual.subject))
		return;
	tool = APPEND(tools->list, tools->nr);
	*tool = (struct tool){ name, path, manual };
}

static int compare(const void *a, const void *b)
{
	const struct tool *first = a, *second = b;
	int order = strcmp(first->manual.subject, second->manual.subject);

	return order ? order : strcmp(first->name, second->name);
}

static void print_text(const struct tools *tools)
{
	const char *subject = "";
	size_t i;

	for (i = 0; i < tools->nr; i++) {
		const struct tool *tool = &tools->list[i];

		if (strcmp(subject, tool->manual.subject))
			printf("%s%s:\n", i ? "\n" : "", tool->manual.subject);
		subject = tool->manual.subject;
		printf("  %-15s %s\n", tool->name, tool->manual.question);
	}
}

static void print_json(const struct tools *tools)
{
	struct json_object *document = json_object_new_object();
	struct json_object *array = json_add_array(document, "tools");
	size_t i;

	for (i = 0; i < tools->nr; i++) {
		const struct tool *tool = &tools->list[i];
		struct json_object *object = json_object_new_object();

		json_add_string(object, "name", tool->name);
		json_add_string(object, "subject", tool->manual.subject);
		json_add_string(object, "question", tool->manual.question);
		json_add_string(object, "file", tool->path);
		json_object_array_add(array, object);
	}
	json_print(document);
}

static int list_tools(const char *subject)
{
	struct tools tools = { .subject = subject };
	int status = DONE;

	programs_each(&tools.arena, add_tool, &tools);
	qsort(tools.list, tools.nr, sizeof(*tools.list), compare);
	if (!tools.nr && subject) {
		error("there are no tools for \"%s\"; kpctl tools lists them by subject", subject);
		status = FAILED;
	} else if (json_output) {
		print_json(&tools);
	} else {
		print_text(&tools);
	}
	free(tools.list);
	arena_free(&tools.arena);
	return status;
}

static int explain(const char *name)
{
	struct program_source source = { 0 };
	int status = source_open(&source, name);

	if (!status)
		print_manual(&source);
	source_free(&source);
	return status;
}

int command_tools(int argc, char **argv)
{
	bool verbose = false;
	int status = DONE;

	if (!flag_options(argc, argv, (struct option)OPTION_VERBOSE, &verbose, &status))
		return status;
	if (argc - optind > 1)
		return wrong_use("it takes one subject, or with -v one name");
	if (verbose && argc == optind)
		return wrong_use("-v takes the name of a tool");
	if (verbose && json_output)
		return wrong_use("-v is text: leave --json out");
	return verbose ? explain(argv[optind]) : list_tools(argv[optind]);
}

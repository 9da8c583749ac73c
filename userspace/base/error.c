// SPDX-License-Identifier: GPL-2.0
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "diag.h"
#include "error.h"
#include "json.h"
#include "stream.h"

bool json_output, json_as_bpftrace;

static void say(const char *kind, const char *fmt, va_list args)
{
	struct json_object *object;
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		return;
	if (json_output) {
		object = json_object_new_object();
		json_add_string(object, kind, text);
		json_print(object);
	} else {
		fflush(stdout);
		stream_colour(stderr, kind[0] == 'w' ? COLOUR_WARNING : COLOUR_ERROR);
		fprintf(stderr, "kpctl:%s", kind[0] == 'w' ? " warning:" : "");
		stream_colour(stderr, COLOUR_NONE);
		fprintf(stderr, " %s\n", text);
	}
	free(text);
}

void error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("error", fmt, args);
	va_end(args);
}

void warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("warning", fmt, args);
	va_end(args);
}

static void diag_as_json(const struct diag *diag, void *data)
{
	struct json_object *object = json_object_new_object();

	(void)data;
	json_add_string(object, diag_level_name(diag->level), diag->message);
	json_add_string(object, "file", diag->file);
	if (diag->at.first_line) {
		json_add_int(object, "line", diag->at.first_line);
		json_add_int(object, "column", diag->at.first_column);
	}
	if (diag->hint)
		json_add_string(object, "hint", diag->hint);
	json_print(object);
}

void error_take_diagnostics(void)
{
	diag_set_sink(json_output ? diag_as_json : NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "output_text.h"

static const char * const names[] = {
	[ACTION_PRINTF]		= "printf",
	[ACTION_PRINT_VALUE]	= "print",
	[ACTION_JOIN]		= "join",
	[ACTION_CAT]		= "cat",
	[ACTION_SYSTEM]		= "system",
	[ACTION_TIME]		= "time",
	[ACTION_PRINT_MAP]	= "map",
	[ACTION_CLEAR]		= "clear",
	[ACTION_ZERO]		= "zero",
	[ACTION_EXIT]		= "exit",
	[ACTION_ERRORF]		= "errorf",
	[ACTION_WARNF]		= "warnf",
	[ACTION_RUNTIME]	= "runtime_error",
};

static bool is_of_map(enum action action)
{
	return action == ACTION_PRINT_MAP || action == ACTION_CLEAR || action == ACTION_ZERO;
}

static void add_number(struct json_object *text, const char *key, unsigned long long number)
{
	if (number)
		json_add_uint(text, key, number);
}

static void add_string(struct json_object *text, const char *key, const char *string)
{
	if (string)
		json_add_string(text, key, string);
}

char *output_text(const struct object *object, const struct object_output *output)
{
	struct json_object *text = json_object_new_object();
	char *copy;

	json_add_string(text, "do", names[output->action]);
	add_string(text, "format", output->format);
	add_string(text, "shape", output->shape);
	if (is_of_map(output->action))
		json_add_uint(text, "map", output->map);
	add_number(text, "top", output->top);
	add_number(text, "div", output->div);
	add_number(text, "take", output->take);
	add_string(text, "trailer", object->cut_trailer);
	copy = xstrdup(json_object_to_json_string_ext(text, JSON_C_TO_STRING_PLAIN));
	json_object_put(text);
	return copy;
}

static unsigned long long number_of(struct json_object *text, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(text, key, &value) ? json_object_get_uint64(value) : 0;
}

static char *string_of(struct json_object *text, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(text, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return xstrdup(json_object_get_string(value));
}

/* Return: whether there is such an action. */
static bool parse_action(const char *name, enum action *action)
{
	size_t i;

	for (i = 0; name && i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name))
			continue;
		*action = i;
		return true;
	}
	return false;
}

static bool parse(struct json_object *text, struct object *object,
		  struct object_output *output)
{
	char *name = string_of(text, "do");
	bool good = parse_action(name, &output->action);

	free(name);
	if (!good)
		return false;
	output->format = string_of(text, "format");
	output->shape = string_of(text, "shape");
	output->map = number_of(text, "map");
	output->top = number_of(text, "top");
	output->div = number_of(text, "div");
	output->take = number_of(text, "take") & (KPS_F_RESET | KPS_F_ZERO);
	if (!object->cut_trailer)
		object->cut_trailer = string_of(text, "trailer");
	if (!output->format)
		output->format = xstrdup("");
	return !is_of_map(output->action) || output->map < object->nr_maps;
}

bool output_parse(const char *text, struct object *object, struct object_output *output)
{
	struct json_object *json = json_tokener_parse(text);
	bool good = json && json_object_is_type(json, json_type_object) &&
		    parse(json, object, output);

	json_object_put(json);
	return good;
}

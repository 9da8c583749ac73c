// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "json.h"

void json_print(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object,
					    JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	json_object_put(object);
}

void event_print(const char *type, const char *name, unsigned long long value)
{
	struct json_object *document = json_object_new_object();
	struct json_object *data = json_object_new_object();

	json_add_string(document, "type", type);
	json_add_uint(data, name, value);
	json_object_object_add(document, "data", data);
	json_print(document);
}

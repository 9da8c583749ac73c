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

// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "event_fields.h"

void event_fields_free(struct event_fields *fields)
{
	size_t i;

	for (i = 0; i < fields->nr; i++) {
		enum_table_clear(&fields->fields[i].names);
		free(fields->fields[i].name);
		free(fields->fields[i].declared);
	}
	free(fields->fields);
	*fields = (struct event_fields){ 0 };
}

bool event_field_is_loc(const struct event_field *field)
{
	return field->class == FIELD_DATA_LOC || field->class == FIELD_LOC ||
	       field->class == FIELD_REL_LOC;
}

const struct event_field *event_field_find(const struct event_fields *fields,
					   const char *name)
{
	size_t i;

	for (i = 0; i < fields->nr; i++)
		if (!strcmp(fields->fields[i].name, name))
			return &fields->fields[i];
	return NULL;
}

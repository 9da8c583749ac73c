// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "text.h"

static void write_object(struct text *out, struct json_object *object)
{
	const char *separator = "";

	text_char(out, '{');
	json_object_object_foreach(object, key, value) {
		text_puts(out, separator);
		text_json(out, key, strlen(key));
		text_puts(out, ": ");
		json_write(out, value);
		separator = ", ";
	}
	text_char(out, '}');
}

/* bpftrace sets buckets apart by a blank, and not the parts of a tuple. */
static void write_array(struct text *out, struct json_object *array)
{
	size_t i;

	text_char(out, '[');
	for (i = 0; i < json_object_array_length(array); i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		if (i)
			text_puts(out, json_object_is_type(item, json_type_object) ?
				  ", " : ",");
		json_write(out, item);
	}
	text_char(out, ']');
}

/* The user data of what is JSON already: only its address matters. */
static const char is_written;

struct json_object *json_text(struct text *text)
{
	struct json_object *object = json_object_new_string_len(text_string(text), text->len);

	json_object_set_userdata(object, (void *)&is_written, NULL);
	text_free(text);
	return object;
}

static void write_string(struct text *out, struct json_object *string)
{
	const char *bytes = json_object_get_string(string);
	int len = json_object_get_string_len(string);

	if (json_object_get_userdata(string) == &is_written)
		text_add(out, bytes, len);
	else
		text_json(out, bytes, len);
}

void json_write(struct text *out, struct json_object *object)
{
	switch (json_object_get_type(object)) {
	case json_type_object:
		write_object(out, object);
		break;
	case json_type_array:
		write_array(out, object);
		break;
	case json_type_string:
		write_string(out, object);
		break;
	default:
		text_puts(out, json_object_to_json_string(object));
	}
}

bool json_is_exact(unsigned long long number, bool is_signed)
{
	unsigned long long size = is_signed && (long long)number < 0 ? -number : number;

	/* 53 bits are a double's; what is 0 below them does not count. */
	return !size || (size >> __builtin_ctzll(size)) >> 53 == 0;
}

struct json_object *json_counted(unsigned long long number, bool is_signed)
{
	char text[24];

	if (!json_as_bpftrace || json_is_exact(number, is_signed))
		return is_signed ? json_object_new_int64(number) :
				   json_object_new_uint64(number);
	snprintf(text, sizeof(text), is_signed ? "%lld" : "%llu", number);
	return json_object_new_string(text);
}

void json_print(struct json_object *object)
{
	struct text text = { 0 };

	json_write(&text, object);
	puts(text_string(&text));
	fflush(stdout);
	text_free(&text);
	json_object_put(object);
}

void event_print(const char *type, const char *name, unsigned long long value)
{
	struct json_object *document = json_object_new_object();
	struct json_object *data = json_object_new_object();

	json_add_string(document, "type", type);
	/* This is where bpftrace has it from 0.24 on. */
	json_add_uint(document, "count", value);
	json_add_uint(data, name, value);
	json_object_object_add(document, "data", data);
	json_print(document);
}

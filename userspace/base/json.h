/* SPDX-License-Identifier: GPL-2.0 */
/* Short names for what kpctl needs of json-c. */
#ifndef KPCTL_JSON_H
#define KPCTL_JSON_H

#include <stdbool.h>
#include <json-c/json.h>

static inline void json_add_string(struct json_object *object, const char *key,
				   const char *value)
{
	json_object_object_add(object, key,
			       json_object_new_string(value ? value : ""));
}

static inline void json_add_int(struct json_object *object, const char *key,
				long long value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

static inline void json_add_uint(struct json_object *object, const char *key,
				 unsigned long long value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

static inline void json_add_bool(struct json_object *object, const char *key,
				 int value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

/*
 * Whether who reads JSON's numbers as doubles, as JavaScript does, gets this one as it
 * is. The newest bpftrace writes the others as strings.
 */
bool json_is_exact(unsigned long long number, bool is_signed);

/* A number that was counted: a string where bpftrace has one. */
struct json_object *json_counted(unsigned long long number, bool is_signed);

/* A new array under a key. */
static inline struct json_object *json_add_array(struct json_object *object,
						 const char *key)
{
	struct json_object *array = json_object_new_array();

	json_object_object_add(object, key, array);
	return array;
}

struct text;

/* What is written as JSON, to be a part of a document; @text is emptied. */
struct json_object *json_text(struct text *text);

/* As bpftrace writes it: {"a": 1, "b": [2, 3]}, always valid UTF-8. */
void json_write(struct text *out, struct json_object *object);

/* One document on a line of its own; it is released. */
void json_print(struct json_object *object);

/* {"type": type, "count": value, "data": {name: value}}, as bpftrace -f json tells events. */
void event_print(const char *type, const char *name, unsigned long long value);

#endif

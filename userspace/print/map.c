// SPDX-License-Identifier: GPL-2.0
/*
 * Maps as bpftrace prints them.  Entries come sorted from the module.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "lib/answer.h"
#include "folded.h"
#include "kind.h"
#include "map.h"
#include "merge.h"
#include "shape.h"

static struct values key_values(const struct map_answer *map,
				const struct entry_answer *entry)
{
	return (struct values){ entry->nr_key, map->key, entry->key, INDENT_KEY, 0,
				map->key_shape };
}

static void print_entry(const struct map_answer *map,
			const struct entry_answer *entry, long long div)
{
	struct text text = { 0 };

	text_puts(&text, map->name);
	if (entry->nr_key) {
		const struct values key = key_values(map, entry);

		text_char(&text, '[');
		values_write(&text, &key);
		text_char(&text, ']');
	}
	text_puts(&text, ": ");
	kind_of(map)->write(&text, map, entry, div);
	text_char(&text, '\n');
	fwrite(text.data, 1, text.len, stdout);
	text_free(&text);
}

/* JSON keys are strings; bpftrace joins the fields with commas. */
static char *key_text(const struct map_answer *map,
		      const struct entry_answer *entry)
{
	const struct values key = key_values(map, entry);
	struct text text = { 0 };

	values_key(&text, &key);
	text_string(&text);
	return text.data;
}

/* {"key": ["a", 1], "value": 5} */
static struct json_object *json_entry(const struct map_answer *map,
				      const struct entry_answer *entry,
				      struct json_object *value)
{
	const struct values key = key_values(map, entry);
	struct json_object *object = json_object_new_object();
	struct text text = { 0 };

	text_char(&text, '[');
	values_json(&text, &key);
	text_char(&text, ']');
	json_object_object_add(object, "key", json_text(&text));
	json_object_object_add(object, "value", value);
	return object;
}

/*
 * {"type": "map", "data": {"@name": [{"key": ["a", 1], "value": 5}]}}, or
 * {"@name": {"a,1": 5}} as bpftrace -f json
 */
static void json_map(const struct map_answer *map, size_t first, long long div)
{
	struct json_object *document = json_object_new_object();
	struct json_object *data = json_object_new_object();
	struct json_object *keyed = NULL;
	size_t i;

	json_add_string(document, "type", kind_of(map)->type);
	json_object_object_add(document, "data", data);
	if (map->nr_key) {
		keyed = json_as_bpftrace ? json_object_new_object() :
					   json_object_new_array();
		json_object_object_add(data, map->name, keyed);
	}
	for (i = first; i < map->nr_entries; i++) {
		const struct entry_answer *entry = &map->entries[i];
		struct json_object *value = kind_of(map)->json(map, entry, div);
		char *key;

		if (!keyed) {
			json_object_object_add(data, map->name, value);
			continue;
		}
		if (!json_as_bpftrace) {
			json_object_array_add(keyed,
					      json_entry(map, entry, value));
			continue;
		}
		key = key_text(map, entry);
		/* Different keys may read the same; none replaces another. */
		json_object_object_add_ex(keyed, key, value,
					  JSON_C_OBJECT_ADD_KEY_IS_NEW);
		free(key);
	}
	json_print(document);
}

/* Histograms end with an empty line each, averages all together. */
static void text_map(const struct map_answer *map, size_t first, long long div)
{
	size_t i;

	for (i = first; i < map->nr_entries; i++)
		print_entry(map, &map->entries[i], div);
	if (kind_of(map)->ends_empty)
		putchar('\n');
}

/* Where the last @top entries begin. */
static size_t first_of(const struct map_answer *map, unsigned long top)
{
	if (!top || top >= map->nr_entries || kind_of(map)->is_whole)
		return 0;
	return map->nr_entries - top;
}

/* What a map without keys has before anything is assigned: 0, false, or no text. */
static void print_nothing(struct map_answer *map, long long div)
{
	unsigned long long values[2] = { 0 };
	struct entry_answer entry = { .nr_values = 2, .values = values,
				      .nr_plain = map->nr_value };
	struct map_answer one = *map;
	unsigned int i;

	for (i = 0; i < map->nr_value; i++) {
		unsigned int type = map->value[i].type;
		bool is_bool = map->value[i].flags & KPS_FIELD_BOOL;

		entry.plain[i].is_text = is_bool || (type != KPS_T_INT && type != KPS_T_ENUM);
		entry.plain[i].is_bytes = type == KPS_T_BUF;
		entry.plain[i].text = is_bool ? (char *)"false" :
				      type == KPS_T_ADDR ? (char *)"0x0" : (char *)"";
	}
	one.nr_entries = 1;
	one.entries = &entry;
	if (json_output)
		json_map(&one, 0, div);
	else
		text_map(&one, 0, div);
}

void map_print(struct map_answer *map, unsigned long top, unsigned long div)
{
	size_t first;

	map_merge(map);
	first = first_of(map, top);
	if (folded_output) {
		if (map->nr_entries)
			folded_print(map, first, div);
		return;
	}
	if (!map->nr_entries && !map->nr_key && !kps_map_is_chart(map->kind))
		print_nothing(map, div);
	else if (json_output && map->nr_entries)
		json_map(map, first, div);
	else if (!json_output && map->nr_entries)
		text_map(map, first, div);
	else if (!json_output)
		putchar('\n');
}

static void warn_of_overflow(const struct map_answer *map)
{
	if (map->overflow)
		warning("%s: %llu updates were lost, all %u slots of a CPU were taken; give --max-keys more",
			map->name, map->overflow, map->max_entries);
}

void time_print(void)
{
	time_t seconds = time(NULL);
	struct json_object *document;
	char text[16];

	if (folded_output)
		return;
	strftime(text, sizeof(text), "%H:%M:%S\n", localtime(&seconds));
	if (!json_output) {
		fputs(text, stdout);
		return;
	}
	document = json_object_new_object();
	json_add_string(document, "type", "time");
	json_add_string(document, "data", text);
	json_print(document);
}

void maps_print(const struct maps_answer *maps)
{
	size_t i;

	for (i = 0; i < maps->nr; i++) {
		struct map_answer *map = &maps->maps[i];

		if (map->nr_entries)
			map_print(map, 0, 0);
		warn_of_overflow(map);
	}
	fflush(stdout);
}

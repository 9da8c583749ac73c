// SPDX-License-Identifier: GPL-2.0
/* From an object to a LOAD message. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netlink/attr.h>

#include "base/error.h"
#include "base/xalloc.h"
#include "client.h"
#include "object/object.h"
#include "object/output_text.h"

/* Room for an attribute's header and padding. */
#define OVERHEAD 16

/* Bytes of records: per CPU, and of all together unless CPUs are too many. */
#define BUFFER_MAX (1 << 20)
#define BUFFER_MIN (64 << 10)
#define BUFFERS_MAX (64 << 20)

/* Nests hold at most 64 KiB, the length of an attribute has 16 bits. */
#define NEST_MAX 65000

static size_t enum_size(const struct enum_table *table)
{
	size_t i, size = OVERHEAD;

	for (i = 0; i < table->nr; i++)
		size += strlen(table->names[i].name) + 2 * OVERHEAD + 8;
	return size;
}

static size_t probe_size(const struct object_probe *probe)
{
	size_t i, size = 512 + strlen(probe->name) +
			 probe->nr_insns * sizeof(struct bpf_insn);

	for (i = 0; i < probe->nr_targets; i++)
		size += strlen(probe->targets[i]) + OVERHEAD;
	return size;
}

static size_t addresses_size(const struct object_probe *probe)
{
	return probe->addresses ? OVERHEAD + probe->nr_targets *
				  sizeof(*probe->addresses) : 0;
}

static size_t shape_size(const char *shape)
{
	return shape ? strlen(shape) + OVERHEAD : 0;
}

static size_t places_size(const struct object_probe *probe)
{
	return probe->places ? OVERHEAD + probe->nr_targets *
			       sizeof(struct kps_place) : 0;
}

/* Text of JSON has at most six bytes for one. */
static size_t output_size(const struct object *object, const struct object_output *output)
{
	size_t text = (output->format ? strlen(output->format) : 0) +
		      (output->shape ? strlen(output->shape) : 0) +
		      (object->cut_trailer ? strlen(object->cut_trailer) : 0);

	return 16 * OVERHEAD + output->nr_fields * sizeof(struct kps_field) + 6 * text;
}

static size_t object_size(const struct object *object)
{
	size_t i, size = 1024 + strlen(object->source);

	for (i = 0; i < object->nr_enums; i++)
		size += enum_size(&object->enums[i]);
	size += object->nr_maps * (sizeof(struct object_map) + 256);
	for (i = 0; i < object->nr_maps; i++)
		size += shape_size(object->maps[i].key_shape) +
			shape_size(object->maps[i].value_shape);
	for (i = 0; i < object->nr_outputs; i++)
		size += output_size(object, &object->outputs[i]);
	for (i = 0; i < object->nr_blocks; i++)
		size += OVERHEAD + object->blocks[i].nr_insns * sizeof(struct bpf_insn);
	for (i = 0; i < object->nr_probes; i++)
		size += probe_size(&object->probes[i]) +
			addresses_size(&object->probes[i]) +
			places_size(&object->probes[i]);
	return size;
}

static void put_enum(struct nl_msg *msg, const struct enum_table *table)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_ENUM);
	size_t i;

	for (i = 0; i < table->nr; i++) {
		nla_put_s64(msg, KPS_ENUM_A_VALUE, table->names[i].value);
		nla_put_string(msg, KPS_ENUM_A_NAME, table->names[i].name);
	}
	nla_nest_end(msg, nest);
}

static void put_map(struct nl_msg *msg, const struct object_map *map)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_MAP);

	nla_put_string(msg, KPS_MAP_A_NAME, map->name);
	nla_put_u32(msg, KPS_MAP_A_KIND, map->kind);
	nla_put_u32(msg, KPS_MAP_A_MAX_ENTRIES, map->max_entries);
	nla_put_u32(msg, KPS_MAP_A_FLAGS, map->flags);
	if (map->nr_key)
		nla_put(msg, KPS_MAP_A_KEY, map->nr_key * sizeof(map->key[0]),
			map->key);
	nla_put(msg, KPS_MAP_A_VALUE, map->nr_value * sizeof(map->value[0]),
		map->value);
	nla_put(msg, KPS_MAP_A_LHIST, sizeof(map->lhist), &map->lhist);
	nla_put_u32(msg, KPS_MAP_A_BITS, map->bits);
	if (map->key_shape)
		nla_put_string(msg, KPS_MAP_A_KEY_SHAPE, map->key_shape);
	if (map->value_shape)
		nla_put_string(msg, KPS_MAP_A_VALUE_SHAPE, map->value_shape);
	nla_nest_end(msg, nest);
}

static unsigned int act_of(enum action action)
{
	switch (action) {
	case ACTION_CLEAR:
		return KPS_ACT_CLEAR;
	case ACTION_ZERO:
		return KPS_ACT_ZERO;
	case ACTION_EXIT:
		return KPS_ACT_EXIT;
	default:
		return KPS_ACT_NONE;
	}
}

static void put_output(struct nl_msg *msg, const struct object *object,
		       const struct object_output *output)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_OUTPUT);
	char *text = output_text(object, output);

	/* Also without fields: libnl takes an empty nest out of the message. */
	nla_put(msg, KPS_OUTPUT_A_FIELDS,
		output->nr_fields * sizeof(output->fields[0]), output->fields);
	nla_put_u32(msg, KPS_OUTPUT_A_ACT, act_of(output->action));
	nla_put_u32(msg, KPS_OUTPUT_A_MAP, output->map);
	/* One that is too long is printed as its fields are. */
	if (strlen(text) < KPS_OUTPUT_TEXT_MAX)
		nla_put_string(msg, KPS_OUTPUT_A_TEXT, text);
	nla_nest_end(msg, nest);
	free(text);
}

static void put_places(struct nl_msg *msg, const struct object *object,
		       const struct object_probe *probe)
{
	struct kps_place *places = xcalloc(probe->nr_targets, sizeof(*places));
	size_t i;

	for (i = 0; i < probe->nr_targets; i++) {
		places[i].fd = object->files[probe->places[i].file];
		places[i].offset = probe->places[i].offset;
		places[i].counter = probe->places[i].counter;
	}
	nla_put(msg, KPS_PROBE_A_PLACES, probe->nr_targets * sizeof(*places), places);
	free(places);
}

static void put_probe(struct nl_msg *msg, const struct object *object,
		      const struct object_probe *probe, unsigned int flags)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_PROBE);
	size_t i;

	nla_put_string(msg, KPS_PROBE_A_NAME, probe->name);
	nla_put_string(msg, KPS_PROBE_A_PROVIDER, probe->provider);
	nla_put_u32(msg, KPS_PROBE_A_FLAGS,
		    flags | (probe->lenient ? KPS_PROBE_F_LENIENT : 0));
	nla_put_u32(msg, KPS_PROBE_A_EVENT_ID, probe->event_id);
	nla_put_u32(msg, KPS_PROBE_A_MAXACTIVE, probe->maxactive);
	nla_put(msg, KPS_PROBE_A_INSNS,
		probe->nr_insns * sizeof(struct bpf_insn), probe->insns);
	for (i = 0; i < probe->nr_targets; i++)
		nla_put_string(msg, KPS_PROBE_A_TARGET, probe->targets[i]);
	/* The kernel can do without. */
	if (probe->addresses &&
	    probe_size(probe) + addresses_size(probe) <= NEST_MAX)
		nla_put(msg, KPS_PROBE_A_ADDRESSES,
			probe->nr_targets * sizeof(*probe->addresses),
			probe->addresses);
	if (probe->places)
		put_places(msg, object, probe);
	nla_nest_end(msg, nest);
}

static unsigned int default_buffer(void)
{
	long nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int size = BUFFER_MAX;

	while (size > BUFFER_MIN && size * nr_cpus > BUFFERS_MAX)
		size /= 2;
	return size;
}

static int check_sizes(const struct object *object)
{
	size_t i;

	for (i = 0; i < object->nr_outputs; i++) {
		if (object->outputs[i].nr_fields <= KPS_MAX_OUTPUT_FIELDS)
			continue;
		error("%zu values in one printf(), at most %d are possible: use two",
		      object->outputs[i].nr_fields, KPS_MAX_OUTPUT_FIELDS);
		return -E2BIG;
	}
	for (i = 0; i < object->nr_probes; i++) {
		const struct object_probe *probe = &object->probes[i];

		if (probe->nr_insns > KPS_MAX_INSNS) {
			error("%s: its clause takes %zu instructions, at most %d are possible: split it into several probes",
			      probe->name, probe->nr_insns, KPS_MAX_INSNS);
			return -E2BIG;
		}
		if (probe_size(probe) + places_size(probe) > NEST_MAX) {
			error("%s: %zu functions do not fit into one probe: narrow the glob",
			      probe->name, probe->nr_targets);
			return -E2BIG;
		}
	}
	return 0;
}

int client_load(struct client *client, const char *name,
		const struct object *object,
		const struct load_options *options)
{
	struct nl_msg *msg;
	size_t i;
	int err = check_sizes(object);

	if (err)
		return err;
	msg = client_message(client, KPS_CMD_LOAD, NLM_F_DUMP, object_size(object));
	nla_put_string(msg, KPS_A_NAME, name);
	nla_put_string(msg, KPS_A_SOURCE, object->source);
	nla_put_u32(msg, KPS_A_FLAGS, options->flags);
	nla_put_u32(msg, KPS_A_STACK_ENTRIES, object->stack_entries);
	if (object->nr_outputs)
		nla_put_u32(msg, KPS_A_BUFFER, options->buffer ?
			    options->buffer : default_buffer());
	if (options->has_waker)
		nla_put_u32(msg, KPS_A_WAKER, options->waker);
	if (options->has_cpu_budget)
		nla_put_u32(msg, KPS_A_CPU_BUDGET, options->cpu_budget);
	for (i = 0; i < object->nr_enums; i++)
		put_enum(msg, &object->enums[i]);
	for (i = 0; i < object->nr_maps; i++)
		put_map(msg, &object->maps[i]);
	for (i = 0; i < object->nr_outputs; i++)
		put_output(msg, object, &object->outputs[i]);
	for (i = 0; i < object->nr_blocks; i++)
		nla_put(msg, KPS_A_BLOCK,
			object->blocks[i].nr_insns * sizeof(struct bpf_insn),
			object->blocks[i].insns);
	for (i = 0; i < object->nr_probes; i++)
		put_probe(msg, object, &object->probes[i], options->probe_flags);
	return client_transact(client, msg, NULL, NULL);
}

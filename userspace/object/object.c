// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <unistd.h>

#include "object.h"

#define KIND_NAME(upper, name, is_chart)				\
	[KPS_MAP_##upper] = #name,
const char * const map_kind_names[__KPS_MAP_KIND_NR] = { KPS_MAP_KINDS(KIND_NAME) };

unsigned int object_take(const struct object_map *map, enum action action)
{
	if (action == ACTION_CLEAR)
		return KPS_F_RESET;
	if (action != ACTION_ZERO)
		return 0;
	/* Keys stay, with a 0: of what is no number the kernel makes none. */
	if (map->kind == KPS_MAP_VALUE &&
	    (map->nr_value != 1 || map->value[0].type != KPS_T_INT))
		return 0;
	return KPS_F_RESET | KPS_F_ZERO;
}

static void free_probe(struct object_probe *probe)
{
	size_t i;

	for (i = 0; i < probe->nr_targets; i++)
		free(probe->targets[i]);
	free(probe->targets);
	free(probe->addresses);
	free(probe->places);
	free(probe->name);
	free(probe->provider);
	free(probe->insns);
}

static void free_output(struct object_output *output)
{
	free(output->fields);
	free(output->shape);
	free(output->format);
}

void object_drop_blocks(struct object *object, size_t nr)
{
	while (object->nr_blocks > nr)
		free(object->blocks[--object->nr_blocks].insns);
}

void object_free(struct object *object)
{
	size_t i;

	object_drop_blocks(object, 0);
	for (i = 0; i < object->nr_probes; i++)
		free_probe(&object->probes[i]);
	for (i = 0; i < object->nr_enums; i++)
		enum_table_clear(&object->enums[i]);
	for (i = 0; i < object->nr_maps; i++) {
		free(object->maps[i].key_shape);
		free(object->maps[i].value_shape);
	}
	for (i = 0; i < object->nr_outputs; i++)
		free_output(&object->outputs[i]);
	for (i = 0; i < object->nr_files; i++)
		close(object->files[i]);
	free(object->files);
	free(object->outputs);
	free(object->blocks);
	free(object->probes);
	free(object->enums);
	free(object->maps);
	free(object->source);
	free(object->cut_trailer);
	*object = (struct object){ 0 };
}

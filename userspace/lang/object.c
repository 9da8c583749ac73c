// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "event_fields.h"
#include "object.h"

static void free_probe(struct object_probe *probe)
{
	size_t i;

	for (i = 0; i < probe->nr_targets; i++)
		free(probe->targets[i]);
	free(probe->targets);
	free(probe->name);
	free(probe->provider);
	free(probe->insns);
}

void object_free(struct object *object)
{
	size_t i;

	for (i = 0; i < object->nr_probes; i++)
		free_probe(&object->probes[i]);
	for (i = 0; i < object->nr_enums; i++)
		enum_table_clear(&object->enums[i]);
	free(object->probes);
	free(object->enums);
	free(object->maps);
	free(object->source);
	*object = (struct object){ 0 };
}

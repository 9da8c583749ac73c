// SPDX-License-Identifier: GPL-2.0
/*
 * KPS_CMD_LOAD: from a message to a running program.
 *
 * The message is hostile until checked: every attribute has a policy, every
 * number a limit, and all memory is accounted for before it is allocated.
 * Whatever fails, dropping the program's one reference undoes all of it.
 */
#include <linux/cred.h>
#include <linux/filter.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access.h"
#include "kpstat.h"
#include "load.h"

static const struct nla_policy enum_policy[KPS_ENUM_A_MAX + 1] = {
	[KPS_ENUM_A_VALUE]	= { .type = NLA_S64 },
	[KPS_ENUM_A_NAME]	= { .type = NLA_NUL_STRING,
				    .len = KPS_NAME_MAX - 1 },
};

static const struct nla_policy map_policy[KPS_MAP_A_MAX + 1] = {
	[KPS_MAP_A_NAME]	= { .type = NLA_NUL_STRING,
				    .len = KPS_NAME_MAX - 1 },
	[KPS_MAP_A_KIND]	= { .type = NLA_U32 },
	[KPS_MAP_A_MAX_ENTRIES]	= { .type = NLA_U32 },
	[KPS_MAP_A_KEY]		= { .type = NLA_BINARY,
				    .len = KPS_MAX_KEY_FIELDS *
					   sizeof(struct kps_field) },
	[KPS_MAP_A_VALUE]	= { .type = NLA_BINARY,
				    .len = KPS_MAX_VALUE_FIELDS *
					   sizeof(struct kps_field) },
	[KPS_MAP_A_LHIST]	= NLA_POLICY_EXACT_LEN(sizeof(struct kps_lhist)),
	[KPS_MAP_A_FLAGS]	= { .type = NLA_U32 },
	[KPS_MAP_A_BITS]	= { .type = NLA_U32 },
	[KPS_MAP_A_KEY_SHAPE]	= { .type = NLA_NUL_STRING,
				    .len = KPS_SHAPE_MAX - 1 },
	[KPS_MAP_A_VALUE_SHAPE]	= { .type = NLA_NUL_STRING,
				    .len = KPS_SHAPE_MAX - 1 },
};

static const struct nla_policy output_policy[KPS_OUTPUT_A_MAX + 1] = {
	[KPS_OUTPUT_A_FIELDS]	= { .type = NLA_BINARY,
				    .len = KPS_MAX_OUTPUT_FIELDS *
					   sizeof(struct kps_field) },
	[KPS_OUTPUT_A_ACT]	= { .type = NLA_U32 },
	[KPS_OUTPUT_A_MAP]	= { .type = NLA_U32 },
	[KPS_OUTPUT_A_TEXT]	= { .type = NLA_NUL_STRING,
				    .len = KPS_OUTPUT_TEXT_MAX - 1 },
};

static const struct nla_policy probe_policy[KPS_PROBE_A_MAX + 1] = {
	[KPS_PROBE_A_NAME]	= { .type = NLA_NUL_STRING, .len = 255 },
	[KPS_PROBE_A_PROVIDER]	= { .type = NLA_NUL_STRING, .len = 31 },
	[KPS_PROBE_A_TARGET]	= { .type = NLA_NUL_STRING,
				    .len = KPS_TARGET_MAX - 1 },
	[KPS_PROBE_A_EVENT_ID]	= { .type = NLA_U32 },
	[KPS_PROBE_A_INSNS]	= { .type = NLA_BINARY,
				    .len = (KPS_MAX_INSNS + 1) *
					   sizeof(struct bpf_insn) },
	[KPS_PROBE_A_ADDRESSES]	= { .type = NLA_BINARY,
				    .len = KPS_MAX_SITES * sizeof(u64) },
	[KPS_PROBE_A_PLACES]	= { .type = NLA_BINARY,
				    .len = KPS_MAX_SITES * sizeof(struct kps_place) },
	[KPS_PROBE_A_FLAGS]	= { .type = NLA_U32 },
	[KPS_PROBE_A_MAXACTIVE]	= { .type = NLA_U32 },
};

/* How many attributes of one type stand in a message or a nest. */
static u32 count_attrs(const struct nlattr *head, int len, int type)
{
	const struct nlattr *attr;
	u32 nr = 0;
	int rem;

	nla_for_each_attr(attr, head, len, rem)
		nr += nla_type(attr) == type;
	return nr;
}

static u32 get_u32(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static int parse_nest(struct nlattr **tb, int max, const struct nlattr *nest,
		      const struct nla_policy *policy, const char *what,
		      u32 nr, struct kps_error *error)
{
	struct netlink_ext_ack ack = {};
	int err = nla_parse_nested(tb, max, nest, policy, &ack);

	if (err)
		return kps_error(error, err, "%s %u: malformed attribute%s%s",
				 what, nr, ack._msg ? ": " : "",
				 ack._msg ?: "");
	return 0;
}

static int fill_enum(struct kps_enum *names, const struct nlattr *nest)
{
	const struct nlattr *attr;
	s64 value = 0;
	int rem;

	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) == KPS_ENUM_A_VALUE)
			value = nla_get_s64(attr);
		if (nla_type(attr) != KPS_ENUM_A_NAME)
			continue;
		names->names[names->nr].value = value;
		names->names[names->nr].name = nla_strdup(attr, GFP_KERNEL);
		if (!names->names[names->nr].name)
			return -ENOMEM;
		names->nr++;
	}
	return 0;
}

static int load_enum(struct kps_program *program, const struct nlattr *nest,
		     struct kps_error *error)
{
	struct nlattr *tb[KPS_ENUM_A_MAX + 1];
	struct kps_enum *names;
	u32 nr;
	int err;

	err = parse_nest(tb, KPS_ENUM_A_MAX, nest, enum_policy, "enum",
			 program->nr_enums, error);
	if (err)
		return err;
	nr = count_attrs(nla_data(nest), nla_len(nest), KPS_ENUM_A_NAME);
	err = kps_memory_charge(&program->memory, struct_size(names, names, nr) +
				nla_len(nest), error);
	if (err)
		return err;
	names = kvzalloc(struct_size(names, names, nr), GFP_KERNEL);
	if (!names)
		return kps_error(error, -ENOMEM, "no memory");
	program->enums[program->nr_enums++] = names;
	if (fill_enum(names, nest))
		return kps_error(error, -ENOMEM, "no memory");
	return 0;
}

static const u16 type_sizes[__KPS_T_NR] = {
	[KPS_T_INT]	= 8,
	[KPS_T_KSYM]	= 8,
	[KPS_T_PROBE]	= 8,
	[KPS_T_KSTACK]	= 8,
	[KPS_T_INET]	= 24,
	[KPS_T_ENUM]	= 8,
	[KPS_T_ADDR]	= 8,
	[KPS_T_USTACK]	= 16,
	[KPS_T_USYM]	= 16,
	[KPS_T_MAC]	= 8,
	[KPS_T_CGROUP]	= 8,
	[KPS_T_USER]	= 8,
	[KPS_T_JOIN]	= 8,
	[KPS_T_FUNCTION] = 8,
};

/* Their size is said, not known. */
static bool has_free_size(u16 type)
{
	return type == KPS_T_STR || type == KPS_T_BUF;
}

static u32 flags_of(const struct kps_field *field)
{
	if (field->type == KPS_T_ENUM)
		return KPS_FIELD_BITS | KPS_FIELD_BOOL;
	if (field->type == KPS_T_USTACK)
		return KPS_FIELD_RAW | KPS_FIELD_PERF | KPS_FIELD_BUILD_ID;
	return field->type == KPS_T_KSTACK ? KPS_FIELD_RAW | KPS_FIELD_PERF : 0;
}

static int check_field(const struct kps_program *program,
		       const struct kps_field *field, struct kps_error *error)
{
	const u32 tuples = KPS_FIELD_TUPLES << KPS_FIELD_OPENS_SHIFT |
			   KPS_FIELD_TUPLES << KPS_FIELD_CLOSES_SHIFT;

	if (field->type >= __KPS_T_NR)
		return kps_error(error, -EINVAL, "unknown type %u",
				 field->type);
	if (has_free_size(field->type) ?
	    !field->size || field->size % 8 || field->size > KPS_MAX_STR :
	    field->size != type_sizes[field->type])
		return kps_error(error, -EINVAL, "size %u does not fit type %u",
				 field->size, field->type);
	if (field->flags & ~(KPS_FIELD_SIGNED | tuples | flags_of(field)))
		return kps_error(error, -EINVAL, "unknown flags 0x%x",
				 field->flags);
	if (field->type == KPS_T_ENUM && field->more >= program->nr_enums)
		return kps_error(error, -EINVAL, "there is no enum %u",
				 field->more);
	if (kps_field_is_stack(field) && !program->stacks)
		return kps_error(error, -EINVAL,
				 "a stack without a stack table");
	return 0;
}

/* A list of fields; what it is of is for the error. */
static int fill_fields(const struct kps_program *program,
		       struct kps_field *fields, u32 *nr,
		       const struct nlattr *attr, const char *what,
		       struct kps_error *error)
{
	u32 i;
	int err;

	if (nla_len(attr) % sizeof(struct kps_field))
		return kps_error(error, -EINVAL, "the %s is cut off", what);
	*nr = nla_len(attr) / sizeof(struct kps_field);
	memcpy(fields, nla_data(attr), nla_len(attr));
	for (i = 0; i < *nr; i++) {
		err = check_field(program, &fields[i], error);
		if (err) {
			kps_error_prefix(error, "%s field %u", what, i);
			return err;
		}
	}
	return 0;
}

/* What is joined has its place in records only. */
static int check_no_join(const struct kps_field *fields, u32 nr,
			 struct kps_error *error)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (fields[i].type == KPS_T_JOIN)
			return kps_error(error, -EINVAL,
					 "joined text can only be the last field of an output");
	return 0;
}

/* kps_map_free() releases it, whatever comes. */
static int keep_shape(char **shape, const struct nlattr *attr,
		      struct kps_error *error)
{
	if (!attr)
		return 0;
	*shape = nla_strdup(attr, GFP_KERNEL);
	return *shape ? 0 : kps_error(error, -ENOMEM, "no memory");
}

static int fill_flags(struct kps_map *map, const struct nlattr *attr,
		      struct kps_error *error)
{
	u32 flags = attr ? nla_get_u32(attr) : 0;

	if (flags & ~KPS_MAP_F_FORGETS)
		return kps_error(error, -EINVAL, "unknown flags 0x%x", flags);
	map->forgets = flags & KPS_MAP_F_FORGETS;
	if (map->forgets && map->kind == KPS_MAP_VALUE)
		return kps_error(error, -EINVAL, "plain values always forget");
	return 0;
}

static int fill_map(const struct kps_program *program, struct kps_map *map,
		    struct nlattr **tb, struct kps_error *error)
{
	int err;

	if (tb[KPS_MAP_A_KEY]) {
		err = fill_fields(program, map->key, &map->nr_key,
				  tb[KPS_MAP_A_KEY], "key", error);
		if (err)
			return err;
	}
	if (tb[KPS_MAP_A_VALUE]) {
		err = fill_fields(program, map->value, &map->nr_value,
				  tb[KPS_MAP_A_VALUE], "value", error);
		if (err)
			return err;
	}
	if (!map->nr_value)
		return kps_error(error, -EINVAL, "a value without a field");
	err = check_no_join(map->key, map->nr_key, error) ?:
	      check_no_join(map->value, map->nr_value, error) ?:
	      fill_flags(map, tb[KPS_MAP_A_FLAGS], error);
	if (err)
		return err;
	if (tb[KPS_MAP_A_LHIST])
		memcpy(&map->lhist, nla_data(tb[KPS_MAP_A_LHIST]),
		       sizeof(map->lhist));
	if (tb[KPS_MAP_A_BITS])
		map->bits = nla_get_u32(tb[KPS_MAP_A_BITS]);
	if (tb[KPS_MAP_A_MAX_ENTRIES])
		map->max_entries = nla_get_u32(tb[KPS_MAP_A_MAX_ENTRIES]);
	err = keep_shape(&map->key_shape, tb[KPS_MAP_A_KEY_SHAPE], error) ?:
	      keep_shape(&map->value_shape, tb[KPS_MAP_A_VALUE_SHAPE], error);
	if (err)
		return err;
	return kps_map_finish(map, error);
}

/* Names become files. */
static bool is_map_name(const char *name)
{
	return name[0] == '@' && !strchr(name, '/') &&
	       (name[1] != '.');
}

static bool has_map(const struct kps_program *program, const char *name)
{
	u32 i;

	for (i = 0; i < program->nr_maps; i++)
		if (!strcmp(program->maps[i]->name, name))
			return true;
	return false;
}

static int allocate_map(struct kps_program *program, struct kps_map *map,
			struct kps_error *error)
{
	int err = kps_memory_charge(&program->memory,
				    kps_map_memory(map, program->nr_cpus), error);

	if (err || map->kind != KPS_MAP_VALUE)
		return err;
	map->values = kps_values_alloc(map->key_size, map->value_size,
				       map->max_entries);
	return map->values ? 0 : kps_error(error, -ENOMEM, "no memory");
}

static int load_map(struct kps_program *program, const struct nlattr *nest,
		    struct kps_error *error)
{
	struct nlattr *tb[KPS_MAP_A_MAX + 1];
	struct kps_map *map;
	const char *name;
	u32 kind;
	int err;

	err = parse_nest(tb, KPS_MAP_A_MAX, nest, map_policy, "map",
			 program->nr_maps, error);
	if (err)
		return err;
	if (!tb[KPS_MAP_A_NAME] || !tb[KPS_MAP_A_KIND])
		return kps_error(error, -EINVAL,
				 "map %u: name or kind is missing",
				 program->nr_maps);
	name = nla_data(tb[KPS_MAP_A_NAME]);
	kind = nla_get_u32(tb[KPS_MAP_A_KIND]);
	if (!is_map_name(name))
		return kps_error(error, -EINVAL, "\"%s\" is not a name for a map",
				 name);
	if (has_map(program, name))
		return kps_error(error, -EINVAL, "map %s is declared twice",
				 name);
	if (kind >= __KPS_MAP_KIND_NR)
		return kps_error(error, -EINVAL, "map %s: unknown kind %u",
				 name, kind);
	map = kps_map_alloc(name, kind, error);
	if (IS_ERR(map))
		return PTR_ERR(map);
	err = fill_map(program, map, tb, error);
	if (!err)
		err = allocate_map(program, map, error);
	if (err) {
		kps_error_prefix(error, "map %s", name);
		kps_map_free(map);
		return err;
	}
	map->index = program->nr_maps;
	program->maps[program->nr_maps++] = map;
	return 0;
}

static int check_output(struct kps_output *output, struct kps_error *error)
{
	u32 i;

	if (output->nr_fields &&
	    output->fields[output->nr_fields - 1].type == KPS_T_JOIN)
		output->joins = true;
	output->has_stacks = kps_hold_stacks(output->fields, output->nr_fields);
	for (i = 0; i + output->joins < output->nr_fields; i++) {
		output->size += output->fields[i].size;
		output->has_long |= kps_field_is_long(&output->fields[i]);
	}
	if (output->size > KPS_SCRATCH_SIZE)
		return kps_error(error, -E2BIG, "%u bytes, at most %u",
				 output->size, KPS_SCRATCH_SIZE);
	return check_no_join(output->fields, i, error);
}

static int load_act(const struct kps_program *program, struct kps_output *output,
		    struct nlattr **tb, struct kps_error *error)
{
	output->act = get_u32(tb[KPS_OUTPUT_A_ACT]);
	output->map = get_u32(tb[KPS_OUTPUT_A_MAP]);
	if (output->act >= __KPS_ACT_NR)
		return kps_error(error, -EINVAL, "unknown act %u", output->act);
	if (output->act == KPS_ACT_NONE)
		return 0;
	if (output->act == KPS_ACT_EXIT)
		return output->nr_fields > 1 ||
		       (output->nr_fields && output->fields[0].type != KPS_T_INT) ?
		       kps_error(error, -EINVAL, "exit takes one number") : 0;
	if (output->nr_fields)
		return kps_error(error, -EINVAL, "an act on a map has no fields");
	if (output->map >= program->nr_maps)
		return kps_error(error, -EINVAL, "there is no map %u", output->map);
	return 0;
}

static int load_text(struct kps_program *program, struct kps_output *output,
		     const struct nlattr *attr, struct kps_error *error)
{
	int err;

	if (!attr)
		return 0;
	err = kps_memory_charge(&program->memory, nla_len(attr), error);
	if (err)
		return err;
	output->text = kstrdup(nla_data(attr), GFP_KERNEL);
	return output->text ? 0 : kps_error(error, -ENOMEM, "no memory");
}

static int load_output(struct kps_program *program, const struct nlattr *nest,
		       struct kps_error *error)
{
	struct kps_output *output = &program->outputs[program->nr_outputs];
	struct nlattr *tb[KPS_OUTPUT_A_MAX + 1];
	int err;

	err = parse_nest(tb, KPS_OUTPUT_A_MAX, nest, output_policy, "output",
			 program->nr_outputs, error);
	if (err)
		return err;
	if (tb[KPS_OUTPUT_A_FIELDS])
		err = fill_fields(program, output->fields, &output->nr_fields,
				  tb[KPS_OUTPUT_A_FIELDS], "output", error);
	if (!err)
		err = check_output(output, error);
	if (!err)
		err = load_act(program, output, tb, error);
	if (!err)
		err = load_text(program, output, tb[KPS_OUTPUT_A_TEXT], error);
	if (err) {
		kps_error_prefix(error, "output %u", program->nr_outputs);
		return err;
	}
	program->nr_outputs++;
	return 0;
}

#define DEFAULT_BUFFER (4 << 20)

static int load_buffer(struct kps_program *program, u32 bytes,
		       const struct nlattr *waker, struct kps_error *error)
{
	int err;

	if (!program->nr_outputs)
		return 0;
	if (bytes > KPS_MAX_BUFFER)
		return kps_error(error, -E2BIG,
				 "an output buffer of %u KiB, at most %u",
				 bytes >> 10, KPS_MAX_BUFFER >> 10);
	if (!bytes)
		bytes = DEFAULT_BUFFER;
	err = kps_memory_charge(&program->memory,
				(size_t)program->nr_cpus *
				kps_buffer_bytes(bytes), error);
	if (err)
		return err;
	program->buffer = kps_buffer_alloc(bytes, error);
	if (IS_ERR(program->buffer)) {
		err = PTR_ERR(program->buffer);
		program->buffer = NULL;
		return err;
	}
	return waker ? kps_buffer_waker(program->buffer, nla_get_u32(waker),
					error) : 0;
}

/* With its places in the lists of its probe, its program, and its batch. */
static size_t site_bytes(const struct kps_probe *probe, u32 nr)
{
	size_t bytes = sizeof(struct kps_site) + 3 * sizeof(struct kps_site *);

	if (probe->provider->site_bytes)
		bytes += probe->provider->site_bytes(probe, nr);
	return bytes;
}

static int load_sites(struct kps_probe *probe, const struct nlattr *nest,
		      struct kps_error *error)
{
	u32 nr = count_attrs(nla_data(nest), nla_len(nest), KPS_PROBE_A_TARGET);
	const struct nlattr *attr;
	int rem, err;

	if (!nr)
		return kps_error(error, -EINVAL, "it has no target");
	if (nr > KPS_MAX_SITES)
		return kps_error(error, -E2BIG, "%u targets, at most %u", nr,
				 KPS_MAX_SITES);
	err = kps_memory_charge(&probe->program->memory, nr * site_bytes(probe, nr),
				error);
	if (err)
		return err;
	probe->sites = kvcalloc(nr, sizeof(*probe->sites), GFP_KERNEL);
	if (!probe->sites)
		return kps_error(error, -ENOMEM, "no memory");
	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) != KPS_PROBE_A_TARGET)
			continue;
		err = kps_probe_add_site(probe, nla_data(attr), error);
		if (err)
			return err;
	}
	return 0;
}

static int load_addresses(struct kps_probe *probe, const struct nlattr *attr,
			  struct kps_error *error)
{
	u64 address;
	u32 i;

	if (!attr)
		return 0;
	if (nla_len(attr) != probe->nr_sites * sizeof(u64))
		return kps_error(error, -EINVAL, "%u targets, but %d bytes of addresses",
				 probe->nr_sites, nla_len(attr));
	for (i = 0; i < probe->nr_sites; i++) {
		/* It is aligned to four bytes only. */
		memcpy(&address, nla_data(attr) + i * sizeof(address),
		       sizeof(address));
		probe->sites[i]->address = address;
	}
	return 0;
}

static int load_places(struct kps_probe *probe, const struct nlattr *attr,
		       struct kps_error *error)
{
	const struct kps_provider *provider = probe->provider;
	struct kps_place place;
	u32 i;
	int err;

	if (!provider->put)
		return 0;
	if (!attr || nla_len(attr) != probe->nr_sites * sizeof(place))
		return kps_error(error, -EINVAL,
				 "the places of its %u targets are missing or cut off",
				 probe->nr_sites);
	for (i = 0; i < probe->nr_sites; i++) {
		/* It is aligned to four bytes only. */
		memcpy(&place, nla_data(attr) + i * sizeof(place), sizeof(place));
		err = provider->put(probe->sites[i], &place, error);
		if (err)
			return err;
	}
	return 0;
}

/* Checked for their form, and for what they take. Return: how many, or a negative errno. */
static int charge_insns(struct kps_program *program, const struct nlattr *attr,
			struct kps_error *error)
{
	int err, nr;

	if (!attr || nla_len(attr) % sizeof(struct bpf_insn))
		return kps_error(error, -EINVAL,
				 "its instructions are missing or cut off");
	nr = nla_len(attr) / sizeof(struct bpf_insn);
	/* The core keeps them in pages, and the JIT's code in others. */
	err = kps_memory_charge(&program->memory,
				2 * PAGE_ALIGN(bpf_prog_size(nr)), error);
	return err ?: nr;
}

/* It is verified with the clause that calls it. */
static int load_block(struct kps_program *program, const struct nlattr *attr,
		      struct kps_error *error)
{
	struct kps_block *block = &program->blocks[program->nr_blocks];
	int nr = charge_insns(program, attr, error);

	if (nr < 0) {
		kps_error_prefix(error, "block %u", program->nr_blocks);
		return nr;
	}
	block->insns = nla_data(attr);
	block->nr = nr;
	program->nr_blocks++;
	return 0;
}

static int check_blocks(struct kps_program *program, struct kps_error *error)
{
	u32 i;

	for (i = 0; i < program->nr_blocks; i++) {
		if (!program->blocks[i].prog)
			return kps_error(error, -EINVAL, "block %u is never called", i);
		program->blocks[i].insns = NULL;
	}
	return 0;
}

static int load_code(struct kps_probe *probe, const struct nlattr *attr,
		     struct kps_error *error)
{
	int err, nr = charge_insns(probe->program, attr, error);

	if (nr < 0)
		return nr;
	probe->code = kps_code_create(probe->program, nla_data(attr), nr, error);
	if (IS_ERR(probe->code)) {
		err = PTR_ERR(probe->code);
		probe->code = NULL;
		return err;
	}
	return 0;
}

static int load_probe(struct kps_program *program, const struct nlattr *nest,
		      struct kps_error *error)
{
	struct nlattr *tb[KPS_PROBE_A_MAX + 1];
	struct kps_probe *probe;
	const char *name;
	int err;

	err = parse_nest(tb, KPS_PROBE_A_MAX, nest, probe_policy, "probe",
			 program->nr_probes, error);
	if (err)
		return err;
	if (!tb[KPS_PROBE_A_NAME] || !tb[KPS_PROBE_A_PROVIDER])
		return kps_error(error, -EINVAL,
				 "probe %u: name or provider is missing",
				 program->nr_probes);
	name = nla_data(tb[KPS_PROBE_A_NAME]);
	probe = kps_probe_alloc(program, name,
				nla_data(tb[KPS_PROBE_A_PROVIDER]), error);
	if (IS_ERR(probe))
		return PTR_ERR(probe);
	probe->index = program->nr_probes;
	probe->flags = get_u32(tb[KPS_PROBE_A_FLAGS]);
	probe->event_id = get_u32(tb[KPS_PROBE_A_EVENT_ID]);
	probe->maxactive = get_u32(tb[KPS_PROBE_A_MAXACTIVE]);
	program->probes[program->nr_probes++] = probe;

	if (probe->flags & ~(KPS_PROBE_F_LENIENT | KPS_PROBE_F_KPROBE |
			     KPS_PROBE_F_PERF))
		err = kps_error(error, -EINVAL, "unknown flags 0x%x",
				probe->flags);
	if (!err)
		err = load_sites(probe, nest, error);
	if (!err)
		err = load_addresses(probe, tb[KPS_PROBE_A_ADDRESSES], error);
	if (!err)
		err = load_places(probe, tb[KPS_PROBE_A_PLACES], error);
	if (!err)
		err = load_code(probe, tb[KPS_PROBE_A_INSNS], error);
	if (err)
		kps_error_prefix(error, "probe %u (%s)", probe->index, name);
	return err;
}

static int load_stacks(struct kps_program *program, u32 entries,
		       struct kps_error *error)
{
	int err;

	if (!entries)
		return 0;
	if (entries > KPS_MAX_STACK_ENTRIES)
		return kps_error(error, -E2BIG, "%u stacks, at most %u",
				 entries, KPS_MAX_STACK_ENTRIES);
	err = kps_memory_charge(&program->memory, kps_stacks_bytes(entries), error);
	if (err)
		return err;
	program->stacks = kps_stacks_alloc(program, entries);
	return program->stacks ? 0 : kps_error(error, -ENOMEM, "no memory");
}

static int (*load_attr(int type))(struct kps_program *program,
				  const struct nlattr *nest,
				  struct kps_error *error)
{
	switch (type) {
	case KPS_A_ENUM:
		return load_enum;
	case KPS_A_MAP:
		return load_map;
	case KPS_A_OUTPUT:
		return load_output;
	case KPS_A_BLOCK:
		return load_block;
	case KPS_A_PROBE:
		return load_probe;
	default:
		return NULL;
	}
}

static int load_rest(struct kps_program *program, const struct nlattr *head,
		     int len, struct kps_error *error)
{
	const struct nlattr *attr;
	int rem, err;

	/* Enums before maps before probes: each refers to those before it. */
	static const int order[] = {
		KPS_A_ENUM, KPS_A_MAP, KPS_A_OUTPUT, KPS_A_BLOCK, KPS_A_PROBE,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		nla_for_each_attr(attr, head, len, rem) {
			if (nla_type(attr) != order[i])
				continue;
			err = load_attr(order[i])(program, attr, error);
			if (err)
				return err;
		}
	}
	return 0;
}

/* With its ledgers. */
static size_t probe_bytes(u32 nr_cpus)
{
	return sizeof(struct kps_probe) + nr_cpus * KPS_ROW_PROBE_BYTES;
}

static int allocate_lists(struct kps_program *program,
			  const struct nlattr *head, int len,
			  struct kps_error *error)
{
	u32 enums = count_attrs(head, len, KPS_A_ENUM);
	u32 maps = count_attrs(head, len, KPS_A_MAP);
	u32 outputs = count_attrs(head, len, KPS_A_OUTPUT);
	u32 blocks = count_attrs(head, len, KPS_A_BLOCK);
	u32 probes = count_attrs(head, len, KPS_A_PROBE);
	int err;

	if (!probes)
		return kps_error(error, -EINVAL, "a program without a probe");
	if (enums > KPS_MAX_ENUMS || maps > KPS_MAX_MAPS ||
	    outputs > KPS_MAX_OUTPUTS || blocks > KPS_MAX_BLOCKS ||
	    probes > KPS_MAX_PROBES)
		return kps_error(error, -E2BIG,
				 "%u enums, %u maps, %u outputs, %u blocks and %u probes; at most %u, %u, %u, %u and %u",
				 enums, maps, outputs, blocks, probes,
				 KPS_MAX_ENUMS, KPS_MAX_MAPS, KPS_MAX_OUTPUTS,
				 KPS_MAX_BLOCKS, KPS_MAX_PROBES);
	err = kps_memory_charge(&program->memory, sizeof(*program) +
				strlen(program->source) +
				maps * sizeof(struct kps_map) +
				outputs * sizeof(*program->outputs) +
				blocks * (sizeof(struct kps_block) +
					  sizeof(struct kps_entry)) +
				probes * probe_bytes(program->nr_cpus), error);
	if (err)
		return err;
	program->enums = kcalloc(enums + 1, sizeof(*program->enums), GFP_KERNEL);
	program->maps = kcalloc(maps + 1, sizeof(*program->maps), GFP_KERNEL);
	program->outputs = kcalloc(outputs + 1, sizeof(*program->outputs),
				   GFP_KERNEL);
	program->blocks = kcalloc(blocks + 1, sizeof(*program->blocks), GFP_KERNEL);
	program->probes = kcalloc(probes, sizeof(*program->probes), GFP_KERNEL);
	if (!program->enums || !program->maps || !program->outputs ||
	    !program->blocks || !program->probes)
		return kps_error(error, -ENOMEM, "no memory");
	return 0;
}

static int fill_program(struct kps_program *program, struct genl_info *info,
			struct kps_error *error)
{
	const struct nlattr *head = genlmsg_data(info->genlhdr);
	int len = genlmsg_len(info->genlhdr);
	int err;

	err = allocate_lists(program, head, len, error);
	if (!err)
		err = load_stacks(program,
				  get_u32(info->attrs[KPS_A_STACK_ENTRIES]),
				  error);
	if (!err)
		err = load_rest(program, head, len, error);
	if (!err)
		err = check_blocks(program, error);
	if (!err)
		err = load_buffer(program, get_u32(info->attrs[KPS_A_BUFFER]),
				  info->attrs[KPS_A_WAKER], error);
	return err;
}

/**
 * kps_load() - build, publish and start the program of a LOAD message
 * @info: the message
 * @error: gets the place and the reason
 *
 * Context: may sleep; takes kps_config_lock. Return: 0 or a negative errno.
 */
int kps_load(struct genl_info *info, struct kps_error *error)
{
	u32 flags = get_u32(info->attrs[KPS_A_FLAGS]);
	struct kps_program *program;
	int err;

	if (!info->attrs[KPS_A_NAME] || !info->attrs[KPS_A_SOURCE])
		return kps_error(error, -EINVAL,
				 "the program's name or source is missing");
	if (flags & ~(KPS_F_OWNED | KPS_F_DISABLED | KPS_F_ACTS))
		return kps_error(error, -EINVAL, "unknown flags 0x%x", flags);

	program = kps_program_alloc(nla_data(info->attrs[KPS_A_NAME]),
				    nla_data(info->attrs[KPS_A_SOURCE]), error);
	if (IS_ERR(program))
		return PTR_ERR(program);
	program->uid = current_euid();
	program->acts.does = flags & KPS_F_ACTS;
	if (flags & KPS_F_OWNED)
		program->owner = info->snd_portid;
	if (info->attrs[KPS_A_CPU_BUDGET])
		program->guard.budget =
			nla_get_u32(info->attrs[KPS_A_CPU_BUDGET]);

	if (mutex_lock_killable(&kps_config_lock)) {
		kps_program_put(program);
		return kps_error(error, -EINTR, "the loading process was killed");
	}
	err = fill_program(program, info, error);
	if (!err)
		err = kps_program_publish(program, !(flags & KPS_F_DISABLED),
					  error);
	if (!err)
		kps_write_down(program, KPS_LOADED);
	mutex_unlock(&kps_config_lock);
	if (err)
		kps_program_put(program);
	return err;
}

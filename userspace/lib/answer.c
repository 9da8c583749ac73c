// SPDX-License-Identifier: GPL-2.0
/*
 * Answers of the module, from attributes to structures.  An attribute that is
 * missing leaves its member zero: older modules send fewer.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <netlink/attr.h>

#include "answer.h"
#include "base/xalloc.h"
#include "client.h"

#define COLUMN_NAME(upper, name, kind, meaning)				\
	[KPS_LEDGER_##upper] = #name,
const char * const ledger_names[KPS_LEDGER_NR] = {
	KPS_LEDGER_COLUMNS(COLUMN_NAME)
};

static char *get_string(struct nlattr *attr)
{
	return xstrdup(attr ? nla_get_string(attr) : "");
}

static unsigned int get_u32(struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static unsigned long long get_u64(struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

static void get_bytes(struct nlattr *attr, void *to, size_t size)
{
	if (attr)
		nla_memcpy(to, attr, size);
}

static void visit_status(struct nlattr **attrs, struct nlmsghdr *header,
			 void *data)
{
	struct status_answer *status = data;

	(void)header;
	status->version = get_string(attrs[KPS_A_VERSION]);
	status->kernel = get_string(attrs[KPS_A_KERNEL]);
	status->engine = get_string(attrs[KPS_A_ENGINE]);
	status->nr_programs = get_u32(attrs[KPS_A_NR_PROGRAMS]);
	status->nr_cpus = get_u32(attrs[KPS_A_NR_CPUS]);
	status->memory = get_u64(attrs[KPS_A_MEMORY]);
	status->memory_max = get_u64(attrs[KPS_A_MEMORY_MAX]);
}

int status_get(struct client *client, struct status_answer *status)
{
	*status = (struct status_answer){ 0 };
	return client_transact(client,
			       client_message(client, KPS_CMD_STATUS, 0, 0),
			       visit_status, status);
}

static void visit_pid(struct nlattr **attrs, struct nlmsghdr *header, void *data)
{
	unsigned int *pid = data;

	(void)header;
	if (attrs[KPS_A_PID])
		*pid = get_u32(attrs[KPS_A_PID]);
}

unsigned int kernel_pid(struct client *client, unsigned int pid)
{
	struct nl_msg *msg = client_message(client, KPS_CMD_STATUS, 0,
					    nla_total_size(sizeof(pid)));
	unsigned int nr = 0;

	nla_put_u32(msg, KPS_A_PID, pid);
	if (client_transact(client, msg, visit_pid, &nr))
		return 0;
	return nr ? nr : pid;
}

void status_free(struct status_answer *status)
{
	free(status->version);
	free(status->kernel);
	free(status->engine);
}

/* Return: how many there are, at most @max. */
static unsigned int get_fields(struct nlattr *attr, struct kps_field *fields,
			       size_t max)
{
	size_t nr = attr ? nla_len(attr) / sizeof(*fields) : 0;

	if (nr > max)
		nr = max;
	get_bytes(attr, fields, nr * sizeof(*fields));
	return nr;
}

static void parse_map(struct nlattr *nest, struct map_answer *map)
{
	struct nlattr *attrs[KPS_MAP_A_MAX + 1];

	if (nla_parse_nested(attrs, KPS_MAP_A_MAX, nest, NULL))
		return;
	map->name = get_string(attrs[KPS_MAP_A_NAME]);
	map->kind = get_u32(attrs[KPS_MAP_A_KIND]);
	map->max_entries = get_u32(attrs[KPS_MAP_A_MAX_ENTRIES]);
	map->nr_key = get_fields(attrs[KPS_MAP_A_KEY], map->key,
				 KPS_MAX_KEY_FIELDS);
	map->nr_value = get_fields(attrs[KPS_MAP_A_VALUE], map->value,
				   KPS_MAX_VALUE_FIELDS);
	get_bytes(attrs[KPS_MAP_A_LHIST], &map->lhist, sizeof(map->lhist));
	map->bits = get_u32(attrs[KPS_MAP_A_BITS]);
	if (attrs[KPS_MAP_A_KEY_SHAPE])
		map->key_shape = get_string(attrs[KPS_MAP_A_KEY_SHAPE]);
	if (attrs[KPS_MAP_A_VALUE_SHAPE])
		map->value_shape = get_string(attrs[KPS_MAP_A_VALUE_SHAPE]);
	map->memory = get_u64(attrs[KPS_MAP_A_MEMORY]);
	map->overflow = get_u64(attrs[KPS_MAP_A_OVERFLOW]);
}

static void parse_output(struct nlattr *nest, struct output_answer *output)
{
	struct nlattr *attrs[KPS_OUTPUT_A_MAX + 1];

	if (nla_parse_nested(attrs, KPS_OUTPUT_A_MAX, nest, NULL))
		return;
	output->nr_fields = get_fields(attrs[KPS_OUTPUT_A_FIELDS], output->fields,
				       KPS_MAX_OUTPUT_FIELDS);
	if (attrs[KPS_OUTPUT_A_TEXT])
		output->text = get_string(attrs[KPS_OUTPUT_A_TEXT]);
}

static void parse_site(struct nlattr *nest, struct site_answer *site)
{
	struct nlattr *attrs[KPS_SITE_A_MAX + 1];

	if (nla_parse_nested(attrs, KPS_SITE_A_MAX, nest, NULL))
		return;
	site->target = get_string(attrs[KPS_SITE_A_TARGET]);
	site->state = get_string(attrs[KPS_SITE_A_STATE]);
	site->how = get_string(attrs[KPS_SITE_A_HOW]);
	site->why = get_string(attrs[KPS_SITE_A_WHY]);
	site->error = (int)get_u32(attrs[KPS_SITE_A_ERROR]);
	site->missed = get_u64(attrs[KPS_SITE_A_MISSED]);
}

static void parse_sites(struct nlattr *nest, struct probe_answer *probe)
{
	struct nlattr *attr;
	int rem;

	nla_for_each_nested(attr, nest, rem)
		if (nla_type(attr) == KPS_PROBE_A_SITE)
			parse_site(attr, APPEND(probe->sites, probe->nr_sites));
}

/* A probe with many sites takes several messages; the first has the ledger. */
static void parse_faults(struct nlattr *attr, struct probe_answer *probe)
{
	if (!attr)
		return;
	probe->nr_faults = nla_len(attr) / sizeof(*probe->faults);
	probe->faults = xcalloc(probe->nr_faults, sizeof(*probe->faults));
	get_bytes(attr, probe->faults,
		  probe->nr_faults * sizeof(*probe->faults));
}

static void parse_probe(struct nlattr *nest, struct program_answer *program)
{
	struct nlattr *attrs[KPS_PROBE_A_MAX + 1];
	struct probe_answer *probe;

	if (nla_parse_nested(attrs, KPS_PROBE_A_MAX, nest, NULL))
		return;
	if (!attrs[KPS_PROBE_A_LEDGER] && program->nr_probes) {
		parse_sites(nest, &program->probes[program->nr_probes - 1]);
		return;
	}
	probe = APPEND(program->probes, program->nr_probes);
	probe->name = get_string(attrs[KPS_PROBE_A_NAME]);
	probe->provider = get_string(attrs[KPS_PROBE_A_PROVIDER]);
	get_bytes(attrs[KPS_PROBE_A_LEDGER], probe->ledger,
		  sizeof(probe->ledger));
	parse_faults(attrs[KPS_PROBE_A_FAULTS], probe);
	parse_sites(nest, probe);
}

static void parse_program(struct nlattr **attrs, struct program_answer *program)
{
	program->name = get_string(attrs[KPS_A_NAME]);
	program->source = get_string(attrs[KPS_A_SOURCE]);
	program->flags = get_u32(attrs[KPS_A_FLAGS]);
	program->memory = get_u64(attrs[KPS_A_MEMORY]);
	program->age_ns = get_u64(attrs[KPS_A_AGE_NS]);
	program->total_probes = get_u32(attrs[KPS_A_NR_PROBES]);
	program->total_maps = get_u32(attrs[KPS_A_NR_MAPS]);
	program->lost = get_u64(attrs[KPS_A_LOST]);
	program->cpu_budget = get_u32(attrs[KPS_A_CPU_BUDGET]);
	program->cpu_permille = get_u32(attrs[KPS_A_CPU_PERMILLE]);
	program->stacks = get_u32(attrs[KPS_A_STACKS]);
	program->max_stacks = get_u32(attrs[KPS_A_STACK_ENTRIES]);
	program->silent_ns = get_u64(attrs[KPS_A_SILENT_NS]);
	if (attrs[KPS_A_STOPPED])
		program->stopped = get_string(attrs[KPS_A_STOPPED]);
	program->has_exited = attrs[KPS_A_EXITED];
	program->status = get_u32(attrs[KPS_A_EXITED]);
	get_bytes(attrs[KPS_A_LEDGER], program->ledger,
		  sizeof(program->ledger));
}

static void visit_programs(struct nlattr **attrs, struct nlmsghdr *header,
			   void *data)
{
	struct programs_answer *programs = data;

	(void)header;
	parse_program(attrs, APPEND(programs->programs, programs->nr));
}

const char *program_state(const struct program_answer *program)
{
	if (program->stopped)
		return "stopped";
	if (program->has_exited)
		return "exited";
	return program->flags & KPS_F_DISABLED ? "disabled" : "enabled";
}

int programs_get(struct client *client, struct programs_answer *programs)
{
	*programs = (struct programs_answer){ 0 };
	return client_transact(client,
			       client_message(client, KPS_CMD_PROGRAMS,
					      NLM_F_DUMP, 0),
			       visit_programs, programs);
}

void programs_free(struct programs_answer *programs)
{
	size_t i;

	for (i = 0; i < programs->nr; i++)
		program_free(&programs->programs[i]);
	free(programs->programs);
}

static void visit_program(struct nlattr **attrs, struct nlmsghdr *header,
			  void *data)
{
	struct program_answer *program = data;

	(void)header;
	if (attrs[KPS_A_MAP])
		parse_map(attrs[KPS_A_MAP],
			  APPEND(program->maps, program->nr_maps));
	else if (attrs[KPS_A_OUTPUT])
		parse_output(attrs[KPS_A_OUTPUT],
			     APPEND(program->outputs, program->nr_outputs));
	else if (attrs[KPS_A_PROBE])
		parse_probe(attrs[KPS_A_PROBE], program);
	else
		parse_program(attrs, program);
}

int program_get(struct client *client, const char *name,
		struct program_answer *program)
{
	struct nl_msg *msg = client_message(client, KPS_CMD_SHOW, NLM_F_DUMP,
					    256);

	*program = (struct program_answer){ 0 };
	nla_put_string(msg, KPS_A_NAME, name);
	return client_transact(client, msg, visit_program, program);
}

static void free_map(struct map_answer *map)
{
	size_t i;

	for (i = 0; i < map->nr_entries; i++)
		entry_clear(&map->entries[i]);
	free(map->entries);
	free(map->key_shape);
	free(map->value_shape);
	free(map->name);
}

static void free_probe(struct probe_answer *probe)
{
	size_t i;

	for (i = 0; i < probe->nr_sites; i++) {
		free(probe->sites[i].target);
		free(probe->sites[i].state);
		free(probe->sites[i].how);
		free(probe->sites[i].why);
	}
	free(probe->sites);
	free(probe->faults);
	free(probe->name);
	free(probe->provider);
}

void program_free(struct program_answer *program)
{
	size_t i;

	for (i = 0; i < program->nr_maps; i++)
		free_map(&program->maps[i]);
	for (i = 0; i < program->nr_probes; i++)
		free_probe(&program->probes[i]);
	free(program->maps);
	free(program->probes);
	free(program->name);
	free(program->source);
	free(program->stopped);
}

/* Whether it is one. */
static bool parse_datum(struct nlattr *attr, struct datum *datum)
{
	if (!datum_get(attr, datum))
		return false;
	datum_own(datum);
	return true;
}

static void parse_key(struct nlattr *nest, struct entry_answer *entry)
{
	struct nlattr *attr;
	int rem;

	nla_for_each_nested(attr, nest, rem)
		if (entry->nr_key < KPS_MAX_KEY_FIELDS)
			entry->nr_key += parse_datum(attr, &entry->key[entry->nr_key]);
}

static void parse_plain(struct nlattr *nest, struct entry_answer *entry)
{
	struct nlattr *attr;
	int rem;

	nla_for_each_nested(attr, nest, rem)
		if (entry->nr_plain < KPS_MAX_VALUE_FIELDS)
			entry->nr_plain += parse_datum(attr, &entry->plain[entry->nr_plain]);
}

static void parse_entry(struct nlattr *nest, struct entry_answer *entry)
{
	struct nlattr *attrs[KPS_ENTRY_A_MAX + 1];

	if (nla_parse_nested(attrs, KPS_ENTRY_A_MAX, nest, NULL))
		return;
	if (attrs[KPS_ENTRY_A_KEY])
		parse_key(attrs[KPS_ENTRY_A_KEY], entry);
	if (attrs[KPS_ENTRY_A_PLAIN])
		parse_plain(attrs[KPS_ENTRY_A_PLAIN], entry);
	if (!attrs[KPS_ENTRY_A_VALUE])
		return;
	entry->nr_values = nla_len(attrs[KPS_ENTRY_A_VALUE]) /
			   sizeof(*entry->values);
	entry->values = xcalloc(entry->nr_values, sizeof(*entry->values));
	get_bytes(attrs[KPS_ENTRY_A_VALUE], entry->values,
		  entry->nr_values * sizeof(*entry->values));
}

static void visit_read(struct nlattr **attrs, struct nlmsghdr *header,
		       void *data)
{
	struct maps_answer *maps = data;
	struct map_answer *map;
	struct nlattr *attr;
	int rem;

	if (attrs[KPS_A_MAP]) {
		parse_map(attrs[KPS_A_MAP], APPEND(maps->maps, maps->nr));
		return;
	}
	if (!maps->nr)
		return;
	map = &maps->maps[maps->nr - 1];
	nlmsg_for_each_attr(attr, header, GENL_HDRLEN, rem)
		if (nla_type(attr) == KPS_A_ENTRY)
			parse_entry(attr, APPEND(map->entries, map->nr_entries));
}

/* bpftrace prints maps in the order of their names. */
static int compare_maps(const void *a, const void *b)
{
	const struct map_answer *first = a, *second = b;

	return strcmp(first->name, second->name);
}

int maps_get(struct client *client, const char *name, const char *map,
	     unsigned int flags, struct maps_answer *maps)
{
	struct nl_msg *msg = client_message(client, KPS_CMD_READ, NLM_F_DUMP,
					    512);
	int err;

	*maps = (struct maps_answer){ 0 };
	nla_put_string(msg, KPS_A_NAME, name);
	if (map)
		nla_put_string(msg, KPS_A_MAP_NAME, map);
	if (flags)
		nla_put_u32(msg, KPS_A_FLAGS, flags);
	err = client_transact(client, msg, visit_read, maps);
	if (!err && maps->nr)
		qsort(maps->maps, maps->nr, sizeof(*maps->maps), compare_maps);
	return err;
}

void maps_free(struct maps_answer *maps)
{
	size_t i;

	for (i = 0; i < maps->nr; i++)
		free_map(&maps->maps[i]);
	free(maps->maps);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What a program, its maps and its probes are, as attributes.
 */
#include <linux/ktime.h>
#include <net/genetlink.h>

#include "kpstat.h"
#include "netlink/netlink.h"

static int put_ledger(struct sk_buff *msg, int type, const u64 *sums)
{
	return nla_put(msg, type, KPS_LEDGER_NR * sizeof(u64), sums);
}

/* program->read_lock is held. */
static int put_faults(struct sk_buff *msg, const struct kps_probe *probe)
{
	struct kps_fault_line lines[KPS_MAX_FAULT_LINES];
	u32 nr = kps_probe_faults(probe, lines);

	return nr ? nla_put(msg, KPS_PROBE_A_FAULTS, nr * sizeof(lines[0]),
			    lines) : 0;
}

static int put_stacks(struct sk_buff *msg, const struct kps_stacks *stacks)
{
	if (!stacks)
		return 0;
	return nla_put_u32(msg, KPS_A_STACK_ENTRIES, kps_stacks_max(stacks)) ?:
	       nla_put_u32(msg, KPS_A_STACKS, kps_stacks_used(stacks));
}

/** kps_put_program() - as in PROGRAMS. Takes program->read_lock. */
int kps_put_program(struct sk_buff *msg, struct kps_program *program)
{
	u64 age = ktime_get_ns() - program->loaded_at;
	u32 flags = (program->owner ? KPS_F_OWNED : 0) |
		    (READ_ONCE(program->live) ? 0 : KPS_F_DISABLED);
	u64 sums[KPS_LEDGER_NR] = {};
	int exited = atomic_read(&program->acts.exited);
	char why[KPS_GUARD_TEXT_MAX];

	kps_guard_text(&program->guard, why, sizeof(why));
	kps_canary_look();
	mutex_lock(&program->read_lock);
	kps_program_ledger(program, sums);
	mutex_unlock(&program->read_lock);
	if (nla_put_string(msg, KPS_A_NAME, program->name) ||
	    nla_put_u32(msg, KPS_A_FLAGS, flags) ||
	    nla_put_u64_64bit(msg, KPS_A_MEMORY,
			      atomic64_read(&program->memory), KPS_A_PAD) ||
	    nla_put_u64_64bit(msg, KPS_A_AGE_NS, age, KPS_A_PAD) ||
	    nla_put_u32(msg, KPS_A_NR_PROBES, program->nr_probes) ||
	    nla_put_u32(msg, KPS_A_NR_MAPS, program->nr_maps) ||
	    put_ledger(msg, KPS_A_LEDGER, sums) ||
	    nla_put_u32(msg, KPS_A_CPU_BUDGET, program->guard.budget) ||
	    nla_put_u32(msg, KPS_A_CPU_PERMILLE,
			kps_guard_permille(&program->guard)) ||
	    (why[0] && nla_put_string(msg, KPS_A_STOPPED, why)) ||
	    (exited && nla_put_u32(msg, KPS_A_EXITED, exited - 1)) ||
	    put_stacks(msg, program->stacks) ||
	    nla_put_u64_64bit(msg, KPS_A_SILENT_NS,
			      kps_program_silent_ns(program), KPS_A_PAD) ||
	    nla_put_u64_64bit(msg, KPS_A_LOST, kps_buffer_lost(program->buffer),
			      KPS_A_PAD))
		return -EMSGSIZE;
	return 0;
}

/**
 * kps_put_map() - a map's description
 * @msg: gets a nest
 * @program: whose map it is
 * @map: that map
 * @overflow: updates that were lost
 * @nr_entries: how many follow, or NULL
 *
 * Return: 0 or -EMSGSIZE.
 */
int kps_put_map(struct sk_buff *msg, const struct kps_program *program,
		   const struct kps_map *map, u64 overflow, const u32 *nr_entries)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_MAP);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(msg, KPS_MAP_A_NAME, map->name) ||
	    nla_put_u32(msg, KPS_MAP_A_KIND, map->kind) ||
	    nla_put_u32(msg, KPS_MAP_A_MAX_ENTRIES, map->max_entries) ||
	    (map->nr_key && nla_put(msg, KPS_MAP_A_KEY,
				    map->nr_key * sizeof(map->key[0]),
				    map->key)) ||
	    nla_put(msg, KPS_MAP_A_VALUE,
		    map->nr_value * sizeof(map->value[0]), map->value) ||
	    nla_put(msg, KPS_MAP_A_LHIST, sizeof(map->lhist), &map->lhist) ||
	    nla_put_u32(msg, KPS_MAP_A_BITS, map->bits) ||
	    (map->key_shape &&
	     nla_put_string(msg, KPS_MAP_A_KEY_SHAPE, map->key_shape)) ||
	    (map->value_shape &&
	     nla_put_string(msg, KPS_MAP_A_VALUE_SHAPE, map->value_shape)) ||
	    (nr_entries &&
	     nla_put_u32(msg, KPS_MAP_A_NR_ENTRIES, *nr_entries)) ||
	    nla_put_u64_64bit(msg, KPS_MAP_A_MEMORY,
			      kps_map_memory(map, READ_ONCE(program->nr_cpus)),
			      KPS_MAP_A_PAD) ||
	    nla_put_u64_64bit(msg, KPS_MAP_A_OVERFLOW, overflow,
			      KPS_MAP_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/** kps_put_output() - what LOAD has said of an output. Return: 0 or -EMSGSIZE. */
int kps_put_output(struct sk_buff *msg, const struct kps_output *output)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_OUTPUT);

	if (!nest ||
	    nla_put(msg, KPS_OUTPUT_A_FIELDS,
		    output->nr_fields * sizeof(output->fields[0]), output->fields) ||
	    nla_put_u32(msg, KPS_OUTPUT_A_ACT, output->act) ||
	    nla_put_u32(msg, KPS_OUTPUT_A_MAP, output->map) ||
	    (output->text && nla_put_string(msg, KPS_OUTPUT_A_TEXT, output->text)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* program->read_lock is held. */
static int put_site(struct sk_buff *msg, const struct kps_site *site)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_PROBE_A_SITE);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(msg, KPS_SITE_A_TARGET, site->target) ||
	    nla_put_string(msg, KPS_SITE_A_STATE, kps_site_state_name(site)) ||
	    nla_put_string(msg, KPS_SITE_A_HOW, kps_site_how(site)) ||
	    nla_put_string(msg, KPS_SITE_A_WHY, kps_site_why(site)) ||
	    nla_put_s32(msg, KPS_SITE_A_ERROR, site->error) ||
	    nla_put_u64_64bit(msg, KPS_SITE_A_MISSED, kps_site_missed(site),
			      KPS_SITE_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * kps_put_probe() - a probe with as many of its sites as there is room for
 * @msg: gets a nest
 * @probe: that probe
 * @first: of its sites; moved on
 *
 * Context: program->read_lock is held. Return: 0 or -EMSGSIZE.
 */
int kps_put_probe(struct sk_buff *msg, const struct kps_probe *probe,
		     u32 *first)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_PROBE);
	u64 sums[KPS_LEDGER_NR] = {};
	u32 begin = *first;

	if (!nest)
		return -EMSGSIZE;
	kps_probe_ledger(probe, sums);
	if (nla_put_string(msg, KPS_PROBE_A_NAME, probe->name) ||
	    nla_put_string(msg, KPS_PROBE_A_PROVIDER, probe->provider->name) ||
	    (!begin && put_ledger(msg, KPS_PROBE_A_LEDGER, sums)) ||
	    (!begin && put_faults(msg, probe)))
		return -EMSGSIZE;
	for (; *first < probe->nr_sites; ++*first) {
		unsigned char *mark = skb_tail_pointer(msg);

		if (put_site(msg, probe->sites[*first])) {
			nlmsg_trim(msg, mark);
			break;
		}
	}
	if (*first == begin)
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

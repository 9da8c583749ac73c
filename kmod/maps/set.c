// SPDX-License-Identifier: GPL-2.0
/*
 * Sets: the tables and ledgers that a program's events write to, a row for each CPU.
 */
#include <linux/bitmap.h>
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "kpstat.h"

/** kps_row_bytes() - of one CPU's tables and ledgers of a program */
size_t kps_row_bytes(const struct kps_program *program)
{
	size_t bytes = program->nr_probes * KPS_ROW_PROBE_BYTES;
	u32 i;

	for (i = 0; i < program->nr_maps; i++)
		if (program->maps[i]->kind != KPS_MAP_VALUE)
			bytes += kps_table_bytes(program->maps[i]);
	return bytes;
}

static void free_row(const struct kps_program *program, struct kps_row *row,
		     const unsigned long *maps, bool ledger)
{
	u32 i;

	if (!row)
		return;
	for (i = 0; i < program->nr_maps; i++)
		if (test_bit(i, maps))
			kvfree(row->tables[i]);
	if (ledger) {
		kfree(row->ledger);
		kvfree(row->faults);
	}
	kfree(row);
}

/**
 * kps_set_free() - free a set that no event can reach any more
 * @program: that it was of
 * @set: may be NULL, may be incomplete
 * @maps: bits of those whose tables go with it
 * @ledger: whether the ledgers go with it
 *
 * Context: may sleep.
 */
void kps_set_free(const struct kps_program *program, struct kps_set *set,
		  const unsigned long *maps, bool ledger)
{
	int cpu;

	if (!set)
		return;
	for_each_possible_cpu(cpu)
		free_row(program, set->rows[cpu], maps, ledger);
	kfree(set);
}

static bool fill_ledger(const struct kps_program *program, struct kps_row *row,
			int node)
{
	u32 nr = max(program->nr_probes, 1U);

	row->ledger = kcalloc_node(nr, sizeof(*row->ledger), GFP_KERNEL, node);
	row->faults = kvzalloc_node(nr * sizeof(*row->faults), GFP_KERNEL, node);
	return row->ledger && row->faults;
}

/* Where @may_lack, a map with keys may have no slots. */
static struct kps_table *table_for(const struct kps_map *map, int node,
				   bool may_lack)
{
	struct kps_table *table = kps_table_alloc(map, node);

	if (table || !may_lack || !map->key_size)
		return table;
	return kps_table_alloc_full(map, node);
}

static bool fill_row(const struct kps_program *program, struct kps_row *row,
		     const struct kps_row *from, const unsigned long *maps,
		     bool ledger, int node, bool may_lack)
{
	u32 i;

	if (ledger) {
		if (!fill_ledger(program, row, node))
			return false;
	} else {
		row->ledger = from->ledger;
		row->faults = from->faults;
	}
	for (i = 0; i < program->nr_maps; i++) {
		if (program->maps[i]->kind == KPS_MAP_VALUE)
			continue;
		row->tables[i] = test_bit(i, maps) ?
			table_for(program->maps[i], node, may_lack) :
			from->tables[i];
		if (!row->tables[i])
			return false;
	}
	return true;
}

/* Return: the row, or NULL. */
static struct kps_row *make_row(const struct kps_program *program, int cpu,
				const struct kps_row *from,
				const unsigned long *maps, bool ledger,
				bool may_lack)
{
	int node = cpu_to_node(cpu);
	struct kps_row *row;

	/* At least a cache line, so that no two CPUs share one. */
	row = kzalloc_node(max_t(size_t, L1_CACHE_BYTES,
				 struct_size(row, tables, program->nr_maps)),
			   GFP_KERNEL, node);
	if (row && fill_row(program, row, from, maps, ledger, node, may_lack))
		return row;
	free_row(program, row, maps, ledger);
	return NULL;
}

/**
 * kps_set_renew() - a set like @from, with some of it empty and new
 * @program: that it is of
 * @from: the rest is shared with it; NULL if everything is new
 * @maps: bits of those that get new tables
 * @ledger: whether the ledgers are new
 *
 * Context: may sleep; kps_rows_lock is held, until the set is in its place. Return: the
 * set, NULL if there is no memory.
 */
struct kps_set *kps_set_renew(const struct kps_program *program,
			      const struct kps_set *from,
			      const unsigned long *maps, bool ledger)
{
	struct kps_set *set;
	int cpu;

	set = kzalloc(struct_size(set, rows, nr_cpu_ids), GFP_KERNEL);
	if (!set)
		return NULL;
	set->nr_rows = nr_cpu_ids;
	for_each_cpu(cpu, kps_cpus()) {
		/* A CPU for which there was no memory, and which so did not come. */
		if (from && !from->rows[cpu])
			continue;
		set->rows[cpu] = make_row(program, cpu,
					  from ? from->rows[cpu] : NULL, maps,
					  ledger, false);
		if (!set->rows[cpu]) {
			kps_set_free(program, set, maps, ledger);
			return NULL;
		}
	}
	return set;
}

/** kps_set_next_row() - that of a CPU behind @cpu, which is set; or NULL */
const struct kps_row *kps_set_next_row(const struct kps_set *set, int *cpu)
{
	const struct kps_row *row;

	while (++*cpu < (int)set->nr_rows) {
		/* Complete: its address is published by smp_store_release(). */
		row = READ_ONCE(set->rows[*cpu]);
		if (row)
			return row;
	}
	return NULL;
}

/**
 * kps_set_add_row() - to the set in use, for a CPU that comes
 * @program: that it is of
 * @set: events elsewhere write to it, others may read it
 * @cpu: nothing runs there yet, or it has its row already
 *
 * Where there is no memory for slots the row has none: keys of that CPU are overflow
 * until the map is reset.
 *
 * Context: may sleep; kps_rows_lock is held for writing. Return: 1, 0: it has its row,
 * or -ENOMEM.
 */
int kps_set_add_row(const struct kps_program *program, struct kps_set *set,
		    int cpu)
{
	DECLARE_BITMAP(all, KPS_MAX_MAPS);
	struct kps_row *row;

	if (set->rows[cpu])
		return 0;
	bitmap_fill(all, KPS_MAX_MAPS);
	row = make_row(program, cpu, NULL, all, true, true);
	if (!row)
		return -ENOMEM;
	/* Readers must see it complete. */
	smp_store_release(&set->rows[cpu], row);
	return 1;
}

/** kps_set_alloc() - an empty set for a new program; as kps_set_renew() */
struct kps_set *kps_set_alloc(const struct kps_program *program)
{
	DECLARE_BITMAP(all, KPS_MAX_MAPS);

	bitmap_fill(all, KPS_MAX_MAPS);
	return kps_set_renew(program, NULL, all, true);
}

/** kps_map_overflow() - updates that were lost for want of a slot */
u64 kps_map_overflow(const struct kps_set *set, const struct kps_map *map)
{
	const struct kps_row *row;
	u64 sum = 0;
	int cpu;

	if (map->kind == KPS_MAP_VALUE)
		return kps_values_overflow(map->values);
	kps_for_each_row(row, set, cpu)
		sum += local64_read(&row->tables[map->index]->overflow);
	return sum;
}

/**
 * kps_set_sum() - what all CPUs together have of a key
 * @set: may be written to meanwhile: each number is one that its counter really had
 * @map: an aggregation, no chart
 * @key: map->key_size bytes
 * @from: a CPU that has the key, and ...
 * @own: ... its counters; or -1 and NULL
 * @sum: the count, sum, least, greatest or average; 0 of nothing
 *
 * Context: any. Return: false: a CPU before @from has the key, too; @sum is not set.
 */
bool __kprobes kps_set_sum(const struct kps_set *set, const struct kps_map *map,
			   const u64 *key, int from, const u64 *own, u64 *sum)
{
	const u32 words = map->value_size / sizeof(u64);
	u64 value[2];
	const struct kps_row *row;
	u32 i;
	int cpu;

	if (!own)
		kps_value_init(map, value);
	for (i = 0; own && i < words; i++)
		value[i] = READ_ONCE(own[i]);
	for (cpu = 0; cpu < set->nr_rows; cpu++) {
		const u64 *its;

		row = READ_ONCE(set->rows[cpu]);
		if (!row || cpu == from)
			continue;
		its = kps_table_peek(row->tables[map->index], map, key);
		if (its && cpu < from)
			return false;
		if (its)
			kps_number_merge(map, value, its);
	}
	*sum = words == 2 ? kps_average(value) : kps_value_known(map, value);
	return true;
}

/**
 * kps_set_has() - whether some CPU has a key
 * @set: may be written to meanwhile
 * @map: an aggregation
 * @key: map->key_size bytes
 * @before: of those with lower numbers; of all: nr_cpu_ids
 *
 * Context: any.
 */
bool __kprobes kps_set_has(const struct kps_set *set, const struct kps_map *map,
			   const u64 *key, int before)
{
	const struct kps_row *row;
	int cpu;

	kps_for_each_row(row, set, cpu) {
		if (cpu >= before)
			return false;
		if (kps_table_peek(row->tables[map->index], map, key))
			return true;
	}
	return false;
}

/**
 * kps_set_delete() - a key is gone, from all CPUs
 * @set: may be written to meanwhile
 * @map: an aggregation with .forgets
 * @key: map->key_size bytes
 *
 * An event of another CPU is in time for it, or behind it, as its own table is reached.
 *
 * Context: any. Return: whether some CPU had it.
 */
bool __kprobes kps_set_delete(const struct kps_set *set, const struct kps_map *map,
			      const u64 *key)
{
	const struct kps_row *row;
	bool had = false;
	int cpu;

	kps_for_each_row(row, set, cpu)
		had |= kps_table_delete(row->tables[map->index], map, key);
	return had;
}

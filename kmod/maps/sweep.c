// SPDX-License-Identifier: GPL-2.0
/*
 * Stacks that nothing refers to any more give their room back.
 *
 * Numbers of stacks are in keys and values of the program's maps, in snapshots that
 * are being handed out, in records that nobody has read, and in the hands of handlers.
 * A handler has one from kps_stacks_add(), or out of a map of plain values; both say
 * that it is in use (the first under the number of the sweep that the handler saw when
 * it looked). Then it may put the number elsewhere. So a sweep
 *
 *	gets a number, and waits until RCU has seen all handlers out that may not know
 *	it: what they held is in maps and records now, or nowhere;
 *	says of all that is in maps and snapshots that it is in use. Who took a number
 *	out of a place that is not looked at yet, and puts it where it has been, has
 *	said so, or
 *	will before he is out: it waits for that, too;
 *	condemns what nobody has spoken for, but what unread records bear;
 *	waits for those who are comparing their stack with one that is condemned;
 *	and makes it free.
 *
 * program->read_lock is held all the time: no map changes its set, and no snapshot
 * is taken meanwhile.
 */
#include <linux/ktime.h>
#include <linux/sched.h>

#include "kpstat.h"

static void use_table(struct kps_stacks *stacks, const struct kps_map *map,
		      const struct kps_table *table)
{
	u32 i;

	for (i = 0; i <= table->mask; i++) {
		/* Pairs with smp_wmb() in insert() of table.c: the key is there. */
		u32 entry = smp_load_acquire(&table->index[i]);

		if (entry)
			kps_stacks_use(stacks, map->key, map->nr_key,
				       kps_table_slot_at(table, entry - 1)->data,
				       0);
		if (!(i & 255))
			cond_resched();
	}
}

static void use_map(struct kps_stacks *stacks, const struct kps_set *set,
		    const struct kps_map *map)
{
	bool keys = kps_hold_stacks(map->key, map->nr_key);
	const struct kps_row *row;
	int cpu;

	if (map->kind == KPS_MAP_VALUE && (keys || map->has_stack_values))
		kps_values_use(map->values, map, stacks);
	else if (map->kind != KPS_MAP_VALUE && keys)
		kps_for_each_row(row, set, cpu)
			use_table(stacks, map, row->tables[map->index]);
}

static void use_snapshot(struct kps_stacks *stacks,
			 const struct kps_snapshot *snapshot)
{
	const struct kps_map *map = snapshot->map;
	const u64 *entry = snapshot->entries;
	u32 i;

	if (!kps_hold_stacks(map->key, map->nr_key) && !map->has_stack_values)
		return;
	for (i = 0; i < snapshot->nr; i++, entry += snapshot->words) {
		const u64 *value = kps_stacks_use(stacks, map->key, map->nr_key,
						  entry, 0);

		if (map->has_stack_values)
			kps_stacks_use(stacks, map->value, map->nr_value, value,
				       0);
		if (!(i & 255))
			cond_resched();
	}
}

static void use_all(struct kps_program *program)
{
	const struct kps_snapshots *snapshots;
	u32 i;

	for (i = 0; i < program->nr_maps; i++)
		use_map(program->stacks, kps_program_set(program),
			program->maps[i]);
	list_for_each_entry(snapshots, &program->snapshots, its)
		for (i = 0; i < snapshots->nr; i++)
			use_snapshot(program->stacks, &snapshots->of[i]);
}

/**
 * kps_stacks_sweep_locked() - make room in a program's table of stacks
 * @program: that has one; its read_lock is held
 *
 * Context: may sleep.
 */
void kps_stacks_sweep_locked(struct kps_program *program)
{
	struct kps_stacks *stacks = program->stacks;
	u64 now = ktime_get_mono_fast_ns(), read;

	lockdep_assert_held(&program->read_lock);
	kps_stacks_begin(stacks);
	kps_see_handlers_out();
	read = kps_buffer_read_until(program->buffer, now);
	use_all(program);
	kps_see_handlers_out();
	if (kps_stacks_condemn(stacks, read)) {
		kps_see_handlers_out();
		kps_stacks_give_back(stacks);
	}
	kps_stacks_end(stacks);
}

/** kps_stacks_sweep() - the same. Context: may sleep; takes program->read_lock. */
void kps_stacks_sweep(struct kps_program *program)
{
	mutex_lock(&program->read_lock);
	kps_stacks_sweep_locked(program);
	mutex_unlock(&program->read_lock);
}

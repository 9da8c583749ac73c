// SPDX-License-Identifier: GPL-2.0
/*
 * Loops. A block is run again and again by a helper: no instruction jumps back. What
 * ends every loop is fuel: each round burns what the verifier reckons that it costs, and
 * an event has KPS_MAX_FUEL, or in a task some turns of that.
 */
#include "kpstat.h"
#include "task.h"

/* Places of a table, that are looked at and have nothing, for one ns. */
#define EMPTY_PER_NS 2

static bool fill_up(struct kps_ctx *ctx)
{
	if (!ctx->turns || !kps_task_pause(ctx))
		return false;
	ctx->turns--;
	ctx->burnt = 0;
	return true;
}

/* @cost: at most KPS_MAX_FUEL. False: there is not as much left. */
static bool burn(struct kps_ctx *ctx, u32 cost)
{
	if (cost > KPS_MAX_FUEL - ctx->burnt && !fill_up(ctx)) {
		ctx->lost |= BIT(KPS_LEDGER_FUEL);
		return false;
	}
	ctx->burnt += cost;
	return true;
}

/* Return: how the round has ended; that there was no fuel for it ends the loop. */
static u32 run_round(struct kps_ctx *ctx, const struct kps_block *block)
{
	if (!burn(ctx, block->cost))
		return KPS_BLOCK_BREAK;
	return kps_prog_run(block->prog, ctx);
}

/**
 * kps_block_loop() - repeat a block until it says that this was the last round
 * @ctx: of the event
 * @block: of its program
 *
 * Context: as the clause. Return: 1 if the clause ends, too, else 0.
 */
u64 __kprobes kps_block_loop(struct kps_ctx *ctx, const struct kps_block *block)
{
	u32 end;

	do
		end = run_round(ctx, block);
	while (end == KPS_BLOCK_NEXT);
	return end == KPS_BLOCK_LEAVE;
}

/* Who has got the number of a stack may keep it: it is in use. */
static void use_stacks(struct kps_ctx *ctx, const struct kps_map *map, u64 *key,
		       u64 *value)
{
	struct kps_stacks *stacks = ctx->program->stacks;

	if (!stacks)
		return;
	kps_stacks_use(stacks, map->key, map->nr_key, key, 0);
	if (map->has_stack_values)
		kps_stacks_use(stacks, map->value, map->nr_value, value, 0);
}

static u32 each_value(struct kps_ctx *ctx, const struct kps_block *block,
		      const struct kps_map *map, u64 *key, u64 *value)
{
	struct kps_walk walk = { .bucket = 0 };
	u32 end = KPS_BLOCK_NEXT;

	while (end == KPS_BLOCK_NEXT) {
		u32 from = walk.bucket;
		int found = kps_values_next(map->values, &walk, key, value);

		if (!found || !burn(ctx, (walk.bucket - from) / EMPTY_PER_NS))
			break;
		if (found < 0) {
			ctx->lost |= BIT(KPS_LEDGER_BUSY);
			continue;
		}
		use_stacks(ctx, map, key, value);
		end = run_round(ctx, block);
	}
	return end;
}

/* The keys of one CPU that none before it has. */
static u32 each_of_cpu(struct kps_ctx *ctx, const struct kps_block *block,
		       const struct kps_map *map, const struct kps_set *set, int cpu,
		       u64 *key, u64 *value)
{
	const struct kps_table *table = set->rows[cpu]->tables[map->index];
	u32 at = 0, end = KPS_BLOCK_NEXT;
	const u64 *its_key;

	while (end == KPS_BLOCK_NEXT) {
		u32 from = at;
		const u64 *its = kps_table_next(table, map, &at, &its_key);

		if (!its)
			break;
		if (!burn(ctx, (at - from) / EMPTY_PER_NS))
			return KPS_BLOCK_BREAK;
		if (!kps_set_sum(set, map, its_key, cpu, its, value))
			continue;
		memcpy(key, its_key, map->key_size);
		use_stacks(ctx, map, key, value);
		end = run_round(ctx, block);
	}
	return end;
}

static u32 each_sum(struct kps_ctx *ctx, const struct kps_block *block,
		    const struct kps_map *map, u64 *key, u64 *value)
{
	const struct kps_set *set = rcu_dereference_raw(ctx->program->set);
	const struct kps_row *row;
	u32 end = KPS_BLOCK_NEXT;
	int cpu;

	kps_for_each_row(row, set, cpu) {
		end = each_of_cpu(ctx, block, map, set, cpu, key, value);
		if (end != KPS_BLOCK_NEXT)
			break;
	}
	return end;
}

/**
 * kps_block_each() - run a block once for each key of a map
 * @ctx: of the event
 * @block: of its program
 * @map: may be changed by the block, and by others
 * @key: in scratch, room for a key
 * @value: in scratch, room for a plain value, or for the number that an aggregation is
 *
 * Keys that stay are seen once; those that come or go meanwhile once or not. A key of an
 * aggregation is seen with the first CPU that has it: one that such a CPU counts for the
 * first time while the loop is past it, may be passed over.
 *
 * Context: as the clause. Return: 1 if the clause ends, too, else 0.
 */
u64 __kprobes kps_block_each(struct kps_ctx *ctx, const struct kps_block *block,
			     const struct kps_map *map, u64 *key, u64 *value)
{
	u32 end = map->kind == KPS_MAP_VALUE ?
			each_value(ctx, block, map, key, value) :
			each_sum(ctx, block, map, key, value);

	return end == KPS_BLOCK_LEAVE;
}

/* As far as there is fuel for. */
static u32 count_of_cpu(struct kps_ctx *ctx, const struct kps_map *map,
			const struct kps_set *set, int cpu)
{
	const struct kps_table *table = set->rows[cpu]->tables[map->index];
	u32 at = 0, from = 0, nr = 0;
	const u64 *key;

	for (; kps_table_next(table, map, &at, &key); from = at) {
		if (!burn(ctx, (at - from) / EMPTY_PER_NS + (cpu + 1) * KPS_LOOK_COST))
			break;
		nr += !kps_set_has(set, map, key, cpu);
	}
	return nr;
}

/**
 * kps_tables_len() - how many keys an aggregation has
 * @ctx: of the event
 * @map: others may count in it, and delete from it
 *
 * Context: as the clause. Return: the keys that some CPU has, as far as the fuel went.
 */
u64 __kprobes kps_tables_len(struct kps_ctx *ctx, const struct kps_map *map)
{
	const struct kps_set *set = rcu_dereference_raw(ctx->program->set);
	const struct kps_row *row;
	u64 nr = 0;
	int cpu;

	if (!map->key_size)
		return kps_set_has(set, map, NULL, nr_cpu_ids);
	kps_for_each_row(row, set, cpu)
		nr += count_of_cpu(ctx, map, set, cpu);
	return nr;
}

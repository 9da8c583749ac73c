// SPDX-License-Identifier: GPL-2.0
/*
 * Reading: take a program's maps at one point, merge the CPUs by key, sort.
 *
 * With reset, a set with fresh tables is published first; after RCU has seen
 * every handler out, nothing writes to the old tables, and they are read and
 * freed.  So every event is in exactly one reading.  Without reset the live
 * tables are read as they change.  Room to read into is made before.
 */
#include <linux/bitmap.h>
#include <linux/cred.h>
#include <linux/kallsyms.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/tick.h>

#include "kpstat.h"
#include "maps/kinds.h"
#include "paging.h"

/* Merging needs to find a key again: numbers of entries plus 1, by hash. */
struct merge {
	struct kps_snapshot *into;
	struct kps_stacks *stacks;
	u32 max;
	u32 mask;
	struct kps_secret secret;
	u32 *index;
	u64 key[KPS_MAX_KEY_SIZE / sizeof(u64)];	/* of the slot that is merged */
};

/* Maps on their way into snapshots, and what each of them needs for it. */
struct taking {
	struct kps_snapshots *snapshots;
	struct merge *merges;
};

/* Places in one function, printed by its name, are one key: its start. */
static u64 function_start(u64 address)
{
	char text[KSYM_SYMBOL_LEN];
	unsigned long offset;
	char *plus;

	sprint_symbol(text, address);
	plus = strchr(text, '+');
	if (!plus)
		return address;
	plus[1 + strcspn(plus + 1, "/")] = '\0';
	return kstrtoul(plus + 1, 16, &offset) ? address : address - offset;
}

/* What is printed the same must be one key. */
static void make_canonical(const struct kps_map *map, struct kps_stacks *stacks,
			   u64 *key)
{
	u32 i;

	for (i = 0; i < map->nr_key; i++) {
		if (kps_field_is_stack(&map->key[i]))
			*key = kps_stacks_canonical(stacks, *key);
		else if (map->key[i].type == KPS_T_KSYM)
			*key = function_start(*key);
		key += map->key[i].size / sizeof(u64);
	}
}

static u64 *find_or_add(struct merge *merge, const u64 *key)
{
	struct kps_snapshot *into = merge->into;
	const u32 key_words = into->map->key_size / sizeof(u64);
	u32 at = kps_hash(&merge->secret, key, key_words) & merge->mask;
	u64 *entry;

	for (; merge->index[at]; at = (at + 1) & merge->mask) {
		entry = into->entries +
			(size_t)(merge->index[at] - 1) * into->words;
		if (!memcmp(entry, key, into->map->key_size))
			return entry + key_words;
	}
	if (into->nr == merge->max)
		return NULL;
	entry = into->entries + (size_t)into->nr * into->words;
	memcpy(entry, key, into->map->key_size);
	kps_value_init(into->map, entry + key_words);
	merge->index[at] = ++into->nr;
	return entry + key_words;
}

static void merge_slot(struct merge *merge, const struct kps_slot *slot)
{
	const struct kps_map *map = merge->into->map;
	u64 *value;

	memcpy(merge->key, slot->data, map->key_size);
	make_canonical(map, merge->stacks, merge->key);
	value = find_or_add(merge, merge->key);
	if (value)
		kps_kinds[map->kind]->merge(map, value,
					    slot->data + map->key_size / 8);
}

static void merge_table(struct merge *merge, const struct kps_table *table)
{
	const struct kps_map *map = merge->into->map;
	u32 i;

	if (!map->key_size) {
		if (kps_table_has_only(table))
			merge_slot(merge, kps_table_slot_at(table, 0));
		return;
	}
	for (i = 0; i <= table->mask; i++) {
		/* Pairs with smp_wmb() in insert() of table.c: the key is there. */
		u32 entry = smp_load_acquire(&table->index[i]);

		if (entry && kps_slot_is_there(kps_table_slot_at(table, entry - 1)))
			merge_slot(merge, kps_table_slot_at(table, entry - 1));
		if (!(i & 255))
			cond_resched();
	}
}

static u32 most_entries(const struct kps_set *set, const struct kps_map *map)
{
	const struct kps_row *row;
	u32 sum = 0;
	int cpu;

	if (map->kind == KPS_MAP_VALUE)
		return map->max_entries;
	/* A table may gain entries meanwhile: leave room, up to its max. */
	kps_for_each_row(row, set, cpu) {
		const struct kps_table *table = row->tables[map->index];

		sum += min(table->max, 2 * READ_ONCE(table->claimed) + 64);
	}
	return sum;
}

/* All that readers hold: those of netlink for as long as they do not read on. */
static LIST_HEAD(held);
static DEFINE_MUTEX(held_lock);

/** kps_snapshots_memory() - bytes that readers hold */
u64 kps_snapshots_memory(void)
{
	const struct kps_snapshots *each;
	u64 sum = 0;

	mutex_lock(&held_lock);
	list_for_each_entry(each, &held, list)
		sum += each->bytes;
	mutex_unlock(&held_lock);
	return sum;
}

/* What others hold, and of that what the same user does. */
static u64 held_by_others(const struct kps_snapshots *mine, u64 *same_user)
{
	const struct kps_snapshots *each;
	u64 sum = 0;

	*same_user = 0;
	list_for_each_entry(each, &held, list) {
		if (each == mine)
			continue;
		sum += each->bytes;
		if (uid_eq(each->uid, mine->uid))
			*same_user += each->bytes;
	}
	return sum;
}

/*
 * Readers together may hold as much as programs may. Beside that limit each user is
 * given one reading: a large map can be read in any case, and nobody keeps others
 * from it.
 */
static int charge(struct kps_snapshots *mine, size_t bytes,
		  struct kps_error *error)
{
	u64 same_user, others;
	bool refused;

	mutex_lock(&held_lock);
	others = held_by_others(mine, &same_user);
	refused = same_user && others + mine->bytes + bytes > kps_memory_limit();
	if (!refused)
		mine->bytes += bytes;
	mutex_unlock(&held_lock);
	if (!refused)
		return 0;
	return kps_error(error, -E2BIG,
			 "a copy to read takes %zu KiB, and other readers hold %llu of the %llu KiB that max_memory_mb lets them; let them end, or raise the module parameter",
			 (mine->bytes + bytes) >> 10, others >> 10,
			 kps_memory_limit() >> 10);
}

/* Whatever the limit is. */
static void recharge(struct kps_snapshots *mine, size_t before, size_t now)
{
	mutex_lock(&held_lock);
	mine->bytes += now - before;
	mutex_unlock(&held_lock);
}

static size_t index_bytes(const struct merge *merge)
{
	return (merge->mask + 1) * sizeof(u32);
}

static size_t entries_bytes(const struct merge *merge)
{
	return (size_t)merge->max * (merge->into->words * sizeof(u64) +
				     sizeof(u64 *));
}

static size_t room_bytes(const struct merge *merge)
{
	return index_bytes(merge) + entries_bytes(merge);
}

static void free_room(struct merge *merge)
{
	kvfree(merge->index);
	kvfree(merge->into->entries);
	kvfree(merge->into->sorted);
	merge->index = NULL;
	merge->into->entries = NULL;
	merge->into->sorted = NULL;
}

static int no_room(struct kps_error *error)
{
	return kps_error(error, -ENOMEM, "no memory to read into");
}

/*
 * More than the kernel gives at once, or has, is refused with a sentence: it has
 * nothing to add to that.
 */
#define GFP_ROOM (GFP_KERNEL | __GFP_NOWARN)

static void size_room(struct merge *merge, const struct kps_set *set)
{
	struct kps_snapshot *into = merge->into;

	into->words = (into->map->key_size + into->map->value_size) /
		      sizeof(u64);
	merge->max = most_entries(set, into->map);
	merge->mask = into->map->kind == KPS_MAP_VALUE ?
		      0 : roundup_pow_of_two(2 * merge->max) - 1;
}

static int make_room(struct merge *merge)
{
	struct kps_snapshot *into = merge->into;

	if (!kps_memory_to_spare(entries_bytes(merge)))
		return -ENOMEM;
	kps_secret_init(&merge->secret);
	merge->index = kvcalloc(merge->mask + 1, sizeof(u32), GFP_ROOM);
	into->entries = kvcalloc(merge->max, into->words * sizeof(u64),
				 GFP_ROOM);
	into->sorted = kvcalloc(merge->max, sizeof(u64 *), GFP_ROOM);
	return merge->index && into->entries && into->sorted ? 0 : -ENOMEM;
}

/* Whether all that is in the tables, which do not change, has room. */
static bool has_room(const struct merge *merge, const struct kps_set *set)
{
	const struct kps_map *map = merge->into->map;
	const struct kps_row *row;
	u32 sum = 0;
	int cpu;

	if (map->kind == KPS_MAP_VALUE)
		return true;
	kps_for_each_row(row, set, cpu)
		sum += row->tables[map->index]->claimed;
	return sum <= merge->max;
}

static void take_tables(struct merge *merge, const struct kps_set *set)
{
	const struct kps_row *row;
	int cpu;

	kps_for_each_row(row, set, cpu)
		merge_table(merge, row->tables[merge->into->map->index]);
}

static int compare(const void *left, const void *right, const void *priv)
{
	const struct kps_map *map = priv;
	const struct kps_kind *kind = kps_kinds[map->kind];
	const u32 key_words = map->key_size / sizeof(u64);
	const u64 *a = *(const u64 **)left;
	const u64 *b = *(const u64 **)right;
	s64 weight_a = kind->weight(map, a + key_words);
	s64 weight_b = kind->weight(map, b + key_words);
	u32 i;

	/* Of millions of entries it takes seconds. */
	if (need_resched())
		cond_resched();
	if (weight_a != weight_b)
		return weight_a < weight_b ? -1 : 1;
	/* Any order will do, as long as it is the same every time. */
	for (i = 0; i < key_words; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static void sort_entries(struct kps_snapshot *snapshot)
{
	u32 i;

	for (i = 0; i < snapshot->nr; i++)
		snapshot->sorted[i] = snapshot->entries +
				      (size_t)i * snapshot->words;
	sort_r(snapshot->sorted, snapshot->nr, sizeof(u64 *), compare, NULL,
	       snapshot->map);
}

static void clear_unset(struct kps_snapshot *snapshot)
{
	const struct kps_map *map = snapshot->map;
	u32 i;

	if (!kps_kinds[map->kind]->nothing)
		return;
	for (i = 0; i < snapshot->nr; i++) {
		u64 *value = snapshot->entries + (size_t)i * snapshot->words +
			     map->key_size / sizeof(u64);

		*value = kps_value_known(map, value);
	}
}

/* What was taken stays a key, of 0 and what has come since. */
static void put_keys_back(const struct kps_snapshot *taken)
{
	u64 sum;
	u32 i;

	for (i = 0; i < taken->nr; i++)
		kps_values_add(taken->map->values,
			       taken->entries + (size_t)i * taken->words, 0, &sum);
}

static void take_values(struct kps_snapshot *into, u32 flags)
{
	const struct kps_map *map = into->map;

	into->nr = kps_values_copy(map->values, into->entries, map->max_entries,
				   flags & KPS_F_RESET);
	if (flags & KPS_F_ZERO)
		put_keys_back(into);
}

static void take_map(struct merge *merge, const struct kps_set *set, u32 flags)
{
	struct kps_snapshot *into = merge->into;
	const struct kps_map *map = into->map;

	into->overflow = kps_map_overflow(set, map);
	if (map->kind == KPS_MAP_VALUE)
		take_values(into, flags);
	else
		take_tables(merge, set);
	clear_unset(into);
	sort_entries(into);
}

/** kps_snapshots_free() - nobody looks at them any more. May sleep. */
void kps_snapshots_free(struct kps_snapshots *snapshots)
{
	u32 i;

	if (!snapshots)
		return;
	mutex_lock(&snapshots->program->read_lock);
	list_del(&snapshots->its);
	mutex_unlock(&snapshots->program->read_lock);
	if (snapshots->reset && kps_stacks_worth(snapshots->program->stacks))
		kps_stacks_ask(snapshots->program->stacks);
	for (i = 0; i < snapshots->nr; i++) {
		kvfree(snapshots->of[i].entries);
		kvfree(snapshots->of[i].sorted);
	}
	mutex_lock(&held_lock);
	list_del(&snapshots->list);
	mutex_unlock(&held_lock);
	kfree(snapshots);
}

static struct kps_snapshots *alloc_snapshots(struct kps_program *program,
					     u32 nr)
{
	struct kps_snapshots *snapshots;

	snapshots = kzalloc(struct_size(snapshots, of, nr), GFP_KERNEL);
	if (!snapshots)
		return NULL;
	snapshots->uid = current_euid();
	snapshots->program = program;
	INIT_LIST_HEAD(&snapshots->its);
	mutex_lock(&held_lock);
	list_add(&snapshots->list, &held);
	mutex_unlock(&held_lock);
	return snapshots;
}

/* Room for all that is asked for. */
static int begin_taking(struct taking *taking, struct kps_program *program,
			const struct kps_set *set, const unsigned long *maps,
			struct kps_error *error)
{
	u32 i, nr = bitmap_weight(maps, program->nr_maps);
	struct merge *merge;
	int err;

	taking->snapshots = alloc_snapshots(program, nr);
	taking->merges = kcalloc(nr, sizeof(*taking->merges), GFP_KERNEL);
	if (!taking->snapshots || !taking->merges)
		return no_room(error);
	merge = taking->merges;
	for_each_set_bit(i, maps, program->nr_maps) {
		merge->into = &taking->snapshots->of[taking->snapshots->nr++];
		merge->into->map = program->maps[i];
		merge->stacks = program->stacks;
		size_room(merge, set);
		err = charge(taking->snapshots, room_bytes(merge), error);
		if (err)
			return err;
		if (make_room(merge++))
			return no_room(error);
	}
	return 0;
}

/*
 * Keys that came after room was made may need more of it. They have been taken out
 * of the map: no limit is asked.
 */
static int make_more_room(struct taking *taking, struct merge *merge,
			  const struct kps_set *set)
{
	size_t before = room_bytes(merge);

	if (has_room(merge, set))
		return 0;
	free_room(merge);
	size_room(merge, set);
	recharge(taking->snapshots, before, room_bytes(merge));
	return make_room(merge);
}

static int take_all(struct taking *taking, const struct kps_set *set, u32 flags)
{
	u32 i;
	int err;

	for (i = 0; flags & KPS_F_RESET && i < taking->snapshots->nr; i++) {
		err = make_more_room(taking, &taking->merges[i], set);
		if (err)
			return err;
	}
	for (i = 0; i < taking->snapshots->nr; i++)
		take_map(&taking->merges[i], set, flags);
	return 0;
}

static void end_taking(struct taking *taking)
{
	u32 i;

	if (taking->snapshots && taking->merges)
		for (i = 0; i < taking->snapshots->nr; i++) {
			struct merge *merge = &taking->merges[i];

			if (merge->index)
				recharge(taking->snapshots, index_bytes(merge),
					 0);
			kvfree(merge->index);
		}
	kfree(taking->merges);
}

static void copy_keys(const struct kps_map *map, struct kps_set *to,
		      const struct kps_set *from)
{
	const struct kps_row *row;
	int cpu;

	kps_for_each_row(row, to, cpu)
		kps_table_copy_keys(row->tables[map->index],
				    from->rows[cpu]->tables[map->index], map);
}

static void copy_all_keys(const struct kps_program *program,
			  struct kps_set *to, const struct kps_set *from,
			  const unsigned long *maps)
{
	u32 i;

	for_each_set_bit(i, maps, program->nr_maps)
		if (program->maps[i]->kind != KPS_MAP_VALUE)
			copy_keys(program->maps[i], to, from);
}

/**
 * kps_see_handlers_out() - wait for all handlers that run now
 *
 * They run with preemption off, and so are RCU readers; those that wait for memory are
 * seen by paging.c.
 *
 * Context: may sleep.
 */
void kps_see_handlers_out(void)
{
	/*
	 * To hurry is to interrupt each CPU: those that are to be left alone would be,
	 * too.
	 */
	if (tick_nohz_full_enabled())
		synchronize_rcu();
	else
		synchronize_rcu_expedited();
	kps_paging_settle();
}

/*
 * Put a set whose @maps are empty, and its @ledger, in the place of the one in use.
 * Return: that one, to which no handler writes any more; NULL if there is no memory,
 * then nothing has changed.
 */
static struct kps_set *begin_interval(struct kps_program *program,
				      const unsigned long *maps, bool ledger,
				      bool keep_keys)
{
	struct kps_set *old = kps_program_set(program), *fresh;

	down_read(&kps_rows_lock);
	fresh = kps_set_renew(program, ledger ? NULL : old, maps, ledger);
	if (fresh && keep_keys)
		copy_all_keys(program, fresh, old, maps);
	if (fresh) {
		rcu_assign_pointer(program->set, fresh);
		/* Who waits for memory may find himself on a CPU that comes, and needs a row. */
		kps_see_handlers_out();
	}
	up_read(&kps_rows_lock);
	return fresh ? old : NULL;
}

/* A key that is put back has a 0 in its place. */
static int check_zero(const struct kps_program *program,
		      const unsigned long *maps, struct kps_error *error)
{
	u32 i;

	for_each_set_bit(i, maps, program->nr_maps) {
		const struct kps_map *map = program->maps[i];

		if (map->kind == KPS_MAP_VALUE &&
		    (map->nr_value != 1 || map->value[0].type != KPS_T_INT))
			return kps_error(error, -EINVAL,
					 "%s holds no numbers: its keys cannot stay",
					 map->name);
	}
	return 0;
}

/**
 * kps_snapshots_take() - read maps, all at one point
 * @program: whose
 * @maps: bits of those to read
 * @flags: KPS_F_RESET: start a new interval; and KPS_F_ZERO: with the keys there are
 * @error: gets the reason
 *
 * There is room for what is read before anything is taken out of the maps, so
 * that a reset that fails has taken nothing. Only where new keys then come more
 * quickly than room was left for, and there is no memory for them, is the
 * interval lost, and @error says so.
 *
 * Context: may sleep; takes program->read_lock. Return: snapshots, or an
 * ERR_PTR: -ENOMEM, -E2BIG: readers hold too much, or -EINVAL: @flags do not suit a
 * map.
 */
struct kps_snapshots *kps_snapshots_take(struct kps_program *program,
					 const unsigned long *maps, u32 flags,
					 struct kps_error *error)
{
	struct kps_set *set, *old = NULL;
	struct taking taking;
	int err;

	err = flags & KPS_F_ZERO ? check_zero(program, maps, error) : 0;
	if (err)
		return ERR_PTR(err);
	mutex_lock(&program->read_lock);
	set = kps_program_set(program);
	err = begin_taking(&taking, program, set, maps, error);
	if (!err && flags & KPS_F_RESET) {
		old = begin_interval(program, maps, false, flags & KPS_F_ZERO);
		err = old ? 0 : no_room(error);
	}
	if (err)
		goto unlock;
	err = take_all(&taking, set, flags);
	if (err)
		kps_error(error, err, "no memory to read into; what was counted since the last reset is lost");
	else
		list_add(&taking.snapshots->its, &program->snapshots);
	if (old)
		kps_set_free(program, old, maps, false);
unlock:
	mutex_unlock(&program->read_lock);
	end_taking(&taking);
	if (!err) {
		taking.snapshots->reset = flags & KPS_F_RESET;
		return taking.snapshots;
	}
	kps_snapshots_free(taking.snapshots);
	return ERR_PTR(err);
}

/* What a reset has emptied gives its stacks back, if that is worth the time. */
static void sweep_stacks(struct kps_program *program)
{
	if (kps_stacks_worth(program->stacks))
		kps_stacks_sweep_locked(program);
}

static void empty_values(struct kps_map *map, u64 *room)
{
	if (map->kind == KPS_MAP_VALUE)
		kps_values_copy(map->values, room, map->max_entries, true);
}

static size_t most_values(const struct kps_program *program)
{
	size_t most = 0;
	u32 i;

	for (i = 0; i < program->nr_maps; i++) {
		const struct kps_map *map = program->maps[i];

		if (map->kind == KPS_MAP_VALUE)
			most = max(most, (size_t)map->max_entries *
				   (map->key_size + map->value_size));
	}
	return most;
}

/**
 * kps_maps_reset() - empty all maps of a program and zero its ledger
 * @program: whose
 *
 * Context: may sleep; takes program->read_lock. Return: 0 or -ENOMEM, then
 * nothing has changed.
 */
int kps_maps_reset(struct kps_program *program)
{
	DECLARE_BITMAP(all, KPS_MAX_MAPS);
	struct kps_set *old;
	u64 *room = NULL;
	u32 i;

	if (most_values(program)) {
		room = kvmalloc(most_values(program), GFP_ROOM);
		if (!room)
			return -ENOMEM;
	}
	bitmap_fill(all, KPS_MAX_MAPS);
	mutex_lock(&program->read_lock);
	old = begin_interval(program, all, true, false);
	if (old) {
		kps_set_free(program, old, all, true);
		for (i = 0; i < program->nr_maps; i++)
			empty_values(program->maps[i], room);
		for (i = 0; i < program->nr_sites; i++)
			program->sites[i]->missed_before +=
				kps_site_missed(program->sites[i]);
		sweep_stacks(program);
	}
	mutex_unlock(&program->read_lock);
	kvfree(room);
	return old ? 0 : -ENOMEM;
}

static int reset_values(const struct kps_map *map, bool keep_keys)
{
	u64 *room;

	if (keep_keys) {
		kps_values_zero(map->values);
		return 0;
	}
	room = kvmalloc_array(map->max_entries, map->key_size + map->value_size,
			      GFP_ROOM);
	if (!room)
		return -ENOMEM;
	kps_values_copy(map->values, room, map->max_entries, true);
	kvfree(room);
	return 0;
}

static int reset_tables(struct kps_program *program, const struct kps_map *map,
			bool keep_keys)
{
	DECLARE_BITMAP(one, KPS_MAX_MAPS) = {};
	struct kps_set *old;

	__set_bit(map->index, one);
	old = begin_interval(program, one, false, keep_keys);
	if (!old)
		return -ENOMEM;
	kps_set_free(program, old, one, false);
	return 0;
}

/**
 * kps_map_reset() - empty one map; the ledger and the others go on
 * @program: whose
 * @map: one of its
 * @keep_keys: its keys stay, as if no event had come yet
 *
 * Context: may sleep; takes program->read_lock. Return: 0 or -ENOMEM, then
 * nothing has changed.
 */
int kps_map_reset(struct kps_program *program, const struct kps_map *map,
		  bool keep_keys)
{
	int err;

	mutex_lock(&program->read_lock);
	err = map->kind == KPS_MAP_VALUE ? reset_values(map, keep_keys) :
					   reset_tables(program, map, keep_keys);
	if (!err && !keep_keys)
		sweep_stacks(program);
	mutex_unlock(&program->read_lock);
	return err;
}

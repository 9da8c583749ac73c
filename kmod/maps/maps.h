/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps: named aggregates.  Events write to per-CPU tables of slots allocated
 * before the first event; readers merge by key.
 */
#ifndef KPS_MAPS_H
#define KPS_MAPS_H

#include <linux/kprobes.h>
#include <linux/kpstat.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <asm/local64.h>

#include "../error.h"

struct kps_program;
struct kps_stacks;
struct seq_file;

/** struct kps_enum - names for values */
struct kps_enum {
	u32 nr;
	struct {
		s64 value;
		const char *name;
	} names[];
};

/**
 * struct kps_map - what a map is; what it holds is in the program's set
 * @index: number in the program
 * @key_size: bytes, a multiple of 8; 0 for a map without key
 * @value_size: bytes, a multiple of 8
 * @max_entries: keys per CPU; of a plain value map in all
 * @bits: of KPS_MAP_HIST: 2^bits buckets for each power of two
 * @values: of KPS_MAP_VALUE, shared by all CPUs
 * @has_stack_values: those hold stacks
 * @forgets: clauses take single keys out of its tables; then kps_table_count() adds to them
 * @key_shape: what its fields are together, for who prints them; or NULL
 * @value_shape: likewise
 */
struct kps_map {
	u32 index;
	enum kps_map_kind kind;
	u32 key_size;
	u32 value_size;
	u32 max_entries;
	u32 nr_key;
	struct kps_field key[KPS_MAX_KEY_FIELDS];
	u32 nr_value;
	struct kps_field value[KPS_MAX_VALUE_FIELDS];
	struct kps_lhist lhist;
	u32 bits;
	struct kps_values *values;
	bool has_stack_values;
	bool forgets;
	char *key_shape;
	char *value_shape;
	char name[KPS_NAME_MAX];
};

/**
 * struct kps_secret - what a table hashes with; random, and never shown
 * @start: what a hash begins with
 * @factor: odd
 */
struct kps_secret {
	u64 start;
	u64 factor;
};

/**
 * struct kps_slot - room for a key, which is followed by the value, one local64_t per counter
 * @gone: the key was deleted, and what the counters have is nobody's. Any CPU sets it, its
 *	own alone clears it
 */
struct kps_slot {
	u32 hash;
	u32 gone;
	u64 data[];
};

/**
 * struct kps_table - one CPU's slots of one map
 * @claimed: slots taken, at most @max
 * @overflow: updates that found no slot
 * @last: slot that was found last, or NULL; a hint
 * @counting: events that are inside of kps_table_count(), one in the other
 * @mask: of the index, whose size is a power of two and twice @max or more, so
 *	that a search always ends
 * @secret: of its hash
 * @index: 0 is free, else a slot's number plus 1; entries are never removed
 */
struct kps_table {
	u32 claimed;
	u32 max;
	u32 mask;
	u32 slot_size;
	local64_t overflow;
	struct kps_slot *last;
	u8 *slots;
	struct kps_secret secret;
	u32 counting;
	u32 index[];
};

/**
 * struct kps_ledger_counts - where one probe's events went, on one CPU
 * @time_next: the guard times the event of this number among the hits
 * @timed: and has timed this one last
 */
struct kps_ledger_counts {
	u64 time_next;
	u64 timed;
	local64_t nr[KPS_LEDGER_MISSED];	/* MISSED is the kernel's count */
};

#define KPS_FAULT_LINES 8

/**
 * struct kps_faults - of which lines one probe's faults are, on one CPU
 * @line: of the program's text; 0: the place is free
 * @nr: events
 * @other: those of no line, and of lines for which there was no place
 */
struct kps_faults {
	u32 line[KPS_FAULT_LINES];
	local64_t nr[KPS_FAULT_LINES];
	local64_t other;
};

/**
 * struct kps_row - what events on one CPU write to
 * @ledger: by probe
 * @faults: by probe; renewed with the ledger
 * @tables: by map; NULL for plain value maps
 */
struct kps_row {
	struct kps_ledger_counts *ledger;
	struct kps_faults *faults;
	struct kps_table *tables[];
};

/* What a row has for each probe. */
#define KPS_ROW_PROBE_BYTES (sizeof(struct kps_ledger_counts) +		\
			     sizeof(struct kps_faults))

/**
 * struct kps_set - what all events of a program write to, in one interval
 * @nr_rows: nr_cpu_ids
 * @rows: by CPU number; NULL where no such CPU has been seen online. That of one that
 *	comes is added to the set in use, before anything runs there
 */
struct kps_set {
	u32 nr_rows;
	struct kps_row *rows[];
};

/* The rows that are there, and whose they are. */
#define kps_for_each_row(row, set, cpu)					\
	for ((cpu) = -1; ((row) = kps_set_next_row(set, &(cpu)));)

struct kps_ctx;

/* map.c */
struct kps_map *kps_map_alloc(const char *name, enum kps_map_kind kind,
			      struct kps_error *error);
int kps_map_finish(struct kps_map *map, struct kps_error *error);
void kps_map_free(struct kps_map *map);
size_t kps_map_memory(const struct kps_map *map, u32 nr_cpus);

/* kinds.c */
void kps_number_merge(const struct kps_map *map, u64 *into, const u64 *from);
void kps_value_init(const struct kps_map *map, u64 *value);
u64 kps_value_known(const struct kps_map *map, const u64 *value);
s64 kps_average(const u64 *value);

/* set.c */
size_t kps_row_bytes(const struct kps_program *program);
struct kps_set *kps_set_alloc(const struct kps_program *program);
struct kps_set *kps_set_renew(const struct kps_program *program,
			      const struct kps_set *from,
			      const unsigned long *maps, bool ledger);
const struct kps_row *kps_set_next_row(const struct kps_set *set, int *cpu);
int kps_set_add_row(const struct kps_program *program, struct kps_set *set,
		    int cpu);
void kps_set_free(const struct kps_program *program, struct kps_set *set,
		  const unsigned long *maps, bool ledger);
u64 kps_map_overflow(const struct kps_set *set, const struct kps_map *map);
bool kps_set_sum(const struct kps_set *set, const struct kps_map *map,
		 const u64 *key, int from, const u64 *own, u64 *sum);
bool kps_set_has(const struct kps_set *set, const struct kps_map *map,
		 const u64 *key, int before);
bool kps_set_delete(const struct kps_set *set, const struct kps_map *map,
		    const u64 *key);

/* table.c */
size_t kps_table_bytes(const struct kps_map *map);
struct kps_table *kps_table_alloc(const struct kps_map *map, int node);
struct kps_table *kps_table_alloc_full(const struct kps_map *map, int node);
int kps_table_update(struct kps_table *table, const struct kps_map *map,
		     const u64 *key, s64 value);
void kps_table_update_only(struct kps_table *table, const struct kps_map *map,
			   s64 value);
int kps_table_count(struct kps_table *table, const struct kps_map *map,
		    const u64 *key, s64 value);
bool kps_table_delete(struct kps_table *table, const struct kps_map *map,
		      const u64 *key);
bool kps_slot_is_there(const struct kps_slot *slot);
bool kps_table_has_only(const struct kps_table *table);
const u64 *kps_table_peek(const struct kps_table *table,
			  const struct kps_map *map, const u64 *key);
const u64 *kps_table_next(const struct kps_table *table, const struct kps_map *map,
			  u32 *at, const u64 **key);
void kps_table_copy_keys(struct kps_table *to, const struct kps_table *from,
			 const struct kps_map *map);
void kps_secret_init(struct kps_secret *secret);
u32 kps_hash(const struct kps_secret *secret, const u64 *key, u32 words);

static inline struct kps_slot *kps_table_slot_at(const struct kps_table *table,
						 u32 nr)
{
	return (struct kps_slot *)(table->slots + (size_t)nr * table->slot_size);
}

/* value.c */
/* Nodes in one bucket; by lot there are never a dozen. */
#define KPS_MOST_IN_BUCKET 64

/**
 * struct kps_walk - how far somebody has come in a table of plain values
 * @bucket: the next one
 * @left: of those in the last, how many are still to be seen, the last ones first
 * @nodes: their numbers
 */
struct kps_walk {
	u32 bucket;
	u32 left;
	u32 nodes[KPS_MOST_IN_BUCKET];
};

struct kps_values *kps_values_alloc(u32 key_size, u32 value_size,
				    u32 max_entries);
void kps_values_free(struct kps_values *values);
size_t kps_values_bytes(u32 key_size, u32 value_size, u32 max_entries);
int kps_values_set(struct kps_values *values, const u64 *key, const u64 *value);
int kps_values_get(struct kps_values *values, const u64 *key, u64 *value);
int kps_values_add(struct kps_values *values, const u64 *key, u64 number,
		   u64 *sum);
int kps_values_delete(struct kps_values *values, const u64 *key);
int kps_values_next(struct kps_values *values, struct kps_walk *walk, u64 *key,
		    u64 *value);
u32 kps_values_count(const struct kps_values *values);
u64 kps_values_overflow(const struct kps_values *values);
u32 kps_values_copy(struct kps_values *values, u64 *out, u32 max, bool take);
void kps_values_zero(struct kps_values *values);
void kps_values_use(struct kps_values *values, const struct kps_map *map,
		    struct kps_stacks *stacks);

/* stacks.c */
/* In the place of a number of a stack: there was one, and no room for it. */
#define KPS_STACK_LOST U64_MAX

struct kps_stacks *kps_stacks_alloc(struct kps_program *program, u32 max_entries);
void kps_stacks_free(struct kps_stacks *stacks);
size_t kps_stacks_bytes(u32 max_entries);
s64 kps_stacks_add(struct kps_stacks *stacks, const unsigned long *ips, u32 nr);
u64 kps_stacks_canonical(struct kps_stacks *stacks, u64 id);
u32 kps_stacks_get(struct kps_stacks *stacks, u64 id, const unsigned long **ips);
const u64 *kps_stacks_use(struct kps_stacks *stacks,
			  const struct kps_field *fields, u32 nr,
			  const u64 *data, u64 record);
u32 kps_stacks_used(const struct kps_stacks *stacks);
u32 kps_stacks_max(const struct kps_stacks *stacks);
bool kps_stacks_worth(const struct kps_stacks *stacks);
void kps_stacks_ask(struct kps_stacks *stacks);
void kps_stacks_begin(struct kps_stacks *stacks);
u32 kps_stacks_condemn(struct kps_stacks *stacks, u64 read);
void kps_stacks_give_back(struct kps_stacks *stacks);
void kps_stacks_end(struct kps_stacks *stacks);

static inline bool kps_field_is_stack(const struct kps_field *field)
{
	return field->type == KPS_T_KSTACK || field->type == KPS_T_USTACK;
}

/** kps_hold_stacks() - whether any of @nr fields is the number of a stack */
static inline bool kps_hold_stacks(const struct kps_field *fields, u32 nr)
{
	while (nr--)
		if (kps_field_is_stack(fields++))
			return true;
	return false;
}

/* sweep.c */
void kps_stacks_sweep(struct kps_program *program);
void kps_stacks_sweep_locked(struct kps_program *program);

/* snapshot.c */
/**
 * struct kps_snapshot - one map, merged over all CPUs, sorted
 * @entries: each key_size bytes of key, value_size bytes of value
 */
struct kps_snapshot {
	const struct kps_map *map;
	u32 nr;
	u32 words;		/* of an entry, in u64 */
	u64 overflow;
	u64 *entries;
	u64 **sorted;
};

/**
 * struct kps_snapshots - what one reader has taken
 * @list: of all that are held
 * @uid: of who reads
 * @bytes: that it holds
 * @program: whose maps they are
 * @its: among the program's, under its read_lock
 * @reset: what was taken is in the maps no more
 */
struct kps_snapshots {
	struct list_head list;
	kuid_t uid;
	size_t bytes;
	struct kps_program *program;
	struct list_head its;
	bool reset;
	u32 nr;
	struct kps_snapshot of[];
};

struct kps_snapshots *kps_snapshots_take(struct kps_program *program,
					 const unsigned long *maps, u32 flags,
					 struct kps_error *error);
void kps_snapshots_free(struct kps_snapshots *snapshots);
u64 kps_snapshots_memory(void);
void kps_see_handlers_out(void);
int kps_maps_reset(struct kps_program *program);
int kps_map_reset(struct kps_program *program, const struct kps_map *map,
		  bool keep_keys);

/* show.c */
void kps_snapshot_show(struct seq_file *m, const struct kps_program *program,
		       const struct kps_snapshot *snapshot);

static inline const u64 *kps_entry_value(const struct kps_snapshot *snapshot,
					 const u64 *entry)
{
	return entry + snapshot->map->key_size / 8;
}

#endif

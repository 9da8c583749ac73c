// SPDX-License-Identifier: GPL-2.0
/*
 * READ: what maps hold.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <net/genetlink.h>

#include "kpstat.h"
#include "netlink/netlink.h"

static int choose_maps(const struct kps_program *program,
		       const struct nlattr *name, unsigned long *maps,
		       struct kps_error *error)
{
	u32 i;

	bitmap_zero(maps, KPS_MAX_MAPS);
	for (i = 0; i < program->nr_maps; i++)
		if (!name || !nla_strcmp(name, program->maps[i]->name))
			__set_bit(i, maps);
	if (name && bitmap_empty(maps, KPS_MAX_MAPS))
		return kps_no_map(program, name, error);
	return 0;
}

static int read_take(struct kps_cursor *cursor, struct nlattr **tb)
{
	u32 flags = tb[KPS_A_FLAGS] ? nla_get_u32(tb[KPS_A_FLAGS]) : 0;
	DECLARE_BITMAP(maps, KPS_MAX_MAPS);
	int err;

	if (flags & ~(flags & KPS_F_RESET ? KPS_F_RESET | KPS_F_ZERO : 0))
		return kps_error(&cursor->error, -EINVAL, "unknown flags 0x%x",
				 flags);
	err = choose_maps(cursor->program, tb[KPS_A_MAP_NAME], maps,
			  &cursor->error);
	if (err)
		return err;
	cursor->snapshots = kps_snapshots_take(cursor->program, maps,
					       flags,
					       &cursor->error);
	err = PTR_ERR_OR_ZERO(cursor->snapshots);
	if (err)
		cursor->snapshots = NULL;
	return err;
}

int kps_read_start(struct netlink_callback *cb)
{
	struct nlattr *tb[KPS_A_MAX + 1];
	struct kps_cursor *cursor = kps_dump_begin_data(cb, tb);

	if (!cursor)
		return -ENOMEM;
	cb->min_dump_alloc = KPS_READ_ROOM;
	if (!cursor->err)
		cursor->err = read_take(cursor, tb);
	return 0;
}

static u32 share_of_map(const struct kps_map *map)
{
	return map->kind == KPS_MAP_VALUE ?
	       kps_share_of(map->nr_key + map->nr_value, 0) :
	       kps_share_of(map->nr_key, map->value_size);
}

static int put_key(struct sk_buff *msg, const struct kps_program *program,
		   const struct kps_map *map, const u64 *key)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_ENTRY_A_KEY);

	if (!nest || kps_put_fields(msg, program, map->key, map->nr_key, key,
				 share_of_map(map)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_value(struct sk_buff *msg, const struct kps_program *program,
		     const struct kps_map *map, const u64 *value)
{
	struct nlattr *nest;

	if (map->kind != KPS_MAP_VALUE)
		return nla_put(msg, KPS_ENTRY_A_VALUE, map->value_size, value);
	nest = nla_nest_start(msg, KPS_ENTRY_A_PLAIN);
	if (!nest || kps_put_fields(msg, program, map->value, map->nr_value, value,
				 share_of_map(map)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_entry(struct sk_buff *msg, const struct kps_program *program,
		     const struct kps_snapshot *snapshot, u32 nr)
{
	const u64 *entry = snapshot->sorted[nr];
	struct nlattr *nest = nla_nest_start(msg, KPS_A_ENTRY);

	if (!nest)
		return -EMSGSIZE;
	if (put_key(msg, program, snapshot->map, entry) ||
	    put_value(msg, program, snapshot->map,
		      kps_entry_value(snapshot, entry)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/*
 * A map's description is its first message (index 0), entries follow, as many
 * to a message as there is room for.
 */
static int read_step(struct sk_buff *msg, struct kps_cursor *cursor)
{
	const struct kps_snapshot *snapshot =
		&cursor->snapshots->of[cursor->step];
	u32 begin = cursor->index;

	if (!begin) {
		if (kps_put_map(msg, cursor->program, snapshot->map,
			    snapshot->overflow, &snapshot->nr))
			return -EMSGSIZE;
		cursor->index = 1;
		return 0;
	}
	for (; cursor->index <= snapshot->nr; cursor->index++) {
		unsigned char *mark = skb_tail_pointer(msg);

		if (put_entry(msg, cursor->program, snapshot,
			      cursor->index - 1)) {
			nlmsg_trim(msg, mark);
			break;
		}
	}
	return cursor->index == begin ? -EMSGSIZE : 0;
}

static bool read_more(struct kps_cursor *cursor)
{
	const struct kps_snapshots *snapshots = cursor->snapshots;

	if (cursor->step < snapshots->nr &&
	    cursor->index > snapshots->of[cursor->step].nr) {
		cursor->step++;
		cursor->index = 0;
	}
	return cursor->step < snapshots->nr;
}

static int read_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct kps_cursor *cursor = kps_cursor_of(cb);

	while (read_more(cursor) && kps_put_one(msg, cb, KPS_CMD_READ, read_step))
		;
	return read_more(cursor);
}
DEFINE_DUMP(read);

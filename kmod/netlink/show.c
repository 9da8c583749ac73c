// SPDX-License-Identifier: GPL-2.0
/*
 * PROGRAMS and SHOW: what programs there are, and all of one.
 */
#include <net/genetlink.h>

#include "kpstat.h"
#include "netlink/netlink.h"

int kps_programs_start(struct netlink_callback *cb)
{
	struct nlattr *tb[KPS_A_MAX + 1];
	struct kps_cursor *cursor = kps_dump_begin(cb, tb, false);

	if (!cursor)
		return -ENOMEM;
	if (!cursor->err && !cursor->one)
		cursor->program = kps_program_next(NULL);
	return 0;
}

static int programs_step(struct sk_buff *msg, struct kps_cursor *cursor)
{
	struct kps_program *program = cursor->program;
	int err = kps_put_program(msg, program);

	if (err)
		return err;
	cursor->program = cursor->one ? NULL : kps_program_next(program);
	if (cursor->one)
		kps_program_put(program);
	return 0;
}

static int programs_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct kps_cursor *cursor = kps_cursor_of(cb);

	while (cursor->program && kps_put_one(msg, cb, KPS_CMD_PROGRAMS, programs_step))
		;
	return cursor->program != NULL;
}
DEFINE_DUMP(programs);

int kps_show_start(struct netlink_callback *cb)
{
	struct nlattr *tb[KPS_A_MAX + 1];

	cb->min_dump_alloc = KPS_SHOW_ROOM;
	return kps_dump_begin(cb, tb, true) ? 0 : -ENOMEM;
}

enum { SHOW_PROGRAM, SHOW_MAPS, SHOW_OUTPUTS, SHOW_PROBES, SHOW_END };

static int show_one_map(struct sk_buff *msg, struct kps_cursor *cursor)
{
	struct kps_program *program = cursor->program;
	const struct kps_map *map = program->maps[cursor->index];
	u64 overflow;

	mutex_lock(&program->read_lock);
	overflow = kps_map_overflow(kps_program_set(program), map);
	mutex_unlock(&program->read_lock);
	return kps_put_map(msg, program, map, overflow, NULL);
}

/* One message's content, the cursor moves on if it fits. */
static int show_step(struct sk_buff *msg, struct kps_cursor *cursor)
{
	struct kps_program *program = cursor->program;
	u32 site, i = cursor->index;
	int err;

	switch (cursor->step) {
	case SHOW_PROGRAM:
		err = kps_put_program(msg, program) ?:
		      nla_put_string(msg, KPS_A_SOURCE, program->source);
		if (!err)
			cursor->step = SHOW_MAPS;
		return err;
	case SHOW_MAPS:
		err = show_one_map(msg, cursor);
		if (!err)
			cursor->index++;
		return err;
	case SHOW_OUTPUTS:
		err = kps_put_output(msg, &program->outputs[i]);
		if (!err)
			cursor->index++;
		return err;
	default:
		/* Probe in the low half, its next site in the high one. */
		site = i >> 16;
		mutex_lock(&program->read_lock);
		err = kps_put_probe(msg, program->probes[i & 0xffff], &site);
		mutex_unlock(&program->read_lock);
		if (err)
			return err;
		if (site == program->probes[i & 0xffff]->nr_sites)
			cursor->index = (i & 0xffff) + 1;
		else
			cursor->index = site << 16 | (i & 0xffff);
		return 0;
	}
}

static bool show_more(struct kps_cursor *cursor)
{
	if (cursor->step == SHOW_MAPS &&
	    cursor->index == cursor->program->nr_maps) {
		cursor->step = SHOW_OUTPUTS;
		cursor->index = 0;
	}
	if (cursor->step == SHOW_OUTPUTS &&
	    cursor->index == cursor->program->nr_outputs) {
		cursor->step = SHOW_PROBES;
		cursor->index = 0;
	}
	if (cursor->step == SHOW_PROBES &&
	    (cursor->index & 0xffff) == cursor->program->nr_probes)
		cursor->step = SHOW_END;
	return cursor->step != SHOW_END;
}

static int show_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct kps_cursor *cursor = kps_cursor_of(cb);

	while (show_more(cursor) && kps_put_one(msg, cb, KPS_CMD_SHOW, show_step))
		;
	return show_more(cursor);
}
DEFINE_DUMP(show);

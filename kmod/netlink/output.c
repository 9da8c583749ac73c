// SPDX-License-Identifier: GPL-2.0
/*
 * OUTPUT: what clauses have written.
 */
#include <linux/err.h>
#include <net/genetlink.h>

#include "kpstat.h"
#include "netlink/netlink.h"

int kps_output_start(struct netlink_callback *cb)
{
	struct nlattr *tb[KPS_A_MAX + 1];
	struct kps_cursor *cursor = kps_dump_begin_data(cb, tb);
	struct kps_reader *reader;

	if (!cursor)
		return -ENOMEM;
	cb->min_dump_alloc = KPS_READ_ROOM;
	if (cursor->err || !cursor->program->buffer)
		return 0;
	reader = kps_reader_start(cursor->program->buffer, &cursor->error);
	if (IS_ERR(reader))
		cursor->err = PTR_ERR(reader);
	else
		cursor->reader = reader;
	return 0;
}

static int put_record(struct sk_buff *msg, const struct kps_program *program,
		      const struct kps_record *record)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_RECORD);

	if (!nest ||
	    nla_put_u32(msg, KPS_ENTRY_A_OUTPUT, record->output) ||
	    nla_put_u64_64bit(msg, KPS_ENTRY_A_TIME, record->time,
			      KPS_ENTRY_A_PAD) ||
	    kps_put_record(msg, program, record))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/*
 * As many records as there is room for; one that does not fit into an empty
 * message (a dozen stacks) never will, and is lost. Return: whether that was all.
 */
static bool put_records(struct sk_buff *msg, struct kps_cursor *cursor)
{
	const unsigned char *begin = skb_tail_pointer(msg);
	const struct kps_record *record;

	while ((record = kps_reader_peek(cursor->reader))) {
		unsigned char *mark = skb_tail_pointer(msg);

		if (!put_record(msg, cursor->program, record)) {
			kps_reader_next(cursor->reader);
			continue;
		}
		nlmsg_trim(msg, mark);
		if (mark != begin)
			return false;
		kps_reader_lose(cursor->reader);
	}
	return true;
}

/* The first message says how many records are lost, also if there are none. */
static int output_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct kps_cursor *cursor = kps_cursor_of(cb);
	void *header;

	if (cursor->step)
		return 0;
	header = kps_put_header(msg, cb, KPS_CMD_OUTPUT);
	if (!header ||
	    (!cursor->index++ &&
	     nla_put_u64_64bit(msg, KPS_A_LOST,
			       kps_reader_told(cursor->reader),
			       KPS_A_PAD)))
		return -EMSGSIZE;
	cursor->step = !cursor->reader || put_records(msg, cursor);
	genlmsg_end(msg, header);
	return !cursor->step;
}
DEFINE_DUMP(output);

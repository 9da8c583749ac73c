// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps: a cursor in cb->args[0], made in start, freed in done.
 *
 * Kernels before 6.7 have no extended ack for what fails in start: so that is
 * kept in the cursor, and the first dump reports it.
 *
 * A dump is in use, and with it the module, until it says that there is no more. It
 * says so with the last of what there is, not when its reader has come once more for
 * nothing: so an answer of one message is over when it is asked for, whether it is
 * read or not.
 */
#include <linux/pid.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "access.h"
#include "kpstat.h"
#include "lockdown.h"
#include "netlink/netlink.h"

/** kps_dump_done() - of a dump, however it ends */
int kps_dump_done(struct netlink_callback *cb)
{
	struct kps_cursor *cursor = kps_cursor_of(cb);

	kps_unread_end(&cursor->unread);
	kps_snapshots_free(cursor->snapshots);
	kps_reader_end(cursor->reader);
	kps_program_put(cursor->program);
	put_pid(cursor->sender);
	kfree(cursor);
	return 0;
}

/*
 * Its reader does not come. What a clause wrote is not copied for a dump: it lies in
 * the program's buffer, and of that nothing is given up.
 */
static void give_up_dump(struct kps_unread *unread)
{
	struct kps_cursor *cursor = container_of(unread, struct kps_cursor, unread);

	if (cursor->reader)
		return;
	cursor->err = kps_error(&cursor->error, -ETIMEDOUT,
				"nobody has read on for %u seconds: the rest of this answer is gone",
				KPS_PATIENCE);
	kps_snapshots_free(cursor->snapshots);
	cursor->snapshots = NULL;
	kps_program_put(cursor->program);
	cursor->program = NULL;
}

static int find_program(struct kps_cursor *cursor, const struct sk_buff *skb,
			const struct nlattr *name, bool needs_name)
{
	cursor->one = name;
	if (!name && needs_name)
		return kps_error(&cursor->error, -EINVAL,
				 "the program's name is missing");
	if (!name)
		return 0;
	cursor->program = kps_program_get(nla_data(name));
	if (!cursor->program)
		return kps_no_program(nla_data(name), &cursor->error);
	/* That it is there, and what it costs, is for all to know. */
	return needs_name ? kps_may_have(cursor->program, skb, &cursor->error) :
			    0;
}

/**
 * kps_dump_begin() - make its cursor
 * @cb: that gets it
 * @tb: KPS_A_MAX + 1 attributes, filled in
 * @needs_name: of a program
 *
 * Return: the cursor, whose err says how far it got; NULL without memory.
 */
struct kps_cursor *kps_dump_begin(struct netlink_callback *cb,
				 struct nlattr **tb, bool needs_name)
{
	struct kps_cursor *cursor = kzalloc(sizeof(*cursor), GFP_KERNEL);

	if (!cursor)
		return NULL;
	cb->args[0] = (long)cursor;
	if (!kps_may_ask(cb->skb))
		cursor->err = kps_error(&cursor->error, -EPERM, KPS_NOT_CAPABLE);
	if (!cursor->err &&
	    nlmsg_parse(cb->nlh, GENL_HDRLEN, tb, KPS_A_MAX, kps_policy, NULL))
		cursor->err = kps_error(&cursor->error, -EINVAL,
					"malformed request");
	if (!cursor->err)
		cursor->err = find_program(cursor, cb->skb, tb[KPS_A_NAME],
					   needs_name);
	return cursor;
}

/** kps_dump_begin_data() - the same for what hands out what probes have seen */
struct kps_cursor *kps_dump_begin_data(struct netlink_callback *cb,
				      struct nlattr **tb)
{
	struct kps_cursor *cursor = kps_dump_begin(cb, tb, true);

	if (cursor && !cursor->err)
		cursor->err = kps_check_lockdown(LOCKDOWN_TRACEFS,
						 &cursor->error);
	return cursor;
}

/**
 * kps_put_one() - one more answer into a dump's message
 * @msg: to be filled
 * @cb: the dump
 * @cmd: the answer's
 * @put: what it says, of where the cursor is, and moves that on if all of it fits
 *
 * Return: whether it fitted; if not, nothing of it is in @msg.
 */
bool kps_put_one(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd,
		 int (*put)(struct sk_buff *msg, struct kps_cursor *cursor))
{
	void *header = kps_put_header(msg, cb, cmd);

	if (!header)
		return false;
	if (put(msg, kps_cursor_of(cb))) {
		genlmsg_cancel(msg, header);
		return false;
	}
	genlmsg_end(msg, header);
	return true;
}

/**
 * kps_dump_message() - make one
 * @msg: empty
 * @cb: the dump
 * @put: fills it, and returns whether there is more to come, or a negative errno
 */
int kps_dump_message(struct sk_buff *msg, struct netlink_callback *cb,
			int (*put)(struct sk_buff *msg,
				   struct netlink_callback *cb))
{
	struct kps_cursor *cursor = kps_cursor_of(cb);
	int more;

	kps_unread_take(&cursor->unread, give_up_dump);
	more = cursor->err ?: put(msg, cb);
	/* The cursor goes after the dump's last message, which holds this. */
	if (cursor->err && cursor->error.text[0] && cb->extack)
		cb->extack->_msg = cursor->error.text;
	kps_unread_leave(&cursor->unread);
	if (more <= 0)
		return more;
	/* Nothing fits into an empty message: say so, do not end as if done. */
	return msg->len ?: -EMSGSIZE;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Changes, which may take long, as dumps.
 *
 * While a command is sent, the kernel holds its lock of all generic netlink families,
 * as it does for the first message of a dump. Nobody can register a family meanwhile,
 * and whoever sends anything to any family waits behind who wants to. What follows in a
 * dump is made when it is received, under no lock but the socket's own. So that is when
 * the change is made: by the same task, which a signal may end.
 */
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "access.h"
#include "netlink/netlink.h"

int kps_change_start(struct netlink_callback *cb)
{
	struct kps_cursor *cursor = kzalloc(sizeof(*cursor), GFP_KERNEL);

	if (!cursor)
		return -ENOMEM;
	cb->args[0] = (long)cursor;
	if (!kps_may_ask(cb->skb))
		cursor->err = kps_error(&cursor->error, -EPERM, KPS_NOT_CAPABLE);
	cursor->sender = get_pid(task_tgid(current));
	return 0;
}

static int make_change(struct netlink_callback *cb, struct kps_cursor *cursor)
{
	struct nlattr *tb[KPS_A_MAX + 1];
	struct genl_info info = {
		.genlhdr	= nlmsg_data(cb->nlh),
		.attrs		= tb,
		.snd_portid	= NETLINK_CB(cb->skb).portid,
	};

	if (task_tgid(current) != cursor->sender)
		return kps_error(&cursor->error, -EPERM,
				 "another process asked for that");
	if (nlmsg_parse(cb->nlh, GENL_HDRLEN, tb, KPS_A_MAX, kps_policy, NULL))
		return kps_error(&cursor->error, -EINVAL, "malformed request");
	return kps_run_command(cb->skb, &info, &cursor->error);
}

static int change_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct genlmsghdr *asked = nlmsg_data(cb->nlh);
	struct kps_cursor *cursor = kps_cursor_of(cb);
	void *header;

	if (cursor->step) {
		cursor->err = make_change(cb, cursor);
		return cursor->err;
	}
	header = kps_put_header(msg, cb, asked->cmd);
	if (!header)
		return -EMSGSIZE;
	genlmsg_end(msg, header);
	cursor->step++;
	return true;
}
DEFINE_DUMP(change);

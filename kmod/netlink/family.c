// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family "kpstat"; uapi/linux/kpstat.h is its description.
 *
 * The family's operations run in parallel: every lock they need is our own.
 * Dumps work on copies (snapshots, or a reference to one program at a time),
 * so nothing that happens between two of their messages can confuse them.
 */
#include <linux/module.h>
#include <linux/netlink.h>
#include <net/genetlink.h>

#include "compat/compat.h"
#include "kpstat.h"
#include "netlink/netlink.h"
#include "unread.h"

static struct genl_family kps_family;

const struct nla_policy kps_policy[KPS_A_MAX + 1] = {
	[KPS_A_NAME]		= { .type = NLA_NUL_STRING,
				    .len = KPS_NAME_MAX - 1 },
	[KPS_A_SOURCE]		= { .type = NLA_NUL_STRING,
				    .len = KPS_SOURCE_MAX },
	[KPS_A_FLAGS]		= { .type = NLA_U32 },
	[KPS_A_STACK_ENTRIES]	= { .type = NLA_U32 },
	[KPS_A_ENUM]		= { .type = NLA_NESTED },
	[KPS_A_MAP]		= { .type = NLA_NESTED },
	[KPS_A_PROBE]		= { .type = NLA_NESTED },
	[KPS_A_MAP_NAME]	= { .type = NLA_NUL_STRING,
				    .len = KPS_NAME_MAX - 1 },
	[KPS_A_OUTPUT]		= { .type = NLA_NESTED },
	[KPS_A_BUFFER]		= { .type = NLA_U32 },
	[KPS_A_CPU_BUDGET]	= { .type = NLA_U32 },
	[KPS_A_PID]		= { .type = NLA_U32 },
	[KPS_A_WAKER]		= { .type = NLA_U32 },
	[KPS_A_BLOCK]		= { .type = NLA_BINARY,
				    .len = (KPS_MAX_INSNS + 1) *
					   sizeof(struct bpf_insn) },
};

/**
 * kps_put_header() - begin one message of a dump
 * @msg: it may have others
 * @cb: the dump
 * @cmd: whose answer it is
 *
 * Return: to be ended by genlmsg_end(); NULL if it does not fit.
 */
void *kps_put_header(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &kps_family, NLM_F_MULTI, cmd);
}

/** kps_reply_begin() - the one message that answers a "do"; as above */
void *kps_reply_begin(struct sk_buff *msg, struct genl_info *info, u8 cmd)
{
	return genlmsg_put_reply(msg, info, &kps_family, 0, cmd);
}

#define DO(cmd_) { .cmd = KPS_CMD_##cmd_, .doit = kps_doit }
#define DUMP(cmd_, name_)						\
	{ .cmd = KPS_CMD_##cmd_, .start = kps_##name_##_start,		\
	  .dumpit = kps_##name_##_dump, .done = kps_dump_done }

#define CHANGE(cmd_)							\
	{ .cmd = KPS_CMD_##cmd_, .doit = kps_doit, .start = kps_change_start, \
	  .dumpit = kps_change_dump, .done = kps_dump_done }

static const struct genl_ops kps_ops[] = {
	DO(STATUS),
	CHANGE(LOAD),
	CHANGE(UNLOAD),
	CHANGE(ENABLE),
	CHANGE(DISABLE),
	DO(RESET),
	DUMP(PROGRAMS, programs),
	DUMP(SHOW, show),
	DUMP(READ, read),
	DUMP(EVENTS, events),
	DUMP(OUTPUT, output),
};

static const struct genl_multicast_group kps_groups[] = {
	{ .name = KPS_GENL_STOPPED, KPS_MCAST_PRIVATE },
};

static struct genl_family kps_family __ro_after_init = {
	.name		= KPS_GENL_NAME,
	.version	= KPS_GENL_VERSION,
	.maxattr	= KPS_A_MAX,
	.policy		= kps_policy,
	.module		= THIS_MODULE,
	.ops		= kps_ops,
	.n_ops		= ARRAY_SIZE(kps_ops),
	.mcgrps		= kps_groups,
	.n_mcgrps	= ARRAY_SIZE(kps_groups),
	.netnsok	= false,
	.parallel_ops	= true,
};

/** kps_netlink_stopped() - tell who listens. May sleep. */
void kps_netlink_stopped(const struct kps_program *program, const char *why)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;

	if (!msg)
		return;
	header = genlmsg_put(msg, 0, 0, &kps_family, 0, KPS_CMD_STOPPED);
	if (!header || nla_put_string(msg, KPS_A_NAME, program->name) ||
	    nla_put_string(msg, KPS_A_STOPPED, why)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, header);
	genlmsg_multicast(&kps_family, msg, 0, 0, GFP_KERNEL);
}

/* A program belongs to its `kpctl run`: when that dies, its socket closes. */
static int socket_closed(struct notifier_block *nb, unsigned long event,
			 void *data)
{
	const struct netlink_notify *notify = data;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC &&
	    net_eq(notify->net, &init_net))
		kps_program_unload_owned(notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_closed,
};

int kps_netlink_init(void)
{
	int err = netlink_register_notifier(&socket_notifier);

	if (err)
		return err;
	err = genl_register_family(&kps_family);
	if (err)
		netlink_unregister_notifier(&socket_notifier);
	return err;
}

void kps_netlink_exit(void)
{
	genl_unregister_family(&kps_family);
	netlink_unregister_notifier(&socket_notifier);
	kps_unread_exit();
	kps_error_exit();
}

// SPDX-License-Identifier: GPL-2.0
/* The multicast group "stopped". */
#include <stdlib.h>
#include <linux/kpstat.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "stopped.h"

struct stopped {
	struct nl_sock *sock;
	stopped_visit visit;
	void *data;
};

static int take_notice(struct nl_msg *msg, void *data)
{
	struct nlattr *attrs[KPS_A_MAX + 1];
	struct stopped *stopped = data;
	struct nlmsghdr *header = nlmsg_hdr(msg);

	if (!genlmsg_valid_hdr(header, 0) ||
	    genlmsg_hdr(header)->cmd != KPS_CMD_STOPPED ||
	    genlmsg_parse(header, 0, attrs, KPS_A_MAX, NULL) ||
	    !attrs[KPS_A_NAME] || !attrs[KPS_A_STOPPED])
		return NL_OK;
	stopped->visit(nla_get_string(attrs[KPS_A_NAME]),
		       nla_get_string(attrs[KPS_A_STOPPED]), stopped->data);
	return NL_OK;
}

struct stopped *stopped_open(void)
{
	struct stopped *stopped = calloc(1, sizeof(*stopped));
	int group;

	if (!stopped)
		return NULL;
	stopped->sock = nl_socket_alloc();
	if (!stopped->sock || genl_connect(stopped->sock))
		goto fail;
	group = genl_ctrl_resolve_grp(stopped->sock, KPS_GENL_NAME,
				      KPS_GENL_STOPPED);
	if (group < 0 || nl_socket_add_membership(stopped->sock, group))
		goto fail;
	/* Notices belong to no request. */
	nl_socket_disable_seq_check(stopped->sock);
	nl_socket_set_nonblocking(stopped->sock);
	nl_socket_modify_cb(stopped->sock, NL_CB_VALID, NL_CB_CUSTOM,
			    take_notice, stopped);
	return stopped;

fail:
	stopped_close(stopped);
	return NULL;
}

void stopped_close(struct stopped *stopped)
{
	if (!stopped)
		return;
	nl_socket_free(stopped->sock);
	free(stopped);
}

int stopped_fd(const struct stopped *stopped)
{
	return nl_socket_get_fd(stopped->sock);
}

void stopped_read(struct stopped *stopped, stopped_visit visit, void *data)
{
	stopped->visit = visit;
	stopped->data = data;
	while (!nl_recvmsgs_default(stopped->sock))
		;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The multicast group "stopped", and generic netlink's own, which tells everybody that a
 * family has gone.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/kpstat.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "stopped.h"

struct stopped {
	struct nl_sock *sock;
	int family;
	bool is_told;
	bool has_gone;
	stopped_visit visit;
	void *data;
};

static void take_end(struct stopped *stopped, struct nlmsghdr *header)
{
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];

	if (genlmsg_hdr(header)->cmd == CTRL_CMD_DELFAMILY &&
	    !genlmsg_parse(header, 0, attrs, CTRL_ATTR_MAX, NULL) &&
	    attrs[CTRL_ATTR_FAMILY_ID] &&
	    nla_get_u16(attrs[CTRL_ATTR_FAMILY_ID]) == stopped->family)
		stopped->has_gone = true;
}

static int take_notice(struct nl_msg *msg, void *data)
{
	struct nlattr *attrs[KPS_A_MAX + 1];
	struct stopped *stopped = data;
	struct nlmsghdr *header = nlmsg_hdr(msg);

	if (!genlmsg_valid_hdr(header, 0))
		return NL_OK;
	if (header->nlmsg_type == GENL_ID_CTRL)
		take_end(stopped, header);
	if (header->nlmsg_type != stopped->family ||
	    genlmsg_hdr(header)->cmd != KPS_CMD_STOPPED ||
	    genlmsg_parse(header, 0, attrs, KPS_A_MAX, NULL) ||
	    !attrs[KPS_A_NAME] || !attrs[KPS_A_STOPPED])
		return NL_OK;
	stopped->visit(nla_get_string(attrs[KPS_A_NAME]),
		       nla_get_string(attrs[KPS_A_STOPPED]), stopped->data);
	return NL_OK;
}

/* Asking for what is not ours would be logged as denied. */
static bool has_sys_admin(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, data) ||
	       data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
}

static bool join(struct stopped *stopped, const char *family, const char *group)
{
	int number = genl_ctrl_resolve_grp(stopped->sock, family, group);

	return number >= 0 && !nl_socket_add_membership(stopped->sock, number);
}

struct stopped *stopped_open(void)
{
	struct stopped *stopped = calloc(1, sizeof(*stopped));

	if (!stopped)
		return NULL;
	stopped->sock = nl_socket_alloc();
	if (!stopped->sock || genl_connect(stopped->sock))
		goto fail;
	stopped->family = genl_ctrl_resolve(stopped->sock, KPS_GENL_NAME);
	if (stopped->family < 0 || !join(stopped, "nlctrl", "notify"))
		goto fail;
	stopped->is_told = has_sys_admin() &&
			   join(stopped, KPS_GENL_NAME, KPS_GENL_STOPPED);
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

bool stopped_is_told(const struct stopped *stopped)
{
	return stopped->is_told;
}

bool stopped_read(struct stopped *stopped, stopped_visit visit, void *data)
{
	stopped->visit = visit;
	stopped->data = data;
	while (!nl_recvmsgs_default(stopped->sock))
		;
	return !stopped->has_gone;
}

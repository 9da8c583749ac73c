// SPDX-License-Identifier: GPL-2.0
/*
 * resets PROGRAM N: N times KPS_CMD_READ with KPS_F_RESET, as fast as it goes.
 * Prints the sum of all entries' first value, and how many reads returned one
 * that was not 0.  Talks netlink itself: a kpctl per read would be too slow.
 */
#include "load.h"

#include <linux/kpstat.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t sum;

static int add_entries(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct genlmsghdr *genl = nlmsg_data(header);
	struct nlattr *attr, *value;
	int rest;

	(void)arg;
	nla_for_each_attr(attr, genlmsg_attrdata(genl, 0),
			  genlmsg_attrlen(genl, 0), rest) {
		uint64_t first;

		if (nla_type(attr) != KPS_A_ENTRY)
			continue;
		value = nla_find(nla_data(attr), nla_len(attr),
				 KPS_ENTRY_A_VALUE);
		if (!value)
			errx(1, "an entry without a value");
		memcpy(&first, nla_data(value), sizeof(first));
		sum += first;
	}
	return NL_OK;
}

static void read_and_reset(struct nl_sock *sk, int family, const char *name)
{
	struct nl_msg *msg = nlmsg_alloc();
	int error;

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
				 NLM_F_DUMP, KPS_CMD_READ, KPS_GENL_VERSION) ||
	    nla_put_string(msg, KPS_A_NAME, name) ||
	    nla_put_u32(msg, KPS_A_FLAGS, KPS_F_RESET))
		errx(1, "no memory");
	error = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	if (error >= 0)
		error = nl_recvmsgs_default(sk);
	if (error < 0)
		errx(1, "read: %s", nl_geterror(error));
}

int main(int argc, char **argv)
{
	struct nl_sock *sk = nl_socket_alloc();
	long i, n, busy = 0;
	int family;

	if (argc != 3)
		errx(2, "usage: resets PROGRAM N");
	n = number(argv[2]);
	if (!sk || genl_connect(sk))
		errx(1, "no netlink");
	family = genl_ctrl_resolve(sk, KPS_GENL_NAME);
	if (family < 0)
		errx(1, "kpstat is not loaded");
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, add_entries, NULL);
	for (i = 0; i < n; i++) {
		uint64_t before = sum;

		read_and_reset(sk, family, argv[1]);
		busy += sum != before;
	}
	printf("%llu %ld\n", (unsigned long long)sum, busy);
	nl_socket_free(sk);
	return 0;
}

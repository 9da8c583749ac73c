// SPDX-License-Identifier: GPL-2.0
/*
 * drop_monitor COMMAND...: runs it while the kernel's drop monitor counts drops by
 * place, as dropwatch has it do.
 */
#include <err.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/net_dropmon.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

static void tell(struct nl_sock *sock, int family, int command)
{
	int error = genl_send_simple(sock, family, command, 1, 0);

	if (error >= 0)
		error = nl_wait_for_ack(sock);
	if (error < 0)
		errx(1, "NET_DM: %s", nl_geterror(error));
}

int main(int argc, char **argv)
{
	struct nl_sock *sock = nl_socket_alloc();
	int family, status;

	if (argc < 2)
		errx(2, "usage: drop_monitor COMMAND...");
	if (!sock || genl_connect(sock))
		errx(1, "no netlink");
	family = genl_ctrl_resolve(sock, "NET_DM");
	if (family < 0)
		errx(1, "the kernel has no drop monitor");
	tell(sock, family, NET_DM_CMD_START);
	if (!fork()) {
		execvp(argv[1], argv + 1);
		err(127, "%s", argv[1]);
	}
	wait(&status);
	tell(sock, family, NET_DM_CMD_STOP);
	nl_socket_free(sock);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include <netlink/attr.h>

#include "base/error.h"
#include "client.h"
#include "explain.h"

static void report_absent(void)
{
	if (access("/sys/module/kpstat", F_OK))
		error("kpstat.ko is not loaded: run `modprobe kpstat`, or `insmod ./kpstat.ko`");
	else
		error("kpstat's netlink family is not visible here: run kpctl in the initial network namespace");
}

static void visit_status(struct nlattr **attrs, struct nlmsghdr *header,
			 void *data)
{
	struct client *client = data;

	(void)header;
	client->can_wake = attrs[KPS_A_WAKER];
}

bool client_can_wake(const struct client *client)
{
	return client->can_wake;
}

struct client *client_open(void)
{
	struct client *client = client_open_quietly();

	if (!client) {
		report_absent();
		return NULL;
	}
	/* Who may not ask is told so now, and not after a long compilation. */
	if (client_transact(client, client_message(client, KPS_CMD_STATUS, 0, 0),
			    visit_status, client)) {
		client_close(client);
		return NULL;
	}
	return client;
}

int client_transact(struct client *client, struct nl_msg *msg,
		    client_visit visit, void *data)
{
	const char *why;
	int err;

	nlmsg_get(msg);
	err = client_try(client, msg, visit, data, &why);
	if (err < 0)
		explain(client, msg, err, why);
	nlmsg_free(msg);
	return err;
}

int client_command(struct client *client, int command, const char *name)
{
	struct nl_msg *msg = client_message(client, command,
					    command == KPS_CMD_RESET ? 0 : NLM_F_DUMP,
					    256);

	nla_put_string(msg, KPS_A_NAME, name);
	return client_transact(client, msg, NULL, NULL);
}

int client_halt(struct client *client, const char *name)
{
	struct nl_msg *msg = client_message(client, KPS_CMD_DISABLE, NLM_F_DUMP, 256);

	nla_put_string(msg, KPS_A_NAME, name);
	nla_put_u32(msg, KPS_A_FLAGS, KPS_F_HALT);
	return client_transact(client, msg, NULL, NULL);
}

int client_reset_map(struct client *client, const char *name, const char *map,
		     unsigned int flags)
{
	struct nl_msg *msg = client_message(client, KPS_CMD_RESET, 0, 512);

	nla_put_string(msg, KPS_A_NAME, name);
	nla_put_string(msg, KPS_A_MAP_NAME, map);
	if (flags)
		nla_put_u32(msg, KPS_A_FLAGS, flags);
	return client_transact(client, msg, NULL, NULL);
}

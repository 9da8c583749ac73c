// SPDX-License-Identifier: GPL-2.0
/*
 * libnl does the framing; the extended ack is read here, since libnl 3.7 keeps
 * it to itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "base/xalloc.h"
#include "transport.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* A program with many clauses is one message, a dump many. */
#define SOCKET_BUFFER (8 << 20)

static void grow_buffers(int fd)
{
	int size = SOCKET_BUFFER;

	/* Root may go past the system's limit; if not, what it allows will do. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
}

static void want_extended_ack(int fd)
{
	int on = 1;

	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

/* The module's longest message is shorter, see KPS_SHOW_ROOM in kmod/netlink/netlink.h. */
#define ANSWER_MAX (80 << 10)

struct client *client_open_quietly(void)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->sock = nl_socket_alloc();
	if (!client->sock || genl_connect(client->sock))
		goto fail;
	client->family = genl_ctrl_resolve(client->sock, KPS_GENL_NAME);
	if (client->family < 0)
		goto fail;
	grow_buffers(nl_socket_get_fd(client->sock));
	want_extended_ack(nl_socket_get_fd(client->sock));
	/* So each message is one call, and need not be looked at before. */
	nl_socket_set_msg_buf_size(client->sock, ANSWER_MAX);
	nl_socket_disable_msg_peek(client->sock);
	nl_socket_disable_seq_check(client->sock);
	return client;

fail:
	client_close(client);
	return NULL;
}

void client_close(struct client *client)
{
	if (!client)
		return;
	nl_socket_free(client->sock);
	free(client);
}

struct nl_msg *client_message(struct client *client, int command, int flags,
			      size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_size(size + NLMSG_HDRLEN + GENL_HDRLEN);

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, client->family,
				 0, NLM_F_REQUEST | NLM_F_ACK | flags, command,
				 KPS_GENL_VERSION))
		out_of_memory();
	return msg;
}

struct answer {
	struct client *client;
	client_visit visit;
	void *data;
	int err;
	bool done;
};

static int on_message(struct nl_msg *msg, void *data)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *attrs[KPS_A_MAX + 1];
	struct answer *answer = data;

	if (!answer->visit || genlmsg_parse(header, 0, attrs, KPS_A_MAX, NULL))
		return NL_OK;
	answer->visit(attrs, header, answer->data);
	return NL_OK;
}

/* The sentence stands behind the error and the request's header. */
static void keep_sentence(struct client *client, const struct nlmsghdr *header,
			  size_t skip)
{
	struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1];
	size_t len = header->nlmsg_len;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    len <= NLMSG_HDRLEN + skip)
		return;
	if (nla_parse(attrs, NLMSGERR_ATTR_MAX,
		      (void *)((char *)header + NLMSG_HDRLEN + skip),
		      len - NLMSG_HDRLEN - skip, NULL))
		return;
	if (attrs[NLMSGERR_ATTR_MSG])
		nla_strlcpy(client->why, attrs[NLMSGERR_ATTR_MSG],
			    sizeof(client->why));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *data)
{
	const struct nlmsghdr *header =
		(const void *)((const char *)err - NLMSG_HDRLEN);
	struct answer *answer = data;

	(void)from;
	keep_sentence(answer->client, header, NLMSG_ALIGN(sizeof(*err)));
	answer->err = err->error;
	answer->done = true;
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *data)
{
	struct answer *answer = data;

	(void)msg;
	answer->done = true;
	return NL_STOP;
}

/* A dump that fails after its first message says so in the last one. */
static int on_finish(struct nl_msg *msg, void *data)
{
	const struct nlmsghdr *header = nlmsg_hdr(msg);
	struct answer *answer = data;

	if (header->nlmsg_len >= NLMSG_HDRLEN + sizeof(int))
		answer->err = *(const int *)nlmsg_data(header);
	if (answer->err < 0)
		keep_sentence(answer->client, header, sizeof(int));
	answer->done = true;
	return NL_STOP;
}

static int transact_once(struct client *client, struct nl_msg *msg,
			 struct answer *answer)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_CUSTOM);
	int err;

	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, answer);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, answer);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, answer);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, answer);

	err = nl_send_auto(client->sock, msg);
	while (err >= 0 && !answer->done)
		err = nl_recvmsgs(client->sock, cb);
	nl_cb_put(cb);
	if (answer->done)
		return answer->err;
	if (err == -NLE_MSGSIZE)
		return -EMSGSIZE;
	return err == -NLE_NOMEM ? -ENOBUFS : -EIO;
}

int client_try(struct client *client, struct nl_msg *msg, client_visit visit,
	       void *data, const char **why)
{
	struct answer answer = {
		.client = client,
		.visit = visit,
		.data = data,
	};
	int err;

	client->why[0] = '\0';
	err = transact_once(client, msg, &answer);
	nlmsg_free(msg);
	*why = client->why[0] ? client->why : NULL;
	return err;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to kpstat.ko over generic netlink, and their answers. Nothing here reports an
 * error: see client.h.
 */
#ifndef KPCTL_TRANSPORT_H
#define KPCTL_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/kpstat.h>
#include <netlink/msg.h>

/**
 * struct client - a connection
 * @can_wake: the module takes KPS_A_WAKER
 * @why: the kernel's sentence about the last request
 */
struct client {
	struct nl_sock *sock;
	int family;
	bool can_wake;
	char why[256];
};

/* Connects. Return: the connection, or NULL: not loaded, not here, no memory. */
struct client *client_open_quietly(void);

/* Also ends the programs that it loaded with KPS_F_OWNED. */
void client_close(struct client *client);

/**
 * client_message() - begin a request
 * @client: the connection
 * @command: enum kps_cmd
 * @flags: NLM_F_DUMP or 0
 * @size: bytes that it may take
 *
 * Return: the message, to be filled and given to client_try().
 */
struct nl_msg *client_message(struct client *client, int command, int flags,
			      size_t size);

typedef void (*client_visit)(struct nlattr **attrs, struct nlmsghdr *header,
			     void *data);

/**
 * client_try() - send a request and handle all of its answer
 * @client: the connection
 * @msg: is freed
 * @visit: called for each message of the answer, or NULL
 * @data: passed to @visit
 * @why: gets the kernel's sentence, or NULL
 *
 * Return: 0, or a negative errno.
 */
int client_try(struct client *client, struct nl_msg *msg, client_visit visit,
	       void *data, const char **why);

#endif

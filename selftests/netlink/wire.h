/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink without a library: what is sent here is often no message at
 * all, and nothing may be set right on its way.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/genetlink.h>
#include <linux/kpstat.h>
#include <linux/netlink.h>

#define WIRE_HEADERS (NLMSG_HDRLEN + GENL_HDRLEN)
#define WIRE_MAX (1 << 17)	/* bytes of one datagram */

/* What ends the answer to a message. */
struct wire_end {
	unsigned int seq;
	int err;		/* 0 or a negative errno */
	const char *why;	/* the kernel's sentence, or NULL */
};

/* Return: a socket bound to a port of the kernel's choice, or -1. */
int wire_open(void);

/* Return: the number of the family, or a negative errno. */
int wire_family(int fd);

/* The headers of a message; the caller adds to its nlmsg_len. */
struct nlmsghdr *wire_header(void *bytes, int type, int flags, unsigned int seq,
			     int command);

/* Is it answered by a dump? */
bool wire_is_dump(int command);
const char *wire_command_name(int command);

/*
 * Take what is there, at most @most datagrams, without waiting.
 * Return: how many were taken; fewer than @most means that no more are there.
 */
int wire_drain(int fd, int most,
	       void (*end)(const struct wire_end *end, void *data), void *data);

#endif

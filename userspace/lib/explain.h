/* SPDX-License-Identifier: GPL-2.0 */
/* Why a request failed and what to do, in one sentence. */
#ifndef KPCTL_EXPLAIN_H
#define KPCTL_EXPLAIN_H

struct client;
struct nl_msg;

/**
 * explain() - report a request that failed through error()
 * @client: that it was sent with
 * @request: the message, for the names in it
 * @err: negative errno
 * @why: the kernel's sentence, or NULL: up to 6.1 a dump that cannot start
 *       has none
 */
void explain(struct client *client, struct nl_msg *request, int err,
	     const char *why);

#endif

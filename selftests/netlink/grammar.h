/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages to kpstat: what its contract allows, and what is near to that.
 */
#ifndef GRAMMAR_H
#define GRAMMAR_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

#define GRAMMAR_REPLAYS 64
#define GRAMMAR_FOUND 2048

struct message {
	unsigned char *bytes;
	size_t len;		/* what is sent, whatever nlmsg_len says */
	int command;		/* KPS_CMD_UNSPEC: none, or not what it seems */
	bool framed;		/* it reaches kpstat's own code */
	bool answered;		/* something must come back */
};

/* One source of messages: the same state gives the same ones, unless it is led. */
struct grammar {
	uint64_t state;
	int family;
	unsigned int event_id;	/* of a tracepoint, 0: there is none */
	int file;		/* of a page that nobody runs */
	unsigned int seq;

	/* The message that is being written. */
	unsigned char *bytes;
	size_t len;
	unsigned int chaos;	/* one attribute in so many is damaged; 0: none */

	/* Some that were sent before. */
	struct message old[GRAMMAR_REPLAYS];
	unsigned char old_bytes[GRAMMAR_REPLAYS][4096];

	/* Some that went where none had been. */
	struct message found[GRAMMAR_FOUND];
	unsigned int nr_found;
};

unsigned int grammar_any(struct grammar *g, unsigned int below);

/* Write the next message to @bytes, WIRE_MAX of them. */
void grammar_next(struct grammar *g, unsigned char *bytes,
		  struct message *message);

/* Write more that are like this one, if there is room to remember it. */
void grammar_more_like(struct grammar *g, const struct message *message);

#endif

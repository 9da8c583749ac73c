/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection to kpstat.ko over generic netlink.
 *
 * Every function that fails has reported one sentence through error().
 */
#ifndef KPCTL_CLIENT_H
#define KPCTL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "transport.h"

struct object;

/**
 * client_open() - connect
 *
 * Return: the connection, or NULL: not loaded, not root, no memory.
 */
struct client *client_open(void);

/* Whether the module can wake who reads records: see struct load_options. */
bool client_can_wake(const struct client *client);

/**
 * client_transact() - client_try(), with an error if it fails
 *
 * Return: 0, or a negative errno after it was reported.
 */
int client_transact(struct client *client, struct nl_msg *msg,
		    client_visit visit, void *data);

/* A command that takes a program's name and nothing else. */
int client_command(struct client *client, int command, const char *name);

/* DISABLE that leaves the probes to UNLOAD: detaching hundreds takes seconds. */
int client_halt(struct client *client, const char *name);

/* RESET of one map. @flags: KPS_F_ZERO keeps its keys. */
int client_reset_map(struct client *client, const char *name, const char *map,
		     unsigned int flags);

/**
 * struct load_options - what is not the program's own
 * @flags: KPS_F_OWNED, KPS_F_DISABLED
 * @buffer: bytes of records that each CPU keeps, if the program has outputs; 0:
 *	the default
 * @has_waker: else whoever reads records has to look whether there are any
 * @waker: an eventfd that the kernel signals
 * @has_cpu_budget: else the module's parameter counts
 * @cpu_budget: percent of a CPU that its handlers may take, 0: any
 * @probe_flags: enum kps_probe_flags, of every probe
 */
struct load_options {
	unsigned int flags;
	unsigned int buffer;
	bool has_waker;
	int waker;
	bool has_cpu_budget;
	unsigned int cpu_budget;
	unsigned int probe_flags;
};

/* lib/load.c: LOAD */
int client_load(struct client *client, const char *name,
		const struct object *object,
		const struct load_options *options);

#endif

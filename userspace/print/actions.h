/* SPDX-License-Identifier: GPL-2.0 */
/* What kpctl does when a record of a program's outputs comes. */
#ifndef KPCTL_ACTIONS_H
#define KPCTL_ACTIONS_H

#include <stdbool.h>

#include "base/text.h"
#include "held.h"
#include "lib/records.h"
#include "object/object.h"

struct client;
struct format;

struct actions {
	const struct object *object;
	const char *program;		/* that the maps are of */
	struct client *client;		/* for maps; another reads the records */
	struct format **formats;	/* one per output, or NULL */
	struct text text;
	struct text json;
	bool has_exited;		/* by exit() */
	int status;			/* that it was given */
	unsigned long long exit_time;
	unsigned long long end_time;	/* of what comes after exit(): END */
	struct held held;
	size_t skipped;			/* commands of system(), after a signal */
};

/**
 * actions_open() - get ready for a program's records
 * @client: may be NULL if no output prints or changes a map
 */
void actions_open(struct actions *actions, const struct object *object,
		  const char *program, struct client *client);
void actions_close(struct actions *actions);

/*
 * exit() ends a run although other CPUs go on for a moment: what they wrote
 * after it is not shown, but what comes from now on is.
 */
void actions_let_end(struct actions *actions);

/* Say how many commands of system() were not run. */
void actions_tell_skipped(const struct actions *actions);

/* A record_visit, @data: struct actions */
void actions_do(const struct record *record, void *data);

/* The clock of records. */
unsigned long long actions_now(void);

/*
 * A print() of a map may wait for a clear(): whatever waits is done, or only what no
 * clear() can follow any more, since all records older than @time have come.
 */
void actions_settle(struct actions *actions);
void actions_settle_before(struct actions *actions, unsigned long long time);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints as tracefs describes them. */
#ifndef KPCTL_TRACEFS_H
#define KPCTL_TRACEFS_H

#include <stdbool.h>

#include "event_fields.h"

/* Where it is mounted: "/sys/kernel/tracing" or below debugfs; or NULL. */
const char *tracefs_dir(void);

/* A file in it, from malloc(); NULL with errno set. */
char *tracefs_read(const char *file);

/**
 * tracefs_each() - call a function for each tracepoint
 * @system: glob of systems
 * @event: glob of events
 * @visit: gets the names, valid during the call
 * @data: passed to @visit
 *
 * In alphabetical order. Return: 0, or -ENOENT if tracefs is not mounted.
 */
int tracefs_each(const char *system, const char *event,
		 void (*visit)(const char *system, const char *event,
			       void *data),
		 void *data);

bool tracefs_has(const char *system, const char *event);
int tracefs_event_id(const char *system, const char *event, unsigned int *id);
int tracefs_event_fields(const char *system, const char *event,
			 struct event_fields *out);

/* The parser of format files, by itself. */
int tracefs_parse_format(const char *text, struct event_fields *out);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What a program's outputs wrote, read out of the module's buffers. */
#ifndef KPCTL_RECORDS_H
#define KPCTL_RECORDS_H

#include "answer.h"

struct client;

struct record {
	unsigned int output;		/* its number in the program */
	unsigned long long time;	/* CLOCK_MONOTONIC, ns */
	size_t nr_fields;
	struct datum fields[KPS_MAX_OUTPUT_FIELDS];
};

/* The record and its texts are gone when it returns. */
typedef void (*record_visit)(const struct record *record, void *data);

struct records_answer {
	size_t nr;			/* records that were visited */
	unsigned long long lost;	/* since the program was loaded */
};

/**
 * records_get() - take all records that were there when it was called
 * @client: must not be used by @visit, which runs in the middle of the answer
 * @name: of the program
 * @visit: called for each, oldest first
 * @data: passed to @visit
 * @answer: filled; may be NULL
 *
 * Return: 0, or a negative errno after it was reported.
 */
int records_get(struct client *client, const char *name, record_visit visit,
		void *data, struct records_answer *answer);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KPCTL_DATUM_H
#define KPCTL_DATUM_H

#include <stdbool.h>
#include <stddef.h>

struct nlattr;

/* One field of a key, of a plain value, or of a record. */
struct datum {
	bool is_text;			/* .text is what it prints as; ... */
	bool is_named;			/* ... and .number has that name */
	bool is_bytes;			/* .text has .len bytes, whatever they are */
	unsigned long long number;	/* signed if its field says so */
	char *text;
	size_t len;
};

/* Whether an attribute is one: then it is filled, its text where the message has it. */
bool datum_get(struct nlattr *attr, struct datum *datum);
/* The text becomes a copy, to be released with free(). */
void datum_own(struct datum *datum);

#endif

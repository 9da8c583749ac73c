/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program says of itself, in the comment that it begins with:
 *
 *	NAME: question?
 *
 *	Subject: word
 *
 *	Usage:
 *		kpctl run NAME		what this shows
 *
 *	Output:
 *	...
 *
 *	Cost:
 *	...
 *
 * man/tool.awk makes a manual page of it, and lint sees that nothing is missing.
 */
#ifndef KPCTL_MANUAL_H
#define KPCTL_MANUAL_H

#include "base/arena.h"

struct manual {
	const char *question;	/* "" where there is no such comment */
	const char *subject;
	const char *usage;	/* with its heading, as all that follows; or "" */
	const char *rest;
};

void manual_read(struct manual *manual, struct arena *arena, const char *text);

#endif

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

static void *or_die(void *memory)
{
	if (memory)
		return memory;
	fputs("kpctl: out of memory\n", stderr);
	exit(1);
}

void *xrealloc(void *old, size_t nr, size_t size)
{
	return or_die(reallocarray(old, nr ? nr : 1, size));
}

void *xcalloc(size_t nr, size_t size)
{
	return or_die(calloc(nr ? nr : 1, size));
}

char *xstrdup(const char *text)
{
	return or_die(strdup(text));
}

char *xvasprintf(const char *fmt, va_list args)
{
	char *text;

	return or_die(vasprintf(&text, fmt, args) < 0 ? NULL : text);
}

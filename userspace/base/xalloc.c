// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

void out_of_memory(void)
{
	fputs("kpctl: out of memory\n", stderr);
	exit(1);
}

static void *or_die(void *memory)
{
	if (!memory)
		out_of_memory();
	return memory;
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

char *xstrndup(const char *text, size_t len)
{
	return or_die(strndup(text, len));
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	return text;
}

void *xappend(void *array, size_t *nr, size_t size)
{
	void **items = array;

	*items = xrealloc(*items, *nr + 1, size);
	return memset((char *)*items + (*nr)++ * size, 0, size);
}

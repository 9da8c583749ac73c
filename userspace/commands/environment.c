// SPDX-License-Identifier: GPL-2.0
/*
 * The variables by which bpftrace is told what kpctl has options for.  A program that
 * was written for bpftrace may come with them: each is heeded, or said to be ignored.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "command.h"

#define PREFIX "BPFTRACE_"
#define PAGE 4096

static const struct {
	const char *name;
	size_t offset;		/* of an unsigned int in struct program_source */
	unsigned int min, max;
	unsigned int unit;
} variables[] = {
	{ "BPFTRACE_MAX_MAP_KEYS", offsetof(struct program_source, options.max_keys),
	  1, KPS_MAX_ENTRIES, 1 },
	{ "BPFTRACE_MAP_KEYS_MAX", offsetof(struct program_source, options.max_keys),
	  1, KPS_MAX_ENTRIES, 1 },
	{ "BPFTRACE_MAX_PROBES", offsetof(struct program_source, options.max_probes),
	  1, KPS_MAX_SITES, 1 },
	{ "BPFTRACE_STRLEN", offsetof(struct program_source, options.max_strlen),
	  2, KPS_MAX_STR, 1 },
	{ "BPFTRACE_MAX_STRLEN", offsetof(struct program_source, options.max_strlen),
	  2, KPS_MAX_STR, 1 },
	{ "BPFTRACE_PERF_RB_PAGES", offsetof(struct program_source, load.buffer),
	  1, KPS_MAX_BUFFER / PAGE, PAGE },
};

/* Options of the command line come first. */
static int heed(struct program_source *source, size_t i)
{
	unsigned int *option = (void *)((char *)source + variables[i].offset);
	const char *text = getenv(variables[i].name);
	unsigned long number;
	char *end;

	if (!text || *option)
		return DONE;
	errno = 0;
	number = strtoul(text, &end, 0);
	if (errno || end == text || *end || *text == '-' ||
	    number < variables[i].min || number > variables[i].max) {
		error("%s is a number from %u to %u here, not \"%s\"",
		      variables[i].name, variables[i].min, variables[i].max,
		      text);
		return WRONG_USE;
	}
	*option = number * variables[i].unit;
	return DONE;
}

static bool is_heeded(const char *entry)
{
	size_t len = strcspn(entry, "=");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(variables); i++)
		if (strlen(variables[i].name) == len &&
		    !strncmp(variables[i].name, entry, len))
			return true;
	return false;
}

/* All in one line. */
static void name_ignored(void)
{
	bool any = false;
	char **entry;

	for (entry = environ; *entry; entry++) {
		if (strncmp(*entry, PREFIX, strlen(PREFIX)) || is_heeded(*entry))
			continue;
		fprintf(stderr, "%s%.*s", any ? ", " : "ignored: ",
			(int)strcspn(*entry, "="), *entry);
		any = true;
	}
	if (any)
		fputc('\n', stderr);
}

int source_environment(struct program_source *source)
{
	size_t i;
	int status;

	for (i = 0; i < ARRAY_SIZE(variables); i++) {
		status = heed(source, i);
		if (status)
			return status;
	}
	name_ignored();
	return DONE;
}

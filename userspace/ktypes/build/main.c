// SPDX-License-Identifier: GPL-2.0
/*
 * kpctl-types: makes the index.  A program of its own, so that kpctl links no
 * library that is needed only here, and outlives whatever is in the file.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "build.h"

/* Some twenty times what the largest kernel takes. */
#define MEMORY_MAX	(2UL << 30)
#define SECONDS_MAX	60

static void limit(int resource, rlim_t most)
{
	struct rlimit rlimit = { .rlim_cur = most, .rlim_max = most };

	setrlimit(resource, &rlimit);
}

static int fail(const char *why)
{
	fprintf(stderr, "it %s\n", why);
	return 1;
}

int main(int argc, char **argv)
{
	struct build *build = build_new();
	const char *why;
	bool object;

	if (argc != 5 || (strcmp(argv[1], "object") && strcmp(argv[1], "btf"))) {
		fprintf(stderr, "usage: kpctl-types object|btf FILE RELEASE KEY >INDEX\n");
		return 2;
	}
	limit(RLIMIT_AS, MEMORY_MAX);
	limit(RLIMIT_CPU, SECONDS_MAX);
	limit(RLIMIT_CORE, 0);
	object = !strcmp(argv[1], "object");
	why = object ? read_object(build, argv[2], argv[3]) :
		       read_btf(build, argv[2]);
	if (!why)
		why = build_write(build, argv[4], stdout);
	return why ? fail(why) : 0;
}

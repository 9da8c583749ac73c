// SPDX-License-Identifier: GPL-2.0
/*
 * kpctl-types: makes the index.  A program of its own, so that kpctl links no
 * library that is needed only here, and outlives whatever is in the file.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/array.h"
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

static const char *read_kernel(struct build *build, const char *path, const char *release)
{
	(void)release;
	return read_btf(build, path);
}

/* What is in the file, and how it is read: with what more it takes. */
static const struct reader {
	const char *name;
	const char *(*read)(struct build *build, const char *path, const char *more);
} readers[] = {
	{ "object", read_object },
	{ "btf", read_kernel },
	{ "function", read_function },
	{ "variable", read_variable },
};

static const struct reader *find_reader(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(readers); i++)
		if (!strcmp(readers[i].name, name))
			return &readers[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct reader *reader = argc == 5 ? find_reader(argv[1]) : NULL;
	struct build *build;
	const char *why;

	if (!reader) {
		fprintf(stderr, "usage: kpctl-types object|btf FILE RELEASE KEY >INDEX\n"
				"       kpctl-types function FILE ADDRESS KEY >INDEX\n"
				"       kpctl-types variable FILE NAME KEY >INDEX\n");
		return 2;
	}
	limit(RLIMIT_AS, MEMORY_MAX);
	limit(RLIMIT_CPU, SECONDS_MAX);
	limit(RLIMIT_CORE, 0);
	build = build_new();
	why = reader->read(build, argv[2], argv[3]);
	if (!why)
		why = build_write(build, argv[4], stdout);
	return why ? fail(why) : 0;
}

// SPDX-License-Identifier: GPL-2.0
/* Programs that have a short name: where they are. */
#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/near.h"
#include "base/strset.h"
#include "command.h"

#ifndef PROGRAMS_DIR
#define PROGRAMS_DIR "/usr/local/share/kpstat/programs"
#endif

/* The directory of this binary, from malloc(), or NULL. */
static char *own_dir(void)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len <= 0)
		return NULL;
	self[len] = '\0';
	return strdup(dirname(self));
}

/*
 * Where short names are looked for, first to last; NULL ends it.  What stands
 * relative to the binary works in a build tree and after a move.
 */
static char **program_dirs(void)
{
	static char *dirs[6];
	size_t nr = 0;
	char *own;

	if (dirs[0])
		return dirs;
	own = own_dir();
	if (getenv("KPSTAT_PROGRAMS"))
		dirs[nr++] = getenv("KPSTAT_PROGRAMS");
	dirs[nr++] = "/etc/kpstat/programs";
	if (own && asprintf(&dirs[nr], "%s/programs", own) >= 0)
		nr++;
	dirs[nr++] = PROGRAMS_DIR;
	if (own && asprintf(&dirs[nr], "%s/../share/kpstat/programs", own) >= 0)
		nr++;
	dirs[nr] = NULL;
	free(own);
	return dirs;
}

char *program_path(const char *name)
{
	char **dir, *path;

	for (dir = program_dirs(); *dir; dir++) {
		if (asprintf(&path, "%s/%s.bt", *dir, name) < 0)
			return NULL;
		if (!access(path, R_OK))
			return path;
		free(path);
	}
	return NULL;
}

static int is_program(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 3 && !strcmp(entry->d_name + len - 3, ".bt");
}

/* In one folder; a name that an earlier one has is that one's. */
static void visit_dir(const char *dir, struct strset *seen, struct arena *arena,
		      program_visit visit, void *data)
{
	struct dirent **entries;
	int i, nr = scandir(dir, &entries, is_program, alphasort);

	for (i = 0; i < nr; i++) {
		const char *file = entries[i]->d_name;
		char *name = arena_strndup(arena, file, strlen(file) - 3);

		if (strset_add(seen, name))
			visit(name, arena_printf(arena, "%s/%s", dir, file), data);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
}

void programs_each(struct arena *arena, program_visit visit, void *data)
{
	struct strset seen = { 0 };
	char **dir;

	for (dir = program_dirs(); *dir; dir++)
		visit_dir(*dir, &seen, arena, visit, data);
	strset_free(&seen);
}

static void offer(const char *name, const char *path, void *near)
{
	(void)path;
	near_offer(near, name);
}

int no_program(const char *argument)
{
	struct near near = { .word = argument };
	struct arena arena = { 0 };
	const char *hint;

	programs_each(&arena, offer, &near);
	hint = near_hint(&arena, &near);
	error("there is no program \"%s\"; %s", argument, hint ? hint :
	      "kpctl tools lists them. A file is named with its path or .bt, text follows -e");
	arena_free(&arena);
	return FAILED;
}

// SPDX-License-Identifier: GPL-2.0
/* The id of a cgroup is the inode of its directory. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <linux/magic.h>

#include "base/xalloc.h"
#include "cgroup.h"

struct cgroup {
	unsigned long long id;
	char *path;		/* below the mount point; "/" is the root */
};

static struct cgroup *cgroups;
static size_t nr_cgroups;

static void add(unsigned long long id, const char *path)
{
	struct cgroup *cgroup = APPEND(cgroups, nr_cgroups);

	*cgroup = (struct cgroup){ id, xstrdup(path) };
}

static void walk(const char *root, const char *below)
{
	struct dirent *entry;
	char *path, *child;
	struct stat st;
	DIR *dir;

	path = xasprintf("%s%s", root, below);
	if (!stat(path, &st))
		add(st.st_ino, *below ? below : "/");
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		child = xasprintf("%s/%s", below, entry->d_name);
		walk(root, child);
		free(child);
	}
	if (dir)
		closedir(dir);
	free(path);
}

/* Where the v2 tree is mounted: alone, or beside those of v1. */
static const char *find_root(void)
{
	static const char * const places[] = {
		"/sys/fs/cgroup", "/sys/fs/cgroup/unified", NULL
	};
	struct statfs fs;
	size_t i;

	for (i = 0; places[i]; i++)
		if (!statfs(places[i], &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

static const char *find(unsigned long long id)
{
	size_t i;

	for (i = 0; i < nr_cgroups; i++)
		if (cgroups[i].id == id)
			return cgroups[i].path;
	return NULL;
}

/* It may have been made after the last walk, and that is asked once. */
static const char *find_after_walk(unsigned long long id)
{
	const char *root = find_root();

	while (nr_cgroups)
		free(cgroups[--nr_cgroups].path);
	if (root)
		walk(root, "");
	if (!find(id))
		add(id, "");
	return find(id);
}

void cgroup_write(struct text *out, unsigned long long id)
{
	const char *path = find(id);

	if (!path)
		path = find_after_walk(id);
	if (path && *path) {
		text_puts(out, "unified:");
		text_name(out, path, strlen(path));
	} else {
		text_printf(out, "%llu", id);
	}
}

// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "tracefs.h"

#define PATH_SIZE 1024

const char *tracefs_dir(void)
{
	if (host_exists("/sys/kernel/tracing/events"))
		return "/sys/kernel/tracing";
	if (host_exists("/sys/kernel/debug/tracing/events"))
		return "/sys/kernel/debug/tracing";
	return NULL;
}

char *tracefs_read(const char *file)
{
	const char *dir = tracefs_dir();
	char path[PATH_SIZE];

	if (!dir) {
		errno = ENOENT;
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return host_read(path, NULL);
}

static char *read_event_file(const char *system, const char *event,
			     const char *file)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "events/%s/%s/%s", system, event, file);
	return tracefs_read(path);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int list_dir(const char *path, struct dirent ***names)
{
	char *full = host_path(path);
	int nr = scandir(full, names, is_visible, alphasort);

	free(full);
	return nr < 0 ? 0 : nr;
}

static bool has_event(const char *dir, const char *system, const char *event)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/events/%s/%s/id", dir, system, event);
	return host_exists(path);
}

bool tracefs_has(const char *system, const char *event)
{
	const char *dir = tracefs_dir();

	return dir && has_event(dir, system, event);
}

struct walk {
	const char *event;
	void (*visit)(const char *system, const char *event, void *data);
	void *data;
};

/* Whether fnmatch() may take it for another name than itself. */
static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?[\\");
}

/* Files such as enable and filter stand beside the events' directories. */
static void walk_system(const struct walk *walk, const char *dir,
			const char *system)
{
	char path[PATH_SIZE];
	struct dirent **names;
	int i, nr;

	if (!is_pattern(walk->event)) {
		if (has_event(dir, system, walk->event))
			walk->visit(system, walk->event, walk->data);
		return;
	}
	snprintf(path, sizeof(path), "%s/events/%s", dir, system);
	nr = list_dir(path, &names);
	for (i = 0; i < nr; i++) {
		if (!fnmatch(walk->event, names[i]->d_name, 0) &&
		    has_event(dir, system, names[i]->d_name))
			walk->visit(system, names[i]->d_name, walk->data);
		free(names[i]);
	}
	if (nr)
		free(names);
}

int tracefs_each(const char *system, const char *event,
		 void (*visit)(const char *system, const char *event,
			       void *data),
		 void *data)
{
	const struct walk walk = { event, visit, data };
	const char *dir = tracefs_dir();
	char path[PATH_SIZE];
	struct dirent **names;
	int i, nr;

	if (!dir)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/events", dir);
	nr = list_dir(path, &names);
	for (i = 0; i < nr; i++) {
		if (!fnmatch(system, names[i]->d_name, 0))
			walk_system(&walk, dir, names[i]->d_name);
		free(names[i]);
	}
	if (nr)
		free(names);
	return 0;
}

int tracefs_event_id(const char *system, const char *event, unsigned int *id)
{
	char *text = read_event_file(system, event, "id");

	if (!text)
		return -errno;
	*id = strtoul(text, NULL, 10);
	free(text);
	return 0;
}

int tracefs_event_fields(const char *system, const char *event,
			 struct event_fields *out)
{
	char *text = read_event_file(system, event, "format");
	int err;

	if (!text)
		return -errno;
	err = tracefs_parse_format(text, out);
	free(text);
	return err;
}

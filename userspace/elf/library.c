// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/host.h"
#include "base/xalloc.h"
#include "library.h"

/*
 * /etc/ld.so.cache, as ldconfig of glibc writes it since 2.2: numbers are places of
 * strings, counted from its start.
 */
#define CACHE_MAGIC "glibc-ld.so.cache1.1"

struct cache {
	char magic[sizeof(CACHE_MAGIC) - 1];
	uint32_t nr;
	uint32_t unused[6];
	struct cache_entry {
		int32_t flags;
		uint32_t name;
		uint32_t path;
		uint32_t os;
		uint64_t hardware;
	} entries[];
};

/* Of a library of this machine's, and of the C library that everybody has. */
#if defined(__x86_64__)
#define CACHE_FLAGS 0x0303
#elif defined(__aarch64__)
#define CACHE_FLAGS 0x0a03
#else
#define CACHE_FLAGS 0x0003
#endif

/* Where it looks behind that. */
static const char * const directories[] = {
	"/lib64", "/usr/lib64", "/lib", "/usr/lib",
};

/* "libc.so.6" is "libc", "libc.so" and itself. */
bool library_is_called(const char *file, const char *name)
{
	size_t len = strlen(name);
	const char *rest = file + len;

	if (strncmp(file, name, len))
		return false;
	return !*rest || !strncmp(rest, ".so", 3) ||
	       (*rest == '.' && strstr(name, ".so"));
}

static const char *string_at(const char *text, size_t size, uint32_t at)
{
	return at < size && memchr(text + at, '\0', size - at) ? text + at : "";
}

/* Names may be several: that of the newest is the first. */
static char *find_in_cache(const char *name)
{
	size_t i, size = 0;
	char *text = host_read("/etc/ld.so.cache", &size), *found = NULL;
	const struct cache *cache = (const struct cache *)text;

	if (!text || size < sizeof(*cache) ||
	    memcmp(cache->magic, CACHE_MAGIC, sizeof(cache->magic)) ||
	    cache->nr > (size - sizeof(*cache)) / sizeof(cache->entries[0])) {
		free(text);
		return NULL;
	}
	for (i = 0; i < cache->nr && !found; i++)
		if (cache->entries[i].flags == CACHE_FLAGS &&
		    library_is_called(string_at(text, size, cache->entries[i].name),
				      name))
			found = xstrdup(string_at(text, size,
						  cache->entries[i].path));
	free(text);
	return found;
}

static char *find_in_directory(const char *directory, const char *name)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char *found = NULL;

	if (!dir)
		return NULL;
	while (!found && (entry = readdir(dir)))
		if (library_is_called(entry->d_name, name))
			found = xasprintf("%s/%s", directory, entry->d_name);
	closedir(dir);
	return found;
}

char *library_find(const char *name)
{
	char *found = find_in_cache(name);
	size_t i;

	for (i = 0; !found && i < ARRAY_SIZE(directories); i++)
		found = find_in_directory(directories[i], name);
	return found;
}

char *program_find(const char *name)
{
	const char *path = getenv("PATH");
	char *found = NULL;
	struct stat st;
	size_t len;

	for (; path && *path && !found; path += len + (path[len] == ':')) {
		len = strcspn(path, ":");
		found = xasprintf("%.*s/%s", (int)len, path, name);
		if (!stat(found, &st) && S_ISREG(st.st_mode) && !access(found, X_OK))
			break;
		free(found);
		found = NULL;
	}
	return found;
}

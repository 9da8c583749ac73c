// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fnv.h"
#include "host.h"
#include "kallsyms.h"
#include "kallsyms_cache.h"

#define DIRECTORY	"/run/kpstat"
#define CACHE		DIRECTORY "/functions"
#define KEY_MAX		128

/* "name size users by,whom state address": all but who uses it. */
static uint64_t hash_module(uint64_t sum, char *line)
{
	char *save, *word = strtok_r(line, " ", &save);
	int column;

	for (column = 0; word; column++, word = strtok_r(NULL, " ", &save))
		if (column != 2 && column != 3)
			sum = fnv1a(fnv1a(sum, word), " ");
	return sum;
}

static uint64_t hash_modules(void)
{
	char *text = host_read("/proc/modules", NULL);
	char *save, *line = text ? strtok_r(text, "\n", &save) : NULL;
	uint64_t sum = FNV1A_START;

	for (; line; line = strtok_r(NULL, "\n", &save))
		sum = hash_module(sum, line);
	free(text);
	return sum;
}

/* What the cache's first line must be. */
static bool make_key(char key[KEY_MAX])
{
	char *boot = host_read("/proc/sys/kernel/random/boot_id", NULL);

	if (boot)
		snprintf(key, KEY_MAX, "kpstat 1 %.36s %016" PRIx64 "\n", boot,
			 hash_modules());
	free(boot);
	return boot;
}

/* By root, and nobody else could have written to it. */
static bool is_trusted(const struct stat *st)
{
	return st->st_uid == 0 && !(st->st_mode & 0022);
}

static bool may_be_read(void)
{
	char *directory = host_path(DIRECTORY), *file = host_path(CACHE);
	struct stat dir_st, st;
	bool may = !lstat(directory, &dir_st) && S_ISDIR(dir_st.st_mode) &&
		   is_trusted(&dir_st) && !lstat(file, &st) &&
		   S_ISREG(st.st_mode) && is_trusted(&st);

	free(directory);
	free(file);
	return may;
}

static char *read_cache(const char *key, size_t *len)
{
	size_t head = strlen(key);
	char *text;

	if (!may_be_read())
		return NULL;
	text = host_read(CACHE, len);
	if (!text || *len <= head || memcmp(text, key, head) ||
	    text[*len - 1] != '\n') {
		free(text);
		return NULL;
	}
	*len -= head;
	memmove(text, text + head, *len + 1);
	return text;
}

/* "ADDRESS TYPE NAME[\t[MODULE]]"; those of bpf and trampolines come and go. */
static bool is_kept(const char *line, const char *end)
{
	const char *type = memchr(line, ' ', end - line);

	return type && kallsyms_is_function(type) &&
	       !memmem(line, end - line, "\t[bpf", 5) &&
	       !memmem(line, end - line, "\t[__builtin", 11);
}

/* Return: whether the kernel told us where they are. */
static bool write_functions(FILE *file, const char *text, size_t len)
{
	const char *newline, *line = text, *end = text + len;
	bool told = false;

	for (; line < end; line = newline + 1) {
		newline = memchr(line, '\n', end - line);
		if (!newline)
			break;
		if (!is_kept(line, newline))
			continue;
		told |= line[strspn(line, "0")] != ' ';
		fwrite(line, 1, newline + 1 - line, file);
	}
	return told;
}

/* Under a name of our own first: whoever reads it finds all of it, or none. */
static void write_cache(const char *key, const char *text, size_t len)
{
	char *directory = host_path(DIRECTORY), *to = host_path(CACHE);
	char *from = NULL;
	FILE *file = NULL;
	bool good;
	int fd;

	mkdir(directory, 0700);
	if (asprintf(&from, "%s.%d", to, getpid()) < 0)
		from = NULL;
	fd = from ? open(from, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			 0600) : -1;
	if (fd >= 0)
		file = fdopen(fd, "w");
	if (file) {
		fputs(key, file);
		good = write_functions(file, text, len) & !ferror(file);
		if (fclose(file) || !good || rename(from, to))
			unlink(from);
	}
	free(from);
	free(to);
	free(directory);
}

char *kallsyms_text(size_t *len)
{
	char key[KEY_MAX], after[KEY_MAX], *text;
	bool keyed = geteuid() == 0 && make_key(key);

	text = keyed ? read_cache(key, len) : NULL;
	if (text)
		return text;
	text = host_read("/proc/kallsyms", len);
	/* The same modules still, so these are their functions. */
	if (text && keyed && make_key(after) && !strcmp(key, after))
		write_cache(key, text, *len);
	return text;
}

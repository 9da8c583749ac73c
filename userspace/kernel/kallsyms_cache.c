// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cache_file.h"
#include "base/fnv.h"
#include "base/host.h"
#include "base/xalloc.h"
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

	if (!boot)
		return false;
	snprintf(key, KEY_MAX, "kpstat 3 %.36s %016" PRIx64 "\n", boot,
		 hash_modules());
	free(boot);
	return true;
}

static bool directory_is_trusted(void)
{
	char *directory = host_path(DIRECTORY);
	struct stat st;
	bool is = !lstat(directory, &st) && S_ISDIR(st.st_mode) &&
		  cache_is_trusted(&st);

	free(directory);
	return is;
}

/* Whoever makes it anew puts another file in its place: this one stays. */
static bool map_file(int fd, struct functions *functions)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	functions->map_len = st.st_size;
	functions->map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return functions->map != MAP_FAILED;
}

static bool read_cache(const char *key, struct functions *functions)
{
	char *path = host_path(CACHE);
	int fd = directory_is_trusted() ? cache_open(path) : -1;
	bool mapped = fd >= 0 && map_file(fd, functions);
	size_t head = strlen(key);

	free(path);
	if (fd >= 0)
		close(fd);
	if (!mapped)
		return false;
	functions->text = (char *)functions->map + head;
	functions->len = functions->map_len - head;
	if (functions->map_len > head && !memcmp(functions->map, key, head) &&
	    functions->text[functions->len - 1] == '\n')
		return true;
	functions_close(functions);
	return false;
}

static bool write_functions(int fd, const char *key,
			    const struct functions *functions)
{
	FILE *file = fdopen(fd, "w");
	bool good;

	if (!file) {
		close(fd);
		return false;
	}
	fputs(key, file);
	fwrite(functions->text, functions->len, 1, file);
	good = !ferror(file);
	return !fclose(file) && good;
}

static void write_cache(const char *key, const struct functions *functions)
{
	char *directory = host_path(DIRECTORY), *path = host_path(CACHE);
	struct cache_file file;

	mkdir(directory, 0700);
	if (cache_create(&file, path))
		cache_commit(&file, path, write_functions(file.fd, key, functions));
	free(path);
	free(directory);
}

const char *symbol_name(const char *line, const char *end)
{
	const char *type = memchr(line, ' ', end - line);

	return type && end - type > 3 ? type + 3 : end;
}

/* 0 behind the last one */
static int letter(const char *name)
{
	unsigned char c = *name;

	return c > ' ' ? c : 0;
}

int symbol_name_cmp(const char *a, const char *b)
{
	while (letter(a) && *a == *b)
		a++, b++;
	return letter(a) - letter(b);
}

struct line {
	const char *text;
	const char *name;
	size_t len;
};

static int by_name(const void *a, const void *b)
{
	const struct line *left = a, *right = b;
	int cmp = symbol_name_cmp(left->name, right->name);

	return cmp ? cmp : left->text < right->text ? -1 : 1;
}

/* How the modules begin that are none, or whose functions nobody can probe. */
static const char * const left_out[] = {
	"\t[bpf", "\t[__builtin", "\t[kpstat]",
};

/* "ADDRESS TYPE NAME[\t[MODULE]]" */
static bool is_kept(const char *name, const char *end)
{
	const char *tab;
	size_t i;

	if (name == end || !memchr("tTwW", name[-2], 4))
		return false;
	tab = memchr(name, '\t', end - name);
	for (i = 0; tab && i < ARRAY_SIZE(left_out); i++)
		if (!strncmp(tab, left_out[i], strlen(left_out[i])))
			return false;
	return true;
}

/* Return: how many of @len bytes' lines were kept, from malloc(). */
static size_t find_functions(const char *text, size_t len, struct line **lines)
{
	const char *line, *newline, *end = text + len;
	size_t nr = 0, room = 0;

	*lines = NULL;
	for (line = text; (newline = memchr(line, '\n', end - line));
	     line = newline + 1) {
		const char *name = symbol_name(line, newline);

		if (!is_kept(name, newline))
			continue;
		if (nr == room) {
			room = room ? room * 2 : 65536;
			*lines = xrealloc(*lines, room, sizeof(**lines));
		}
		(*lines)[nr++] = (struct line){ line, name, newline + 1 - line };
	}
	return nr;
}

static int sort_functions(const char *text, size_t len,
			  struct functions *functions)
{
	struct line *lines;
	size_t i, nr = find_functions(text, len, &lines);
	char *at;

	functions->map_len = len + 1;
	functions->map = mmap(NULL, len + 1, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (functions->map == MAP_FAILED) {
		free(lines);
		return -ENOMEM;
	}
	qsort(lines, nr, sizeof(*lines), by_name);
	at = functions->map;
	for (i = 0; i < nr; i++)
		at = mempcpy(at, lines[i].text, lines[i].len);
	free(lines);
	functions->text = functions->map;
	functions->len = at - functions->text;
	return 0;
}

static bool has_addresses(const struct functions *functions)
{
	return functions->len && functions->text[strspn(functions->text, "0")] != ' ';
}

/* Return: 0 or a negative errno; @key: of the modules before, or empty. */
static int read_functions(struct functions *functions, char key[KEY_MAX])
{
	size_t len;
	char *text;
	int err;

	if (!make_key(key))
		key[0] = '\0';
	text = host_read("/proc/kallsyms", &len);
	if (!text)
		return -errno;
	err = sort_functions(text, len, functions);
	free(text);
	return err;
}

static bool same_modules(const char *key)
{
	char now[KEY_MAX];

	return make_key(now) && !strcmp(key, now);
}

/*
 * The kernel counts symbols to know where the next read() goes on. When a module has
 * begun, those of its init functions go, and as many of other modules are passed over;
 * its size changes at the same time. So what was read while modules came, began or went
 * is read again.
 */
#define MAX_READS 5

int functions_open(struct functions *functions)
{
	bool is_root = geteuid() == 0;
	char key[KEY_MAX];
	int reads, err;

	if (is_root && make_key(key) && read_cache(key, functions))
		return 0;
	for (reads = 0; reads < MAX_READS; reads++) {
		err = read_functions(functions, key);
		if (err || !key[0])
			return err;
		if (same_modules(key)) {
			if (is_root && has_addresses(functions))
				write_cache(key, functions);
			return 0;
		}
		if (reads < MAX_READS - 1)
			functions_close(functions);
	}
	return 0;
}

void functions_close(struct functions *functions)
{
	if (functions->map)
		munmap(functions->map, functions->map_len);
	*functions = (struct functions){ 0 };
}

void functions_forget(void)
{
	char *path = host_path(CACHE);

	if (geteuid() == 0)
		unlink(path);
	free(path);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A process is asked (/proc/PID/maps) when it is seen first; then either it is asked again
 * now and then, or the kernel tells what becomes of it (noted.c).
 *
 * All is of a fixed size, or has a limit: of each set of processes the one that was not
 * used for the longest time makes room.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fnv.h"
#include "base/regular.h"
#include "base/xalloc.h"
#include "mappings.h"
#include "process.h"

/* Changes when a process becomes another, by exec() or under its number. */
struct process_id {
	unsigned long long began;
	unsigned long long code;
	unsigned long long stack;
};

struct mappings {
	size_t nr;
	struct mapping *all;
};

struct process {
	unsigned int tgid;
	unsigned int parent;		/* 0: not known */
	uid_t user;
	struct process_id id;
	unsigned long used;
	unsigned long long checked;	/* ms, when .id was compared */
	unsigned long long read;	/* ms, when .now was */
	bool is_told;			/* by mapping_came() and its kin: .now is right */
	bool is_elsewhere;		/* in another mount namespace than ours */
	struct mappings now;		/* sorted by .start */
	struct mappings before;		/* in the order in which they went */
	struct file_id compiled_id;
	struct elf_file compiled;
};

#define WAYS 4
#define SETS 1024

/* Of one process; of all, names of files; of a file of what was compiled. */
#define MAPPINGS_MAX 16384
#define BEFORE_MAX 512
#define PATHS_MAX 65536
#define COMPILED_MAX (64 << 20)

/* What a process loads and unloads is seen after this long, ms, if nobody tells. */
#define MAPS_AGE 100

static struct process processes[SETS][WAYS];
static unsigned long uses;
static bool are_told;

/* Names of files, each once. */
static struct arena path_memory;
static const char **paths;
static size_t nr_paths;

static unsigned long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/*
 * Paths
 */

static size_t place_of(const char *path, size_t len)
{
	size_t at = fnv1a_bytes(FNV1A_START, path, len) % (2 * PATHS_MAX);

	for (; paths[at]; at = (at + 1) % (2 * PATHS_MAX))
		if (!strncmp(paths[at], path, len) && !paths[at][len])
			break;
	return at;
}

/* NULL: there are too many. */
static const char *keep_path(const char *path, size_t len)
{
	size_t at;

	if (!paths)
		paths = xcalloc(2 * PATHS_MAX, sizeof(*paths));
	at = place_of(path, len);
	if (!paths[at] && nr_paths < PATHS_MAX) {
		nr_paths++;
		paths[at] = arena_strndup(&path_memory, path, len);
	}
	return paths[at];
}

/*
 * The mappings of a process
 */

static void forget(struct mappings *mappings)
{
	free(mappings->all);
	*mappings = (struct mappings){ 0 };
}

/* The first that does not end before @address. */
static size_t first_behind(const struct mappings *mappings, unsigned long long address)
{
	size_t low = 0, high = mappings->nr;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (mappings->all[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has(const struct mapping *mapping, unsigned long long address)
{
	return address >= mapping->start && address < mapping->end;
}

static void retire(struct process *process, const struct mapping *mappings, size_t nr)
{
	struct mappings *before = &process->before;

	for (; nr; nr--, mappings++) {
		if (before->nr == BEFORE_MAX) {
			before->nr = BEFORE_MAX / 2;
			memmove(before->all, before->all + BEFORE_MAX / 2,
				before->nr * sizeof(*before->all));
		}
		*(struct mapping *)APPEND(before->all, before->nr) = *mappings;
	}
}

/* In its place. What was there is there no more. */
static void insert(struct process *process, const struct mapping *mapping)
{
	struct mappings *now = &process->now;
	size_t first = first_behind(now, mapping->start), last = first, behind;

	while (last < now->nr && now->all[last].start < mapping->end)
		last++;
	retire(process, now->all + first, last - first);
	behind = now->nr - last;
	if (first == last) {
		if (now->nr == MAPPINGS_MAX)
			return;
		APPEND(now->all, now->nr);
		last = first;
	} else {
		now->nr -= last - first - 1;
	}
	memmove(now->all + first + 1, now->all + last, behind * sizeof(*now->all));
	now->all[first] = *mapping;
}

/* What is new takes the place of what was. What is in both is known as well as it was. */
static void replace(struct process *process, struct mappings *mappings)
{
	size_t i, at;

	for (i = 0; i < process->now.nr; i++) {
		struct mapping *old = &process->now.all[i], *new;

		at = first_behind(mappings, old->start);
		new = at < mappings->nr ? &mappings->all[at] : NULL;
		if (new && new->start == old->start && new->end == old->end &&
		    new->path == old->path && new->inode == old->inode)
			*new = *old;
		else
			retire(process, old, 1);
	}
	forget(&process->now);
	process->now = *mappings;
}

static struct mapping *find_mapping(struct process *process, unsigned long long address)
{
	size_t i = first_behind(&process->now, address);

	if (i < process->now.nr && has(&process->now.all[i], address))
		return &process->now.all[i];
	for (i = process->before.nr; i; i--)
		if (has(&process->before.all[i - 1], address))
			return &process->before.all[i - 1];
	return NULL;
}

static bool is_file(const struct mapping *mapping)
{
	return *mapping->path == '/' && strcmp(mapping->path, NO_FILE);
}

/*
 * What /proc says
 */

static void read_mapping(const char *line, struct mappings *mappings)
{
	struct mapping mapping = { 0 };
	char flags[8];
	int at = 0;

	if (sscanf(line, "%llx-%llx %7s %llx %*s %llu %n", &mapping.start, &mapping.end,
		   flags, &mapping.offset, &mapping.inode, &at) < 5 || !at ||
	    !strchr(flags, 'x') || mappings->nr == MAPPINGS_MAX)
		return;
	if (line[at] != '/' && strncmp(line + at, VDSO, strlen(VDSO)))
		return;
	mapping.path = keep_path(line + at, strcspn(line + at, "\n"));
	if (mapping.path)
		*(struct mapping *)APPEND(mappings->all, mappings->nr) = mapping;
}

/* What is known of a process that is gone stays. */
static void read_mappings(struct process *process)
{
	char path[32], *line = NULL;
	struct mappings mappings = { 0 };
	struct stat st;
	size_t size = 0;
	FILE *file;

	process->read = now_ms();
	snprintf(path, sizeof(path), "/proc/%u/maps", process->tgid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fstat(fileno(file), &st))
		process->user = st.st_uid;
	while (getline(&line, &size, file) > 0)
		read_mapping(line, &mappings);
	/* A zombie has none any more. */
	if (mappings.nr)
		replace(process, &mappings);
	free(line);
	fclose(file);
}

/* Return: false if it is gone. */
static bool read_id(unsigned int tgid, struct process_id *id)
{
	char text[PROCESS_STAT_MAX];
	const char *stat = process_stat(tgid, text, sizeof(text));

	return stat &&
	       sscanf(stat, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %*s %*s %*s %llu %*s %llu",
		      &id->began, &id->code, &id->stack) == 3;
}

static bool same_process(const struct process_id *a, const struct process_id *b)
{
	return a->began == b->began && a->code == b->code &&
	       a->stack == b->stack;
}

/* Return: 0: it is gone. */
static ino_t mount_namespace(const char *process)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", process);
	return stat(path, &st) ? 0 : st.st_ino;
}

/* Of one that is gone already what its parent was. */
static void look_where(struct process *process)
{
	static ino_t ours;
	char number[16];
	ino_t its;

	if (!ours)
		ours = mount_namespace("self");
	snprintf(number, sizeof(number), "%u", process->tgid);
	its = mount_namespace(number);
	if (its)
		process->is_elsewhere = its != ours;
}

/*
 * The table of processes
 */

static struct process *find_process(unsigned int tgid)
{
	struct process *set = processes[tgid % SETS];
	size_t i;

	for (i = 0; i < WAYS; i++)
		if (set[i].used && set[i].tgid == tgid)
			return &set[i];
	return NULL;
}

static void clear_process(struct process *process, unsigned int tgid)
{
	forget(&process->now);
	forget(&process->before);
	elf_file_free(&process->compiled);
	*process = (struct process){ .tgid = tgid, .used = ++uses };
}

static struct process *new_process(unsigned int tgid)
{
	struct process *set = processes[tgid % SETS], *room = set;
	size_t i;

	for (i = 1; i < WAYS; i++)
		if (set[i].used < room->used)
			room = &set[i];
	clear_process(room, tgid);
	return room;
}

/* When it is not known what has become of it since. */
static void look_at(struct process *process)
{
	unsigned long long now = now_ms();
	struct process_id id = { 0 };

	if (process->is_told || now == process->checked)
		return;
	process->checked = now;
	if (!read_id(process->tgid, &id) || !id.code)
		return;
	if (!same_process(&id, &process->id)) {
		process->id = id;
		read_mappings(process);
		look_where(process);
	} else if (now - process->read > MAPS_AGE) {
		read_mappings(process);
	}
	process->is_told = are_told;
}

static struct process *get_process(unsigned int tgid)
{
	struct process *process = find_process(tgid);

	if (!process)
		process = new_process(tgid);
	process->used = ++uses;
	look_at(process);
	return process;
}

struct process *process_at(unsigned int tgid, unsigned long long address,
			   struct mapping **mapping)
{
	struct process *process = get_process(tgid);

	*mapping = find_mapping(process, address);
	if (!*mapping && !process->is_told && process->read != now_ms()) {
		/* It may have loaded a library since. */
		read_mappings(process);
		*mapping = find_mapping(process, address);
	}
	return process;
}

/*
 * Files
 */

/* A file of overlayfs has another number in a mapping. */
#define OVERLAYFS 0x794c7630

static int open_if_same(const char *path, const struct mapping *mapping)
{
	struct statfs fs;
	struct stat st;
	int fd = regular_open(path, &st);

	if (fd < 0 || !mapping->inode || st.st_ino == mapping->inode ||
	    (!fstatfs(fd, &fs) && fs.f_type == OVERLAYFS))
		return fd;
	close(fd);
	return -1;
}

static int open_below(unsigned int tgid, const struct mapping *mapping)
{
	char *path = xasprintf("/proc/%u/root%s", tgid, mapping->path);
	int fd = open_if_same(path, mapping);

	free(path);
	return fd;
}

/* Those that it comes from see the same files, mostly, and live longer. */
#define GENERATIONS 8

int mapping_open(const struct process *process, const struct mapping *mapping)
{
	unsigned int i;
	char *path;
	int fd;

	if (!is_file(mapping))
		return strcmp(mapping->path, VDSO) ? -1 : vdso_open();
	path = xasprintf("/proc/%u/map_files/%llx-%llx", process->tgid, mapping->start,
			 mapping->end);
	fd = open_if_same(path, mapping);
	free(path);
	for (i = 0; fd < 0 && process && i < GENERATIONS; i++) {
		fd = open_below(process->tgid, mapping);
		process = process->parent ? find_process(process->parent) : NULL;
	}
	return fd < 0 ? open_if_same(mapping->path, mapping) : fd;
}

/* The number that it has where it lives. */
static unsigned int inner_number(unsigned int tgid)
{
	char path[32], line[256], *last;
	unsigned int number = tgid;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/status", tgid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		last = strncmp(line, "NSpid:", 6) ? NULL : strrchr(line, '\t');
		if (last)
			number = strtoul(last + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return number;
}

/* Whoever else has put it there may say what he likes. */
static bool is_its(const struct process *process, const struct stat *st)
{
	return (!st->st_uid || st->st_uid == process->user) && st->st_size <= COMPILED_MAX;
}

static int open_compiled(const struct process *process)
{
	char *inner = xasprintf("/proc/%u/root/tmp/perf-%u.map", process->tgid,
				inner_number(process->tgid));
	char *outer = xasprintf("/tmp/perf-%u.map", process->tgid);
	struct stat st;
	int fd = regular_open(inner, &st);

	if (fd < 0)
		fd = regular_open(outer, &st);
	free(inner);
	free(outer);
	if (fd < 0 || is_its(process, &st))
		return fd;
	close(fd);
	return -1;
}

const struct elf_file *process_compiled(struct process *process)
{
	struct file_id id;
	int fd = open_compiled(process);

	if (fd < 0)
		return process->compiled.nr_symbols ? &process->compiled : NULL;
	if (file_identify(fd, &id) && !file_same(&id, &process->compiled_id)) {
		elf_file_free(&process->compiled);
		elf_compiled_read(fd, &process->compiled);
		process->compiled_id = id;
	}
	close(fd);
	return &process->compiled;
}

/*
 * What is told
 */

static void look_at_all(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			get_process(strtoul(entry->d_name, NULL, 10));
	if (proc)
		closedir(proc);
}

void mappings_begin(void)
{
	are_told = true;
	look_at_all();
}

void mappings_missed(void)
{
	size_t i, j;

	for (i = 0; i < SETS; i++)
		for (j = 0; j < WAYS; j++) {
			processes[i][j].is_told = false;
			processes[i][j].checked = processes[i][j].read = 0;
		}
	look_at_all();
}

void mapping_came(unsigned int tgid, const struct mapping *mapping)
{
	struct process *process = find_process(tgid);
	struct mapping kept = *mapping;
	int fd;

	if (!process)
		process = get_process(tgid);
	kept.path = keep_path(mapping->path, strlen(mapping->path));
	if (!kept.path)
		return;
	/* When it is gone nobody finds its files. */
	if (process->is_elsewhere && is_file(&kept)) {
		fd = mapping_open(process, &kept);
		kept.is_known = fd >= 0 && file_identify(fd, &kept.id);
		if (kept.is_known && !binary_find(&kept.id))
			binary_read(&kept.id, fd);
		if (fd >= 0)
			close(fd);
	}
	insert(process, &kept);
}

void process_forked(unsigned int tgid, unsigned int parent)
{
	struct process *from = find_process(parent), *process = find_process(tgid);

	if (from)
		from->used = ++uses;	/* it keeps its place */
	if (process)
		clear_process(process, tgid);
	else
		process = new_process(tgid);
	if (!from || process == from)
		return;
	process->parent = parent;
	process->user = from->user;
	process->is_elsewhere = from->is_elsewhere;
	process->is_told = from->is_told;
	if (!from->now.nr)
		return;
	process->now.nr = from->now.nr;
	process->now.all = xcalloc(from->now.nr, sizeof(*from->now.all));
	memcpy(process->now.all, from->now.all, from->now.nr * sizeof(*from->now.all));
}

void process_became(unsigned int tgid)
{
	struct process *process = find_process(tgid);
	char path[32];
	struct stat st;

	if (!process)
		process = new_process(tgid);
	retire(process, process->now.all, process->now.nr);
	forget(&process->now);
	process->is_told = true;
	look_where(process);
	snprintf(path, sizeof(path), "/proc/%u", tgid);
	if (!stat(path, &st))
		process->user = st.st_uid;
}

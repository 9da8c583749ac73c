// SPDX-License-Identifier: GPL-2.0
/*
 * A process' address belongs to a mapping of a file; the file's symbol tables
 * name its functions.  Both are kept, in caches of a fixed size: a process by its
 * number for as long as it is the same, a file by what it is.  A process that is
 * gone has no mappings any more, so it is asked as soon as a record of it comes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "elf/elf_file.h"
#include "process.h"
#include "usym.h"

/* What a file is, whatever it is called. */
struct file_id {
	unsigned long long device;
	unsigned long long inode;
	unsigned long long size;
	long long changed;		/* ns */
};

/* A file with code. */
struct binary {
	struct file_id id;
	unsigned long used;		/* when, 0: never */
	struct elf_file file;
};

struct mapping {
	unsigned long long start;
	unsigned long long end;
	unsigned long long offset;
	char *path;
	bool is_known;			/* .id is filled */
	struct file_id id;
};

/* Changes when a process becomes another, by exec() or under its number. */
struct process_id {
	unsigned long long began;
	unsigned long long code;
	unsigned long long stack;
};

struct process {
	unsigned int tgid;
	struct process_id id;
	unsigned long used;
	unsigned long long checked;	/* ms, when .id was compared */
	unsigned long long read;	/* ms, when .mappings were */
	size_t nr_mappings;
	struct mapping *mappings;	/* sorted by .start, as they come */
};

/* Of each set the one that was not used for the longest time makes room. */
#define WAYS 4
#define PROCESS_SETS 1024
#define BINARY_SETS 64

/* What a process loads and unloads is seen after this long, ms. */
#define MAPS_AGE 100

static struct process processes[PROCESS_SETS][WAYS];
static struct binary binaries[BINARY_SETS][WAYS];
static unsigned long uses;

static unsigned long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/*
 * The file itself, also if it was deleted, or replaced; or else as the process
 * sees its name, in a container or not.
 */
static int open_binary(unsigned int tgid, const struct mapping *mapping)
{
	char *path;
	int fd;

	path = xasprintf("/proc/%u/map_files/%llx-%llx", tgid, mapping->start,
			 mapping->end);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (fd >= 0)
		return fd;
	path = xasprintf("/proc/%u/root%s", tgid, mapping->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	return fd < 0 ? open(mapping->path, O_RDONLY | O_CLOEXEC) : fd;
}

static void forget_binary(struct binary *binary)
{
	elf_file_free(&binary->file);
	*binary = (struct binary){ 0 };
}

static bool same_file(const struct file_id *a, const struct file_id *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->changed == b->changed;
}

static bool identify(int fd, struct file_id *id)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	*id = (struct file_id){
		st.st_dev, st.st_ino, st.st_size,
		st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec,
	};
	return true;
}

/* Return: the binary, or NULL with the place for it in @room. */
static struct binary *find_binary(const struct file_id *id,
				  struct binary **room)
{
	struct binary *set = binaries[(id->inode ^ id->device) % BINARY_SETS];
	size_t i;

	*room = set;
	for (i = 0; i < WAYS; i++) {
		if (set[i].used && same_file(&set[i].id, id))
			return &set[i];
		if (set[i].used < (*room)->used)
			*room = &set[i];
	}
	return NULL;
}

/* A file is opened once for each reading of a process' mappings. */
static struct binary *get_binary(unsigned int tgid, struct mapping *mapping)
{
	struct binary *binary = NULL, *room;
	int fd = -1;

	if (!mapping->is_known) {
		fd = open_binary(tgid, mapping);
		mapping->is_known = fd >= 0 && identify(fd, &mapping->id);
	}
	if (mapping->is_known)
		binary = find_binary(&mapping->id, &room);
	if (mapping->is_known && !binary) {
		if (fd < 0)
			fd = open_binary(tgid, mapping);
		binary = room;
		forget_binary(binary);
		binary->id = mapping->id;
		if (fd >= 0)
			elf_file_read(fd, &binary->file);
	}
	if (binary)
		binary->used = ++uses;
	if (fd >= 0)
		close(fd);
	return binary;
}

static void read_mapping(const char *line, struct process *process)
{
	unsigned long long start, end, offset;
	struct mapping *mapping;
	char flags[8];
	int at = 0;

	if (sscanf(line, "%llx-%llx %7s %llx %*s %*s %n", &start, &end, flags,
		   &offset, &at) < 4 || !at || line[at] != '/' ||
	    !strchr(flags, 'x'))
		return;
	mapping = APPEND(process->mappings, process->nr_mappings);
	*mapping = (struct mapping){
		.start = start, .end = end, .offset = offset,
		.path = xstrndup(line + at, strcspn(line + at, "\n")),
	};
}

static void forget_mappings(struct process *process)
{
	while (process->nr_mappings)
		free(process->mappings[--process->nr_mappings].path);
}

/* What is known of a process that is gone stays. */
static void read_mappings(struct process *process)
{
	char path[32], *line = NULL;
	size_t size = 0;
	FILE *file;

	process->read = now_ms();
	snprintf(path, sizeof(path), "/proc/%u/maps", process->tgid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (getline(&line, &size, file) > 0) {
		forget_mappings(process);
		do
			read_mapping(line, process);
		while (getline(&line, &size, file) > 0);
	}
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

static struct process *find_process(unsigned int tgid)
{
	struct process *set = processes[tgid % PROCESS_SETS], *room = set;
	size_t i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].used && set[i].tgid == tgid)
			return &set[i];
		if (set[i].used < room->used)
			room = &set[i];
	}
	forget_mappings(room);
	room->tgid = tgid;
	room->id = (struct process_id){ 0 };
	room->checked = room->read = 0;
	return room;
}

static struct process *get_process(unsigned int tgid)
{
	struct process *process = find_process(tgid);
	unsigned long long now = now_ms();
	struct process_id id = { 0 };

	process->used = ++uses;
	if (now == process->checked)
		return process;
	process->checked = now;
	/* A zombie has no code any more, and is what it was. */
	if (!read_id(tgid, &id) || !id.code)
		return process;
	if (!same_process(&id, &process->id)) {
		forget_mappings(process);
		process->id = id;
		read_mappings(process);
	} else if (now - process->read > MAPS_AGE) {
		read_mappings(process);
	}
	return process;
}

static struct mapping *find_mapping(const struct process *process,
				    unsigned long long address)
{
	size_t low = 0, high = process->nr_mappings;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (process->mappings[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == process->nr_mappings ||
	    address < process->mappings[low].start)
		return NULL;
	return &process->mappings[low];
}

/* Where the file's symbols have that address. */
static bool to_file(const struct binary *binary, const struct mapping *mapping,
		    unsigned long long *address)
{
	return elf_to_address(&binary->file,
			      *address - mapping->start + mapping->offset, address);
}

/* Return: NULL if nobody knows; else @address becomes the offset. */
static const char *name_of(unsigned int tgid, unsigned long long *address)
{
	struct process *process = get_process(tgid);
	const struct elf_symbol *symbol;
	struct mapping *mapping;
	struct binary *binary;

	mapping = find_mapping(process, *address);
	if (!mapping && process->read != now_ms()) {
		/* It may have loaded a library since. */
		read_mappings(process);
		mapping = find_mapping(process, *address);
	}
	binary = mapping ? get_binary(tgid, mapping) : NULL;
	if (!binary || !to_file(binary, mapping, address))
		return NULL;
	symbol = elf_symbol_at(&binary->file, *address);
	if (!symbol)
		return NULL;
	*address -= symbol->start;
	return symbol->name;
}

void usym_write(struct text *out, unsigned int tgid, unsigned long long address,
		bool with_offset)
{
	unsigned long long offset = address;
	const char *name = address ? name_of(tgid, &offset) : NULL;

	if (name)
		text_name(out, name, strlen(name));
	if (name && with_offset)
		text_printf(out, "+%llu", offset);
	else if (!name)
		text_printf(out, address ? "0x%llx" : "%llx", address);
}

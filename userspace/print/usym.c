// SPDX-License-Identifier: GPL-2.0
/*
 * A process' address belongs to a mapping of a file; the file's symbol tables
 * name its functions.  Both are kept, in caches of a fixed size: a process by its
 * number for as long as it is the same, a file by what it is.  A process that is
 * gone has no mappings any more, so it is asked as soon as a record of it comes.
 */
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "process.h"
#include "usym.h"

struct symbol {
	unsigned long long start;
	unsigned long long end;
	char *name;
};

struct segment {
	unsigned long long offset;	/* in the file */
	unsigned long long size;
	unsigned long long address;	/* that its symbols count from */
};

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
	size_t nr_segments;
	struct segment *segments;
	size_t nr_symbols;
	struct symbol *symbols;		/* sorted by .start */
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

static void read_segments(Elf *elf, struct binary *binary)
{
	struct segment *segment;
	size_t i, nr;
	GElf_Phdr phdr;

	if (elf_getphdrnum(elf, &nr))
		return;
	for (i = 0; i < nr; i++) {
		if (!gelf_getphdr(elf, i, &phdr) || phdr.p_type != PT_LOAD)
			continue;
		segment = APPEND(binary->segments, binary->nr_segments);
		segment->offset = phdr.p_offset;
		segment->size = phdr.p_filesz;
		segment->address = phdr.p_vaddr;
	}
}

static void add_symbol(struct binary *binary, const GElf_Sym *sym,
		       const char *name)
{
	struct symbol *symbol;

	if (GELF_ST_TYPE(sym->st_info) != STT_FUNC ||
	    sym->st_shndx == SHN_UNDEF || !name || !*name)
		return;
	symbol = APPEND(binary->symbols, binary->nr_symbols);
	symbol->start = sym->st_value;
	symbol->end = sym->st_value + (sym->st_size ? sym->st_size : 1);
	symbol->name = xstrdup(name);
}

static void read_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
		       struct binary *binary)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t i, nr = header->sh_entsize ?
		       header->sh_size / header->sh_entsize : 0;
	GElf_Sym sym;

	for (i = 0; data && i < nr && i < INT_MAX; i++)
		if (gelf_getsym(data, i, &sym))
			add_symbol(binary, &sym,
				   elf_strptr(elf, header->sh_link,
					      sym.st_name));
}

/* Of several names for one address the last is taken: puts, not _IO_puts. */
static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *first = a, *second = b;
	size_t of_first, of_second;

	if (first->start != second->start)
		return first->start < second->start ? -1 : 1;
	if (first->end != second->end)
		return first->end < second->end ? -1 : 1;
	of_first = strspn(first->name, "_");
	of_second = strspn(second->name, "_");
	if (of_first != of_second)
		return of_first < of_second ? 1 : -1;
	return strcmp(second->name, first->name);
}

static void read_symbols(Elf *elf, struct binary *binary)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) &&
		    (header.sh_type == SHT_SYMTAB ||
		     header.sh_type == SHT_DYNSYM))
			read_table(elf, section, &header, binary);
	if (binary->nr_symbols)
		qsort(binary->symbols, binary->nr_symbols,
		      sizeof(*binary->symbols), compare_symbols);
}

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

static void read_binary(int fd, struct binary *binary)
{
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf)
		return;
	read_segments(elf, binary);
	read_symbols(elf, binary);
	elf_end(elf);
}

static void forget_binary(struct binary *binary)
{
	while (binary->nr_symbols)
		free(binary->symbols[--binary->nr_symbols].name);
	free(binary->symbols);
	free(binary->segments);
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
			read_binary(fd, binary);
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
	unsigned long long offset = *address - mapping->start + mapping->offset;
	size_t i;

	for (i = 0; i < binary->nr_segments; i++) {
		const struct segment *segment = &binary->segments[i];

		if (offset < segment->offset ||
		    offset - segment->offset >= segment->size)
			continue;
		*address = offset - segment->offset + segment->address;
		return true;
	}
	return false;
}

static const struct symbol *find_symbol(const struct binary *binary,
					unsigned long long address)
{
	size_t low = 0, high = binary->nr_symbols;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (binary->symbols[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address >= binary->symbols[low - 1].end)
		return NULL;
	return &binary->symbols[low - 1];
}

/* Return: NULL if nobody knows; else @address becomes the offset. */
static const char *name_of(unsigned int tgid, unsigned long long *address)
{
	struct process *process = get_process(tgid);
	const struct symbol *symbol;
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
	symbol = find_symbol(binary, *address);
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

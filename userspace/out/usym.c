// SPDX-License-Identifier: GPL-2.0
/*
 * A process' address belongs to a mapping of a file; the file's symbol tables
 * name its functions.  Both are read once and kept.  A process that is gone
 * has no mappings any more, so it is asked as soon as a record of it comes.
 */
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* A file with code. */
struct binary {
	char *path;
	unsigned long long inode;
	size_t nr_segments;
	struct segment *segments;
	size_t nr_symbols;
	struct symbol *symbols;		/* sorted by .start */
};

struct mapping {
	unsigned long long start;
	unsigned long long end;
	unsigned long long offset;
	unsigned long long inode;
	char *path;
};

struct process {
	unsigned int tgid;
	size_t nr_mappings;
	struct mapping *mappings;
};

static struct binary **binaries;
static size_t nr_binaries;
static struct process **processes;
static size_t nr_processes;

/* One more element at the end; NULL: no memory. */
static void *grow(void *array, size_t *nr, size_t size)
{
	void **items = array;
	char *grown = realloc(*items, (*nr + 1) * size);

	if (!grown)
		return NULL;
	*items = grown;
	return memset(grown + (*nr)++ * size, 0, size);
}

#define GROW(items, nr) grow(&(items), &(nr), sizeof(*(items)))

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
		segment = GROW(binary->segments, binary->nr_segments);
		if (!segment)
			return;
		segment->offset = phdr.p_offset;
		segment->size = phdr.p_filesz;
		segment->address = phdr.p_vaddr;
	}
}

static void add_symbol(struct binary *binary, const GElf_Sym *sym,
		       const char *name)
{
	struct symbol *symbol;
	char *copy;

	if (GELF_ST_TYPE(sym->st_info) != STT_FUNC ||
	    sym->st_shndx == SHN_UNDEF || !name || !*name)
		return;
	copy = strdup(name);
	symbol = copy ? GROW(binary->symbols, binary->nr_symbols) : NULL;
	if (!symbol) {
		free(copy);
		return;
	}
	symbol->start = sym->st_value;
	symbol->end = sym->st_value + (sym->st_size ? sym->st_size : 1);
	symbol->name = copy;
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

/* The file as the process itself sees it, in a container or not. */
static int open_binary(unsigned int tgid, const char *path)
{
	char *through;
	int fd;

	if (asprintf(&through, "/proc/%u/root%s", tgid, path) < 0)
		return -1;
	fd = open(through, O_RDONLY | O_CLOEXEC);
	free(through);
	return fd < 0 ? open(path, O_RDONLY | O_CLOEXEC) : fd;
}

static void read_binary(unsigned int tgid, struct binary *binary)
{
	int fd = open_binary(tgid, binary->path);
	Elf *elf;

	if (fd < 0)
		return;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf) {
		read_segments(elf, binary);
		read_symbols(elf, binary);
		elf_end(elf);
	}
	close(fd);
}

static struct binary *get_binary(unsigned int tgid,
				 const struct mapping *mapping)
{
	struct binary **slot, *binary;
	size_t i;

	for (i = 0; i < nr_binaries; i++)
		if (binaries[i]->inode == mapping->inode &&
		    !strcmp(binaries[i]->path, mapping->path))
			return binaries[i];
	binary = calloc(1, sizeof(*binary));
	slot = binary ? GROW(binaries, nr_binaries) : NULL;
	if (!slot) {
		free(binary);
		return NULL;
	}
	*slot = binary;
	binary->path = strdup(mapping->path);
	binary->inode = mapping->inode;
	read_binary(tgid, binary);
	return binary;
}

static void read_mapping(const char *line, struct process *process)
{
	unsigned long long start, end, offset, inode;
	struct mapping *mapping;
	char flags[8];
	int at = 0;

	if (sscanf(line, "%llx-%llx %7s %llx %*s %llu %n", &start, &end, flags,
		   &offset, &inode, &at) < 5 || !at || line[at] != '/' ||
	    !strchr(flags, 'x'))
		return;
	mapping = GROW(process->mappings, process->nr_mappings);
	if (mapping)
		*mapping = (struct mapping){
			start, end, offset, inode,
			strndup(line + at, strcspn(line + at, "\n")),
		};
}

static void read_mappings(struct process *process)
{
	char path[32], *line = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/maps", process->tgid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (process->nr_mappings)
		free(process->mappings[--process->nr_mappings].path);
	while (getline(&line, &size, file) > 0)
		read_mapping(line, process);
	free(line);
	fclose(file);
}

static struct process *get_process(unsigned int tgid)
{
	struct process **slot, *process;
	size_t i;

	for (i = 0; i < nr_processes; i++)
		if (processes[i]->tgid == tgid)
			return processes[i];
	process = calloc(1, sizeof(*process));
	slot = process ? GROW(processes, nr_processes) : NULL;
	if (!slot) {
		free(process);
		return NULL;
	}
	*slot = process;
	process->tgid = tgid;
	read_mappings(process);
	return process;
}

static const struct mapping *find_mapping(const struct process *process,
					  unsigned long long address)
{
	size_t i;

	for (i = 0; i < process->nr_mappings; i++)
		if (address >= process->mappings[i].start &&
		    address < process->mappings[i].end)
			return &process->mappings[i];
	return NULL;
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
	const struct mapping *mapping;
	const struct symbol *symbol;
	struct binary *binary;

	if (!process)
		return NULL;
	mapping = find_mapping(process, *address);
	if (!mapping) {
		/* It may have loaded a library since, or be another by now. */
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

// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "elf_file.h"
#include "section.h"
#include "stripped.h"

static void read_segments(Elf *elf, struct elf_file *file)
{
	struct elf_segment *segment;
	size_t i, nr;
	GElf_Phdr phdr;

	if (elf_getphdrnum(elf, &nr))
		return;
	for (i = 0; i < nr; i++) {
		if (!gelf_getphdr(elf, i, &phdr) || phdr.p_type != PT_LOAD)
			continue;
		segment = APPEND(file->segments, file->nr_segments);
		segment->offset = phdr.p_offset;
		segment->size = phdr.p_filesz;
		segment->address = phdr.p_vaddr;
		segment->is_code = phdr.p_flags & PF_X;
	}
}

/* Return: bytes of its name, or 0 if it is none of a function's. */
static size_t add_symbol(struct elf_file *file, const GElf_Sym *sym, const char *name)
{
	struct elf_symbol *symbol;
	bool chooses = GELF_ST_TYPE(sym->st_info) == STT_GNU_IFUNC;

	if ((GELF_ST_TYPE(sym->st_info) != STT_FUNC && !chooses) ||
	    sym->st_shndx == SHN_UNDEF || !name || !*name)
		return 0;
	symbol = APPEND(file->symbols, file->nr_symbols);
	symbol->start = sym->st_value;
	symbol->end = sym->st_value + (sym->st_size ? sym->st_size : 1);
	symbol->chooses = chooses;
	symbol->name = xstrdup(name);
	return strlen(name) + 1;
}

/*
 * Symbols may share names, and a name may be the end of another one, but not so that all
 * together are far longer than what they are in: whoever makes such a file wants our memory.
 */
#define NAMES_SHARED 16

static unsigned long long bytes_of_names(Elf *elf, const GElf_Shdr *table)
{
	GElf_Shdr header;
	Elf_Scn *names = elf_getscn(elf, table->sh_link);

	return names && gelf_getshdr(names, &header) && header.sh_size <= SECTION_MAX ?
	       header.sh_size : 0;
}

static void read_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
		       struct elf_file *file)
{
	unsigned long long most = NAMES_SHARED * bytes_of_names(elf, header), all = 0;
	Elf_Data *data = header->sh_size <= SECTION_MAX && most ?
			 elf_getdata(section, NULL) : NULL;
	size_t i, nr = header->sh_entsize ?
		       header->sh_size / header->sh_entsize : 0;
	GElf_Sym sym;

	for (i = 0; data && i < nr && i < INT_MAX && all < most; i++)
		if (gelf_getsym(data, i, &sym))
			all += add_symbol(file, &sym,
					  elf_strptr(elf, header->sh_link, sym.st_name));
}

static int compare_symbols(const void *a, const void *b)
{
	const struct elf_symbol *first = a, *second = b;
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

/* The first of its kind, of which a file has one. Return: whether it is there. */
static bool read_first(Elf *elf, unsigned int kind, struct elf_file *file)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type != kind)
			continue;
		read_table(elf, section, &header, file);
		return true;
	}
	return false;
}

/* Return: whether .symtab was there. */
static bool read_tables(Elf *elf, struct elf_file *file)
{
	read_first(elf, SHT_DYNSYM, file);
	return read_first(elf, SHT_SYMTAB, file);
}

static void sort_symbols(struct elf_file *file)
{
	if (file->nr_symbols)
		qsort(file->symbols, file->nr_symbols,
		      sizeof(*file->symbols), compare_symbols);
}

static void read_symbols(Elf *elf, int fd, struct elf_file *file)
{
	struct stripped stripped;

	if (!read_tables(elf, file)) {
		stripped_open(elf, fd, &stripped);
		if (stripped.elf)
			read_tables(stripped.elf, file);
		stripped_close(&stripped);
	}
	sort_symbols(file);
}

bool elf_file_read(int fd, struct elf_file *file)
{
	bool is_elf;
	Elf *elf;

	*file = (struct elf_file){ 0 };
	elf_version(EV_CURRENT);
	/* Not mapped: who cuts it off meanwhile would end us. */
	elf = elf_begin(fd, ELF_C_READ, NULL);
	is_elf = elf && elf_kind(elf) == ELF_K_ELF;
	if (is_elf) {
		file->is_32bit = gelf_getclass(elf) == ELFCLASS32;
		read_segments(elf, file);
		read_symbols(elf, fd, file);
		file->build_id = build_id_text(elf);
	}
	elf_end(elf);
	return is_elf;
}

static void add_compiled(struct elf_file *file, char *line)
{
	unsigned long long start, size;
	struct elf_symbol *symbol;
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%llx %llx %n", &start, &size, &at) < 2 || !at || !line[at] ||
	    start + size <= start)
		return;
	symbol = APPEND(file->symbols, file->nr_symbols);
	symbol->start = start;
	symbol->end = start + size;
	symbol->name = xstrdup(line + at);
}

void elf_compiled_read(int fd, struct elf_file *file)
{
	FILE *lines = fdopen(dup(fd), "re");
	char *line = NULL;
	size_t size = 0;

	*file = (struct elf_file){ 0 };
	while (lines && getline(&line, &size, lines) > 0)
		add_compiled(file, line);
	free(line);
	if (lines)
		fclose(lines);
	sort_symbols(file);
}

void elf_file_free(struct elf_file *file)
{
	while (file->nr_symbols)
		free(file->symbols[--file->nr_symbols].name);
	free(file->symbols);
	free(file->segments);
	free(file->build_id);
	*file = (struct elf_file){ 0 };
}

bool elf_to_address(const struct elf_file *file, unsigned long long offset,
		    unsigned long long *address)
{
	size_t i;

	for (i = 0; i < file->nr_segments; i++) {
		const struct elf_segment *segment = &file->segments[i];

		if (offset < segment->offset ||
		    offset - segment->offset >= segment->size)
			continue;
		*address = offset - segment->offset + segment->address;
		return true;
	}
	return false;
}

static bool to_offset(const struct elf_file *file, unsigned long long address,
		      bool is_code, unsigned long long *offset)
{
	size_t i;

	for (i = 0; i < file->nr_segments; i++) {
		const struct elf_segment *segment = &file->segments[i];

		if (segment->is_code != is_code || address < segment->address ||
		    address - segment->address >= segment->size)
			continue;
		*offset = address - segment->address + segment->offset;
		return true;
	}
	return false;
}

bool elf_to_offset(const struct elf_file *file, unsigned long long address,
		   unsigned long long *offset)
{
	return to_offset(file, address, true, offset);
}

bool elf_data_to_offset(const struct elf_file *file, unsigned long long address,
			unsigned long long *offset)
{
	return to_offset(file, address, false, offset);
}

const struct elf_symbol *elf_symbol_at(const struct elf_file *file,
				       unsigned long long address)
{
	size_t low = 0, high = file->nr_symbols;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (file->symbols[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address >= file->symbols[low - 1].end)
		return NULL;
	return &file->symbols[low - 1];
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Marks in programs: notes of the name "stapsdt" and type 3, each with three addresses
 * (the mark, .stapsdt.base, the counter or 0) and three strings.
 */
#include <gelf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "elf_file.h"

#define NOTES ".note.stapsdt"
#define NOTE_TYPE 3
#define NOTE_NAME "stapsdt"
#define BASE ".stapsdt.base"
#define SECTION_MAX (1ULL << 30)

static Elf_Scn *find_section(Elf *elf, const char *wanted, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	const char *name;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		name = gelf_getshdr(section, header) ?
		       elf_strptr(elf, names, header->sh_name) : NULL;
		if (name && !strcmp(name, wanted))
			return section;
	}
	return NULL;
}

/* The next of the strings that end at @end; NULL: there is none. */
static const char *next_string(const char **text, const char *end)
{
	const char *string = *text;
	size_t left = end - string, len = strnlen(string, left);

	if (len == left)
		return NULL;
	*text += len + 1;
	return string;
}

/* @base: where .stapsdt.base is: all may have been moved since the note was written. */
static void add_mark(struct elf_marks *marks, const char *desc, size_t size,
		     unsigned long long base)
{
	const char *end = desc + size, *provider, *name, *arguments;
	struct elf_mark *mark;
	uint64_t at[3];

	if (size < sizeof(at))
		return;
	memcpy(at, desc, sizeof(at));
	desc += sizeof(at);
	provider = next_string(&desc, end);
	name = provider ? next_string(&desc, end) : NULL;
	arguments = name ? next_string(&desc, end) : NULL;
	if (!name || !*name || !*provider)
		return;
	mark = APPEND(marks->marks, marks->nr);
	mark->address = base ? at[0] + base - at[1] : at[0];
	mark->counter = at[2] && base ? at[2] + base - at[1] : at[2];
	mark->provider = xstrdup(provider);
	mark->name = xstrdup(name);
	mark->arguments = xstrdup(arguments ? arguments : "");
}

static void read_notes(Elf *elf, struct elf_marks *marks)
{
	size_t next, at = 0, name, desc;
	unsigned long long base = 0;
	GElf_Shdr header;
	Elf_Scn *section;
	Elf_Data *data;
	GElf_Nhdr note;

	if (find_section(elf, BASE, &header))
		base = header.sh_addr;
	section = find_section(elf, NOTES, &header);
	data = section && header.sh_size <= SECTION_MAX ? elf_getdata(section, NULL) : NULL;
	for (; data && (next = gelf_getnote(data, at, &note, &name, &desc)); at = next)
		if (note.n_type == NOTE_TYPE && note.n_namesz == sizeof(NOTE_NAME) &&
		    !memcmp((char *)data->d_buf + name, NOTE_NAME, sizeof(NOTE_NAME)))
			add_mark(marks, (char *)data->d_buf + desc, note.n_descsz, base);
}

static Elf *begin(int fd)
{
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getclass(elf) == ELFCLASS64)
		return elf;
	elf_end(elf);
	return NULL;
}

void elf_marks_read(int fd, struct elf_marks *marks)
{
	Elf *elf = begin(fd);

	*marks = (struct elf_marks){ 0 };
	if (elf)
		read_notes(elf, marks);
	elf_end(elf);
}

void elf_marks_free(struct elf_marks *marks)
{
	while (marks->nr) {
		struct elf_mark *mark = &marks->marks[--marks->nr];

		free(mark->provider);
		free(mark->name);
		free(mark->arguments);
	}
	free(marks->marks);
	*marks = (struct elf_marks){ 0 };
}

static bool find_in(Elf *elf, const char *table, const char *name,
		    unsigned long long *address)
{
	GElf_Shdr header;
	Elf_Scn *section = find_section(elf, table, &header);
	Elf_Data *data = section && header.sh_size <= SECTION_MAX ?
			 elf_getdata(section, NULL) : NULL;
	size_t i, nr = data && header.sh_entsize ? header.sh_size / header.sh_entsize : 0;
	const char *its;
	GElf_Sym sym;

	for (i = 0; i < nr; i++) {
		if (!gelf_getsym(data, i, &sym) || sym.st_shndx == SHN_UNDEF)
			continue;
		its = elf_strptr(elf, header.sh_link, sym.st_name);
		if (!its || strcmp(its, name))
			continue;
		*address = sym.st_value;
		return true;
	}
	return false;
}

bool elf_symbol_address(int fd, const char *name, unsigned long long *address)
{
	Elf *elf = begin(fd);
	bool found = elf && (find_in(elf, ".symtab", name, address) ||
			     find_in(elf, ".dynsym", name, address));

	elf_end(elf);
	return found;
}

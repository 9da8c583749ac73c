// SPDX-License-Identifier: GPL-2.0
/*
 * Marks in programs: notes of the name "stapsdt" and type 3, each with three addresses
 * (the mark, .stapsdt.base, the counter or 0) and three strings.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "elf_file.h"
#include "section.h"
#include "stripped.h"

#define NOTES ".note.stapsdt"
#define NOTE_TYPE 3
#define NOTE_NAME "stapsdt"
#define BASE ".stapsdt.base"

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
	Elf_Data *data;
	GElf_Nhdr note;

	if (section_find(elf, BASE, &header))
		base = header.sh_addr;
	data = section_data(elf, NOTES);
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

static bool find_in(Elf *elf, const char *table, const char *name, GElf_Sym *sym)
{
	GElf_Shdr header;
	Elf_Scn *section = section_find(elf, table, &header);
	Elf_Data *data = section && header.sh_size <= SECTION_MAX ?
			 elf_getdata(section, NULL) : NULL;
	size_t i, nr = data && header.sh_entsize ? header.sh_size / header.sh_entsize : 0;
	const char *its;

	for (i = 0; i < nr; i++) {
		if (!gelf_getsym(data, i, sym) || sym->st_shndx == SHN_UNDEF)
			continue;
		its = elf_strptr(elf, header.sh_link, sym->st_name);
		if (its && !strcmp(its, name))
			return true;
	}
	return false;
}

static bool find_stripped(Elf *elf, int fd, const char *name, GElf_Sym *sym)
{
	struct stripped stripped;
	bool found;

	stripped_open(elf, fd, &stripped);
	found = stripped.elf && find_in(stripped.elf, ".symtab", name, sym);
	stripped_close(&stripped);
	return found;
}

bool elf_symbol_address(int fd, const char *name, unsigned long long *address,
			unsigned long long *size)
{
	Elf *elf = begin(fd);
	GElf_Sym sym;
	bool found = elf && (find_in(elf, ".symtab", name, &sym) ||
			     find_in(elf, ".dynsym", name, &sym) ||
			     find_stripped(elf, fd, name, &sym));

	elf_end(elf);
	if (!found)
		return false;
	*address = sym.st_value;
	*size = sym.st_size;
	return true;
}

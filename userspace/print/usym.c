// SPDX-License-Identifier: GPL-2.0
/* A process' address belongs to a mapping of a file, whose symbols name its functions. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf/demangle.h"
#include "mappings.h"
#include "noted.h"
#include "usym.h"

static bool keeps_mangled;

void usym_keep_mangled(void)
{
	keeps_mangled = true;
}

void function_write(struct text *out, const char *name)
{
	char *shown = keeps_mangled ? NULL : demangle(name);

	if (shown)
		name = shown;
	text_name(out, name, strlen(name));
	free(shown);
}

/* A file is opened once for each mapping of it. */
static const struct elf_file *file_of(const struct process *process, struct mapping *mapping)
{
	const struct elf_file *file = mapping->is_known ? binary_find(&mapping->id) : NULL;
	int fd = file ? -1 : mapping_open(process, mapping);

	if (fd < 0)
		return file;
	mapping->is_known = file_identify(fd, &mapping->id);
	if (mapping->is_known)
		file = binary_find(&mapping->id);
	if (mapping->is_known && !file)
		file = binary_read(&mapping->id, fd);
	close(fd);
	return file;
}

/* Where the symbols of @file have it. */
static bool to_file(const struct elf_file *file, const struct mapping *mapping,
		    unsigned long long *address)
{
	return elf_to_address(file, *address - mapping->start + mapping->offset, address);
}

/* "libc.so.6+0x2724a": what is the same in all processes. */
static void write_place(struct text *out, const struct mapping *mapping,
			unsigned long long address)
{
	const char *slash = strrchr(mapping->path, '/'), *name = slash ? slash + 1 : mapping->path;

	text_name(out, name, strlen(name));
	text_printf(out, "+0x%llx", address);
}

/*
 * Return: NULL if nobody knows; else @address becomes the offset. @mapping: of a file in
 * which it is, then @address is one of that file's; or NULL.
 */
static const char *name_of(unsigned int tgid, unsigned long long *address,
			   struct mapping **mapping)
{
	const struct elf_symbol *symbol;
	const struct elf_file *file;
	struct process *process;

	noted_take();
	process = process_at(tgid, *address, mapping);
	if (*mapping && !strcmp((*mapping)->path, NO_FILE))
		*mapping = NULL;
	file = *mapping ? file_of(process, *mapping) : process_compiled(process);
	if (*mapping && (!file || !to_file(file, *mapping, address)))
		*mapping = NULL;
	symbol = file ? elf_symbol_at(file, *address) : NULL;
	if (!symbol)
		return NULL;
	*address -= symbol->start;
	return symbol->name;
}

void usym_write(struct text *out, unsigned int tgid, unsigned long long address,
		bool with_offset)
{
	unsigned long long offset = address;
	struct mapping *mapping = NULL;
	const char *name = address ? name_of(tgid, &offset, &mapping) : NULL;

	if (name)
		function_write(out, name);
	if (name && with_offset)
		text_printf(out, "+%llu", offset);
	else if (!name && mapping)
		write_place(out, mapping, offset);
	else if (!name)
		text_printf(out, address ? "0x%llx" : "%llx", address);
}

void usym_write_build_id(struct text *out, unsigned int tgid, unsigned long long address)
{
	const struct elf_file *file;
	struct mapping *mapping;
	struct process *process;

	noted_take();
	process = process_at(tgid, address, &mapping);
	file = mapping && strcmp(mapping->path, NO_FILE) ? file_of(process, mapping) : NULL;
	if (file && file->build_id)
		text_printf(out, "%s 0x%llx", file->build_id,
			    address - mapping->start + mapping->offset);
	else
		text_printf(out, "%llx", address);
}

const char *usym_file(unsigned int tgid, unsigned long long address)
{
	struct mapping *mapping;

	noted_take();
	process_at(tgid, address, &mapping);
	return mapping && strcmp(mapping->path, NO_FILE) ? mapping->path : NULL;
}

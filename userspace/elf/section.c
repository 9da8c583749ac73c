// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "section.h"

Elf_Scn *section_find(Elf *elf, const char *wanted, GElf_Shdr *header)
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

Elf_Data *section_data(Elf *elf, const char *name)
{
	GElf_Shdr header;
	Elf_Scn *section = section_find(elf, name, &header);
	Elf_Data *data = section && header.sh_size <= SECTION_MAX ?
			 elf_getdata(section, NULL) : NULL;

	return data && data->d_buf ? data : NULL;
}

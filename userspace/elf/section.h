/* SPDX-License-Identifier: GPL-2.0 */
/* Sections of a file, for those who read it. */
#ifndef KPCTL_SECTION_H
#define KPCTL_SECTION_H

#include <gelf.h>

/* One that is larger is nobody's. */
#define SECTION_MAX (1ULL << 30)

/* By its name; NULL: there is none. */
Elf_Scn *section_find(Elf *elf, const char *wanted, GElf_Shdr *header);
/* What is in it; NULL: nothing that can be read. */
Elf_Data *section_data(Elf *elf, const char *name);

#endif

// SPDX-License-Identifier: GPL-2.0
/* The types object: a module that bears DWARF, compressed or not. */
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "dwarf.h"
#include "elf/section.h"

#define DAMAGED "is damaged"

/* Of strings, one after the other, the value of the one that begins with @name. */
static const char *find_info(const struct section *section, const char *name)
{
	const char *at = (const char *)section->data, *end = at + section->size;
	size_t len = strlen(name);

	while (at < end && memchr(at, '\0', end - at)) {
		if (!strncmp(at, name, len))
			return at + len;
		at += strlen(at) + 1;
	}
	return NULL;
}

static struct section find_section(Elf *elf, const char *wanted)
{
	GElf_Shdr header;
	Elf_Scn *scn = section_find(elf, wanted, &header);
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;

	if (!data || !data->d_buf)
		return (struct section){ 0 };
	return (struct section){ data->d_buf, data->d_size };
}

static const char *check_release(Elf *elf, const char *release)
{
	static char why[300];
	struct section info = find_section(elf, ".modinfo");
	const char *vermagic = find_info(&info, "vermagic=");
	int len = vermagic ? strcspn(vermagic, " ") : 0;

	if (!vermagic)
		return "is not a kernel module, or is damaged";
	if (strlen(release) == (size_t)len && !strncmp(vermagic, release, len))
		return NULL;
	if (vermagic[strcspn(vermagic, "\n\r\t\033")])
		return DAMAGED;
	snprintf(why, sizeof(why), "is of kernel %.*s, and this is %s",
		 len > 100 ? 100 : len, vermagic, release);
	return why;
}

/* All of it is in the one file: nothing is looked for anywhere else. */
static int no_other_file(Dwfl_Module *mod, void **data, const char *name,
			 Dwarf_Addr base, const char *file, const char *link,
			 GElf_Word crc, char **found)
{
	(void)mod;
	(void)data;
	(void)name;
	(void)base;
	(void)file;
	(void)link;
	(void)crc;
	*found = NULL;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_debuginfo = no_other_file,
	.section_address = dwfl_offline_section_address,
};

/* libdwfl has decompressed and relocated what libdw takes for DWARF. */
static const char *read_types(struct build *build, Dwarf *dwarf)
{
	Elf *elf = dwarf_getelf(dwarf);
	struct dwarf_sections sections = {
		.info = find_section(elf, ".debug_info"),
		.abbrev = find_section(elf, ".debug_abbrev"),
		.str = find_section(elf, ".debug_str"),
		.line_str = find_section(elf, ".debug_line_str"),
	};

	return read_dwarf(build, &sections) ? NULL : DAMAGED;
}

/* "NAME TEXT" or "NAME(A,B) TEXT"; @end: where its newline is. */
static bool read_macro(struct build *build, const char *line, const char *end)
{
	size_t len = strcspn(line, " (\n"), params = 0;
	const char *rest = line + len;

	if (*rest == '(')
		params = strcspn(rest, ")\n") + 1;
	rest += params;
	if (!len || rest >= end || *rest != ' ' || memchr(line, '\0', end - line))
		return false;
	build_macro(build, xstrndup(line, len), params ? xstrndup(line + len, params) : NULL,
		    xstrndup(rest + 1, end - rest - 1));
	return true;
}

/* An object of an older kpstat has none. */
static const char *read_macros(struct build *build, Elf *elf)
{
	struct section section = find_section(elf, ".kpstat_macros");
	const char *at = (const char *)section.data, *end = at + section.size, *newline;

	for (; at < end; at = newline + 1) {
		newline = memchr(at, '\n', end - at);
		if (!newline || !read_macro(build, at, newline))
			return DAMAGED;
	}
	return NULL;
}

const char *read_object(struct build *build, const char *path, const char *release)
{
	/* Never ended: names point into it. */
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module;
	GElf_Addr bias;
	const char *why;
	Dwarf *dwarf;
	Elf *elf;

	if (!dwfl)
		return "cannot be read: no memory";
	dwfl_report_begin(dwfl);
	module = dwfl_report_offline(dwfl, "kpstat_types", path, -1);
	dwfl_report_end(dwfl, NULL, NULL);
	elf = module ? dwfl_module_getelf(module, &bias) : NULL;
	if (!elf)
		return DAMAGED;
	why = check_release(elf, release) ?: read_macros(build, elf);
	if (why)
		return why;
	dwarf = dwfl_module_getdwarf(module, &bias);
	if (!dwarf)
		return "has no debug information: it was stripped, or is damaged";
	return read_types(build, dwarf);
}

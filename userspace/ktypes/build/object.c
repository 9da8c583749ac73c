// SPDX-License-Identifier: GPL-2.0
/* The types object: a module that bears DWARF, compressed or not. */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

#define DAMAGED "is damaged"

/* A type in a struct in a type; C has them all side by side. */
#define DEPTH_MAX 20

/* What of a DIE matters here. */
struct die {
	const char *name;
	Dwarf_Off type;
	uint64_t size, count, location, bit_size, bit_offset, data_bit_offset;
	int64_t value;
	unsigned int encoding;
	bool has_count, has_bit_offset, has_data_bit_offset, declared;
};

/* Numbers of one, two ... bytes have no sign; the compilers say which have one. */
static int64_t attr_number(Dwarf_Attribute *attr)
{
	unsigned int form = dwarf_whatform(attr);
	Dwarf_Sword value = 0;
	Dwarf_Word word = 0;

	if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
		dwarf_formsdata(attr, &value);
		return value;
	}
	dwarf_formudata(attr, &word);
	return word;
}

static Dwarf_Off attr_type(Dwarf_Attribute *attr)
{
	Dwarf_Die die;

	return dwarf_formref_die(attr, &die) ? dwarf_dieoffset(&die) : 0;
}

static int read_attr(Dwarf_Attribute *attr, void *data)
{
	struct die *die = data;

	switch (dwarf_whatattr(attr)) {
	case DW_AT_name:
		die->name = dwarf_formstring(attr);
		break;
	case DW_AT_type:
		die->type = attr_type(attr);
		break;
	case DW_AT_byte_size:
		die->size = attr_number(attr);
		break;
	case DW_AT_encoding:
		die->encoding = attr_number(attr);
		break;
	case DW_AT_declaration:
		die->declared = true;
		break;
	case DW_AT_data_member_location:
		die->location = attr_number(attr);
		break;
	case DW_AT_bit_size:
		die->bit_size = attr_number(attr);
		break;
	case DW_AT_bit_offset:
		die->has_bit_offset = true;
		die->bit_offset = attr_number(attr);
		break;
	case DW_AT_data_bit_offset:
		die->has_data_bit_offset = true;
		die->data_bit_offset = attr_number(attr);
		break;
	case DW_AT_const_value:
		die->value = attr_number(attr);
		break;
	case DW_AT_upper_bound:
		/* That of an array of none is -1. */
		die->has_count = true;
		die->count = (uint32_t)(attr_number(attr) + 1);
		break;
	case DW_AT_count:
		die->has_count = true;
		die->count = attr_number(attr);
		break;
	}
	return DWARF_CB_OK;
}

static struct die read_die(Dwarf_Die *die)
{
	struct die read = { 0 };

	dwarf_getattrs(die, read_attr, &read, 0);
	if (read.name && !*read.name)
		read.name = NULL;
	return read;
}

/* Before DWARF 4 a bit field's offset is that of its left end in a word. */
static uint64_t bits_from_the_left(Dwarf_Die *die, const struct die *member)
{
	Dwarf_Word size = member->size;
	Dwarf_Attribute attr;
	Dwarf_Die type;

	if (!size && dwarf_attr(die, DW_AT_type, &attr) &&
	    dwarf_formref_die(&attr, &type))
		dwarf_aggregate_size(&type, &size);
	return member->location * 8 + size * 8 - member->bit_offset -
	       member->bit_size;
}

static uint64_t bit_offset(Dwarf_Die *die, const struct die *member)
{
	if (member->has_data_bit_offset)
		return member->location * 8 + member->data_bit_offset;
	if (member->has_bit_offset)
		return bits_from_the_left(die, member);
	return member->location * 8;
}

static void add_type(struct build *build, Dwarf_Die *die, const struct die *read,
		     enum ktype_kind kind)
{
	struct build_type type = {
		.key = dwarf_dieoffset(die),
		.kind = kind,
		.name = read->name,
		.size = read->declared ? 0 : read->size,
		.of = read->type,
	};

	if (kind == KTYPE_INT)
		type.is_signed = read->encoding == DW_ATE_signed ||
				 read->encoding == DW_ATE_signed_char;
	build_type(build, &type);
}

/*
 * int a[2][3] is one array with two ranges, and here an array of two arrays: the
 * type of all ranges but the first goes by the key of the range.
 */
static int add_array(struct build *build, Dwarf_Die *die, const struct die *read)
{
	struct build_type type = { .key = dwarf_dieoffset(die), .kind = KTYPE_ARRAY };
	Dwarf_Die child;
	bool ranged = false;
	int more;

	for (more = dwarf_child(die, &child); !more;
	     more = dwarf_siblingof(&child, &child)) {
		if (dwarf_tag(&child) != DW_TAG_subrange_type)
			continue;
		if (ranged) {
			type.of = dwarf_dieoffset(&child);
			build_type(build, &type);
			type.key = type.of;
		}
		type.nr = read_die(&child).count;
		ranged = true;
	}
	type.of = read->type;
	build_type(build, &type);
	return more;
}

static int add_enum(struct build *build, Dwarf_Die *die, const struct die *read)
{
	struct build_type type = {
		.key = dwarf_dieoffset(die),
		.kind = KTYPE_ENUM,
		.name = read->name,
		.size = read->declared ? 0 : read->size,
	};
	Dwarf_Die child;
	struct die value;
	int more;

	for (more = dwarf_child(die, &child); !more;
	     more = dwarf_siblingof(&child, &child))
		type.is_signed |= read_die(&child).value < 0;
	build_type(build, &type);
	for (more = dwarf_child(die, &child); !more;
	     more = dwarf_siblingof(&child, &child)) {
		value = read_die(&child);
		build_enumerator(build, value.name, value.value);
	}
	return more;
}

static int add_children(struct build *build, Dwarf_Die *die, int depth);

static int add_struct(struct build *build, Dwarf_Die *die, const struct die *read,
		      enum ktype_kind kind, int depth)
{
	Dwarf_Die child;
	struct die member;
	int more;

	add_type(build, die, read, kind);
	for (more = dwarf_child(die, &child); !more;
	     more = dwarf_siblingof(&child, &child)) {
		if (dwarf_tag(&child) != DW_TAG_member)
			continue;
		member = read_die(&child);
		build_member(build, member.name, member.type,
			     bit_offset(&child, &member), member.bit_size);
	}
	return more < 0 ? more : add_children(build, die, depth + 1);
}

/* Return of these: 1, or -1 if the rest cannot be read. */
static int add_die(struct build *build, Dwarf_Die *die, int depth)
{
	int tag = dwarf_tag(die);
	struct die read;

	if (tag == DW_TAG_member || tag == DW_TAG_subprogram ||
	    tag == DW_TAG_variable)
		return 1;
	read = read_die(die);
	switch (tag) {
	case DW_TAG_base_type:
		add_type(build, die, &read, read.encoding == DW_ATE_float ||
			 read.size > 16 ? KTYPE_OTHER : KTYPE_INT);
		break;
	case DW_TAG_pointer_type:
		add_type(build, die, &read, KTYPE_POINTER);
		break;
	case DW_TAG_typedef:
		add_type(build, die, &read, KTYPE_TYPEDEF);
		break;
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		add_type(build, die, &read, BUILD_QUALIFIER);
		break;
	case DW_TAG_subroutine_type:
		add_type(build, die, &read, KTYPE_FUNCTION);
		break;
	case DW_TAG_array_type:
		return add_array(build, die, &read);
	case DW_TAG_enumeration_type:
		return add_enum(build, die, &read);
	case DW_TAG_structure_type:
		return add_struct(build, die, &read, KTYPE_STRUCT, depth);
	case DW_TAG_union_type:
		return add_struct(build, die, &read, KTYPE_UNION, depth);
	}
	return 1;
}

static int add_children(struct build *build, Dwarf_Die *die, int depth)
{
	Dwarf_Die child;
	int more;

	if (depth == DEPTH_MAX)
		return -1;
	for (more = dwarf_child(die, &child); !more;
	     more = dwarf_siblingof(&child, &child))
		if (add_die(build, &child, depth) < 0)
			return -1;
	return more;
}

/* There is one of types.c, and maybe a small one of what kbuild adds. */
static bool largest_unit(Dwarf *dwarf, Dwarf_Die *unit)
{
	Dwarf_Off at = 0, next, largest = 0;
	size_t header;
	Dwarf_Die die;

	while (!dwarf_nextcu(dwarf, at, &next, &header, NULL, NULL, NULL)) {
		if (next - at > largest && dwarf_offdie(dwarf, at + header, &die)) {
			largest = next - at;
			*unit = die;
		}
		at = next;
	}
	return largest;
}

static const char *read_types(struct build *build, Dwarf *dwarf)
{
	Dwarf_Die unit;

	if (!largest_unit(dwarf, &unit) ||
	    dwarf_tag(&unit) != DW_TAG_compile_unit)
		return DAMAGED;
	return add_children(build, &unit, 0) < 0 ? DAMAGED : NULL;
}

/* Of strings, one after the other, the value of the one that begins with @name. */
static const char *find_info(const Elf_Data *data, const char *name)
{
	const char *at = data->d_buf, *end = at + data->d_size;
	size_t len = strlen(name);

	while (at < end && memchr(at, '\0', end - at)) {
		if (!strncmp(at, name, len))
			return at + len;
		at += strlen(at) + 1;
	}
	return NULL;
}

static const char *find_vermagic(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *data;
	const char *name;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (!name || strcmp(name, ".modinfo"))
			continue;
		data = elf_getdata(section, NULL);
		return data && data->d_buf ? find_info(data, "vermagic=") : NULL;
	}
	return NULL;
}

static const char *check_release(Elf *elf, const char *release)
{
	static char why[300];
	const char *vermagic = find_vermagic(elf);
	int len = vermagic ? strcspn(vermagic, " ") : 0;

	if (!vermagic)
		return "is no kernel module, or is damaged";
	if (strlen(release) == (size_t)len && !strncmp(vermagic, release, len))
		return NULL;
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
	why = check_release(elf, release);
	if (why)
		return why;
	dwarf = dwfl_module_getdwarf(module, &bias);
	if (!dwarf)
		return "has no debug information: it was stripped, or is damaged";
	return read_types(build, dwarf);
}

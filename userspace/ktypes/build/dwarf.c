// SPDX-License-Identifier: GPL-2.0
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "dwarf.h"

/* Codes of abbreviations are given from 1 on; there are some 200. */
#define ABBREVS_MAX	65536

/* A type in a struct in a type; C has them side by side, or nearly so. */
#define DEPTH_MAX	64

/* What goes beyond the end is zeros, and noted. */
struct cursor {
	const unsigned char *at, *end;
	bool bad;
};

struct attr {
	uint16_t name, form;
	int64_t implicit;
};

struct abbrev {
	uint32_t tag;		/* 0: there is none */
	bool has_children;
	uint32_t first, nr;	/* attributes */
};

/* An entry whose children are being read. */
struct open {
	unsigned int tag;
	uint32_t type;		/* as of build_type() */
	uint64_t of;		/* of an array */
	unsigned int ranges;
};

struct walk {
	struct build *build;
	const struct dwarf_sections *sections;
	struct cursor cursor;
	uint64_t unit;		/* where it begins: keys are offsets from .debug_info's start */
	struct abbrev *abbrevs;
	uint32_t nr_abbrevs;
	struct attr *attrs;
	size_t nr_attrs, room_attrs;
	struct open open[DEPTH_MAX];
	int depth;
};

/* What of an entry matters here. */
struct die {
	uint64_t key;
	const char *name;
	uint64_t type;		/* a key */
	uint64_t size, count, location, bit_size, bit_offset;
	int64_t value;
	unsigned int encoding;
	bool from_left, declared;
};

struct value {
	int64_t number;
	const char *text;
};

static struct cursor cursor_over(const unsigned char *data, size_t size)
{
	return (struct cursor){ .at = data, .end = data + size };
}

static uint64_t take(struct cursor *cursor, unsigned int size)
{
	uint64_t value = 0;

	if ((size_t)(cursor->end - cursor->at) < size) {
		cursor->bad = true;
		cursor->at = cursor->end;
		return 0;
	}
	memcpy(&value, cursor->at, size);
	cursor->at += size;
	return value;
}

static void skip(struct cursor *cursor, uint64_t size)
{
	if ((uint64_t)(cursor->end - cursor->at) < size) {
		cursor->bad = true;
		size = cursor->end - cursor->at;
	}
	cursor->at += size;
}

/* LEB128; @sign: whether its last bit is one. */
static uint64_t take_leb(struct cursor *cursor, bool sign)
{
	unsigned int shift = 0;
	uint64_t value = 0;
	unsigned char byte;

	do {
		byte = take(cursor, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (sign && byte & 0x40 && shift < 64)
		value |= -1ull << shift;
	return value;
}

static const char *take_string(struct cursor *cursor)
{
	const char *text = (const char *)cursor->at;
	const unsigned char *end = memchr(text, '\0', cursor->end - cursor->at);

	if (!end) {
		cursor->bad = true;
		return NULL;
	}
	cursor->at = end + 1;
	return text;
}

static const char *string_at(struct cursor *cursor, const struct section *section,
			     uint64_t offset)
{
	const char *text = (const char *)section->data + offset;

	if (offset < section->size && memchr(text, '\0', section->size - offset))
		return text;
	cursor->bad = true;
	return NULL;
}

/* References within the unit become keys; those out of it lead nowhere. */
static void take_value(struct walk *walk, const struct attr *attr,
		       struct value *value)
{
	struct cursor *cursor = &walk->cursor;

	switch (attr->form) {
	case DW_FORM_flag_present:
		value->number = 1;
		break;
	case DW_FORM_implicit_const:
		value->number = attr->implicit;
		break;
	case DW_FORM_data1:
	case DW_FORM_flag:
	case DW_FORM_strx1:
	case DW_FORM_addrx1:
		value->number = take(cursor, 1);
		break;
	case DW_FORM_data2:
		value->number = take(cursor, 2);
		break;
	case DW_FORM_data4:
	case DW_FORM_sec_offset:
	case DW_FORM_ref_addr:
		value->number = take(cursor, 4);
		break;
	case DW_FORM_data8:
	case DW_FORM_addr:
	case DW_FORM_ref_sig8:
		value->number = take(cursor, 8);
		break;
	case DW_FORM_data16:
		skip(cursor, 16);
		break;
	case DW_FORM_sdata:
		value->number = take_leb(cursor, true);
		break;
	case DW_FORM_udata:
	case DW_FORM_loclistx:
	case DW_FORM_rnglistx:
		value->number = take_leb(cursor, false);
		break;
	case DW_FORM_ref1:
		value->number = walk->unit + take(cursor, 1);
		break;
	case DW_FORM_ref2:
		value->number = walk->unit + take(cursor, 2);
		break;
	case DW_FORM_ref4:
		value->number = walk->unit + take(cursor, 4);
		break;
	case DW_FORM_ref8:
		value->number = walk->unit + take(cursor, 8);
		break;
	case DW_FORM_ref_udata:
		value->number = walk->unit + take_leb(cursor, false);
		break;
	case DW_FORM_string:
		value->text = take_string(cursor);
		break;
	case DW_FORM_strp:
		value->text = string_at(cursor, &walk->sections->str, take(cursor, 4));
		break;
	case DW_FORM_line_strp:
		value->text = string_at(cursor, &walk->sections->line_str,
					take(cursor, 4));
		break;
	case DW_FORM_exprloc:
	case DW_FORM_block:
		skip(cursor, take_leb(cursor, false));
		break;
	case DW_FORM_block1:
		skip(cursor, take(cursor, 1));
		break;
	case DW_FORM_block2:
		skip(cursor, take(cursor, 2));
		break;
	case DW_FORM_block4:
		skip(cursor, take(cursor, 4));
		break;
	default:
		cursor->bad = true;
	}
}

static void use_attr(struct die *die, unsigned int name, const struct value *value)
{
	switch (name) {
	case DW_AT_name:
		die->name = value->text && *value->text ? value->text : NULL;
		break;
	case DW_AT_type:
		die->type = value->number;
		break;
	case DW_AT_byte_size:
		die->size = value->number;
		break;
	case DW_AT_encoding:
		die->encoding = value->number;
		break;
	case DW_AT_declaration:
		die->declared = value->number;
		break;
	case DW_AT_data_member_location:
		die->location = value->number;
		break;
	case DW_AT_bit_size:
		die->bit_size = value->number;
		break;
	case DW_AT_bit_offset:
		die->from_left = true;
		die->bit_offset = value->number;
		break;
	case DW_AT_data_bit_offset:
		die->bit_offset = value->number;
		break;
	case DW_AT_const_value:
		die->value = value->number;
		break;
	case DW_AT_upper_bound:
		/* That of an array of none is -1. */
		die->count = (uint32_t)(value->number + 1);
		break;
	case DW_AT_count:
		die->count = value->number;
		break;
	}
}

static struct die take_die(struct walk *walk, uint64_t key,
			   const struct abbrev *abbrev)
{
	const struct attr *attr = walk->attrs + abbrev->first;
	const struct attr *end = attr + abbrev->nr;
	struct die die = { .key = key };
	struct value value;

	for (; attr < end; attr++) {
		value = (struct value){ 0 };
		take_value(walk, attr, &value);
		use_attr(&die, attr->name, &value);
	}
	return die;
}

static uint32_t add_type(struct walk *walk, const struct die *die,
			 enum ktype_kind kind)
{
	struct build_type type = {
		.key = die->key,
		.kind = kind,
		.name = die->name,
		.size = die->declared ? 0 : die->size,
		.of = die->type,
		.is_signed = kind == KTYPE_INT &&
			     (die->encoding == DW_ATE_signed ||
			      die->encoding == DW_ATE_signed_char),
	};

	return build_type(walk->build, &type);
}

/* Before DWARF 4 a bit field's offset is that of its left end in a word. */
static void add_member(struct walk *walk, const struct die *die)
{
	const struct open *open = &walk->open[walk->depth - 1];
	uint64_t offset = die->location * 8;

	if (open->tag != DW_TAG_structure_type && open->tag != DW_TAG_union_type)
		return;
	if (die->from_left)
		offset += die->size * 8 - die->bit_offset - die->bit_size;
	else
		offset += die->bit_offset;
	build_member(walk->build, open->type, die->name, die->type, offset,
		     die->bit_size);
}

static void add_enumerator(struct walk *walk, const struct die *die)
{
	const struct open *open = &walk->open[walk->depth - 1];

	if (open->tag != DW_TAG_enumeration_type)
		return;
	if (die->value < 0)
		build_type_at(walk->build, open->type)->is_signed = true;
	build_enumerator(walk->build, open->type, die->name, die->value);
}

/*
 * int a[2][3] is one array with two ranges, and here an array of two arrays: all
 * ranges but the first are types of their own, by their own keys.
 */
static void add_range(struct walk *walk, struct die *die)
{
	struct open *open = &walk->open[walk->depth - 1];

	if (open->tag != DW_TAG_array_type)
		return;
	if (open->ranges++) {
		build_type_at(walk->build, open->type)->of = die->key;
		die->type = open->of;
		open->type = add_type(walk, die, KTYPE_ARRAY);
	}
	build_type_at(walk->build, open->type)->nr = die->count;
}

/* Return: as of build_type(), for its children. */
static uint32_t add_die(struct walk *walk, unsigned int tag, struct die *die)
{
	switch (tag) {
	case DW_TAG_member:
		add_member(walk, die);
		return 0;
	case DW_TAG_enumerator:
		add_enumerator(walk, die);
		return 0;
	case DW_TAG_subrange_type:
		add_range(walk, die);
		return 0;
	case DW_TAG_base_type:
		return add_type(walk, die, die->encoding == DW_ATE_float ||
				die->size > 16 ? KTYPE_OTHER : KTYPE_INT);
	case DW_TAG_pointer_type:
		return add_type(walk, die, KTYPE_POINTER);
	case DW_TAG_typedef:
		return add_type(walk, die, KTYPE_TYPEDEF);
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		return add_type(walk, die, BUILD_QUALIFIER);
	case DW_TAG_subroutine_type:
		return add_type(walk, die, KTYPE_FUNCTION);
	case DW_TAG_array_type:
		return add_type(walk, die, KTYPE_ARRAY);
	case DW_TAG_enumeration_type:
		return add_type(walk, die, KTYPE_ENUM);
	case DW_TAG_structure_type:
		return add_type(walk, die, KTYPE_STRUCT);
	case DW_TAG_union_type:
		return add_type(walk, die, KTYPE_UNION);
	default:
		return 0;
	}
}

static bool walk_dies(struct walk *walk)
{
	struct cursor *cursor = &walk->cursor;
	const struct abbrev *abbrev;
	struct die die;
	uint64_t key, code;
	uint32_t type;

	do {
		key = cursor->at - walk->sections->info.data;
		code = take_leb(cursor, false);
		if (!code) {
			walk->depth--;
			continue;
		}
		if (code >= walk->nr_abbrevs || !walk->abbrevs[code].tag)
			return false;
		abbrev = &walk->abbrevs[code];
		die = take_die(walk, key, abbrev);
		/* The unit itself is in nothing. */
		type = walk->depth ? add_die(walk, abbrev->tag, &die) : 0;
		if (!abbrev->has_children)
			continue;
		if (walk->depth == DEPTH_MAX)
			return false;
		walk->open[walk->depth++] = (struct open){
			.tag = abbrev->tag, .type = type, .of = die.type,
		};
	} while (walk->depth > 0 && !cursor->bad);
	return !walk->depth;
}

static void take_attrs(struct walk *walk, struct cursor *cursor,
		       struct abbrev *abbrev)
{
	struct attr attr;

	abbrev->first = walk->nr_attrs;
	for (;;) {
		attr.name = take_leb(cursor, false);
		attr.form = take_leb(cursor, false);
		attr.implicit = attr.form == DW_FORM_implicit_const ?
				(int64_t)take_leb(cursor, true) : 0;
		if (cursor->bad || (!attr.name && !attr.form))
			return;
		if (walk->nr_attrs == walk->room_attrs) {
			walk->room_attrs = walk->room_attrs * 2 + 1024;
			walk->attrs = xrealloc(walk->attrs, walk->room_attrs,
					       sizeof(*walk->attrs));
		}
		walk->attrs[walk->nr_attrs++] = attr;
		abbrev->nr++;
	}
}

static struct abbrev *new_abbrev(struct walk *walk, uint64_t code)
{
	uint32_t nr = walk->nr_abbrevs;

	if (code >= ABBREVS_MAX)
		return NULL;
	if (code >= nr) {
		walk->nr_abbrevs = code * 2 + 64;
		walk->abbrevs = xrealloc(walk->abbrevs, walk->nr_abbrevs,
					 sizeof(*walk->abbrevs));
		memset(walk->abbrevs + nr, 0,
		       (walk->nr_abbrevs - nr) * sizeof(*walk->abbrevs));
	}
	return &walk->abbrevs[code];
}

static bool take_abbrevs(struct walk *walk, uint64_t offset)
{
	const struct section *section = &walk->sections->abbrev;
	struct cursor cursor = cursor_over(section->data, section->size);
	struct abbrev *abbrev;
	uint64_t code;

	skip(&cursor, offset);
	while (!cursor.bad) {
		code = take_leb(&cursor, false);
		if (!code)
			break;
		abbrev = new_abbrev(walk, code);
		if (!abbrev)
			return false;
		*abbrev = (struct abbrev){ .tag = take_leb(&cursor, false) };
		abbrev->has_children = take(&cursor, 1);
		take_attrs(walk, &cursor, abbrev);
	}
	return !cursor.bad;
}

/* Return: its size; 0 if there is none, or one of 64 bits, which nobody makes. */
static uint64_t unit_size(struct cursor cursor)
{
	uint64_t size = take(&cursor, 4);

	if (cursor.bad || size >= 0xfffffff0 ||
	    size > (uint64_t)(cursor.end - cursor.at))
		return 0;
	return size + 4;
}

/* There is one of types.c, and maybe a small one of what kbuild adds. */
static struct cursor largest_unit(const struct section *info)
{
	struct cursor at = cursor_over(info->data, info->size);
	struct cursor largest = cursor_over(info->data, 0);
	uint64_t size;

	for (; (size = unit_size(at)); at.at += size)
		if (size > (uint64_t)(largest.end - largest.at))
			largest = cursor_over(at.at, size);
	return largest;
}

bool read_dwarf(struct build *build, const struct dwarf_sections *sections)
{
	struct walk walk = {
		.build = build,
		.sections = sections,
		.cursor = largest_unit(&sections->info),
	};
	unsigned int version;
	uint64_t abbrevs;
	bool good;

	walk.unit = walk.cursor.at - sections->info.data;
	skip(&walk.cursor, 4);
	version = take(&walk.cursor, 2);
	if (version < 2 || version > 5)
		return false;
	/* Kind of the unit and size of an address, or that behind. */
	skip(&walk.cursor, version == 5 ? 2 : 0);
	abbrevs = take(&walk.cursor, 4);
	skip(&walk.cursor, version == 5 ? 0 : 1);
	good = take_abbrevs(&walk, abbrevs) && walk_dies(&walk);
	free(walk.abbrevs);
	free(walk.attrs);
	return good;
}

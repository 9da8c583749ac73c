// SPDX-License-Identifier: GPL-2.0
/*
 * What one function of a program is called with, or what one of its variables is, and all
 * types that they lead to; by the program's debug information, or that of its debug file.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "build.h"

/* More than any variable leads to. */
#define TYPES_MAX 200000

#define NO_DWARF "has no debug information of it"

/*
 * The types that are needed, first as they are met, of which so many have been gone through;
 * then in the order of the file, and each one's key is its number, from 1.
 */
struct types {
	struct build *build;
	size_t nr;
	Dwarf_Die *all;
	size_t done;
	void *met;		/* of tsearch() */
};

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/* Never ended: names point into it. */
static Dwfl_Module *open_module(const char *path)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module;

	/* Nobody is to be asked over the network. */
	unsetenv("DEBUGINFOD_URLS");
	if (!dwfl)
		return NULL;
	dwfl_report_begin(dwfl);
	module = dwfl_report_offline(dwfl, "program", path, -1);
	dwfl_report_end(dwfl, NULL, NULL);
	return module;
}

static bool find_type(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, type);
}

static int by_place(const void *left, const void *right)
{
	uint64_t a = dwarf_dieoffset((Dwarf_Die *)left), b = dwarf_dieoffset((Dwarf_Die *)right);

	return a < b ? -1 : a > b;
}

/* Of what @die is of; BUILD_VOID: of nothing. */
static uint64_t type_key(const struct types *types, Dwarf_Die *die)
{
	Dwarf_Die type, *found;

	if (!types->nr || !find_type(die, &type))
		return BUILD_VOID;
	found = bsearch(&type, types->all, types->nr, sizeof(type), by_place);
	return found ? found - types->all + 1 : BUILD_VOID;
}

/* Not freed: this is a process of its own. */
static bool is_new(struct types *types, const Dwarf_Die *type)
{
	Dwarf_Die *kept = xcalloc(1, sizeof(*kept));

	*kept = *type;
	return *(Dwarf_Die **)tsearch(kept, &types->met, by_place) == kept;
}

/* What @die is of. */
static void need(struct types *types, Dwarf_Die *die)
{
	Dwarf_Die type;

	if (find_type(die, &type) && types->nr < TYPES_MAX && is_new(types, &type))
		*(Dwarf_Die *)APPEND(types->all, types->nr) = type;
}

static void need_children(struct types *types, Dwarf_Die *die)
{
	Dwarf_Die child;
	int more = dwarf_child(die, &child);

	for (; !more; more = dwarf_siblingof(&child, &child))
		if (dwarf_tag(&child) == DW_TAG_member ||
		    dwarf_tag(&child) == DW_TAG_inheritance)
			need(types, &child);
}

/* What those that are needed need. */
static void complete(struct types *types)
{
	Dwarf_Die die;

	for (; types->done < types->nr; types->done++) {
		die = types->all[types->done];
		need(types, &die);
		need_children(types, &die);
	}
}

static uint64_t number_of(Dwarf_Die *die, unsigned int name, uint64_t otherwise)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	return dwarf_attr_integrate(die, name, &attr) && !dwarf_formudata(&attr, &value) ?
	       value : otherwise;
}

static bool is_signed(Dwarf_Die *die)
{
	uint64_t encoding = number_of(die, DW_AT_encoding, 0);

	return encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
}

static enum ktype_kind kind_of(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type:
		return number_of(die, DW_AT_encoding, 0) == DW_ATE_float ||
		       dwarf_bytesize(die) > 16 ? KTYPE_OTHER : KTYPE_INT;
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		return KTYPE_POINTER;
	case DW_TAG_typedef:
		return KTYPE_TYPEDEF;
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		return BUILD_QUALIFIER;
	case DW_TAG_subroutine_type:
		return KTYPE_FUNCTION;
	case DW_TAG_array_type:
		return KTYPE_ARRAY;
	case DW_TAG_enumeration_type:
		return KTYPE_ENUM;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
		return KTYPE_STRUCT;
	case DW_TAG_union_type:
		return KTYPE_UNION;
	default:
		return KTYPE_OTHER;
	}
}

/* What C++ has from its bases is its own: a member without a name. */
static void add_member(const struct types *types, uint32_t of, Dwarf_Die *die)
{
	uint64_t bytes = number_of(die, DW_AT_data_member_location, 0);

	build_member(types->build, of,
		     dwarf_tag(die) == DW_TAG_member ? dwarf_diename(die) : NULL,
		     type_key(types, die), number_of(die, DW_AT_data_bit_offset, 8 * bytes),
		     number_of(die, DW_AT_bit_size, 0));
}

static void add_children(const struct types *types, uint32_t of, Dwarf_Die *die)
{
	Dwarf_Die child;
	int more = dwarf_child(die, &child);

	for (; !more; more = dwarf_siblingof(&child, &child)) {
		unsigned int tag = dwarf_tag(&child);

		if ((tag == DW_TAG_member && !dwarf_hasattr(&child, DW_AT_external)) ||
		    tag == DW_TAG_inheritance)
			add_member(types, of, &child);
		else if (tag == DW_TAG_enumerator)
			build_enumerator(types->build, of, dwarf_diename(&child),
					 number_of(&child, DW_AT_const_value, 0));
	}
}

/* Of all dimensions. */
static uint32_t count_elements(Dwarf_Die *array)
{
	uint64_t nr = 1, count;
	Dwarf_Die child;
	int more = dwarf_child(array, &child);

	for (; !more; more = dwarf_siblingof(&child, &child)) {
		if (dwarf_tag(&child) != DW_TAG_subrange_type)
			continue;
		count = number_of(&child, DW_AT_count,
				  number_of(&child, DW_AT_upper_bound, UINT64_MAX) + 1);
		if (count > UINT32_MAX || nr * count > UINT32_MAX)
			return 0;
		nr *= count;
	}
	return nr;
}

static void add_type(const struct types *types, Dwarf_Die *die)
{
	int size = dwarf_bytesize(die);
	struct build_type added = {
		.key = die - types->all + 1, .kind = kind_of(die),
		.name = dwarf_diename(die), .size = size > 0 ? size : 0,
		.is_signed = is_signed(die), .of = type_key(types, die),
	};
	uint32_t number;

	if (added.kind == KTYPE_ARRAY)
		added.nr = count_elements(die);
	number = build_type(types->build, &added);
	if (added.kind == KTYPE_STRUCT || added.kind == KTYPE_UNION ||
	    added.kind == KTYPE_ENUM)
		add_children(types, number, die);
}

static void add_all(struct types *types)
{
	size_t i;

	complete(types);
	if (types->nr)
		qsort(types->all, types->nr, sizeof(*types->all), by_place);
	for (i = 0; i < types->nr; i++)
		add_type(types, &types->all[i]);
}

static void each_parameter(Dwarf_Die *function,
			   void (*visit)(Dwarf_Die *parameter, void *data), void *data)
{
	Dwarf_Die child;
	int more = dwarf_child(function, &child);

	for (; !more; more = dwarf_siblingof(&child, &child))
		if (dwarf_tag(&child) == DW_TAG_formal_parameter)
			visit(&child, data);
}

static void need_parameter(Dwarf_Die *parameter, void *data)
{
	need(data, parameter);
}

struct prototype {
	const struct types *types;
	uint32_t number;
};

static void add_parameter(Dwarf_Die *parameter, void *data)
{
	struct prototype *prototype = data;
	Dwarf_Attribute attr;

	build_member(prototype->types->build, prototype->number,
		     dwarf_formstring(dwarf_attr_integrate(parameter, DW_AT_name, &attr)),
		     type_key(prototype->types, parameter), 0, 0);
}

static void add_prototype(struct build *build, Dwarf_Die *function)
{
	struct types types = { .build = build };
	struct prototype prototype = { .types = &types };
	struct build_type added = { .kind = KTYPE_FUNCTION };

	each_parameter(function, need_parameter, &types);
	need(&types, function);
	add_all(&types);
	added.key = types.nr + 1;
	added.of = type_key(&types, function);
	prototype.number = build_type(build, &added);
	each_parameter(function, add_parameter, &prototype);
	added = (struct build_type){
		.key = types.nr + 2, .kind = KTYPE_PROTOTYPE, .name = "function",
		.of = types.nr + 1,
	};
	build_type(build, &added);
	free(types.all);
}

const char *read_function(struct build *build, const char *path, const char *address)
{
	Dwfl_Module *module = open_module(path);
	Dwarf_Addr at = strtoull(address, NULL, 16), bias = 0;
	Dwarf_Die *scopes = NULL, *unit;
	int i, nr;

	if (!module || !dwfl_module_getelf(module, &bias))
		return "is damaged";
	unit = dwfl_module_addrdie(module, at + bias, &bias);
	nr = unit ? dwarf_getscopes(unit, at, &scopes) : 0;
	for (i = 0; i < nr; i++)
		if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
			break;
	if (i >= nr)
		return NO_DWARF;
	add_prototype(build, &scopes[i]);
	return NULL;
}

/* Declared only is a type, too, but one that is defined somewhere may have more. */
static bool find_variable(Dwarf_Die *unit, const char *name, Dwarf_Die *found)
{
	int more = dwarf_child(unit, found);

	for (; !more; more = dwarf_siblingof(found, found)) {
		const char *its = dwarf_tag(found) == DW_TAG_variable &&
				  !dwarf_hasattr(found, DW_AT_declaration) ?
				  dwarf_diename(found) : NULL;

		if (its && !strcmp(its, name))
			return true;
	}
	return false;
}

const char *read_variable(struct build *build, const char *path, const char *name)
{
	Dwfl_Module *module = open_module(path);
	Dwarf_Die *unit = NULL, variable;
	struct types types = { .build = build };
	struct build_type added = { .kind = KTYPE_TYPEDEF, .name = "variable" };
	Dwarf_Addr bias;

	if (!module)
		return "is damaged";
	while ((unit = dwfl_module_nextcu(module, unit, &bias)))
		if (find_variable(unit, name, &variable))
			break;
	if (!unit)
		return NO_DWARF;
	need(&types, &variable);
	add_all(&types);
	added.key = types.nr + 1;
	added.of = type_key(&types, &variable);
	build_type(build, &added);
	free(types.all);
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0
/* types: the kernel's structs, unions, enums and constants, and who has a field. */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/near.h"
#include "command.h"
#include "ktypes/ktypes.h"
#include "lang/header.h"
#include "print/ktype.h"

const char types_help[] =
	"usage: kpctl types [struct|union|enum|macro] NAME\n"
	"       kpctl types GLOB\n"
	"       kpctl types --find FIELD\n"
	"       kpctl types --prepare [RELEASE]\n\n"
	"Prints a type of this kernel, with the offset and the size of each field in\n"
	"bytes (of a bit field: of its word, and the bit in it); lists the types whose\n"
	"names match; or says which structs have a field of a name, or of one that\n"
	"matches.  NAME may also be a typedef, an integer, a constant of an enum, or a\n"
	"macro of the kernel's headers that is a constant.\n\n"
	"  --find FIELD  fields, not types\n"
	"  --kernel RELEASE\n"
	"                of that kernel, whose types object is installed\n"
	"  --prepare     make the index of that kernel's types object, or of this\n"
	"                kernel's; else the first who asks for types waits for it\n"
	"  -j, --json    JSON\n\n"
	"examples:\n"
	"  kpctl types sock\n"
	"  kpctl types enum skb_drop_reason\n"
	"  kpctl types '*conntrack*'\n"
	"  kpctl types 'macro GFP_*'\n"
	"  kpctl types --find 'sk_*buf'\n";

/* What is found by a name alone, in this order. */
static const struct named_kind {
	enum ktype_kind kind;
	const char *word;
} kinds[] = {
	{ KTYPE_STRUCT, "struct" },
	{ KTYPE_UNION, "union" },
	{ KTYPE_ENUM, "enum" },
	{ KTYPE_TYPEDEF, "typedef" },
	{ KTYPE_INT, "" },
};

#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* "struct sock": the kind is the only one looked for, and NAME the rest. */
static const struct named_kind *take_kind(const char **name)
{
	size_t i, len;

	for (i = 0; i < NR_KINDS; i++) {
		len = strlen(kinds[i].word);
		if (len && !strncmp(*name, kinds[i].word, len) &&
		    (*name)[len] == ' ') {
			*name += len + strspn(*name + len, " ");
			return &kinds[i];
		}
	}
	return NULL;
}

/* "macro O_DSYNC": those of the headers are no types, and are named in the same way. */
static bool take_macro(const char **name)
{
	static const char word[] = "macro ";

	if (strncmp(*name, word, strlen(word)))
		return false;
	*name += strlen(word);
	return true;
}

static ktype_id find_type(const struct ktypes *kt, const struct named_kind *only,
			  const char *name)
{
	ktype_id id = KTYPE_NONE;
	int64_t value;
	size_t i;

	for (i = 0; i < NR_KINDS && !id; i++)
		if (!only || only == &kinds[i])
			id = ktypes_find(kt, kinds[i].kind, name);
	return id || only ? id : ktypes_constant(kt, name, &value);
}

/* Calls @each for all names. */
static void each_name(const struct ktypes *kt, const struct named_kind *only,
		      void (*each)(const struct ktypes *kt,
				   const struct named_kind *kind,
				   const char *name, void *data), void *data)
{
	const char *name;
	uint32_t n;
	size_t i;

	for (i = 0; i < NR_KINDS; i++) {
		if (only && only != &kinds[i])
			continue;
		for (n = 0; (name = ktypes_name(kt, kinds[i].kind, n)); n++)
			each(kt, &kinds[i], name, data);
	}
}

static void offer(const struct ktypes *kt, const struct named_kind *kind,
		  const char *name, void *data)
{
	(void)kt;
	(void)kind;
	near_offer(data, name);
}

/* "there is no WHAT", and what there is instead. */
static int not_found(const char *what, struct near *near)
{
	struct arena arena = { 0 };
	const char *hint = near_hint(&arena, near), *none = "";
	unsigned int nr;

	if (!hint && (!ktypes_where(&nr) || !strstr(ktypes_where(&nr), "btf")))
		none = "; headers in /etc/kpstat/types.d add to the types object";
	error("there is no %s \"%s\" in the kernel's types%s%s", what, near->word,
	      hint ? "; " : none, hint ? hint : "");
	arena_free(&arena);
	return FAILED;
}

/*
 * Macros
 */

static void print_macro(const char *name, const struct header_constant *constant)
{
	const struct c_constant *number = &constant->number;

	if (constant->string)
		printf("macro %s = \"%s\"\n", name, constant->string);
	else if (number->is_signed)
		printf("macro %s = %" PRId64 "\n", name, (int64_t)number->value);
	else
		printf("macro %s = %" PRIu64 "\n", name, number->value);
}

static struct json_object *macro_json(const char *name,
				      const struct header_constant *constant)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "kind", "macro");
	json_add_string(object, "name", name);
	if (constant->string)
		json_add_string(object, "value", constant->string);
	else if (constant->number.is_signed)
		json_add_int(object, "value", constant->number.value);
	else
		json_add_uint(object, "value", constant->number.value);
	return object;
}

/* Return: whether there is one of that name that is a constant. */
static bool show_macro(const char *name)
{
	struct arena arena = { 0 };
	struct ctypes ctypes = { .arena = &arena };
	struct header_constant constant;
	bool found = header_constant(&ctypes, name, &constant);

	if (found && json_output)
		json_print(macro_json(name, &constant));
	else if (found)
		print_macro(name, &constant);
	arena_free(&arena);
	return found;
}

static int print_only_macro(const char *name)
{
	struct near near = { .word = name };

	return show_macro(name) ? DONE : not_found("macro", &near);
}

static int print_type(const struct ktypes *kt, const char *name)
{
	const struct named_kind *only = take_kind(&name);
	struct near near = { .word = name };
	const struct ktypes *in = kt;
	ktype_id id = find_type(in, only, name);

	while (!id && (in = ktypes_next(in)))
		id = find_type(in, only, name);
	if (!id && !only && show_macro(name))
		return DONE;
	if (!id) {
		each_name(kt, only, offer, &near);
		return not_found(only ? only->word : "type", &near);
	}
	if (json_output)
		json_print(ktype_json(in, id));
	else
		ktype_print(in, id);
	return DONE;
}

/* Of a list: what is looked for, and what was found, which -j prints at the end. */
struct list {
	const char *glob;
	unsigned int nr;
	struct json_object *found;	/* NULL: as text, at once */
	struct near near;
};

static int end_list(struct list *list, const char *what)
{
	struct json_object *document;

	if (!list->nr) {
		json_object_put(list->found);
		return not_found(what, &list->near);
	}
	if (!list->found)
		return DONE;
	document = json_object_new_object();
	json_object_object_add(document, "found", list->found);
	json_print(document);
	return DONE;
}

static void list_name(const struct ktypes *kt, const struct named_kind *kind,
		      const char *name, void *data)
{
	struct list *list = data;
	struct json_object *object;
	uint64_t size;

	if (fnmatch(list->glob, name, 0))
		return;
	list->nr++;
	if (!list->found) {
		printf("%s%s%s\n", kind->word, *kind->word ? " " : "", name);
		return;
	}
	size = ktypes_get(kt, ktypes_find(kt, kind->kind, name)).size;
	object = json_object_new_object();
	json_add_string(object, "kind", *kind->word ? kind->word : "integer");
	json_add_string(object, "name", name);
	json_add_uint(object, "size", size);
	json_object_array_add(list->found, object);
}

static void list_macros(struct list *list)
{
	struct arena arena = { 0 };
	struct ctypes ctypes = { .arena = &arena };
	struct header_constant constant;
	struct kmacro macro;
	uint32_t n;

	for (n = 0; ktypes_nth_macro(n, &macro); n++) {
		if (fnmatch(list->glob, macro.name, 0) ||
		    !header_constant(&ctypes, macro.name, &constant))
			continue;
		list->nr++;
		if (list->found)
			json_object_array_add(list->found, macro_json(macro.name, &constant));
		else
			print_macro(macro.name, &constant);
	}
	arena_free(&arena);
}

static int list_types(const struct ktypes *kt, const char *glob)
{
	const struct named_kind *only = take_kind(&glob);
	bool only_macros = take_macro(&glob);
	struct list list = { .glob = glob, .near.word = glob };

	list.found = json_output ? json_object_new_array() : NULL;
	if (!only_macros)
		each_name(kt, only, list_name, &list);
	if (only_macros || (!only && !list.nr))
		list_macros(&list);
	return end_list(&list, only ? only->word : only_macros ? "macro" : "type");
}

static void field_found(const struct ktypes *kt, const char *owner,
			const struct kmember *member, uint64_t base,
			struct list *list)
{
	struct ktype_place place = ktype_place(kt, member, base);
	struct json_object *object;
	struct text text = { 0 };

	list->nr++;
	ktype_declare(&text, kt, member->type, list->found ? NULL : member->name);
	if (list->found) {
		object = json_object_new_object();
		json_add_string(object, "in", owner);
		json_add_string(object, "name", member->name);
		json_add_string(object, "type", text_string(&text));
		json_add_uint(object, "offset", place.offset);
		json_add_uint(object, "size", place.size);
		json_object_array_add(list->found, object);
	} else {
		if (member->bit_size)
			text_printf(&text, ":%u", member->bit_size);
		text_char(&text, ';');
		printf("%-32s %-40s /* %6llu %6llu */\n", owner,
		       text_string(&text), place.offset, place.size);
	}
	text_free(&text);
}

#define DEPTH_MAX 32

/* Anonymous members' fields are the struct's own. */
static void find_fields(const struct ktypes *kt, const char *owner, ktype_id id,
			uint64_t base, int depth, struct list *list)
{
	struct ktype type = ktypes_get(kt, id);
	struct kmember member;
	uint32_t n;

	if ((type.kind != KTYPE_STRUCT && type.kind != KTYPE_UNION) ||
	    depth == DEPTH_MAX)
		return;
	for (n = 0; n < type.nr; n++) {
		member = ktypes_member(kt, id, n);
		if (!member.name) {
			find_fields(kt, owner, member.type,
				    base + member.bit_offset, depth + 1, list);
			continue;
		}
		if (!fnmatch(list->glob, member.name, 0))
			field_found(kt, owner, &member, base, list);
		else if (!list->nr)
			near_offer(&list->near, member.name);
	}
}

static void find_in(const struct ktypes *kt, const struct named_kind *kind,
		    const char *name, void *data)
{
	ktype_id id = ktypes_find(kt, kind->kind, name);
	struct text owner = { 0 };

	if (kind->kind == KTYPE_TYPEDEF) {
		id = ktypes_get(kt, id).of;
		if (ktypes_get(kt, id).name)
			return;
		text_puts(&owner, name);
	} else {
		text_printf(&owner, "%s %s", kind->word, name);
	}
	find_fields(kt, text_string(&owner), id, 0, 0, data);
	text_free(&owner);
}

static int find_field(const struct ktypes *kt, const char *glob)
{
	struct list list = { .glob = glob, .near.word = glob };

	list.found = json_output ? json_object_new_array() : NULL;
	each_name(kt, NULL, find_in, &list);
	return end_list(&list, "field");
}

/* "struct sock" may be two arguments. */
static const char *join_arguments(int argc, char **argv)
{
	static char both[256];

	if (argc == 1)
		return argv[0];
	snprintf(both, sizeof(both), "%s %s", argv[0], argv[1]);
	return both;
}

static int prepare(const char *release)
{
	const char *why;

	if (ktypes_prepare(release, &why))
		return DONE;
	error("%s", why);
	return FAILED;
}

static int ask(const char *field, int argc, char **argv)
{
	const struct ktypes *kt;
	const char *name, *why;

	kt = ktypes_open(&why);
	if (!kt) {
		error("%s", why);
		return FAILED;
	}
	if (field)
		return find_field(kt, field);
	name = join_arguments(argc, argv);
	if (strpbrk(name, "*?["))
		return list_types(kt, name);
	return take_macro(&name) ? print_only_macro(name) : print_type(kt, name);
}

int command_types(int argc, char **argv)
{
	static const struct option options[] = {
		OPTIONS_OF_ALL,
		{ "find", required_argument, NULL, 'f' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "prepare", no_argument, NULL, 'p' },
		{ 0 }
	};
	const char *field = NULL;
	int option, status = DONE;
	bool now = false;

	while ((option = next_option(argc, argv, ":hj", options)) != -1) {
		if (option == 'f')
			field = optarg;
		else if (option == 'k')
			ktypes_of(optarg);
		else if (option == 'p')
			now = true;
		else if (!common_option(option, &status))
			return status;
	}
	argc -= optind;
	argv += optind;
	if (now && !field && argc < 2)
		return prepare(argv[0]);
	if (now || (field ? argc : argc < 1 || argc > 2))
		return wrong_use("it takes the name of one type, or --find FIELD");
	return ask(field, argc, argv);
}

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fnv.h"
#include "base/xalloc.h"
#include "int_name.h"
#include "source.h"

/* A path, what is wrong with the file, and what to do. */
#define WHY_MAX (SOURCE_PATH_MAX + 1024)

struct ktypes {
	const struct index_header *header;
	const struct index_type *types;
	const struct index_member *members;
	const struct index_enumerator *enumerators;
	const struct index_name *names[INDEX_NR_KINDS];
	const struct index_macro *macros;
	const uint32_t *constants;
	const char *strings;
	bool is_object;
};

/* The tables follow each other. */
static struct ktypes *lay_out(const struct index_header *header)
{
	struct ktypes *kt = xcalloc(1, sizeof(*kt));
	const struct index_name *names;
	int row;

	kt->header = header;
	kt->types = (const void *)(header + 1);
	kt->members = (const void *)(kt->types + header->nr_types);
	kt->enumerators = (const void *)(kt->members + header->nr_members);
	names = (const void *)(kt->enumerators + header->nr_enumerators);
	for (row = 0; row < INDEX_NR_KINDS; row++) {
		kt->names[row] = names;
		names += header->nr_names[row];
	}
	kt->macros = (const void *)names;
	kt->constants = (const void *)(kt->macros + header->nr_macros);
	kt->strings = (const void *)(kt->constants + index_slots(header));
	return kt;
}

/* Its size was found to be that of its tables. */
static struct ktypes *map_index(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	return map == MAP_FAILED ? NULL : lay_out(map);
}

/* The types object, and BTF for what that has not; of which either may be missing. */
static struct {
	bool tried;
	struct ktypes *kt;
} first, second;

static const char *other_release;

void ktypes_of(const char *release)
{
	other_release = release;
}

static struct ktypes *open_source(const struct source *source, char why[WHY_MAX])
{
	int fd = source_index(source, why, WHY_MAX);
	struct ktypes *kt;

	if (fd < 0)
		return NULL;
	kt = map_index(fd);
	close(fd);
	if (kt)
		kt->is_object = source->is_object;
	else
		snprintf(why, WHY_MAX, "the index of %s cannot be mapped",
			 source->path);
	return kt;
}

const struct ktypes *ktypes_open(const char **why)
{
	static char sentence[WHY_MAX];
	struct source source;

	if (!first.tried) {
		first.tried = true;
		source_find(&source, other_release);
		first.kt = open_source(&source, sentence);
	}
	*why = sentence;
	return first.kt;
}

const struct ktypes *ktypes_next(const struct ktypes *kt)
{
	char sentence[WHY_MAX];
	struct source source;

	if (!kt->is_object || other_release)
		return NULL;
	if (!second.tried) {
		second.tried = true;
		source_find_btf(&source);
		if (*source.path)
			second.kt = open_source(&source, sentence);
	}
	return second.kt;
}

bool ktypes_prepare(const char *release, const char **why)
{
	static char sentence[WHY_MAX];
	struct source source;
	int fd;

	source_find(&source, release);
	fd = source_index(&source, sentence, sizeof(sentence));
	if (fd >= 0)
		close(fd);
	*why = sentence;
	return fd >= 0;
}

/* What was asked of programs, by the file. */
struct asked {
	dev_t device;
	ino_t inode;
	const char *part;
	char *which;
	struct ktypes *kt;		/* NULL: nobody knows */
	struct asked *next;
};

static struct ktypes *read_part(int fd, const char *part, const char *which)
{
	struct source source = { .part = part, .key = "program" };
	struct ktypes *kt;
	int index;

	snprintf(source.path, sizeof(source.path), "/proc/%d/fd/%d", getpid(), fd);
	snprintf(source.release, sizeof(source.release), "%s", which);
	index = strlen(which) < sizeof(source.release) ? source_part(&source) : -1;
	if (index < 0)
		return NULL;
	kt = map_index(index);
	close(index);
	return kt;
}

const struct ktypes *ktypes_of_program(int fd, const char *part, const char *which)
{
	static struct asked *all;
	struct asked *asked;
	struct stat st;

	if (fstat(fd, &st))
		return NULL;
	for (asked = all; asked; asked = asked->next)
		if (asked->inode == st.st_ino && asked->device == st.st_dev &&
		    !strcmp(asked->part, part) && !strcmp(asked->which, which))
			return asked->kt;
	asked = xcalloc(1, sizeof(*asked));
	*asked = (struct asked){
		.device = st.st_dev, .inode = st.st_ino, .part = part,
		.which = xstrdup(which), .kt = read_part(fd, part, which), .next = all,
	};
	all = asked;
	return asked->kt;
}

static const char *string_at(const struct ktypes *kt, uint32_t at)
{
	return at < kt->header->strings_size ? kt->strings + at : "";
}

/* Anonymous: NULL. */
static const char *name_at(const struct ktypes *kt, uint32_t at)
{
	const char *name = string_at(kt, at);

	return *name ? name : NULL;
}

static const struct index_type *type_at(const struct ktypes *kt, ktype_id id)
{
	return &kt->types[id < kt->header->nr_types ? id : KTYPE_NONE];
}

static bool is_within(uint32_t first, uint32_t nr, uint32_t all)
{
	return first <= all && nr <= all - first;
}

/* index.h says which types may lead where. */
static bool leads_well(const struct ktypes *kt, ktype_id id,
		       const struct index_type *type)
{
	switch (type->kind) {
	case KTYPE_ARRAY:
	case KTYPE_TYPEDEF:
	case KTYPE_PROTOTYPE:
		return type->of < id;
	case KTYPE_STRUCT:
	case KTYPE_UNION:
	case KTYPE_FUNCTION:
		return is_within(type->of, type->nr, kt->header->nr_members);
	case KTYPE_ENUM:
		return is_within(type->of, type->nr, kt->header->nr_enumerators);
	case KTYPE_POINTER:
		return type->of < kt->header->nr_types;
	default:
		return type->kind <= KTYPE_OTHER;
	}
}

static bool has_target(enum ktype_kind kind)
{
	return kind == KTYPE_POINTER || kind == KTYPE_ARRAY ||
	       kind == KTYPE_TYPEDEF || kind == KTYPE_PROTOTYPE;
}

/* A function's first member is what it returns. */
static struct ktype function_at(const struct ktypes *kt, const struct index_type *type)
{
	return (struct ktype){
		.kind = KTYPE_FUNCTION,
		.of = type->nr ? kt->members[type->of].type : KTYPE_NONE,
		.nr = type->nr ? type->nr - 1 : 0,
	};
}

struct ktype ktypes_get(const struct ktypes *kt, ktype_id id)
{
	const struct index_type *type = type_at(kt, id);

	if (!leads_well(kt, id, type))
		return (struct ktype){ .kind = KTYPE_VOID };
	if (type->kind == KTYPE_FUNCTION)
		return function_at(kt, type);
	return (struct ktype){
		.kind = type->kind,
		.name = name_at(kt, type->name),
		.size = type->size,
		.is_signed = type->flags & INDEX_SIGNED,
		.is_char = type->flags & INDEX_CHAR,
		.of = has_target(type->kind) ? type->of : KTYPE_NONE,
		.nr = type->nr,
	};
}

struct kmember ktypes_member(const struct ktypes *kt, ktype_id id, uint32_t n)
{
	const struct index_type *type = type_at(kt, id);
	bool is_function = type->kind == KTYPE_FUNCTION;
	ktype_id below = is_function ? kt->header->nr_types : id;
	const struct index_member *member;

	if ((type->kind != KTYPE_STRUCT && type->kind != KTYPE_UNION && !is_function) ||
	    !leads_well(kt, id, type) || n >= type->nr - is_function)
		return (struct kmember){ 0 };
	member = &kt->members[type->of + n + is_function];
	return (struct kmember){
		.name = name_at(kt, member->name),
		.type = member->type < below ? member->type : KTYPE_NONE,
		.bit_offset = member->bit_offset,
		.bit_size = member->bit_size,
	};
}

const char *ktypes_enumerator(const struct ktypes *kt, ktype_id id, uint32_t n,
			      int64_t *value)
{
	const struct index_type *type = type_at(kt, id);
	const struct index_enumerator *enumerator;

	*value = 0;
	if (type->kind != KTYPE_ENUM || !leads_well(kt, id, type) ||
	    n >= type->nr)
		return "";
	enumerator = &kt->enumerators[type->of + n];
	*value = enumerator->value;
	return string_at(kt, enumerator->name);
}

const char *ktypes_name(const struct ktypes *kt, enum ktype_kind kind, uint32_t n)
{
	int row = index_row(kind);

	if (row < 0 || n >= kt->header->nr_names[row])
		return NULL;
	return string_at(kt, kt->names[row][n].name);
}

/* In a table sorted by name. Return: NULL if it is not there. */
static const struct index_name *find_name(const struct ktypes *kt,
					  const struct index_name *names,
					  uint32_t nr, const char *name)
{
	uint32_t low = 0, middle;
	int order;

	while (low < nr) {
		middle = low + (nr - low) / 2;
		order = strcmp(name, string_at(kt, names[middle].name));
		if (!order)
			return &names[middle];
		if (order < 0)
			nr = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

ktype_id ktypes_find(const struct ktypes *kt, enum ktype_kind kind,
		     const char *name)
{
	const struct index_name *found;
	char canonical[INT_NAME_MAX];
	int row = index_row(kind);

	if (row < 0)
		return KTYPE_NONE;
	if (kind == KTYPE_INT && canonical_int(name, canonical))
		name = canonical;
	found = find_name(kt, kt->names[row], kt->header->nr_names[row], name);
	return found && type_at(kt, found->at)->kind == kind ? found->at : KTYPE_NONE;
}

/* What a program's function is called with: the program's own, and the arguments. */
static int arguments_of(const struct ktypes *kt, ktype_id id)
{
	struct ktype type = ktypes_get(kt, id);

	if (type.kind == KTYPE_TYPEDEF)
		type = ktypes_get(kt, type.of);
	if (type.kind == KTYPE_POINTER)
		type = ktypes_get(kt, type.of);
	return type.kind == KTYPE_FUNCTION && type.nr ? (int)type.nr - 1 : -1;
}

int ktypes_tracepoint(const char *name)
{
	const struct ktypes *kt;
	const char *why;
	char function[128];
	int nr = -1;

	snprintf(function, sizeof(function), "btf_trace_%s", name);
	for (kt = ktypes_open(&why); kt && nr < 0; kt = ktypes_next(kt))
		nr = arguments_of(kt, ktypes_find(kt, KTYPE_TYPEDEF, function));
	return nr;
}

ktype_id ktypes_prototype(const char *name, const struct ktypes **kt)
{
	ktype_id id = KTYPE_NONE;
	const char *why;

	for (*kt = ktypes_open(&why); *kt; *kt = ktypes_next(*kt)) {
		id = ktypes_get(*kt, ktypes_find(*kt, KTYPE_PROTOTYPE, name)).of;
		if (id)
			break;
	}
	return id;
}

/* Slots end: a table of which none is free is damaged. */
static const struct index_enumerator *find_constant(const struct ktypes *kt,
						    const char *name)
{
	uint64_t slots = index_slots(kt->header), i;
	uint64_t slot = fnv1a(FNV1A_START, name);
	uint32_t at;

	for (i = 0; i < slots; i++, slot++) {
		at = kt->constants[slot & (slots - 1)];
		if (!at || at > kt->header->nr_enumerators)
			return NULL;
		if (!strcmp(name, string_at(kt, kt->enumerators[at - 1].name)))
			return &kt->enumerators[at - 1];
	}
	return NULL;
}

ktype_id ktypes_constant(const struct ktypes *kt, const char *name, int64_t *value)
{
	const struct index_enumerator *constant = find_constant(kt, name);

	if (!constant)
		return KTYPE_NONE;
	*value = constant->value;
	return type_at(kt, constant->type)->kind == KTYPE_ENUM ? constant->type :
								 KTYPE_NONE;
}

bool ktypes_any_constant(const char *name, int64_t *value)
{
	const struct ktypes *kt;
	const char *why;

	for (kt = ktypes_open(&why); kt; kt = ktypes_next(kt))
		if (ktypes_constant(kt, name, value))
			return true;
	return false;
}

bool ktypes_nth_macro(uint32_t n, struct kmacro *macro)
{
	const struct index_macro *at;
	const struct ktypes *kt;
	const char *why;

	kt = ktypes_open(&why);
	if (!kt || n >= kt->header->nr_macros)
		return false;
	at = &kt->macros[n];
	*macro = (struct kmacro){
		.name = string_at(kt, at->name),
		.params = name_at(kt, at->params),
		.text = string_at(kt, at->text),
	};
	return true;
}

bool ktypes_macro(const char *name, struct kmacro *macro)
{
	const struct ktypes *kt;
	uint32_t low = 0, high, middle;
	const char *why;
	int order;

	kt = ktypes_open(&why);
	for (high = kt ? kt->header->nr_macros : 0; low < high;) {
		middle = low + (high - low) / 2;
		ktypes_nth_macro(middle, macro);
		order = strcmp(name, macro->name);
		if (!order)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

const char *ktypes_where(unsigned int *nr_structs)
{
	static struct source source;
	struct index_header header;
	int fd;

	*nr_structs = 0;
	source_find(&source, NULL);
	fd = source_cached(&source);
	if (fd >= 0 && pread(fd, &header, sizeof(header), 0) == sizeof(header))
		*nr_structs = header.nr_names[0];
	if (fd >= 0)
		close(fd);
	return *source.path ? source.path : NULL;
}

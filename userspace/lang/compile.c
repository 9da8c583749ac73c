// SPDX-License-Identifier: GPL-2.0
/* The compiler's main line: its passes, one after the other. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "check.h"
#include "compile.h"
#include "dump.h"
#include "emit.h"
#include "import.h"
#include "macro.h"
#include "object/disasm.h"
#include "parameters.h"
#include "parse.h"
#include "provider/provider.h"
#include "provider/user_file.h"
#include "settings.h"
#include "shape.h"
#include "takes.h"

#define DEFAULT_KEYS 4096

/* Of a program that takes stacks, unless it is told: a KiB each. */
#define MIN_STACKS 4096
#define MAX_STACKS 16384
#define DEFAULT_HISTOGRAMS 1024
#define DEFAULT_PROBES 512

/* A clause and what it is attached to. */
struct unit {
	struct clause *clause;
	struct event *events;
	struct unit *next;
};

struct compilation {
	struct compile_options options;	/* and what the text itself sets */
	struct arena arena;
	const char *text;
	char *preprocessed;
	struct define *defines;
	struct imports imports;
	struct program program;
	struct resolver resolver;
	struct ctypes ctypes;
	struct checker checker;
	struct unit *units;
	bool unresolved;		/* a probe is wrong, and an error says so */
	struct object *object;
};

static int resolve_clause(struct compilation *comp, struct unit *unit)
{
	const struct attach_point *point = unit->clause->points;
	int err = 0;

	comp->resolver.optional = point->next;
	for (; point; point = point->next)
		if (resolve_point(&comp->resolver, point, &unit->events))
			err = -1;
	if (!err && !unit->events && comp->options.missing_probes != MISSING_IGNORE)
		diag_warning(&unit->clause->points->at, NULL,
			     "this kernel has none of this clause's probes: it never runs");
	return err;
}

static void start_resolver(struct compilation *comp)
{
	unsigned int max = comp->options.max_probes;

	if (!max)
		max = DEFAULT_PROBES;
	comp->resolver.arena = &comp->arena;
	comp->resolver.options = &comp->options;
	comp->resolver.max_probes = max > KPS_MAX_SITES ? KPS_MAX_SITES : max;
}

/* Where a probe is unknown, the rest may still tell of more. */
static int resolve_all(struct compilation *comp)
{
	struct clause *clause = comp->program.clauses;
	struct unit **end = &comp->units;

	start_resolver(comp);
	for (; clause; clause = clause->next) {
		*end = arena_alloc(&comp->arena, sizeof(**end));
		(*end)->clause = clause;
		if (resolve_clause(comp, *end))
			comp->unresolved = true;
		end = &(*end)->next;
	}
	return 0;
}

/* An event that fails speaks for the others of its clause. */
static int check_unit(struct compilation *comp, struct unit *unit)
{
	struct event *event;

	for (event = unit->events; event; event = event->next)
		if (!check_clause(&comp->checker, unit->clause, event))
			return -1;
	return 0;
}

static int check_units(struct compilation *comp)
{
	struct unit *unit;
	int err = 0;

	for (unit = comp->units; unit; unit = unit->next)
		if (check_unit(comp, unit))
			err = -1;
	return err;
}

/*
 * A clause that never runs, since this kernel has none of its probes, still
 * says what maps hold.
 */
static void learn_from_absent(struct compilation *comp, struct unit *unit)
{
	const struct attach_point *point = unit->clause->points;
	size_t len = strcspn(point->text, ":");
	struct event absent = {
		.provider = provider_find(arena_strndup(&comp->arena,
							point->text, len)),
		.point = point,
	};

	if (absent.provider)
		check_clause(&comp->checker, unit->clause, &absent);
	else
		check_skipped(&comp->checker, unit->clause);
}

/* What is wrong in it is said of a clause that never runs, too. */
static void check_absent(struct compilation *comp)
{
	struct unit *unit;

	for (unit = comp->units; unit; unit = unit->next)
		if (!unit->events)
			learn_from_absent(comp, unit);
}

/*
 * A clause may read a map that a later one assigns.  What is known of a map only
 * grows, to a limit: its keys, its kind, the room that it needs.  So this ends.
 */
static int learn_maps(struct compilation *comp)
{
	comp->checker.learning = true;
	diag_mute(true);
	do {
		comp->checker.changed = false;
		comp->checker.failed_maps = NULL;
		check_units(comp);
		check_absent(comp);
	} while (comp->checker.changed);
	diag_mute(false);
	comp->checker.learning = false;
	return 0;
}

static int check_any_probe(const struct compilation *comp)
{
	const struct unit *unit;

	for (unit = comp->units; unit; unit = unit->next)
		if (unit->events)
			return 0;
	diag_error(NULL, NULL, "this kernel has none of the program's probes");
	return -1;
}

static int check_program(struct compilation *comp)
{
	unsigned int before = diag_errors();
	int err;

	check_absent(comp);
	err = check_units(comp);
	/* Nobody has told the cause, whatever it was: then all that follows from it. */
	if (err && !comp->unresolved && diag_errors() == before) {
		comp->checker.tell_all = true;
		check_units(comp);
	}
	if (err || diag_errors() > before || check_maps(&comp->checker) ||
	    comp->unresolved)
		return -1;
	return check_any_probe(comp);
}

/*
 * let @name = hash(100);
 */

/* All are hashes here: of aggregations one for each CPU, of plain values one for all. */
static const struct {
	const char *name;
	bool evicts;
} map_types[] = {
	{ "hash", false }, { "percpuhash", false },
	{ "lruhash", true }, { "percpulruhash", true },
};

static int check_map_type(const struct map_setting *map)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(map_types); i++) {
		if (strcmp(map->kind, map_types[i].name))
			continue;
		if (map_types[i].evicts)
			diag_warning(&map->at, NULL,
				     "%s does not evict keys: updates that find no room are counted as lost",
				     map->name);
		return 0;
	}
	diag_error(&map->at, "the types are hash, lruhash, percpuhash and percpulruhash",
		   "there is no map type '%s'", map->kind);
	return -1;
}

static int check_map_settings(const struct map_setting *map)
{
	for (; map; map = map->next) {
		const struct expr *entries = map->entries;

		if (check_map_type(map))
			return -1;
		if (entries->kind == EXPR_INT && entries->value &&
		    entries->value <= KPS_MAX_ENTRIES)
			continue;
		diag_error(&entries->at, NULL, "a map has 1 to %u keys",
			   KPS_MAX_ENTRIES);
		return -1;
	}
	return 0;
}

static unsigned int set_entries(const struct compilation *comp, const char *name)
{
	const struct map_setting *map = comp->program.maps;

	while (map && strcmp(map->name, name))
		map = map->next;
	return map ? map->entries->value : 0;
}

static unsigned int max_entries(const struct compilation *comp,
				const struct map_decl *decl)
{
	unsigned int set = set_entries(comp, decl->name);
	bool is_chart = kps_map_is_chart(decl->kind);

	if (!decl->nr_key)
		return 1;
	if (set)
		return set;
	if (comp->options.max_keys)
		return comp->options.max_keys;
	if (is_chart && decl->bits <= 2)
		return DEFAULT_HISTOGRAMS;
	/* A hist() with more bits has as much memory as one with two. */
	return DEFAULT_KEYS >> decl->bits;
}

static int check_key_size(const struct map_decl *decl, unsigned int size)
{
	if (size <= KPS_MAX_KEY_SIZE)
		return 0;
	diag_error(&decl->at, "use fewer keys, or shorter strings: str(x, n)",
		   "the key of %s has %u bytes, more than %u", decl->name,
		   size, KPS_MAX_KEY_SIZE);
	return -1;
}

static char *own_shape(struct compilation *comp, const struct type *types,
		       unsigned int nr)
{
	const char *shape = shape_of(&comp->ctypes, types, nr);

	return shape ? xstrdup(shape) : NULL;
}

/* Hundreds of members, of which each could be kept by itself. */
static int check_shape(const struct map_decl *decl, const char *shape)
{
	if (!shape || strlen(shape) < KPS_SHAPE_MAX)
		return 0;
	diag_error(&decl->at, "keep the members that you need",
		   "what %s holds has too many members", decl->name);
	return -1;
}

static int add_map(struct compilation *comp, const struct map_decl *decl)
{
	struct object *object = comp->object;
	struct object_map *map = &object->maps[object->nr_maps++];
	struct type number = { .kind = TYPE_INT, .is_signed = decl->is_signed };
	bool is_plain = decl->kind == KPS_MAP_VALUE;
	unsigned int i, size = 0;

	strcpy(map->name, decl->name);
	map->kind = decl->kind;
	map->max_entries = max_entries(comp, decl);
	map->flags = decl->forgets ? KPS_MAP_F_FORGETS : 0;
	map->lhist = decl->lhist;
	map->bits = decl->bits;
	map->nr_value = type_to_fields(object,
				       is_plain ? &decl->value : &number,
				       map->value, KPS_MAX_VALUE_FIELDS);
	for (i = 0; i < decl->nr_key; i++) {
		map->nr_key += type_to_fields(object, &decl->key[i],
					      map->key + map->nr_key,
					      KPS_MAX_KEY_FIELDS - map->nr_key);
		size += type_size(&decl->key[i]);
	}
	map->key_shape = own_shape(comp, decl->key, decl->nr_key);
	if (is_plain)
		map->value_shape = own_shape(comp, &decl->value, 1);
	return check_key_size(decl, size) || check_shape(decl, map->key_shape) ||
	       check_shape(decl, map->value_shape) ? -1 : 0;
}

static int add_maps(struct compilation *comp)
{
	unsigned int i;
	int err = 0;

	comp->object->maps = xcalloc(comp->checker.nr_maps,
				     sizeof(*comp->object->maps));
	for (i = 0; i < comp->checker.nr_maps; i++)
		if (add_map(comp, &comp->checker.maps[i]))
			err = -1;
	return err;
}

static bool has_stack(const struct kps_field *fields, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (fields[i].type == KPS_T_KSTACK ||
		    fields[i].type == KPS_T_USTACK)
			return true;
	return false;
}

/* Room for as many stacks as the maps have keys that hold some, within reason. */
static unsigned int stack_entries(const struct compilation *comp)
{
	const struct object *object = comp->object;
	unsigned int keys = 0, entries = MIN_STACKS;
	size_t i;

	if (!object->takes_stacks)
		return 0;
	if (comp->options.max_stacks)
		return comp->options.max_stacks;
	for (i = 0; i < object->nr_maps; i++) {
		const struct object_map *map = &object->maps[i];

		if (has_stack(map->key, map->nr_key) ||
		    has_stack(map->value, map->nr_value))
			keys += map->max_entries;
	}
	while (entries < keys && entries < MAX_STACKS)
		entries *= 2;
	return entries;
}

static struct object_probe *new_probe(struct compilation *comp,
				      const struct event *event)
{
	struct object *object = comp->object;

	if (object->nr_probes == KPS_MAX_PROBES) {
		diag_error(&event->point->at, "narrow the patterns, or split the program",
			   "a program has at most %u probes", KPS_MAX_PROBES);
		return NULL;
	}
	return APPEND(object->probes, object->nr_probes);
}

/* Files outlive the resolver in the object. */
static unsigned int add_file(struct object *object, struct user_file *file)
{
	int *kept;

	if (file->number < 0) {
		file->number = object->nr_files;
		kept = APPEND(object->files, object->nr_files);
		*kept = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
	}
	return file->number;
}

static void add_places(struct object *object, struct object_probe *probe,
		       const struct event *event)
{
	size_t i;

	probe->places = xcalloc(event->nr_targets, sizeof(*probe->places));
	for (i = 0; i < event->nr_targets; i++)
		probe->places[i] = (struct object_place){
			.file = add_file(object, event->places[i].file),
			.offset = event->places[i].offset,
			.counter = event->places[i].counter,
		};
}

static int add_probe(struct compilation *comp, const struct clause *clause,
		     const struct event *event)
{
	struct object_probe *probe = new_probe(comp, event);
	size_t i;

	if (!probe)
		return -1;
	probe->name = xstrdup(event->name ? event->name : event->point->text);
	probe->provider = xstrdup(event->served_by ? event->served_by :
				  event->provider->name);
	probe->targets = xcalloc(event->nr_targets, sizeof(*probe->targets));
	for (i = 0; i < event->nr_targets; i++)
		probe->targets[i] = xstrdup(event->targets[i]);
	probe->nr_targets = event->nr_targets;
	if (event->addresses) {
		probe->addresses = xcalloc(event->nr_targets,
					   sizeof(*probe->addresses));
		memcpy(probe->addresses, event->addresses,
		       event->nr_targets * sizeof(*probe->addresses));
	}
	if (event->places)
		add_places(comp->object, probe, event);
	probe->lenient = event->lenient;
	probe->event_id = event->event_id;
	if (event->provider->gives & GIVES_RETURN)
		probe->maxactive = comp->options.maxactive;
	probe->insns = emit_clause(&comp->checker, clause, comp->object,
				   &probe->nr_insns);
	return probe->insns ? 0 : -1;
}

/* Once more, now that all maps are known; what there is to warn of has been said. */
static int add_probes(struct compilation *comp)
{
	struct clause *clause;
	struct event *event;
	struct unit *unit;

	comp->checker.quiet = true;
	for (unit = comp->units; unit; unit = unit->next)
		for (event = unit->events; event; event = event->next) {
			clause = check_clause(&comp->checker, unit->clause, event);
			if (!clause)
				return -1;
			takes_find(comp->object, clause);
			if (add_probe(comp, clause, event))
				return -1;
		}
	return 0;
}

/*
 * The passes
 */

static int preprocess_text(struct compilation *comp)
{
	if (strlen(comp->text) >= KPS_SOURCE_MAX) {
		diag_error(NULL, "split it", "the program is longer than %u bytes",
			   KPS_SOURCE_MAX - 1);
		return -1;
	}
	comp->preprocessed = preprocess(comp->text, 1, &comp->arena, &comp->defines);
	return comp->preprocessed ? 0 : -1;
}

static void dump_text(struct compilation *comp, FILE *out)
{
	size_t len = strlen(comp->preprocessed);

	fputs(comp->preprocessed, out);
	if (len && comp->preprocessed[len - 1] != '\n')
		fputc('\n', out);
}

static int parse(struct compilation *comp)
{
	struct parse parse = {
		.arena = &comp->arena, .defines = comp->defines, .program = &comp->program,
		.imports = &comp->imports, .file = comp->options.file, .first_line = 1,
	};

	imports_begin(&comp->imports, &comp->arena, comp->options.file, comp->text);
	return parse_file(&parse, comp->preprocessed);
}

static int expand(struct compilation *comp)
{
	return macros_expand(&comp->program, &comp->arena);
}

static void dump_tree(struct compilation *comp, FILE *out)
{
	dump_program(out, &comp->program);
}

static int apply_all(struct compilation *comp)
{
	if (check_map_settings(comp->program.maps))
		return -1;
	return apply_settings(comp->program.settings, &comp->options);
}

static void dump_options(struct compilation *comp, FILE *out)
{
	dump_settings(out, &comp->options);
}

static int declare(struct compilation *comp)
{
	if (ctypes_declare(&comp->ctypes, comp->program.types))
		return -1;
	if (comp->program.clauses)
		return 0;
	diag_error(NULL, "a clause is PROBE /filter/ { actions }",
		   "the program is empty");
	return -1;
}

static void dump_declared(struct compilation *comp, FILE *out)
{
	dump_types(out, &comp->ctypes);
}

static void dump_events(struct compilation *comp, FILE *out)
{
	const struct event *event;
	const struct unit *unit;

	for (unit = comp->units; unit; unit = unit->next)
		for (event = unit->events; event; event = event->next)
			dump_event(out, event);
}

static void dump_learnt(struct compilation *comp, FILE *out)
{
	dump_maps(out, &comp->checker);
}

static void dump_checked(struct compilation *comp, FILE *out)
{
	const struct clause *clause;
	struct event *event;
	struct unit *unit;

	dump_maps(out, &comp->checker);
	comp->checker.quiet = true;
	for (unit = comp->units; unit; unit = unit->next)
		for (event = unit->events; event; event = event->next) {
			clause = check_clause(&comp->checker, unit->clause, event);
			fputc('\n', out);
			dump_event(out, event);
			if (clause)
				dump_clause(out, clause);
		}
}

static int emit(struct compilation *comp)
{
	if (add_maps(comp) || add_probes(comp))
		return -1;
	comp->object->stack_entries = stack_entries(comp);
	comp->object->hides_maps = comp->options.hides_maps;
	comp->object->keeps_mangled = comp->options.keeps_mangled;
	comp->object->max_cat_bytes = comp->options.max_cat_bytes;
	if (comp->options.cut_trailer)
		comp->object->cut_trailer = xstrdup(comp->options.cut_trailer);
	comp->object->source = xstrdup(text_string(&comp->imports.source));
	return 0;
}

static void dump_object(struct compilation *comp, FILE *out)
{
	object_print(out, comp->object);
}

/* In this order. Return of .run: 0, or -1 after an error was reported. */
static const struct pass {
	const char *name;
	int (*run)(struct compilation *comp);
	void (*dump)(struct compilation *comp, FILE *out);
} passes[] = {
	{ "preprocess", preprocess_text, dump_text },
	{ "parse", parse, dump_tree },
	{ "expand", expand, dump_tree },
	{ "settings", apply_all, dump_options },
	{ "declare", declare, dump_declared },
	{ "resolve", resolve_all, dump_events },
	{ "learn", learn_maps, dump_learnt },
	{ "check", check_program, dump_checked },
	{ "emit", emit, dump_object },
};

const char *compile_pass(size_t n)
{
	return n < ARRAY_SIZE(passes) ? passes[n].name : NULL;
}

/* Instead of an object: what a pass has made. */
struct show {
	const char *last;		/* pass to end with; NULL: none, show nothing */
	FILE *out;			/* of its dump; NULL: .tell */
	void (*tell)(struct compilation *comp, const struct show *show);
	/* Of .tell: */
	bool with_fields;
	probe_visit visit;
	struct arena *arena;
	void (*visit_parameter)(const struct named_parameter *parameter, void *data);
	void *data;
};

static void list_events(struct compilation *comp, const struct show *show)
{
	const struct event *event;
	const struct unit *unit;

	for (unit = comp->units; unit; unit = unit->next)
		for (event = unit->events; event; event = event->next)
			event_list(&comp->arena, event, show->with_fields,
				   show->visit, show->data);
}

static void list_parameters(struct compilation *comp, const struct show *show)
{
	parameters_visit(&comp->program, show->arena, show->visit_parameter, show->data);
}

static int run_passes(struct compilation *comp, const struct show *show)
{
	const struct pass *pass;

	for (pass = passes; pass < passes + ARRAY_SIZE(passes); pass++) {
		if (pass->run(comp))
			return -1;
		if (!show->last || strcmp(pass->name, show->last))
			continue;
		if (comp->unresolved)
			return -1;
		if (show->out)
			pass->dump(comp, show->out);
		else
			show->tell(comp, show);
		return 0;
	}
	return 0;
}

static int compile_and_show(const char *text, const struct compile_options *options,
			    struct object *object, const struct show *show)
{
	struct compilation *comp = xcalloc(1, sizeof(*comp));
	struct unit *unit;
	int err;

	*object = (struct object){ 0 };
	comp->options = *options;
	comp->text = text;
	comp->object = object;
	comp->checker.arena = &comp->arena;
	comp->checker.options = &comp->options;
	comp->checker.resolver = &comp->resolver;
	comp->checker.ctypes = &comp->ctypes;
	comp->ctypes.arena = &comp->arena;

	diag_start(options->file, text);
	err = run_passes(comp, show);
	diag_start(options->file, NULL);

	if (err)
		object_free(object);
	for (unit = comp->units; unit; unit = unit->next)
		events_free(unit->events);
	imports_free(&comp->imports);
	resolver_free(&comp->resolver);
	check_end(&comp->checker);
	arena_free(&comp->arena);
	free(comp);
	return err;
}

int compile(const char *text, const struct compile_options *options,
	    struct object *object)
{
	const struct show nothing = { .last = NULL };

	return compile_and_show(text, options, object, &nothing);
}

static int show(const char *text, const struct compile_options *options,
		const struct show *show)
{
	struct object object;
	int err = compile_and_show(text, options, &object, show);

	if (!err)
		object_free(&object);
	return err;
}

int compile_dump(const char *text, const struct compile_options *options,
		 const char *pass, FILE *out)
{
	return show(text, options, &(struct show){ .last = pass, .out = out });
}

int compile_probes(const char *text, const struct compile_options *options,
		   bool with_fields, probe_visit visit, void *data)
{
	return show(text, options, &(struct show){
		.last = "resolve", .tell = list_events,
		.with_fields = with_fields, .visit = visit, .data = data,
	});
}

int compile_parameters(const char *text, const struct compile_options *options,
		       struct arena *arena,
		       void (*visit)(const struct named_parameter *parameter, void *data),
		       void *data)
{
	return show(text, options, &(struct show){
		.last = "parse", .tell = list_parameters,
		.arena = arena, .visit_parameter = visit, .data = data,
	});
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Maps: all uses of one must agree in the keys, their types and what it holds.
 *
 * What is known of a map grows from pass to pass: a clause may read what a
 * later one assigns.
 */
#include <string.h>

#include "call/call.h"

/* NULL if there is none */
static struct map_decl *map_of(struct checker *checker, const char *name)
{
	unsigned int i;

	for (i = 0; i < checker->nr_maps; i++)
		if (!strcmp(checker->maps[i].name, name))
			return &checker->maps[i];
	return NULL;
}

static void first_use(const struct map_decl *map, const char *what)
{
	diag_note(&map->at, NULL, "%s is first used here, %s", map->name, what);
}

static void get_lhist(const struct expr *call, struct kps_lhist *lhist)
{
	const struct expr *min = call->list->next;

	lhist->min = min->value;
	lhist->max = min->next->value;
	lhist->step = min->next->next->value;
}

static int declare(struct checker *checker, const struct expr *map,
		   struct map_decl **decl)
{
	if (strlen(map->text) >= KPS_NAME_MAX) {
		diag_error(&map->at, NULL,
			   "the name of a map has at most %u characters",
			   KPS_NAME_MAX - 1);
		return -1;
	}
	if (checker->nr_maps == KPS_MAX_MAPS) {
		diag_error(&map->at, "split the program",
			   "a program has at most %u maps", KPS_MAX_MAPS);
		return -1;
	}
	*decl = &checker->maps[checker->nr_maps++];
	(*decl)->name = map->text;
	(*decl)->at = map->at;
	(*decl)->kind = KPS_MAP_VALUE;
	checker->changed = true;
	return 0;
}

/* Members of a tuple that lies somewhere, each by itself. */
static struct expr *members_of(struct checker *checker, struct expr *tuple)
{
	struct expr *list = NULL, *member;
	unsigned int i;

	for (i = 0; i < tuple->type.nr_members; i++) {
		member = expr_named(checker->arena, EXPR_FIELD, &tuple->at,
				    arena_printf(checker->arena, "%u", i));
		member->a = tuple;
		list = expr_append(list, member);
	}
	return list;
}

/* Keys of a tuple are the keys one by one: @[(a, b)] has two, and so has @[$t]. */
static int spread_tuple(struct checker *checker, struct expr *map)
{
	struct expr *only = map->list;

	if (!only || only->next)
		return 0;
	if (only->kind == EXPR_TUPLE && !only->list->label) {
		map->list = only->list;
		return 0;
	}
	if (only->kind != EXPR_VARIABLE && only->kind != EXPR_MAP &&
	    only->kind != EXPR_FIELD)
		return 0;
	if (check_expr(checker, only))
		return -1;
	if (only->type.kind == TYPE_TUPLE && !only->type.names_of)
		map->list = members_of(checker, only);
	return 0;
}

static int check_key(struct checker *checker, struct expr *map)
{
	unsigned int size = 0, nr = 0;
	struct expr *key;
	struct type kept;

	if (spread_tuple(checker, map))
		return -1;
	for (key = map->list; key; key = key->next) {
		if (check_expr(checker, key) || require_copied(checker, key, "a key"))
			return -1;
		kept = type_kept(checker, &key->type);
		size += type_size(&kept);
		nr += type_fields(&kept);
	}
	if (nr <= KPS_MAX_KEY_FIELDS && size <= KPS_MAX_KEY_SIZE)
		return 0;
	diag_error(&map->at, "use fewer keys, or shorter strings: str(x, n)",
		   nr > KPS_MAX_KEY_FIELDS ? "a key has at most %u parts" :
					     "a key has at most %u bytes",
		   nr > KPS_MAX_KEY_FIELDS ? KPS_MAX_KEY_FIELDS :
					     KPS_MAX_KEY_SIZE);
	return -1;
}

static int refuse_key(struct checker *checker, const struct map_decl *decl,
		      const struct expr *key, unsigned int n)
{
	diag_error(&key->at, "use another name for the map",
		   "key %u of %s is %s here", n + 1, decl->name,
		   type_name(&key->type));
	first_use(decl, arena_printf(checker->arena, "where it is %s",
				     type_name(&decl->key[n])));
	return -1;
}

static int refuse_nr_keys(struct checker *checker, const struct map_decl *decl,
			  const struct expr *map, unsigned int nr)
{
	diag_error(&map->at, "use another name for the map",
		   "%s has %u key%s here", decl->name, nr, nr == 1 ? "" : "s");
	first_use(decl, arena_printf(checker->arena, "with %u", decl->nr_key));
	return -1;
}

static void learn_key(struct checker *checker, struct map_decl *decl,
		      const struct expr *map)
{
	const struct expr *key;

	/* A key of a type that is not known yet says nothing. */
	for (key = map->list; key; key = key->next)
		if (key->type.kind == TYPE_NONE)
			return;
	for (key = map->list; key; key = key->next)
		decl->key[decl->nr_key++] = type_kept(checker, &key->type);
	decl->is_keyed = true;
	decl->at = map->at;
	checker->changed = true;
}

/* Wider than before: whoever reads the map must hear of it, too. */
static void widen(struct checker *checker, struct type *type, const struct type *kept)
{
	checker->changed |= type_unify(type, kept);
}

static int unify_key(struct checker *checker, struct map_decl *decl,
		     const struct expr *map)
{
	unsigned int i, nr = expr_list_len(map->list);
	const struct expr *key = map->list;
	struct type kept;

	if (!decl->is_keyed) {
		learn_key(checker, decl, map);
		return 0;
	}
	if (nr != decl->nr_key)
		return refuse_nr_keys(checker, decl, map, nr);
	for (i = 0; i < nr; i++, key = key->next) {
		if (key->type.kind == TYPE_NONE)
			continue;
		if (!type_same_kind(&decl->key[i], &key->type))
			return refuse_key(checker, decl, key, i);
		kept = type_kept(checker, &key->type);
		widen(checker, &decl->key[i], &kept);
	}
	return 0;
}

int check_map_target(struct checker *checker, struct expr *map,
		     struct map_decl **decl)
{
	*decl = map_of(checker, map->text);
	if (check_key(checker, map))
		return -1;
	if (!*decl && declare(checker, map, decl))
		return -1;
	map->map = *decl - checker->maps;
	return unify_key(checker, *decl, map);
}

static bool is_assigned(const struct map_decl *decl)
{
	return decl->kind != KPS_MAP_VALUE || decl->value.kind != TYPE_NONE;
}

static int refuse_kind(const struct map_decl *decl, const struct span *at,
		       enum kps_map_kind kind)
{
	diag_error(at, "use another name for the map", "%s is assigned %s here",
		   decl->name, map_kind_name(kind));
	first_use(decl, map_kind_name(decl->kind));
	return -1;
}

int check_map_aggregate(struct checker *checker, struct expr *map,
			const struct expr *call)
{
	struct kps_lhist lhist = { 0 };
	unsigned int bits = 0;
	struct map_decl *decl;

	if (check_map_target(checker, map, &decl))
		return -1;
	if (call->function->kind == KPS_MAP_LHIST)
		get_lhist(call, &lhist);
	if (call->function->kind == KPS_MAP_HIST && call->list->next)
		bits = call->list->next->value;
	if (!is_assigned(decl)) {
		decl->kind = call->function->kind;
		decl->is_signed = call->list && call->list->type.is_signed;
		decl->lhist = lhist;
		decl->bits = bits;
		checker->changed = true;
	}
	/* As of a variable that all of these are assigned to; a number counts as signed. */
	if (call->list && call->list->type.is_signed && !decl->is_signed) {
		decl->is_signed = true;
		checker->changed = true;
	}
	if (decl->kind != call->function->kind)
		return refuse_kind(decl, &call->at, call->function->kind);
	if (!memcmp(&lhist, &decl->lhist, sizeof(lhist)) && bits == decl->bits)
		return 0;
	diag_error(&call->at, "use another name for the map",
		   "%s has other buckets here", decl->name);
	first_use(decl, decl->kind == KPS_MAP_HIST ? "as another hist()" :
						     "as another lhist()");
	return -1;
}

/* Where there is one value there is room for all of it. */
static struct type value_kept(struct checker *checker, const struct expr *map,
			      const struct type *type)
{
	return map->list || type->kind != TYPE_STR ? type_kept(checker, type) :
						     type_copy(checker, type);
}

int check_map_assign(struct checker *checker, struct expr *map,
		     const struct type *type)
{
	struct map_decl *decl;
	struct type kept;

	if (check_map_target(checker, map, &decl))
		return -1;
	if (type->kind == TYPE_NONE)
		return 0;
	if (decl->kind != KPS_MAP_VALUE)
		return refuse_kind(decl, &map->at, KPS_MAP_VALUE);
	kept = value_kept(checker, map, type);
	if (decl->value.kind == TYPE_NONE) {
		decl->value = kept;
		checker->changed = true;
	}
	if (!type_same_kind(&decl->value, type)) {
		diag_error(&map->at, "use another name for the map",
			   "%s is assigned %s here", decl->name,
			   type_name(type));
		first_use(decl, type_name(&decl->value));
		return -1;
	}
	widen(checker, &decl->value, &kept);
	map->type = decl->value;
	return 0;
}

static int refuse_unassigned(struct checker *checker, const struct expr *map)
{
	if (!is_first_failure(checker, map->text))
		return -1;
	diag_error(&map->at, "assign it in some probe: @name = value",
		   "%s is never assigned", map->text);
	return -1;
}

/* Histograms and stats() are no number. */
static bool is_number_kind(enum kps_map_kind kind)
{
	return kind != KPS_MAP_STATS && kind != KPS_MAP_HIST && kind != KPS_MAP_LHIST;
}

/* What all CPUs together have: a look into each one's table. */
static int check_sum(struct checker *checker, struct expr *map,
		     const struct map_decl *decl)
{
	if (is_number_kind(decl->kind)) {
		set_int(map, decl->kind != KPS_MAP_COUNT && decl->is_signed);
		return 0;
	}
	if (checker->learning)
		return 0;
	diag_error(&map->at, "print(@map) shows it; count(), sum(), min(), max() and avg() are numbers",
		   "%s holds %s, which is not one number", decl->name,
		   map_kind_name(decl->kind));
	return -1;
}

int check_map_read(struct checker *checker, struct expr *map)
{
	struct map_decl *decl;

	if (check_map_target(checker, map, &decl))
		return -1;
	set_kind(map, TYPE_NONE);
	map->is_sum = decl->kind != KPS_MAP_VALUE;
	if (map->is_sum)
		return check_sum(checker, map, decl);
	if (decl->value.kind == TYPE_NONE && !checker->learning)
		return refuse_unassigned(checker, map);
	map->type = decl->value;
	return 0;
}

int check_map_name(struct checker *checker, struct expr *map)
{
	struct map_decl *decl = map_of(checker, map->text);

	if (!decl && declare(checker, map, &decl))
		return -1;
	map->map = decl - checker->maps;
	if (is_assigned(decl) || checker->learning)
		return 0;
	return refuse_unassigned(checker, map);
}

/* A key of several parts is a tuple of them. */
static struct type key_type(const struct map_decl *decl)
{
	if (decl->nr_key == 1)
		return decl->key[0];
	return (struct type){ .kind = TYPE_TUPLE, .nr_members = decl->nr_key,
			      .members = decl->key };
}

static struct type value_type(const struct map_decl *decl)
{
	if (decl->kind == KPS_MAP_VALUE)
		return decl->value;
	return (struct type){
		.kind = TYPE_INT,
		.is_signed = decl->kind != KPS_MAP_COUNT && decl->is_signed,
	};
}

static int refuse_each(const struct expr *map, const struct map_decl *decl)
{
	if (is_number_kind(decl->kind))
		diag_error(&map->at, "read it: $x = @name", "%s has no keys for a loop to go through",
			   decl->name);
	else
		diag_error(&map->at, "print(@map) shows it", "%s holds %s, which a loop cannot go through",
			   decl->name, map_kind_name(decl->kind));
	return -1;
}

int check_map_each(struct checker *checker, struct expr *map, struct type *entry)
{
	const struct map_decl *decl;
	struct type pair[2];

	set_kind(map, TYPE_NONE);
	*entry = map->type;
	if (check_map_name(checker, map))
		return -1;
	decl = &checker->maps[map->map];
	if (!decl->nr_key || !is_assigned(decl) || !is_number_kind(decl->kind))
		return checker->learning ? 0 : refuse_each(map, decl);
	pair[0] = key_type(decl);
	pair[1] = value_type(decl);
	*entry = (struct type){ .kind = TYPE_TUPLE, .nr_members = 2, .members = pair };
	*entry = type_copy(checker, entry);
	return 0;
}

int check_maps(const struct checker *checker)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < checker->nr_maps; i++) {
		const struct map_decl *decl = &checker->maps[i];

		if (is_assigned(decl))
			continue;
		diag_error(&decl->at, "assign it in some probe: @name = value",
			   "%s is never assigned", decl->name);
		err = -1;
	}
	return err;
}

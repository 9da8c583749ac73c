/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the compiler hands to the netlink client: a program ready to be loaded.
 * Nothing here knows the language, nothing here knows netlink.
 */
#ifndef KPCTL_OBJECT_H
#define KPCTL_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <linux/kpstat.h>

#include "kernel/enum_table.h"

struct object_map {
	char name[KPS_NAME_MAX];	/* with its '@' */
	enum kps_map_kind kind;
	unsigned int max_entries;
	unsigned int flags;		/* KPS_MAP_F_* */
	unsigned int nr_key;		/* 0: no key */
	struct kps_field key[KPS_MAX_KEY_FIELDS];
	unsigned int nr_value;		/* several: a tuple */
	struct kps_field value[KPS_MAX_VALUE_FIELDS];
	struct kps_lhist lhist;
	unsigned int bits;		/* of a HIST */
	char *key_shape, *value_shape;	/* see shape.h; or NULL */
};

extern const char * const map_kind_names[__KPS_MAP_KIND_NR];

/* What kpctl does when a record of an output comes. */
enum action {
	ACTION_PRINTF,		/* .format, .fields */
	ACTION_PRINT_VALUE,	/* .fields: one, or those of a tuple */
	ACTION_JOIN,		/* .format: the separator; .fields: one KPS_T_JOIN */
	ACTION_CAT,		/* .format and .fields: a file's name */
	ACTION_SYSTEM,		/* .format and .fields: a command */
	ACTION_TIME,		/* .format: strftime()'s */
	ACTION_PRINT_MAP,	/* .map, .top, .div */
	ACTION_CLEAR,		/* .map */
	ACTION_ZERO,		/* .map */
	ACTION_EXIT,		/* .fields: its status, or none */
	ACTION_ERRORF,		/* like PRINTF, to stderr, behind its place in the text */
	ACTION_WARNF,
	ACTION_RUNTIME,		/* the same, of what the program did not write */
};

struct object_output {
	enum action action;
	char *format;
	unsigned int map;
	unsigned long top;		/* 0: all */
	unsigned long div;		/* 0: none */
	unsigned int take;		/* KPS_F_RESET, _ZERO: empty it, too */
	bool at_end;			/* system(), clear() or zero() of END */
	struct kps_field *fields;
	size_t nr_fields;
	char *shape;			/* of the fields, see shape.h; or NULL */
};

/* Code in a file of user space. */
struct object_place {
	unsigned int file;		/* its number in the object */
	unsigned long long offset;
	unsigned long long counter;	/* in the file, or 0: see struct kps_place */
};

struct object_probe {
	char *name;			/* as the user wrote it */
	char *provider;
	char **targets;			/* resolved, see KPS_PROBE_A_TARGET */
	unsigned long long *addresses;	/* of each, or NULL; only saves time */
	struct object_place *places;	/* of each, or NULL: targets say all */
	size_t nr_targets;
	bool lenient;			/* came from a glob */
	unsigned int event_id;		/* tracepoint */
	unsigned int maxactive;		/* kretprobe; 0: the module's default */
	struct bpf_insn *insns;
	size_t nr_insns;
};

/* What a loop repeats. */
struct object_block {
	struct bpf_insn *insns;
	size_t nr_insns;
};

struct object {
	char *source;
	struct enum_table *enums;
	size_t nr_enums;
	struct object_map *maps;
	size_t nr_maps;
	struct object_output *outputs;
	size_t nr_outputs;
	struct object_block *blocks;
	size_t nr_blocks;
	struct object_probe *probes;
	size_t nr_probes;
	int *files;			/* open, see struct object_place */
	size_t nr_files;
	bool takes_stacks;
	bool hides_maps;		/* run does not print them at its end */
	bool has_large_outputs;		/* whose strings may be longer than a record, together */
	bool keeps_mangled;		/* run prints names of C++ as the linker has them */
	unsigned int max_cat_bytes;	/* of a file that cat() shows; 0: 10240 */
	char *cut_trailer;		/* run prints it behind strings that were cut; NULL: ".." */
	unsigned int stack_entries;	/* 0: no clause takes a stack */
};

void object_free(struct object *object);

/*
 * The flags of a reading that does to @map what @action does behind print(): clear() or
 * zero(). 0: none does.
 */
unsigned int object_take(const struct object_map *map, enum action action);

/* Without the blocks from number @nr on. */
void object_drop_blocks(struct object *object, size_t nr);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `args` has in a probe: the fields of an event's record.  A tracepoint's
 * come from its format file (tracefs.c); those of kernel-side providers are
 * asked of the module, which lib/ does; those of a function from its prototype.
 */
#ifndef KPCTL_EVENT_FIELDS_H
#define KPCTL_EVENT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/kpstat.h>

#include "enum_table.h"
#include "ktypes/ktypes.h"

enum field_class {
	FIELD_PLAIN,		/* as .type says */
	FIELD_STRING,		/* char[size] in the record */
	FIELD_DATA_LOC,		/* string; a __data_loc word at offset */
	FIELD_BYTES,		/* u8[size]: an address for ntop() */
	FIELD_LOC,		/* other bytes that a __data_loc word at offset tells of */
	FIELD_REL_LOC,		/* the same from behind the word, __rel_loc */
	FIELD_WORD,		/* a word of struct kps_frame, at .offset: an argument */
	FIELD_OPAQUE,		/* neither; cannot be used */
};

struct event_field {
	char *name;
	unsigned int offset;	/* in the record */
	unsigned int size;
	enum field_class class;
	enum kps_type type;	/* _INT, _ENUM: a number; _INET: 24 bytes, as in a key */
	bool is_signed;
	struct enum_table names; /* KPS_T_ENUM; empty: none */
	char *declared;		/* C declaration, for people; or NULL */
	const struct ktypes *kernel; /* FIELD_WORD: where its type is, */
	ktype_id ktype;		/* and which it is */
};

struct event_fields {
	struct event_field *fields;
	size_t nr;
};

/**
 * provider_event_fields() - the fields of an event of a kernel-side provider
 * @event: such as "conntrack:new"
 * @out: filled on success; release with event_fields_free()
 *
 * Implemented by lib/, which asks the module with KPS_CMD_EVENTS.
 *
 * Return: 0; -ENOENT if the module has no such event, -ENODEV if the module is
 * not loaded, or another negative errno.
 */
int provider_event_fields(const char *event, struct event_fields *out);

/* Members that are NULL are fine; all others are from malloc(). */
void event_fields_free(struct event_fields *fields);

/* Whether the record has but a word that says where, and how long, it is. */
bool event_field_is_loc(const struct event_field *field);

const struct event_field *event_field_find(const struct event_fields *fields,
					   const char *name);

#endif

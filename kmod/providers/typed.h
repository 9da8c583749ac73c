/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handlers of kpstat's own for events that come often; see typed.c.
 */
#ifndef KPS_PROVIDERS_TYPED_H
#define KPS_PROVIDERS_TYPED_H

#include <linux/trace_events.h>
#include <linux/types.h>

/* Bytes at the beginning of every event's record. */
#define KPS_RECORD_COMMON sizeof(struct trace_entry)

/** struct kps_typed_field - where a field is in the record, as in its format file */
struct kps_typed_field {
	const char *name;
	u16 offset;
	u16 size;
};

/**
 * struct kps_typed - an event of the kernel's
 * @system: as under tracefs
 * @name: of the event, and of its tracepoint; NULL: this kernel does not have it
 * @fields: of its record, in their order, and one without a name
 * @fired: to be called by the tracepoint, with a struct kps_site
 * @fired_with_regs: instead, for clauses that look at registers or stacks
 */
struct kps_typed {
	const char *system;
	const char *name;
	const struct kps_typed_field *(*fields)(void);
	void *fired;
	void *fired_with_regs;
};

const struct kps_typed *kps_typed_find(const char *target);
bool kps_typed_fits(const struct kps_typed *typed);

#endif

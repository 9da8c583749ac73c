/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events that only kpstat.ko has, and so has to describe.
 */
#ifndef KPS_EVENT_H
#define KPS_EVENT_H

#include <linux/kpstat.h>
#include <linux/types.h>

/**
 * struct kps_event_field - one args.NAME of a provider's record
 * @type: KPS_T_INT, KPS_T_INET, KPS_T_ENUM
 * @events: that have it: BIT() of their numbers among those of the provider
 * @names: of KPS_T_ENUM, by value, ended by NULL name
 */
struct kps_event_field {
	const char *name;
	u32 offset;
	u32 size;
	u32 type;
	u32 events;
	const struct kps_event_name {
		s64 value;
		const char *name;
	} *names;
};

/**
 * struct kps_event - one event of a provider
 * @name: as the target of its probes
 * @fields: of the provider's record
 */
struct kps_event {
	const char *name;
	const struct kps_event_field *fields;
	u32 nr_fields;
};

#endif

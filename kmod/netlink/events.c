// SPDX-License-Identifier: GPL-2.0
/*
 * EVENTS: what providers describe.
 */
#include <net/genetlink.h>

#include "kpstat.h"
#include "netlink/netlink.h"

int kps_events_start(struct netlink_callback *cb)
{
	struct nlattr *tb[KPS_A_MAX + 1];

	return kps_dump_begin(cb, tb, false) ? 0 : -ENOMEM;
}

static int put_names(struct sk_buff *msg, const struct kps_event_name *name)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_RFIELD_A_ENUM);

	if (!nest)
		return -EMSGSIZE;
	for (; name->name; name++)
		if (nla_put_s64(msg, KPS_ENUM_A_VALUE, name->value,
				KPS_ENUM_A_PAD) ||
		    nla_put_string(msg, KPS_ENUM_A_NAME, name->name))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_record_field(struct sk_buff *msg,
			    const struct kps_event_field *field)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_EVENT_A_FIELD);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(msg, KPS_RFIELD_A_NAME, field->name) ||
	    nla_put_u32(msg, KPS_RFIELD_A_OFFSET, field->offset) ||
	    nla_put_u32(msg, KPS_RFIELD_A_SIZE, field->size) ||
	    nla_put_u32(msg, KPS_RFIELD_A_TYPE, field->type) ||
	    (field->names && put_names(msg, field->names)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_event(struct sk_buff *msg, const struct kps_provider *provider,
		     const struct kps_event *event)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_EVENT);
	char name[64];
	u32 i;

	if (!nest)
		return -EMSGSIZE;
	scnprintf(name, sizeof(name), "%s:%s", provider->name, event->name);
	if (nla_put_string(msg, KPS_EVENT_A_NAME, name))
		return -EMSGSIZE;
	for (i = 0; i < event->nr_fields; i++)
		if (event->fields[i].events & BIT(event - provider->events) &&
		    put_record_field(msg, &event->fields[i]))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Where the cursor is: a provider in step, its event in index. NULL: at the end. */
static const struct kps_provider *provider_at(struct kps_cursor *cursor)
{
	const struct kps_provider *provider;

	while ((provider = kps_providers[cursor->step]) &&
	       cursor->index >= provider->nr_events) {
		cursor->step++;
		cursor->index = 0;
	}
	return provider;
}

static int events_step(struct sk_buff *msg, struct kps_cursor *cursor)
{
	const struct kps_provider *provider = provider_at(cursor);
	int err = put_event(msg, provider, &provider->events[cursor->index]);

	if (!err)
		cursor->index++;
	return err;
}

static int events_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct kps_cursor *cursor = kps_cursor_of(cb);

	while (provider_at(cursor) && kps_put_one(msg, cb, KPS_CMD_EVENTS, events_step))
		;
	return provider_at(cursor) != NULL;
}
DEFINE_DUMP(events);

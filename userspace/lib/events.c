// SPDX-License-Identifier: GPL-2.0
/* The fields of events that the module itself provides, for the compiler. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/attr.h>

#include "base/xalloc.h"
#include "client.h"
#include "kernel/event_fields.h"

struct search {
	const char *event;
	struct event_fields *out;
	bool found;
};

static void parse_names(struct nlattr *nest, struct enum_table *table)
{
	struct nlattr *attr;
	long long value = 0;
	int rem;

	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) == KPS_ENUM_A_VALUE)
			value = nla_get_s64(attr);
		else if (nla_type(attr) == KPS_ENUM_A_NAME)
			enum_table_add(table, value, nla_strdup(attr));
	}
}

static void parse_field(struct nlattr *nest, struct event_field *field)
{
	struct nlattr *attrs[KPS_RFIELD_A_MAX + 1];

	if (nla_parse_nested(attrs, KPS_RFIELD_A_MAX, nest, NULL) ||
	    !attrs[KPS_RFIELD_A_NAME] || !attrs[KPS_RFIELD_A_OFFSET] ||
	    !attrs[KPS_RFIELD_A_SIZE] || !attrs[KPS_RFIELD_A_TYPE])
		return;
	field->name = nla_strdup(attrs[KPS_RFIELD_A_NAME]);
	field->offset = nla_get_u32(attrs[KPS_RFIELD_A_OFFSET]);
	field->size = nla_get_u32(attrs[KPS_RFIELD_A_SIZE]);
	field->class = FIELD_PLAIN;
	field->type = nla_get_u32(attrs[KPS_RFIELD_A_TYPE]);
	field->is_signed = attrs[KPS_RFIELD_A_SIGNED];
	if (attrs[KPS_RFIELD_A_ENUM])
		parse_names(attrs[KPS_RFIELD_A_ENUM], &field->names);
}

static void parse_fields(struct nlattr *nest, struct event_fields *out)
{
	struct nlattr *attr;
	int rem;

	nla_for_each_nested(attr, nest, rem) {
		struct event_field *field;

		if (nla_type(attr) != KPS_EVENT_A_FIELD)
			continue;
		field = APPEND(out->fields, out->nr);
		parse_field(attr, field);
		if (!field->name)
			out->nr--;
	}
}

static void visit_event(struct nlattr **attrs, struct nlmsghdr *header,
			void *data)
{
	struct nlattr *event[KPS_EVENT_A_MAX + 1];
	struct search *search = data;

	(void)header;
	if (!attrs[KPS_A_EVENT] ||
	    nla_parse_nested(event, KPS_EVENT_A_MAX, attrs[KPS_A_EVENT], NULL) ||
	    !event[KPS_EVENT_A_NAME] ||
	    strcmp(nla_get_string(event[KPS_EVENT_A_NAME]), search->event))
		return;
	search->found = true;
	parse_fields(attrs[KPS_A_EVENT], search->out);
}

int provider_event_fields(const char *event, struct event_fields *out)
{
	struct search search = { .event = event, .out = out };
	struct client *client = client_open_quietly();
	const char *why;
	int err;

	*out = (struct event_fields){ 0 };
	if (!client)
		return -ENODEV;
	err = client_try(client,
			 client_message(client, KPS_CMD_EVENTS, NLM_F_DUMP, 0),
			 visit_event, &search, &why);
	client_close(client);
	if (err)
		return err;
	return search.found ? 0 : -ENOENT;
}

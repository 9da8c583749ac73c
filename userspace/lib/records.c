// SPDX-License-Identifier: GPL-2.0
/*
 * Records are many: one structure serves them all, and their texts stay where
 * the message has them.
 */
#include <linux/genetlink.h>
#include <netlink/attr.h>

#include "client.h"
#include "records.h"

struct reading {
	record_visit visit;
	void *data;
	struct records_answer answer;
	struct record record;
};

static void parse_attribute(struct nlattr *attr, struct record *record)
{
	switch (nla_type(attr)) {
	case KPS_ENTRY_A_OUTPUT:
		record->output = nla_get_u32(attr);
		break;
	case KPS_ENTRY_A_TIME:
		record->time = nla_get_u64(attr);
		break;
	default:
		if (record->nr_fields < KPS_MAX_OUTPUT_FIELDS)
			record->nr_fields += datum_get(attr,
						       &record->fields[record->nr_fields]);
	}
}

static void parse_record(struct nlattr *nest, struct reading *reading)
{
	struct record *record = &reading->record;
	struct nlattr *attr;
	int rem;

	record->output = 0;
	record->time = 0;
	record->nr_fields = 0;
	nla_for_each_nested(attr, nest, rem)
		parse_attribute(attr, record);
	reading->answer.nr++;
	reading->visit(record, reading->data);
}

static void visit_records(struct nlattr **attrs, struct nlmsghdr *header,
			  void *data)
{
	struct reading *reading = data;
	struct nlattr *attr;
	int rem;

	if (attrs[KPS_A_LOST])
		reading->answer.lost = nla_get_u64(attrs[KPS_A_LOST]);
	nlmsg_for_each_attr(attr, header, GENL_HDRLEN, rem)
		if (nla_type(attr) == KPS_A_RECORD)
			parse_record(attr, reading);
}

int records_get(struct client *client, const char *name, record_visit visit,
		void *data, struct records_answer *answer)
{
	struct nl_msg *msg = client_message(client, KPS_CMD_OUTPUT, NLM_F_DUMP,
					    256);
	struct reading reading = { .visit = visit, .data = data };
	int err;

	nla_put_string(msg, KPS_A_NAME, name);
	err = client_transact(client, msg, visit_records, &reading);
	if (answer)
		*answer = reading.answer;
	return err;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "raw.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static struct nl_sock *sock;
static int family;
/* An answer was lost, and may come later: the next request is made elsewhere. */
static bool out_of_step;
static int tests, broken;

static void give_up(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

void plan(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

int finish(void)
{
	printf("1..%d\n", tests);
	return broken ? 1 : 0;
}

void check(bool good, const char *fmt, ...)
{
	va_list args;

	if (!good)
		broken++;
	printf("%sok %d - ", good ? "" : "not ", ++tests);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

void raw_open(void)
{
	int on = 1, size = 4 << 20;

	out_of_step = false;
	sock = nl_socket_alloc();
	if (!sock || genl_connect(sock))
		give_up("no generic netlink socket");
	family = genl_ctrl_resolve(sock, KPS_GENL_NAME);
	if (family < 0)
		give_up("kpstat.ko is not loaded");
	setsockopt(raw_fd(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(raw_fd(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(raw_fd(), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(raw_fd(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	nl_socket_enable_msg_peek(sock);
	nl_socket_disable_seq_check(sock);
}

void raw_lose_step(void)
{
	out_of_step = true;
}

int raw_family(void)
{
	return family;
}

int raw_fd(void)
{
	return nl_socket_get_fd(sock);
}

struct nl_msg *raw_begin(int command, int flags, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_size(size + 256);

	if (out_of_step) {
		nl_socket_free(sock);
		raw_open();
	}

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
				 NLM_F_REQUEST | NLM_F_ACK | flags, command, 1))
		give_up("no memory for a message");
	return msg;
}

struct nl_msg *raw_begin_load(const char *name, size_t size)
{
	struct nl_msg *msg = raw_begin(KPS_CMD_LOAD, 0, size);

	nla_put_string(msg, KPS_A_NAME, name);
	nla_put_string(msg, KPS_A_SOURCE, "raw");
	return msg;
}

void raw_put_map(struct nl_msg *msg, const char *name, enum kps_map_kind kind,
		 unsigned int nr_key, unsigned int max_entries)
{
	raw_put_flagged_map(msg, name, kind, nr_key, max_entries, 0);
}

void raw_put_flagged_map(struct nl_msg *msg, const char *name, enum kps_map_kind kind,
			 unsigned int nr_key, unsigned int max_entries,
			 unsigned int flags)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_MAP);
	struct kps_field field = { .type = KPS_T_INT, .size = 8,
				   .flags = KPS_FIELD_SIGNED };
	struct kps_field key[KPS_MAX_KEY_FIELDS];
	unsigned int i;

	for (i = 0; i < nr_key; i++)
		key[i] = field;
	nla_put_string(msg, KPS_MAP_A_NAME, name);
	nla_put_u32(msg, KPS_MAP_A_KIND, kind);
	nla_put_u32(msg, KPS_MAP_A_MAX_ENTRIES, max_entries);
	nla_put_u32(msg, KPS_MAP_A_FLAGS, flags);
	if (nr_key)
		nla_put(msg, KPS_MAP_A_KEY, nr_key * sizeof(field), key);
	nla_put(msg, KPS_MAP_A_VALUE, sizeof(field), &field);
	nla_nest_end(msg, nest);
}

void raw_put_output(struct nl_msg *msg, const struct kps_field *fields,
		    unsigned int nr)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_OUTPUT);

	if (nr)
		nla_put(msg, KPS_OUTPUT_A_FIELDS, nr * sizeof(*fields), fields);
	nla_nest_end_keep_empty(msg, nest);
}

/*
 * By kprobes: these tests load and unload thousands of programs, and an ops of
 * ftrace goes only when every task has been seen to leave it.
 */
void raw_put_probe(struct nl_msg *msg, const char *provider, const char *target,
		   const struct bpf_insn *insns, size_t nr)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_PROBE);

	nla_put_string(msg, KPS_PROBE_A_NAME, target);
	nla_put_string(msg, KPS_PROBE_A_PROVIDER, provider);
	nla_put_string(msg, KPS_PROBE_A_TARGET, target);
	nla_put_u32(msg, KPS_PROBE_A_FLAGS, KPS_PROBE_F_KPROBE);
	nla_put(msg, KPS_PROBE_A_INSNS, nr * sizeof(*insns), insns);
	nla_nest_end(msg, nest);
}

void raw_put_block(struct nl_msg *msg, const struct bpf_insn *insns, size_t nr)
{
	nla_put(msg, KPS_A_BLOCK, nr * sizeof(*insns), insns);
}

struct answer {
	int err;
	bool done;
	char *why;
	void (*visit)(struct nlattr **attrs, struct nlmsghdr *header,
		      void *data);
	void *data;
};

/* The sentence stands @skip bytes into the message. */
static void keep_sentence(struct nlmsghdr *header, size_t skip, char *why)
{
	struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1];

	if (header->nlmsg_flags & NLM_F_ACK_TLVS &&
	    header->nlmsg_len > skip &&
	    !nla_parse(attrs, NLMSGERR_ATTR_MAX,
		       (void *)((char *)header + skip),
		       header->nlmsg_len - skip, NULL) &&
	    attrs[NLMSGERR_ATTR_MSG])
		nla_strlcpy(why, attrs[NLMSGERR_ATTR_MSG], WHY_MAX);
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *data)
{
	struct nlmsghdr *header = (void *)((char *)err - NLMSG_HDRLEN);
	struct answer *answer = data;

	(void)from;
	answer->err = err->error;
	answer->done = true;
	keep_sentence(header, NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(*err)),
		      answer->why);
	return NL_STOP;
}

static int on_end(struct nl_msg *msg, void *data)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct answer *answer = data;

	if (header->nlmsg_type == NLMSG_DONE &&
	    header->nlmsg_len >= NLMSG_HDRLEN + sizeof(int)) {
		answer->err = *(int *)nlmsg_data(header);
		keep_sentence(header, NLMSG_HDRLEN + sizeof(int), answer->why);
	}
	answer->done = true;
	return NL_STOP;
}

static int on_message(struct nl_msg *msg, void *data)
{
	struct nlattr *attrs[KPS_A_MAX + 1];
	struct answer *answer = data;

	if (answer->visit &&
	    !genlmsg_parse(nlmsg_hdr(msg), 0, attrs, KPS_A_MAX, NULL))
		answer->visit(attrs, nlmsg_hdr(msg), answer->data);
	return NL_OK;
}

static int transact(struct nl_msg *msg, struct answer *answer)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_CUSTOM);
	int err;

	answer->why[0] = '\0';
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, answer);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, answer);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, answer);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, answer);
	err = nl_send_auto(sock, msg);
	while (err >= 0 && !answer->done)
		err = nl_recvmsgs(sock, cb);
	nl_cb_put(cb);
	nlmsg_free(msg);
	out_of_step = !answer->done;
	return answer->done ? answer->err : -EIO;
}

int raw_send(struct nl_msg *msg, char *why)
{
	struct answer answer = { .why = why };

	return transact(msg, &answer);
}

int raw_command(int command, const char *name)
{
	struct nl_msg *msg = raw_begin(command, 0, 128);
	char why[WHY_MAX];

	nla_put_string(msg, KPS_A_NAME, name);
	return raw_send(msg, why);
}

struct reading {
	struct raw_entry *entries;
	int nr;
	int max;
};

static void parse_entry(struct nlattr *nest, struct raw_entry *entry)
{
	struct nlattr *attrs[KPS_ENTRY_A_MAX + 1], *attr;
	int rem;

	memset(entry, 0, sizeof(*entry));
	if (nla_parse_nested(attrs, KPS_ENTRY_A_MAX, nest, NULL))
		return;
	if (attrs[KPS_ENTRY_A_KEY])
		nla_for_each_nested(attr, attrs[KPS_ENTRY_A_KEY], rem)
			if (nla_type(attr) == KPS_ENTRY_A_INT)
				entry->key[entry->nr_key++] = nla_get_u64(attr);
	if (attrs[KPS_ENTRY_A_PLAIN])
		nla_for_each_nested(attr, attrs[KPS_ENTRY_A_PLAIN], rem)
			if (nla_type(attr) == KPS_ENTRY_A_INT)
				entry->values[entry->nr_values++] =
					nla_get_u64(attr);
	if (attrs[KPS_ENTRY_A_VALUE]) {
		entry->nr_values = nla_len(attrs[KPS_ENTRY_A_VALUE]) / 8;
		nla_memcpy(entry->values, attrs[KPS_ENTRY_A_VALUE],
			   sizeof(entry->values));
	}
}

static void visit_read(struct nlattr **attrs, struct nlmsghdr *header,
		       void *data)
{
	struct reading *reading = data;
	struct nlattr *attr;
	int rem;

	(void)attrs;
	nlmsg_for_each_attr(attr, header, GENL_HDRLEN, rem)
		if (nla_type(attr) == KPS_A_ENTRY && reading->nr < reading->max)
			parse_entry(attr, &reading->entries[reading->nr++]);
}

static char why_not_read[WHY_MAX];

const char *raw_why_not_read(void)
{
	return why_not_read;
}

int raw_read(const char *name, const char *map, bool reset,
	     struct raw_entry *entries, int max)
{
	struct nl_msg *msg = raw_begin(KPS_CMD_READ, NLM_F_DUMP, 256);
	struct reading reading = { .entries = entries, .max = max };
	struct answer answer = { .why = why_not_read, .visit = visit_read,
				 .data = &reading };
	int err;

	nla_put_string(msg, KPS_A_NAME, name);
	nla_put_string(msg, KPS_A_MAP_NAME, map);
	if (reset)
		nla_put_u32(msg, KPS_A_FLAGS, KPS_F_RESET);
	err = transact(msg, &answer);
	return err ? err : reading.nr;
}

struct taking {
	struct raw_record *records;
	int nr;
	int max;
	int nr_lost;		/* how often it was told */
	unsigned long long lost;
};

/* How many there are as the number, and they as the text: tests send none with a NUL. */
static void parse_bytes(struct nlattr *attr, struct raw_record *record)
{
	int len = nla_len(attr);

	record->number[record->nr] = len;
	if (len < (int)sizeof(record->text[0]))
		memcpy(record->text[record->nr], nla_data(attr), len);
	record->nr++;
}

/* The number, and its name behind it. */
static void parse_named(struct nlattr *attr, struct raw_record *record)
{
	unsigned long long number = 0;

	if (nla_len(attr) > (int)sizeof(number)) {
		memcpy(&number, nla_data(attr), sizeof(number));
		snprintf(record->text[record->nr], sizeof(record->text[0]), "%s",
			 (char *)nla_data(attr) + sizeof(number));
	}
	record->number[record->nr++] = number;
}

static void parse_record(struct nlattr *nest, struct raw_record *record)
{
	struct nlattr *attr;
	int rem;

	memset(record, 0, sizeof(*record));
	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) == KPS_ENTRY_A_OUTPUT)
			record->output = nla_get_u32(attr);
		if (nla_type(attr) == KPS_ENTRY_A_TIME)
			record->time = nla_get_u64(attr);
		if (record->nr == 4)
			continue;
		if (nla_type(attr) == KPS_ENTRY_A_INT)
			record->number[record->nr++] = nla_get_u64(attr);
		if (nla_type(attr) == KPS_ENTRY_A_STR)
			nla_strlcpy(record->text[record->nr++], attr,
				    sizeof(record->text[0]));
		if (nla_type(attr) == KPS_ENTRY_A_BYTES)
			parse_bytes(attr, record);
		if (nla_type(attr) == KPS_ENTRY_A_NAMED)
			parse_named(attr, record);
	}
}

static void visit_output(struct nlattr **attrs, struct nlmsghdr *header,
			 void *data)
{
	struct taking *taking = data;
	struct nlattr *attr;
	int rem;

	if (attrs[KPS_A_LOST]) {
		taking->lost = nla_get_u64(attrs[KPS_A_LOST]);
		taking->nr_lost++;
	}
	nlmsg_for_each_attr(attr, header, GENL_HDRLEN, rem) {
		if (nla_type(attr) != KPS_A_RECORD)
			continue;
		if (taking->nr < taking->max)
			parse_record(attr, &taking->records[taking->nr]);
		taking->nr++;
	}
}

int raw_output(const char *name, struct raw_record *records, int max,
	       unsigned long long *lost)
{
	struct nl_msg *msg = raw_begin(KPS_CMD_OUTPUT, NLM_F_DUMP, 128);
	struct taking taking = { .records = records, .max = max };
	char why[WHY_MAX];
	struct answer answer = { .why = why, .visit = visit_output,
				 .data = &taking };
	int err;

	nla_put_string(msg, KPS_A_NAME, name);
	err = transact(msg, &answer);
	if (err)
		return err;
	if (taking.nr_lost != 1)
		return -EBADMSG;
	if (lost)
		*lost = taking.lost;
	return taking.nr;
}

int raw_reset(const char *name, const char *map, unsigned int flags)
{
	struct nl_msg *msg = raw_begin(KPS_CMD_RESET, 0, 256);
	char why[WHY_MAX];

	nla_put_string(msg, KPS_A_NAME, name);
	if (map)
		nla_put_string(msg, KPS_A_MAP_NAME, map);
	if (flags)
		nla_put_u32(msg, KPS_A_FLAGS, flags);
	return raw_send(msg, why);
}

static void visit_ledger(struct nlattr **attrs, struct nlmsghdr *header,
			 void *data)
{
	(void)header;
	if (attrs[KPS_A_LEDGER])
		nla_memcpy(data, attrs[KPS_A_LEDGER],
			   KPS_LEDGER_NR * sizeof(unsigned long long));
}

int raw_ledger(const char *name, unsigned long long ledger[KPS_LEDGER_NR])
{
	struct nl_msg *msg = raw_begin(KPS_CMD_PROGRAMS, NLM_F_DUMP, 128);
	char why[WHY_MAX];
	struct answer answer = { .why = why, .visit = visit_ledger,
				 .data = ledger };

	nla_put_string(msg, KPS_A_NAME, name);
	return transact(msg, &answer);
}

struct status {
	unsigned int programs;
	unsigned long long memory;
};

static void visit_status(struct nlattr **attrs, struct nlmsghdr *header,
			 void *data)
{
	struct status *status = data;

	(void)header;
	status->programs = nla_get_u32(attrs[KPS_A_NR_PROGRAMS]);
	status->memory = nla_get_u64(attrs[KPS_A_MEMORY]);
}

void raw_status(unsigned int *programs, unsigned long long *memory)
{
	struct status status = { ~0U, ~0ULL };
	char why[WHY_MAX];
	struct answer answer = { .why = why, .visit = visit_status,
				 .data = &status };

	transact(raw_begin(KPS_CMD_STATUS, 0, 0), &answer);
	*programs = status.programs;
	*memory = status.memory;
}

void raw_check_nothing_left(void)
{
	unsigned long long memory;
	unsigned int programs;

	raw_status(&programs, &memory);
	check(!programs && !memory, "nothing is left: %u programs, %llu bytes",
	      programs, memory);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the netlink family share.
 */
#ifndef KPS_NETLINK_H
#define KPS_NETLINK_H

#include <linux/kpstat.h>
#include <linux/types.h>
#include <net/genetlink.h>

#include "../error.h"
#include "../unread.h"

struct kps_field;
struct kps_map;
struct kps_output;
struct kps_probe;
struct kps_program;
struct kps_reader;
struct kps_snapshots;

/*
 * What one message must have room for: a program's text, an entry with stacks
 * in its key and a long histogram.  The default is a page or two.
 */
#define KPS_SHOW_ROOM 65000
#define KPS_READ_ROOM 32768

/*
 * Reading kernel memory is what CAP_PERFMON is for.  The family is not seen
 * in other network namespaces.
 */
#define KPS_NOT_CAPABLE "CAP_SYS_ADMIN or CAP_PERFMON is needed"

/**
 * struct kps_cursor - of a dump
 * @program: referenced, or NULL
 * @sender: of a change
 * @step: which part of the answer
 * @index: within it
 * @one: that program only
 * @err: what has failed; said by the next message
 */
struct kps_cursor {
	struct kps_program *program;
	struct kps_snapshots *snapshots;
	struct kps_reader *reader;
	struct pid *sender;
	u32 step;
	u32 index;
	bool one;
	int err;
	struct kps_error error;
	struct kps_unread unread;
};

/* family.c */
extern const struct nla_policy kps_policy[KPS_A_MAX + 1];
void *kps_put_header(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd);
void *kps_reply_begin(struct sk_buff *msg, struct genl_info *info, u8 cmd);

/* commands.c */
int kps_no_program(const char *name, struct kps_error *error);
int kps_no_map(const struct kps_program *program, const struct nlattr *name,
	       struct kps_error *error);
int kps_run_command(struct sk_buff *skb, struct genl_info *info,
		    struct kps_error *error);
int kps_doit(struct sk_buff *skb, struct genl_info *info);

/* describe.c */
int kps_put_program(struct sk_buff *msg, struct kps_program *program);
int kps_put_map(struct sk_buff *msg, const struct kps_program *program,
		const struct kps_map *map, u64 overflow, const u32 *nr_entries);
int kps_put_output(struct sk_buff *msg, const struct kps_output *output);
int kps_put_probe(struct sk_buff *msg, const struct kps_probe *probe, u32 *first);

/* fields.c */
u32 kps_share_of(u32 nr_fields, u32 numbers);
int kps_put_text(struct sk_buff *msg, const char *text, u32 len);
struct kps_record;
int kps_put_record(struct sk_buff *msg, const struct kps_program *program,
		   const struct kps_record *record);
int kps_put_fields(struct sk_buff *msg, const struct kps_program *program,
		   const struct kps_field *fields, u32 nr, const u64 *data,
		   u32 share);

/* dump.c */
bool kps_put_one(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd,
		 int (*put)(struct sk_buff *msg, struct kps_cursor *cursor));
static inline struct kps_cursor *kps_cursor_of(struct netlink_callback *cb)
{
	return (struct kps_cursor *)cb->args[0];
}

struct kps_cursor *kps_dump_begin(struct netlink_callback *cb, struct nlattr **tb,
				  bool needs_name);
struct kps_cursor *kps_dump_begin_data(struct netlink_callback *cb,
				       struct nlattr **tb);
int kps_dump_message(struct sk_buff *msg, struct netlink_callback *cb,
		     int (*put)(struct sk_buff *msg, struct netlink_callback *cb));
int kps_dump_done(struct netlink_callback *cb);

/* Each in a file of its own: @name_##_put() fills a message. */
#define KPS_DECLARE_DUMP(name_)						\
	int kps_##name_##_start(struct netlink_callback *cb);		\
	int kps_##name_##_dump(struct sk_buff *msg, struct netlink_callback *cb)

KPS_DECLARE_DUMP(change);
KPS_DECLARE_DUMP(programs);
KPS_DECLARE_DUMP(show);
KPS_DECLARE_DUMP(read);
KPS_DECLARE_DUMP(events);
KPS_DECLARE_DUMP(output);

#define DEFINE_DUMP(name_)						\
int kps_##name_##_dump(struct sk_buff *msg, struct netlink_callback *cb) \
{									\
	return kps_dump_message(msg, cb, name_##_put);			\
}

#endif

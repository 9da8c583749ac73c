// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family "kpstat"; uapi/linux/kpstat.h is its description.
 *
 * The family's operations run in parallel: every lock they need is our own.
 * Dumps work on copies (snapshots, or a reference to one program at a time),
 * so nothing that happens between two of their messages can confuse them.
 */
#include <linux/bitmap.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include <net/genetlink.h>

#include "access.h"
#include "compat/compat.h"
#include "kpstat.h"
#include "load.h"
#include "lockdown.h"
#include "text.h"
#include "unread.h"

static struct genl_family kps_family;

static const struct nla_policy kps_policy[KPS_A_MAX + 1] = {
	[KPS_A_NAME]		= { .type = NLA_NUL_STRING,
				    .len = KPS_NAME_MAX - 1 },
	[KPS_A_SOURCE]		= { .type = NLA_NUL_STRING,
				    .len = KPS_SOURCE_MAX },
	[KPS_A_FLAGS]		= { .type = NLA_U32 },
	[KPS_A_STACK_ENTRIES]	= { .type = NLA_U32 },
	[KPS_A_ENUM]		= { .type = NLA_NESTED },
	[KPS_A_MAP]		= { .type = NLA_NESTED },
	[KPS_A_PROBE]		= { .type = NLA_NESTED },
	[KPS_A_MAP_NAME]	= { .type = NLA_NUL_STRING,
				    .len = KPS_NAME_MAX - 1 },
	[KPS_A_OUTPUT]		= { .type = NLA_NESTED },
	[KPS_A_BUFFER]		= { .type = NLA_U32 },
	[KPS_A_CPU_BUDGET]	= { .type = NLA_U32 },
	[KPS_A_PID]		= { .type = NLA_U32 },
	[KPS_A_WAKER]		= { .type = NLA_U32 },
};

/*
 * Reading kernel memory is what CAP_PERFMON is for.  The family is not seen
 * in other network namespaces.
 */
static const char not_capable[] = "CAP_SYS_ADMIN or CAP_PERFMON is needed";

static int no_program(const char *name, struct kps_error *error)
{
	return kps_error(error, -ENOENT, "no program \"%s\" is loaded", name);
}

/* One message, begun by put_header() and ended by genlmsg_end(). */
static void *put_header(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &kps_family, NLM_F_MULTI, cmd);
}

/* Commands that do */

static int put_status(struct sk_buff *msg)
{
	if (nla_put_string(msg, KPS_A_VERSION, KPS_VERSION) ||
	    nla_put_string(msg, KPS_A_KERNEL, init_utsname()->release) ||
	    nla_put_string(msg, KPS_A_ENGINE,
			   kps_engine_is_jit() ? "jit" : "interpreter") ||
	    nla_put_u32(msg, KPS_A_NR_PROGRAMS, kps_program_count()) ||
	    nla_put_u32(msg, KPS_A_NR_CPUS, cpumask_weight(kps_cpus())) ||
	    nla_put_u64_64bit(msg, KPS_A_MEMORY, kps_memory_used(),
			      KPS_A_PAD) ||
	    nla_put_u64_64bit(msg, KPS_A_MEMORY_MAX, kps_memory_limit(),
			      KPS_A_PAD) ||
	    nla_put_flag(msg, KPS_A_WAKER))
		return -EMSGSIZE;
	return 0;
}

/* Of a process of the sender's namespace, as the initial one has it. */
static int put_number_of(struct sk_buff *msg, const struct nlattr *asked)
{
	u32 nr;

	if (!asked)
		return 0;
	rcu_read_lock();
	nr = pid_nr(find_vpid(nla_get_u32(asked)));
	rcu_read_unlock();
	return nla_put_u32(msg, KPS_A_PID, nr);
}

static int do_status(struct genl_info *info, struct kps_error *error)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;

	if (!msg)
		return kps_error(error, -ENOMEM, "no memory");
	header = genlmsg_put_reply(msg, info, &kps_family, 0, KPS_CMD_STATUS);
	if (!header || put_status(msg) ||
	    put_number_of(msg, info->attrs[KPS_A_PID])) {
		nlmsg_free(msg);
		return kps_error(error, -EMSGSIZE, "the reply does not fit");
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

static int do_unload(struct kps_program *program, struct genl_info *info,
		     struct kps_error *error)
{
	return kps_program_unload(program);
}

static int do_enable(struct kps_program *program, struct genl_info *info,
		     struct kps_error *error)
{
	return kps_program_enable(program, error);
}

static int do_disable(struct kps_program *program, struct genl_info *info,
		      struct kps_error *error)
{
	return kps_program_disable(program);
}

static int no_map(const struct kps_program *program, const struct nlattr *name,
		  struct kps_error *error)
{
	return kps_error(error, -ENOENT, "program \"%s\" has no map %s",
			 program->name, (char *)nla_data(name));
}

static int reset_map(struct kps_program *program, const struct nlattr *name,
		     bool keep_keys, struct kps_error *error)
{
	u32 i;
	int err;

	for (i = 0; i < program->nr_maps; i++) {
		if (nla_strcmp(name, program->maps[i]->name))
			continue;
		err = kps_map_reset(program, program->maps[i], keep_keys);
		return err ? kps_error(error, err, "no memory for a fresh table") :
			     0;
	}
	return no_map(program, name, error);
}

static int reset_all(struct kps_program *program, struct kps_error *error)
{
	int err = kps_maps_reset(program);

	return err ? kps_error(error, err, "no memory for fresh tables") : 0;
}

static int do_reset(struct kps_program *program, struct genl_info *info,
		    struct kps_error *error)
{
	const struct nlattr *map = info->attrs[KPS_A_MAP_NAME];
	u32 flags = info->attrs[KPS_A_FLAGS] ?
		    nla_get_u32(info->attrs[KPS_A_FLAGS]) : 0;

	if (flags & ~(map ? KPS_F_ZERO : 0))
		return kps_error(error, -EINVAL, "unknown flags 0x%x", flags);
	return map ? reset_map(program, map, flags, error) :
		     reset_all(program, error);
}

/* What is done to one program has @run_on. */
static const struct {
	int (*run)(struct genl_info *info, struct kps_error *error);
	int (*run_on)(struct kps_program *program, struct genl_info *info,
		      struct kps_error *error);
	bool attaches;
} commands[KPS_CMD_MAX + 1] = {
	[KPS_CMD_STATUS]	= { .run = do_status },
	[KPS_CMD_LOAD]		= { .run = kps_load, .attaches = true },
	[KPS_CMD_UNLOAD]	= { .run_on = do_unload },
	[KPS_CMD_ENABLE]	= { .run_on = do_enable, .attaches = true },
	[KPS_CMD_DISABLE]	= { .run_on = do_disable },
	[KPS_CMD_RESET]		= { .run_on = do_reset },
};

static int run_on_program(struct sk_buff *skb, struct genl_info *info,
			  struct kps_error *error)
{
	const struct nlattr *name = info->attrs[KPS_A_NAME];
	struct kps_program *program;
	int err;

	if (!name)
		return kps_error(error, -EINVAL, "the program's name is missing");
	program = kps_program_get(nla_data(name));
	if (!program)
		return no_program(nla_data(name), error);
	err = kps_may_have(program, skb, error) ?:
	      commands[info->genlhdr->cmd].run_on(program, info, error);
	if (err == -ENOENT && !error->text[0])
		no_program(program->name, error);
	kps_program_put(program);
	return err;
}

/* Of a sender who may ask. */
static int run_command(struct sk_buff *skb, struct genl_info *info,
		       struct kps_error *error)
{
	const u8 cmd = info->genlhdr->cmd;
	int err = 0;

	if (commands[cmd].attaches)
		err = kps_check_lockdown(LOCKDOWN_KPROBES, error);
	if (err)
		return err;
	return commands[cmd].run ? commands[cmd].run(info, error) :
				   run_on_program(skb, info, error);
}

static int kps_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct kps_error error = {};
	int err;

	if (!kps_may_ask(skb)) {
		/* Whoever it is, nothing is kept for them. */
		info->extack->_msg = not_capable;
		return -EPERM;
	}
	err = run_command(skb, info, &error);
	if (err)
		kps_error_report(&error, info->extack);
	return err;
}

/* What a program is, as attributes */

static int put_ledger(struct sk_buff *msg, int type, const u64 *sums)
{
	return nla_put(msg, type, KPS_LEDGER_NR * sizeof(u64), sums);
}

/* program->read_lock is held. */
static int put_faults(struct sk_buff *msg, const struct kps_probe *probe)
{
	struct kps_fault_line lines[KPS_MAX_FAULT_LINES];
	u32 nr = kps_probe_faults(probe, lines);

	return nr ? nla_put(msg, KPS_PROBE_A_FAULTS, nr * sizeof(lines[0]),
			    lines) : 0;
}

static int put_stacks(struct sk_buff *msg, const struct kps_stacks *stacks)
{
	if (!stacks)
		return 0;
	return nla_put_u32(msg, KPS_A_STACK_ENTRIES, kps_stacks_max(stacks)) ?:
	       nla_put_u32(msg, KPS_A_STACKS, kps_stacks_used(stacks));
}

static int put_program(struct sk_buff *msg, struct kps_program *program)
{
	u64 age = ktime_get_ns() - program->loaded_at;
	u32 flags = (program->owner ? KPS_F_OWNED : 0) |
		    (READ_ONCE(program->live) ? 0 : KPS_F_DISABLED);
	u64 sums[KPS_LEDGER_NR] = {};
	char why[KPS_GUARD_TEXT_MAX];

	kps_guard_text(&program->guard, why, sizeof(why));
	kps_canary_look();
	mutex_lock(&program->read_lock);
	kps_program_ledger(program, sums);
	mutex_unlock(&program->read_lock);
	if (nla_put_string(msg, KPS_A_NAME, program->name) ||
	    nla_put_u32(msg, KPS_A_FLAGS, flags) ||
	    nla_put_u64_64bit(msg, KPS_A_MEMORY,
			      atomic64_read(&program->memory), KPS_A_PAD) ||
	    nla_put_u64_64bit(msg, KPS_A_AGE_NS, age, KPS_A_PAD) ||
	    nla_put_u32(msg, KPS_A_NR_PROBES, program->nr_probes) ||
	    nla_put_u32(msg, KPS_A_NR_MAPS, program->nr_maps) ||
	    put_ledger(msg, KPS_A_LEDGER, sums) ||
	    nla_put_u32(msg, KPS_A_CPU_BUDGET, program->guard.budget) ||
	    nla_put_u32(msg, KPS_A_CPU_PERMILLE,
			kps_guard_permille(&program->guard)) ||
	    (why[0] && nla_put_string(msg, KPS_A_STOPPED, why)) ||
	    put_stacks(msg, program->stacks) ||
	    nla_put_u64_64bit(msg, KPS_A_SILENT_NS,
			      kps_program_silent_ns(program), KPS_A_PAD) ||
	    nla_put_u64_64bit(msg, KPS_A_LOST, kps_buffer_lost(program->buffer),
			      KPS_A_PAD))
		return -EMSGSIZE;
	return 0;
}

static int put_map(struct sk_buff *msg, const struct kps_program *program,
		   const struct kps_map *map, u64 overflow, const u32 *nr_entries)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_MAP);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(msg, KPS_MAP_A_NAME, map->name) ||
	    nla_put_u32(msg, KPS_MAP_A_KIND, map->kind) ||
	    nla_put_u32(msg, KPS_MAP_A_MAX_ENTRIES, map->max_entries) ||
	    (map->nr_key && nla_put(msg, KPS_MAP_A_KEY,
				    map->nr_key * sizeof(map->key[0]),
				    map->key)) ||
	    nla_put(msg, KPS_MAP_A_VALUE,
		    map->nr_value * sizeof(map->value[0]), map->value) ||
	    nla_put(msg, KPS_MAP_A_LHIST, sizeof(map->lhist), &map->lhist) ||
	    (nr_entries &&
	     nla_put_u32(msg, KPS_MAP_A_NR_ENTRIES, *nr_entries)) ||
	    nla_put_u64_64bit(msg, KPS_MAP_A_MEMORY,
			      kps_map_memory(map, READ_ONCE(program->nr_cpus)),
			      KPS_MAP_A_PAD) ||
	    nla_put_u64_64bit(msg, KPS_MAP_A_OVERFLOW, overflow,
			      KPS_MAP_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* program->read_lock is held. */
static int put_site(struct sk_buff *msg, const struct kps_site *site)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_PROBE_A_SITE);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(msg, KPS_SITE_A_TARGET, site->target) ||
	    nla_put_string(msg, KPS_SITE_A_STATE, kps_site_state_name(site)) ||
	    nla_put_string(msg, KPS_SITE_A_HOW, kps_site_how(site)) ||
	    nla_put_string(msg, KPS_SITE_A_WHY, kps_site_why(site)) ||
	    nla_put_s32(msg, KPS_SITE_A_ERROR, site->error) ||
	    nla_put_u64_64bit(msg, KPS_SITE_A_MISSED, kps_site_missed(site),
			      KPS_SITE_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/*
 * A probe with as many of its sites, from @first on, as there is room for.
 * program->read_lock is held.
 */
static int put_probe(struct sk_buff *msg, const struct kps_probe *probe,
		     u32 *first)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_A_PROBE);
	u64 sums[KPS_LEDGER_NR] = {};
	u32 begin = *first;

	if (!nest)
		return -EMSGSIZE;
	kps_probe_ledger(probe, sums);
	if (nla_put_string(msg, KPS_PROBE_A_NAME, probe->name) ||
	    nla_put_string(msg, KPS_PROBE_A_PROVIDER, probe->provider->name) ||
	    (!begin && put_ledger(msg, KPS_PROBE_A_LEDGER, sums)) ||
	    (!begin && put_faults(msg, probe)))
		return -EMSGSIZE;
	for (; *first < probe->nr_sites; ++*first) {
		unsigned char *mark = skb_tail_pointer(msg);

		if (put_site(msg, probe->sites[*first])) {
			nlmsg_trim(msg, mark);
			break;
		}
	}
	if (*first == begin)
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/*
 * Dumps: a cursor in cb->args[0], made in start, freed in done.
 *
 * Kernels before 6.7 have no extended ack for what fails in start: so that is
 * kept in the cursor, and the first dump reports it.
 *
 * A dump is in use, and with it the module, until it says that there is no more. It
 * says so with the last of what there is, not when its reader has come once more for
 * nothing: so an answer of one message is over when it is asked for, whether it is
 * read or not.
 */

/*
 * What one message must have room for: a program's text, an entry with stacks
 * in its key and a long histogram.  The default is a page or two.
 */
#define SHOW_ROOM 65000
#define READ_ROOM 32768

struct cursor {
	struct kps_program *program;	/* referenced */
	struct kps_snapshots *snapshots;
	struct kps_reader *reader;
	struct pid *sender;	/* of a change */
	u32 step;	/* which part of the answer */
	u32 index;	/* within it */
	bool one;	/* that program only */
	int err;
	struct kps_error error;
	struct kps_unread unread;
};

static struct cursor *cursor_of(struct netlink_callback *cb)
{
	return (struct cursor *)cb->args[0];
}

static int dump_done(struct netlink_callback *cb)
{
	struct cursor *cursor = cursor_of(cb);

	kps_unread_end(&cursor->unread);
	kps_snapshots_free(cursor->snapshots);
	kps_reader_end(cursor->reader);
	kps_program_put(cursor->program);
	put_pid(cursor->sender);
	kfree(cursor);
	return 0;
}

/*
 * Its reader does not come. What a clause wrote is not copied for a dump: it lies in
 * the program's buffer, and of that nothing is given up.
 */
static void give_up_dump(struct kps_unread *unread)
{
	struct cursor *cursor = container_of(unread, struct cursor, unread);

	if (cursor->reader)
		return;
	cursor->err = kps_error(&cursor->error, -ETIMEDOUT,
				"nobody read this answer on for %u seconds, so the rest of it is gone",
				KPS_PATIENCE);
	kps_snapshots_free(cursor->snapshots);
	cursor->snapshots = NULL;
	kps_program_put(cursor->program);
	cursor->program = NULL;
}

static int find_program(struct cursor *cursor, const struct sk_buff *skb,
			const struct nlattr *name, bool needs_name)
{
	cursor->one = name;
	if (!name && needs_name)
		return kps_error(&cursor->error, -EINVAL,
				 "the program's name is missing");
	if (!name)
		return 0;
	cursor->program = kps_program_get(nla_data(name));
	if (!cursor->program)
		return no_program(nla_data(name), &cursor->error);
	/* That it is there, and what it costs, is for all to know. */
	return needs_name ? kps_may_have(cursor->program, skb, &cursor->error) :
			    0;
}

/* Return: the cursor, whose err says how far it got; NULL without memory. */
static struct cursor *dump_begin(struct netlink_callback *cb,
				 struct nlattr **tb, bool needs_name)
{
	struct cursor *cursor = kzalloc(sizeof(*cursor), GFP_KERNEL);

	if (!cursor)
		return NULL;
	cb->args[0] = (long)cursor;
	if (!kps_may_ask(cb->skb))
		cursor->err = kps_error(&cursor->error, -EPERM, "%s",
					not_capable);
	if (!cursor->err &&
	    nlmsg_parse(cb->nlh, GENL_HDRLEN, tb, KPS_A_MAX, kps_policy, NULL))
		cursor->err = kps_error(&cursor->error, -EINVAL,
					"malformed request");
	if (!cursor->err)
		cursor->err = find_program(cursor, cb->skb, tb[KPS_A_NAME],
					   needs_name);
	return cursor;
}

/* The same for what hands out what probes have seen. */
static struct cursor *dump_begin_data(struct netlink_callback *cb,
				      struct nlattr **tb)
{
	struct cursor *cursor = dump_begin(cb, tb, true);

	if (cursor && !cursor->err)
		cursor->err = kps_check_lockdown(LOCKDOWN_TRACEFS,
						 &cursor->error);
	return cursor;
}

/*
 * One message. @put fills it, and returns whether there is more to come, or a
 * negative errno.
 */
static int dump_message(struct sk_buff *msg, struct netlink_callback *cb,
			int (*put)(struct sk_buff *msg,
				   struct netlink_callback *cb))
{
	struct cursor *cursor = cursor_of(cb);
	int more;

	kps_unread_take(&cursor->unread, give_up_dump);
	more = cursor->err ?: put(msg, cb);
	/* The cursor goes after the dump's last message, which holds this. */
	if (cursor->err && cursor->error.text[0] && cb->extack)
		cb->extack->_msg = cursor->error.text;
	kps_unread_leave(&cursor->unread);
	if (more <= 0)
		return more;
	/* Nothing fits into an empty message: say so, do not end as if done. */
	return msg->len ?: -EMSGSIZE;
}

#define DEFINE_DUMP(name_)						\
static int name_##_dump(struct sk_buff *msg, struct netlink_callback *cb) \
{									\
	return dump_message(msg, cb, name_##_put);			\
}

/*
 * Changes, which may take long, as dumps.
 *
 * While a command is sent, the kernel holds its lock of all generic netlink families,
 * as it does for the first message of a dump. Nobody can register a family meanwhile,
 * and whoever sends anything to any family waits behind who wants to. What follows in a
 * dump is made when it is received, under no lock but the socket's own. So that is when
 * the change is made: by the same task, which a signal may end.
 */

static int change_start(struct netlink_callback *cb)
{
	struct cursor *cursor = kzalloc(sizeof(*cursor), GFP_KERNEL);

	if (!cursor)
		return -ENOMEM;
	cb->args[0] = (long)cursor;
	if (!kps_may_ask(cb->skb))
		cursor->err = kps_error(&cursor->error, -EPERM, "%s",
					not_capable);
	cursor->sender = get_pid(task_tgid(current));
	return 0;
}

static int make_change(struct netlink_callback *cb, struct cursor *cursor)
{
	struct nlattr *tb[KPS_A_MAX + 1];
	struct genl_info info = {
		.genlhdr	= nlmsg_data(cb->nlh),
		.attrs		= tb,
		.snd_portid	= NETLINK_CB(cb->skb).portid,
	};

	if (task_tgid(current) != cursor->sender)
		return kps_error(&cursor->error, -EPERM,
				 "another process asked for that");
	if (nlmsg_parse(cb->nlh, GENL_HDRLEN, tb, KPS_A_MAX, kps_policy, NULL))
		return kps_error(&cursor->error, -EINVAL, "malformed request");
	return run_command(cb->skb, &info, &cursor->error);
}

static int change_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct genlmsghdr *asked = nlmsg_data(cb->nlh);
	struct cursor *cursor = cursor_of(cb);
	void *header;

	if (cursor->step) {
		cursor->err = make_change(cb, cursor);
		return cursor->err;
	}
	header = put_header(msg, cb, asked->cmd);
	if (!header)
		return -EMSGSIZE;
	genlmsg_end(msg, header);
	cursor->step++;
	return true;
}
DEFINE_DUMP(change);

static int programs_start(struct netlink_callback *cb)
{
	struct nlattr *tb[KPS_A_MAX + 1];
	struct cursor *cursor = dump_begin(cb, tb, false);

	if (!cursor)
		return -ENOMEM;
	if (!cursor->err && !cursor->one)
		cursor->program = kps_program_next(NULL);
	return 0;
}

static int programs_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct cursor *cursor = cursor_of(cb);

	while (cursor->program) {
		void *header = put_header(msg, cb, KPS_CMD_PROGRAMS);

		if (!header || put_program(msg, cursor->program)) {
			if (header)
				genlmsg_cancel(msg, header);
			break;
		}
		genlmsg_end(msg, header);
		if (cursor->one) {
			kps_program_put(cursor->program);
			cursor->program = NULL;
		} else {
			cursor->program = kps_program_next(cursor->program);
		}
	}
	return cursor->program != NULL;
}
DEFINE_DUMP(programs);

static int show_start(struct netlink_callback *cb)
{
	struct nlattr *tb[KPS_A_MAX + 1];

	cb->min_dump_alloc = SHOW_ROOM;
	return dump_begin(cb, tb, true) ? 0 : -ENOMEM;
}

enum { SHOW_PROGRAM, SHOW_MAPS, SHOW_PROBES, SHOW_END };

static int show_one_map(struct sk_buff *msg, struct cursor *cursor)
{
	struct kps_program *program = cursor->program;
	const struct kps_map *map = program->maps[cursor->index];
	u64 overflow;

	mutex_lock(&program->read_lock);
	overflow = kps_map_overflow(kps_program_set(program), map);
	mutex_unlock(&program->read_lock);
	return put_map(msg, program, map, overflow, NULL);
}

/* One message's content, the cursor moves on if it fits. */
static int show_step(struct sk_buff *msg, struct cursor *cursor)
{
	struct kps_program *program = cursor->program;
	u32 site, i = cursor->index;
	int err;

	switch (cursor->step) {
	case SHOW_PROGRAM:
		err = put_program(msg, program) ?:
		      nla_put_string(msg, KPS_A_SOURCE, program->source);
		if (!err)
			cursor->step = SHOW_MAPS;
		return err;
	case SHOW_MAPS:
		err = show_one_map(msg, cursor);
		if (!err)
			cursor->index++;
		return err;
	default:
		/* Probe in the low half, its next site in the high one. */
		site = i >> 16;
		mutex_lock(&program->read_lock);
		err = put_probe(msg, program->probes[i & 0xffff], &site);
		mutex_unlock(&program->read_lock);
		if (err)
			return err;
		if (site == program->probes[i & 0xffff]->nr_sites)
			cursor->index = (i & 0xffff) + 1;
		else
			cursor->index = site << 16 | (i & 0xffff);
		return 0;
	}
}

static void show_skip_empty(struct cursor *cursor)
{
	if (cursor->step == SHOW_MAPS &&
	    cursor->index == cursor->program->nr_maps) {
		cursor->step = SHOW_PROBES;
		cursor->index = 0;
	}
	if (cursor->step == SHOW_PROBES &&
	    (cursor->index & 0xffff) == cursor->program->nr_probes)
		cursor->step = SHOW_END;
}

static int show_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct cursor *cursor = cursor_of(cb);

	for (show_skip_empty(cursor); cursor->step != SHOW_END;
	     show_skip_empty(cursor)) {
		void *header = put_header(msg, cb, KPS_CMD_SHOW);

		if (!header || show_step(msg, cursor)) {
			if (header)
				genlmsg_cancel(msg, header);
			break;
		}
		genlmsg_end(msg, header);
	}
	return cursor->step != SHOW_END;
}
DEFINE_DUMP(show);

static int choose_maps(const struct kps_program *program,
		       const struct nlattr *name, unsigned long *maps,
		       struct kps_error *error)
{
	u32 i;

	bitmap_zero(maps, KPS_MAX_MAPS);
	for (i = 0; i < program->nr_maps; i++)
		if (!name || !nla_strcmp(name, program->maps[i]->name))
			__set_bit(i, maps);
	if (name && bitmap_empty(maps, KPS_MAX_MAPS))
		return no_map(program, name, error);
	return 0;
}

static int read_take(struct cursor *cursor, struct nlattr **tb)
{
	u32 flags = tb[KPS_A_FLAGS] ? nla_get_u32(tb[KPS_A_FLAGS]) : 0;
	DECLARE_BITMAP(maps, KPS_MAX_MAPS);
	int err;

	if (flags & ~(flags & KPS_F_RESET ? KPS_F_RESET | KPS_F_ZERO : 0))
		return kps_error(&cursor->error, -EINVAL, "unknown flags 0x%x",
				 flags);
	err = choose_maps(cursor->program, tb[KPS_A_MAP_NAME], maps,
			  &cursor->error);
	if (err)
		return err;
	cursor->snapshots = kps_snapshots_take(cursor->program, maps,
					       flags,
					       &cursor->error);
	err = PTR_ERR_OR_ZERO(cursor->snapshots);
	if (err)
		cursor->snapshots = NULL;
	return err;
}

static int read_start(struct netlink_callback *cb)
{
	struct nlattr *tb[KPS_A_MAX + 1];
	struct cursor *cursor = dump_begin_data(cb, tb);

	if (!cursor)
		return -ENOMEM;
	cb->min_dump_alloc = READ_ROOM;
	if (!cursor->err)
		cursor->err = read_take(cursor, tb);
	return 0;
}

/*
 * What an entry's fields have of a message together. A stack may take KPS_TEXT_MAX: of
 * more than three each has its share, and its outermost frames are left out.
 */
#define FIELDS_ROOM (READ_ROOM - 2048)

static u32 share_of(u32 nr_fields, u32 numbers)
{
	return min_t(u32, KPS_TEXT_MAX,
		     (FIELDS_ROOM - numbers) / max(nr_fields, 1U) - 16);
}

static u32 share_of_map(const struct kps_map *map)
{
	return map->kind == KPS_MAP_VALUE ?
	       share_of(map->nr_key + map->nr_value, 0) :
	       share_of(map->nr_key, map->value_size);
}

/* Whole lines that fit, and a last one that says that there are more. */
static void say_if_cut(char *text, u32 size)
{
	static const char more[] = "...";
	char *line;

	if (strlen(text) < size - 1)
		return;
	text[size - sizeof(more) - 1] = '\0';
	line = strrchr(text, '\n');
	strscpy(line ? line + 1 : text, more, sizeof(more));
}

/* A string of @len bytes that need not end with a NUL. */
static int put_text(struct sk_buff *msg, const char *text, u32 len)
{
	struct nlattr *attr = nla_reserve(msg, KPS_ENTRY_A_STR, len + 1);

	if (!attr)
		return -EMSGSIZE;
	memcpy(nla_data(attr), text, len);
	((char *)nla_data(attr))[len] = '\0';
	return 0;
}

static int put_field(struct sk_buff *msg, const struct kps_program *program,
		     const struct kps_field *field, const u64 *data, u32 share)
{
	char *text;
	int err;

	if (kps_field_is_int(field))
		return nla_put_u64_64bit(msg, KPS_ENTRY_A_INT, *data,
					 KPS_ENTRY_A_PAD);
	if (field->type == KPS_T_STR)
		return put_text(msg, (const char *)data,
				strnlen((const char *)data, field->size));
	text = kmalloc(share, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	kps_field_text(program, field, data, text, share);
	say_if_cut(text, share);
	err = nla_put_string(msg, KPS_ENTRY_A_STR, text);
	kfree(text);
	return err;
}

static int put_fields(struct sk_buff *msg, const struct kps_program *program,
		      const struct kps_field *fields, u32 nr, const u64 *data,
		      u32 share)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (put_field(msg, program, &fields[i], data, share))
			return -EMSGSIZE;
		data += fields[i].size / sizeof(u64);
	}
	return 0;
}

static int put_key(struct sk_buff *msg, const struct kps_program *program,
		   const struct kps_map *map, const u64 *key)
{
	struct nlattr *nest = nla_nest_start(msg, KPS_ENTRY_A_KEY);

	if (!nest || put_fields(msg, program, map->key, map->nr_key, key,
				 share_of_map(map)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_value(struct sk_buff *msg, const struct kps_program *program,
		     const struct kps_map *map, const u64 *value)
{
	struct nlattr *nest;

	if (map->kind != KPS_MAP_VALUE)
		return nla_put(msg, KPS_ENTRY_A_VALUE, map->value_size, value);
	nest = nla_nest_start(msg, KPS_ENTRY_A_PLAIN);
	if (!nest || put_fields(msg, program, map->value, map->nr_value, value,
				 share_of_map(map)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_entry(struct sk_buff *msg, const struct kps_program *program,
		     const struct kps_snapshot *snapshot, u32 nr)
{
	const u64 *entry = snapshot->sorted[nr];
	struct nlattr *nest = nla_nest_start(msg, KPS_A_ENTRY);

	if (!nest)
		return -EMSGSIZE;
	if (put_key(msg, program, snapshot->map, entry) ||
	    put_value(msg, program, snapshot->map,
		      kps_entry_value(snapshot, entry)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/*
 * A map's description is its first message (index 0), entries follow, as many
 * to a message as there is room for.
 */
static int read_step(struct sk_buff *msg, struct cursor *cursor)
{
	const struct kps_snapshot *snapshot =
		&cursor->snapshots->of[cursor->step];
	u32 begin = cursor->index;

	if (!begin) {
		if (put_map(msg, cursor->program, snapshot->map,
			    snapshot->overflow, &snapshot->nr))
			return -EMSGSIZE;
		cursor->index = 1;
		return 0;
	}
	for (; cursor->index <= snapshot->nr; cursor->index++) {
		unsigned char *mark = skb_tail_pointer(msg);

		if (put_entry(msg, cursor->program, snapshot,
			      cursor->index - 1)) {
			nlmsg_trim(msg, mark);
			break;
		}
	}
	return cursor->index == begin ? -EMSGSIZE : 0;
}

static bool read_more(struct cursor *cursor)
{
	const struct kps_snapshots *snapshots = cursor->snapshots;

	if (cursor->step < snapshots->nr &&
	    cursor->index > snapshots->of[cursor->step].nr) {
		cursor->step++;
		cursor->index = 0;
	}
	return cursor->step < snapshots->nr;
}

static int read_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct cursor *cursor = cursor_of(cb);

	while (read_more(cursor)) {
		void *header = put_header(msg, cb, KPS_CMD_READ);

		if (!header || read_step(msg, cursor)) {
			if (header)
				genlmsg_cancel(msg, header);
			break;
		}
		genlmsg_end(msg, header);
	}
	return read_more(cursor);
}
DEFINE_DUMP(read);

static int output_start(struct netlink_callback *cb)
{
	struct nlattr *tb[KPS_A_MAX + 1];
	struct cursor *cursor = dump_begin_data(cb, tb);
	struct kps_reader *reader;

	if (!cursor)
		return -ENOMEM;
	cb->min_dump_alloc = READ_ROOM;
	if (cursor->err || !cursor->program->buffer)
		return 0;
	reader = kps_reader_start(cursor->program->buffer, &cursor->error);
	if (IS_ERR(reader))
		cursor->err = PTR_ERR(reader);
	else
		cursor->reader = reader;
	return 0;
}

static int put_record(struct sk_buff *msg, const struct kps_program *program,
		      const struct kps_record *record)
{
	const struct kps_output *output = &program->outputs[record->output];
	struct nlattr *nest = nla_nest_start(msg, KPS_A_RECORD);

	if (!nest ||
	    nla_put_u32(msg, KPS_ENTRY_A_OUTPUT, record->output) ||
	    nla_put_u64_64bit(msg, KPS_ENTRY_A_TIME, record->time,
			      KPS_ENTRY_A_PAD) ||
	    put_fields(msg, program, output->fields,
		       output->nr_fields - output->joins, record->data,
		       share_of(output->nr_fields,
				output->joins ? record->joined : 0)) ||
	    (output->joins &&
	     put_text(msg, (const char *)record->data + output->size,
		      record->joined)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/*
 * As many records as there is room for; one that does not fit into an empty
 * message (a dozen stacks) never will, and is lost. Return: whether that was all.
 */
static bool put_records(struct sk_buff *msg, struct cursor *cursor)
{
	const unsigned char *begin = skb_tail_pointer(msg);
	const struct kps_record *record;

	while ((record = kps_reader_peek(cursor->reader))) {
		unsigned char *mark = skb_tail_pointer(msg);

		if (!put_record(msg, cursor->program, record)) {
			kps_reader_next(cursor->reader);
			continue;
		}
		nlmsg_trim(msg, mark);
		if (mark != begin)
			return false;
		kps_reader_lose(cursor->reader);
	}
	return true;
}

/* The first message says how many records are lost, also if there are none. */
static int output_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct cursor *cursor = cursor_of(cb);
	void *header;

	if (cursor->step)
		return 0;
	header = put_header(msg, cb, KPS_CMD_OUTPUT);
	if (!header ||
	    (!cursor->index++ &&
	     nla_put_u64_64bit(msg, KPS_A_LOST,
			       kps_buffer_lost(cursor->program->buffer),
			       KPS_A_PAD)))
		return -EMSGSIZE;
	cursor->step = !cursor->reader || put_records(msg, cursor);
	genlmsg_end(msg, header);
	return !cursor->step;
}
DEFINE_DUMP(output);

static int events_start(struct netlink_callback *cb)
{
	struct nlattr *tb[KPS_A_MAX + 1];

	return dump_begin(cb, tb, false) ? 0 : -ENOMEM;
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
		if (event->fields[i].events & event->bit &&
		    put_record_field(msg, &event->fields[i]))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Where the cursor is: a provider in step, its event in index. NULL: at the end. */
static const struct kps_provider *provider_at(struct cursor *cursor)
{
	const struct kps_provider *provider;

	while ((provider = kps_providers[cursor->step]) &&
	       cursor->index >= provider->nr_events) {
		cursor->step++;
		cursor->index = 0;
	}
	return provider;
}

static int events_put(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct cursor *cursor = cursor_of(cb);
	const struct kps_provider *provider;

	for (; (provider = provider_at(cursor)); cursor->index++) {
		void *header = put_header(msg, cb, KPS_CMD_EVENTS);

		if (!header ||
		    put_event(msg, provider, &provider->events[cursor->index])) {
			if (header)
				genlmsg_cancel(msg, header);
			break;
		}
		genlmsg_end(msg, header);
	}
	return provider != NULL;
}
DEFINE_DUMP(events);

#define DO(cmd_) { .cmd = KPS_CMD_##cmd_, .doit = kps_doit }
#define DUMP(cmd_, name_)						\
	{ .cmd = KPS_CMD_##cmd_, .start = name_##_start,		\
	  .dumpit = name_##_dump, .done = dump_done }

#define CHANGE(cmd_)							\
	{ .cmd = KPS_CMD_##cmd_, .doit = kps_doit, .start = change_start, \
	  .dumpit = change_dump, .done = dump_done }

static const struct genl_ops kps_ops[] = {
	DO(STATUS),
	CHANGE(LOAD),
	CHANGE(UNLOAD),
	CHANGE(ENABLE),
	CHANGE(DISABLE),
	DO(RESET),
	DUMP(PROGRAMS, programs),
	DUMP(SHOW, show),
	DUMP(READ, read),
	DUMP(EVENTS, events),
	DUMP(OUTPUT, output),
};

static const struct genl_multicast_group kps_groups[] = {
	{ .name = KPS_GENL_STOPPED, KPS_MCAST_PRIVATE },
};

static struct genl_family kps_family __ro_after_init = {
	.name		= KPS_GENL_NAME,
	.version	= KPS_GENL_VERSION,
	.maxattr	= KPS_A_MAX,
	.policy		= kps_policy,
	.module		= THIS_MODULE,
	.ops		= kps_ops,
	.n_ops		= ARRAY_SIZE(kps_ops),
	.mcgrps		= kps_groups,
	.n_mcgrps	= ARRAY_SIZE(kps_groups),
	.netnsok	= false,
	.parallel_ops	= true,
};

/** kps_netlink_stopped() - tell who listens. May sleep. */
void kps_netlink_stopped(const struct kps_program *program, const char *why)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;

	if (!msg)
		return;
	header = genlmsg_put(msg, 0, 0, &kps_family, 0, KPS_CMD_STOPPED);
	if (!header || nla_put_string(msg, KPS_A_NAME, program->name) ||
	    nla_put_string(msg, KPS_A_STOPPED, why)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, header);
	genlmsg_multicast(&kps_family, msg, 0, 0, GFP_KERNEL);
}

/* A program belongs to its `kpctl run`: when that dies, its socket closes. */
static int socket_closed(struct notifier_block *nb, unsigned long event,
			 void *data)
{
	const struct netlink_notify *notify = data;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC &&
	    net_eq(notify->net, &init_net))
		kps_program_unload_owned(notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_closed,
};

int kps_netlink_init(void)
{
	int err = netlink_register_notifier(&socket_notifier);

	if (err)
		return err;
	err = genl_register_family(&kps_family);
	if (err)
		netlink_unregister_notifier(&socket_notifier);
	return err;
}

void kps_netlink_exit(void)
{
	genl_unregister_family(&kps_family);
	netlink_unregister_notifier(&socket_notifier);
	kps_unread_exit();
	kps_error_exit();
}

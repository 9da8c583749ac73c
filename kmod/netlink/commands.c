// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that do: STATUS, RESET, and the changes, which may come as dumps as well.
 */
#include <linux/cpumask.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/utsname.h>
#include <net/genetlink.h>

#include "access.h"
#include "kpstat.h"
#include "load.h"
#include "lockdown.h"
#include "netlink/netlink.h"

/** kps_no_program() - say that there is none of that name */
int kps_no_program(const char *name, struct kps_error *error)
{
	return kps_error(error, -ENOENT, "no program \"%s\" is loaded", name);
}

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
	header = kps_reply_begin(msg, info, KPS_CMD_STATUS);
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
	u32 flags = info->attrs[KPS_A_FLAGS] ?
		    nla_get_u32(info->attrs[KPS_A_FLAGS]) : 0;

	if (flags & ~KPS_F_HALT)
		return kps_error(error, -EINVAL, "unknown flags 0x%x", flags);
	return flags ? kps_program_halt(program) : kps_program_disable(program);
}

/** kps_no_map() - nor that map in it */
int kps_no_map(const struct kps_program *program, const struct nlattr *name,
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
	return kps_no_map(program, name, error);
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
		return kps_no_program(nla_data(name), error);
	err = kps_may_have(program, skb, error) ?:
	      commands[info->genlhdr->cmd].run_on(program, info, error);
	if (err == -ENOENT && !error->text[0])
		kps_no_program(program->name, error);
	kps_program_put(program);
	return err;
}

/**
 * kps_run_command() - what is done, and not listed
 * @skb: from a sender who may ask
 * @info: of the message
 * @error: gets the reason
 *
 * Context: may sleep. Return: 0 or a negative errno.
 */
int kps_run_command(struct sk_buff *skb, struct genl_info *info,
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

/** kps_doit() - any of them, as generic netlink calls it */
int kps_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct kps_error error = {};
	int err;

	if (!kps_may_ask(skb)) {
		/* Whoever it is, nothing is kept for them. */
		info->extack->_msg = KPS_NOT_CAPABLE;
		return -EPERM;
	}
	err = kps_run_command(skb, info, &error);
	if (err)
		kps_error_report(&error, info->extack);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Who may do what, and who did.
 *
 * To ask anything takes CAP_PERFMON or CAP_SYS_ADMIN in the initial user namespace.
 * A program belongs to the user who loaded it; whoever else wants what it has counted,
 * or wants to change it, needs CAP_SYS_ADMIN. A kuid_t is of one user in one namespace,
 * so it is all that there is to compare.
 *
 * What a task may not do is logged by the kernel's security modules as denied, so
 * nothing is asked for that another answer makes needless.
 */
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <net/sock.h>

#include "access.h"
#include "kpstat.h"

/**
 * kps_may_ask() - whether who sends, and who opened the socket, may use kpstat
 * @skb: the message
 *
 * Context: the sending task.
 */
bool kps_may_ask(const struct sk_buff *skb)
{
	/* Of the two the one that the task has, so that neither is denied. */
	if (ns_capable_noaudit(&init_user_ns, CAP_PERFMON) &&
	    netlink_capable(skb, CAP_PERFMON))
		return true;
	return netlink_capable(skb, CAP_SYS_ADMIN);
}

/*
 * Root may be made to write to a socket that is not its own. Who could do all that
 * root can is not in need of such tricks.
 */
static bool is_opened_for(const struct sk_buff *skb, kuid_t uid)
{
	const struct socket *socket = NETLINK_CB(skb).sk->sk_socket;

	return uid_eq(socket->file->f_cred->euid, uid) ||
	       file_ns_capable(socket->file, &init_user_ns, CAP_SYS_ADMIN);
}

/**
 * kps_may_have() - whether a program is at the disposal of who sends
 * @program: that is asked for
 * @skb: the message, of somebody who may ask
 * @error: gets the reason
 *
 * Context: the sending task. Return: 0 or -EPERM.
 */
int kps_may_have(const struct kps_program *program, const struct sk_buff *skb,
		 struct kps_error *error)
{
	if (uid_eq(program->uid, current_euid()) &&
	    is_opened_for(skb, program->uid))
		return 0;
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	return kps_error(error, -EPERM,
			 "program \"%s\" belongs to user %u: CAP_SYS_ADMIN is needed",
			 program->name, from_kuid_munged(&init_user_ns, program->uid));
}

static const char * const deeds[] = {
	[KPS_LOADED]	= "load",
	[KPS_UNLOADED]	= "unload",
};

/* Where nobody has switched auditing on, it would only be in the log once more. */
static void audit(const struct kps_program *program, enum kps_deed deed)
{
	struct audit_buffer *buffer;

	if (audit_enabled == AUDIT_OFF)
		return;
	buffer = audit_log_start(audit_context(), GFP_KERNEL,
				 AUDIT_KERNEL_OTHER);
	if (!buffer)
		return;
	audit_log_format(buffer, "module=kpstat op=%s program=\"%s\"",
			 deeds[deed], program->name);
	audit_log_task_info(buffer);
	audit_log_end(buffer);
}

/**
 * kps_write_down() - into the log, and to the auditors: the current task did that
 * @program: its name is one of a file, and holds nothing odd
 * @deed: what
 *
 * Context: may sleep.
 */
void kps_write_down(const struct kps_program *program, enum kps_deed deed)
{
	char comm[TASK_COMM_LEN];

	get_task_comm(comm, current);
	pr_info_ratelimited("%sed program \"%s\": user %u, process %d (%*pE)\n",
			    deeds[deed], program->name,
			    from_kuid_munged(&init_user_ns, current_euid()),
			    task_tgid_nr(current), (int)strlen(comm), comm);
	audit(program, deed);
}

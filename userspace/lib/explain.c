// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/near.h"
#include "explain.h"
#include "transport.h"

static const struct {
	int err;
	const char *sentence;
} remedies[] = {
	{ EPERM, "kpctl needs root (CAP_SYS_ADMIN or CAP_PERFMON in the initial user namespace)" },
	{ EOPNOTSUPP, "kpstat.ko does not know this command: use kpctl and kpstat.ko of one version" },
	{ EINVAL, "kpstat.ko does not understand the request: use kpctl and kpstat.ko of one version" },
	{ ENOMEM, "the kernel has no memory for this: use fewer keys (--max-keys) or unload a program" },
	{ ENOBUFS, "the answer came faster than it was read: try again, or read one map at a time" },
	{ EMSGSIZE, "the answer does not fit into a message: read one map at a time, or use fewer buckets" },
	{ EIO, "the connection to kpstat.ko broke: kpctl status tells whether it is still loaded" },
};

/* What is loaded, compared with the name that a request had. */
struct names {
	const char *wanted;
	bool found;
	struct arena arena;
	struct near near;
};

static void visit_name(struct nlattr **attrs, struct nlmsghdr *header,
		       void *data)
{
	struct names *names = data;
	char *name;

	(void)header;
	if (!attrs[KPS_A_NAME])
		return;
	name = arena_strdup(&names->arena, nla_get_string(attrs[KPS_A_NAME]));
	if (!strcmp(name, names->wanted))
		names->found = true;
	near_offer(&names->near, name);
}

static void explain_map(const char *program, const char *map, const char *why)
{
	if (why)
		error("%s", why);
	else if (map)
		error("program \"%s\" has no map %s; kpctl show %s lists its maps",
		      program, map, program);
	else
		error("program \"%s\": %s", program, strerror(ENOENT));
}

/* ENOENT: the program, its map, or the module itself. */
static void explain_missing(struct client *client, const char *program,
			    const char *map, const char *why)
{
	struct names names = {
		.wanted = program,
		.near.word = program,
	};
	const char *ignored, *hint;
	int err = client_try(client,
			     client_message(client, KPS_CMD_PROGRAMS,
					    NLM_F_DUMP, 0),
			     visit_name, &names, &ignored);

	hint = near_hint(&names.arena, &names.near);
	if (err == -ENOENT)
		error("kpstat.ko was removed: run `modprobe kpstat`, or `insmod ./kpstat.ko`");
	else if (names.found)
		explain_map(program, map, why);
	else
		error("no program \"%s\" is loaded; %s", program,
		      hint ? hint : "kpctl list shows those that are");
	arena_free(&names.arena);
}

static const char *remedy(int err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(remedies); i++)
		if (remedies[i].err == -err)
			return remedies[i].sentence;
	return strerror(-err);
}

static const char *string_of(struct nl_msg *request, int type)
{
	struct nlattr *attr = nlmsg_find_attr(nlmsg_hdr(request), GENL_HDRLEN,
					      type);

	return attr ? nla_get_string(attr) : NULL;
}

void explain(struct client *client, struct nl_msg *request, int err,
	     const char *why)
{
	const struct genlmsghdr *header = nlmsg_data(nlmsg_hdr(request));
	const char *program = string_of(request, KPS_A_NAME);
	char sentence[256];

	/* The next request overwrites it. */
	if (why) {
		snprintf(sentence, sizeof(sentence), "%s", why);
		why = sentence;
	}

	/* Who may ask for that may use kpctl; what else is refused has its reason. */
	if (err == -EPERM && geteuid() && (!why || header->cmd == KPS_CMD_STATUS))
		error("%s", remedy(err));
	else if (err == -ENOENT && program && header->cmd != KPS_CMD_LOAD)
		explain_missing(client, program,
				string_of(request, KPS_A_MAP_NAME), why);
	else
		error("%s", why ? why : remedy(err));
}

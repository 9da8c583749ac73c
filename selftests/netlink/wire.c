// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static const struct {
	const char *name;
	bool dump;
} commands[KPS_CMD_MAX + 1] = {
	[KPS_CMD_UNSPEC]	= { "(other)" },
	[KPS_CMD_STATUS]	= { "STATUS" },
	[KPS_CMD_LOAD]		= { "LOAD" },
	[KPS_CMD_UNLOAD]	= { "UNLOAD" },
	[KPS_CMD_ENABLE]	= { "ENABLE" },
	[KPS_CMD_DISABLE]	= { "DISABLE" },
	[KPS_CMD_RESET]		= { "RESET" },
	[KPS_CMD_PROGRAMS]	= { "PROGRAMS", true },
	[KPS_CMD_SHOW]		= { "SHOW", true },
	[KPS_CMD_READ]		= { "READ", true },
	[KPS_CMD_EVENTS]	= { "EVENTS", true },
	[KPS_CMD_OUTPUT]	= { "OUTPUT", true },
	[KPS_CMD_STOPPED]	= { "STOPPED" },	/* only ever sent to us */
};

bool wire_is_dump(int command)
{
	return commands[command].dump;
}

const char *wire_command_name(int command)
{
	return commands[command].name;
}

int wire_open(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int on = 1, size = 1 << 20;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	/* Only root's: others send no large messages. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

struct nlmsghdr *wire_header(void *bytes, int type, int flags, unsigned int seq,
			     int command)
{
	struct nlmsghdr *header = bytes;
	struct genlmsghdr *genl = NLMSG_DATA(header);

	memset(bytes, 0, WIRE_HEADERS);
	header->nlmsg_len = WIRE_HEADERS;
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = seq;
	genl->cmd = command;
	genl->version = KPS_GENL_VERSION;
	return header;
}

static const struct nlattr *find_attr(const void *head, size_t len, int type)
{
	while (len >= NLA_HDRLEN) {
		const struct nlattr *attr = head;

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > len)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		if ((size_t)NLA_ALIGN(attr->nla_len) > len)
			return NULL;
		head = (const char *)head + NLA_ALIGN(attr->nla_len);
		len -= NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

int wire_family(int fd)
{
	struct {
		char headers[WIRE_HEADERS];
		struct nlattr attr;
		char name[NLA_ALIGN(sizeof(KPS_GENL_NAME))];
	} ask = { .attr = { NLA_HDRLEN + sizeof(KPS_GENL_NAME),
			    CTRL_ATTR_FAMILY_NAME }, .name = KPS_GENL_NAME };
	char bytes[8192] __attribute__((aligned(4)));
	struct nlmsghdr *header = (void *)bytes;
	const struct nlattr *attr;
	ssize_t len;

	wire_header(ask.headers, GENL_ID_CTRL, 0, 1, CTRL_CMD_GETFAMILY)
		->nlmsg_len = sizeof(ask);
	if (send(fd, &ask, sizeof(ask), 0) < 0)
		return -errno;
	len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (len < (ssize_t)WIRE_HEADERS)
		return -EIO;
	if (header->nlmsg_type == NLMSG_ERROR)
		return *(int *)NLMSG_DATA(header);
	attr = find_attr(bytes + WIRE_HEADERS, len - WIRE_HEADERS,
			 CTRL_ATTR_FAMILY_ID);
	return attr ? *(const __u16 *)(attr + 1) : -EIO;
}

static const char *sentence(const struct nlmsghdr *header, size_t skip)
{
	const struct nlattr *attr;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || header->nlmsg_len <= skip)
		return NULL;
	attr = find_attr((const char *)header + skip, header->nlmsg_len - skip,
			 NLMSGERR_ATTR_MSG);
	return attr ? (const char *)(attr + 1) : NULL;
}

/* Is this message the last one of an answer? */
static bool is_end(const struct nlmsghdr *header, struct wire_end *end)
{
	size_t skip;

	if (header->nlmsg_type == NLMSG_ERROR)
		skip = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nlmsgerr));
	else if (header->nlmsg_type == NLMSG_DONE)
		skip = NLMSG_HDRLEN + sizeof(int);
	else
		return false;
	end->seq = header->nlmsg_seq;
	end->err = *(const int *)NLMSG_DATA(header);
	end->why = sentence(header, skip);
	return true;
}

int wire_drain(int fd, int most,
	       void (*end)(const struct wire_end *end, void *data), void *data)
{
	static char bytes[WIRE_MAX] __attribute__((aligned(4)));
	const struct nlmsghdr *header;
	struct wire_end this;
	int i;

	for (i = 0; i < most; i++) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		unsigned int len = got;

		/* What found no room was dropped, and is said once. */
		if (got < 0 && errno == ENOBUFS)
			continue;
		if (got < 0)
			break;
		for (header = (void *)bytes; NLMSG_OK(header, len);
		     header = NLMSG_NEXT(header, len))
			if (is_end(header, &this))
				end(&this, data);
	}
	return i;
}

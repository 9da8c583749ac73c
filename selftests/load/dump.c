// SPDX-License-Identifier: GPL-2.0
/*
 * dump [-r] [-b BYTES] [-p MS] [-k MESSAGES] [-u FILE] PROGRAM: KPS_CMD_READ, by hand, so
 * that the socket is ours.  Prints "KEY VALUE" for each entry of maps with one
 * number as key, and at the end, to stderr, how many messages there were and
 * what they and the socket could hold.
 *
 *  -r  with reset
 *  -b  the socket's receive buffer, as small as the kernel allows
 *  -p  a pause before each message
 *  -u  read nothing until there is such a file
 *  -k  SIGKILL to itself after as many messages: what came is printed before
 */
#include "load.h"

#include <linux/genetlink.h>
#include <linux/kpstat.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct {
	bool reset;
	long rcvbuf;
	long pause_ms;
	long kill_after;
	const char *until;
} options;

static long messages, bytes;

static char buffer[1 << 17] __attribute__((aligned(8)));

struct request {
	struct nlmsghdr header;
	struct genlmsghdr genl;
	char attrs[256];
};

static void put(struct request *request, int type, const void *data, size_t len)
{
	struct nlattr *attr = (void *)((char *)request +
				       NLMSG_ALIGN(request->header.nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memcpy((char *)attr + NLA_HDRLEN, data, len);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) +
				    NLA_ALIGN(attr->nla_len);
}

static void put_string(struct request *request, int type, const char *text)
{
	put(request, type, text, strlen(text) + 1);
}

static struct request begin(int family, int cmd, int flags)
{
	return (struct request){
		.header = {
			.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN,
			.nlmsg_type = family,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
		.genl = { .cmd = cmd, .version = 1 },
	};
}

static ssize_t receive(int fd)
{
	ssize_t len = recv(fd, buffer, sizeof(buffer), MSG_TRUNC);

	if (len < 0)
		err(1, "recv");
	if (len > (ssize_t)sizeof(buffer))
		errx(1, "a message of %zd bytes", len);
	return len;
}

static void transmit(int fd, const struct request *request)
{
	if (send(fd, request, request->header.nlmsg_len, 0) < 0)
		err(1, "send");
}

/* The first attribute of a type in a stream of them. */
static const struct nlattr *find(const void *head, int len, int type)
{
	const struct nlattr *attr = head;

	while (len >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN &&
	       attr->nla_len <= len) {
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		len -= NLA_ALIGN(attr->nla_len);
		attr = (const void *)((const char *)attr +
				      NLA_ALIGN(attr->nla_len));
	}
	return NULL;
}

static const void *data_of(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static int find_family(int fd)
{
	struct request request = begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	const struct nlmsghdr *header = (void *)buffer;
	const struct nlattr *id;

	put_string(&request, CTRL_ATTR_FAMILY_NAME, KPS_GENL_NAME);
	transmit(fd, &request);
	receive(fd);
	id = find(buffer + NLMSG_HDRLEN + GENL_HDRLEN,
		  header->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN,
		  CTRL_ATTR_FAMILY_ID);
	if (header->nlmsg_type == NLMSG_ERROR || !id)
		errx(1, "kpstat is not loaded");
	return *(const uint16_t *)data_of(id);
}

static uint64_t number_in(const struct nlattr *nest, int type)
{
	const struct nlattr *attr = nest ? find(data_of(nest),
						nest->nla_len - NLA_HDRLEN,
						type) : NULL;
	uint64_t value;

	if (!attr)
		return 0;
	memcpy(&value, data_of(attr), sizeof(value));
	return value;
}

static void print_entry(const struct nlattr *entry)
{
	const struct nlattr *key = find(data_of(entry),
					entry->nla_len - NLA_HDRLEN,
					KPS_ENTRY_A_KEY);

	printf("%llu %llu\n",
	       (unsigned long long)number_in(key, KPS_ENTRY_A_INT),
	       (unsigned long long)number_in(entry, KPS_ENTRY_A_VALUE));
}

static void print_entries(const struct nlmsghdr *header)
{
	const char *at = (const char *)header + NLMSG_HDRLEN + GENL_HDRLEN;
	const char *end = (const char *)header + header->nlmsg_len;
	const struct nlattr *attr;

	while ((attr = find(at, end - at, KPS_A_ENTRY))) {
		print_entry(attr);
		at = (const char *)attr + NLA_ALIGN(attr->nla_len);
	}
}

/* Return: whether that was all. */
static bool visit(ssize_t len)
{
	const struct nlmsghdr *header = (void *)buffer;

	for (; NLMSG_OK(header, len); header = NLMSG_NEXT(header, len)) {
		if (header->nlmsg_type == NLMSG_DONE) {
			if (*(const int *)NLMSG_DATA(header) < 0)
				errx(1, "error %d", *(const int *)NLMSG_DATA(header));
			return true;
		}
		if (header->nlmsg_type == NLMSG_ERROR)
			errx(1, "error %d", *(const int *)NLMSG_DATA(header));
		print_entries(header);
	}
	return false;
}

static void read_all(int fd)
{
	const struct timespec pause = {
		.tv_sec = options.pause_ms / 1000,
		.tv_nsec = options.pause_ms % 1000 * 1000000,
	};
	ssize_t len;

	while (options.until && access(options.until, F_OK))
		usleep(100000);
	do {
		nanosleep(&pause, NULL);
		len = receive(fd);
		bytes += len;
		if (++messages == options.kill_after) {
			visit(len);
			fflush(stdout);
			kill(getpid(), SIGKILL);
		}
	} while (!visit(len));
}

static void parse(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "rb:p:k:u:")) != -1) {
		switch (option) {
		case 'r':
			options.reset = true;
			break;
		case 'b':
			options.rcvbuf = number(optarg);
			break;
		case 'p':
			options.pause_ms = number(optarg);
			break;
		case 'k':
			options.kill_after = number(optarg);
			break;
		case 'u':
			options.until = optarg;
			break;
		default:
			exit(2);
		}
	}
	if (optind != argc - 1)
		errx(2, "usage: dump [-r] [-b BYTES] [-p MS] [-k MESSAGES] [-u FILE] PROGRAM");
}

int main(int argc, char **argv)
{
	const uint32_t flags = KPS_F_RESET;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	struct request request;
	int size, family;
	socklen_t len = sizeof(size);

	/* Several write to one file: each line at once. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	parse(argc, argv);
	if (fd < 0)
		err(1, "socket");
	family = find_family(fd);
	size = options.rcvbuf;
	if (size && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)))
		err(1, "SO_RCVBUF");
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len);
	request = begin(family, KPS_CMD_READ, NLM_F_DUMP);
	put_string(&request, KPS_A_NAME, argv[optind]);
	if (options.reset)
		put(&request, KPS_A_FLAGS, &flags, sizeof(flags));
	transmit(fd, &request);
	read_all(fd);
	fprintf(stderr, "%ld %ld %d\n", messages, bytes, size);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * udp [-f] COMM ADDRESS PORT N [FLOWS]: N datagrams of 32 bytes to an IPv4 or
 * IPv6 address, from one socket; with FLOWS from as many source ports, N from
 * each.  That a firewall refuses one is not an error.
 *
 *  -f  again and again, ten times a second, whether there is a route or not,
 *      until it is killed
 */
#include "load.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_PORT 20000
#define FLOOD_PAUSE_US 100000

/* sin_port and sin6_port are at the same place. */
static void bind_port(int fd, int family, int port)
{
	struct sockaddr_in6 from = {
		.sin6_family = family,
		.sin6_port = htons(port),
	};

	if (bind(fd, (struct sockaddr *)&from,
		 family == AF_INET6 ? sizeof(from) : sizeof(struct sockaddr_in)))
		err(1, "bind to port %d", port);
}

static int open_socket(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_DGRAM, 0);

	if (fd < 0)
		err(1, "socket");
	return fd;
}

/* Return: whether all could be sent, or were refused. */
static bool send_all(int fd, const struct addrinfo *to, long n)
{
	static const char data[32] = "kpstat";

	while (n-- > 0)
		if (sendto(fd, data, sizeof(data), 0, to->ai_addr,
			   to->ai_addrlen) < 0 && errno != EPERM)
			return false;
	return true;
}

static void send_some(const struct addrinfo *to, long n, int port)
{
	int fd = open_socket(to);

	if (port)
		bind_port(fd, to->ai_family, port);
	if (!send_all(fd, to, n))
		err(1, "sendto");
	close(fd);
}

static void flood(const struct addrinfo *to, long n)
{
	int fd = open_socket(to);

	for (;; usleep(FLOOD_PAUSE_US))
		send_all(fd, to, n);
}

int main(int argc, char **argv)
{
	bool forever = argc > 1 && !strcmp(argv[1], "-f");
	const struct addrinfo hints = {
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct addrinfo *to;
	long flows;
	int error;

	argc -= forever;
	argv += forever;
	if (argc != 5 && argc != 6)
		errx(2, "usage: udp [-f] COMM ADDRESS PORT N [FLOWS]");
	error = getaddrinfo(argv[2], argv[3], &hints, &to);
	if (error)
		errx(1, "%s: %s", argv[2], gai_strerror(error));
	become(argv[1]);
	if (forever)
		flood(to, number(argv[4]));
	else if (argc == 5)
		send_some(to, number(argv[4]), 0);
	else
		for (flows = number(argv[5]); flows > 0; flows--)
			send_some(to, number(argv[4]), FIRST_PORT + flows);
	freeaddrinfo(to);
	return 0;
}

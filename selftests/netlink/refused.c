// SPDX-License-Identifier: GPL-2.0
/*
 * Every command of the family, by someone who may not use it: prints how each
 * is answered.
 *
 * refused FAMILY [opened-by-nobody|opened-by-perfmon|sent-by-nobody [PROGRAM]]
 *
 * FAMILY is its number where it is seen, 0 prints that. PROGRAM is what it asks for,
 * or else "x", which is not there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/capability.h>
#include <unistd.h>

#include "wire.h"

#define NOBODY 65534

/* Capabilities go and come back with the effective user. */
static void become(uid_t uid)
{
	if (seteuid(uid)) {
		perror("seteuid");
		exit(1);
	}
}

static void on_end(const struct wire_end *end, void *data)
{
	*(int *)data = end->err;
}

/* Nobody, with that capability and no other; become(0) brings all back. */
static void become_perfmon(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	become(NOBODY);
	if (syscall(SYS_capget, &header, data))
		exit(1);
	data[CAP_TO_INDEX(CAP_PERFMON)].effective |= CAP_TO_MASK(CAP_PERFMON);
	if (syscall(SYS_capset, &header, data)) {
		perror("capset");
		exit(1);
	}
}

/* With the one attribute that nearly all of them want. */
static int ask(int fd, int family, int command, const char *program)
{
	struct {
		char headers[WIRE_HEADERS];
		struct nlattr attr;
		char name[16];
	} message = { .attr = { NLA_HDRLEN + sizeof(message.name), KPS_A_NAME } };
	int err = 1;

	snprintf(message.name, sizeof(message.name), "%s", program);
	wire_header(message.headers, family,
		    wire_is_dump(command) ? NLM_F_DUMP : NLM_F_ACK, 1,
		    command)->nlmsg_len = sizeof(message);
	if (send(fd, &message, sizeof(message), 0) < 0)
		return -errno;
	wire_drain(fd, 100, on_end, &err);
	return err;
}

int main(int argc, char **argv)
{
	int family = argc > 1 ? atoi(argv[1]) : 0;
	const char *how = argc > 2 ? argv[2] : "";
	const char *program = argc > 3 ? argv[3] : "x";
	int fd, command, err;

	if (!strcmp(how, "opened-by-nobody"))
		become(NOBODY);
	if (!strcmp(how, "opened-by-perfmon"))
		become_perfmon();
	fd = wire_open();
	if (fd < 0)
		return 1;
	if (!strcmp(how, "sent-by-nobody"))
		become(NOBODY);
	if (!strncmp(how, "opened-by-", 10))
		become(0);
	if (!family) {
		printf("%d\n", wire_family(fd));
		return 0;
	}
	for (command = 1; command <= KPS_CMD_MAX; command++) {
		err = ask(fd, family, command, program);
		printf("%s %s\n", wire_command_name(command),
		       err > 0 ? "no answer" : strerrorname_np(-err));
	}
	return 0;
}

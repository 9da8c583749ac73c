// SPDX-License-Identifier: GPL-2.0
/*
 * Several tasks whose commands fail at once, at full rate: the sentence that
 * each gets is its own, and not one that was written over it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire.h"

#define TASKS 8
#define COMMANDS 5000

struct asker {
	char name[16];
	char quoted[20];
	unsigned long right;
};

static void on_end(const struct wire_end *end, void *data)
{
	struct asker *asker = data;

	if (end->err == -ENOENT && end->why && strstr(end->why, asker->quoted))
		asker->right++;
	else
		printf("%s got %d \"%s\"\n", asker->name, end->err,
		       end->why ?: "");
}

/* UNLOAD of a program that is not there, which nobody else names. */
static void ask(int fd, int family, struct asker *asker)
{
	struct {
		char headers[WIRE_HEADERS];
		struct nlattr attr;
		char name[sizeof(asker->name)];
	} message = { .attr = { sizeof(message.attr) + sizeof(message.name),
				KPS_A_NAME } };

	memcpy(message.name, asker->name, sizeof(message.name));
	wire_header(message.headers, family, NLM_F_ACK, 1, KPS_CMD_UNLOAD)
		->nlmsg_len = sizeof(message);
	if (send(fd, &message, sizeof(message), 0) == sizeof(message))
		wire_drain(fd, 10, on_end, asker);
}

static int task(int number)
{
	struct asker asker = {};
	int i, fd = wire_open();
	int family = fd < 0 ? -1 : wire_family(fd);

	if (family < 0)
		return 1;
	/* Of unlike lengths: room is made for one, the other is put there. */
	snprintf(asker.name, sizeof(asker.name), "%.*s%d", number, "aaaaaaaa",
		 number);
	snprintf(asker.quoted, sizeof(asker.quoted), "\"%s\"", asker.name);
	for (i = 0; i < COMMANDS && asker.right == (unsigned long)i; i++)
		ask(fd, family, &asker);
	return asker.right != COMMANDS;
}

int main(void)
{
	int i, status, bad = 0;

	for (i = 0; i < TASKS; i++)
		if (!fork())
			exit(task(i));
	while (wait(&status) > 0)
		bad += status != 0;
	return bad ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/* monitor: say when the overload guard stops a program. */
#include <poll.h>
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "command.h"
#include "lib/client.h"
#include "lib/stopped.h"
#include "print/map.h"

const char monitor_help[] =
	"usage: kpctl monitor [-j]\n\n"
	"Waits, and prints each program that the kernel stops because its handlers\n"
	"took more of a CPU than its budget, until Ctrl-C, or until kpstat.ko is\n"
	"removed.  What it has counted is kept; `kpctl enable NAME` starts it again.\n\n"
	"  -j, --json  JSON, one document a line\n\n"
	"examples:\n"
	"  kpctl monitor\n";

static void print_notice(const char *program, const char *why, void *unused)
{
	struct json_object *document;

	(void)unused;
	if (!json_output) {
		time_print();
		printf("%s is stopped: %s\n", program, why);
	} else {
		document = json_object_new_object();
		json_add_string(document, "stopped", program);
		json_add_string(document, "why", why);
		json_print(document);
	}
	fflush(stdout);
}

static int listen_for_ever(void)
{
	struct stopped *stopped = stopped_open();
	struct pollfd fd = { .events = POLLIN };

	if (!stopped || !stopped_is_told(stopped)) {
		error("CAP_SYS_ADMIN is needed to listen to kpstat's notices");
		stopped_close(stopped);
		return FAILED;
	}
	fd.fd = stopped_fd(stopped);
	while (poll(&fd, 1, -1) > 0)
		if (!stopped_read(stopped, print_notice, NULL)) {
			error("kpstat.ko was removed");
			break;
		}
	stopped_close(stopped);
	return FAILED;
}

int command_monitor(int argc, char **argv)
{
	struct client *client;
	int status = DONE;

	if (!plain_options(argc, argv, &status))
		return status;
	if (optind < argc)
		return wrong_use("it takes no argument");
	/* It says what is wrong if kpstat is not there, or not for us. */
	client = client_open();
	if (!client)
		return FAILED;
	client_close(client);
	return listen_for_ever();
}

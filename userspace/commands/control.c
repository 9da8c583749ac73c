// SPDX-License-Identifier: GPL-2.0
/* enable, disable, reset, unload: a command of the module's for each name. */
#include "base/error.h"
#include "base/json.h"
#include "command.h"
#include "lib/client.h"

const char enable_help[] =
	"usage: kpctl enable NAME...\n\n"
	"Attaches the probes of a disabled program again.\n\n"
	"  -j, --json   JSON\n\n"
	"example:\n"
	"  kpctl enable drops\n";
const char disable_help[] =
	"usage: kpctl disable NAME...\n\n"
	"Detaches a program's probes and keeps what it has counted.\n\n"
	"  -j, --json   JSON\n\n"
	"example:\n"
	"  kpctl disable drops conntrack\n";
const char reset_help[] =
	"usage: kpctl reset NAME...\n\n"
	"Empties all maps of a program and zeroes its ledger.\n\n"
	"  -j, --json   JSON\n\n"
	"example:\n"
	"  kpctl reset drops\n";
const char unload_help[] =
	"usage: kpctl unload NAME...\n\n"
	"Detaches a program and forgets it.\n\n"
	"  -j, --json   JSON\n\n"
	"example:\n"
	"  kpctl unload drops conntrack\n";

static void print_done(const char *name)
{
	struct json_object *document;

	if (!json_output)
		return;
	document = json_object_new_object();
	json_add_string(document, this_command->name, name);
	json_print(document);
}

static int run_for_names(int argc, char **argv, int netlink_command)
{
	struct client *client;
	int status = DONE;

	if (!plain_options(argc, argv, &status))
		return status;
	if (optind == argc)
		return wrong_use("which program? kpctl list shows them");
	client = client_open();
	if (!client)
		return FAILED;
	for (; optind < argc; optind++) {
		if (client_command(client, netlink_command, argv[optind]))
			status = FAILED;
		else
			print_done(argv[optind]);
	}
	client_close(client);
	return status;
}

int command_enable(int argc, char **argv)
{
	return run_for_names(argc, argv, KPS_CMD_ENABLE);
}

int command_disable(int argc, char **argv)
{
	return run_for_names(argc, argv, KPS_CMD_DISABLE);
}

int command_reset(int argc, char **argv)
{
	return run_for_names(argc, argv, KPS_CMD_RESET);
}

int command_unload(int argc, char **argv)
{
	return run_for_names(argc, argv, KPS_CMD_UNLOAD);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * many load MAX: loads up to MAX programs, each of a BEGIN and no more, until
 * one is refused.  Prints how many there are then, and the sentence.
 * many unload N: unloads those again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

static const char *name_of(int i)
{
	static char name[KPS_NAME_MAX];

	snprintf(name, sizeof(name), "many%d", i);
	return name;
}

static int load_one(int i, char *why)
{
	static const struct bpf_insn nothing[] = { MOV_IMM(0, 1), EXIT };
	struct nl_msg *msg = raw_begin_load(name_of(i), 1024);

	raw_put_probe(msg, "special", "begin", nothing, 2);
	return raw_send(msg, why);
}

static int load(int max)
{
	char why[WHY_MAX] = "";
	int i;

	for (i = 0; i < max; i++)
		if (load_one(i, why))
			break;
	printf("%d %s\n", i, why);
	return 0;
}

static int unload(int nr)
{
	int err;

	while (nr-- > 0) {
		/*
		 * Older kernels free each clause in a kworker.  All at once are
		 * hundreds of those, with stacks that stay for minutes.
		 */
		usleep(2000);
		err = raw_command(KPS_CMD_UNLOAD, name_of(nr));
		if (err) {
			printf("%s: error %d\n", name_of(nr), -err);
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: many load|unload NUMBER\n", stderr);
		return 2;
	}
	raw_open();
	return strcmp(argv[1], "load") ? unload(atoi(argv[2])) :
					 load(atoi(argv[2]));
}

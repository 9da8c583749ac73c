// SPDX-License-Identifier: GPL-2.0
/* halt NAME [FLAGS]: disable a program, and leave its probes where they are. */
#include <stdio.h>
#include <stdlib.h>

#include "raw.h"

int main(int argc, char **argv)
{
	char why[WHY_MAX];
	struct nl_msg *msg;
	int err;

	if (argc < 2)
		return 2;
	raw_open();
	msg = raw_begin(KPS_CMD_DISABLE, NLM_F_DUMP, 256);
	nla_put_string(msg, KPS_A_NAME, argv[1]);
	nla_put_u32(msg, KPS_A_FLAGS, argc > 2 ? strtoul(argv[2], NULL, 0) : KPS_F_HALT);
	err = raw_send(msg, why);
	if (err)
		puts(why);
	return err ? 1 : 0;
}

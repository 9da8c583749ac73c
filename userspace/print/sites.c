// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "base/error.h"
#include "lib/answer.h"
#include "sites.h"

static size_t count_sites(const struct probe_answer *probe, const char *state)
{
	size_t i, nr = 0;

	for (i = 0; i < probe->nr_sites; i++)
		nr += !strcmp(probe->sites[i].state, state);
	return nr;
}

static void warn_of(const struct probe_answer *probe, const char *program)
{
	size_t pending = count_sites(probe, "pending");
	size_t failed = count_sites(probe, "failed");

	if (pending)
		warning("%s waits for its module, and attaches when that is loaded",
			probe->name);
	if (failed)
		warning("%s: %zu of %zu functions cannot be probed; kpctl show %s lists them",
			probe->name, failed, probe->nr_sites, program);
}

void warn_unattached(struct client *client, const char *name)
{
	struct program_answer program;
	size_t i;

	if (!program_get(client, name, &program))
		for (i = 0; i < program.nr_probes; i++)
			warn_of(&program.probes[i], name);
	program_free(&program);
}

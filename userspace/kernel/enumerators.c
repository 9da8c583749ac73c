// SPDX-License-Identifier: GPL-2.0
/*
 * A format file shows names of enumerators as they were written, unless the
 * kernel's source asked for their values.  The kernel's types know them.  These
 * here never change, since user space sees them too, and need no types.
 */
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "enumerators.h"
#include "ktypes/ktypes.h"

/* The kernel's alone: a request that was not yet accepted (tcp_states.h). */
#define TCP_NEW_SYN_RECV 12

#define ENUMERATOR(name) { #name, name }

static const struct {
	const char *name;
	int64_t value;
} enumerators[] = {
	ENUMERATOR(TCP_ESTABLISHED),
	ENUMERATOR(TCP_SYN_SENT),
	ENUMERATOR(TCP_SYN_RECV),
	ENUMERATOR(TCP_FIN_WAIT1),
	ENUMERATOR(TCP_FIN_WAIT2),
	ENUMERATOR(TCP_TIME_WAIT),
	ENUMERATOR(TCP_CLOSE),
	ENUMERATOR(TCP_CLOSE_WAIT),
	ENUMERATOR(TCP_LAST_ACK),
	ENUMERATOR(TCP_LISTEN),
	ENUMERATOR(TCP_CLOSING),
	ENUMERATOR(TCP_NEW_SYN_RECV),
};

static bool find_unchanging(const char *name, int64_t *value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(enumerators); i++) {
		if (strcmp(enumerators[i].name, name))
			continue;
		*value = enumerators[i].value;
		return true;
	}
	return false;
}

bool enumerator_find(const char *text, size_t len, int64_t *value)
{
	char *name = xstrndup(text, len);
	bool found = len && (find_unchanging(name, value) ||
			     ktypes_any_constant(name, value));

	free(name);
	return found;
}

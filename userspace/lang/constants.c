// SPDX-License-Identifier: GPL-2.0
/*
 * A format file shows names of enumerators as they were written, unless the
 * kernel's source asked for their values. These are the ones that it forgot
 * and that never change, since user space sees them too.
 */
#include <netinet/tcp.h>
#include <string.h>

#include "constants.h"

/* The kernel's alone: a request that was not yet accepted (tcp_states.h). */
#define TCP_NEW_SYN_RECV 12

#define CONSTANT(name) { #name, name }

static const struct {
	const char *name;
	long long value;
} constants[] = {
	CONSTANT(TCP_ESTABLISHED),
	CONSTANT(TCP_SYN_SENT),
	CONSTANT(TCP_SYN_RECV),
	CONSTANT(TCP_FIN_WAIT1),
	CONSTANT(TCP_FIN_WAIT2),
	CONSTANT(TCP_TIME_WAIT),
	CONSTANT(TCP_CLOSE),
	CONSTANT(TCP_CLOSE_WAIT),
	CONSTANT(TCP_LAST_ACK),
	CONSTANT(TCP_LISTEN),
	CONSTANT(TCP_CLOSING),
	CONSTANT(TCP_NEW_SYN_RECV),
};

bool constant_find(const char *name, size_t len, long long *value)
{
	size_t i;

	for (i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		if (strlen(constants[i].name) != len ||
		    strncmp(constants[i].name, name, len))
			continue;
		*value = constants[i].value;
		return true;
	}
	return false;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A format file shows names of enumerators as they were written, unless the
 * kernel's source asked for their values. These are the ones that it forgot
 * and that never change, since user space sees them too.
 */
#include <netinet/tcp.h>
#include <string.h>

#include "array.h"
#include "enumerators.h"

/* The kernel's alone: a request that was not yet accepted (tcp_states.h). */
#define TCP_NEW_SYN_RECV 12

#define ENUMERATOR(name) { #name, name }

static const struct {
	const char *name;
	long long value;
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

bool enumerator_find(const char *name, size_t len, long long *value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(enumerators); i++) {
		if (strlen(enumerators[i].name) != len ||
		    strncmp(enumerators[i].name, name, len))
			continue;
		*value = enumerators[i].value;
		return true;
	}
	return false;
}

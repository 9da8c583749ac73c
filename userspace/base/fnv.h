/* SPDX-License-Identifier: GPL-2.0 */
/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
#ifndef KPCTL_FNV_H
#define KPCTL_FNV_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FNV1A_START 0xcbf29ce484222325ULL

static inline uint64_t fnv1a_bytes(uint64_t sum, const char *bytes, size_t len)
{
	for (; len; len--, bytes++)
		sum = (sum ^ (unsigned char)*bytes) * 0x100000001b3ULL;
	return sum;
}

static inline uint64_t fnv1a(uint64_t sum, const char *text)
{
	return fnv1a_bytes(sum, text, strlen(text));
}

#endif

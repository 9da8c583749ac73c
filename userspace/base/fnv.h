/* SPDX-License-Identifier: GPL-2.0 */
/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
#ifndef KPCTL_FNV_H
#define KPCTL_FNV_H

#include <stdint.h>

#define FNV1A_START 0xcbf29ce484222325ULL

static inline uint64_t fnv1a(uint64_t sum, const char *text)
{
	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3ULL;
	return sum;
}

#endif

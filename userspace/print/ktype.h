/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's types as C, with offsets and sizes, or as JSON. */
#ifndef KPCTL_KTYPE_H
#define KPCTL_KTYPE_H

#include "base/json.h"
#include "base/text.h"
#include "ktypes/ktypes.h"

/*
 * "struct sock *sk", or "struct sock *" without a name.  An anonymous struct is
 * "struct {...}", parameters of functions are not known.
 */
void ktype_declare(struct text *out, const struct ktypes *kt, ktype_id id,
		   const char *name);

/* In bytes; in bits for a bit field. */
struct ktype_place {
	unsigned long long offset, bit, size;
};

/* @base: where what contains @member begins, in bits */
struct ktype_place ktype_place(const struct ktypes *kt,
			       const struct kmember *member, uint64_t base);

void ktype_print(const struct ktypes *kt, ktype_id id);
struct json_object *ktype_json(const struct ktypes *kt, ktype_id id);

#endif

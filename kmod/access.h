/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KPS_ACCESS_H
#define KPS_ACCESS_H

#include <linux/types.h>

struct kps_error;
struct kps_program;
struct sk_buff;

/* What is written down of a program; access.c has words for them. */
enum kps_deed {
	KPS_LOADED,
	KPS_UNLOADED,
};

bool kps_may_ask(const struct sk_buff *skb);
int kps_may_have(const struct kps_program *program, const struct sk_buff *skb,
		 struct kps_error *error);
void kps_write_down(const struct kps_program *program, enum kps_deed deed);

#endif

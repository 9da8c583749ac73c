/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One sentence about what was wrong, on its way to the extended ack.
 */
#ifndef KPS_ERROR_H
#define KPS_ERROR_H

#include <linux/compiler.h>

struct netlink_ext_ack;

struct kps_error {
	char text[240];
};

__printf(3, 4)
int kps_error(struct kps_error *error, int errno, const char *fmt, ...);
void kps_error_prefix(struct kps_error *error, const char *fmt, ...)
	__printf(2, 3);
void kps_error_report(const struct kps_error *error, struct netlink_ext_ack *ack);
void kps_error_exit(void);

#endif

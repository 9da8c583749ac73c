/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of programs that has to come first, see paging.c.
 */
#ifndef KPS_PAGING_H
#define KPS_PAGING_H

#include <linux/types.h>

struct kps_ctx;
struct kps_probe;

void kps_event_run_paging(struct kps_ctx *ctx, const struct kps_probe *probe);
bool kps_page_in(struct kps_ctx *ctx, unsigned long addr, size_t len);
void kps_paging_settle(void);
int kps_paging_init(void);
void kps_paging_exit(void);

#endif

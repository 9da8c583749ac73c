/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The conntrack provider's record and events.
 */
#ifndef KPS_PROVIDERS_CONNTRACK_H
#define KPS_PROVIDERS_CONNTRACK_H

#include <linux/types.h>

#include "../event.h"

struct nf_conn;
struct nf_conntrack_tuple;

/** struct kps_conntrack_addr - as KPS_T_INET lies in a key */
struct kps_conntrack_addr {
	__u64 family;
	__u8 bytes[16];
};

/**
 * struct kps_conntrack_record - args of conntrack:new, destroy and full
 * @lifetime: ns since the flow was new, 0 if that was not seen; destroy only
 * @mark: and @status, @tcp_state: 0 in full, there is no flow
 *
 * Seven bytes behind @tcp_state are nobody's: they are cleared.
 */
struct kps_conntrack_record {
	struct kps_conntrack_addr saddr;
	struct kps_conntrack_addr daddr;
	__u64 lifetime;
	__u32 status;
	__u32 mark;
	__u16 sport;
	__u16 dport;
	__u16 zone;
	__u8 family;
	__u8 protocol;
	__u8 tcp_state;
};

enum kps_conntrack_event {
	KPS_CONNTRACK_NEW,
	KPS_CONNTRACK_DESTROY,
	KPS_CONNTRACK_FULL,
	KPS_CONNTRACK_EVENTS,
};

extern const struct kps_event kps_conntrack_events[KPS_CONNTRACK_EVENTS];

void kps_conntrack_fill_tuple(struct kps_conntrack_record *record,
			      const struct nf_conntrack_tuple *tuple);
void kps_conntrack_fill_flow(struct kps_conntrack_record *record,
			     const struct nf_conn *ct);

#endif

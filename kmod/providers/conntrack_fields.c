// SPDX-License-Identifier: GPL-2.0
/*
 * conntrack's record: what it is filled with, and how it is described.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "providers/conntrack.h"

#define IN_NEW BIT(KPS_CONNTRACK_NEW)
#define IN_DESTROY BIT(KPS_CONNTRACK_DESTROY)
#define IN_FULL BIT(KPS_CONNTRACK_FULL)
#define IN_ALL (IN_NEW | IN_DESTROY | IN_FULL)

/* As conntrack(8) names them. */
static const struct kps_event_name protocol_names[] = {
	{ IPPROTO_ICMP, "icmp" }, { IPPROTO_IGMP, "igmp" },
	{ IPPROTO_TCP, "tcp" }, { IPPROTO_UDP, "udp" },
	{ IPPROTO_DCCP, "dccp" }, { IPPROTO_GRE, "gre" },
	{ IPPROTO_ESP, "esp" }, { IPPROTO_ICMPV6, "icmpv6" },
	{ IPPROTO_SCTP, "sctp" }, { IPPROTO_UDPLITE, "udplite" },
	{ 0, NULL }
};

static const struct kps_event_name family_names[] = {
	{ AF_INET, "ipv4" }, { AF_INET6, "ipv6" }, { 0, NULL }
};

static const struct kps_event_name tcp_state_names[] = {
	{ TCP_CONNTRACK_NONE, "NONE" },
	{ TCP_CONNTRACK_SYN_SENT, "SYN_SENT" },
	{ TCP_CONNTRACK_SYN_RECV, "SYN_RECV" },
	{ TCP_CONNTRACK_ESTABLISHED, "ESTABLISHED" },
	{ TCP_CONNTRACK_FIN_WAIT, "FIN_WAIT" },
	{ TCP_CONNTRACK_CLOSE_WAIT, "CLOSE_WAIT" },
	{ TCP_CONNTRACK_LAST_ACK, "LAST_ACK" },
	{ TCP_CONNTRACK_TIME_WAIT, "TIME_WAIT" },
	{ TCP_CONNTRACK_CLOSE, "CLOSE" },
	{ TCP_CONNTRACK_SYN_SENT2, "SYN_SENT2" },
	{ 0, NULL }
};

#define FIELD(field_, type_, events_, names_)				\
	{								\
		.name = #field_,					\
		.offset = offsetof(struct kps_conntrack_record, field_),\
		.size = sizeof_field(struct kps_conntrack_record, field_),\
		.type = type_,						\
		.events = events_,					\
		.names = names_,					\
	}

static const struct kps_event_field fields[] = {
	FIELD(family, KPS_T_ENUM, IN_ALL, family_names),
	FIELD(protocol, KPS_T_ENUM, IN_ALL, protocol_names),
	FIELD(saddr, KPS_T_INET, IN_ALL, NULL),
	FIELD(daddr, KPS_T_INET, IN_ALL, NULL),
	FIELD(sport, KPS_T_INT, IN_ALL, NULL),
	FIELD(dport, KPS_T_INT, IN_ALL, NULL),
	FIELD(zone, KPS_T_INT, IN_ALL, NULL),
	FIELD(mark, KPS_T_INT, IN_NEW | IN_DESTROY, NULL),
	FIELD(status, KPS_T_INT, IN_NEW | IN_DESTROY, NULL),
	FIELD(tcp_state, KPS_T_ENUM, IN_NEW | IN_DESTROY, tcp_state_names),
	FIELD(lifetime, KPS_T_INT, IN_DESTROY, NULL),
};

#define EVENT(name_)							\
	{								\
		.name = name_,						\
		.fields = fields,					\
		.nr_fields = ARRAY_SIZE(fields),			\
	}

const struct kps_event kps_conntrack_events[KPS_CONNTRACK_EVENTS] = {
	[KPS_CONNTRACK_NEW]	= EVENT("new"),
	[KPS_CONNTRACK_DESTROY]	= EVENT("destroy"),
	[KPS_CONNTRACK_FULL]	= EVENT("full"),
};

static void fill_addr(struct kps_conntrack_addr *addr, u16 family,
		      const union nf_inet_addr *from)
{
	addr->family = family;
	memcpy(addr->bytes, from,
	       family == AF_INET6 ? sizeof(from->in6) : sizeof(from->ip));
}

static bool has_ports(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
}

/**
 * kps_conntrack_fill_tuple() - what is known of a flow by its tuple
 * @record: all of it is written, the bytes behind the last field too: a clause can
 *	see them
 * @tuple: of its first packet
 *
 * Context: any.
 */
void kps_conntrack_fill_tuple(struct kps_conntrack_record *record,
			      const struct nf_conntrack_tuple *tuple)
{
	bool ports = has_ports(tuple->dst.protonum);

	memset(record, 0, sizeof(*record));
	record->family = tuple->src.l3num;
	record->protocol = tuple->dst.protonum;
	fill_addr(&record->saddr, tuple->src.l3num, &tuple->src.u3);
	fill_addr(&record->daddr, tuple->src.l3num, &tuple->dst.u3);
	if (ports) {
		record->sport = ntohs(tuple->src.u.all);
		record->dport = ntohs(tuple->dst.u.all);
	}
}

static u16 zone_of(const struct nf_conn *ct)
{
#ifdef CONFIG_NF_CONNTRACK_ZONES
	return ct->zone.id;
#else
	return 0;
#endif
}

/** kps_conntrack_fill_flow() - all that is known but its lifetime. Any context. */
void kps_conntrack_fill_flow(struct kps_conntrack_record *record,
			     const struct nf_conn *ct)
{
	kps_conntrack_fill_tuple(record, &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple);
	record->zone = zone_of(ct);
	record->status = ct->status;
#ifdef CONFIG_NF_CONNTRACK_MARK
	record->mark = ct->mark;
#endif
	if (record->protocol == IPPROTO_TCP)
		record->tcp_state = ct->proto.tcp.state;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which events typed.c makes handlers for. A class that a kernel does not have,
 * or an event, is left out there; an event whose class is not here is left to
 * perf, in typed.c's place. (No writeback_start and the like: what they are
 * called with is declared inside of the kernel only.)
 *
 * No include guard in the second half: it is read once for each step.
 */
#ifndef KPS_PROVIDERS_TYPED_EVENTS_H
#define KPS_PROVIDERS_TYPED_EVENTS_H

/* Classes: an event that shares its record with no other is one by itself. */
#define KPS_CLASS_OF_sched_switch 1
#define KPS_CLASS_OF_sched_wakeup_template 1
#define KPS_CLASS_OF_sched_migrate_task 1
#define KPS_CLASS_OF_sched_process_fork 1
#define KPS_CLASS_OF_sched_process_exec 1
#define KPS_CLASS_OF_sched_process_exit 1
#define KPS_CLASS_OF_sched_process_template 1
#define KPS_CLASS_OF_sched_stat_template 1
#define KPS_CLASS_OF_sched_stat_runtime 1
#define KPS_CLASS_OF_sys_enter 1
#define KPS_CLASS_OF_sys_exit 1
#define KPS_CLASS_OF_irq_handler_entry 1
#define KPS_CLASS_OF_irq_handler_exit 1
#define KPS_CLASS_OF_softirq 1
#define KPS_CLASS_OF_napi_poll 1
#define KPS_CLASS_OF_kfree_skb 1
#define KPS_CLASS_OF_consume_skb 1
#define KPS_CLASS_OF_net_dev_template 1
#define KPS_CLASS_OF_tcp_event_sk_skb 1
#define KPS_CLASS_OF_tcp_retransmit_skb 1
#define KPS_CLASS_OF_inet_sock_set_state 1
#define KPS_CLASS_OF_block_rq 1
#define KPS_CLASS_OF_block_rq_completion 1
#define KPS_CLASS_OF_block_rq_complete 1
#define KPS_CLASS_OF_kmem_alloc 1
#define KPS_CLASS_OF_kmalloc 1
#define KPS_CLASS_OF_kfree 1
#define KPS_CLASS_OF_kmem_free 1
#define KPS_CLASS_OF_mm_page_alloc 1
#define KPS_CLASS_OF_mm_page_free 1
#define KPS_CLASS_OF_mm_vmscan_direct_reclaim_begin_template 1
#define KPS_CLASS_OF_mm_vmscan_direct_reclaim_end_template 1
#define KPS_CLASS_OF_writeback_page_template 1
#define KPS_CLASS_OF_writeback_folio_template 1

#define KPS_TYPED_EVENTS(do_one)					\
	do_one(sched_switch)						\
	do_one(sched_waking)						\
	do_one(sched_wakeup)						\
	do_one(sched_wakeup_new)					\
	do_one(sched_migrate_task)					\
	do_one(sched_process_fork)					\
	do_one(sched_process_exec)					\
	do_one(sched_process_exit)					\
	do_one(sched_process_free)					\
	do_one(sched_stat_wait)						\
	do_one(sched_stat_sleep)					\
	do_one(sched_stat_iowait)					\
	do_one(sched_stat_blocked)					\
	do_one(sched_stat_runtime)					\
	do_one(sys_enter)						\
	do_one(sys_exit)						\
	do_one(irq_handler_entry)					\
	do_one(irq_handler_exit)					\
	do_one(softirq_entry)						\
	do_one(softirq_exit)						\
	do_one(softirq_raise)						\
	do_one(napi_poll)						\
	do_one(kfree_skb)						\
	do_one(consume_skb)						\
	do_one(net_dev_queue)						\
	do_one(netif_receive_skb)					\
	do_one(netif_rx)						\
	do_one(tcp_retransmit_skb)					\
	do_one(inet_sock_set_state)					\
	do_one(block_rq_insert)						\
	do_one(block_rq_issue)						\
	do_one(block_rq_complete)					\
	do_one(kmalloc)							\
	do_one(kfree)							\
	do_one(mm_page_alloc)						\
	do_one(mm_page_free)						\
	do_one(mm_vmscan_direct_reclaim_begin)				\
	do_one(mm_vmscan_direct_reclaim_end)				\
	do_one(writeback_dirty_page)					\
	do_one(writeback_dirty_folio)

#endif

#include <trace/events/sched.h>
#include <trace/events/syscalls.h>
#include <trace/events/irq.h>
#include <trace/events/napi.h>
#include <trace/events/skb.h>
#include <trace/events/net.h>
#include <trace/events/tcp.h>
#include <trace/events/sock.h>
#include <trace/events/kmem.h>
#include <trace/events/vmscan.h>
#include <trace/events/writeback.h>
#ifdef KPS_HAS_BLOCK_EVENTS
#include <trace/events/block.h>
#endif

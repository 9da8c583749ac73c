/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel counter of perf's on every CPU, or of every thread of a process, whose
 * overflow handler is called for every event.
 */
#ifndef KPS_PROVIDERS_PERF_H
#define KPS_PROVIDERS_PERF_H

#include <linux/perf_event.h>

#include "kpstat.h"

/**
 * struct kps_perf - the counters of one site
 * @attr: of each
 * @fired: their handler; its event's overflow_handler_context is the site
 * @is_meant: whether perf gave what the site asked for; NULL: it always does
 * @process: whose threads have one each, wherever they run; NULL: each CPU has
 * @nr_threads: in @threads
 * @threads: events of those that there were; later ones inherit them
 * @events: by CPU number; NULL where the CPU was offline
 */
struct kps_perf {
	struct perf_event_attr attr;
	perf_overflow_handler_t fired;
	bool (*is_meant)(const struct kps_site *site,
			 const struct perf_event *event);
	struct pid *process;
	u32 nr_threads;
	struct perf_event **threads;
	struct perf_event *events[];
};

struct kps_perf *kps_perf_alloc(void);
void kps_perf_free(struct kps_perf *perf);
size_t kps_perf_bytes(void);
int kps_perf_attach(struct kps_perf *perf, struct kps_site *site);
int kps_perf_cpus_changed(struct kps_perf *perf, struct kps_site *site,
			  const struct cpumask *gone);
void kps_perf_detach(struct kps_perf *perf);

#endif

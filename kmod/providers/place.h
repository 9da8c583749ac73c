/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Places in files of user space that have a uprobe, see place.c.
 */
#ifndef KPS_PROVIDERS_PLACE_H
#define KPS_PROVIDERS_PLACE_H

#include <linux/atomic.h>
#include <linux/path.h>

#include "../compat/uprobes.h"
#include "../kpstat.h"

/**
 * struct kps_placed - what a site at such a place has, as site->priv
 * @uprobe: its hook
 * @path: of the file; holds its inode, and its file system in place
 * @site: whose it is
 * @missed: events that could not be delivered since it was attached
 */
struct kps_placed {
	struct kps_uprobe uprobe;
	struct path path;
	const struct kps_site *site;
	atomic64_t missed;
};

static __always_inline struct kps_placed *kps_placed_of(struct uprobe_consumer *consumer)
{
	return container_of(consumer, struct kps_placed, uprobe.consumer);
}

int kps_place_prepare(struct kps_site *site, struct kps_placed *placed,
		      struct kps_error *error);
int kps_place_put(struct kps_site *site, const struct kps_place *place,
		  struct kps_error *error);
int kps_place_attach(struct kps_placed *placed);
void kps_places_detach(struct kps_site **sites, unsigned int nr);
u64 kps_place_missed(const struct kps_site *site);
const char *kps_place_how(const struct kps_site *site);
void kps_place_release(struct kps_site *site);

#endif

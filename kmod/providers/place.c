// SPDX-License-Identifier: GPL-2.0
/*
 * Places in files of user space, and the uprobes there. User space finds them by a
 * file's symbols, and hands over the file that it has looked into, open: whatever
 * happens to names meanwhile, an offset is one of that file.
 *
 * A uprobe is a breakpoint in each process that maps the file, or will. The kernel
 * calls its handler in the task that ran into it, which may sleep; ours do where memory is
 * missing (paging.c).
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/string.h>

#include "providers/place.h"

/**
 * kps_place_prepare() - the part of prepare() that all such providers share
 * @site: gets @placed
 * @placed: zeros, first in what kfree() frees; it is the caller's if this fails
 * @error: gets the reason
 *
 * Return: 0 or -EINVAL.
 */
int kps_place_prepare(struct kps_site *site, struct kps_placed *placed,
		      struct kps_error *error)
{
	if (!strchr(site->target, ':'))
		return kps_error(error, -EINVAL, "%s:%s: that is not FILE:SYMBOL",
				 site->probe->provider->name, site->target);
	placed->site = site;
	site->priv = placed;
	return 0;
}

/* A file of the sender's may be anything, and on top of another one (overlayfs). */
static int hold(struct kps_placed *placed, const struct file *file)
{
	struct inode *inode = d_real_inode(file->f_path.dentry);

	if (!S_ISREG(inode->i_mode) || !(file->f_mode & FMODE_READ))
		return -EINVAL;
	placed->path = file->f_path;
	path_get(&placed->path);
	placed->uprobe.inode = inode;
	return 0;
}

/** kps_place_put() - a provider's put() */
int kps_place_put(struct kps_site *site, const struct kps_place *place,
		  struct kps_error *error)
{
	struct kps_placed *placed = site->priv;
	struct file *file;
	int err;

	if (place->pad || place->offset > MAX_LFS_FILESIZE ||
	    place->counter > MAX_LFS_FILESIZE)
		return kps_error(error, -EINVAL, "%s: there is no such place in a file",
				 site->target);
	file = fget(place->fd);
	if (!file)
		return kps_error(error, -EBADF, "%s: descriptor %d is not open",
				 site->target, place->fd);
	err = hold(placed, file);
	fput(file);
	if (err)
		return kps_error(error, err,
				 "%s: descriptor %d is not a regular file that is open for reading",
				 site->target, place->fd);
	placed->uprobe.offset = place->offset;
	placed->uprobe.counter = place->counter;
	return 0;
}

/** kps_place_attach() - a provider's attach(), when the consumer has its handlers */
int kps_place_attach(struct kps_placed *placed)
{
	atomic64_set(&placed->missed, 0);
	return kps_uprobe_register(&placed->uprobe);
}

/** kps_places_detach() - a provider's detach() */
void kps_places_detach(struct kps_site **sites, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct kps_placed *placed = sites[i]->priv;

		kps_uprobe_unregister(&placed->uprobe);
	}
	kps_uprobes_are_gone();
}

/** kps_place_missed() - a provider's missed() */
u64 kps_place_missed(const struct kps_site *site)
{
	const struct kps_placed *placed = site->priv;

	return atomic64_read(&placed->missed);
}

/** kps_place_how() - a provider's how() */
const char *kps_place_how(const struct kps_site *site)
{
	return "uprobe";
}

/** kps_place_release() - a provider's release() */
void kps_place_release(struct kps_site *site)
{
	struct kps_placed *placed = site->priv;

	if (placed->uprobe.inode)
		path_put(&placed->path);
	kfree(placed);
}

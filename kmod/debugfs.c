// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/kpstat: the same as over netlink, as text, for someone who
 * has nothing but cat.
 *
 *	status				module, engine, memory, who reads, programs
 *	programs/NAME/source		what was loaded
 *	programs/NAME/probes		each site and its state
 *	programs/NAME/ledger		where every event went
 *	programs/NAME/faults		those that are faults, by line of the text;
 *					0: of none
 *	programs/NAME/maps/MAP		a map, '@' left out; "@" is the one without
 *					a name
 *
 * All are read-only, mode 0400.  Reading never resets anything.
 *
 * A file's text is made when it is opened, for which alone debugfs holds its program.
 * Reading copies it to memory that may be anything, and take for ever (userfaultfd,
 * FUSE): nobody waits for that.
 */
#include <linux/bitmap.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "kpstat.h"
#include "lockdown.h"
#include "text.h"
#include "unread.h"

static struct dentry *root;
static struct dentry *programs_dir;

/* What a file says, from opening it to closing it. */
struct text {
	size_t len;
	char bytes[];
};

/* Few files need more room than the first; it doubles until all fits. */
#define TEXT_FIRST (16 << 10)
#define TEXT_MAX (1 << 30)

/* Return: with the length that it has, an ERR_PTR, or NULL: it needs more room. */
static struct text *try_text(const struct file *file, void *private, size_t size,
			     int (*show)(struct seq_file *m, void *unused))
{
	struct text *text = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	struct seq_file m = {
		.buf = text->bytes,
		.size = size - sizeof(*text),
		.file = file,
		.private = private,
	};
	int err;

	if (!text)
		return ERR_PTR(-ENOMEM);
	err = show(&m, NULL);
	if (!err && !seq_has_overflowed(&m)) {
		text->len = m.count;
		return text;
	}
	kvfree(text);
	return err ? ERR_PTR(err) : NULL;
}

static int open_text(struct inode *inode, struct file *file,
		     int (*show)(struct seq_file *m, void *unused))
{
	struct text *text = NULL;
	size_t size;

	for (size = TEXT_FIRST; !text && size <= TEXT_MAX; size *= 2)
		text = try_text(file, inode->i_private, size, show);
	if (!text)
		return -EFBIG;
	if (IS_ERR(text))
		return PTR_ERR(text);
	file->private_data = text;
	return 0;
}

static ssize_t read_text(struct file *file, char __user *to, size_t size,
			 loff_t *at)
{
	const struct text *text = file->private_data;

	return simple_read_from_buffer(to, size, at, text->bytes, text->len);
}

static int close_text(struct inode *inode, struct file *file)
{
	kvfree(file->private_data);
	return 0;
}

/* A file by the function NAME_show(), which fills a seq_file. */
#define DEFINE_TEXT(name_)						\
static int name_##_open(struct inode *inode, struct file *file)	\
{									\
	return open_text(inode, file, name_##_show);			\
}									\
static const struct file_operations name_##_fops = {			\
	.owner		= THIS_MODULE,					\
	.open		= name_##_open,					\
	.read		= read_text,					\
	.llseek		= default_llseek,				\
	.release	= close_text,					\
}

static int source_show(struct seq_file *m, void *unused)
{
	const struct kps_program *program = m->private;

	seq_puts(m, program->source);
	if (!program->source[0] ||
	    program->source[strlen(program->source) - 1] != '\n')
		seq_putc(m, '\n');
	return 0;
}
DEFINE_TEXT(source);

/* Its sites and its counts are those of one moment. */
static int show_locked(struct seq_file *m,
		       void (*show)(struct seq_file *m,
				    const struct kps_program *program))
{
	struct kps_program *program = m->private;

	mutex_lock(&program->read_lock);
	show(m, program);
	mutex_unlock(&program->read_lock);
	return 0;
}

static void show_sites(struct seq_file *m, const struct kps_program *program)
{
	u32 i;

	seq_printf(m, "%-9s %-10s %10s  %s\n", "state", "how", "missed",
		   "probe");
	for (i = 0; i < program->nr_sites; i++) {
		const struct kps_site *site = program->sites[i];

		seq_printf(m, "%-9s %-10s %10llu  %s:%s\n",
			   kps_site_state_name(site), kps_site_how(site),
			   kps_site_missed(site), site->probe->provider->name,
			   site->target);
	}
}

static int probes_show(struct seq_file *m, void *unused)
{
	return show_locked(m, show_sites);
}
DEFINE_TEXT(probes);

static int ledger_show(struct seq_file *m, void *unused)
{
	return show_locked(m, kps_ledger_show);
}
DEFINE_TEXT(ledger);

static int faults_show(struct seq_file *m, void *unused)
{
	return show_locked(m, kps_faults_show);
}
DEFINE_TEXT(faults);

/* All files of maps show their program; which map is in their name. */
static int map_show(struct seq_file *m, void *unused)
{
	const struct file *file = m->file;
	struct kps_program *program = m->private;
	struct kps_snapshots *snapshots;
	DECLARE_BITMAP(maps, KPS_MAX_MAPS) = {};
	const char *name = file->f_path.dentry->d_name.name;
	struct kps_error error;
	u32 i;

	if (kps_check_lockdown(LOCKDOWN_TRACEFS, &error))
		return -EPERM;
	for (i = 0; i < program->nr_maps; i++)
		if (!strcmp(program->maps[i]->name + 1, name) ||
		    (!program->maps[i]->name[1] && !strcmp(name, "@")))
			__set_bit(i, maps);
	snapshots = kps_snapshots_take(program, maps, 0, &error);
	if (IS_ERR(snapshots))
		return PTR_ERR(snapshots);
	for (i = 0; i < snapshots->nr; i++)
		kps_snapshot_show(m, program, &snapshots->of[i]);
	kps_snapshots_free(snapshots);
	return 0;
}
DEFINE_TEXT(map);

static int status_show(struct seq_file *m, void *unused)
{
	struct kps_program *program = NULL;
	char why[KPS_GUARD_TEXT_MAX];

	seq_printf(m, "kpstat %s, engine: %s\n", KPS_VERSION,
		   kps_engine_is_jit() ? "jit" : "interpreter");
	seq_printf(m, "memory: %llu of %llu KiB\n", kps_memory_used() >> 10,
		   kps_memory_limit() >> 10);
	seq_printf(m, "read: %llu KiB\n", kps_snapshots_memory() >> 10);
	kps_unread_show(m);
	seq_printf(m, "programs: %u\n", kps_program_count());
	while ((program = kps_program_next(program))) {
		seq_printf(m, "  %-24s %-8s %3u probes %3u maps %8llu KiB",
			   program->name, kps_program_state(program),
			   program->nr_probes, program->nr_maps,
			   (u64)atomic64_read(&program->memory) >> 10);
		kps_guard_text(&program->guard, why, sizeof(why));
		seq_printf(m, "%s%s\n", why[0] ? "  " : "", why);
	}
	return 0;
}
DEFINE_TEXT(status);

/* Its operations are called as they are: while a file is read nothing is held. */
static void add_file(const char *name, struct dentry *dir, void *private,
		     const struct file_operations *ops)
{
	debugfs_create_file_unsafe(name, 0400, dir, private, ops);
}

static void add_maps(struct kps_program *program, struct dentry *dir)
{
	u32 i;

	for (i = 0; i < program->nr_maps; i++) {
		const char *name = program->maps[i]->name;

		add_file(name[1] ? name + 1 : "@", dir, program, &map_fops);
	}
}

/**
 * kps_debugfs_add() - a program's directory
 * @program: complete
 * @error: gets the reason
 *
 * Without debugfs a program is as good as with it: only -ENOMEM is an error.
 */
int kps_debugfs_add(struct kps_program *program, struct kps_error *error)
{
	struct dentry *dir;

	if (IS_ERR_OR_NULL(programs_dir))
		return 0;
	dir = debugfs_create_dir(program->name, programs_dir);
	if (IS_ERR(dir)) {
		if (PTR_ERR(dir) == -ENOMEM)
			return kps_error(error, -ENOMEM, "no memory");
		return 0;
	}
	program->dir = dir;
	add_file("source", dir, program, &source_fops);
	add_file("probes", dir, program, &probes_fops);
	add_file("ledger", dir, program, &ledger_fops);
	add_file("faults", dir, program, &faults_fops);
	add_maps(program, debugfs_create_dir("maps", dir));
	return 0;
}

/** kps_debugfs_remove() - wait for who opens its files, then it is gone. May sleep. */
void kps_debugfs_remove(struct kps_program *program)
{
	debugfs_remove(program->dir);
	program->dir = NULL;
}

void kps_debugfs_init(void)
{
	root = debugfs_create_dir("kpstat", NULL);
	if (IS_ERR(root))
		return;
	add_file("status", root, NULL, &status_fops);
	programs_dir = debugfs_create_dir("programs", root);
}

void kps_debugfs_exit(void)
{
	debugfs_remove(root);
}

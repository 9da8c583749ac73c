// SPDX-License-Identifier: GPL-2.0
/*
 * What a probe costs at the least: a handler that counts, and nothing else,
 * attached in the way that kind= says. For make bench only.
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#define EVENT "sys_enter"

static char *on = "vfs_read";
module_param(on, charp, 0444);
MODULE_PARM_DESC(on, "which function, for all but raw; of uprobes: which file");

static char *kind = "kprobe";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "ftrace, kprobe, kretprobe, uprobe, uretprobe, fprobe or raw");

static DEFINE_PER_CPU(unsigned long, hits);

static void ftrace_fired(unsigned long ip, unsigned long parent_ip,
			 struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	this_cpu_inc(hits);
}

static struct ftrace_ops ops = { .func = ftrace_fired };

static int ftrace_attach(void)
{
	int err = ftrace_set_filter(&ops, on, strlen(on), 1);

	return err ?: register_ftrace_function(&ops);
}

static void ftrace_detach(void)
{
	unregister_ftrace_function(&ops);
	ftrace_free_filter(&ops);
}

static int kprobe_fired(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(hits);
	return 0;
}

static struct kprobe kp = { .pre_handler = kprobe_fired };

static int kprobe_attach(void)
{
	kp.symbol_name = on;
	return register_kprobe(&kp);
}

static void kprobe_detach(void)
{
	unregister_kprobe(&kp);
}

static int kretprobe_fired(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	this_cpu_inc(hits);
	return 0;
}

static struct kretprobe rp = {
	.handler = kretprobe_fired,
	.maxactive = 64,
};

static int kretprobe_attach(void)
{
	rp.kp.symbol_name = on;
	return register_kretprobe(&rp);
}

static void kretprobe_detach(void)
{
	unregister_kretprobe(&rp);
}

#ifdef FLOOR_UPROBE
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/uprobes.h>

static unsigned long at;
module_param(at, ulong, 0444);
MODULE_PARM_DESC(at, "uprobe: where in the file that on= names");

static int uprobe_fired(struct uprobe_consumer *consumer, struct pt_regs *regs)
{
	this_cpu_inc(hits);
	return 0;
}

static int uretprobe_fired(struct uprobe_consumer *consumer, unsigned long function,
			   struct pt_regs *regs)
{
	this_cpu_inc(hits);
	return 0;
}

static struct uprobe_consumer consumer;
static struct path file;

static int register_at(void)
{
	int err = kern_path(on, LOOKUP_FOLLOW, &file);

	if (err)
		return err;
	err = uprobe_register(d_real_inode(file.dentry), at, &consumer);
	if (err)
		path_put(&file);
	return err;
}

static int uprobe_attach(void)
{
	consumer.handler = uprobe_fired;
	return register_at();
}

static int uretprobe_attach(void)
{
	consumer.ret_handler = uretprobe_fired;
	return register_at();
}

static void uprobe_detach(void)
{
	uprobe_unregister(d_real_inode(file.dentry), at, &consumer);
	path_put(&file);
}
#endif

#ifdef CONFIG_FPROBE
#include <linux/fprobe.h>

/* Its arguments differ from kernel to kernel, and it looks at none. */
static void fprobe_fired(void)
{
	this_cpu_inc(hits);
}

static struct fprobe fp = { .exit_handler = (fprobe_exit_cb)(void *)fprobe_fired };

static int fprobe_attach(void)
{
	return register_fprobe(&fp, on, NULL);
}

static void fprobe_detach(void)
{
	unregister_fprobe(&fp);
}
#endif

static struct tracepoint *event;

static void raw_fired(void *data, struct pt_regs *regs, long id)
{
	this_cpu_inc(hits);
}

static void look_at(struct tracepoint *tp, void *data)
{
	if (!strcmp(tp->name, EVENT))
		event = tp;
}

static int raw_attach(void)
{
	for_each_kernel_tracepoint(look_at, NULL);
	return event ? tracepoint_probe_register(event, raw_fired, NULL) : -ENOENT;
}

static void raw_detach(void)
{
	tracepoint_probe_unregister(event, raw_fired, NULL);
	tracepoint_synchronize_unregister();
}

static const struct way {
	const char *name;
	int (*attach)(void);
	void (*detach)(void);
} ways[] = {
	{ "ftrace", ftrace_attach, ftrace_detach },
	{ "kprobe", kprobe_attach, kprobe_detach },
	{ "kretprobe", kretprobe_attach, kretprobe_detach },
#ifdef FLOOR_UPROBE
	{ "uprobe", uprobe_attach, uprobe_detach },
	{ "uretprobe", uretprobe_attach, uprobe_detach },
#endif
#ifdef CONFIG_FPROBE
	{ "fprobe", fprobe_attach, fprobe_detach },
#endif
	{ "raw", raw_attach, raw_detach },
};

static const struct way *way;

static int __init floor_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		if (!strcmp(ways[i].name, kind))
			way = &ways[i];
	return way ? way->attach() : -EINVAL;
}

static void __exit floor_exit(void)
{
	way->detach();
}

module_init(floor_init);
module_exit(floor_exit);
MODULE_DESCRIPTION("What a probe costs at the least");
MODULE_LICENSE("GPL");

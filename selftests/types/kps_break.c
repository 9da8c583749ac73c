// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel with a fault, for tests.
 *
 * what=ftrace: ftrace has found a fault in itself and has given up, until the next boot
 * what=fields: sched_process_exec has other fields than its header says
 * what=deep: msleep() is called below a hundred functions of a long name
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/trace_events.h>

static char *what = "";
module_param(what, charp, 0);

static struct trace_event_file *file;
static struct trace_event_fields *fields;
/* As the kernel's, but the first two have changed places. */
static struct trace_event_fields changed[16];

static int break_fields(void)
{
	unsigned int i;

	file = trace_get_event_file(NULL, "sched", "sched_process_exec");
	if (IS_ERR_OR_NULL(file))
		return -ENOENT;
	fields = file->event_call->class->fields_array;
	for (i = 0; fields[i].type && i + 1 < ARRAY_SIZE(changed); i++)
		memcpy(&changed[i], &fields[i < 2 ? !i : i], sizeof(changed[i]));
	file->event_call->class->fields_array = changed;
	return 0;
}

/* Where ftrace_kill() is only a kprobe tells a module. */
static int break_ftrace(void)
{
	struct kprobe kp = { .symbol_name = "ftrace_kill" };
	int err = register_kprobe(&kp);
	void (*kill)(void);

	if (err)
		return err;
	kill = (void *)((unsigned long)kp.addr - kp.offset);
	unregister_kprobe(&kp);
	kill();
	return 0;
}

static noinline int kps_break_whose_name_is_so_long_that_few_of_them_fill_a_message(int n)
{
	int err = 0;

	if (n) {
		err = kps_break_whose_name_is_so_long_that_few_of_them_fill_a_message(n - 1);
		/* It must not become a loop. */
		barrier();
		return err;
	}
	msleep(20);
	return 0;
}

static int __init break_init(void)
{
	if (!strcmp(what, "deep"))
		return kps_break_whose_name_is_so_long_that_few_of_them_fill_a_message(100);
	if (!strcmp(what, "fields"))
		return break_fields();
	return strcmp(what, "ftrace") ? -EINVAL : break_ftrace();
}

static void __exit break_exit(void)
{
	if (!file)
		return;
	file->event_call->class->fields_array = fields;
	trace_put_event_file(file);
}

module_init(break_init);
module_exit(break_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What kpstat's tests need a broken kernel for");

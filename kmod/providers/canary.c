// SPDX-License-Identifier: GPL-2.0
/*
 * Whether kprobes fire at all.
 *
 * Two switches silence kprobes and tell nobody; a module can read neither.
 *
 * kprobes/enabled in debugfs silences all of them. So a function of our own has a
 * kprobe, and is called to see whether that fires: when a kprobe is attached, when
 * somebody asks how a program fares, and each second.
 *
 * The sysctl kernel.ftrace_enabled silences those at entries of functions, which
 * ftrace serves. Worse: what is armed or disarmed meanwhile leaves a mark on the
 * function, at which ftrace later gives up for good (ftrace_shutdown() checks
 * FTRACE_FL_REGS when its last ops goes). So while there is such a kprobe an ops of
 * our own is registered that does not allow the switch; where it is off already,
 * that ops is refused, and the kprobe with it, before it is armed.
 *
 * This file alone is built with ftrace's call sites, for that ops to have one.
 */
#include <linux/ftrace.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "compat/compat.h"
#include "kpstat.h"
#include "providers/canary.h"

static void look_again(struct work_struct *work);

/* All that follows; taken inside of kps_config_lock. */
static DEFINE_MUTEX(canary_lock);
static DECLARE_DELAYED_WORK(each_second, look_again);

/* Sites that are watched. Without them both probes are taken away, in a second. */
static unsigned int users;

/* Nobody else calls it. */
static noinline notrace void sing(void)
{
	asm volatile("nop; nop; nop; nop; nop; nop; nop; nop");
}

/*
 * No bool: where the kernel is built with CONFIG_UBSAN_BOOL, gcc reads one as if it were
 * not volatile, and takes for granted what was written before sing() was called.
 */
static int heard;

static notrace int __kprobes kprobe_fired(struct kprobe *kp, struct pt_regs *regs)
{
	WRITE_ONCE(heard, 1);
	return 0;
}

/*
 * Where there is one the kernel puts no jump in the place of the breakpoint. A jump is
 * taken away some time after the kprobe, and if its module has gone meanwhile the kernel
 * keeps what it knows of it for good (kill_optimized_kprobe()): kpstat that comes to the
 * same address again could have no kprobe there.
 */
static notrace void __kprobes kprobe_stepped(struct kprobe *kp, struct pt_regs *regs,
					     unsigned long flags)
{
}

/**
 * struct canary - a kprobe of our own, on sing()
 * @kp: registered, if @armed; if not, kprobes are taken to work
 * @silent: it did not fire when last tried
 * @looked_at: when that was, in ns
 * @silent_ns: for how long it has been silent so far
 */
static struct canary {
	struct kprobe kp;
	bool armed;
	int silent;
	u64 looked_at;
	u64 silent_ns;
} canary;

static void arm(void)
{
	if (canary.armed)
		return;
	canary.kp = (struct kprobe){
		.addr = (kprobe_opcode_t *)sing,
		.pre_handler = kprobe_fired,
		.post_handler = kprobe_stepped,
	};
	canary.armed = !register_kprobe(&canary.kp);
	canary.silent = false;
	canary.looked_at = ktime_get_ns();
}

/* What lies between two looks of which one found it silent counts as silent. */
static void look(void)
{
	bool was_silent = canary.silent;
	u64 now = ktime_get_ns();

	if (!canary.armed)
		return;
	WRITE_ONCE(heard, 0);
	sing();
	WRITE_ONCE(canary.silent, !READ_ONCE(heard));
	if (canary.silent || was_silent)
		WRITE_ONCE(canary.silent_ns,
			   canary.silent_ns + now - canary.looked_at);
	canary.looked_at = now;
	if (canary.silent && !was_silent)
		pr_warn_ratelimited("somebody has switched kprobes off (kprobes/enabled in debugfs): programs that use them see nothing\n");
}

#ifdef KPS_KPROBES_ON_FTRACE
static noinline void never_called(void)
{
	asm volatile("nop");
}

static notrace void ftrace_fired(unsigned long ip, unsigned long parent_ip,
				 struct ftrace_ops *ops,
				 struct kps_ftrace_given *given)
{
}

static struct ftrace_ops keeper = {
	.func = ftrace_fired,
	.flags = FTRACE_OPS_FL_PERMANENT,
};
static bool is_kept;

/* Return: false: ftrace is switched off, or has given up. */
static bool keep_ftrace_on(void)
{
	unsigned long ip = (unsigned long)never_called;

	if (!is_kept)
		is_kept = !ftrace_set_filter_ip(&keeper, ip, 0, 1) &&
			  !register_ftrace_function(&keeper);
	return is_kept;
}

static void let_ftrace_go(void)
{
	unsigned long ip = (unsigned long)never_called;

	if (!is_kept || unregister_ftrace_function(&keeper))
		return;
	is_kept = false;
	ftrace_set_filter_ip(&keeper, ip, 1, 0);
}
#else
static bool keep_ftrace_on(void)
{
	return true;
}

static void let_ftrace_go(void)
{
}
#endif

static void take_away(void)
{
	if (canary.armed)
		unregister_kprobe(&canary.kp);
	canary.armed = false;
	let_ftrace_go();
}

/* So that nobody waits for what is taken away. */
static void look_again(struct work_struct *work)
{
	mutex_lock(&canary_lock);
	if (users) {
		look();
		queue_delayed_work(system_long_wq, &each_second, HZ);
	} else {
		take_away();
	}
	mutex_unlock(&canary_lock);
}

/** kps_canary_look() - bring up to date what is said of kprobes. May sleep. */
void kps_canary_look(void)
{
	mutex_lock(&canary_lock);
	if (users)
		look();
	mutex_unlock(&canary_lock);
}

/* canary_lock is held. */
static int what_is_off(const struct kprobe *kp)
{
	arm();
	look();
	if (canary.silent)
		return -ESHUTDOWN;
	if (kp->flags & KPROBE_FLAG_FTRACE && !keep_ftrace_on())
		return -EHOSTDOWN;
	return 0;
}

/**
 * kps_watch_begin() - a kprobe is about to be armed
 * @watch: its site's; on already if that has others
 * @kp: registered
 *
 * Context: may sleep. Return: 0, -ESHUTDOWN if kprobes are switched off, or
 * -EHOSTDOWN if ftrace is, and it is for ftrace; then it must not be armed.
 */
int kps_watch_begin(struct kps_watch *watch, const struct kprobe *kp)
{
	int err;

	mutex_lock(&canary_lock);
	err = what_is_off(kp);
	if (!err && !watch->on) {
		users++;
		watch->on = true;
		watch->before = canary.silent_ns;
	}
	if (!delayed_work_pending(&each_second))
		queue_delayed_work(system_long_wq, &each_second, HZ);
	mutex_unlock(&canary_lock);
	return err;
}

/** kps_watch_end() - none is armed any more; nothing if it is not on. May sleep. */
void kps_watch_end(struct kps_watch *watch)
{
	if (!watch->on)
		return;
	mutex_lock(&canary_lock);
	watch->taken = kps_watch_silent_ns(watch);
	watch->on = false;
	users--;
	mutex_unlock(&canary_lock);
}

/** kps_watch_silent_ns() - for how long its probe could not fire, all in all */
u64 kps_watch_silent_ns(const struct kps_watch *watch)
{
	u64 now = READ_ONCE(canary.silent_ns);

	return watch->taken + (watch->on ? now - watch->before : 0);
}

/** kps_watch_is_silent() - as of the last look */
bool kps_watch_is_silent(const struct kps_watch *watch)
{
	return watch->on && READ_ONCE(canary.silent);
}

/** kps_canary_exit() - before the module goes; there is no program any more */
void kps_canary_exit(void)
{
	cancel_delayed_work_sync(&each_second);
	take_away();
}

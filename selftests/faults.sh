#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every allocation in insmod, load, read and unload, and in a call of a program that is
# probed, fails, one after the other: each failure is a clean error, and nothing is left
# behind.  Needs a kernel with fault injection.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# kmemleak
# timeout=600
# What the kernel itself says where it finds no memory.
# expect=WARNING: .*(trace_rb_cpu_prepare|__disarm_kprobe_ftrace|arm_kprobe)

FAULTS=/sys/kernel/debug
[ -d $FAULTS/failslab ] && [ -w /proc/self/fail-nth ] || skip_all "no fault injection in this kernel"
# Also those that may wait for memory, and single pages.
for kind in failslab fail_page_alloc; do
	echo N >$FAULTS/$kind/ignore-gfp-wait
	echo 0 >$FAULTS/$kind/verbose
done
echo 0 >$FAULTS/fail_page_alloc/min-order
echo N >$FAULTS/fail_page_alloc/ignore-gfp-highmem 2>/dev/null

# Each of them numbers its checks from 1.
number() {
	awk '/^1\.\./ { next } /^(ok|not ok)/ { sub(/ok [0-9]+/, "ok " ++n) } { print; fflush() }'
}

for what in insmod kprobe kretprobe tracepoint rawtracepoint interval profile software watchpoint \
	conntrack uprobe uretprobe usdt; do
	[ $what = insmod ] || grep -q '^kpstat ' /proc/modules || load_module
	"$HERE/raw/faults" "$KPSTAT_KO" $what
done | number | tee "$WORK/out"
TESTS=$(grep -cE '^(ok|not ok)' "$WORK/out")
! grep -qE '^(not ok|Bail)' "$WORK/out" || BROKEN=1
is "no kprobe is left" "$(armed)" 0
yes "the module goes" rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where ftrace has found a fault in itself and gives up, it takes no hook away any more:
# these do nothing from then on, the machine lives, and the module stays loaded.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# a guest of its own: ftrace is dead after it
# expect=WARNING: .*(disarm_kprobe|unregister_ftrace|ftrace_shutdown)

[ -e /kpstat/kps_break.ko ] || skip_all "there is no module that breaks this kernel"

# Every hook that was left in place is called, many times.
use() {
	must "$LOAD/calls" steady 0 2000
	must "$LOAD/calls" steady 1 2000
}

load_module
load_text entry 'kprobe:vfs_read /comm == "steady"/ { @ = count(); @s[kstack(3)] = count(); }'
load_text armed 'kprobe:vfs_read /comm == "steady"/ { @ = count(); }' --attach kprobe
load_text return 'kretprobe:ksys_read /comm == "steady"/ { @ = count(); }'
use
for program in entry armed return; do
	is "$program: counts" "$(value $program @ '')" 4000
done
must insmod /kpstat/kps_break.ko what=ftrace
for program in entry armed return; do
	yes "$program: is disabled" timeout 60 kpctl disable $program
done
use
for program in entry armed return; do
	is "$program: counts no more" "$(value $program @ '')" 4000
done
no "what is stuck is not attached again" kpctl enable armed
for program in entry armed return; do
	yes "$program: is unloaded" timeout 60 kpctl unload $program
done
use
yes "the log says that the module must stay" eval "dmesg | grep -q 'could not take away'"
no "and it does" rmmod kpstat
use
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs and the module come and go while their probes fire on all CPUs: at a
# function's entry, at its return with tasks asleep inside, inside of it, on the
# scheduler's and the soft interrupts' tracepoints.  Nothing breaks, nothing is
# left.  KPSTAT_TEST_LONG makes it a thousand times.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=1200
# alone

CYCLES=${KPSTAT_TEST_LONG:+1000}
CYCLES=${CYCLES:-20}
A='kprobe:vfs_read { @[comm, tid] = count(); @s[kstack(4)] = count(); }
kretprobe:vfs_read { @ns = hist(duration); }
tracepoint:syscalls:sys_enter_read { @fd[args.fd] = count(); }
tracepoint:sched:sched_switch { @switches[args.next_pid] = count(); }
tracepoint:irq:softirq_entry { @softirqs[args.vec] = count(); }
rawtracepoint:sched_wakeup { @wakeups = count(); }
software:page-faults:1 { @faults[comm] = count(); }
software:context-switches:2 { @out[kstack(3)] = count(); }
watchpoint:jiffies_64:8:w { @ticks = count(); }
kretprobe:hrtimer_nanosleep { @asleep = hist(duration); }'

# Behind the entry a probe is a breakpoint, or a jump that replaces it: the
# first place there where an instruction begins.
inside_ksys_read() {
	local offset
	for ((offset = 5; offset < 64; offset++)); do
		B="kprobe:ksys_read+$offset { @[comm, tid] = count(); }
		kretprobe:ksys_read { @r[retval] = count(); }"
		kpctl load --name try -e "$B" >/dev/null 2>&1 || continue
		kpctl unload try
		return 0
	done
	return 1
}

# On every CPU, as fast as it can.
fire() {
	local cpu
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		nice -n "${KPSTAT_TEST_NICE:-19}" "$LOAD/calls" fire "$cpu" 0 & FIRES+=($!)
	done
	while :; do "$LOAD/sleepers" asleep 20 30; done & FIRES+=($!)
}

cease() {
	kill "${FIRES[@]}"
	wait "${FIRES[@]}" 2>/dev/null
	FIRES=()
}

# Odd cycles unload first; in even ones rmmod finds the programs running.
cycle() {
	insmod "$KPSTAT_KO" &&
		kpctl load --cpu-budget 0 --name a -e "$A" &&
		kpctl load --cpu-budget 0 --name b -e "$B" || return 1
	if [ $(($1 % 2)) = 1 ]; then
		[ "$(ledger a hits)" -gt 0 ] && kpctl unload a || return 1
	fi
	rmmod kpstat
}

cycles() {
	local i
	for ((i = 0; i < $1; i++)); do
		cycle "$i" >"$WORK/cycle" 2>&1 || {
			echo "cycle $i failed"
			cat "$WORK/cycle"
			return 1
		}
	done
}

# Programs alone, at full rate, without the module.
reloads() {
	local i
	for ((i = 0; i < $1; i++)); do
		kpctl load --cpu-budget 0 --name a -e "$A" && kpctl disable a && kpctl enable a &&
			kpctl unload a || return 1
	done
}

FIRES=()
load_module
must inside_ksys_read
must rmmod kpstat
fire
must cycles 10
before=$(kernel_memory)
yes "$CYCLES cycles of the module and two programs, on all CPUs" cycles $CYCLES
is "no kprobe is left" "$(armed)" 0
between "kernel memory grew by less than 1 MiB" $(($(kernel_memory) - before)) -100000 1024

must insmod "$KPSTAT_KO"
idle=$(status memory)
yes "$CYCLES times load, disable, enable, unload, on all CPUs" reloads $CYCLES
is "kpstat's own figure is back" "$(status memory)" "$idle"
must rmmod kpstat
cease
is "no kprobe is left" "$(armed)" 0
is "the kernel did not complain" \
	"$(dmesg | grep -E 'WARNING|BUG|Oops|rcu:.*stall|hung task|kpstat: .*error')" ""
finish

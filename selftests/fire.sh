#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs and the module come and go, 200 times, while their probes fire as
# fast as both CPUs can.  Nothing breaks, nothing is left.
#
# QEMU's multi-threaded translation cannot stand it when one CPU patches a call
# or a jump that another one is running (ftrace's at a function's entry, an
# optimised kprobe's, a tracepoint's static key): a loop that only writes to
# tracefs' kprobe_events crashes the guest in seconds, without kpstat.  A
# breakpoint's single byte it can stand.  So in the lab what fires on all CPUs
# are breakpoints inside a function; the other kinds are changed on the CPU that
# the load runs on.  KPSTAT_TEST_FIRE=all puts them together, for a real machine.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=600

CYCLES=200
PATCHED='kprobe:vfs_read { @[comm, tid] = count(); @s[kstack(4)] = count(); }
kretprobe:vfs_read { @ns = hist(duration); }
tracepoint:syscalls:sys_enter_read { @fd[args.fd] = count(); }'

# The first place inside of ksys_read() where an instruction begins.
inside_ksys_read() {
	local offset
	for ((offset = 5; offset < 64; offset++)); do
		A="kprobe:ksys_read+$offset { @[comm, tid] = count(); @s[kstack(4)] = count(); }"
		if kpctl load --name try -e "$A" >/dev/null 2>&1; then
			kpctl unload try
			A+=" kprobe:ksys_read+$offset { @h = hist(nsecs); }"
			return 0
		fi
	done
	return 1
}

# fire CPU...
fire() {
	local cpu
	for cpu; do
		# At the lowest priority: what is tested comes first.
		chrt --idle 0 "$LOAD/calls" fire "$cpu" 0 & FIRES+=($!)
	done
}

cease() {
	kill "${FIRES[@]}"
	wait "${FIRES[@]}" 2>/dev/null
	FIRES=()
}

# Odd cycles unload first; in even ones rmmod finds the programs running.
cycle() {
	insmod "$KPSTAT_KO" &&
		kpctl load --name a -e "$A" || return 1
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
		kpctl load --name a -e "$A" && kpctl disable a && kpctl enable a &&
			kpctl unload a || return 1
	done
}

# Kernel memory in use that is not the page cache's, in KiB.
kernel_memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|VmallocUsed|Percpu):/ { n += $2 } END { print n }' /proc/meminfo
}

FIRES=()
ALL=$(seq 0 $(($(nproc) - 1)))
load_module
must inside_ksys_read
if [ "${KPSTAT_TEST_FIRE:-}" = all ]; then
	A+=" $PATCHED"
else
	must sysctl -w debug.kprobes-optimization=0
fi
must rmmod kpstat
# shellcheck disable=SC2086
fire $ALL
must cycles 10
before=$(kernel_memory)
yes "$CYCLES cycles of the module and a program, on all CPUs" cycles $CYCLES
is "no kprobe is left" "$(armed)" 0
between "kernel memory grew by less than 1 MiB" $(($(kernel_memory) - before)) -100000 1024

must insmod "$KPSTAT_KO"
idle=$(memory_used)
yes "$((CYCLES / 4)) times load, disable, enable, unload, on all CPUs" reloads $((CYCLES / 4))
cease
is "kpstat's own figure is back" "$(memory_used)" "$idle"
must rmmod kpstat

fire 0
taskset -p 1 $$ >/dev/null
A=$PATCHED
yes "cycles with probes at entry and return and a tracepoint, on one CPU" cycles $((CYCLES / 4))
cease
is "no kprobe is left" "$(armed)" 0
is "the kernel did not complain" \
	"$(dmesg | grep -E 'WARNING|BUG|Oops|rcu:.*stall|hung task|kpstat: .*error')" ""
finish

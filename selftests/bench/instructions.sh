#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The bench's first view, in a guest whose clock counts instructions: what an
# event costs above the bare call.  A line for each question, for bench.sh:
# "instructions, question, kpstat, mark, bpftrace, ftrace's hist, the floor",
# with tabs between; "-" where there is none.  Marks are for Debian's 6.1.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

ROUNDS=${KPSTAT_TEST_ROUNDS:-20000}
TRACEFS=/sys/kernel/tracing
# The load, and what is probed in it.
LOOP="$HERE/bench/loop read $ROUNDS 5" FUNCTION=vfs_read
# For all that kpctl loads, and whether there is a bpftrace to compare with.
OPTIONS=()
BPF=
! has_bpf || BPF=1

loop() { $LOOP; }

# What a call costs with a probe on it, as each of them does it.
kpstat() {
	load_text bench "$1" "${OPTIONS[@]}"
	loop
	kpctl unload bench
}

bpftrace_() {
	[ "$1" != - ] && [ "$BPF" ] || return
	bpftrace -c "$LOOP" -e "$1" 2>&1 | grep -E '^[0-9]+\.[0-9]$'
}

# ftrace_hist TRIGGER, on a kprobe event whose n is the third argument
ftrace_hist() {
	[ -e "$TRACEFS/events/sched/sched_switch/hist" ] && [ "$1" != - ] || return
	echo "p:kps/read $FUNCTION n=%dx:u64" >"$TRACEFS/kprobe_events"
	echo "hist:$1" >"$TRACEFS/events/kps/read/trigger"
	loop
	echo "!hist:$1" >"$TRACEFS/events/kps/read/trigger"
	echo >"$TRACEFS/kprobe_events"
}

# floor KIND: of bench/floor
floor() {
	[ -e "$HERE/bench/floor.ko" ] && [ "$1" != - ] || return
	insmod "$HERE/bench/floor.ko" kind="$1" 2>/dev/null || return
	loop
	rmmod floor
}

# above COST: what it is above the bare call
above() {
	if [ -z "$1" ]; then echo -; else
		awk -v c="$1" -v b="$BASE" 'BEGIN { printf "%.0f", c - b }'
	fi
}

# row MARK NAME KPSTAT BPFTRACE HIST FLOOR
row() {
	printf 'instructions\t%s\t%s\t%s\t%s\t%s\t%s\n' "$2" "$(above "$(kpstat "$3")")" "$1" \
		"$(above "$(bpftrace_ "$4")")" "$(above "$(ftrace_hist "$5")")" \
		"$(above "$(floor "$6")")"
}

same() { row "$1" "$2" "$3" "$3" "$4" "$5"; }

load_module
loop >/dev/null
BASE=$(loop)
printf 'about\tkernel\t%s\nabout\tbpftrace\t%s\nabout\tbare call\t%s\n' "$(uname -r)" \
	"$([ "$BPF" ] && bpftrace --version || echo none)" "${BASE%.*}"
same 135 "count" 'kprobe:vfs_read { @ = count(); }' keys=common_pid ftrace
same 220 "count by comm" 'kprobe:vfs_read { @[comm] = count(); }' keys=common_pid.execname ftrace
same 220 "count by pid" 'kprobe:vfs_read { @[pid] = count(); }' keys=common_pid ftrace
same - "count by a tuple of three" 'kprobe:vfs_read { @[comm, pid, arg2] = count(); }' keys=common_pid.execname,n ftrace
same 190 "hist of an argument" 'kprobe:vfs_read { @ = hist(arg2); }' keys=n.log2 ftrace
row 620 "latency, entry to return" 'kretprobe:vfs_read { @ = hist(duration); }' \
	'kprobe:vfs_read { @s[tid] = nsecs; } kretprobe:vfs_read /@s[tid]/ { @ = hist(nsecs - @s[tid]); delete(@s[tid]); }' - kretprobe
same 125 "a filter that rejects" 'kprobe:vfs_read /arg2 == 7/ { @ = count(); }' - ftrace
same 2250 "count by kernel stack" 'kprobe:vfs_read { @[kstack] = count(); }' keys=stacktrace ftrace
same - "printf, one in a hundred" 'kprobe:vfs_read { @n++; if (@n % 100 == 0) { printf("%d\n", pid); } }' - ftrace
same 120 "tracepoint, count" 'tracepoint:raw_syscalls:sys_enter { @ = count(); }' - raw
same - "tracepoint, count by a field" 'tracepoint:raw_syscalls:sys_enter { @[args->id] = count(); }' - raw
same 120 "raw tracepoint, count" 'rawtracepoint:sys_enter { @ = count(); }' - raw
# The same question of the same event by a kprobe, where ftrace cannot do it.
OPTIONS=(--attach kprobe)
row - "count, by a kprobe" 'kprobe:vfs_read { @ = count(); }' - - kprobe
must rmmod kpstat

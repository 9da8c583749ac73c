#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The bench's part in the guest, whose clock counts instructions: prints a
# table, and fails where kpstat is not below bpftrace, or above its mark, which is
# for Debian's 6.1.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

ROUNDS=${KPSTAT_TEST_ROUNDS:-20000}
TRACEFS=/sys/kernel/tracing
WORSE=0

loop() { "$HERE/bench/loop" "$ROUNDS"; }

# What a call costs with a probe on it, as each of the three does it.
kpstat() {
	load_text bench "$1"
	loop
	kpctl unload bench
}

bpftrace_() {
	bpftrace -c "$HERE/bench/loop $ROUNDS" -e "$1" 2>&1 | grep -E '^[0-9]+\.[0-9]$'
}

# ftrace_hist TRIGGER, on a kprobe event whose n is the third argument
ftrace_hist() {
	[ -e "$TRACEFS/events/sched/sched_switch/hist" ] && [ -n "$1" ] || return
	echo 'p:kps/read vfs_read n=%dx:u64' >"$TRACEFS/kprobe_events"
	echo "hist:$1" >"$TRACEFS/events/kps/read/trigger"
	loop
	echo "!hist:$1" >"$TRACEFS/events/kps/read/trigger"
	echo >"$TRACEFS/kprobe_events"
}

# above COST: what it is above the bare call
above() {
	if [ -z "$1" ]; then echo -; else
		awk -v c="$1" -v b="$BASE" 'BEGIN { printf "%.0f", c - b }'
	fi
}

times() {
	if [ "$1" = - ] || [ "$2" = - ]; then echo -; else
		awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", b / a }'
	fi
}

# row MARK NAME KPSTAT BPFTRACE HIST
row() {
	local ours theirs hist mark=$1
	shift
	ours=$(above "$(kpstat "$2")")
	theirs=$(above "$(bpftrace_ "$3")")
	hist=$(above "$(ftrace_hist "$4")")
	printf '%-26s %8s %6s %9s %12s %9s %9s\n' "$1" "$ours" "$mark" "$theirs" "$hist" \
		"$(times "$ours" "$theirs")" "$(times "$ours" "$hist")"
	if [ "$ours" = - ]; then
		WORSE=1
	elif [ "$theirs" != - ] && [ "$ours" -ge "$theirs" ]; then
		echo "  NOT below bpftrace"
		WORSE=1
	elif [ "$mark" != - ] && [ "$ours" -gt "$mark" ]; then
		echo "  NOT at its mark"
		WORSE=1
	fi
}

same() { row "$1" "$2" "$3" "$3" "$4"; }

load_module
loop >/dev/null
BASE=$(loop)
echo "Instructions per event above the bare call (${BASE%.*}): read(2) of /dev/zero,"
echo "probed at vfs_read; kernel $(uname -r), $(bpftrace --version 2>/dev/null || echo no bpftrace)"
echo
printf '%-26s %8s %6s %9s %12s %9s %9s\n' '' kpstat mark bpftrace 'ftrace hist' 'bpftrace/' 'hist/'
same 135 "count" 'kprobe:vfs_read { @ = count(); }' keys=common_pid
same 220 "count by comm" 'kprobe:vfs_read { @[comm] = count(); }' keys=common_pid.execname
same 220 "count by pid" 'kprobe:vfs_read { @[pid] = count(); }' keys=common_pid
same - "count by a tuple of three" 'kprobe:vfs_read { @[comm, pid, arg2] = count(); }' keys=common_pid.execname,n
same 120 "raw tracepoint, count" 'rawtracepoint:sys_enter { @ = count(); }' ''
same - "tracepoint, count" 'tracepoint:raw_syscalls:sys_enter { @ = count(); }' ''
same - "printf, one in a hundred" 'kprobe:vfs_read { @n++; if (@n % 100 == 0) { printf("%d\n", pid); } }' ''
same 190 "hist of an argument" 'kprobe:vfs_read { @ = hist(arg2); }' keys=n.log2
row 620 "latency" 'kretprobe:vfs_read { @ = hist(duration); }' \
	'kprobe:vfs_read { @s[tid] = nsecs; } kretprobe:vfs_read /@s[tid]/ { @ = hist(nsecs - @s[tid]); delete(@s[tid]); }' ''
same 125 "filter that rejects" 'kprobe:vfs_read /arg2 == 7/ { @ = count(); }' ''
same 2250 "count by kstack" 'kprobe:vfs_read { @[kstack] = count(); }' keys=stacktrace
must rmmod kpstat
exit $WORSE

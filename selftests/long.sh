#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An hour (KPSTAT_TEST_SECONDS) at full rate while programs are loaded, read and
# unloaded: the kernel's memory at the end is what it was at the start, and the
# program that was there all the time has counted every call.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=1200
# alone

[ -n "${KPSTAT_TEST_LONG:-}" ] || skip_all "it takes an hour: make check-long"
SECONDS_LONG=${KPSTAT_TEST_SECONDS:-3600}
STEADY='kprobe:vfs_read /comm == "steady"/ { @ = count(); @by[cpu, tid] = hist(arg2); }'
GUEST='kprobe:vfs_read { @[comm, tid, kstack(8)] = count(); @t[tid] = nsecs; }
kretprobe:vfs_read { @d[comm] = hist(nsecs - @t[tid]); delete(@t[tid]); printf("%d\n", retval); }
tracepoint:sched:sched_switch { @s[args.next_comm] = count(); }
interval:ms:100 { @i = count(); }'

# name and KiB of each of the kernel's own uses, after what can be freed is.
figures() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	awk '/^(SUnreclaim|VmallocUsed|Percpu|KernelStack|PageTables):/ { print $1, $2 }' /proc/meminfo
}

total_of() { awk '{ n += $2 } END { print n }' "$1"; }

guests() {
	local n=0
	while [ -e "$WORK/go" ]; do
		kpctl load --cpu-budget 0 --name guest -e "$GUEST" && sleep 0.2 &&
			kpctl read guest >/dev/null && kpctl read --reset guest >/dev/null &&
			kpctl output guest >/dev/null && kpctl disable guest && kpctl enable guest &&
			kpctl unload guest || return 1
		n=$((n + 1))
		[ $((n % 200)) != 0 ] || echo "# $n programs came and went" >&2
	done
	echo $n
}

load_module
load_text steady "$STEADY" --cpu-budget 0
PIDS=()
for ((cpu = 0; cpu < $(nproc); cpu++)); do
	nice -n 10 "$LOAD/calls" steady "$cpu" 0 >"$WORK/calls.$cpu" & PIDS+=($!)
done
touch "$WORK/go"
guests >"$WORK/guests" & guests=$!
sleep 20
figures >"$WORK/before"
sleep "$SECONDS_LONG"
figures >"$WORK/after"
rm "$WORK/go"
yes "programs came and went all the time" wait $guests
kill "${PIDS[@]}"
wait "${PIDS[@]}"
paste "$WORK/before" "$WORK/after" | awk '{ print $1, $2, "KiB at the start,", $4, "at the end" }' | diag
diag <<<"$(cat "$WORK/guests") programs came and went"
is "every call of $SECONDS_LONG s was counted" "$(value steady @ '')" "$(cat "$WORK"/calls.* | awk '{ n += $1 } END { print n }')"
between "kernel memory grew by less than 2 MiB (KiB)" \
	$(($(total_of "$WORK/after") - $(total_of "$WORK/before"))) -1000000 2048
done_with steady
must rmmod kpstat
is "no kprobe is left" "$(armed)" 0
finish

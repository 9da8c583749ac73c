#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Events that bear a weight for perf (the nanoseconds that somebody ran, or waited) are
# one event each, by kpstat's own handler and by perf's: as many, and the same sum, as
# ftrace has in its buffer.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

TRACING=/sys/kernel/tracing/instances/kpstat
NAMES='runtime wait sleep iowait blocked'

# run_as NAME COMMAND...
run_as() {
	cp "$(readlink -f "$(type -P "$2")")" "$WORK/$1"
	"$WORK/$1" "${@:3}"
}

# Runs, waits for a CPU that another has, sleeps, and waits for a disk.
load() {
	local busy
	while :; do :; done & busy=$!
	taskset -pc 0 $busy >/dev/null
	taskset -c 0 "$LOAD/calls" weigher 0 3000
	"$LOAD/sleepers" weigher 4 50
	run_as weigher dd if=/dev/vda of=/dev/null bs=64k count=40 iflag=direct 2>/dev/null
	kill $busy
	wait $busy 2>/dev/null
	sleep 0.3
}

# NAME: number and sum of ftrace's
traced() {
	awk -v name="sched_stat_$1:" 'index($0, name) {
		sub(/.* (runtime|delay)=/, ""); n++; sum += $1 }
		END { printf "%d %d\n", n, sum }' "$WORK/trace"
}

# PROGRAM: of a clause's
counted() { echo "$(value "$1" @n '') $(value "$1" @sum '')"; }

[ -d /sys/kernel/tracing/events/sched/sched_stat_runtime ] || skip_all "this kernel has no such events"
mkdir $TRACING || skip_all "this kernel's tracing has no instances"
echo 4096 >$TRACING/buffer_size_kb
[ ! -w /proc/sys/kernel/sched_schedstats ] || echo 1 >/proc/sys/kernel/sched_schedstats
load_module
present=()
for name in $NAMES; do
	events=$TRACING/events/sched/sched_stat_$name
	[ -d $events ] || continue
	present+=("$name")
	echo 'comm == "weigher"' >$events/filter
	echo 1 >$events/enable
	field=delay
	[ $name != runtime ] || field=runtime
	text="tracepoint:sched:sched_stat_$name /args.comm == \"weigher\"/ { @n = count(); @sum = sum(args.$field); }"
	load_text "ours_$name" "$text"
	load_text "perf_$name" "$text" --attach perf
done
load
for name in "${present[@]}"; do
	echo 0 >$TRACING/events/sched/sched_stat_$name/enable
done
cat $TRACING/trace >"$WORK/trace"
for name in "${present[@]}"; do
	want=$(traced "$name")
	if [ "${want% *}" = 0 ]; then
		skip "sched_stat_$name" "nothing made it happen"
	else
		is "sched_stat_$name: a handler of kpstat's own" "$(how "ours_$name")" "raw: "
		is "sched_stat_$name: number and sum are ftrace's" "$(counted "ours_$name")" "$want"
		is "sched_stat_$name: by perf, too" "$(counted "perf_$name")" "$want"
	fi
	done_with "ours_$name"
	done_with "perf_$name"
done
rmdir $TRACING
must rmmod kpstat
finish

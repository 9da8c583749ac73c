#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where RCU does not wait for a CPU, as in the idle task, an event touches nothing that
# a reading with reset frees: it is missed, and said to be. All others are counted once,
# with probes in idle, entry and scheduler code, however short the time between two
# readings is.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=900

# In idle, and everywhere; in two ways each.
RESETS=(150 40)
if [ -n "${KPSTAT_TEST_LONG:-}" ]; then
	RESETS=(10000 90000)
fi
PLACES=(
	arch_cpu_idle default_idle cpuidle_enter cpuidle_enter_state cpuidle_select
	tick_nohz_idle_enter tick_nohz_idle_exit tick_nohz_idle_stop_tick
	rcu_idle_enter rcu_idle_exit schedule_idle
	irq_enter_rcu irq_exit_rcu exit_to_user_mode_prepare syscall_trace_enter
	finish_task_switch.isra.0 pick_next_task_fair ttwu_do_activate.isra.0
)

# Names, of those that may be probed in either way.
places() {
	local name
	for name in "$@"; do
		! awk -v n="$name" '$2 == n { found = 1 } END { exit !found }' "$WORK/blacklist" &&
			awk -v n="$name" '$1 == n { found = 1 } END { exit !found }' "$WORK/functions" &&
			echo "$name"
	done
}

# PROGRAM N: readings, and one after the last event. Sets TOTAL.
readings() {
	local sum last
	sum=$("$LOAD/resets" "$1" "$2")
	must kpctl disable "$1"
	last=$("$LOAD/resets" "$1" 1)
	TOTAL=$((${sum% *} + ${last% *}))
}

# ATTACH: what it takes to read while the clause, which is long, runs in idle tasks.
in_idle() {
	load_text idle 'kprobe:arch_cpu_idle { unroll(100) { @s[kstack(8)] = count(); } @ = count(); }' --attach "$1"
	readings idle "${RESETS[0]}"
	is "$1: the readings are what was recorded" "$TOTAL" $((101 * $(ledger idle recorded)))
	between "$1: what came where RCU does not watch is missed" "$(ledger idle missed)" 1 1000000000
	done_with idle
}

# ATTACH: two CPUs that sleep and work by turns, beside calls that are known.
everywhere() {
	local cpu pids=() probes
	probes=$(places "${PLACES[@]}" | sed 's/^/kprobe:/' | paste -sd,)
	load_text all "$probes { unroll(20) { @s[kstack(3), comm] = count(); } @ = count(); }" --attach "$1"
	load_text steady 'kprobe:vfs_read /comm == "steady"/ { @ = count(); }' --attach "$1"
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		while [ ! -e "$WORK/enough" ]; do
			"$LOAD/calls" steady "$cpu" 1000 && echo 1000 && sleep 0.01
		done >"$WORK/calls.$cpu" & pids+=($!)
	done
	readings all "${RESETS[1]}"
	touch "$WORK/enough"
	wait "${pids[@]}"
	rm "$WORK/enough"
	is "$1: $probes: the readings are what was recorded" "$TOTAL" $((21 * $(ledger all recorded)))
	between "$1: there was something to record" "$(ledger all recorded)" 1000 1000000000
	is "$1: of all that nothing else was lost" "$(lost_but_missed all)" 0
	is "$1: beside it every call is counted" "$(value steady @ '')" "$(awk '{ n += $1 } END { print n }' "$WORK"/calls.*)"
	done_with all
	done_with steady
}

# A nested event may find a room taken: that is recursion, and allowed.
lost_but_missed() { awk '$NF == "all" { print $4 + $5 + $6 + $8 }' "$DEBUGFS/programs/$1/ledger"; }

cat /sys/kernel/debug/kprobes/blacklist >"$WORK/blacklist"
cat /sys/kernel/tracing/available_filter_functions >"$WORK/functions"
load_module
for attach in auto kprobe; do
	if [ -n "$(places arch_cpu_idle)" ]; then
		in_idle $attach
	else
		skip "$attach: in idle" "this kernel lets nobody probe where RCU does not watch"
	fi
	everywhere $attach
done
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Read-and-reset loses nothing and counts nothing twice: a thousand of them
# under a steady load of known size, on every CPU, add up to the load.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300
# alone

READS=1000

# PROGRAM: a thousand readings while the load runs, and one after its end.
# Sets CALLS, what the load was, TOTAL, what was read, and BUSY, how many of the
# readings found something.
readings() {
	local cpu pids=() sum last
	for ((cpu = 0; cpu < CPUS; cpu++)); do
		"$LOAD/calls" steady $cpu 0 >"$WORK/calls.$cpu" & pids+=($!)
	done
	read -r sum BUSY <<<"$("$LOAD/resets" "$1" $READS)"
	kill "${pids[@]}"
	wait
	last=$("$LOAD/resets" "$1" 1)
	TOTAL=$((sum + ${last% *}))
	CALLS=$(awk '{ n += $1 } END { print n }' "$WORK"/calls.*)
}

CPUS=$(nproc)
load_module

load_text one 'kprobe:vfs_read /comm == "steady"/ { @ = count(); }' --cpu-budget 0
readings one
between "of $READS readings nearly all found something new" "$BUSY" $((READS * 9 / 10)) $READS
is "a count without key: the sum of the readings is the load" "$TOTAL" "$CALLS"
is "nothing is left" "$(value one @ '')" 0
done_with one

load_text keyed 'kprobe:vfs_read /comm == "steady"/ { @[comm, cpu, tid, arg2 + nsecs % 7] = count(); }' --cpu-budget 0
readings keyed
is "with keys that come and go: likewise" "$TOTAL" "$CALLS"
is "the ledger goes on over all of them" "$(ledger keyed recorded)" "$CALLS"
done_with keyed

# One that is longer than a message is cut: it was refused, and lost with the reset.
if [ -e /kpstat/kps_break.ko ]; then
	load_text deep 'kprobe:msleep /comm == "insmod"/ { @[kstack, kstack(126), kstack(125), kstack(124), kstack(123)] = count(); }'
	must insmod /kpstat/kps_break.ko what=deep
	kpctl read --reset deep >"$WORK/deep" 2>&1
	between "an entry of five deep stacks is read" "$(grep -c kps_break_whose "$WORK/deep")" 200 505
	yes "and says where it is cut" grep -q '^ *\.\.\.' "$WORK/deep"
	done_with deep
	must rmmod kps_break
else
	skip "an entry of five deep stacks" "there is no module that breaks this kernel"
fi
must rmmod kpstat
finish

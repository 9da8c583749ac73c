#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Read-and-reset loses nothing and counts nothing twice: a thousand of them
# under a steady load of known size, on every CPU, add up to the load.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300

READS=1000 CALLS=3000000

# PROGRAM: a thousand readings while the load runs, and one after its end.
readings() {
	local cpu pid pids=() sum busy
	for ((cpu = 0; cpu < CPUS; cpu++)); do
		"$LOAD/calls" steady $cpu $CALLS & pids+=($!)
	done
	read -r sum busy <<<"$("$LOAD/resets" "$1" $READS)"
	STEADY=0
	for pid in "${pids[@]}"; do
		kill -0 "$pid" 2>/dev/null && STEADY=$((STEADY + 1))
	done
	wait
	LAST=$("$LOAD/resets" "$1" 1)
	TOTAL=$((sum + ${LAST% *})) BUSY=$busy
}

CPUS=$(nproc)
load_module

load_text one 'kprobe:vfs_read /comm == "steady"/ { @ = count(); }'
readings one
is "the load outlasted the readings" "$STEADY" "$CPUS"
between "of $READS readings nearly all found something new" "$BUSY" $((READS * 9 / 10)) $READS
is "a count without key: the sum of the readings is the load" "$TOTAL" $((CPUS * CALLS))
is "nothing is left" "$(value one @ '')" 0
done_with one

load_text keyed 'kprobe:vfs_read /comm == "steady"/ { @[comm, cpu, tid, arg2 + nsecs % 7] = count(); }'
readings keyed
is "with keys that come and go: likewise" "$TOTAL" $((CPUS * CALLS))
is "the ledger goes on over all of them" "$(ledger keyed recorded)" $((CPUS * CALLS))
done_with keyed
must rmmod kpstat
finish

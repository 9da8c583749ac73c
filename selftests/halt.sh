#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A program ends at once, with all its events counted and END behind them, though its
# probes are taken away later: that is how `kpctl run` has results before it detaches.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=240

TEXT='kprobe:vfs_read /comm == "steady"/ { @calls = count(); }
kretprobe:vfs_read /comm == "steady"/ { @returns = count(); }
END { @ends = count(); }'

halt() { "$HERE/raw/halt" "$@"; }

calls() { must "$LOAD/calls" steady 0 100; }

# NAME TIMES ENDS: what it has counted
counted() {
	is "$1: calls" "$(value halted @calls '')" "$2"
	is "$1: returns" "$(value halted @returns '')" "$2"
	is "$1: END" "$(value halted @ends '')" "$3"
}

once() {
	calls
	yes "it is halted" halt halted
	calls
	counted "what came before is counted, and no more" 100 1
	is "its probes are where they were" "$(states halted)" attached
	is "it is disabled" "$(kpctl list -j | jq -r '.programs[0].state')" disabled
	yes "it can be halted again" halt halted
	counted "and has ended once" 100 1
	must kpctl disable halted
	counted "also when its probes go" 100 1
	is "as they do then" "$(states halted)" detached
}

again() {
	must kpctl enable halted
	calls
	must halt halted
	must kpctl enable halted
	calls
	counted "it goes on when it is enabled" 300 2
	must kpctl disable halted
	counted "and ends again" 300 3
	yes "one that is disabled can be halted" halt halted
	counted "and does not end for that" 300 3
}

# Events on both CPUs while it is halted, in a loop of a task among them.
under_load() {
	local cpu pids=() missing=0
	load_text busy 'kprobe:vfs_read /comm == "steady"/ { @calls = count(); }
		interval:ms:10 { @i++; for ($i : 0..20000) { @z = $i; } }
		END { @seen = @calls; @rounds = @i; }'
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		"$LOAD/calls" steady $cpu 0 >/dev/null & pids+=($!)
	done
	for _ in {1..20}; do
		sleep 0.1
		must halt busy
		[ "$(value busy @seen '')" = "$(value busy @calls '')" ] &&
			[ "$(value busy @rounds '')" = "$(value busy @i '')" ] || missing=$((missing + 1))
		must kpctl enable busy
	done
	is "END has seen all that was counted, 20 times" $missing 0
	must halt busy
	kill "${pids[@]}"
	wait
	done_with busy
}

# Hundreds of kretprobes take the kernel seconds to take away, and nobody has to wait.
second_signal() {
	local run status=0 i
	kpctl run -q --attach kprobe -e 'kretprobe:tcp_*,kretprobe:ip_* { @ = count(); } END { printf("the end\n"); }' \
		>"$WORK/out" 2>&1 & run=$!
	until_attached 1
	kill -INT $run
	for ((i = 0; i < 300; i++)); do
		grep -q '^@' "$WORK/out" && break
		sleep 0.1
	done
	kill -INT $run
	wait $run || status=$?
	is "a second signal ends a run" $status 130
	is "when all is said" "$(tr -d '\n' <"$WORK/out" | tr -d 0-9)" "the end@: "
	is "its probes are still there" "$(status programs)" 1
}

load_module
load_text halted "$TEXT"
once
again
must kpctl enable halted
no "no other flags are known" halt halted 8
done_with halted
under_load
second_signal
yes "rmmod waits for them" rmmod kpstat
is "and they are gone" "$(armed)" 0
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Readers in numbers, readers that are killed, readers with next to no room:
# every event is in one reading, or in the one that a killed reader took.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300

READERS=64 KEYS=20000 KILLS=30
# Readings of each, by kpctl and by what is much faster.
READINGS=3 DUMPS=12

TEXT='kprobe:vfs_read /comm == "readers"/ { @[arg2] = count(); }'

# flat FILE...: "FILE KEY VALUE" lines of one map, from kpctl's JSON.
flat() { jq -r '.. | objects | select(.type == "map") | .data[][] | "\(input_filename) \(.key | map(tostring) | join(",")) \(.value)"' "$@"; }

# sums FILE...: per key, sorted
sums() { cat "$@" | awk '{ n[$1] += $2 } END { for (k in n) if (n[k]) print k, n[k] }' | sort -n; }

sum() { cat "$@" | awk '{ n += $2 } END { print n + 0 }'; }

# load_of FIRST LAST TIMES ROUNDS: what "keys" makes in as many rounds
load_of() { seq "$1" "$2" | awk -v times="$3" -v rounds="$4" '{ print $1, rounds * (1 + $1 % times) }'; }

# Rounds of 500 keys on each CPU, in the background, until end_load, which sets
# ROUNDS: so the load outlasts whatever is done meanwhile.
make_load() {
	local cpu
	rm -f "$WORK/enough" "$WORK"/rounds.*
	LOADS=()
	for ((cpu = 0; cpu < CPUS; cpu++)); do
		load_on $cpu & LOADS+=($!)
	done
}

load_on() {
	local n=0
	until [ -e "$WORK/enough" ]; do
		"$LOAD/keys" readers 1 500 7 "$1" || exit 1
		n=$((n + 1))
	done
	echo $n >"$WORK/rounds.$1"
}

end_load() {
	: >"$WORK/enough"
	wait "${LOADS[@]}"
	ROUNDS=$(cat "$WORK"/rounds.* | awk '{ n += $1 } END { print n }')
	load_of 1 500 7 "$ROUNDS" >"$WORK/want"
}

kpctl_reader() {
	local i
	for ((i = 0; i < READINGS; i++)); do
		kpctl read -j --reset many @ 2>>"$WORK/err.$1" >>"$WORK/json.$1" || exit 1
	done
}

netlink_reader() {
	local i
	for ((i = 0; i < DUMPS; i++)); do
		"$LOAD/dump" -r many >>"$WORK/got.$1" 2>>"$WORK/messages.$1" || exit 1
	done
}

# killed_dump OPTION...: which the shell has nothing to say about
killed_dump() { { "$LOAD/dump" "$@"; } 2>/dev/null; }

readers_with_events() { find "$WORK" -name 'got.*' -size +0 | wc -l; }

many_readers() {
	local i pids=() failed=0
	load_text many "$TEXT"
	make_load
	for ((i = 0; i < READERS; i++)); do
		if [ $((i % 2)) = 0 ]; then kpctl_reader $i & else netlink_reader $i & fi
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || failed=$((failed + 1))
	done
	is "$READERS readers with reset at once: none failed" "$failed $(cat "$WORK"/err.*)" "0 "
	end_load
	flat "$WORK"/json.* | awk '{ sub(/\/json\./, "/got.", $1); print $2, $3 >$1 }'
	between "most of them found something" "$(readers_with_events)" $((READERS / 2)) $READERS
	"$LOAD/dump" -r many >"$WORK/got.last" 2>/dev/null
	echo "# $(sum "$WORK/want") events in $((READERS / 2 * (READINGS + DUMPS))) readings of $READERS readers, $(readers_with_events) found some"
	yes "the sums of all readings, key by key, are the load" \
		diff <(sums "$WORK"/got.*) "$WORK/want"
	is "the ledger has as many" "$(ledger many recorded)" "$(sum "$WORK/want")"
	is "nothing is left" "$(total many @)" 0
	nothing_lost many
	done_with many
}

# sockets of generic netlink that processes of ours hold
sockets() { awk '$2 == 16' /proc/net/netlink | wc -l; }

# What one reader took, it took at one point: all that came between the reading
# before and that point, and nothing else.
killed_one_by_one() {
	local i bad=0 before
	load_text kept "$TEXT" --max-keys 32768
	must "$LOAD/keys" readers 1 $KEYS 2 0
	before=$(kpctl read kept @ | cksum)
	for ((i = 1; i <= 5; i++)); do
		killed_dump -k $i kept >"$WORK/part"
		[ -s "$WORK/part" ] || [ $i = 1 ] || bad=1
	done
	is "killed in a dump without reset: nothing is lost" "$bad $(kpctl read kept @ | cksum)" "0 $before"

	bad=0
	"$LOAD/dump" -r kept >/dev/null 2>&1
	must kpctl reset kept
	for ((i = 1; i <= 20; i++)); do
		# Interval a, then b, of keys that tell them apart.
		"$LOAD/keys" readers 1 2000 3 0
		killed_dump -r -k 1 kept >"$WORK/part"
		"$LOAD/keys" readers 3001 5000 3 0
		"$LOAD/dump" -r kept >"$WORK/next" 2>/dev/null || bad=1
		diff <(sums "$WORK/next") <(load_of 3001 5000 3 1) >"$WORK/diff" || bad=2
		# The part that it saw is right, and a part.
		load_of 1 2000 3 1 >"$WORK/all"
		[ "$(sort "$WORK/part" | comm -23 - <(sort "$WORK/all") | wc -l)" = 0 ] || bad=3
		between_quiet "$(wc -l <"$WORK/part")" 1 1999 || bad=4
	done
	is "killed in a dump with reset: its interval is lost, the next is whole" $bad 0
	is "the ledger still has both" "$(ledger kept recorded)" \
		$((20 * ($(load_of 1 2000 3 1 | sum) + $(load_of 3001 5000 3 1 | sum))))
	done_with kept
}

between_quiet() { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; }

# Under load, any moment: what whole readers got, what is left and what the
# killed ones saw is never more than there was; with what they did not get to
# see it is all.
killed_under_load() {
	local i memory
	load_text killed "$TEXT"
	memory=$(status memory)
	make_load
	for ((i = 0; i < KILLS; i++)); do
		killed_dump -r -k 2 killed >>"$WORK/seen"
		"$LOAD/dump" -r killed >>"$WORK/whole" 2>/dev/null
		{ timeout -s KILL 0.0$((RANDOM % 90 + 10)) kpctl read -j --reset killed >/dev/null; } 2>/dev/null
	done
	end_load
	"$LOAD/dump" -r killed >"$WORK/left" 2>/dev/null
	is "$KILLS readers are killed under load, and as many kpctl: the ledger has the load" "$(ledger killed recorded)" "$(sum "$WORK/want")"
	echo "# of $(sum "$WORK/want") events $(sum "$WORK/whole" "$WORK/left") are in whole readings, the killed saw $(sum "$WORK/seen") of theirs"
	is "no key was counted twice" "$(join <(sums "$WORK/seen" "$WORK/whole" "$WORK/left" | sort) \
		<(sort "$WORK/want") | awk '$2 > $3')" ""
	between "whole readings were made" "$(sum "$WORK/whole")" 1 "$(sum "$WORK/want")"
	is "what killed readers held is given back" "$(status memory) $(sockets)" "$memory $SOCKETS"
	"$LOAD/keys" readers 1 500 7 0
	yes "the next reader works" diff <("$LOAD/dump" -r killed 2>/dev/null | sort -n) <(load_of 1 500 7 1)
	done_with killed
}

# A snapshot belongs to its socket: what thousands of killed readers held would
# not fit into this machine.
nothing_leaks() {
	local i before
	load_text leak "$TEXT" --max-keys 32768
	must "$LOAD/keys" readers 1 $KEYS 1 0
	killed_dump -k 2 leak >/dev/null
	before=$(kernel_memory)
	for ((i = 0; i < 100; i++)); do
		killed_dump -k 2 leak >/dev/null
	done
	between "100 readers are killed that held a copy of $KEYS keys: kernel memory is back" \
		$(($(kernel_memory) - before)) -1000000 1024
	done_with leak
}

# More than any socket's buffer holds, to a reader whose buffer holds least and
# who takes its time, while others read and reset.
large_dump() {
	local messages bytes size cpu
	load_text large "$TEXT" --max-keys 32768
	for ((cpu = 0; cpu < CPUS; cpu++)); do
		must "$LOAD/keys" readers 1 $KEYS 5 "$cpu"
	done
	load_of 1 $KEYS 5 "$CPUS" >"$WORK/want"
	"$LOAD/dump" -b 1 -p 2 large >"$WORK/slow" 2>"$WORK/messages"
	read -r messages bytes size <"$WORK/messages"
	echo "# $messages messages, $bytes bytes, receive buffer $size"
	between "a dump larger than the largest buffer that a socket may have" "$bytes" \
		$(($(cat /proc/sys/net/core/rmem_max) + 1)) 100000000
	between "through a buffer that is smaller than one message" "$size" 1 5000
	yes "is complete, key by key" diff <(sort -n "$WORK/slow") "$WORK/want"
	"$LOAD/dump" -r -b 1 -p 5 large >"$WORK/slow" 2>/dev/null &
	sleep 0.5
	"$LOAD/keys" readers 1 100 1 0
	"$LOAD/dump" -r large >"$WORK/fast" 2>/dev/null
	wait $!
	yes "a slow one with reset: likewise" diff <(sort -n "$WORK/slow") "$WORK/want"
	is "and what came meanwhile is the next one's" "$(sum "$WORK/fast")" 100
	must "$LOAD/keys" readers 1 $KEYS 5 0
	kpctl read -j large @ >"$WORK/large"
	is "kpctl reads as much" "$(flat "$WORK/large" | cut -d' ' -f2- | sum)" "$(load_of 1 $KEYS 5 1 | sum)"
	done_with large
}

# Sleeps 10 ms again and again, until there is a file: how often.
SLEEPER='
import os, sys, time
times = 0
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
    times += 1
print(times)'

# Whoever shares its CPU does not wait until a long map is read, sorted and shown.
others_run() {
	local began took sleeper
	load_text long "$TEXT" --max-keys 100000
	must "$LOAD/keys" readers 1 100000 1 0
	taskset -c 1 python3 -c "$SLEEPER" "$WORK/shown" >"$WORK/times" & sleeper=$!
	began=$(date +%s%3N)
	taskset -c 1 cat "$DEBUGFS/programs/long/maps/@" >"$WORK/long"
	took=$(($(date +%s%3N) - began))
	: >"$WORK/shown"
	wait $sleeper
	is "a map of 100,000 keys is shown" "$(wc -l <"$WORK/long")" 100000
	between "that took $took ms, and others ran on its CPU (times)" "$(cat "$WORK/times")" $((took / 40)) $took
	done_with long
}

CPUS=$(nproc)
# A largest buffer that 20,000 keys are more than; newer kernels have a larger one.
echo 212992 >/proc/sys/net/core/rmem_max
load_module
kpctl status >/dev/null
SOCKETS=$(sockets)
many_readers
killed_one_by_one
killed_under_load
nothing_leaks
large_dump
others_run
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A "kpctl run" to which nothing happens sleeps; what happens then is a line at once.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

EVENTS=10 IDLE=2
TEXT='kprobe:vfs_read /comm == "idler"/ { printf("%d\n", arg2); }'

# begins [COMMAND...]: a run, in the background
begins() {
	"$@" kpctl run -q -B line -e "$TEXT" >"$WORK/out" 2>"$WORK/err" &
	run=$!
	until_attached
}

# How often it has slept, and with that how often it was woken.
wakes() { awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/$run/status"; }

lines() { grep -c . "$WORK/out"; }

# until_lines N: within ten seconds
until_lines() {
	local i
	for ((i = 0; i < 1000; i++)); do
		[ "$(lines)" -ge "$1" ] && return 0
		sleep 0.01
	done
	return 1
}

# ends: by Ctrl-C
ends() {
	kill -INT $run
	wait $run
}

load_module
begins
woken=$(wakes)
sleep $IDLE
woken=$(($(wakes) - woken))
# Twenty to fifty times a second it would be if it looked by itself.
between "nothing happens for $IDLE s: it wakes up $woken times" "$woken" 0 $IDLE

missing=0 slowest=0
for ((n = 1; n <= EVENTS; n++)); do
	began=$(date +%s%3N)
	"$LOAD/reads" idler 1x1
	until_lines "$n" || missing=$((missing + 1))
	took=$(($(date +%s%3N) - began))
	[ "$took" -gt "$slowest" ] && slowest=$took
	[ $((n % 2)) = 0 ] || sleep 0.05
done
is "each of $EVENTS events is a line before the next comes: missing" $missing 0
echo "# the slowest, with the process that made it: $slowest ms"
must "$LOAD/reads" idler 1x5000
yes "many at once are all there" until_lines $((EVENTS + 5000))
ends
is "and no more" "$(lines)" $((EVENTS + 5000))

begins
must kpctl unload "run-$run"
status=0
wait $run || status=$?
is "who sleeps is told that somebody has unloaded its program: status" $status 1
is "in one sentence" "$(grep -c 'no program' "$WORK/err")" 1

# With -p it waits for the process, too.
sleep 1000 & other=$!
kpctl run -q -p $other -e "$TEXT" >"$WORK/out" 2>"$WORK/err" &
run=$!
until_attached
woken=$(wakes)
sleep $IDLE
between "the same with -p" $(($(wakes) - woken)) 0 $IDLE
kill $other
yes "which ends with that process" wait $run

# Where the kernel has no eventfd it looks by itself.
begins strace -qq -o /dev/null -e trace=eventfd2 -e inject=eventfd2:error=ENOSYS
must "$LOAD/reads" idler 1x1
yes "without an eventfd lines come, too" until_lines 1
kill -INT "$(pidof -s kpctl)"
wait $run

# Killed while records are written all the time.
(while [ ! -e "$WORK/enough" ]; do "$LOAD/reads" idler 1x500; sleep 0.1; done) & load=$!
for ((n = 0; n < 3; n++)); do
	begins
	kill -KILL $run
	wait $run 2>/dev/null
done
: >"$WORK/enough"
wait $load
for ((n = 0; n < 50; n++)); do
	[ "$(status programs)" = 0 ] && break
	sleep 0.1
done
is "killed under load: no memory is left" "$(status memory)" 0
yes "rmmod" rmmod kpstat
finish

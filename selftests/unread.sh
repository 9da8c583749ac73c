#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Answers that nobody reads: what they hold is limited, and given back after a while;
# they are named; one message alone holds nothing.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT_MB=4 KEYS=16384 READERS=12
# Seconds, with what a slow guest may need beside them.
PATIENCE=20 LATE=40

# status_of WORD: lines of the status in debugfs that begin with it
status_of() { grep "^$1" "$DEBUGFS/status"; }
held_kib() { status_of read: | awk '{ print $2 }'; }

# left PROGRAM N: as many readers that begin an answer and read nothing of it
PIDS=()
left() {
	local i
	for ((i = 0; i < $2; i++)); do
		"$LOAD/dump" -u "$WORK/on" "$1" >>"$WORK/left" 2>>"$WORK/left.err" &
		PIDS+=($!)
	done
}

# each has sent its question, and waits; those that are refused hold nothing
all_wait() {
	local i
	for ((i = 0; i < 100; i++)); do
		[ "$(grep -c '(dump)' "$DEBUGFS/status")" -ge "$1" ] && break
		sleep 0.1
	done
	sleep 1
}

perfmon() {
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps +perfmon --ambient-caps +perfmon "$@"
}

TEXT='kprobe:vfs_read /comm == "readers"/ { @[arg2] = count(); }'
load_module max_memory_mb=$LIMIT_MB
load_text large "$TEXT" --max-keys $KEYS
must "$LOAD/keys" readers 1 $KEYS 1 0
load_text small 'BEGIN { @ = count(); }'
perfmon kpctl load --name mine -e 'BEGIN { @[pid] = count(); }' || bail "no program of another user's"

left large $READERS
all_wait 2
held=$(held_kib)
echo "# $held KiB are held by $(grep -c '(dump)' "$DEBUGFS/status") of $READERS readers"
between "$READERS readers that read nothing: what they hold is within the limit" "$held" 512 $((LIMIT_MB << 10))
between "so some were refused" "$(grep -c '(dump)' "$DEBUGFS/status")" 1 $((READERS - 1))
no "another is refused" kpctl read large
is "with one sentence" "$(grep -cE 'a copy to read takes [0-9]+ KiB, and other readers hold [0-9]+ of the 4096 KiB' "$WORK/yes") $(wc -l <"$WORK/yes")" "1 1"
yes "what is short can be read" kpctl list
yes "another user reads" perfmon kpctl read mine
yes "status says who it is" grep -qE '^reader: process [0-9]+ \(dump\), for [0-9]+ s' "$DEBUGFS/status"
no "meanwhile rmmod is refused" rmmod kpstat

# The program goes, its memory when it is let go of.
must kpctl unload large
for ((i = 0; i < PATIENCE + LATE; i++)); do
	[ "$(held_kib)" != 0 ] || break
	sleep 1
done
is "nobody comes: what they hold is given back" "$(held_kib)" 0
must kpctl unload small
must kpctl unload mine
is "and the program" "$(status memory)" 0
yes "status says that they were given up" grep -qE '\(dump\), for [0-9]+ s, given up' "$DEBUGFS/status"
yes "and so does the log" eval 'dmesg | grep -qE "process [0-9]+ \(dump\) has not read on in its answer for $PATIENCE seconds"'
# Nothing but recvmsg() or close() ends a dump.
no "netlink's core holds the module as before" rmmod kpstat
: >"$WORK/on"
wait "${PIDS[@]}"
between "who then reads on is told (ETIMEDOUT)" "$(grep -c 'error -110' "$WORK/left.err")" 1 $((READERS - 1))
is "no other error than that it is too much (E2BIG)" "$(grep -vcE 'error -(110|7)$' "$WORK/left.err")" 0
is "all of them have gone" "$(grep -c '^reader:' "$DEBUGFS/status")" 0

# An answer of one message is over when it is asked for.
rm "$WORK/on"
load_text small 'BEGIN { @ = count(); }'
left small 3
sleep 2
is "three that do not read one message: nothing is held" "$(grep -c '^reader:' "$DEBUGFS/status") $(held_kib)" "0 0"
yes "rmmod meanwhile" rmmod kpstat
: >"$WORK/on"
wait "${PIDS[@]}"
finish

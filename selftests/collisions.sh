#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Keys that somebody chose so that they would meet in one place of a table cost no
# more than others do: an event, a reading, a reset that keeps the keys.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

KEYS=4000

milliseconds() { date +%s%3N; }

# cost NAME KIND TEXT: what an event and a reading take
cost() {
	local began
	load_text "$1" "kprobe:vfs_fallocate /comm == \"collide\"/ { $3 }" --max-keys $KEYS
	EVENT=$(taskset -c 1 "$LOAD/collide" collide $KEYS "$2")
	began=$(milliseconds)
	"$LOAD/dump" "$1" >"$WORK/$2" 2>/dev/null
	READING=$(($(milliseconds) - began))
	is "$1: all keys are there" "$(wc -l <"$WORK/$2")" $KEYS
	nothing_lost "$1"
	done_with "$1"
}

# compare NAME TEXT: an emulated CPU, and others on the machine, may well double it
compare() {
	local event reading
	cost "$1-plain" plain "$2"
	event=$EVENT reading=$READING
	cost "$1-chosen" chosen "$2"
	echo "# $1: plain $event ns, $reading ms; chosen $EVENT ns, $READING ms"
	between "$1: an event of $KEYS chosen keys" "$EVENT" 1 $((8 * event))
	between "$1: a reading of them" "$READING" 1 $((5 * reading + 100))
}

load_module
compare aggregate '@[arg2] = count();'
compare value '@[arg2] = nsecs;'
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A program belongs to its "kpctl run": however that dies, its probes go.  What
# "kpctl load" loaded stays.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# kmemleak

TEXT='kprobe:vfs_read { @reads[comm] = count(); }
kretprobe:vfs_write { @writes = hist(duration); }
tracepoint:sched:sched_switch { @switches = count(); }'

programs() { ls "$DEBUGFS/programs"; }

until_armed() {
	local i
	for ((i = 0; i < 100; i++)); do
		[ "$(armed)" -ge 2 ] && return 0
		sleep 0.1
	done
	return 1
}

until_gone() {
	local i
	for ((i = 0; i < 50; i++)); do
		[ -z "$(programs)" ] && [ "$(armed)" = 0 ] && return 0
		sleep 0.1
	done
	programs
	cat "$KPROBES"
	return 1
}

# until_counted PID: what is armed is live a moment later.
until_counted() {
	local i
	for ((i = 0; i < 100; i++)); do
		cat /proc/version >/dev/null
		[ "$(ledger "run-$1" recorded 2>/dev/null || echo 0)" -gt 0 ] && return 0
		sleep 0.1
	done
	return 1
}

# ends_by SIGNAL
ends_by() {
	# The shell lets its background processes ignore SIGINT.
	env --default-signal=INT kpctl run -e "$TEXT" >"$WORK/out" 2>&1 &
	local pid=$!
	yes "a run arms its probes" until_armed
	yes "and counts" until_counted $pid
	kill -"$1" $pid
	wait $pid 2>/dev/null
	yes "SIG$1: they have gone, and the program too" until_gone
}

load_module
ends_by KILL
ends_by KILL
ends_by SEGV
ends_by TERM
ends_by INT
yes "after Ctrl-C the maps were printed" grep -q '^@reads\[' "$WORK/out"

# Sockets of somebody else's that are closed meanwhile: the longest close(), ms.
cat >"$WORK/closes.py" <<'END'
import os, socket, sys, time
longest = 0
while not os.path.exists(sys.argv[1]):
    other = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)	# NETLINK_GENERIC
    other.bind((0, 0))
    began = time.monotonic()
    other.close()
    longest = max(longest, time.monotonic() - began)
print(int(longest * 1000))
END
python3 "$WORK/closes.py" "$WORK/enough" >"$WORK/longest" & closes=$!
began=$(date +%s%3N)
yes "a load that takes its time" kpctl load --name slow -e 'kretprobe:vfs_* { @ = count(); }'
took=$(($(date +%s%3N) - began))
: >"$WORK/enough"
wait $closes
between "nobody else's socket waits for it, as long as $took ms" "$(cat "$WORK/longest")" 0 $((took / 3))
must kpctl unload slow

load_text stays "$TEXT"
ends=$(armed)
yes "load leaves its program: kprobes are armed" [ "$ends" -ge 2 ]
is "and it is listed" "$(programs)" stays
done_with stays
yes "unload leaves nothing" until_gone

# Whoever waits for kpstat ends when it is removed, and does not hinder that.
# waits NAME COMMAND...: in the background
WAITING=()
waits() {
	local name=$1
	shift
	"$@" >"$WORK/waits.$name" 2>&1 &
	WAITING+=("$name $!")
}

# all_end: each with status 1, and one line that says why
all_end() {
	local name pid status
	while read -r name pid; do
		status=0
		wait "$pid" || status=$?
		is "$name ends: status" $status 1
		is "$name: one sentence" "$(grep -c 'kpstat.ko was removed' "$WORK/waits.$name")" 1
	done < <(printf '%s\n' "${WAITING[@]}")
	WAITING=()
}

waits run timeout -k 1 100 kpctl run -e "$TEXT"
waits run-pid timeout -k 1 100 kpctl run -p $$ -e "$TEXT"
waits run-duration timeout -k 1 100 kpctl run -d 1000 -e "$TEXT"
waits monitor timeout -k 1 100 kpctl monitor
until_attached 3
yes "rmmod while they wait, at once" rmmod kpstat
all_end

# Records are looked for all the time, but that is done in no time.
load_module
waits run-printf timeout -k 1 100 kpctl run -e 'kprobe:vfs_read /comm == "nobody"/ { printf("x"); }'
until_attached
for ((i = 0; i < 5; i++)); do rmmod kpstat 2>"$WORK/rmmod" && break; done
yes "rmmod while somebody looks for records" test $i -lt 5
all_end
finish

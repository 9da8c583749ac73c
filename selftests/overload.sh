#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A program that takes too much is stopped by itself: soon, with its data, and
# the machine stays usable meanwhile.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# alone

# On the busiest path there is, and with all that is expensive.
GREEDY='kprobe:_raw_spin_lock {
	@a[kstack(127), comm] = count(); @b[kstack(126), pid] = count();
	@c[kstack(125), comm] = count(); @d[kstack(124), pid] = count();
	@e[kstack(123), comm] = count(); @f[kstack(122), pid] = count();
}'
# A few events that take milliseconds each. So many stacks are what the verifier allows.
slow() { echo "kprobe:vfs_read /comm == \"slow\"/ { unroll($(($1 / 10))) { unroll(10) { @s[kstack] = count(); } } @ = count(); }"; }
MODEST='kprobe:vfs_read /comm == "counted"/ { @ = count(); }'

milliseconds() { date +%s%3N; }

# Nothing but locks, on all CPUs.
busy() {
	local cpu
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		"$LOAD/locks" busy $cpu & BUSY+=($!)
	done
}

idle() {
	kill "${BUSY[@]}"
	wait "${BUSY[@]}" 2>/dev/null
	BUSY=()
}

# A shell's answers until the file is there: the longest time between two, in ms.
answer() {
	local last now longest=0
	last=$(milliseconds)
	while [ ! -e "$1" ]; do
		sleep 0.02
		now=$(milliseconds)
		[ $((now - last)) -le $longest ] || longest=$((now - last))
		last=$now
	done
	echo $longest
}

state() { kpctl list | awk -v name="$1" '$1 == name { print $2 }'; }

until_stopped() {
	local i
	for ((i = 0; i < 200; i++)); do
		! grep -q "^  $1 .*stopped" $DEBUGFS/status || return 0
		sleep 0.02
	done
	return 1
}

BUSY=()
load_module cpu_budget=25
load_text modest "$MODEST"
kpctl monitor >"$WORK/notices" 2>&1 & monitor=$!
sleep 0.5
busy
# The machine under this load, and nothing else.
{ sleep 3; touch "$WORK/alone"; } &
alone=$(answer "$WORK/alone")

answer "$WORK/enough" >"$WORK/longest" & shell=$!
must kpctl load --max-keys 2000 --name greedy -e "$GREEDY"
begin=$(milliseconds)
yes "it is stopped" until_stopped greedy
took=$(($(milliseconds) - begin))
sleep 0.5
touch "$WORK/enough"
wait $shell
between "within two seconds (ms)" $took 0 2000
between "a shell answered all the time, within a second (ms; without us $alone)" \
	"$(cat "$WORK/longest")" 1 $((alone > 500 ? 2 * alone : 1000))
idle

is "kpctl list says so" "$(state greedy)" stopped
kpctl list >"$WORK/list"
yes "and why" grep -qE 'stopped: its handlers took [0-9]+ % of CPU [0-9], the budget is 25 %' "$WORK/list"
kpctl show greedy >"$WORK/show"
yes "kpctl show says what to do" grep -q 'kpctl enable greedy' "$WORK/show"
is "JSON says why" "$(kpctl list -j | jq -r '.programs[] | select(.name == "greedy") | .why' | cut -c1-17)" "its handlers took"
yes "so does the event group" grep -q 'greedy is stopped: its handlers took' "$WORK/notices"
yes "and the kernel's log" sh -c "dmesg | grep -q 'kpstat: program \"greedy\" is stopped'"
yes "debugfs too" grep -q 'greedy .*stopped .*its handlers took' $DEBUGFS/status
is "its probes are detached" "$(awk 'NR > 1 { print $1 }' $DEBUGFS/programs/greedy/probes)" detached
yes "its data is there" grep -q '^@a\[' "$DEBUGFS/programs/greedy/maps/a"
ledger_adds_up greedy
is "another program goes on" "$(state modest)" enabled
"$LOAD/reads" counted 1x100
is "and counts" "$(value modest @ '')" 100

must kpctl enable greedy
is "it can be started again" "$(state greedy)" enabled
must kpctl unload greedy

must kpctl load --name slow -e "$(slow 250)"
"$LOAD/reads" slow 1x4000 & reader=$!
begin=$(milliseconds)
yes "a clause of few slow events is stopped, too" until_stopped slow
between "soon (ms)" $(($(milliseconds) - begin)) 0 4000
kill $reader 2>/dev/null
wait $reader 2>/dev/null
kpctl list >"$WORK/list"
between "list shows what it took (%)" "$(sed -n 's/.*its handlers took \([0-9]*\) % .*/\1/p' "$WORK/list" | head -n1)" 26 100
ledger_adds_up slow
must kpctl unload slow
no "one that may take too long is refused" kpctl load --name x -e "$(slow 400)"
kpctl load --name x -e "$(slow 400)" 2>"$WORK/err"
yes "and it is said why, and what to do" grep -q 'one event may take more than 2000 us by here; take fewer stacks' "$WORK/err"

must kpctl load --cpu-budget 0 --name greedy -e "$MODEST"
is "a budget of its own" "$(kpctl show -j greedy | jq .cpu_budget)" 0
must kpctl unload greedy
no "a budget of more than there is is refused" kpctl load --cpu-budget 101 --name x -e "$MODEST"

# kpctl run ends, and says why.
busy
status=0
timeout 20 kpctl run --max-keys 2000 -e "$GREEDY" >"$WORK/out" 2>"$WORK/err" || status=$?
idle
is "kpctl run ends with status 3" $status 3
yes "it says why" grep -q 'the kernel has stopped it: its handlers took' "$WORK/err"
yes "and prints what there is" grep -q '^@a' "$WORK/out"
kill $monitor
done_with modest
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The bench's first view, in a guest whose clock counts instructions: what an
# event costs above the bare call.  A line for each question, for bench.sh:
# "instructions, question, kpstat, mark, bpftrace, the newest bpftrace, ftrace's
# hist, perf stat, the drop monitor, the floor", with tabs between; "-" where there
# is none.  Marks are for Debian's 6.1.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/bench/peers.sh
. "$HERE/bench/peers.sh"

ROUNDS=${KPSTAT_TEST_ROUNDS:-20000}
TRACEFS=/sys/kernel/tracing
# For all that kpctl loads.
OPTIONS=()
PLACE=

# on LOAD N WHERE: what is done, how often, and where it is probed: in a function,
# or by SYSTEM/EVENT.
on() {
	LOOP="$HERE/bench/loop $1 $2 5" FUNCTION='' EVENT=$3
	case $3 in
	*/*) ;;
	*) FUNCTION=$3 EVENT=kps/call ;;
	esac
	BASE=$(loop)
}

loop() { $LOOP; }

# with_event FIELDS COMMAND...: meanwhile there is the kprobe event that it looks at.
with_event() {
	[ -z "$FUNCTION" ] || echo "p:kps/call $FUNCTION $1" >"$TRACEFS/kprobe_events"
	"${@:2}"
	[ -z "$FUNCTION" ] || echo >"$TRACEFS/kprobe_events"
}

figure() { grep -E '^[0-9]+\.[0-9]$'; }

# What a call costs with a probe on it, as each of them does it.
kpstat() {
	load_text bench "$1" "${OPTIONS[@]}"
	loop
	kpctl unload bench
}

# bpftrace_as TOOL TEXT
bpftrace_as() {
	[[ " ${PEERS[*]} " == *" $1 "* ]] && [ "$2" != - ] || return
	"tool_$1" -c "$LOOP" -e "$2" 2>/dev/null | figure
}

hist_loop() {
	echo "hist:$1" >"$TRACEFS/events/$EVENT/trigger"
	loop
	echo "!hist:$1" >"$TRACEFS/events/$EVENT/trigger"
}

# ftrace_hist TRIGGER: n is the third argument.
ftrace_hist() {
	[ -e "$TRACEFS/events/sched/sched_switch/hist" ] && [ "$1" != - ] || return
	with_event n=%dx:u64 hist_loop "$1"
}

perf_loop() { perf_ stat -a -e "${EVENT/\//:}" -o /dev/null -- $LOOP | figure; }

# other OTHER KIND: what only counts: perf, or the drop monitor
other() {
	[ "$1" = "$2" ] || return
	case $1 in
	perf) [ -z "$PERF" ] || with_event "" perf_loop ;;
	dm) "$HERE/bench/drop_monitor" $LOOP 2>/dev/null | figure ;;
	esac
}

# floor KIND: of bench/floor
floor() {
	[ -e "$HERE/bench/floor.ko" ] && [ "$1" != - ] || return
	insmod "$HERE/bench/floor.ko" kind="$1" ${FUNCTION:+on="$FUNCTION"} ${PLACE:+at="$PLACE"} 2>/dev/null || return
	loop
	rmmod floor
}

# above COST: what it is above the bare call
above() {
	if [ -z "$1" ]; then echo -; else
		awk -v c="$1" -v b="$BASE" 'BEGIN { printf "%.0f", c - b }'
	fi
}

# row MARK NAME KPSTAT BPFTRACE HIST FLOOR [OTHER]
row() {
	printf 'instructions\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$2" \
		"$(above "$(kpstat "$3")")" "$1" \
		"$(above "$(bpftrace_as bpftrace "$4")")" "$(above "$(bpftrace_as newest "$4")")" \
		"$(above "$(ftrace_hist "$5")")" "$(above "$(other perf "${7:-}")")" \
		"$(above "$(other dm "${7:-}")")" "$(above "$(floor "$6")")"
}

same() { row "$1" "$2" "$3" "$3" "${@:4}"; }

# load NAME N WHERE PROBE [FLOOR]: the two short questions, on another load
load() {
	on "$1" "$2" "$3"
	about "a bare $1" "${BASE%.*}"
	same - "$1: count" "$4 { @ = count(); }" keys=common_pid "${5:--}" perf
	same - "$1: count by comm" "$4 { @[comm] = count(); }" keys=common_pid.execname "${5:--}"
}

# In a program: what the kernel does for it is in the floor, by far the most.
calls() {
	local file=$HERE/bench/loop
	LOOP="$file call $1 5" FUNCTION=$file PLACE=$("$file" where)
	BASE=$(loop)
	same "$2" "uprobe, count" "uprobe:$file:called { @ = count(); }" - uprobe
	same "$3" "uprobe, count by comm" "uprobe:$file:called { @[comm] = count(); }" - uprobe
	same - "uretprobe, count" "uretprobe:$file:called { @ = count(); }" - uretprobe
	PLACE=
}

drops() {
	nft -f - <<-END
	table inet drops {
		chain input {
			type filter hook input priority 0
			udp dport 9 drop
		}
	}
	END
	modprobe drop_monitor 2>/dev/null
	load drop 5000 skb/kfree_skb tracepoint:skb:kfree_skb
	same - "drop: count by place" 'tracepoint:skb:kfree_skb { @[args->location] = count(); }' keys=location - dm
	nft flush ruleset
}

load_module
on read "$ROUNDS" vfs_read
on read "$ROUNDS" vfs_read
about_peers
about "a bare read" "${BASE%.*}"
same 135 "count" 'kprobe:vfs_read { @ = count(); }' keys=common_pid ftrace perf
same 220 "count by comm" 'kprobe:vfs_read { @[comm] = count(); }' keys=common_pid.execname ftrace
same 220 "count by pid" 'kprobe:vfs_read { @[pid] = count(); }' keys=common_pid ftrace
same - "count by a tuple of three" 'kprobe:vfs_read { @[comm, pid, arg2] = count(); }' keys=common_pid.execname,n ftrace
same 190 "hist of an argument" 'kprobe:vfs_read { @ = hist(arg2); }' keys=n.log2 ftrace
by_map='kprobe:vfs_read { @s[tid] = nsecs; } kretprobe:vfs_read /@s[tid]/ { @ = hist(nsecs - @s[tid]); delete(@s[tid]); }'
row 620 "latency, entry to return" 'kretprobe:vfs_read { @ = hist(duration); }' "$by_map" - kretprobe
same - "latency, by a map as in bpftrace" "$by_map" - kretprobe
same - "return, count" 'kretprobe:vfs_read { @ = count(); }' - kretprobe
fprobe=$(floor fprobe)
[ -z "$fprobe" ] || about "a bare fprobe on a return" "$(above "$fprobe")"
same 125 "a filter that rejects" 'kprobe:vfs_read /arg2 == 7/ { @ = count(); }' - ftrace
same 2250 "count by kernel stack" 'kprobe:vfs_read { @[kstack] = count(); }' keys=stacktrace ftrace
same - "printf, one in a hundred" 'kprobe:vfs_read { @n++; if (@n % 100 == 0) { printf("%d\n", pid); } }' - ftrace
row - "count, bpftrace by BTF (kfunc)" 'kprobe:vfs_read { @ = count(); }' 'kfunc:vfs_read { @ = count(); }' - ftrace
# The same question of the same event by a kprobe, where ftrace cannot do it.
OPTIONS=(--attach kprobe)
row - "count, by a kprobe" 'kprobe:vfs_read { @ = count(); }' - - kprobe
OPTIONS=()
on read "$ROUNDS" raw_syscalls/sys_enter
same 120 "tracepoint, count" 'tracepoint:raw_syscalls:sys_enter { @ = count(); }' keys=common_pid raw perf
same - "tracepoint, count by a field" 'tracepoint:raw_syscalls:sys_enter { @[args->id] = count(); }' keys=id raw
same 120 "raw tracepoint, count" 'rawtracepoint:sys_enter { @ = count(); }' - raw
load getppid "$ROUNDS" "$(getppid)" "kprobe:$(getppid)" ftrace
load udp $((ROUNDS / 4)) udp_sendmsg kprobe:udp_sendmsg ftrace
# There and back: two events in each.
load switch $((ROUNDS / 4)) sched/sched_switch tracepoint:sched:sched_switch
calls $((ROUNDS / 4)) 950 1130
drops
must rmmod kpstat

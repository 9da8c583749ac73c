#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# CPUs go and come while programs are loaded, run, are read and unloaded; what
# happens on a CPU that is back is counted again, all of it.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# kmemleak
# timeout=300
# a guest of its own: CPUs go

ONLINE=/sys/devices/system/cpu/cpu1/online
[ -w $ONLINE ] || skip_all "no CPU can go"
CYCLES=15

ALL='tracepoint:syscalls:sys_enter_getppid /comm == "caller"/ { @tracepoint[cpu] = count(); }
rawtracepoint:sys_enter /comm == "caller" && arg1 == 110/ { @raw[cpu] = count(); }
kprobe:'"$SYS"'getppid /comm == "caller"/ { @kprobe[cpu] = count(); printf("%d\n", cpu); }
kretprobe:'"$SYS"'getppid /comm == "caller"/ { @kretprobe[cpu] = count(); }
profile:hz:99 { @profile[cpu] = count(); }
interval:ms:20 { @interval = count(); }
software:page-faults:1 { @faults[cpu] = count(); }
watchpoint:jiffies_64:8:w { @ticks[cpu] = count(); }'

cpu1() { echo "$1" >$ONLINE; }

# calls N: on the CPU that comes and goes
calls() {
	taskset -c 1 python3 -c "
import os
open('/proc/self/comm', 'w').write('caller')
for i in range($1): os.getppid()"
}

# perf's events are made anew some time after their CPU has come: wait for them,
# and begin to count.
settle() {
	local i
	for ((i = 0; i < 50; i++)); do
		calls 1
		[ "$(value cpus @tracepoint 1)" = 0 ] || break
		sleep 0.2
	done
	must kpctl reset cpus
	since=$(now)
	calls 1000
}

now() { cut -d. -f1 /proc/uptime; }

# ticks NAME HZ MAP [KEY]: as many in each second since $since, at most; a guest may be
# late.
ticks() { between "$1" "$(value cpus "$3" "${4:-}")" $(($2 / 3)) $((($(now) - since + 2) * $2)); }

away() {
	local i
	for ((i = 0; i < CYCLES; i++)); do
		cpu1 0 && sleep 0.0$((RANDOM % 10)) && cpu1 1 && sleep 0.0$((RANDOM % 10)) || return 1
	done
}

# Until the file goes: load, read, reset and unload.
use() {
	while [ -e "$WORK/use" ]; do
		kpctl load --name other -e "$ALL" && kpctl read other >/dev/null && kpctl read --reset other >/dev/null &&
			kpctl disable other && kpctl enable other && kpctl unload other || return 1
	done
}

load_module
load_text cpus "$ALL" --cpu-budget 0
calls 1000
for map in tracepoint raw kprobe kretprobe; do
	is "before: @$map" "$(value cpus @$map 1)" 1000
done

must cpu1 0
sleep 0.5
must kpctl reset cpus
since=$(now)
sleep 1
is "gone: no profile of CPU 1" "$(value cpus @profile 1)" 0
ticks "gone: profile of CPU 0" 99 @profile 0
ticks "gone: the interval goes on" 50 @interval
must cpu1 1
settle
for map in tracepoint raw kprobe kretprobe; do
	is "back: @$map" "$(value cpus @$map 1)" 1000
done
sleep 1
ticks "back: profile of CPU 1" 99 @profile 1

touch "$WORK/use"
use >"$WORK/used" 2>&1 & user=$!
yes "$CYCLES times away and back, while programs are loaded and unloaded" away
rm "$WORK/use"
yes "none of that failed" wait $user
diag <"$WORK/used"
settle
for map in tracepoint raw kprobe kretprobe; do
	is "after all: @$map" "$(value cpus @$map 1)" 1000
done
# Where there is no time for it a timer's period passes, and says so.
nothing_lost_but_output() {
	awk 'NR > 1 && $NF !~ /^(all|profile:.*|interval:.*)$/ { n += $4 + $5 + $6 + $7 + $9 }
	     END { exit n != 0 }' "$DEBUGFS/programs/cpus/ledger"
}
yes "nothing was lost" nothing_lost_but_output

# Loaded while the CPU is away, seen when it comes.
must kpctl unload cpus
must cpu1 0
load_text cpus "$ALL" --cpu-budget 0
must cpu1 1
settle
for map in tracepoint raw kprobe kretprobe; do
	is "loaded while it was away: @$map" "$(value cpus @$map 1)" 1000
done
done_with cpus
must rmmod kpstat

# One that comes for the first time since the module did: its tables are made then,
# whatever the limit is, and what they have counted stays when it goes.
memory() { kpctl show -j cpus | jq .memory; }
LIMIT=/sys/module/kpstat/parameters/max_memory_mb
must cpu1 0
load_module
load_text cpus "$ALL" --cpu-budget 0
is "tables are those of the CPUs that are online" "$(status cpus)" 1
one=$(memory)
must sh -c "echo 0 >$LIMIT"
must cpu1 1
must sh -c "echo 256 >$LIMIT"
calls 1
is "one comes" "$(status cpus)" 2
two=$(memory)
between "its tables are as large as the others" $((two * 100 / one)) 140 200
settle
for map in tracepoint raw kprobe kretprobe; do
	is "on a CPU that was never seen: @$map" "$(value cpus @$map 1)" 1000
done
must cpu1 0
for map in tracepoint raw kprobe kretprobe; do
	is "it goes, what it has counted stays: @$map" "$(value cpus @$map 1)" 1000
done
must kpctl read --reset cpus
must cpu1 1
is "it comes again, and needs no more" "$(memory)" "$two"
calls 1000
is "and counts" "$(value cpus @kprobe 1)" 1000
done_with cpus
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each use of a place in the kernel's memory is an event: a variable that nobody but a
# sysctl reads and writes, and a function that is called so many times.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

VARIABLE=panic_timeout
PROC=/proc/sys/kernel/panic
CPU1=/sys/devices/system/cpu/cpu1/online
ADDRESS=0x$(awk -v name=$VARIABLE '$3 == name { print $1; exit }' /proc/kallsyms)

CPUS=$(nproc)

writes() { local i; for ((i = 0; i < $1; i++)); do echo 0 >$PROC; done; }
reads() { local i; for ((i = 0; i < $1; i++)); do read -r _ <$PROC; done; }

# on CPU COMMAND...
on() { taskset -p -c "$1" $$ >/dev/null; shift; "$@"; taskset -p -c "0-$((CPUS - 1))" $$ >/dev/null; }

load_module
load_text writes "watchpoint:$VARIABLE:4:w { @ = count(); @by[comm] = count(); @stack[kstack(8)] = count(); }"
writes 25
reads 10
is "each write, and no read" "$(value writes @ '')" 25
is "by whom" "$(value writes @by "$(cat /proc/$$/comm)")" 25
yes "from where" eval "kpctl read writes @stack | grep -q proc_do"
is "it is perf's" "$(how writes)" "perf: "
done_with writes

load_text uses "w:$ADDRESS:4:rw { @[probe] = count(); @on[cpu] = count(); }"
for ((cpu = 0; cpu < CPUS; cpu++)); do
	on $cpu writes 7
	on $cpu reads 5
	is "each write and each read on CPU $cpu" "$(value uses @on $cpu)" 12
done
is "its name is what was written" "$(value uses @ "watchpoint:$ADDRESS:4:rw")" $((12 * CPUS))
done_with uses

# One byte of it, from the inside.
load_text inside "w:$VARIABLE+3:1:w { @ = count(); }"
writes 4
is "a byte in the middle of what is written" "$(value inside @ '')" 4
done_with inside

load_text runs 'watchpoint:vfs_read:8:x /comm == "reader"/ { @ = count(); @arg[reg("dx")] = count(); }'
"$LOAD/calls" reader 0 500
# QEMU's CPUs may miss one when a breakpoint is new.
between "each time that it is run" "$(value runs @ '')" 499 500
is "with its registers" "$(value runs @arg 1)" "$(value runs @ '')"
done_with runs

if [ -w $CPU1 ]; then
	load_text comes "w:$VARIABLE:4:w { @[cpu] = count(); }"
	must sh -c "echo 0 >$CPU1"
	must sh -c "echo 1 >$CPU1"
	for ((i = 0; i < 50; i++)); do
		on 1 writes 1
		[ "$(value comes @ 1)" = 0 ] || break
		sleep 0.1
	done
	must kpctl reset comes
	on 1 writes 9
	is "on a CPU that was away" "$(value comes @ 1)" 9
	done_with comes
else
	skip "on a CPU that was away" "no CPU can go"
fi

# The memory of a process: of a command, and of one that has threads already.
PLACE=0x10000000
is "each store of a command, and none beside the place" \
	"$(kpctl run -q -c "$LOAD/stores 40" -e "watchpoint:$PLACE:8:w { @[comm] = count(); }" 2>&1 | grep @)" "@[stores]: 40"
"$LOAD/stores" 30 4 >"$WORK/stores" & stores=$!
until [ -s "$WORK/stores" ]; do sleep 0.1; done
kpctl run -q -p $stores -e "w:$PLACE:8:w { @ = count(); @threads[tid] = count(); }" \
	>"$WORK/watched" 2>&1 & run=$!
until_attached
"$LOAD/stores" 9 >/dev/null
kill -USR1 $stores
wait $stores
is "it says how many stores it made" "$(tail -n1 "$WORK/stores")" 120
wait $run
is "each of them in four threads, and of no other process" "$(grep -E '^@: ' "$WORK/watched")" "@: 120"
is "by which thread" "$(grep -c '^@threads.*: 30$' "$WORK/watched")" 4
no "without a process it is refused" kpctl check -e "watchpoint:$PLACE:8:w { @ = count(); }"

# says NAME TEXT PROBE
says() {
	no "$1 is refused" kpctl load --name refused -e "$3 { @ = count(); }"
	cp "$WORK/yes" "$WORK/said"
	yes "$1: it says why" grep -q "$2" "$WORK/said"
}
says "a fifth" "x86 four, and all are taken" "w:$ADDRESS:4:w, w:jiffies_64:8:w, w:init_task:8:w, w:init_mm:8:w, w:jiffies_64+4:4:rw"
says "a place that is no multiple of its length" "the CPU cannot watch that" "w:$VARIABLE+1:4:w"
says "reading alone" "the CPU cannot watch that" "w:$VARIABLE:4:r"
says "what is the handlers' own" "the CPU cannot watch that" "w:exc_page_fault:8:x"
is "nothing is left" "$(status programs)" 0
load_text four "w:$ADDRESS:4:w, w:jiffies_64:8:w, w:init_task:8:w, w:init_mm:8:w { @ = count(); }"
done_with four
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# software and hardware events: one for each so many that the kernel counts, as it says
# elsewhere how many there were; clocks come as often as a profile.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

PAGES=4321
CPU1=/sys/devices/system/cpu/cpu1/online

load_module

# Each fault of a program that asks the kernel how many it made.
load_text each 'software:minor-faults:1 /comm == "faulty"/ { @minor = count(); @cpu[cpu] = count(); }
s:faults:1 /comm == "faulty"/ { @all = count(); @[probe, probetype] = count(); }
software:major-faults: /comm == "faulty"/ { @major = count(); }
s:dummy: { @never = count(); } s:bpf-output: { @never = count(); }
s:alignment-faults: { @never = count(); } s:emulation-faults: { @never = count(); }'
made=$("$LOAD/faults" faulty $PAGES)
between "the program made as many as it has pages" "$made" $PAGES $((PAGES + 20))
is "minor faults are those of getrusage()" "$(value each @minor '')" "$made"
is "and all page faults that were no major ones" "$(value each @all '')" $((made + $(value each @major '')))
is "the probe's name" "$(value each @ 'software:faults:1, software')" "$(value each @all '')"
is "events that this machine has not" "$(value each @never '')" 0
is "it is perf that counts" "$(how each)" "perf: "
nothing_lost each
done_with each

# One event for each hundred: on each CPU, whoever makes them.
load_text some 's:faults: { @ = count(); } s:faults:1 { @all = count(); }'
"$LOAD/faults" faulty $PAGES >/dev/null
must kpctl disable some
between "one for each 100 faults" "$(value some @ '')" $(($(value some @all '') / 100 - $(nproc))) $(($(value some @all '') / 100 + $(nproc)))
done_with some

# As many switches as the kernel's own count of all says: voluntary and not.
switches() { awk '$1 == "ctxt" { print $2 }' /proc/stat; }
before=$(switches)
load_text switches 'software:context-switches:1 { @ = count(); } s:cs: { @thousands = count(); }'
least=$(switches)
for ((i = 0; i < 300; i++)); do sleep 0.001; done
most=$(switches)
must kpctl disable switches
between "context switches are those of /proc/stat" "$(value switches @ '')" $((most - least)) $(($(switches) - before))
is "one for each thousand" "$(($(value switches @thousands '') <= $(value switches @ '') / 1000 + $(nproc)))" 1
done_with switches

# A task that is moved.
load_text moves 'software:cpu-migrations:1 /comm == "moved"/ { @ = count(); }'
python3 -c "
import os
open('/proc/self/comm', 'w').write('moved')
os.sched_setaffinity(0, [0])
for i in range(50):
    os.sched_setaffinity(0, [i % 2 if os.cpu_count() > 1 else 0])"
[ "$(nproc)" = 1 ] || between "migrations" "$(value moves @ '')" 45 55
done_with moves

# Nanoseconds of time that passes on each CPU.
load_text clocks 'software:cpu-clock:10000000 { @cpu[cpu] = count(); } s:task-clock:1e7 { @task = count(); } s:cpu: { @default = count(); }'
sleep 2
is "a clock is a timer" "$(how clocks)" "timer: "
must kpctl disable clocks
for ((cpu = 0; cpu < $(nproc); cpu++)); do
	between "a clock of 10 ms on CPU $cpu" "$(value clocks @cpu $cpu)" 100 400
done
between "the same by its other name" "$(value clocks @task '')" $((100 * $(nproc))) $((400 * $(nproc)))
between "1 ms is what there is without a count" "$(value clocks @default '')" $((1000 * $(nproc))) $((4000 * $(nproc)))
done_with clocks

# A CPU that goes, and one that comes back.
if [ -w $CPU1 ]; then
	load_text comes 'software:minor-faults:1 /comm == "faulty"/ { @[cpu] = count(); }'
	must sh -c "echo 0 >$CPU1"
	must sh -c "echo 1 >$CPU1"
	for ((i = 0; i < 50; i++)); do
		taskset -c 1 "$LOAD/faults" faulty 1 >/dev/null
		[ "$(value comes @ 1)" = 0 ] || break
		sleep 0.1
	done
	must kpctl reset comes
	made=$(taskset -c 1 "$LOAD/faults" faulty $PAGES)
	is "on a CPU that was away" "$(value comes @ 1)" "$made"
	done_with comes
else
	skip "on a CPU that was away" "no CPU can go"
fi

# What the CPU counts, where it does: an emulated one does not.
if kpctl load --name cycles -e 'hardware:cpu-cycles:1e6 { @ = count(); } h:instructions: { @i = count(); }' 2>"$WORK/err"; then
	"$LOAD/calls" busy 0 200000
	between "cycles" "$(value cycles @ '')" 1 1000000000
	between "instructions" "$(value cycles @i '')" 1 1000000000
	done_with cycles
else
	yes "it says what this CPU does not count" grep -q '^kpctl: hardware:cpu-cycles:1e6: this machine counts no such thing' "$WORK/err"
	skip "cycles" "this machine counts none"
fi
is "nothing is left" "$(status programs)" 0
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What clauses print comes out whole, in order, and what does not is counted.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# kmemleak
# timeout=300
# alone

# printing BUFFER TEXT LOAD...: what kpctl run prints while the load runs
printing() {
	local buffer=$1 text=$2
	shift 2
	kpctl run -q --cpu-budget 0 --buffer "$buffer" -e "$text" >"$WORK/out" 2>"$WORK/err" &
	local pid=$!
	until_attached
	"$@" >"$WORK/load"
	kill -INT $pid
	wait $pid
}

lost() { awk '/^Lost/ { print $2; found = 1 } END { if (!found) print 0 }' "$WORK/err"; }

full_rate() {
	local rate=200000 seconds=5 took
	printing 32M 'kprobe:vfs_read /comm == "pacer"/ { @n++; printf("%d %d\n", @n, pid); }' \
		"$LOAD/paced" pacer 0 $rate $seconds
	is "$rate events a second reach a file, with 64 MiB of buffer" \
		"$(grep -c . "$WORK/out")" $((rate * seconds + 1))
	is "none is lost" "$(lost)" 0
	took=$(cat "$WORK/load")
	if [ "$took" -gt $((seconds * 1200)) ]; then
		skip "and the load kept its pace" "this machine makes $((rate * seconds * 1000 / took)) events a second"
	else
		between "and the load kept its pace (ms)" "$took" $((seconds * 1000)) $((seconds * 1200))
	fi
}

# The last line is the map.
exact_loss() {
	local n=300000
	printing 64K 'kprobe:vfs_read /comm == "burst"/ { printf("%d\n", 1); }' \
		"$LOAD/reads" burst 1x$n
	between "a small buffer loses some" "$(lost)" 1 $n
	is "received and lost are all there were" $(($(grep -c . "$WORK/out") + $(lost))) $n
	yes "and it is said once more, by probe" grep -q "lost: kprobe:vfs_read: $(lost) of " "$WORK/err"
}

order() {
	printing 16M 'kprobe:vfs_read /comm == "left" || comm == "right"/ { printf("%lld\n", nsecs); }' \
		two_cpus
	is "records of two CPUs" "$(grep -c . "$WORK/out")" 40000
	yes "come in the order of their time" nearly_ascending
}

# What one event writes in several calls is one line, whatever the other CPU writes.
whole_lines() {
	printing 16M 'kprobe:vfs_read /comm == "left" || comm == "right"/
		{ time("%H:%M:%S "); printf("cpu %d ", cpu); printf("end\n"); }' few_on_two_cpus
	is "lines that are written in several calls, on two CPUs: all are there, and whole" \
		"$(grep -cE '^[0-9:]{8} cpu [01] end$' "$WORK/out") of $(grep -c . "$WORK/out")" "20000 of 20000"
}

on_two_cpus() {
	"$LOAD/calls" left 0 "$1" &
	"$LOAD/calls" right 1 "$1"
	wait $!
}

two_cpus() { on_two_cpus 20000; }
few_on_two_cpus() { on_two_cpus 10000; }

# The clause reads the clock before its record does: the two differ by what lies
# between, microseconds that are not always the same, or an interrupt. Records that are
# not in order are off by half of the time between two readings, 10 ms.
nearly_ascending() {
	awk '!NF { next }
	     $1 + 20000000 < last { print "line", NR, last - $1, "ns"; exit 1 }
	     $1 > last { last = $1 } $1 + 100000 < last { n++ }
	     END { if (n > NR / 20) { print n, "out of order"; exit 1 } }' "$WORK/out"
}

begin_and_end() {
	kpctl run -q -e 'BEGIN { printf("begin\n"); } interval:ms:100 { @n++; printf("tick\n"); if (@n == 3) { exit(); } }
		END { printf("end\n"); clear(@n); }' >"$WORK/out" 2>&1
	is "BEGIN, three intervals and END, each in its place" "$(paste -sd' ' <"$WORK/out" | sed 's/ *$//')" \
		"begin tick tick tick end"
}

profile_rate() {
	kpctl run -q -d 2 -e 'profile:hz:50 { @[cpu] = count(); }' >"$WORK/out" 2>&1
	local cpu
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		between "profile:hz:50 for 2 s on CPU $cpu" "$(awk -v k="@[$cpu]:" '$1 == k { print $2 }' "$WORK/out")" 80 115
	done
}

atomic_sum() {
	load_text sum 'kprobe:vfs_read /comm == "left" || comm == "right"/ { @x++; @y[comm] += 2; @z[1, "k"] -= 1; }'
	two_cpus
	is "@x++ from two CPUs" "$(value sum @x '')" 40000
	is "@y += 2" "$(value sum @y left)" 40000
	is "@z -= 1" "$(value sum @z '1, k')" -40000
	done_with sum
}

# What is printed and then emptied: every event is in one print. The last is the end's.
prints_that_empty() {
	local n=100000 map
	printing 4M 'kprobe:vfs_read /comm == "taken"/ { @one = count(); @keyed[nsecs % 5] = count();
			@zeroed[nsecs % 3] = count(); @plain[nsecs % 3]++; @number++; }
		interval:ms:20 { print(@one); print(@keyed); print(@zeroed, 100); printf("tick\n");
			print(@plain); clear(@keyed); clear(@one); zero(@zeroed); zero(@plain);
			print(@number); clear(@number); }' \
		"$LOAD/reads" taken 1x$n
	between "every 20 ms" "$(grep -c tick "$WORK/out")" 5 100000
	for map in one keyed zeroed plain number; do
		is "@$map is printed and emptied: the sum of all prints" \
			"$(awk -v head="^@$map([[].*[]])?: " '$0 ~ head { n += $NF } END { print n }' "$WORK/out")" $n
	done
	between "zero() keeps the keys" "$(grep -c '^@zeroed\[.*\]: 0$' "$WORK/out")" 1 100000
	is "no warning" "$(grep -c between "$WORK/err")" 0
}

# The same where the clear() stands in a clause of its own, behind others, or follows only
# now and then.
prints_that_are_emptied_elsewhere() {
	local n=100000 map
	printing 4M 'kprobe:vfs_read /comm == "taken"/ { @one = count(); @keyed[nsecs % 5] = count();
			@zeroed[nsecs % 3] = count(); @some = count(); }
		interval:ms:20 { @turn++; print(@one); print(@keyed); print(@some); if (@turn % 3 == 0) { clear(@some); printf("emptied\n"); } }
		interval:ms:20 { printf("tick\n"); print(@zeroed, 100); time(); }
		interval:ms:20 { clear(@keyed); zero(@zeroed); clear(@one); }' \
		"$LOAD/reads" taken 1x$n
	between "every 20 ms" "$(grep -c tick "$WORK/out")" 5 100000
	for map in one keyed zeroed; do
		is "@$map is emptied by another clause: the sum of all prints" \
			"$(awk -v head="^@$map([[].*[]])?: " '$0 ~ head { n += $NF } END { print n }' "$WORK/out")" $n
	done
	is "@some is emptied now and then: the sum of what was there each time" \
		"$(awk '$1 == "@some:" { last = $2 } /^emptied/ { n += last; last = 0 } END { print n + last }' "$WORK/out")" $n
}

# What only a kpctl at work does.
left_alone() {
	kpctl load --name alone -e 'kprobe:vfs_read { @x = count(); } interval:s:9 { printf("said\n"); print(@x); clear(@x); exit(); }
		interval:s:8 { zero(@x); }' >"$WORK/out" 2>&1
	is "load warns of what nobody will do" "$(grep -c 'does nothing in a program that is loaded' "$WORK/out")" 3
	yes "and names it and the remedy" grep -q 'print(@x) and its clear(@x) does nothing.*kpctl run does it.*kpctl read --reset alone' "$WORK/out"
	must kpctl unload alone
	kpctl load --name alone -e 'interval:s:9 { printf("said\n"); @y = count(); }' >"$WORK/out" 2>&1
	is "but not of what kpctl output shows" "$(wc -c <"$WORK/out")" 0
	must kpctl unload alone
}

narrow_stacks() {
	local pid
	load_text narrow 'tracepoint:raw_syscalls:sys_enter /comm == "narrow" && args.id == 64/ { @[ustack] = count(); }'
	"$LOAD/narrow" narrow 10 & pid=$!
	sleep 1
	if kill -0 $pid 2>/dev/null; then
		kpctl read narrow >"$WORK/out"
		is "a stack of 32-bit code is walked as one" \
			"$(grep -oE 'narrow_[a-z]+|call_narrow' "$WORK/out" | paste -sd' ')" \
			"narrow_bottom narrow_middle narrow_top call_narrow"
		kill $pid
	else
		skip "a stack of 32-bit code is walked as one" "this kernel runs none"
	fi
	wait $pid 2>/dev/null
	done_with narrow
}

load_module
idle=$(status memory)
full_rate
exact_loss
prints_that_empty
prints_that_are_emptied_elsewhere
left_alone
narrow_stacks
order
whole_lines
begin_and_end
profile_rate
atomic_sum
is "no memory is held" "$(status memory)" "$idle"
must rmmod kpstat
finish

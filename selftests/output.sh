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

# as_run WHAT TEXT: a program that is loaded and left alone says what it says when it is run;
# maps apart, which `kpctl run` prints at its end.
as_run() {
	local i
	kpctl run -q -e "$2" >"$WORK/run" 2>"$WORK/run.err"
	kpctl load --name alone -e "$2" >"$WORK/out" 2>&1
	for ((i = 0; i < 100; i++)); do
		[ "$(kpctl list -j | jq -r '.programs[0].state')" = exited ] && break
		sleep 0.1
	done
	kpctl output alone >"$WORK/out" 2>"$WORK/out.err"
	{ echo; kpctl read alone; } >>"$WORK/out"
	is "$1: loaded as run" "$(paste -sd' ' "$WORK/out")" "$(paste -sd' ' "$WORK/run")"
	is "$1: on stderr" "$(cat "$WORK/out.err")" "$(cat "$WORK/run.err")"
	is "$1: is shown once" "$(kpctl output alone)" ""
	must kpctl unload alone
}

left_alone() {
	as_run "printf, print, time" 'struct pair { int a; char b[4]; };
		BEGIN { printf("%d %s %c|%5s|%-4x|%p\n", 5, "abc", 65, "xyz", 255, 1); print(-5); print((1, "a", (2, 3)));
			print("s\t\"q\""); print({ 5 }); print((a=1, b="x")); time("%%\n"); printf("%s\n", strftime("%%", nsecs));
			@x[1, "k"] = 2; print(@x); print(@x, 1, 2); printf("%s %r\n", str("cut short", 4), buf("ab\n", 3)); exit(); }'
	as_run "errorf, warnf" 'BEGIN { errorf("bad %d", 3); warnf("odd"); exit(); }'
	as_run "clear, zero" 'BEGIN { @a = 1; @b[1] = 2; @c[5] = count(); @d = hist(3); clear(@a); zero(@b); zero(@c); clear(@d); exit(); }'
	as_run "of END" 'BEGIN { @a = 1; @n[1] = 1; exit(); } END { printf("the end %d\n", @a); clear(@n); }'
	as_run "of an interval" 'interval:ms:50 { @n++; printf("%d\n", @n); if (@n == 3) { exit(); } } END { printf("end\n"); }'
}

# exit() ends it there and then: no event more is counted.
ends_itself() {
	load_text ends 'kprobe:vfs_read /comm == "enough"/ { @n++; if (@n == 50) { exit(5); } } END { @ends = count(); }'
	"$LOAD/calls" enough 0 1000
	for _ in {1..100}; do
		[ "$(states ends)" = detached ] && break
		sleep 0.1
	done
	is "exit() is at once" "$(value ends @n '')" 50
	is "its probes go, and END comes" "$(states ends) $(value ends @ends '')" "detached 1"
	yes "list says why" grep -qF 'exit(5)' <(kpctl list)
	is "in JSON, too" "$(kpctl list -j | jq -c '.programs[0] | [.state, .exit]')" '["exited",5]'
	must kpctl enable ends
	is "it can be enabled again" "$(kpctl list -j | jq -r '.programs[0].state')" enabled
	done_with ends
}

# clear() of a busy program takes effect with no reader there.
empties_itself() {
	load_text empties 'kprobe:vfs_read /comm == "enough"/ { @all[tid] = count(); @kept = count(); if (@kept == 500) { clear(@all); } }'
	"$LOAD/calls" enough 0 500
	for _ in {1..100}; do
		[ "$(total empties @all)" = 0 ] && break
		sleep 0.1
	done
	is "clear() empties" "$(total empties @all)" 0
	"$LOAD/calls" enough 0 70
	is "once" "$(total empties @all) $(value empties @kept '')" "70 570"
	done_with empties
}

# What needs a process is refused, and nothing is left.
cannot_be_left_alone() {
	yes "system() is refused, with the reason" grep -q 'system() needs a process' \
		<(kpctl load --name alone -e 'BEGIN { system("true"); }' 2>&1)
	yes "and so is cat()" grep -q 'cat() needs a process' \
		<(kpctl load --name alone -e 'BEGIN { cat("/proc/loadavg"); }' 2>&1)
	is "nothing is left" "$(status programs)" 0
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
ends_itself
empties_itself
cannot_be_left_alone
narrow_stacks
order
whole_lines
begin_and_end
profile_rate
atomic_sum
is "no memory is held" "$(status memory)" "$idle"
must rmmod kpstat
finish

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

two_cpus() {
	"$LOAD/calls" left 0 20000 &
	"$LOAD/calls" right 1 20000
	wait $!
}

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

load_module
idle=$(status memory)
full_rate
exact_loss
order
begin_and_end
profile_rate
atomic_sum
is "no memory is held" "$(status memory)" "$idle"
must rmmod kpstat
finish

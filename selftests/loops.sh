#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Loops: blocks and fuel, by raw netlink; and what loops over maps see, while others write
# to them, while their program is read, stopped and killed.
# timeout=240
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

load_module
yes "blocks are verified, run and ended as they should" "$HERE/raw/loops"

# The calls of two tasks, one on each CPU; the shell counts them.
calls() { # CPU NUMBER
	# shellcheck disable=SC2016
	taskset -c "$1" python3 -c 'import os, sys
for i in range(int(sys.argv[1])): os.getppid()' "$2"
}

aggregations() {
	load_text sums 'kprobe:'"$SYS"'getppid /comm == "python3"/ { @c[cpu % 2] = count(); @a["all"] = sum(3); @m[1] = max(cpu); }
		END { for ($kv : @c) { printf("%d ", $kv.1); @n += $kv.1; } for ($kv : @a) { printf("%s %d\n", $kv.0, $kv.1); @s = $kv.1; } }'
	calls 0 700
	calls 1 300
	must kpctl disable sums
	is "a loop over counts sees what both CPUs have" "$(value sums @n '')" 1000
	is "and of a key on both CPUs all of it, once" "$(value sums @s '')" 3000
	done_with sums
}

# Keys that stay are seen in each walk, once, whatever comes and goes beside them.
walks() {
	cat >/tmp/walks.bt <<-'X'
	BEGIN { for ($i : 0..100) { @x[$i] = 1; } }
	kprobe:SYS_getppid /comm == "python3"/ { @x[nsecs] = 0; @last[cpu] = nsecs; }
	kprobe:SYS_getpid /comm == "python3"/ { for ($kv : @x) { if ($kv.1 == 0) { delete(@x, $kv.0); break; } } }
	interval:ms:20 { $n = 0; for ($kv : @x) { $n += $kv.1; } @seen[$n] = count(); @x[nsecs] = 0; clear_some(@x); }
	macro clear_some(@m) { for ($kv : @m) { if ($kv.1 == 0) { delete(@m, $kv.0); } } }
	X
	load_text walks "$(sed "s/SYS_/$SYS/" /tmp/walks.bt)"
	for cpu in 0 1; do
		taskset -c $cpu python3 -c 'import os, time
end = time.time() + 4
while time.time() < end: os.getppid(); os.getppid(); os.getpid()' &
	done
	wait %1 %2
	must kpctl disable walks
	is "each walk sees all keys that stay" "$(kpctl read walks @seen | cut -d: -f1 | grep .)" "@seen[100]"
	between "and there were many" "$(value walks @seen 100)" 20 1000
	done_with walks
}

# BEGIN goes on for a while, on the CPU where another one wants to run.
others_run() {
	taskset -c 1 sh -c 'while :; do :; done' &
	local busy=$! before after start
	before=$(awk '{ print $14 }' /proc/$busy/stat)
	start=$(awk '{ print $1 * 100 }' /proc/uptime)
	must taskset -c 1 kpctl load --name forever -e 'BEGIN { while (1) { @n++; } }'
	after=$(awk '{ print $14 }' /proc/$busy/stat)
	between "another task has its share of the CPU meanwhile, in percent" \
		$(((after - before) * 100 / ($(awk '{ print $1 * 100 }' /proc/uptime) - ${start%.*}))) 25 75
	kill $busy
	is "a loop without end is ended, and that is in the ledger" "$(ledger forever fuel)" 1
	done_with forever
}

killed() {
	kpctl load --name killed -e 'BEGIN { while (1) { @n++; } } END { while (1) { @m++; } }' &
	sleep 0.5
	kill -9 $!
	wait $! 2>/dev/null
	until ! kpctl list | grep -q killed; do sleep 0.1; done
	is "a load that is killed in a loop leaves nothing" "$(status programs)" 0
}

# When END comes nothing runs any more that the guard could stop.
at_the_end() {
	load_text ends 'END { while (1) { @n++; } }' --cpu-budget 1
	must kpctl disable ends
	is "its END takes as long as it may" "$(ledger ends fuel)" 1
	is "and no guard stops what has ended" "$(kpctl list | awk '$1 == "ends" { print $2 }')" disabled
	done_with ends
}

hundred_thousand() {
	load_text many 'BEGIN { for ($i : 0..100000) { @x[$i] = $i; } $s = 0; for ($kv : @x) { $s += $kv.1; } @sum = $s; @len = len(@x); }' --max-keys 100000
	is "100,000 keys are gone through" "$(value many @sum '') $(value many @len '')" "4999950000 100000"
	nothing_lost many
	done_with many
}

# An interval that loops all the time, while it is read, reset, stopped and removed.
intervals() {
	local i
	for i in $(seq 10); do
		load_text busy 'interval:ms:5 { for ($i : 0..20000) { @x[$i % 100] = count(); } }'
		sleep 0.1
		kpctl read busy --reset >/tmp/busy
		kpctl read busy >>/tmp/busy
		must kpctl unload busy
	done
	is "an interval's loops do not hold up who unloads them" "$(status programs)" 0
	load_text busy 'interval:ms:5 { for ($i : 0..20000) { @x[$i % 100] = count(); } }'
	sleep 0.2
	must rmmod kpstat
	yes "and the module goes" test ! -d /sys/module/kpstat
	load_module
}

# In an interrupt there is as much fuel as in any other event.
interrupts() {
	load_text stacks 'interval:ms:50 { @[kstack(1)] = count(); while (1) { @n++; } }'
	sleep 0.5
	is "what the interrupt alone knows keeps a clause in it" "$(how stacks)" "timer: "
	must kpctl disable stacks
	between "where its loops have the fuel of any event" "$(ledger stacks fuel)" 1 100
	done_with stacks
}

aggregations
walks
others_run
killed
at_the_end
hundred_thousand
intervals
interrupts
finish

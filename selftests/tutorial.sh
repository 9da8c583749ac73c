#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The lessons of bpftrace's one-liners tutorial, each on a load that is known.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300

# lesson SECONDS TEXT COMMAND...: what is printed goes to $WORK/out.
lesson() {
	local seconds=$1 text=$2
	shift 2
	kpctl run -d "$seconds" -e "$text" >"$WORK/out" 2>"$WORK/err" &
	local pid=$!
	until_attached
	"$@" >/dev/null 2>&1
	wait $pid
}

# shows NAME LINE: exactly that line
shows() { yes "$1" grep -qxF -- "$2" "$WORK/out"; }

# matches NAME PATTERN
matches() { yes "$1" grep -qE -- "$2" "$WORK/out"; }

load_module

kpctl run -l 'tracepoint:syscalls:sys_enter_*' >"$WORK/out"
is "1: probes are listed" "$(wc -l <"$WORK/out")" \
	"$(find /sys/kernel/tracing/events/syscalls -maxdepth 1 -name 'sys_enter_*' | wc -l)"

lesson 2 'BEGIN { printf("hello world\n"); }' true
shows "2: hello world" "hello world"

lesson 3 'tracepoint:syscalls:sys_enter_openat { printf("%s %s\n", comm, str(args.filename)); }' \
	"$LOAD/opens" lesson3 3 /etc/hosts
is "3: file opens" "$(grep -cxF 'lesson3 /etc/hosts' "$WORK/out")" 3

lesson 3 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }' "$LOAD/reads" lesson4 1x1000
between "4: system calls by process" "$(sed -n 's/^@\[lesson4\]: //p' "$WORK/out")" 1000 1020

lesson 3 'tracepoint:syscalls:sys_exit_read /comm == "lesson5"/ { @bytes = hist(args.ret); }' \
	"$LOAD/reads" lesson5 1x10 100x20 5000x30 -1x5
matches "5: read sizes: errors" '^\(\.\.\., 0\) +5 \|'
matches "5: of one byte" '^\[1\] +10 \|'
matches "5: of 100" '^\[64, 128\) +20 \|'
matches "5: of 5000" '^\[4K, 8K\) +30 \|'

lesson 3 'kretprobe:vfs_read /comm == "lesson6"/ { @bytes = lhist(retval, 0, 2000, 200); }' \
	"$LOAD/reads" lesson6 1x10 300x20 5000x30
matches "6: by steps of 200: the first" '^\[0, 200\) +10 \|'
matches "6: the second" '^\[200, 400\) +20 \|'
matches "6: above" '^\[2000, \.\.\.\) +30 \|'

lesson 3 'kprobe:vfs_read { @start[tid] = nsecs; }
	kretprobe:vfs_read /@start[tid]/ { @ns[comm] = hist(nsecs - @start[tid]); delete(@start, tid); }' \
	"$LOAD/reads" lesson7 1x500
is "7: time of each read, all of them" "$(awk '
	/^@/ { ours = index($0, "lesson7") } ours && /\|/ { sub(/\|.*/, ""); n += $NF } END { print n }' "$WORK/out")" 500
no "7: nothing is left in @start but reads under way" grep -q '^@start.*lesson7' "$WORK/out"

kpctl run -e 'tracepoint:sched:sched* { @[probe] = count(); } interval:s:5 { exit(); }' >"$WORK/out" 2>"$WORK/err" &
until_attached
"$LOAD/forks" lesson8 20
wait $!
matches "8: events of the scheduler, by name" '^@\[tracepoint:sched:sched_process_fork\]: [0-9]+'
between "8: forks are all there" \
	"$(sed -n 's/^@\[tracepoint:sched:sched_process_fork\]: //p' "$WORK/out")" 20 40

lesson 3 'profile:hz:99 { @[kstack] = count(); }' "$LOAD/reads" lesson9 1x200000
matches "9: on-CPU stacks" 'read_iter_zero|vfs_read|ksys_read'

lesson 3 'tracepoint:sched:sched_switch { @[kstack] = count(); }' sleep 0.2
matches "10: off-CPU stacks" '^ +(__)?schedule\+'

lesson 3 'tracepoint:block:block_rq_issue { @ = hist(args.bytes); }' \
	sh -c 'dd if=/dev/zero of=/root/lesson11 bs=64k count=4 conv=fsync'
matches "11: block I/O by size" '^@: '
matches "11: with buckets" '^\[[0-9]+[KM], [0-9]+[KM]\) +[0-9]+ \|'

must install_types
lesson 3 'kprobe:vfs_open { printf("open path: %s\n", str(((struct path *)arg0)->dentry->d_name.name)); }' cat /etc/hosts
matches "12: names of files, by the kernel's structs" '^open path: hosts$'
must rmmod kpstat
finish

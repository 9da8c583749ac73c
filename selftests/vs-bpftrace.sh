#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bpftrace and kpctl run the same text beside each other, on the same load;
# what they print must be the same.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300

# One line for each entry: a stack is joined to its key, a bucket gets its
# map's name.  Order among equals is nobody's promise; stats() has another form
# in bpftrace 0.27, which ours follows.
entries() {
	awk '
	/^Attaching / || /^[ \t]*$/ { next }
	{ sub(/[ \t]+$/, "") }
	/: count [0-9]+, average / {
		sub(/count /, "{ .count = "); sub(/, average /, ", .average = ")
		sub(/, total /, ", .total = "); $0 = $0 " }"
	}
	/^@.*\[$/ || /^@.*,$/ { joined = $0; next }
	joined != "" {
		sub(/^[ \t]+/, "")
		joined = joined " " $0
		if (/^\]: / || /\]: /) { print joined; joined = "" }
		next
	}
	/^@.*:$/ { head = $0; next }
	/^[(\[]/ { print head, $0; next }
	{ print }' | sort
}

# same NAME TEXT
same() {
	kpctl load --name vs -e "$2" >"$WORK/kpctl.err" 2>&1 || {
		result 1 "$1"
		diag <"$WORK/kpctl.err"
		return
	}
	bpftrace -c "/bin/bash $LOAD/mixed.sh" -e "$2" >"$WORK/theirs.raw" 2>"$WORK/theirs.err"
	kpctl read vs >"$WORK/ours.raw"
	adds_up vs >"$WORK/ledger" || { echo "ledger"; cat "$WORK/ledger"; } >>"$WORK/ours.raw"
	entries <"$WORK/theirs.raw" >"$WORK/theirs"
	entries <"$WORK/ours.raw" >"$WORK/ours"
	if bpftrace_cannot "$WORK/theirs.err"; then
		skip "$1" "bpftrace needs this kernel's headers"
	elif [ ! -s "$WORK/theirs" ]; then
		result 1 "$1"
		{ echo "bpftrace printed nothing"; cat "$WORK/theirs.err"; } | diag
	else
		yes "$1 ($(wc -l <"$WORK/ours") lines)" diff -u "$WORK/theirs" "$WORK/ours"
	fi
	must kpctl unload vs
}

has_bpf || skip_all "this kernel has no bpf()"
load_module

same "count by comm" \
	'kprobe:vfs_read /comm == "vs_a" || comm == "vs_b"/ { @[comm] = count(); }'
same "hist of a return value, errors among them" \
	'kretprobe:vfs_read /comm == "vs_a"/ { @ = hist(retval); }'
same "hist by comm" \
	'kprobe:vfs_read /comm == "vs_a" || comm == "vs_b"/ { @sizes[comm] = hist(arg2); }'
same "lhist by comm" \
	'kprobe:vfs_read /comm == "vs_a" || comm == "vs_b"/ { @[comm] = lhist(arg2, 2, 1002, 50); }'
same "sum, avg, min, max" \
	'kprobe:vfs_read /comm == "vs_a"/ { @s = sum(arg2); @a = avg(arg2); @i = min(arg2); @x = max(arg2); }'
same "stats, with keys" \
	'kprobe:vfs_read /comm == "vs_a" || comm == "vs_b"/ { @[comm] = stats(arg2); }'
same "avg, min and max with keys" \
	'kprobe:vfs_read /comm == "vs_a" || comm == "vs_b"/ { @a[comm] = avg(arg2); @i[comm] = min(arg2); @x[comm] = max(arg2); }'
same "a filter with C's precedence" \
	'kprobe:vfs_read /arg2 == 999999 || comm == "vs_b" && arg2 + 2 * 3 > 10 && arg2 != 50/ { @[comm, arg2] = count(); }'
same "comparison binds before &, shift before both" \
	'kprobe:vfs_read /comm == "vs_b" && (arg2 & 3) == 3 | arg2 >> 2 == 12/ { @[arg2] = count(); }'
same "arithmetic" \
	'kprobe:vfs_read /comm == "vs_a"/ { @ = sum(arg2 * 3 + (arg2 << 2) - arg2 / 7 % 5 + (arg2 ^ 12) + (arg2 | 256)); }'
same "several keys" \
	'kprobe:vfs_read /comm == "vs_a" || comm == "vs_b"/ { @[comm, arg2, arg2 % 3, uid] = count(); }'
same "pid, tid, uid, gid" \
	'kprobe:vfs_read /comm == "vs_b"/ { @[(pid == tid) + 0, uid, gid] = count(); }'
same "a tracepoint's fields" \
	'tracepoint:syscalls:sys_enter_read /comm == "vs_a" || comm == "vs_b"/ { @[comm, args->count] = count(); @fd = max(args->fd); }'
same "a tracepoint's signed return value" \
	'tracepoint:syscalls:sys_exit_read /comm == "vs_a"/ { @[args->ret] = count(); @h = hist(args->ret); }'
# bpftrace 0.17 wants str() where the string is not of one length (7.x), kpstat
# takes both.
FORK_KEY='args->parent_comm, args->child_comm'
grep -q '__data_loc char\[\] parent_comm' /sys/kernel/tracing/events/sched/sched_process_fork/format &&
	FORK_KEY='str(args->parent_comm), str(args->child_comm)'
same "a tracepoint's string" \
	"tracepoint:sched:sched_process_fork /comm == \"vs_fork\"/ { @[$FORK_KEY] = count(); }"
# vs_b's long name is cut, and ends in dots then, as in newer bpftrace.
same "str() of user memory" \
	'tracepoint:syscalls:sys_enter_openat /comm == "vs_a"/ { @[comm, str(args->filename)] = count(); }'
same "str() with a length" \
	'tracepoint:syscalls:sys_enter_openat /comm == "vs_a" || comm == "vs_b"/ { @[str(args->filename, 64)] = count(); }'
same "ntop of IPv4 addresses" \
	'tracepoint:sock:inet_sock_set_state /args->family == 2 && args->dport < 10/ { @[ntop(args->saddr), ntop(2, args->daddr), args->dport, args->newstate * 1] = count(); }'
same "ntop of IPv6 addresses" \
	'tracepoint:sock:inet_sock_set_state /args->dport == 4/ { @[ntop(args->saddr_v6), ntop(10, args->daddr_v6)] = count(); }'
same "kstack, three frames" \
	'kprobe:vfs_read /comm == "vs_a"/ { @[kstack(3)] = count(); }'
same "kstack in a tracepoint" \
	'tracepoint:sched:sched_process_fork /comm == "vs_fork"/ { @[kstack(4), comm] = count(); }'
same "kstack, whole" \
	'kprobe:vfs_read /comm == "vs_b"/ { @[kstack] = count(); }'
same "probe and func, several probes to a clause" \
	'kprobe:vfs_read, kprobe:vfs_open /comm == "vs_a"/ { @p[probe] = count(); @f[func] = count(); }'
same "two clauses on one map" \
	'kprobe:vfs_read /comm == "vs_a"/ { @["read", comm] = count(); } kprobe:vfs_open /comm == "vs_a"/ { @["open", comm] = count(); }'
same "ksym" \
	'tracepoint:timer:hrtimer_start /comm == "vs_sleep"/ { @[ksym(args->function)] = count(); }'
same "udp: argument and return value" \
	'kretprobe:udp_sendmsg /comm == "vs_udp"/ { @[retval] = count(); }'
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who waits for whom: what takes long is done once for a whole program, a load ends
# when whoever asked for it is killed, and modules come and go meanwhile.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=200

# ftrace's hooks, by the trampolines that they are called from
hooks() { grep -o 'tramp: 0x[0-9a-f]*' "$FTRACED" | sort -u | wc -l; }

# many_clauses PROVIDER
MANY=40
many_clauses() {
	local functions began
	functions=$(awk '{ print $1 }' /sys/kernel/tracing/available_filter_functions |
		grep -E '^(vfs|tcp|security)_[a-z]+$' | sort -u | head -n $MANY)
	is "there are $MANY functions" "$(wc -l <<<"$functions")" $MANY
	# shellcheck disable=SC2086
	load_text many "$(printf "$1"':%s /comm == "nobody"/ { @ = count(); }\n' $functions)"
	if [ "$(how many)" = "ftrace: " ]; then
		is "$MANY clauses of ${1}s are one hook" "$(hooks)" 1
	else
		skip "$MANY clauses of ${1}s are one hook" "$(how many)"
	fi
	began=$(date +%s%3N)
	must kpctl unload many
	diag <<<"$MANY clauses of ${1}s: unloaded in $(($(date +%s%3N) - began)) ms"
}

# Probes that share a hook, and a function.
shared() {
	load_text shared 'kprobe:vfs_read /comm == "some_reads"/ { @a = count(); @f[func] = count(); }
kprobe:vfs_read /comm == "some_reads"/ { @b = sum(arg2); }
kprobe:vfs_write /comm == "some_reads"/ { @c = count(); }
kprobe:vfs_r[de]* /comm == "some_reads" && arg2 == 20/ { @d[func] = count(); }
kprobe:vfs_read /comm == "some_reads"/ { @r = max(reg("dx")); }'
	must "$LOAD/reads" some_reads 5x3 20x4
	must kpctl disable shared
	is "each probe of one function counts" "$(value shared @a '')" 7
	is "and sees its arguments" "$(value shared @b '')" 95
	is "the name of the function" "$(value shared @f vfs_read)" 7
	is "of a glob, too" "$(value shared @d vfs_read)" 4
	is "one that reads registers" "$(value shared @r '')" 20
	nothing_lost shared
	done_with shared
}

# Returns that share a hook, and a function, beside a kretprobe of the kernel's own.
shared_returns() {
	load_text own 'kretprobe:vfs_read /comm == "some_reads"/ { @ = count(); }' --attach kprobe
	load_text shared 'kretprobe:vfs_read /comm == "some_reads"/ { @a = count(); @f[func] = count(); @s[kstack(2)] = count(); }
kretprobe:vfs_read /comm == "some_reads"/ { @b = sum(retval); }
kretprobe:vfs_write /comm == "some_reads"/ { @c = count(); }
kretprobe:vfs_r[de]* /comm == "some_reads" && retval == 20/ { @d[func] = count(); }
kretprobe:vfs_read /comm == "some_reads"/ { @r = max(reg("ax")); }'
	must "$LOAD/reads" some_reads 5x3 20x4
	must kpctl disable shared
	must kpctl disable own
	is "each return of one function counts" "$(value shared @a '')" 7
	is "and has its value" "$(value shared @b '')" 95
	is "the name of the function" "$(value shared @f vfs_read)" 7
	is "of a glob, too" "$(value shared @d vfs_read)" 4
	is "one that reads registers" "$(value shared @r '')" 20
	is "and the kernel's own beside them" "$(value own @ '')" 7
	nothing_lost shared
	done_with shared
	done_with own
}

# begins_to_load TEXT [OPTION...]: in the background, until some of it is registered
begins_to_load() {
	local i text=$1
	shift
	kpctl load "$@" --name slow --max-probes 1024 -e "$text" >"$WORK/load" 2>&1 &
	LOADER=$!
	for ((i = 0; i < 600; i++)); do
		[ "$(wc -l <"$KPROBES")" -gt 5 ] && return
		sleep 0.05
	done
}

still_loading() { jobs -rp | grep -qx "$LOADER"; }

# killed PROBE [PROGRAM]: what there is of the load goes; but for PROGRAM there was none
killed() {
	yes "a load of $1s is under way" still_loading
	kill -KILL $LOADER
	wait $LOADER 2>/dev/null
	is "a load of $1s that was killed leaves no program" "$(ls "$DEBUGFS/programs")" "${2:-}"
}

# many PROVIDER: more than any kernel attaches in some seconds
many() { printf '%s:tcp_*,%s:ip_*,%s:inet_* /comm == "nobody"/ { @ = count(); }' "$1" "$1" "$1"; }

# PROVIDER ATTACH
a_kill() {
	begins_to_load "$(many "$1")" --attach "$2"
	killed "$1 ($2)"
	is "and no probe" "$(armed)" 0
}

# Those of which no program wants anything, and one that is waited for, all before the
# load is done.
modules_beside() {
	local i began
	must no_conntrack
	must kpctl load conntrack
	begins_to_load "$(many kretprobe)" --attach kprobe
	began=$(date +%s%3N)
	must modprobe dummy
	must modprobe -r dummy
	# It brings a generic netlink family.
	if modprobe -n psample 2>/dev/null; then
		must modprobe psample
		must modprobe -r psample
	fi
	diag <<<"modules came and went in $(($(date +%s%3N) - began)) ms"
	yes "modules come and go during a load" still_loading
	must modprobe nf_conntrack
	yes "the log says what comes late" eval 'dmesg | grep -q "module nf_conntrack has come while"'
	killed kretprobe conntrack
	for ((i = 0; i < 100; i++)); do
		[ "$(states conntrack)" = attached ] && break
		sleep 0.1
	done
	is "its probes are attached after that" "$(states conntrack)" attached
	must no_conntrack
	is "and are pending when it goes" "$(states conntrack)" pending
	is "no probe is left" "$(armed)" 0
	done_with conntrack
}

load_module
many_clauses kprobe
many_clauses kretprobe
shared
shared_returns
modules_beside
a_kill kprobe kprobe
a_kill kretprobe auto
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where the kernel's probes are switched off, a program that needs them is refused, and
# one that is running says for how long it saw nothing.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

FTRACE_ON=/proc/sys/kernel/ftrace_enabled
KPROBES_ON=/sys/kernel/debug/kprobes/enabled

KPROBE='kprobe:vfs_read { @ = count(); }'
RETURN='kretprobe:vfs_read { @ = count(); }'

# WHY TEXT [OPTION...]: sees the calls that are made for it, or is refused for WHY.
sees_or_refuses() {
	local why=$1 text=$2
	shift 2
	if ! kpctl load --name s -e "$text" "$@" 2>"$WORK/why"; then
		grep -q "$why" "$WORK/why" || cat "$WORK/why"
		return
	fi
	"$LOAD/calls" s 0 100 >/dev/null
	[ "$(value s @ '')" -ge 100 ] && must kpctl unload s
}

# Each of the ways; when none must be refused, none is.
all_see() {
	is "$1: a kprobe" "$(sees_or_refuses "$2" "$KPROBE")" ""
	is "$1: a kprobe that ftrace does not serve" "$(sees_or_refuses "$2" "$KPROBE" --attach kprobe)" ""
	is "$1: a kretprobe" "$(sees_or_refuses "$2" "$RETURN")" ""
	is "$1: a kretprobe that ftrace does not serve" "$(sees_or_refuses "$2" "$RETURN" --attach kprobe)" ""
	is "$1: a tracepoint" "$(sees_or_refuses nothing 'tracepoint:syscalls:sys_enter_read { @ = count(); }')" ""
}

silent_ns() { kpctl list -j | python3 -c 'import json, sys; print(json.load(sys.stdin)["programs"][0]["silent_ns"])'; }
off_and_on() { echo 0 >"$1" && sleep 3 && echo 1 >"$1"; }

load_module
all_see "all is on" nothing

echo 0 >$KPROBES_ON
all_see "kprobes are off" 'as kprobes are switched off; echo 1'
no "kprobes are off: a kretprobe is refused" kpctl load --name r --attach kprobe -e "$RETURN"
is "and leaves nothing behind" "$(status programs)" 0
echo 1 >$KPROBES_ON

# What the module does to keep it on ends a second after the last kprobe; 7.x does not
# let anybody switch it off.
ftrace_off() {
	for _ in 1 2 3 4 5; do
		! { echo 0 >$FTRACE_ON; } 2>/dev/null || return 0
		sleep 1
	done
	return 1
}

if ftrace_off; then
	all_see "ftrace is off" 'as ftrace is switched off; sysctl'
	echo 1 >$FTRACE_ON
else
	skip "ftrace is off" "this kernel does not let it be switched off"
fi

load_text running "$RETURN" --attach kprobe
is "on: nothing is said" "$(silent_ns)" 0
sleep 0.5
is "the kernel puts no jump into kpstat.ko, which may go before that does" \
	"$(grep -c 'kpstat.*OPTIMIZED' $KPROBES)" 0
echo 0 >$KPROBES_ON
sleep 1
yes "off: show has it" eval "kpctl show running | grep -qE '^attached +off'"
yes "off: the log has it" eval "dmesg | grep -q 'kpstat: somebody has switched kprobes off'"
sleep 1
echo 1 >$KPROBES_ON
between "list has for how long" "$(silent_ns)" 1500000000 20000000000
yes "in words, too" eval "kpctl list | grep -qE 'silent: [0-9.]+ s: kprobes were switched off'"
"$LOAD/calls" s 0 100 >/dev/null
between "and then it goes on" "$(value running @ '')" 100 1000000
done_with running

kpctl run -d 5 --attach kprobe -e "$RETURN" >/dev/null 2>"$WORK/err" & run=$!
sleep 1
off_and_on $KPROBES_ON
wait $run
is "kpctl run ends with status 1" $? 1
yes "and says why" grep -q '^lost: all events of [0-9.]* s: kprobes were switched off' "$WORK/err"

# What is armed with ftrace on, ftrace serves until it is taken away.
for text in "$KPROBE" "$RETURN"; do
	load_text on "$text"
	if kpctl show on | grep -qE '^attached +(ftrace|kprobe) '; then
		no "ftrace cannot be switched off below ${text%% *}" eval "echo 0 >$FTRACE_ON"
	fi
	done_with on
done
must rmmod kpstat
is "no probe is left" "$(armed)" 0
finish

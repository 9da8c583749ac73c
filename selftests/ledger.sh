#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each way to lose an event is forced, by a number that is known, and found in
# the ledger under its own name.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

# column PROGRAM COLUMN WANT
column() { is "$1: $2" "$(ledger "$1" "$2")" "$3"; }

filtered() {
	load_text filtered 'kprobe:vfs_read /comm == "ledger_r" && arg2 > 5/ { @ = count(); }'
	must "$LOAD/reads" ledger_r 5x30 6x12
	column filtered recorded 12
	between "filtered: at least ours" "$(ledger filtered filtered)" 30 100000000
	nothing_lost filtered
	done_with filtered
}

# On one CPU, where the first four of six keys get the four slots.
full_map() {
	load_text full 'kprobe:vfs_read /comm == "ledger_r"/ { @[arg2] = count(); }' --max-keys 4
	must taskset 1 "$LOAD/reads" ledger_r 1x1 2x2 3x3 4x4 5x50 6x60 1x1
	column full overflow 110
	column full recorded 11
	is "full: a key that had its slot keeps counting" "$(value full @ 1)" 2
	is "full: a key without a slot is not there" "$(value full @ 5)" 0
	yes "full: kpctl read says so" eval "kpctl read full 2>&1 | grep -q 110"
	done_with full
}

missed_returns() {
	load_text missed 'kretprobe:do_nanosleep /comm == "ledger_s"/ { @ = count(); }' --maxactive 1
	must "$LOAD/sleepers" ledger_s 8 500
	column missed missed 7
	column missed recorded 1
	column missed hits 8
	is "missed: counted" "$(value missed @ '')" 1
	done_with missed
}

# In a kprobe's handler another kprobe cannot fire: the kernel counts it.
missed_nested() {
	load_text nested 'tracepoint:syscalls:sys_enter_openat /comm == "none"/ { @t = count(); }
		kprobe:do_sys_openat2 /comm == "ledger_o"/ { @outer[str(arg1)] = count(); }
		kprobe:copy_from_user_nofault { @inner = count(); }' --attach kprobe
	must "$LOAD/opens" ledger_o 25 /etc/hosts
	between "nested: the inner probe was missed" "$(ledger nested missed)" 25 100
	is "nested: the outer one was not" "$(value nested @outer /etc/hosts)" 25
	done_with nested
}

faults() {
	load_text fault 'kprobe:do_sys_openat2 /comm == "ledger_o"/ { @[str(arg1)] = count(); }'
	must "$LOAD/opens" ledger_o 40 bad
	must "$LOAD/opens" ledger_o 3 /etc/hosts
	column fault fault 40
	column fault recorded 3
	is "fault: what could not be read is empty, as in bpftrace" "$(total fault @ '[]')" 40
	done_with fault
}

# A tracepoint's clause reads user memory; the function that does it is probed,
# by a clause that may not run in another one.
recursion() {
	load_text inside 'tracepoint:syscalls:sys_enter_openat /comm == "ledger_o"/ { @outer[str(args.filename)] = count(); }
		kprobe:copy_from_user_nofault { @inner = max(nsecs); }'
	must "$LOAD/opens" ledger_o 60 /a
	between "inside: found in the ledger" "$(ledger inside recursion)" 60 180
	is "inside: the inner clause never ran in the outer" "$(value inside @inner '')" 0
	is "inside: the outer one always" "$(value inside @outer /a)" 60
	done_with inside
}

# ... and by one that may: it calls nothing.
nesting() {
	local inner
	load_text nests 'tracepoint:syscalls:sys_enter_openat /comm == "ledger_o"/ { @outer[str(args.filename)] = count(); }
		kprobe:copy_from_user_nofault { @inner[comm, pid] = count(); }'
	must "$LOAD/opens" ledger_o 60 /a
	inner=$(total nests @inner)
	if kpctl show nests | grep -q '^attached  ftrace'; then
		between "nesting: all calls in the outer clause are counted" "$inner" 60 180
		is "nesting: nothing is lost" "$(ledger nests recursion) $(ledger nests missed)" "0 0"
	else
		between "nesting: in a breakpoint's handler, or recorded" \
			$((inner + $(ledger nests missed))) 60 180
	fi
	is "nesting: the outer one always" "$(value nests @outer /a)" 60
	done_with nests
}

full_stacks() {
	load_text stacks 'kprobe:vfs_read /comm == "ledger_r"/ { @[kstack] = count(); }'
	must "$LOAD/reads" ledger_r 1x100
	nothing_lost stacks
	done_with stacks
}

load_module
filtered
full_map
missed_returns
missed_nested
faults
recursion
nesting
full_stacks
must rmmod kpstat
finish

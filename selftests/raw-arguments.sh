#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An argument that a raw tracepoint does not have is refused, and not a register that
# holds something else; who cannot know says so.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

NAMES='sched_switch sched_wakeup sys_enter sys_exit irq_handler_entry softirq_entry
	sched_process_exec kfree_skb page_fault_user timer_start cpu_idle'

# NAME N
uses() { kpctl check -e "rawtracepoint:$1 { @ = sum(arg$2); }"; }

# What the kernel's BTF says, by a reader that is not kpctl's: NAME NUMBER
known() { python3 types/btf.py --tracepoints; }

if known >"$WORK/known" 2>/dev/null && [ -s "$WORK/known" ]; then
	for name in $NAMES; do
		nr=$(awk -v n="$name" '$1 == n { print $2 }' "$WORK/known")
		[ -n "$nr" ] || continue
		[ "$nr" -gt 5 ] || no "$name has $nr arguments: no arg$nr" uses "$name" "$nr"
		[ "$nr" = 0 ] || [ "$nr" -gt 5 ] || yes "$name: but arg$((nr - 1))" uses "$name" $((nr - 1))
		[ "$nr" -gt 5 ] || yes "$name: the error says how many" \
			eval "uses $name $nr 2>&1 | grep -q 'has $nr argument'"
	done
else
	skip "arguments that are not there" "this kernel does not tell of its types"
fi
no "arg5 is in no register" uses sys_enter 5

# Nor has it kept what it once knew.
rm -rf /var/cache/kpstat
hide_btf
yes "who does not know says so" eval "uses sys_enter 1 2>&1 | grep -q 'does not know how many'"
is "once for a program" "$(kpctl check -e 'rawtracepoint:sys_enter { @ = sum(arg0 + arg1); @b = sum(arg0); }' 2>&1 | grep -c 'does not know how many')" 1
finish

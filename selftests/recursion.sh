#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Probes on what kpstat itself runs through: its handlers' callees, the way into
# them, the netlink path, allocators, locks, printk.  The kernel refuses some of
# them; with the others the machine lives, and the ledger says what was missed.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=400

# What handlers call, and what calls them.
CALLEES='copy_from_kernel_nofault copy_from_user_nofault unwind_next_frame
	__unwind_start unwind_get_return_address kernel_text_address __kernel_text_address
	ktime_get_mono_fast_ns ktime_get_boot_fast_ns ring_buffer_lock_reserve
	ring_buffer_unlock_commit rb_reserve_next_event irq_work_queue get_random_u32
	__rcu_read_lock __rcu_read_unlock stack_trace_save bpf_prog_run memcpy memset
	strnlen __get_task_comm cgroup_id task_cgroup_from_root perf_trace_buf_alloc
	perf_tp_event __perf_event_overflow perf_swevent_event kretprobe_rethook_handler
	trampoline_handler __kretprobe_trampoline_handler get_kprobe opt_pre_handler'
# What its commands run through.
COMMANDS='genl_rcv_msg netlink_unicast netlink_rcv_skb netlink_ack nla_put
	__nla_parse __kmalloc __kmalloc_noprof kmem_cache_alloc kmem_cache_alloc_noprof
	kfree vfree mutex_lock mutex_unlock synchronize_rcu _raw_spin_lock
	_raw_spin_lock_irqsave _raw_spin_unlock_irqrestore _printk vprintk_emit
	sprint_symbol kallsyms_lookup text_poke_bp smp_text_poke_batch_finish
	register_kprobe unregister_kprobes seq_printf vsnprintf'
# Where a breakpoint or an interrupt comes in: blacklisted, nearly all.
ENTRIES='exc_int3 do_int3 int3_selftest notify_die exc_nmi default_do_nmi nmi_handle
	exc_debug exc_page_fault do_user_addr_fault fixup_exception search_exception_tables
	kprobe_ftrace_handler kprobe_int3_handler ftrace_ops_list_func irq_work_run
	sysvec_irq_work sysvec_apic_timer_interrupt kps_kprobe_provider kps_load kps_code_run'

# All that a clause can ask for.
CLAUSE='{ @[comm, kstack(8)] = count(); @t[tid] = nsecs; @h = hist(rand % 100);
	if (@h2[cpu] < 200) { printf("%s %d\n", comm, pid); } @h2[cpu]++; delete(@t[tid]); }'

# Something through all of it: handlers, commands, faults, NMIs' cousins.
use_everything() {
	"$LOAD/calls" user 0 300 &
	"$LOAD/opens" user 20 /etc/passwd >/dev/null 2>&1
	kpctl list >/dev/null && kpctl read other >/dev/null && kpctl read --reset other >/dev/null &&
		cat $DEBUGFS/status $DEBUGFS/programs/*/ledger >/dev/null
	wait $!
}

refusals='the kernel forbids probes|does not allow a probe|no such name|cannot be probed|no function|blacklisted|cannot be attached|several functions'

# one FUNCTION: probed alone
one() {
	if ! kpctl load --cpu-budget 0 --name probe -e "kprobe:$1 $CLAUSE" >"$WORK/load" 2>&1; then
		REFUSED=$((REFUSED + 1))
		grep -qE "$refusals" "$WORK/load" || { echo "$1: $(cat "$WORK/load")" >>"$WORK/odd"; }
		return
	fi
	PROBED+=("$1")
	use_everything || echo "$1: it did not work" >>"$WORK/odd"
	adds_up probe >"$WORK/ledger" || { echo "$1: the ledger"; cat "$WORK/ledger"; } >>"$WORK/odd"
	kpctl unload probe || echo "$1: unload" >>"$WORK/odd"
}

# all_of NAME FUNCTION...
all_of() {
	local name=$1 function
	shift
	REFUSED=0 PROBED=()
	: >"$WORK/odd"
	for function in "$@"; do
		grep -q " $function\$" "$WORK/names" && one "$function"
	done
	is "$name: ${#PROBED[@]} probed one by one, $REFUSED refused with a reason" "$(cat "$WORK/odd")" ""
	ALL+=("${PROBED[@]}")
}

load_module
awk '{ print " " $3 }' /proc/kallsyms >"$WORK/names"
load_text other "kprobe:vfs_read $CLAUSE kretprobe:vfs_read { @d = hist(duration); }
	tracepoint:syscalls:sys_enter_read { @s[str(args.buf, 16)] = count(); }
	rawtracepoint:sys_exit { @r = count(); } profile:hz:199 { @p[kstack] = count(); }" --cpu-budget 0

ALL=()
# shellcheck disable=SC2086
all_of "callees of handlers" $CALLEES
# shellcheck disable=SC2086
all_of "the path of commands" $COMMANDS
# shellcheck disable=SC2086
all_of "entries and our own" $ENTRIES
no "kpstat's own functions cannot be probed" kpctl load --name own -e 'kprobe:kps_load { @ = count(); }'

# What clears and copies memory, where the kernel has put a jump in the place of the
# breakpoint: the clause wants the map that is just being cleared or copied.
text=
for function in memset memset_orig memset_erms memcpy memcpy_orig memcpy_erms memmove; do
	kpctl load --name try -e "kprobe:$function { @ = count(); }" >/dev/null 2>&1 || continue
	kpctl unload try
	text+="kprobe:$function { @n[0] = nsecs; @hits = count(); } "
done
# clears TEXT
clears() {
	timeout 100 kpctl run --cpu-budget 0 -e "$1 interval:ms:20 { zero(@n); print(@n); clear(@n); @rounds++; }
		interval:s:4 { print(@rounds); print(@hits); exit(); }" >"$WORK/cleared"
}
if [ -n "$text" ]; then
	yes "a map can be cleared under probes of what clears memory" clears "$text"
	between "and often was" "$(sed -n 's/^@rounds: //p' "$WORK/cleared" | head -n1)" 10 1000
	yes "while they fired" grep -qE '^@hits: [0-9]{2}' "$WORK/cleared"
else
	skip "a map can be cleared under probes of what clears memory" "none can be probed"
fi

# Each at once with all the others.
text=
for function in "${ALL[@]}"; do
	text+="kprobe:$function $CLAUSE "
done
yes "all ${#ALL[@]} at once" kpctl load --cpu-budget 0 --name all -e "$text"
yes "and everything works" use_everything
sleep 1
ledger_adds_up all
missed=$(($(ledger all recursion) + $(ledger all missed)))
between "the ledger says what was missed" $missed 1 1000000000
must kpctl unload all
ledger_adds_up other
must kpctl unload other
must rmmod kpstat
is "no kprobe is left" "$(armed)" 0
finish

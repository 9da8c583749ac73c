#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# profile and interval come as often as they are asked to, whatever perf's limits are,
# and what did not come for want of time is counted as missed.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=/proc/sys/kernel/perf_event_max_sample_rate

microseconds() { awk '{ print int($1 * 1000000) }' /proc/uptime; }

# NAME TEXT: for two seconds. Sets LEAST and MOST, how long it was attached, in
# microseconds, to the hundredth of a second that the kernel says.
for_two_seconds() {
	local before loaded
	before=$(microseconds)
	load_text "$1" "$2"
	loaded=$(microseconds)
	sleep 2
	LEAST=$(($(microseconds) - loaded - 20000))
	must kpctl disable "$1"
	MOST=$(($(microseconds) - before + 20000))
}

# NAME TEXT PERIOD CPUS
comes() {
	for_two_seconds "$1" "$2"
	between "$1: as many as there are periods" "$(ledger "$1" hits)" $((LEAST * $4 / $3 - $4)) $((MOST * $4 / $3 + $4))
	is "$1: each was recorded, or missed" "$(ledger "$1" hits)" $(($(value "$1" @ '') + $(ledger "$1" missed)))
}

load_module
[ ! -w $LIMIT ] || must sh -c "echo 1000 >$LIMIT"
comes often 'profile:hz:900 { @ = count(); }' 1111 "$(nproc)"
done_with often
comes milliseconds 'interval:ms:2 { @ = count(); }' 2000 1
done_with milliseconds

# A clause that takes longer than a period.
comes late 'interval:us:100 { @ = count(); unroll(100) { @s[kstack(20)] = count(); } }' 100 1
between "late: there was no time for most of them" "$(ledger late missed)" $(($(ledger late hits) / 4)) "$(ledger late hits)"
done_with late

# CPU by CPU.
load_text each 'profile:hz:100 { @[cpu] = count(); }'
sleep 1
for ((cpu = 0; cpu < $(nproc); cpu++)); do
	between "each: on CPU $cpu" "$(value each @ $cpu)" 1 1000
done
done_with each

# Where a CPU was: who counts is in user space, who copies zeros in the kernel.
load_text where 'profile:hz:500 /usermode/ { @user[comm] = count(); @n = count(); }
	profile:hz:500 /!usermode/ { @kernel[comm] = count(); @n = count(); }'
(
	printf counts >/proc/$BASHPID/comm
	for ((i = 0; i < 200000; i++)); do :; done
)
dd if=/dev/zero of=/dev/null bs=1M count=4000 2>/dev/null
must kpctl disable where
user=$(value where @user counts) kernel=$(value where @kernel counts)
between "of who counts $user samples are in user space, and in the kernel" "$kernel" 0 $((user / 2))
user=$(value where @user dd) kernel=$(value where @kernel dd)
between "of who copies zeros $kernel samples are in the kernel, and in user space" "$user" 0 $((kernel / 2))
is "all are in one of them" $(($(total where @user) + $(total where @kernel))) "$(value where @n '')"
ledger_adds_up where
must kpctl unload where
must rmmod kpstat
finish

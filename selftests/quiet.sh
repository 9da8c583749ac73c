#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A CPU that is to be left alone (nohz_full) is: readings with reset, which wait for what
# runs on all CPUs, do not interrupt it while it is in user space.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

READINGS=100

ALONE=$(cat /sys/devices/system/cpu/nohz_full 2>/dev/null)
[[ $ALONE =~ ^[0-9]+$ ]] || skip_all "no CPU is to be left alone (nohz_full)"
# The lab has RCU hurry, which is to interrupt.
echo 0 >/sys/kernel/rcu_expedited

# Calls from other CPUs to the one that is left alone.
calls() { awk -v field=$((ALONE + 2)) '/^ *(CAL|RES):/ { n += $field } END { print n }' /proc/interrupts; }

load_module
load_text quiet 'kprobe:vfs_read { @[comm] = count(); }'
# shellcheck disable=SC2016
taskset -c "$ALONE" bash -c 'while :; do :; done' & alone=$!
sleep 1
before=$(calls)
read -r sum _ <<<"$("$LOAD/resets" quiet $READINGS)"
after=$(calls)
kill $alone
wait $alone 2>/dev/null
between "there was something to read" "$sum" 1 1000000000
between "$READINGS readings with reset: calls to CPU $ALONE" $((after - before)) 0 $((READINGS / 10))
done_with quiet
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# KPSTAT_TEST_MESSAGES messages of all kinds from eight sockets at once, as
# root: what the contract allows, what is near to it, and what is no message.
# Whatever is refused has its sentence, nothing is left behind, and kpstat does
# its work afterwards.  KPSTAT_TEST_SEED repeats a run.  On the debug kernel what went
# through kpstat in a way that was new is sent again with changes (netlink/coverage.h):
# there a run depends on who comes first, too.
# timeout=500
# a guest of its own: its memory is looked at
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# kmemleak

MESSAGES=${KPSTAT_TEST_MESSAGES:-40000}
SEED=${KPSTAT_TEST_SEED:-1}

# What the kernel holds without kpstat: "slab percpu vmalloc", in KiB.
memory() {
	shrink_caches
	awk '/^(Slab|Percpu|VmallocUsed):/ { m[$1] = $2 }
		END { print m["Slab:"], m["Percpu:"], m["VmallocUsed:"] }' /proc/meminfo
}

# fuzz NUMBER: what it says of itself goes to $WORK/fuzz
fuzz() {
	"$HERE/netlink/messages" "$1" "$SEED" >"$WORK/fuzz"
}

# said NAME: a number of the summary
said() { sed -n "s/^$1=\([0-9]*\).*/\1/p" "$WORK/fuzz"; }

unload_all() {
	local name
	for name in $(kpctl list -j | jq -r '.programs[].name'); do
		kpctl unload "$name" || return 1
	done
}

# Someone who only looks, all the while.
look() {
	local dir
	while sleep 0.3; do
		for dir in "$DEBUGFS"/programs/*; do
			cat "$dir"/{source,probes,ledger} "$dir"/maps/*
		done
		cat "$DEBUGFS/status"
	done >/dev/null 2>&1
}

works() {
	kpctl load --name after -e 'kprobe:vfs_open { @[comm] = count(); }' &&
		cat /dev/null &&
		kpctl read after && kpctl read after | grep -q '^@\[cat\]: ' &&
		kpctl unload after
}

# Nothing of kpstat's that nobody points to any more, on kernels that know.
no_leaks() {
	echo scan >/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	! grep -B 20 -A 20 -E 'kpstat|kps_' /sys/kernel/debug/kmemleak
}

# Grace periods are most of the time that a guest needs, and not the matter.
echo 1 >/sys/kernel/rcu_expedited

# Warm: what the first use of anything leaves behind is no leak.
load_module
kpctl load --name warm -e 'conntrack:new { @ = count(); }' && kpctl unload warm
fuzz 4000 2>/dev/null
unload_all
must rmmod kpstat
dmesg --clear
read -r slab percpu vmalloc < <(memory)

load_module
look &
looker=$!
start=$SECONDS
status=0
fuzz "$MESSAGES" || status=$?
took=$((SECONDS - start))
kill $looker
wait $looker 2>/dev/null
diag <"$WORK/fuzz"
echo "# $took s, $(($(said sent) / (took + !took))) messages/s"
result $status "$(said sent) messages were sent, nobody hung"
between "of which kpstat accepted, in percent" "$(said accepted)" 10 60
if [ -e /sys/kernel/debug/kcov ]; then
	between "ways from block to block in kpstat that were taken" "$(said edges)" 2000 20000
fi
is "none went unanswered" "$(said unanswered)" 0
is "what was refused had its sentence" "$(said mute)" 0
yes "and each had its own, of eight that fail at once" "$HERE/netlink/sentences"

yes "the family answers" kpctl status
yes "what is left can be unloaded" unload_all
is "no program is left" "$(status programs)" 0
is "no memory is left" "$(status memory)" 0
is "debugfs is empty" "$(ls "$DEBUGFS/programs")" ""
is "no kprobe is left" "$(armed)" 0
yes "a program is loaded, read and unloaded" works
yes "the module can go" rmmod kpstat

read -r slab_after percpu_after vmalloc_after < <(memory)
between "slab: $slab KiB before, $slab_after after" "$slab_after" 0 $((slab + 1024))
between "per CPU: $percpu KiB before, $percpu_after after" \
	"$percpu_after" 0 $((percpu + 256))
between "vmalloc: $vmalloc KiB before, $vmalloc_after after" \
	"$vmalloc_after" 0 $((vmalloc + 1024))
if [ -e /sys/kernel/debug/kmemleak ] && ! grep -q kmemleak=off /proc/cmdline; then
	yes "kmemleak finds nothing of kpstat's" no_leaks
fi
is "the kernel did not complain" \
	"$(dmesg | grep -E 'WARNING|BUG|Oops|Call Trace|KASAN|UBSAN|INFO: task')" ""
yes "it can come back" insmod "$KPSTAT_KO"
must rmmod kpstat
finish

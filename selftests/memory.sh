#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory: what kpstat says it holds is what the kernel says it has given out;
# a load beyond the limit, or beyond what the machine has, is refused with a
# sentence and leaves nothing; and all of it comes back.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# kmemleak
# timeout=300
# a guest of its own: its figures are looked at

LIMIT_MB=64 ROUNDS=4
# What slab caches and per-CPU chunks may keep for later, in KiB.
TOLERANCE=1024
PARAMETER=/sys/module/kpstat/parameters/max_memory_mb
DEFAULT_MB=256

has_kasan() { grep -q ' kasan_report$' /proc/kallsyms; }

# All that is neither free nor a process's nor the page cache's: with pages that
# nobody has a figure for, as those of record buffers. Free are also those on the
# CPUs' own lists (zoneinfo), which newer kernels let grow to tens of MiB.
all_memory() {
	awk 'FILENAME ~ /zoneinfo/ { if ($1 == "count:") listed += $2 * 4; next }
	{ m[$1] = $2 }
	END { print m["MemTotal:"] - m["MemFree:"] - listed - m["Buffers:"] - m["Cached:"] - m["AnonPages:"] }' /proc/meminfo /proc/zoneinfo
}

# all_back BEFORE: programs and directories are freed by work that is put off.
all_back() {
	local more i
	for ((i = 0; i < 10; i++)); do
		more=$(($(kernel_memory) - $1))
		[ $more -gt $TOLERANCE ] || break
		sleep 1
	done
	echo "# $more KiB more than before"
	between "the kernel has it all back, but $TOLERANCE KiB at most" $more -1000000 $TOLERANCE
}

# A map of every kind of memory there is: tables per CPU, shared values, stacks,
# records, return instances.
TEXT='kprobe:vfs_read /comm == "memory"/ { @c[arg2] = count(); @v[arg2] = arg2; @k[kstack(8)] = count(); }
kretprobe:vfs_read /comm == "memory"/ { @h[comm] = hist(retval); printf("%d\n", retval); }'

# fill [OPTION...]: programs until one is refused; sets COUNT and leaves the
# refusal in $WORK/refusal.
fill() {
	COUNT=0
	while kpctl load "$@" --name "fill$COUNT" -e "$TEXT" >"$WORK/refusal" 2>&1; do
		COUNT=$((COUNT + 1))
		[ $COUNT -lt 100 ] || return 1
	done
}

empty() {
	local i
	for ((i = 0; i < COUNT; i++)); do
		kpctl unload "fill$i" || return 1
	done
}

says() { yes "$1" grep -qE "$2" "$WORK/refusal"; }

# nothing_left NAME: of a refused load, when COUNT are there
nothing_left() {
	is "$1: one line" "$(wc -l <"$WORK/refusal")" 1
	is "$1: as many programs as before" "$(status programs) $(find "$DEBUGFS/programs" -mindepth 1 -maxdepth 1 | wc -l)" "$COUNT $COUNT"
	is "$1: nothing of it is accounted for" "$(status memory)" "$((COUNT * ONE))"
	is "$1: nothing of it is armed" "$(armed)" $((COUNT * 2))
}

round() {
	fill --max-keys 8192 && empty
}

at_the_limit() {
	local before all grown
	before=$(kernel_memory) all=$(all_memory)
	must fill --max-keys 8192
	ONE=$(kpctl show -j fill0 | jq .memory)
	is "the limit: as many as it has room for" $COUNT $(((LIMIT_MB << 20) / ONE))
	kernel_memory >/dev/null
	grown=$(($(all_memory) - all))
	echo "# $COUNT programs of $((ONE >> 10)) KiB; the kernel gave out $grown KiB"
	if has_kasan; then
		skip "what kpstat accounts for is what the kernel gave out" "KASAN adds to each allocation"
	else
		between "what kpstat accounts for is what the kernel gave out, to a tenth" \
			$((grown * 100 / (COUNT * ONE >> 10))) 90 110
	fi
	says "the limit: the sentence names it, what is left, and the remedy" \
		"it needs [0-9]+ KiB, [0-9]+ KiB are left of max_memory_mb=$LIMIT_MB; use fewer keys, unload a program, or raise the module parameter"
	nothing_left "the limit"

	echo 1 >$PARAMETER
	no "lowered below what is held: nothing more is loaded" \
		kpctl load --name more -e 'kprobe:vfs_read { @ = count(); }'
	must "$LOAD/keys" memory 1 100 1
	is "and what is there works" "$(total fill0 @c)" 100
	echo $((LIMIT_MB * 2)) >$PARAMETER
	yes "raised: another is loaded" kpctl load --max-keys 8192 --name "fill$COUNT" -e "$TEXT"
	COUNT=$((COUNT + 1))
	yes "all are unloaded" empty
	is "kpstat holds nothing" "$(status memory)" 0
	all_back "$before"
	echo $LIMIT_MB >$PARAMETER
}

leaks() {
	local before i
	before=$(kernel_memory)
	for ((i = 0; i < ROUNDS; i++)); do
		must round
	done
	is "$ROUNDS times full and empty again: kpstat holds nothing" "$(status memory)" 0
	all_back "$before"
}

# Keys beyond the limit are counted, those that have their slot go on.
full_map() {
	load_text full 'kprobe:vfs_read /comm == "memory"/ { @[arg2] = count(); }' --max-keys 65536
	must "$LOAD/keys" memory 1 70000 1 0
	must "$LOAD/keys" memory 1 1000 1 0
	is "a full map: every event is in it, or overflow" \
		"$(ledger full recorded) $(ledger full overflow)" "66536 4464"
	is "a full map: entries, and their sum" \
		"$(kpctl read full @ | awk '/^@\[/ { n++; sum += $NF } END { print n, sum }')" "65536 66536"
	yes "read and reset" eval "kpctl read --reset full @ >/dev/null"
	is "and it is empty" "$(total full @)" 0
	done_with full
}

largest_map() {
	echo 1024 >$PARAMETER
	no "more keys than a map can have" kpctl load --max-keys 1048577 --name big \
		-e 'kprobe:vfs_read { @[arg2] = count(); }'
	yes "as many as a map can have" kpctl load --max-keys 1048576 --name big \
		-e 'kprobe:vfs_read /comm == "memory"/ { @[arg2] = count(); }'
	must "$LOAD/keys" memory 1 1000 1
	is "it counts" "$(total big @)" 1000
	done_with big
}

# The limit is a guess: here it is more than the machine has.
out_of_memory() {
	if has_kasan; then
		skip "the machine's memory" "KASAN has most of it"
		return
	fi
	echo 1000000 >$PARAMETER
	must fill --max-keys 524288
	between "the machine's memory: programs were loaded" $COUNT 1 20
	says "the machine's memory: the sentence names the remedy" "no memory|memory to spare"
	ONE=$(kpctl show -j fill0 | jq .memory)
	nothing_left "the machine's memory"
	is "and nobody was killed for it" "$(dmesg | grep -ciE 'out of memory|oom-kill')" 0
	yes "all are unloaded" empty
	is "kpstat holds nothing" "$(status memory)" 0
	echo $DEFAULT_MB >$PARAMETER
}

many_programs() {
	local before nr sentence
	# Their directories are of slabs that then stay half full.
	must eval '"$HERE/raw/many" load 1024 && "$HERE/raw/many" unload 1024'
	before=$(kernel_memory)
	read -r nr sentence <<<"$("$HERE/raw/many" load 2000)"
	is "programs: as many as are possible" "$nr $(status programs)" "1024 1024"
	is "programs: the sentence" "$sentence" \
		"1024 programs are loaded, more are not possible; unload one"
	is "programs: all are listed" "$(kpctl list -j | jq -r '.. | .name? | strings' | grep -c '^many')" 1024
	between "programs: each costs something" "$(status memory)" $((1024 * 1000)) $((1024 * 30000))
	yes "programs: one goes" "$HERE/raw/many" unload 0
	must kpctl unload many7
	yes "programs: so there is room for one" kpctl load --name many7 -e 'BEGIN { @ = count(); }'
	yes "programs: all go" "$HERE/raw/many" unload 1024
	is "programs: nothing is held" "$(status programs) $(status memory)" "0 0"
	all_back "$before"
}

load_module max_memory_mb=$LIMIT_MB
is "a module without programs holds nothing" "$(status memory)" 0
# Caches that grow once: slabs, kprobes' pages, debugfs.
must round
at_the_limit
leaks
full_map
largest_map
out_of_memory
many_programs
must rmmod kpstat
finish

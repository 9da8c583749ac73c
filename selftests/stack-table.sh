#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The table of stacks gives room back: after a reset, a reading that resets, and when
# entries are deleted.  No stack is ever shown as another; one that found no room is
# counted, and says so.  The load's stacks bear the number that it reads with.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=900

TEXT='kprobe:vfs_read /comm == "stacked"/ { @[ustack(16), arg2] = count(); }'

# FIRST LAST: each number once.  The load stays, for its symbols, until cease.
load() {
	local i
	: >"$WORK/done"
	"$LOAD/stacks" stacked 0 "$1" "$2" 1 >"$WORK/done" & LOADS+=($!)
	for ((i = 0; i < 1500; i++)); do
		[ -s "$WORK/done" ] && return
		sleep 0.02
	done
	bail "the load does not end"
}

cease() {
	kill "${LOADS[@]}"
	wait "${LOADS[@]}" 2>/dev/null
	LOADS=()
}
LOADS=()

# Of a map of stacks and numbers: how many events have the stack of their number, that
# of another, and none.
verdict() {
	awk '/^@[a-z]*\[$/ { n = 0; lost = 0; next }
	/^ *left/ { n *= 2 }
	/^ *right/ { n = 2 * n + 1 }
	/lost: no room for this stack/ { lost = 1 }
	/^, [0-9]+\]: / {
		sub(/^, /, ""); split($0, part, /\]: /)
		n /= 2
		if (lost) none += part[2]
		else if (n == part[1]) right += part[2]
		else wrong += part[2]
	}
	END { print right + 0, wrong + 0, none + 0 }'
}

kept() { kpctl show -j "$1" | jq .stacks; }

# PROGRAM MOST: a sweep that was asked for may take a moment
sink() {
	local i
	for ((i = 0; i < 100; i++)); do
		[ "$(kept "$1")" -le "$2" ] && return
		sleep 0.1
	done
	kept "$1"
	return 1
}

load_module

load_text full "$TEXT" --max-keys 8192 --max-stacks 1024
is "an option says how many" "$(kpctl show -j full | jq .max_stacks)" 1024
load 1 1500
kpctl read full >"$WORK/read"
LOST=$(ledger full stack)
is "too many: none is wrong, and what is lost is counted" "$(verdict <"$WORK/read")" "$((1500 - LOST)) 0 $LOST"
between "nearly all room is used" "$(kept full)" 900 1024
must kpctl reset full
is "a reset gives all of it back" "$(kept full)" 0
cease
load 2001 2700
kpctl read --reset full >"$WORK/read"
is "after a reset all stacks are right" "$(verdict <"$WORK/read")" "700 0 0"
cease
yes "a reading that resets gives room back" sink full 0
load 3001 3700
kpctl read full >"$WORK/read"
is "and then all stacks are right again" "$(verdict <"$WORK/read")" "700 0 0"
cease
is "none of them was lost" "$(ledger full stack)" 0
done_with full

# In values of a map, from which they are deleted; and in records.
load_text moves 'kprobe:vfs_read /comm == "stacked"/ {
	@held[arg2] = ustack(16);
	if (arg2 % 100 == 0) { @kept[@held[arg2], arg2] = count(); }
	delete(@held[arg2]); }' --max-stacks 2048
for FIRST in 1001 4001 7001; do
	load $FIRST $((FIRST + 1599))
	yes "from $FIRST on: what was deleted gives room back" sink moves 512
	kpctl read moves @kept >"$WORK/read"
	is "and what went elsewhere is right" "$(verdict <"$WORK/read")" "16 0 0"
	must kpctl read --reset moves @kept
	cease
done
is "none was lost, and the ledger has all" "$(ledger moves stack) $(ledger moves recorded)" "0 4800"
done_with moves

# Two maps share a stack: it stays as long as one of them has it.
load_text two 'kprobe:vfs_read /comm == "stacked"/ { @[ustack(16), arg2] = count(); @a[ustack(16)] = count(); }' --max-stacks 1024
load 1 600
must kpctl read --reset two @a
sleep 1.5
kpctl read two @ >"$WORK/read"
is "what another map has stays" "$(verdict <"$WORK/read") $(kept two)" "600 0 0 600"
cease
done_with two

# Records that nobody has read keep theirs.
load_text prints 'kprobe:vfs_read /comm == "stacked"/ { printf("%s", ustack(16)); }' --max-stacks 1024
load 1 600
must kpctl reset prints
is "a record that is not read keeps its stack" "$(kept prints)" 600
kpctl output -j prints >"$WORK/read"
is "and is no other's" "$(jq -c .data "$WORK/read" | sort -u | wc -l)" 600
must kpctl reset prints
is "and when it is read, no more" "$(kept prints)" 0
cease
done_with prints

# Resets under load, on all CPUs.
load_text fire "$TEXT" --max-keys 8192 --max-stacks 2048
for ((CPU = 0; CPU < $(nproc); CPU++)); do
	"$LOAD/stacks" stacked $CPU $((1 + CPU * 500)) $((1500 + CPU * 500)) 0 >"$WORK/load.$CPU" & LOADS+=($!)
done
: >"$WORK/read"
for ((END = SECONDS + 10; SECONDS < END; )); do
	kpctl read --reset fire >>"$WORK/read"
done
kill "${LOADS[@]}"
for ((CPU = 0; CPU < $(nproc); CPU++)); do
	until [ -s "$WORK/load.$CPU" ]; do sleep 0.02; done
done
kpctl read fire >>"$WORK/read"
cease
read -r RIGHT WRONG NONE <<<"$(verdict <"$WORK/read")"
is "readings under load: no stack is wrong" "$WRONG" 0
is "and their sum is the load" $((RIGHT + NONE)) "$(awk '{ n += $1 } END { print n }' "$WORK"/load.*)"
is "what was lost was counted" "$NONE" "$(ledger fire stack)"
done_with fire

# The kernel's own, which are few.
load_text small 'kprobe:vfs_read /comm == "called"/ { @[kstack] = count(); } kprobe:ksys_read /comm == "called"/ { @[kstack] = count(); }' --max-stacks 1
must "$LOAD/calls" called 0 100
is "a stack of the kernel that found no room" "$(kpctl read small | grep -A2 'lost: no room' | tail -n 1)" "]: 100"
yes "the end names the remedy" grep -q 'lost: .*: 100 of 1[0-9]* events: no room for its stack (see --max-stacks)' <(
	kpctl run --max-stacks 1 -c "$LOAD/calls called 0 100" \
		-e 'kprobe:vfs_read /comm == "called"/ { @[kstack] = count(); } kprobe:ksys_read /comm == "called"/ { @[kstack] = count(); }' 2>&1)
done_with small
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs that time calls as everybody writes it, by @start[tid], with all that may
# stand before, behind and around it: on nested, recursive and sleeping calls each counts
# what timed/programs.py says that it must, on the trace of a first run, and what
# bpftrace counts, where that is. KPSTAT_TEST_BATCHES batches of ten (2);
# KPSTAT_TEST_SEED makes others.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=900

BATCHES=${KPSTAT_TEST_BATCHES:-2}
SEED=${KPSTAT_TEST_SEED:-1}
EACH=10
# One calls another, calls itself, or sleeps.
# Not what is called before nests renames its tasks, as ep_item_poll: @i counts it.
WANTED='vfs_read vfs_write pipe_read pipe_write ep_poll_callback ep_eventpoll_poll
	hrtimer_nanosleep do_nanosleep'

nests() { "$LOAD/nests" 6; }

# Only the load's lines, each in its place.
normal() { grep -E '^@[a-z]+\[nest_[abc]' | LC_ALL=C sort; }

# trace FUNCTION...: what the load does, as the model reads it
trace() {
	local function text=
	for function in "$@"; do
		text+="kprobe:$function /strncmp(comm, \"nest_\", 5) == 0/ { printf(\"%llu e $function %d %s\n\", nsecs, tid, comm); } "
		text+="kretprobe:$function /strncmp(comm, \"nest_\", 5) == 0/ { printf(\"%llu r $function %d %s\n\", nsecs, tid, comm); } "
	done
	kpctl run -q -c "$LOAD/nests 6" -e "$text" | grep '^[0-9]'
}

# What can be probed, and bears that very name: probe says which form of it fired.
find_functions() {
	local function
	for function in $WANTED; do
		awk -v f="$function" '$3 == f { found = 1 } END { exit !found }' /proc/kallsyms || continue
		kpctl check -e "kprobe:$function { @ = count(); } kretprobe:$function { @ = count(); }" \
			>/dev/null 2>&1 && echo "$function"
	done
}

# the ith of a batch: its answer in i.got
read_all() {
	local i
	for ((i = 0; i < EACH; i++)); do
		kpctl read "timed$i" | normal >"$DIR/$i.got"
		kpctl unload "timed$i"
		LC_ALL=C sort -o "$DIR/$i.want" "$DIR/$i.want"
	done
}

# batch N: loaded together, since one load serves all
batch() {
	local i wrong=0
	DIR=$WORK/$1
	mkdir "$DIR"
	must python3 timed/programs.py "$SEED.$1" $EACH "$DIR" "$WORK/trace"
	for ((i = 0; i < EACH; i++)); do
		must kpctl load --cpu-budget 0 --name "timed$i" "$DIR/$i.bt"
	done
	must nests
	read_all
	for ((i = 0; i < EACH; i++)); do
		cmp -s "$DIR/$i.want" "$DIR/$i.got" && continue
		wrong=1
		cat "$DIR/$i.bt"
		diff "$DIR/$i.want" "$DIR/$i.got"
	done >"$DIR/wrong"
	result $wrong "batch $1: $EACH programs count what the model does"
	diag <"$DIR/wrong"
}

# theirs N: bpftrace, on the first of a batch
theirs() {
	DIR=$WORK/$1
	# 0.17 does not know delete() with two arguments.
	sed 's/delete(@\([a-z]*\), tid)/delete(@\1[tid])/g' "$DIR/0.bt" >"$WORK/theirs.bt"
	timeout 60 bpftrace -c "$LOAD/nests 6" "$WORK/theirs.bt" 2>"$WORK/err" | normal >"$WORK/theirs"
	if bpftrace_cannot "$WORK/err"; then
		skip "batch $1: the first counts what bpftrace counts" "bpftrace needs this kernel's headers"
	else
		yes "batch $1: the first counts what bpftrace counts" diff "$WORK/theirs" "$DIR/0.got"
		[ -s "$WORK/theirs" ] || cat "$WORK/err" "$DIR/0.bt" | diag
	fi
}

load_module
# shellcheck disable=SC2046
trace $(find_functions) >"$WORK/trace"
functions=$(awk '{ print $3 }' "$WORK/trace" | sort -u | paste -sd' ')
between "functions that are called: $functions" "$(wc -w <<<"$functions")" 4 20
yes "one of them calls itself" awk '
	$2 == "e" && deep[$3, $4]++ { recursive = 1 }
	$2 == "r" { deep[$3, $4]-- }
	END { exit !recursive }' "$WORK/trace"
for ((n = 1; n <= BATCHES; n++)); do
	batch $n
done
if has_bpf && [ "$BATCHES" -ge 2 ]; then
	theirs 2
fi
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The bench's second view, in a guest with two CPUs: time and memory, as medians
# of five, the tools taking turns.  A line for each question, for bench.sh:
# "time, question, kpstat, mark, bpftrace", with tabs between.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

TURNS=${KPSTAT_TEST_TURNS:-5}
# Whom to compare with, if it can run here.
PEER=
! has_bpf || PEER=bpftrace
export BPFTRACE_MAX_PROBES=2000 BPFTRACE_MAX_BPF_PROGS=2000

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)]; else print "-" }'; }
now() { date +%s%N; }
row() { printf 'time\t%s\t%s\t%s\t%s\n' "$@"; }
# share OF NUMBER: a mark that is a part of bpftrace's figure
share() { awk -v a="$1" -v b="$2" 'BEGIN { if (b == "-") print "-"; else printf "%.0f\n", a * b }'; }

tool_kpstat() { kpctl run -q "$@"; }
tool_bpftrace() { bpftrace -q "$@"; }

# until TOOL TEXT [OPTION...]: milliseconds from the command until what it starts
# is started, its probes attached; and from there until it is done.
until_started() {
	local tool=$1 text=$2 begin end started
	shift 2
	begin=$(now)
	started=$("tool_$tool" "$@" -c '/bin/date +%s%N' -e "$text" 2>"$WORK/until" | grep -E '^[0-9]{19}$')
	end=$(now)
	[ -n "$started" ] || return
	echo "$(((started - begin) / 1000000)) $(((end - started) / 1000000))" >>"$WORK/$tool"
}

# attach NAME MARK TURNS TEXT [OPTIONS OF KPCTL]
attach() {
	local name=$1 mark=$2 turns=$3 text=$4 i there back
	shift 4
	: >"$WORK/kpstat"
	: >"$WORK/bpftrace"
	for ((i = 0; i < turns; i++)); do
		until_started kpstat "$text" "$@"
		[ -z "$PEER" ] || until_started $PEER "$text"
	done
	there=$(cut -d' ' -f1 "$WORK/bpftrace" | median)
	back=$(cut -d' ' -f2 "$WORK/bpftrace" | median)
	row "$name: from command to attached, ms" "$(cut -d' ' -f1 "$WORK/kpstat" | median)" \
		"$(share "$mark" "$there")" "$there"
	row "$name: and back, ms" "$(cut -d' ' -f2 "$WORK/kpstat" | median)" - "$back"
}

# call TOOL TEXT LOAD N [CPUS]: nanoseconds of one call, with that program
call() {
	local tool=$1 text=$2
	shift 2
	case $tool in
	bare) "$HERE/bench/loop" "$1" "$2" 3 "${3:-1}" ;;
	*) "tool_$tool" -c "$HERE/bench/loop $1 $2 3 ${3:-1}" -e "$text" 2>/dev/null | grep -E '^[0-9]+\.[0-9]$' ;;
	esac
}

# thousand: a glob that a thousand functions match, or as many as can be had
thousand() {
	local glob n best=0 found='t*'
	for glob in '[st][a-m]*' 't*' 'n*' 'i*' 'tc*' '[np]*_*s' '[ad]*_s*' '[a-d]*_w*'; do
		n=$(kpctl probes "kprobe:$glob" | wc -l)
		[ "$n" -le 1024 ] && [ "$n" -gt "$best" ] || continue
		best=$n found=$glob
	done
	echo "$found"
}

# take_turns COMMAND...: what it prints when it is told a tool, each in its file
take_turns() {
	local i tool
	for tool in bare kpstat bpftrace; do : >"$WORK/$tool"; done
	for ((i = 0; i < TURNS; i++)); do
		for tool in bare kpstat $PEER; do
			"$1" "$tool" "${@:2}" >>"$WORK/$tool"
		done
	done
}

# slower LOAD N TEXT: by how much a load is slowed down, in nanoseconds a call
slower() {
	local bare
	take_turns call "$3" "$1" "$2"
	bare=$(median <"$WORK/bare")
	over() { median <"$WORK/$1" | awk -v b="$bare" '{ if ($1 == "-") print "-"; else printf "%.0f\n", $1 - b }'; }
	row "$1 (${bare%.*} ns): slower by, ns" "$(over kpstat)" - "$(over bpftrace)"
}

# scales TOOL TEXT: two CPUs at once, each with as many calls: twice the rate of
# one if they take as long
scales() {
	awk -v a="$(call "$@" getppid 300000 1)" -v b="$(call "$@" getppid 300000 2)" \
		'BEGIN { printf "%.2f\n", 2 * a / b }'
}

two_cpus() {
	take_turns scales "$1"
	row "two CPUs on one key: rate of one, times (bare: $(median <"$WORK/bare"))" \
		"$(median <"$WORK/kpstat")" 1.9+ "$(median <"$WORK/bpftrace")"
}

# What the kernel has given to slabs, per-CPU data and large areas, in KiB.
kernel_memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	awk '/^(Slab|Percpu|VmallocUsed):/ { n += $2 } END { print n }' /proc/meminfo
}

HISTOGRAMS='kprobe:vfs_fallocate { @[arg2] = hist(arg2); }'

# held TOOL ENTRIES: the kernel's memory with a map of so many entries, in KiB
held() {
	case $1 in
	kpstat)
		must kpctl load --name memory --max-keys "$2" -e "$HISTOGRAMS"
		kernel_memory
		kpctl unload memory
		;;
	bpftrace)
		BPFTRACE_MAP_KEYS_MAX=$2 bpftrace -e "$HISTOGRAMS" >/dev/null 2>&1 &
		sleep 4
		kernel_memory
		kill -INT $!
		wait $!
		;;
	esac
}

# map_memory TOOL ENTRIES: KiB for each CPU, without what is the same for any map
map_memory() {
	local tool=$1 small i
	for ((i = 0; i < 3; i++)); do
		small=$(held "$tool" 1)
		echo $((($(held "$tool" "$2") - small) / $(nproc)))
	done | median
}

# memory KEYS MARK BUCKETS...: bpftrace's map has an entry for each bucket in use
# of each key, and must be told how many; a histogram of ours has them all.
memory() {
	local keys=$1 mark=$2 ours theirs buckets
	shift 2
	ours=$(map_memory kpstat "$keys")
	for buckets in "$@"; do
		theirs=-
		[ -z "$PEER" ] || theirs=$(map_memory bpftrace $((keys * buckets)))
		row "$keys histograms, $buckets buckets in use: KiB a CPU" "$ours" \
			"$([ "$buckets" = 1 ] && echo - || share "$mark" "$theirs")" "$theirs"
	done
}

# read_keys NUMBER: from the last event until all is printed
read_keys() {
	local text='kprobe:ksys_read /comm == "keys"/ { @[arg2] = count(); }' i begin
	printf '%s keys 1 %s 1\ndate +%%s%%N\n' "$LOAD/keys" "$1" >"$WORK/load"
	: >"$WORK/kpstat"
	: >"$WORK/bpftrace"
	for ((i = 0; i < TURNS; i++)); do
		load_text keys "$text" --max-keys "$1"
		"$LOAD/keys" keys 1 "$1" 1
		begin=$(now)
		kpctl read keys >"$WORK/read"
		echo $((($(now) - begin) / 1000000)) >>"$WORK/kpstat"
		kpctl unload keys
		[ "$(grep -c '^@' "$WORK/read")" = "$1" ] || echo "# $(grep -c '^@' "$WORK/read") keys were read" >&2
		[ "$PEER" ] || continue
		BPFTRACE_MAP_KEYS_MAX=$1 bpftrace -q -c "/bin/sh $WORK/load" -e "$text" >"$WORK/read" 2>/dev/null
		begin=$(grep -E '^[0-9]{19}$' "$WORK/read") || continue
		echo $((($(now) - begin) / 1000000)) >>"$WORK/bpftrace"
	done
	row "read $1 keys, ms (bpftrace: and detach)" "$(median <"$WORK/kpstat")" - "$(median <"$WORK/bpftrace")"
}

load_module
ip link set lo up
printf 'about\tkernel\t%s\nabout\tbpftrace\t%s\n' "$(uname -r)" \
	"$([ "$PEER" ] && bpftrace --version || echo none)"
attach "one function" 0.1 "$TURNS" 'kprobe:vfs_read { @ = count(); }'
attach "one tracepoint" 0.1 "$TURNS" 'tracepoint:sched:sched_switch { @ = count(); }'
# As many of one glob as there are: bpftrace attaches them one by one.
glob=$(thousand)
attach "$(kpctl probes "kprobe:$glob" | wc -l) functions" 0.2 1 "kprobe:$glob { @ = count(); }" --max-probes 1024
slower getppid 200000 'kprobe:__x64_sys_getppid { @[comm] = count(); }'
slower read 100000 'kprobe:vfs_read { @[comm] = count(); }'
slower udp 20000 'kprobe:udp_sendmsg { @[comm] = count(); }'
slower fork 500 'tracepoint:sched:sched_process_fork { @[comm] = count(); }'
slower switch 8000 'tracepoint:sched:sched_switch { @[args->next_pid] = count(); }'
two_cpus 'kprobe:__x64_sys_getppid { @["one"] = count(); }'
memory 10000 1.5 1 8
read_keys 10000
must rmmod kpstat

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The bench's second view, in a guest with two CPUs: time and memory, as medians
# of five, the tools taking turns.  A line for each question, for bench.sh:
# "time, question, kpstat, mark, bpftrace, the newest bpftrace", with tabs between.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/bench/peers.sh
. "$HERE/bench/peers.sh"

TURNS=${KPSTAT_TEST_TURNS:-5}
TOOLS=(kpstat "${PEERS[@]}")
export BPFTRACE_MAX_PROBES=2000 BPFTRACE_MAX_BPF_PROGS=2000

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)]; else print "-" }'; }
now() { date +%s%N; }
row() { printf 'time\t%s\t%s\t%s\t%s\t%s\n' "$@"; }
# share OF NUMBER: a mark that is a part of bpftrace's figure
share() { awk -v a="$1" -v b="$2" 'BEGIN { if (b == "-") print "-"; else printf "%.0f\n", a * b }'; }

# figures NAME MARK: what take_turns found
figures() { row "$1" "$(median <"$WORK/kpstat")" "$2" "$(median <"$WORK/bpftrace")" "$(median <"$WORK/newest")"; }
# no_figures: of any tool yet
no_figures() { for tool in bare kpstat bpftrace newest; do : >"$WORK/$tool"; done; }

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

# column TOOL N: the median of what until_started found
column() { cut -d' ' -f"$2" "$WORK/$1" | median; }

# attach NAME MARK TURNS TEXT [OPTIONS OF KPCTL]
attach() {
	local name=$1 mark=$2 turns=$3 text=$4 i tool there
	shift 4
	no_figures
	for ((i = 0; i < turns; i++)); do
		until_started kpstat "$text" "$@"
		for tool in "${PEERS[@]}"; do until_started "$tool" "$text"; done
	done
	there=$(column bpftrace 1)
	row "$name: from command to attached, ms" "$(column kpstat 1)" \
		"$(share "$mark" "$there")" "$there" "$(column newest 1)"
	row "$name: and back, ms" "$(column kpstat 2)" - "$(column bpftrace 2)" "$(column newest 2)"
}

# attach_types: a program that reads a struct, beside the same one without; the index
# of the types is there, or has to be made.
attach_types() {
	local text='kprobe:vfs_read { @ = max(((struct file *)arg0)->f_inode->i_ino); }' i there plain
	must install_types
	must kpctl types --prepare
	no_figures
	for ((i = 0; i < TURNS; i++)); do
		until_started kpstat 'kprobe:vfs_read { @ = max(arg2); }'
	done
	plain=$(column kpstat 1)
	no_figures
	for ((i = 0; i < TURNS; i++)); do
		until_started kpstat "$text"
		for tool in "${PEERS[@]}"; do until_started "$tool" "$text"; done
	done
	there=$(column bpftrace 1)
	row "a struct's member ($plain without): to attached, ms" "$(column kpstat 1)" \
		"$(share 1.3 "$plain")" "$there" "$(column newest 1)"
	no_figures
	for ((i = 0; i < TURNS; i++)); do
		rm -f /var/cache/kpstat/types-*
		until_started kpstat "$text"
	done
	row "the same, the first after the types were built" "$(column kpstat 1)" 150 - -
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

# thousand: how many functions globs match, and the globs: a thousand, or a little
# less, by first letters that add up to it. bpftrace has no [abc].
thousand() {
	kpctl probes 'kprobe:*' | sed -n 's/.*:\([a-z]\)[^:]*$/\1/p' | sort | uniq -c | awk -v most=1000 '
		BEGIN { letters[0] = "" }
		{
			for (sum = most - $1; sum >= 0; sum--)
				if (sum in letters && !(sum + $1 in letters))
					letters[sum + $1] = letters[sum] ",kprobe:" $2 "*"
		}
		END {
			while (!(most in letters)) most--
			print most, substr(letters[most], 2)
		}'
}

# take_turns COMMAND...: what it prints when it is told a tool, each in its file
take_turns() {
	local i tool
	no_figures
	for ((i = 0; i < TURNS; i++)); do
		for tool in bare "${TOOLS[@]}"; do
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
	row "$1 (${bare%.*} ns): slower by, ns" "$(over kpstat)" - "$(over bpftrace)" "$(over newest)"
}

# scales TOOL TEXT: two CPUs at once, each with as many calls: twice the rate of
# one if they take as long
scales() {
	awk -v a="$(call "$@" getppid 300000 1)" -v b="$(call "$@" getppid 300000 2)" \
		'BEGIN { if (b) printf "%.2f\n", 2 * a / b }'
}

two_cpus() {
	take_turns scales "$1"
	figures "two CPUs on one key: rate of one, times (bare: $(median <"$WORK/bare"))" 1.9+
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
	[[ " ${TOOLS[*]} " == *" $tool "* ]] || { echo -; return; }
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
		theirs=$(map_memory bpftrace $((keys * buckets)))
		row "$keys histograms, $buckets buckets in use: KiB a CPU" "$ours" \
			"$([ "$buckets" = 1 ] && echo - || share "$mark" "$theirs")" "$theirs" -
	done
}

# read_by TOOL NUMBER TEXT: milliseconds from the last event until all is printed
read_by() {
	local begin
	case $1 in
	bare) return ;;
	kpstat)
		load_text keys "$3" --max-keys "$2"
		"$LOAD/keys" keys 1 "$2" 1
		begin=$(now)
		kpctl read keys >"$WORK/read"
		;;
	*)
		printf '%s keys 1 %s 1\ndate +%%s%%N\n' "$LOAD/keys" "$2" >"$WORK/load"
		BPFTRACE_MAP_KEYS_MAX=$2 BPFTRACE_MAX_MAP_KEYS=$2 \
			"tool_$1" -c "/bin/sh $WORK/load" -e "$3" >"$WORK/read" 2>/dev/null
		begin=$(grep -E '^[0-9]{19}$' "$WORK/read") || return
		;;
	esac
	echo $((($(now) - begin) / 1000000))
	[ "$1" != kpstat ] || kpctl unload keys
	[ "$(grep -c '^@' "$WORK/read")" = "$2" ] || echo "# $1: $(grep -c '^@' "$WORK/read") keys were read" >&2
}

read_keys() {
	take_turns read_by "$1" 'kprobe:ksys_read /comm == "keys"/ { @[arg2] = count(); }'
	figures "read $1 keys, ms (bpftrace: and detach)" -
}

load_module
ip link set lo up
about_peers
attach "one function" 0.1 "$TURNS" 'kprobe:vfs_read { @ = count(); }'
attach_types
attach "one tracepoint" 0.1 "$TURNS" 'tracepoint:sched:sched_switch { @ = count(); }'
# Debian 12's bpftrace attaches them one by one; the newest takes gigabytes and minutes,
# and gives up if it finds a name twice.
read -r number globs < <(thousand)
all=("${PEERS[@]}")
PEERS=("${PEERS[@]:0:1}")
attach "$number functions" 0.2 1 "$globs { @ = count(); }" --max-probes 1024
PEERS=("${all[@]}")
slower getppid 200000 "kprobe:$(getppid)"' { @[comm] = count(); }'
slower read 100000 'kprobe:vfs_read { @[comm] = count(); }'
slower udp 20000 'kprobe:udp_sendmsg { @[comm] = count(); }'
slower fork 500 'tracepoint:sched:sched_process_fork { @[comm] = count(); }'
slower switch 8000 'tracepoint:sched:sched_switch { @[args->next_pid] = count(); }'
two_cpus "kprobe:$(getppid)"' { @["one"] = count(); }'
memory 10000 1.5 1 8
read_keys 10000
must rmmod kpstat

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh [VIEW...]: what an event costs beside two bpftraces, ftrace's hist
# triggers, perf stat, the drop monitor and a bare handler ("instructions"), how long
# things take ("time"), and the first again on the kernel without bpf(), if it has
# been built ("nobpf").  A table; build/bench.json and build/bench.svg hold the same.
# Fails where kpstat is above a mark, or not below bpftrace.  KPSTAT_KERNEL names
# another kernel.
set -eu -o pipefail
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/../vm/lib.sh"
BENCH=$TOP/selftests/bench
OUT=$TOP/build/bench

# build_floor KERNEL: for which it does not build has none.
build_floor() {
	rm -rf "$OUT/floor" "$BENCH/floor.ko"
	mkdir -p "$OUT"
	cp -r "$BENCH/floor" "$OUT/"
	make -s -C "$CACHE/kernels/$1/build" M="$OUT/floor" CC=gcc modules &&
		cp "$OUT/floor/floor.ko" "$BENCH/"
}

# guest KERNEL SCRIPT [OPTION OF run.sh...]: its lines as they come
guest() {
	local kernel=$1 script=$2
	shift 2
	step "building the floor" build_floor "$kernel" || :
	"$LAB/run.sh" --kernel "$kernel" --timeout 3600 "${PEERS[@]}" "$@" -- "./bench/$script.sh"
}

view() {
	case $1 in
	instructions) guest "$DEFAULT_KERNEL" instructions --icount ;;
	time) guest "$DEFAULT_KERNEL" time ;;
	# Marks are not for that kernel.
	nobpf) guest nobpf instructions --icount |
		awk -F'\t' -v OFS='\t' '$1 == "instructions" { $1 = "nobpf"; $4 = "-" } { print; fflush() }' ;;
	*) die "there is no view '$1': instructions, time, nobpf" ;;
	esac
}

main() {
	local views=("$@") failed=0 v
	if [ $# = 0 ]; then
		views=(instructions time)
		! "$LAB/fetch-kernel.sh" --have nobpf || views+=(nobpf)
	fi
	"$LAB/setup.sh"
	"$LAB/fetch-kernel.sh" "$DEFAULT_KERNEL"
	local peers
	PEERS=()
	if peers=$("$LAB/fetch-peers.sh"); then
		PEERS=(--disk "$peers")
	else
		say "without the newest bpftrace and perf: the archive does not deliver them"
	fi
	mkdir -p "$OUT"
	: >"$OUT/lines"
	for v in "${views[@]}"; do
		echo
		view "$v" | tee -a "$OUT/lines" | awk -F'\t' -f "$BENCH/table.awk" || failed=1
	done
	rm -f "$BENCH/floor.ko"
	awk -F'\t' -f "$BENCH/json.awk" "$OUT/lines" >"$TOP/build/bench.json"
	awk -F'\t' -f "$BENCH/svg.awk" "$OUT/lines" >"$TOP/build/bench.svg"
	echo
	echo "the same: build/bench.json, build/bench.svg"
	return $failed
}

main "$@"

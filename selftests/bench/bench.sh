#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh [VIEW...]: what an event costs beside bpftrace, ftrace's hist triggers
# and a bare handler ("instructions"), and how long things take ("time").  A
# table; build/bench.json and build/bench.svg hold the same.  Fails where kpstat
# is above a mark, or not below bpftrace.  KPSTAT_KERNEL names another kernel.
set -eu -o pipefail
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/../vm/lib.sh"
BENCH=$TOP/selftests/bench
OUT=$TOP/build/bench

# The handler of the floor; a kernel for which it does not build has none.
build_floor() {
	local kernel=$CACHE/kernels/$DEFAULT_KERNEL
	rm -rf "$OUT/floor" "$BENCH/floor.ko"
	mkdir -p "$OUT"
	cp -r "$BENCH/floor" "$OUT/"
	make -s -C "$kernel/build" M="$OUT/floor" CC=gcc modules &&
		cp "$OUT/floor/floor.ko" "$BENCH/"
}

# One guest for each view; its lines as they come.
view() {
	case $1 in
	instructions) "$LAB/run.sh" --kernel "$DEFAULT_KERNEL" --icount --timeout 900 -- ./bench/instructions.sh ;;
	time) "$LAB/run.sh" --kernel "$DEFAULT_KERNEL" --timeout 1800 -- ./bench/time.sh ;;
	*) die "there is no view '$1': instructions, time" ;;
	esac
}

main() {
	local views=("$@") failed=0 v
	[ $# != 0 ] || views=(instructions time)
	"$LAB/setup.sh"
	"$LAB/fetch-kernel.sh" "$DEFAULT_KERNEL"
	step "building the floor" build_floor || :
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

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-kernels.sh [KERNEL...]: the whole selftest suite on each kernel of
# fetch-kernel.sh's table but those that look for faults and rt, or on those named; on one
# of its boots the tests that matter there.  A kernel that cannot be had has not passed.
# KPSTAT_TESTS names other tests.
set -eu -o pipefail
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

SUMMARY=$TOP/build/check-kernels
FAILED=0

# one KERNEL
one() {
	local kernel=$1 start=$SECONDS release totals=
	if ! "$LAB/fetch-kernel.sh" "$kernel"; then
		printf '%-8s %-26s %s\n' "$kernel" - 'cannot be had' >>"$SUMMARY"
		FAILED=1
		return
	fi
	release=$(cat "$CACHE/kernels/$kernel/release")
	say "the suite on $release"
	# shellcheck disable=SC2086
	KPSTAT_TEST_RECORDED=1 KPSTAT_KERNEL=$kernel KPSTAT_JOBS=${KPSTAT_JOBS:-3} KPSTAT_BATCH=${KPSTAT_BATCH:-4} \
		"$LAB/check.sh" ${KPSTAT_TESTS:-$("$LAB/fetch-kernel.sh" --tests "$kernel")} | tee "$SUMMARY.$kernel" || FAILED=1
	totals=$(tail -n1 "$SUMMARY.$kernel")
	printf '%-8s %-26s %s (%s s)\n' "$kernel" "$release" "$totals" $((SECONDS - start)) >>"$SUMMARY"
}

main() {
	local kernels=("$@")
	if [ $# = 0 ]; then
		mapfile -t kernels < <("$LAB/fetch-kernel.sh" --list | grep -vxE 'debug|kcsan|rt')
	fi
	mkdir -p "$TOP/build"
	: >"$SUMMARY"
	for kernel in "${kernels[@]}"; do
		one "$kernel"
	done
	echo "# kernel   release                    results"
	sed 's/^/# /' "$SUMMARY"
	awk '{ for (i = 3; i < NF; i++) {
		if ($(i + 1) ~ /^passed/) p += $i
		if ($(i + 1) ~ /^failed/) f += $i
		if ($(i + 1) ~ /^skipped/) s += $i } }
		END { print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped" }' "$SUMMARY"
	return $FAILED
}

main "$@"

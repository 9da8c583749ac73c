#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh [NAME...]: every test there is, or those named: "userspace", "lint",
# "dkms", or a selftest by its file's name without .sh.  Results are TAP on
# stdout; the last line holds the totals.
set -eu -o pipefail
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

PASSED=0 FAILED=0 SKIPPED=0
LOGS=$TOP/build/check${KPSTAT_KERNEL:+-$KPSTAT_KERNEL}
DEFAULT_TIMEOUT=120

# Counts the results in a TAP log: passed, failed, skipped, then the names of
# what failed.  A part that ended badly without saying why is one failure.
tally() {
	awk -v rc="$2" '
	function reset() { p = f = s = seen = 0; plan = -1; n = 0; all = "" }
	BEGIN { reset() }
	{ sub(/\r$/, "") }
	/^# lab: .*trying once more/ { reset(); next }
	/^(ok|not ok)([ \t]|$)/ {
		seen++
		if ($0 ~ /# *[Ss][Kk][Ii][Pp]/) s++
		else if ($1 == "ok") p++
		else { f++; failed[++n] = $0 }
	}
	/^1\.\.[0-9]+/ {
		if ($0 ~ /^1\.\.0/) { all = $0 } else { plan = plan < 0 ? 0 : plan; plan += substr($1, 4) }
	}
	/^Bail out!/ { f++; failed[++n] = $0 }
	END {
		if (rc == 4 || (all != "" && !seen)) { if (!seen) s++ }
		else if (rc != 0 && !f) { f++; failed[++n] = "ended with status " rc }
		else if (plan > seen) { f++; failed[++n] = "only " seen " of " plan " results" }
		else if (!seen && !f) p++
		print p + 0, f + 0, s + 0
		for (i = 1; i <= n; i++) print failed[i]
	}' "$1"
}

# part NAME COMMAND...
part() {
	local name=$1 rc=0 p f s start=$SECONDS
	shift
	echo "# $name"
	"$@" | tee "$LOGS/$name.log" || rc=${PIPESTATUS[0]}
	{
		read -r p f s
		sed "s/^/$name: /" >>"$LOGS/failures"
	} < <(tally "$LOGS/$name.log" "$rc")
	PASSED=$((PASSED + p)) FAILED=$((FAILED + f)) SKIPPED=$((SKIPPED + s))
	echo "# $name: $p passed, $f failed, $s skipped ($((SECONDS - start)) s)"
}

userspace() { CMOCKA_MESSAGE_OUTPUT=TAP make -s -C "$TOP/userspace" check; }

# Each test has a guest of its own: what one breaks, no other sees.  A test
# that needs longer says so in a line "# timeout=SECONDS".
selftest() {
	local timeout
	timeout=$(sed -n 's/^# timeout=\([0-9]*\).*/\1/p' "$TOP/selftests/$1.sh" | head -n1)
	"$LAB/run.sh" --stage "$LOGS/stage" --log "$LOGS/$1.console" \
		--timeout "${timeout:-$DEFAULT_TIMEOUT}" -- "./$1.sh"
}

selftests() {
	find "$TOP/selftests" -maxdepth 1 -name '*.sh' -perm -u+x -printf '%f\n' |
		sed 's/\.sh$//' | sort
}

run() {
	case $1 in
	userspace)
		if [ -e "$TOP/userspace/Makefile" ]; then part userspace userspace; fi ;;
	lint|dkms) part "$1" "$TOP/selftests/host/$1.sh" ;;
	*)
		if [ -x "$TOP/selftests/$1.sh" ]; then
			part "$1" selftest "$1"
		else
			echo "not ok - no such test: $1"
			FAILED=$((FAILED + 1))
		fi ;;
	esac
}

main() {
	local names=("$@") built=1
	"$LAB/setup.sh"
	"$LAB/fetch-kernel.sh"
	"$LAB/fetch-qemu.sh" >/dev/null
	"$LAB/build-rootfs.sh" >/dev/null
	rm -rf "$LOGS"
	mkdir -p "$LOGS"
	: >"$LOGS/failures"
	if [ ${#names[@]} = 0 ]; then
		mapfile -t names < <(printf '%s\n' userspace lint dkms; selftests)
	fi
	"$LAB/build.sh" || built=0
	if [ $built = 0 ]; then
		echo "not ok - the tree builds"
		echo "the tree does not build" >>"$LOGS/failures"
		FAILED=$((FAILED + 1))
	fi
	# One layout for all tests, whatever is edited meanwhile.
	stage_tree "$(cat "$CACHE/kernels/$DEFAULT_KERNEL/release")" "$LOGS/stage" >&2 || built=0
	for name in "${names[@]}"; do
		case $built/$name in
		1/*|*/lint|*/dkms) run "$name" ;;
		esac
	done
	if [ -s "$LOGS/failures" ]; then
		echo "# failed:"
		sed 's/^/#   /' "$LOGS/failures"
	fi
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[ $FAILED = 0 ]
}

main "$@"

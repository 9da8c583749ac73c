#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The language, construct by construct: bpftrace and kpctl run the programs of
# language/programs, and must print the same. fields.sh does that with others.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=600

# Blank lines between maps are nobody's promise.
normal() { grep -v '^Attaching ' | sed 's/[ \t]*$//' | grep -v '^$'; }

# same NAME FILE
same() {
	timeout 20 bpftrace "$2" >"$WORK/theirs.raw" 2>"$WORK/theirs.err" &
	timeout 20 kpctl run "$2" >"$WORK/ours.raw" 2>"$WORK/ours.err"
	wait
	normal <"$WORK/theirs.raw" >"$WORK/theirs"
	normal <"$WORK/ours.raw" >"$WORK/ours"
	if bpftrace_cannot "$WORK/theirs.err"; then
		skip "$1" "bpftrace needs this kernel's headers"
	elif [ ! -s "$WORK/theirs" ]; then
		result 1 "$1"
		{ echo "bpftrace printed nothing"; cat "$WORK/theirs.err"; } | diag
	elif cmp -s "$WORK/theirs" "$WORK/ours"; then
		result 0 "$1"
	else
		result 1 "$1"
		{ cat "$2"; diff -u "$WORK/theirs" "$WORK/ours"; cat "$WORK/ours.err"; } | diag
	fi
}

has_bpf || skip_all "this kernel has no bpf()"
load_module
# One file for each program.
awk -v dir="$WORK" '
	/^== / { file = sprintf("%s/%03d.bt", dir, ++n); print substr($0, 4) >(file ".name"); next }
	n { print >file }' "${PROGRAMS:-language/programs}"
for program in "$WORK"/*.bt; do
	same "$(cat "$program.name")" "$program"
done
must rmmod kpstat
finish

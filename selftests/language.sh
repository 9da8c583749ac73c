#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The language, construct by construct: bpftrace and kpctl run the programs of
# language/programs, and must print the same. fields.sh does that with others.
#
# What those of language/programs print is the same on every kernel, and on record in
# programs.printed: there kpctl is compared with where bpftrace cannot run, or need not
# (KPSTAT_TEST_RECORDED). Where it runs, the record is checked; KPSTAT_TEST_RECORD=1
# prints it anew.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=600

PROGRAMS=${PROGRAMS:-language/programs}
RECORD=$PROGRAMS.printed

# split FILE SUFFIX: one file for each "== NAME", and one more that has the name
split() {
	awk -v dir="$WORK" -v suffix="$2" '
		/^== / { file = sprintf("%s/%03d.%s", dir, ++n, suffix); printf "" >file
			print substr($0, 4) >(file ".name"); next }
		n { print >file }' "$1"
}

# Blank lines between maps are nobody's promise.
normal() { grep -v '^Attaching ' | sed 's/[ \t]*$//' | grep -v '^$'; }

# ask_bpftrace FILE: leaves what it prints in $WORK/theirs
ask_bpftrace() {
	timeout 20 bpftrace "$1" >"$WORK/theirs.raw" 2>"$WORK/theirs.err"
	normal <"$WORK/theirs.raw" >"$WORK/theirs"
}

ask_kpctl() {
	timeout 20 kpctl run "$1" >"$WORK/ours.raw" 2>"$WORK/ours.err"
	normal <"$WORK/ours.raw" >"$WORK/ours"
}

# same FILE: its record is beside it
same() {
	local name
	name=$(cat "$1.name")
	if [ -n "$LIVE" ]; then
		ask_bpftrace "$1" &
		ask_kpctl "$1"
		wait
	else
		: >"$WORK/theirs.err"
		cp "${1%.bt}.out" "$WORK/theirs"
		ask_kpctl "$1"
	fi
	if bpftrace_cannot "$WORK/theirs.err"; then
		skip "$name" "bpftrace needs this kernel's headers"
	elif [ ! -s "$WORK/theirs" ]; then
		result 1 "$name"
		{ echo "bpftrace printed nothing"; cat "$WORK/theirs.err"; } | diag
	elif cmp -s "$WORK/theirs" "$WORK/ours"; then
		result 0 "$name"
	else
		result 1 "$name"
		{ cat "$1"; diff -u "$WORK/theirs" "$WORK/ours"; cat "$WORK/ours.err"; } | diag
	fi
	printf '== %s\n' "$name" | cat - "$WORK/theirs" >>"$WORK/record"
}

record() {
	local program
	for program in "$WORK"/*.bt; do
		ask_bpftrace "$program"
		printf '== %s\n' "$(cat "$program.name")" | cat - "$WORK/theirs"
	done
	exit 0
}

LIVE=
[ -n "${KPSTAT_TEST_RECORDED:-}" ] && [ -e "$RECORD" ] || ! has_bpf || LIVE=1
[ -n "$LIVE" ] || [ -e "$RECORD" ] || skip_all "this kernel has no bpf()"
split "$PROGRAMS" bt
[ -z "${KPSTAT_TEST_RECORD:-}" ] || record
[ ! -e "$RECORD" ] || split "$RECORD" out
load_module
for program in "$WORK"/*.bt; do
	same "$program"
done
[ -z "$LIVE" ] || [ ! -e "$RECORD" ] || yes "what is on record is what bpftrace prints" diff "$RECORD" "$WORK/record"
must rmmod kpstat
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The language, construct by construct: bpftrace and kpctl run the programs of
# language/programs, and must print the same. fields.sh does that with others.
#
# What those of language/programs print is the same on every kernel, and on record in
# programs.printed: there kpctl is compared with where bpftrace cannot run, or need not
# (KPSTAT_TEST_RECORDED). Where it runs, the record is checked. KPSTAT_TEST_RECORD=1
# has bpftrace print a record; what it printed on this kernel before (PROGRAMS.asked,
# from check.sh) it is not asked again.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=900

[ -n "${PROGRAMS:-}" ] || PROGRAMS=(language/programs)
# Who is asked; if it is not there, what is on record counts.
[ -n "${ASK:-}" ] || ASK=(bpftrace)
PRINTED=()
for file in "${PROGRAMS[@]}"; do
	[ ! -e "${file%.programs}.printed" ] || PRINTED+=("${file%.programs}.printed")
done
ASKED=${PROGRAMS[0]}.asked

# One file for each "== NAME" of the programs, and one more that has the name.
split() {
	awk -v dir="$WORK" '
		/^== / { file = sprintf("%s/%03d.bt", dir, ++n); printf "" >file
			print substr($0, 4) >(file ".name"); next }
		n { print >file }' "${PROGRAMS[@]}"
}

# keep RECORD...: a file for each of their entries, named as that is
keep() {
	mkdir "$WORK/kept"
	awk -v dir="$WORK/kept" '
		/^== / { file = dir "/" substr($0, 4); printf "" >file; next }
		{ print >file }' "$@"
}

# Blank lines between maps are nobody's promise.
normal() { grep -v '^Attaching ' | sed 's/[ \t]*$//' | grep -v '^$'; }

# printed WHOSE FILE COMMAND...: what it prints for FILE goes to $WORK/WHOSE, with the
# command that its first line may name: // -c COMMAND.  bpftrace alone needs seconds to
# begin, on a busy machine twenty and more.
printed() {
	local command
	command=$(sed -n '1s,^// -c ,,p' "$2")
	timeout 80 "${@:3}" ${command:+-c "$command"} "$2" >"$WORK/$1.raw" 2>"$WORK/$1.err"
	normal <"$WORK/$1.raw" >"$WORK/$1"
}

# theirs FILE: as bpftrace prints it, or as was kept
theirs() {
	local kept
	kept=$WORK/kept/$(cat "$1.name")
	if [ -e "$kept" ]; then
		: >"$WORK/theirs.err"
		cp "$kept" "$WORK/theirs"
	else
		printed theirs "$1" "${ASK[@]}"
	fi
}

# entry FILE: of the record
entry() { printf '== %s\n' "$(cat "$1.name")" | cat - "$WORK/theirs"; }

# same FILE
same() {
	local name
	name=$(cat "$1.name")
	theirs "$1" &
	printed ours "$1" kpctl run
	wait
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
	entry "$1" >>"$WORK/record"
}

can_ask() { command -v "${ASK[0]}" >/dev/null; }

record() {
	local program
	has_bpf || skip_all "this kernel has no bpf()"
	for program in "$WORK"/*.bt; do
		theirs "$program"
		entry "$program"
	done
	exit 0
}

split
[ -z "${KPSTAT_TEST_RECORD:-}" ] || record
if [ -e "$ASKED" ]; then
	keep "$ASKED"
elif [ ${#PRINTED[@]} != 0 ] &&
     { [ -n "${KPSTAT_TEST_RECORDED:-}" ] || ! has_bpf || ! can_ask; }; then
	keep "${PRINTED[@]}"
	PRINTED=()
elif ! has_bpf; then
	skip_all "this kernel has no bpf()"
fi
load_module
for program in "$WORK"/*.bt; do
	same "$program"
done
[ ${#PRINTED[@]} = 0 ] || {
	cat "${PRINTED[@]}" >"$WORK/printed"
	yes "what is on record is what bpftrace prints" diff "$WORK/printed" "$WORK/record"
}
must rmmod kpstat
finish

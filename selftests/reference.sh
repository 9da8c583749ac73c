#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# docs/language.md says of every construct whether it is accepted; each line of
# its tables has a program, which must be.  What is accepted is loaded, too: the
# module's verifier takes whatever the compiler emits.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300

# "construct <tab> yes|differs|no <tab> program"; "\|" is a bar in a table.
rows() {
	sed -n 's/\\|/\x01/g; s/^| \(.*\) | \(yes\|differs\|no\)\(:[^|]*\)\{0,1\} | `\(.*\)` |$/\1\t\2\t\4/p' \
		"$HERE/../docs/language.md" | tr '\001' '|'
}

accepts() {
	kpctl check "$@" && kpctl load --disabled --name ref "$@" && kpctl unload ref
}

load_module
must install_types
N=0
while IFS=$'\t' read -r construct verdict program; do
	N=$((N + 1))
	printf '%s\n' "$program" >"$WORK/program.bt"
	args=("$WORK/program.bt" vfs_read text)
	case $verdict in
	no) no "$construct: no" kpctl check "${args[@]}" ;;
	*)
		case $construct in
		*-c*) skip "$construct: $verdict" "needs a command" && continue ;;
		*unsafe*) yes "$construct: $verdict" kpctl run --unsafe -d 1 "${args[@]}" && continue ;;
		*'kpctl run` only'*) yes "$construct: $verdict" kpctl run -d 1 "${args[@]}" && continue ;;
		esac
		yes "$construct: $verdict" accepts "${args[@]}" ;;
	esac
done < <(rows)
between "rows of the tables" $N 90 200
is "nothing is loaded" "$(ls "$DEBUGFS/programs")" ""
must rmmod kpstat
finish

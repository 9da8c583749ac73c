#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# headers.sh COMPILER [FLAGS...] <LIST: #include lines for those of the listed
# headers, and of the site's own in /etc/kpstat/types.d, that this kernel has and
# the compiler takes.  What the kernel does not have is left out silently, what
# does not compile with a word: it must not keep kpstat.ko from being built.
set -u
SITE=${KPSTAT_TYPES_D:-/etc/kpstat/types.d}
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT

list() {
	grep '^[a-z]'
	for file in "$SITE"/*.h; do
		[ ! -e "$file" ] || printf '%s\n' "$file"
	done
}

includes() {
	sed 's,^/.*,"&",; s,^[^"].*,<&>,; s,.*,#if __has_include(&)\n#include &\n#endif,'
}

# compiles COMPILER...
compiles() { "$@" -w -fsyntax-only -x c "$WORK/try.c" 2>"$WORK/errors"; }

# add FIRST LAST COMPILER...: these lines of the list, on top of those that are
# good already; if they are not, then each half of them.  In a shell of its own,
# so that its variables are.
add() (
	first=$1 last=$2 half=$((($1 + $2) / 2))
	shift 2
	sed -n "$first,${last}p" "$WORK/list" | cat "$WORK/good" - >"$WORK/try"
	includes <"$WORK/try" >"$WORK/try.c"
	if compiles "$@"; then
		cp "$WORK/try" "$WORK/good"
	elif [ "$first" = "$last" ]; then
		echo "kpstat_types: without $(tail -n1 "$WORK/try"), which does not compile:" \
			"$(grep -m1 error: "$WORK/errors")" >&2
	else
		add "$first" "$half" "$@"
		add $((half + 1)) "$last" "$@"
	fi
)

list >"$WORK/list"
: >"$WORK/good"
add 1 "$(wc -l <"$WORK/list")" "$@"
includes <"$WORK/good"

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

quoted() { sed 's,^/.*,"&",; s,^[^"].*,<&>,'; }

# Those of them that there are.
existing() {
	quoted | sed 's,.*,#if __has_include(&)\nHAVE &\n#endif,; s,HAVE [<"]\(.*\)[>"],HAVE "\1",' >"$WORK/have.c"
	"$@" -w -E -P -x c "$WORK/have.c" | sed -n 's/^ *HAVE "\(.*\)"$/\1/p'
}

includes() { quoted | sed 's/^/#include /'; }

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

list | existing "$@" >"$WORK/list"
: >"$WORK/good"
add 1 "$(wc -l <"$WORK/list")" "$@"
includes <"$WORK/good"

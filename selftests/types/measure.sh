#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# measure.sh COMPILER [FLAGS...] <FIELDS: a line of C for each, FIELD(), BITS() or
# OPEN(), as the compiler says it has to be; none for what this kernel does not have.
set -u
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT

sed -n 's/^\([a-z_0-9A-Z]*\) \([a-z_0-9A-Z]*\)$/\1 \2/p' >"$WORK/fields"
{
	echo '#include "headers.inc"'
	awk '{ printf "#line %d \"field\"\nunsigned long f%d = sizeof(((struct %s *)0)->%s);\n", NR, NR, $1, $2 }' "$WORK/fields"
} >"$WORK/try.c"
LC_ALL=C "$@" -fsyntax-only -fmax-errors=0 "$WORK/try.c" 2>"$WORK/errors"
grep '^field:[0-9]*:.*error:' "$WORK/errors" | awk -F: '
	FILENAME == "-" {
		kind[$2] = /bit-field/ ? "BITS" : /incomplete type .*\[\]/ ? "OPEN" : "NONE"
		next
	}
	{
		k = (FNR in kind) ? kind[FNR] : "FIELD"
		split($0, word, " ")
		if (k != "NONE")
			printf "%s(%s, %s)\n", k, word[1], word[2]
	}' - "$WORK/fields"

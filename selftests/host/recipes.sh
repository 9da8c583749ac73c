#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs on the host: what CONTRIBUTING.md says it takes to add a function, and a builtin on a
# helper of its own, is all that it takes.  Each of recipes/*.patch is applied to a copy of
# the tree, where it is compiled, and what it adds is run.  NAME.md is the row of
# docs/language.md that goes with it, under the heading of its section.
#
# shellcheck disable=SC2317
set -eu -o pipefail
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/../vm/lib.sh"
N=0 FAILED=0 ABOUT=recipes
RECIPES=$TOP/selftests/host/recipes
KERNEL=$CACHE/kernels/$DEFAULT_KERNEL

# touched NAME: files of the patch, but tests and the references that tests are
touched() {
	sed -n 's,^+++ b/,,p' "$RECIPES/$1.patch" | grep -vE '^userspace/(tests|fuzz)/' || :
}

# Files of the product at most MOST, and of the docs one line more.
is_short() {
	local files most=$2
	files=$(touched "$1")
	[ "$(wc -l <<<"$files")" -le "$most" ] || printf 'more than %d files: %s\n' "$most" "$files"
	! grep '^docs/' <<<"$files" || echo "it touches other docs"
	[ "$(wc -l <"$RECIPES/$1.md")" = 2 ] || echo "it is not one line of docs/language.md"
}

# add_row NAME TREE: the row, as the first of its section's table
add_row() {
	awk 'NR == FNR && FNR == 1 { heading = $0; next }
	NR == FNR { row = $0; next }
	{ print }
	$0 == heading { is_section = 1 }
	is_section && /^[|]---/ { print row; is_section = 0; added++ }
	END { exit added != 1 }' "$RECIPES/$1.md" "$2/docs/language.md" >"$2/docs/language.new" &&
		mv "$2/docs/language.new" "$2/docs/language.md"
}

# What is built by the tree's own makefiles is left behind.
copy_tree() {
	mkdir -p "$1"
	(cd "$TOP" && tar -c --exclude='*.o' --exclude='*.d' --exclude='*.ko' \
		Kbuild dkms.conf docs kmod uapi userspace selftests/raw) | tar -x -C "$1"
	make -s -C "$1/userspace" clean
}

# The clause runs in the compiler's tests, and the row is held to the reference; the verifier
# and its reference agree on it.  Without optimisation: it is compiled to be run once.
runs() {
	local test tests="tests/test_statements tests/test_rows"
	# shellcheck disable=SC2086
	make -s -j2 -C "$1/userspace" CFLAGS=-O0 $tests fuzz/verify/verify_fuzz || return
	for test in $tests; do (cd "$1/userspace" && "./$test") 2>&1 | grep -E '^\[  FAILED' || :; done
	(cd "$1/userspace" && fuzz/verify/verify_fuzz 3000) >"$1/fuzz.log" 2>&1 || tail -n 20 "$1/fuzz.log"
}

# With the kernel's compiler; a machine that lacks it builds the rest.
builds() {
	[ ! -e "$KERNEL/toolchain" ] || return 0
	make -s -C "$KERNEL/build" M="$1" CC=gcc kmod/engine/helpers.o kmod/engine/verify.o 2>&1 |
		grep -E 'error|warning: ' || :
	[ -e "$1/kmod/engine/helpers.o" ] || echo "it does not build"
}

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
copy_tree "$WORK/tree"
is_short function 1 >"$WORK/out"
result "a function of the language is one file, and one line of the docs" "$WORK/out"
is_short builtin 4 >"$WORK/out"
result "a builtin on a new helper is four files at most, and one line of the docs" "$WORK/out"
for recipe in function builtin; do
	patch -s -p1 -F1 -d "$WORK/tree" <"$RECIPES/$recipe.patch" >"$WORK/out" 2>&1 || :
	add_row $recipe "$WORK/tree" || echo "docs/language.md lacks the section of $recipe.md" >>"$WORK/out"
	result "$recipe.patch applies, or wants to be made anew" "$WORK/out"
done
runs "$WORK/tree" >"$WORK/out" 2>&1 || echo "it does not build" >>"$WORK/out"
result "both compile, and do what they say" "$WORK/out"
builds "$WORK/tree" >"$WORK/out" 2>&1
result "the module has the helper" "$WORK/out"
echo "1..$N"
exit $FAILED

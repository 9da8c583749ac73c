#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whatever the compiler emits, the module's verifier accepts: all programs of the
# compiler's tests, and what the fuzzer found worth keeping.  A text is either
# refused by the compiler, with its place, or loaded.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=600

load_module
good=0 refused=0
for text in "$HERE"/../corpus/*; do
	if kpctl load --disabled --name emitted "$text" 42 text >"$WORK/out" 2>&1; then
		good=$((good + 1))
		must kpctl unload emitted
	elif grep -qE ': error: ' "$WORK/out"; then
		refused=$((refused + 1))
	else
		result 1 "$(basename "$text"): loaded, or refused by the compiler"
		{ cat "$text"; cat "$WORK/out"; } | diag
	fi
done
between "texts that were loaded" $good 100 10000
between "texts that the compiler refused" $refused 50 10000
is "no memory is held" "$(status memory)" 0
must rmmod kpstat
finish

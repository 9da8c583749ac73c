#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs on the host: each macro of a kernel's headers that kpctl calls a constant has the
# value that the compiler gives it, and nearly all that are one are known.
set -eu -o pipefail
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/../vm/lib.sh"
KERNEL=$CACHE/kernels/$DEFAULT_KERNEL
RELEASE=$(cat "$KERNEL/release")
BUILT=$TOP/build/$RELEASE
OUT=$BUILT/measure
N=0 FAILED=0 ABOUT=constants
# Of 34,700 without parameters on 6.1, 3,400 are no constants, or are strings that C
# puts together.
LEAST=${KPSTAT_TEST_LEAST:-25000}
# The compiler defines them of itself, and only while it does something else.
SKIP='__GCC_HAVE_DWARF2_CFI_ASM'

# As if it were installed, and with no index but the one that is made now.
macros() {
	# shellcheck disable=SC2016
	unshare -m bash -euc '
		mount -t tmpfs none /lib/modules
		[ ! -d /var/cache/kpstat ] || mount -t tmpfs none /var/cache/kpstat
		mkdir -p "/lib/modules/$1/updates"
		cp "$2" "/lib/modules/$1/updates/"
		"$3" types --kernel "$1" "macro *"' \
		bash "$RELEASE" "$BUILT/kpstat_types.ko" "$TOP/userspace/kpctl"
}

# One that does not hold is an error that names it.
assertions() {
	echo '#include "headers.inc"'
	awk -F ' = ' '{ name = substr($1, 7); value = substr($0, length($1) + 4) }
		value ~ /^"/ {
			printf "_Static_assert(!__builtin_strcmp(%s, %s), \"%s\");\n", name, value, name
			next
		}
		value == "-9223372036854775808" { value = "(-9223372036854775807 - 1)" }
		value > 9223372036854775807 { value = value "ULL" }
		{ printf "_Static_assert((%s) == %s && ((%s) > 0) == (%s > 0), \"%s\");\n",
			name, value, name, value, name }' "$1"
}

if [ -e "$KERNEL/toolchain" ]; then
	echo "1..0 # SKIP this machine's compiler is not that kernel's"
	exit 4
fi
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cp -pu "$TOP/selftests/types/Kbuild" "$OUT/"
macros | grep -vE "^macro ($SKIP) " >"$WORK/macros"
assertions "$WORK/macros" >"$OUT/constants.c"
LC_ALL=C make -s -C "$KERNEL/build" M="$OUT" TYPES="$BUILT/kmod/types" CC=gcc constants.o \
	>"$WORK/errors" 2>&1 || echo "it does not compile" >>"$WORK/errors"
result "each of $(wc -l <"$WORK/macros") is what the compiler says" "$WORK/errors"
[ "$(wc -l <"$WORK/macros")" -ge "$LEAST" ] || echo "fewer than $LEAST" >"$WORK/few"
result "at least $LEAST are known" "$WORK/few"
for name in O_DSYNC DT_REG ICMP_ECHO MAP_SHARED GFP_ATOMIC SIOCGIFCONF PAGE_SIZE HZ; do
	grep -q "^macro $name = " "$WORK/macros" || echo "$name"
done >"$WORK/missing"
result "those that scripts use are known" "$WORK/missing"
echo "1..$N"
exit $FAILED

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh [KERNEL]: builds what a guest gets: the module for that kernel in
# build/RELEASE, so that several kernels do not share object files, and kpctl
# and the tests' programs in place.
set -eu
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build_module() {
	local release=$1 kdir=$2 out=$TOP/build/$1
	copy_module_sources "$out" || return 1
	[ ! -e "$out/.failed" ] || rm -f "$out/kpstat.ko"
	touch "$out/.failed"
	make -s -C "$kdir" M="$out" modules || return 1
	rm -f "$out/.failed"
}

main() {
	local name=${1:-$DEFAULT_KERNEL} release
	lock_cache build
	release=$(cat "$CACHE/kernels/$name/release")
	# All parts are tried: each says what is wrong with it.
	local failed=0
	if [ -e "$TOP/Kbuild" ]; then
		step "building kpstat.ko for $release" \
			build_module "$release" "$CACHE/kernels/$name/build" || failed=1
	fi
	if [ -e "$TOP/userspace/Makefile" ]; then
		step "building kpctl" make -s -j2 -C "$TOP/userspace" all || failed=1
	fi
	if [ -e "$TOP/selftests/Makefile" ]; then
		step "building the tests" make -s -j2 -C "$TOP/selftests" all || failed=1
	fi
	return $failed
}

main "$@"

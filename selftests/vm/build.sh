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
	mkdir -p "$out"
	# Only sources are copied, and only newer ones: make sees what changed.
	(cd "$TOP" && find Kbuild kmod uapi -type f \
		\( -name '*.[chS]' -o -name Kbuild \) -print0 |
		xargs -0 cp -pu --parents -t "$out") || return 1
	[ ! -e "$out/.failed" ] || rm -f "$out/kpstat.ko"
	touch "$out/.failed"
	make -s -C "$kdir" M="$out" modules || return 1
	rm -f "$out/.failed"
}

main() {
	local name=${1:-$DEFAULT_KERNEL} release
	lock_cache build
	release=$(cat "$CACHE/kernels/$name/release")
	if [ -e "$TOP/Kbuild" ]; then
		step "building kpstat.ko for $release" \
			build_module "$release" "$CACHE/kernels/$name/build"
	fi
	if [ -e "$TOP/userspace/Makefile" ]; then
		step "building kpctl" make -s -j2 -C "$TOP/userspace" all
	fi
	if [ -e "$TOP/selftests/Makefile" ]; then
		step "building the tests" make -s -j2 -C "$TOP/selftests" all
	fi
}

main "$@"

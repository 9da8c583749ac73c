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
	local kernel=$1 release=$2 out=$TOP/build/$2
	copy_module_sources "$out" || return 1
	[ ! -e "$out/.failed" ] || rm -f "$out"/kpstat*.ko
	touch "$out/.failed"
	if [ -e "$kernel/toolchain" ]; then
		build_inside "$(cat "$kernel/toolchain")" "$release" "$out" || return 1
	else
		# Debian's older headers name a compiler that this machine lacks.  KCOV, where
		# it is, notes the ways through kpstat, and through nothing else.
		make -s -j2 -C "$kernel/build" M="$out" CC=gcc KCOV_INSTRUMENT=y modules || return 1
	fi
	rm -f "$out/.failed"
}

# What the types are held to; newer kernels have BTF for that.
build_measure() {
	local kernel=$1 out=$2/measure
	mkdir -p "$out"
	cp -pu "$TOP"/selftests/types/* "$out/"
	make -s -C "$kernel/build" M="$out" TYPES="$2/kmod/types" CC=gcc modules
}

# In another release's tree, on a copy; objtool wants to see its own limits.
# Trees that share a cache share no copy.
build_inside() {
	local root=$1 release=$2 out=$3 build
	build=build/$(cksum <<<"$TOP" | cut -d' ' -f1)/$release
	copy_module_sources "$root/$build" || return 1
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t proc proc "$0/proc" && exec chroot "$@"' \
		"$root" "$root" make -s -j2 -C "/usr/src/linux-headers-$release" \
		M="/$build" modules || return 1
	cp "$root/$build/kpstat.ko" "$root/$build/kpstat_types.ko" "$out/"
}

main() {
	local name=${1:-$DEFAULT_KERNEL} release
	lock_cache build
	release=$(cat "$CACHE/kernels/$name/release")
	# All parts are tried: each says what is wrong with it.
	local failed=0
	if [ -e "$TOP/Kbuild" ]; then
		step "building kpstat.ko for $release" \
			build_module "$CACHE/kernels/$name" "$release" || failed=1
		[ -e "$CACHE/kernels/$name/toolchain" ] || step "building modules of the tests" \
			build_measure "$CACHE/kernels/$name" "$TOP/build/$release" || failed=1
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

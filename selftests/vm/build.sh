#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh [KERNEL]: builds what a guest gets: the module for that kernel in
# build/RELEASE, so that several kernels do not share object files, and kpctl
# and the tests' programs in place, or in build/ARCH for another processor.
set -eu
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build_module() {
	local kernel=$1 release=$2 out=$TOP/build/$2
	copy_module_sources "$out" || return 1
	[ ! -e "$out/.failed" ] || rm -f "$out"/kpstat*.ko
	mkdir -p "$out/bare"
	touch "$out/.failed"
	if [ -e "$kernel/toolchain" ]; then
		build_inside "$(cat "$kernel/toolchain")" "$release" "$out" || return 1
	else
		# Debian's older headers name a compiler that this machine lacks.  KCOV, where
		# it is, notes the ways through kpstat, and through nothing else.
		make -s -j2 -C "$kernel/build" M="$out" CC=gcc KCOV_INSTRUMENT=y modules &&
			strip --strip-debug -o "$out/bare/kpstat.ko" "$out/kpstat.ko" || return 1
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

# On a copy; objtool wants to see its own limits.
build_inside() {
	local root=$1 release=$2 out=$3 build prefix=$GNU_TYPE-
	is_foreign || prefix=''
	build=$(copy_in)/$release
	copy_module_sources "$root/$build" || return 1
	mkdir -p "$root/$build/bare"
	inside "$root" make -s -j2 -C "/usr/src/linux-headers-$release" M="/$build" \
		ARCH="$KARCH" CROSS_COMPILE="$prefix" modules &&
		inside "$root" "${prefix}strip" --strip-debug -o "/$build/bare/kpstat.ko" "/$build/kpstat.ko" &&
		cp -r "$root/$build"/{kpstat.ko,kpstat_types.ko,bare} "$out/"
}

# copy_tree DIR: what kpctl and the tests' programs are built from, only what is newer
copy_tree() {
	mkdir -p "$1"
	(cd "$TOP" && git ls-files -z -co --exclude-standard -- dkms.conf kmod uapi userspace selftests docs |
		xargs -0 ls -d 2>/dev/null | xargs cp -pu --parents -t "$1")
}

# cross DIRECTORY WORD...: make there, for the guests' processor
cross() {
	local root=$CACHE/toolchains/bookworm to
	to=$(copy_in)/$ARCH
	copy_tree "$root/$to" || return 1
	inside "$root" make -s -j2 -C "/$to/$1" "${@:2}" HOSTCC=gcc CC="$GNU_TYPE-gcc" CXX="$GNU_TYPE-g++" \
		OBJCOPY="$GNU_TYPE-objcopy" STRIP="$GNU_TYPE-strip" \
		PKG_CONFIG="env PKG_CONFIG_LIBDIR=/usr/lib/$GNU_TYPE/pkgconfig:/usr/share/pkgconfig pkgconf" || return 1
	ln -sfn "$root/$to" "$TOP/build/$ARCH"
}

build_kpctl() {
	if ! is_foreign; then
		make -s -j2 -C "$TOP/userspace" all
		return
	fi
	rm -rf "$(built)/installed"
	cross userspace install DESTDIR=../installed PREFIX=/usr/local
}

build_tests() {
	if is_foreign; then cross selftests all; else make -s -j2 -C "$TOP/selftests" all; fi
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
		step "building kpctl" build_kpctl || failed=1
	fi
	if [ -e "$TOP/selftests/Makefile" ]; then
		step "building the tests" build_tests || failed=1
	fi
	return $failed
}

main "$@"

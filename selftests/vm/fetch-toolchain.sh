#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fetch-toolchain.sh SUITE: puts a compiler and what kbuild calls into the
# cache, for kernels whose headers bring tools that this machine's libc is too
# old for, and flags that its compiler does not know; and for guests of another
# processor, with the libraries that kpctl is linked with there.  It is a small
# tree of SUITE's packages, unpacked and not configured, to be entered with
# chroot; the machine stays as it is.  Its path goes to stdout.
set -eu
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

PACKAGES=(bash coreutils dash diffutils findutils gawk grep sed make gcc libc6-dev pahole)
# The whole of what is built for another processor is built here.
if is_foreign; then
	APT_ARCHS=$MACHINE_ARCH,$ARCH
	PACKAGES+=(bc bison flex openssl pkgconf xz-utils
		"gcc-${GNU_TYPE//_/-}" "g++-${GNU_TYPE//_/-}")
	for library in libnl-3 libnl-genl-3 libjson-c libelf liblzma libiberty libdw libbpf systemtap-sdt; do
		PACKAGES+=("$library-dev:$ARCH")
	done
fi

download() {
	private_apt "$1" apt-get update &&
		private_apt "$1" apt-get install --yes --download-only "${PACKAGES[@]}"
}

# What the packages' own scripts would have done, as far as it is needed.
configure() {
	local root=$1
	ln -sf gawk "$root/usr/bin/awk"
	ln -sf bash "$root/usr/bin/sh"
	mkdir -p "$root"/{dev,proc,tmp,build}
	mknod -m 666 "$root/dev/null" c 1 3
	ldconfig -r "$root"
}

main() {
	local suite=$1 dest=$CACHE/toolchains/$1 debs
	debs=$(apt_dir "$suite")/archives
	lock_cache "toolchain-$suite"
	if [ ! -e "$dest" ]; then
		rm -rf "$dest.new"
		mkdir -p "$dest.new" "$debs/partial"
		step "downloading the compiler of $suite" download "$suite"
		step "unpacking it" unpack_root "$dest.new" "$debs"
		configure "$dest.new"
		mv "$dest.new" "$dest"
		rm -rf "$debs"
	fi
	printf '%s\n' "$dest"
}

main "$@"

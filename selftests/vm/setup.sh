#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Names the host packages that are missing, and installs them.
set -eu
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

PACKAGES=(
	build-essential flex bison pkg-config
	libnl-3-dev libnl-genl-3-dev libjson-c-dev libelf-dev liblzma-dev libiberty-dev libdw-dev libbpf-dev libcmocka-dev
	"linux-headers-cloud-$MACHINE_ARCH" dkms kmod
	sparse cppcheck shellcheck linux-source-6.1 xz-utils bc libssl-dev openssl pahole
	systemtap-sdt-dev
	e2fsprogs cpio zstd
)
# Whose libraries the newer one runs with, whatever it shows the guest.
case $MACHINE_ARCH in
amd64) PACKAGES+=(qemu-system-x86) ;;
arm64) PACKAGES+=(qemu-system-arm) ;;
esac

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() { apt-get -q -y --no-install-recommends install "$@"; }

main() {
	local missing=()
	for p in "${PACKAGES[@]}"; do
		installed "$p" || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	say "missing packages: ${missing[*]}"
	if [ "$(id -u)" != 0 ]; then
		die "not root; run: apt-get install ${missing[*]}"
	fi
	# Stale lists name package versions that the archive no longer has.
	step "refreshing the package lists" apt-get -q update
	step "installing ${#missing[@]} packages" install_packages "${missing[@]}"
}

main

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Puts a QEMU into the cache that stands it when one CPU patches code that
# another one runs, as kprobes do all the time: Debian 12's own (7.2) crashes
# such a guest within seconds, that of its backports (10) does not.  It runs
# from where it is unpacked, with the libraries of the installed one.  Its
# command goes to stdout.
set -eu
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

SUITE=bookworm-backports
# shellcheck disable=SC2206
PACKAGES=($QEMU_PACKAGES qemu-system-common qemu-system-data)
# It runs on this machine, whatever it shows the guest.
APT_ARCHS=$MACHINE_ARCH

download() {
	private_apt "$SUITE" apt-get update || return 1
	(cd "$1" && private_apt "$SUITE" apt-get download "${PACKAGES[@]}")
}

unpack() {
	local deb
	for deb in "$1"/*.deb; do
		dpkg -x "$deb" "$1" || return 1
	done
	rm "$1"/*.deb
}

# It looks for its firmware where it would be installed.
write_command() {
	cat >"$1/qemu" <<-EOF
	#!/bin/sh
	exec $2/usr/bin/qemu-system-$QEMU_ARCH -L $2/usr/share/qemu -L $2/usr/share/seabios "\$@"
	EOF
	chmod 755 "$1/qemu"
}

main() {
	local dest=$CACHE/qemu new=$CACHE/qemu.new
	lock_cache qemu
	if [ ! -e "$dest/qemu" ]; then
		rm -rf "$new" "$dest"
		mkdir -p "$new"
		step "downloading QEMU ($SUITE)" download "$new"
		step "unpacking it" unpack "$new"
		write_command "$new" "$dest"
		mv "$new" "$dest"
	fi
	echo "$dest/qemu"
}

main

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the guest's root file system, an ext4 image of Debian 12 packages that
# are unpacked and not configured: nothing runs in it but what we start.
# The path of the image goes to stdout.  It is named by a hash of this script,
# which holds the list of packages, so that a changed list is a new image.
set -eu
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

SUITES=bookworm,bookworm-security
PACKAGES=(
	base-files base-passwd bash coreutils dash debianutils diffutils
	findutils gawk grep gzip hostname libc-bin mount ncurses-base
	ncurses-bin procps sed tar util-linux util-linux-extra kmod
	busybox-static
	iproute2 iperf3 socat nftables conntrack tcpdump ethtool iputils-ping
	python3-minimal libpython3-stdlib jq strace xz-utils mdadm libudev1 openssl
	libnl-3-200 libnl-genl-3-200 libjson-c5
	bpftrace
)

download() {
	private_apt "$SUITES" apt-get update &&
		private_apt "$SUITES" apt-get install --yes --download-only "${PACKAGES[@]}"
}

unpack() {
	local root=$1 debs=$2
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
	for d in bin sbin lib lib64; do
		ln -s "usr/$d" "$root/$d"
	done
	for deb in "$debs"/*.deb; do
		dpkg -x "$deb" "$root" || return 1
	done
}

# What the packages' own scripts would have done, as far as it is needed.
configure() {
	local root=$1
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	sed -i 's/^root:\*:/root::/' "$root/etc/passwd"
	ln -sf gawk "$root/usr/bin/awk"
	ln -sf bash "$root/usr/bin/sh"
	ln -sf /proc/mounts "$root/etc/mtab"
	ldconfig -r "$root" || return 1
	mkdir -p "$root"/{dev,proc,sys,run,tmp,root,kpstat,lib/modules}
	printf '127.0.0.1 localhost kpstat-lab\n::1 localhost\n' >"$root/etc/hosts"
	printf "PS1='\\\\h:\\\\w# '\n" >"$root/root/.bashrc"
	rm -rf "$root"/usr/share/{doc,man,info,locale,lintian} "$root"/usr/lib/modules/*
}

image() {
	local root=$1 file=$2 kb
	kb=$(du -sk "$root" | cut -f1)
	rm -f "$file"
	mke2fs -q -F -t ext4 -O ^has_journal -m 0 -E root_owner=0:0 -N 60000 \
		-d "$root" "$file" $((kb * 11 / 10 + 262144))k
}

main() {
	local hash file work
	hash=$(sha256sum <"$0" | cut -c1-12)
	file=$CACHE/rootfs/$hash.img
	lock_cache rootfs
	if [ ! -e "$file" ]; then
		work=$CACHE/rootfs/work
		rm -rf "$work" "$CACHE/apt/${SUITES/,/+}/archives"
		mkdir -p "$CACHE/rootfs"
		# Another branch's may be in use.
		find "$CACHE/rootfs" -name '*.img' -mtime +1 -delete
		mkdir -p "$work" "$CACHE/apt/${SUITES/,/+}/archives/partial"
		step "downloading the guest's packages" download
		step "unpacking them" unpack "$work" "$CACHE/apt/${SUITES/,/+}/archives"
		configure "$work"
		step "building the guest's disk" image "$work" "$file.new"
		mv "$file.new" "$file"
		rm -rf "$work" "$CACHE/apt/${SUITES/,/+}/archives"
	fi
	printf '%s\n' "$file"
}

main

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fetch-peers.sh: puts a disk into the cache with what the bench compares with and
# the guest's own Debian 12 does not have: the newest bpftrace, and perf.  Packages
# of sid, unpacked and not configured, with the libraries that they need.  Its path
# goes to stdout.
set -eu
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

SUITE=sid
PACKAGES=(bpftrace linux-perf)

download() {
	private_apt "$SUITE" apt-get update &&
		private_apt "$SUITE" apt-get install --yes --download-only "${PACKAGES[@]}"
}

image() {
	local root=$1 file=$2
	ldconfig -r "$root" || return 1
	rm -rf "$root"/usr/share/{doc,man,info,locale,lintian}
	mke2fs -q -F -t ext4 -O ^has_journal -m 0 -E root_owner=0:0 \
		-d "$root" "$file" $(($(du -sk "$root" | cut -f1) * 11 / 10 + 16384))k
}

main() {
	local dest=$CACHE/peers/$SUITE.img debs=$CACHE/apt/$SUITE/archives work=$CACHE/peers/work
	lock_cache peers
	if [ ! -e "$dest" ]; then
		rm -rf "$work"
		mkdir -p "$work" "$debs/partial"
		step "downloading bpftrace and perf of $SUITE" download
		step "unpacking them" unpack_root "$work" "$debs"
		step "building their disk" image "$work" "$dest.new"
		mv "$dest.new" "$dest"
		rm -rf "$work" "$debs"
	fi
	printf '%s\n' "$dest"
}

main

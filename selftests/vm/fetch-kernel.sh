#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fetch-kernel.sh [NAME]: puts a Debian kernel and its headers into the cache:
#
#   kernels/NAME/release      what uname -r says in it
#   kernels/NAME/vmlinuz
#   kernels/NAME/modules.img  ext4, to be mounted on /lib/modules
#   kernels/NAME/initrd       loads the disk driver, mounts root, no more
#   kernels/NAME/build        for make -C (a link)
set -eu
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# name	suite			package whose dependency is the newest image
# name	source			package of sources; NAME.config is its configuration
KERNELS='
6.1	bookworm-security	cloud-amd64
nobpf	source			linux-source-6.1
'

# The one dependency of package $2 that matches $3.
dependency() {
	private_apt "$1" apt-cache depends "$2" |
		sed -n 's/^ *Depends: //p' | grep -E -m1 "$3"
}

download() {
	local suite=$1 flavour=$2 dest=$3 image release headers common kbuild
	private_apt "$suite" apt-get update || return 1
	image=$(dependency "$suite" "linux-image-$flavour" '^linux-image-') || return 1
	release=${image#linux-image-}
	headers=linux-headers-$release
	common=$(dependency "$suite" "$headers" '^linux-headers-.*-common') || return 1
	kbuild=$(dependency "$suite" "$headers" '^linux-kbuild-') || return 1
	mkdir -p "$dest/debs"
	(cd "$dest/debs" &&
		private_apt "$suite" apt-get download \
			"$image" "$headers" "$common" "$kbuild") || return 1
	printf '%s\n' "$release" >"$dest/release"
}

unpack() {
	local dest=$1
	mkdir -p "$dest/tree"
	for deb in "$dest"/debs/*.deb; do
		dpkg -x "$deb" "$dest/tree" || return 1
	done
	rm -r "$dest/debs"
}

# The headers name each other below /usr/src; here they are somewhere else.
relocate_headers() {
	local dest=$1 final=$2 release
	release=$(cat "$dest/release")
	sed -i "s,/usr/src/,$final/tree/usr/src/,g; s,/usr/lib/,$final/tree/usr/lib/,g" \
		"$dest"/tree/usr/src/linux-headers-"$release"/Makefile || return 1
	# /lib/modules/*/build and source would point out of the tree.
	rm -f "$dest/tree/lib/modules/$release/build" \
		"$dest/tree/lib/modules/$release/source"
	ln -sfn "tree/usr/src/linux-headers-$release" "$dest/build"
	cp "$dest/tree/boot/vmlinuz-$release" "$dest/vmlinuz"
}

modules_image() {
	local dest=$1 release
	release=$(cat "$dest/release")
	depmod -b "$dest/tree" "$release" || return 1
	# Mounted read-only; a tenth more than the files need.
	local kb
	kb=$(du -sk "$dest/tree/lib/modules" | cut -f1)
	rm -f "$dest/modules.img"
	mke2fs -q -F -t ext4 -O ^has_journal -m 0 -E root_owner=0:0 \
		-d "$dest/tree/lib/modules" "$dest/modules.img" $((kb * 11 / 10 + 8192))k
}

# Modules are copied with what they depend on; those built in are left out.
copy_modules() {
	local tree=$1 release=$2 to=$3 path
	shift 3
	for m in "$@"; do
		modprobe -d "$tree" -S "$release" --show-depends "$m" 2>/dev/null |
			awk '$1 == "insmod" { print $2 }'
	done | awk '!seen[$0]++' | while read -r path; do
		case $path in
		*.xz) xz -dc "$path" >"$to/$(basename "$path" .xz)" ;;
		*.zst) zstd -qdc "$path" >"$to/$(basename "$path" .zst)" ;;
		*) cp "$path" "$to/" ;;
		esac
		basename "$path" | sed 's/\.ko.*/.ko/' >>"$to/order"
	done
}

# Debian's busybox-static, not installed: it would push out a busybox that the
# machine may have.
static_busybox() {
	[ ! -e "$CACHE/busybox" ] || return 0
	local dir=$CACHE/busybox.d
	rm -rf "$dir"
	mkdir -p "$dir"
	private_apt bookworm apt-get update &&
		(cd "$dir" && private_apt bookworm apt-get download busybox-static) &&
		dpkg -x "$dir"/*.deb "$dir" &&
		mv "$dir/bin/busybox" "$CACHE/busybox.new" &&
		mv "$CACHE/busybox.new" "$CACHE/busybox" &&
		rm -r "$dir"
}

make_initrd() {
	local dest=$1 release root=$1/initrd.d
	static_busybox || return 1
	release=$(cat "$dest/release")
	rm -rf "$root"
	mkdir -p "$root"/{bin,dev,proc,sys,newroot,modules}
	cp "$CACHE/busybox" "$root/bin/busybox" || return 1
	: >"$root/modules/order"
	copy_modules "$dest/tree" "$release" "$root/modules" \
		virtio_pci virtio_blk ext4 crc32c_generic
	cp "$LAB/guest-initrd" "$root/init"
	chmod 755 "$root/init"
	(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) >"$dest/initrd.new" || return 1
	mv "$dest/initrd.new" "$dest/initrd"
	rm -rf "$root"
}

# A small kernel of our own: tinyconfig and what NAME.config adds.
unpack_source() {
	local package=$1 source=$2
	[ ! -e "$source/Makefile" ] || return 0
	rm -rf "$source.new"
	mkdir -p "$source.new"
	tar -xf "/usr/src/$package.tar.xz" -C "$source.new" --strip-components=1 &&
		mv "$source.new" "$source"
}

compile() {
	local source=$1 out=$2 config=$3
	rm -rf "$out"
	mkdir -p "$out"
	make -s -C "$source" O="$out" tinyconfig &&
		cat "$config" >>"$out/.config" &&
		make -s -C "$source" O="$out" olddefconfig &&
		make -s -C "$source" O="$out" -j"$(nproc)" bzImage modules &&
		make -s -C "$source" O="$out" INSTALL_MOD_PATH="$out/tree" modules_install
}

# Built anew when its configuration changes; a build tree is 400 MB.
build() {
	local name=$1 package=$2 dest=$3 source=$CACHE/$2 config=$LAB/$1.config sum
	sum=$(sha256sum <"$config")
	[ "$(cat "$dest/config.sum" 2>/dev/null)" != "$sum" ] || return 0
	rm -rf "$dest"
	mkdir -p "$dest"
	step "unpacking $package" unpack_source "$package" "$source"
	step "compiling kernel $name, which takes ten minutes" \
		compile "$source" "$dest/build" "$config"
	make -s -C "$source" O="$dest/build" kernelrelease | tail -n1 >"$dest/release"
	cp "$dest/build/arch/x86/boot/bzImage" "$dest/vmlinuz"
	mv "$dest/build/tree" "$dest/tree"
	step "packing its modules" modules_image "$dest"
	# Without ACPI's interrupt routing, which so small a kernel gets wrong.
	echo acpi=noirq >"$dest/append"
	echo "$sum" >"$dest/config.sum"
	touch "$dest/ready"
}

main() {
	local name=${1:-$DEFAULT_KERNEL} suite flavour dest new
	read -r suite flavour <<<"$(awk -v n="$name" '$1 == n { print $2, $3 }' <<<"$KERNELS")"
	[ -n "$suite" ] || die "unknown kernel $name; known:$(awk 'NF { printf " %s", $1 }' <<<"$KERNELS")"

	dest=$CACHE/kernels/$name
	lock_cache "kernel-$name"
	if [ "$suite" = source ]; then
		build "$name" "$flavour" "$dest"
	elif [ ! -e "$dest/ready" ]; then
		new=$dest.new
		rm -rf "$new" "$dest"
		mkdir -p "$new"
		step "downloading Debian's kernel $name ($suite)" download "$suite" "$flavour" "$new"
		step "unpacking kernel $(cat "$new/release")" unpack "$new"
		relocate_headers "$new" "$dest"
		step "packing its modules" modules_image "$new"
		touch "$new/ready"
		mv "$new" "$dest"
	fi
	if [ ! -e "$dest/initrd" ] || [ "$LAB/guest-initrd" -nt "$dest/initrd" ]; then
		step "building its initrd" make_initrd "$dest"
	fi
}

main "$@"

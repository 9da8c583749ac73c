#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fetch-kernel.sh [NAME | --list | --boots | --tests NAME | --have NAME]: puts a Debian
# kernel and its headers into the cache:
#
#   kernels/NAME/release      what uname -r says in it
#   kernels/NAME/vmlinuz
#   kernels/NAME/modules.img  ext4, to be mounted on /lib/modules
#   kernels/NAME/initrd       loads the disk driver, mounts root, no more
#   kernels/NAME/build        for make -C (a link)
#   kernels/NAME/toolchain    the tree to enter for that, if this machine cannot
#   kernels/NAME/append       what its command line has besides
set -eu
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# name	suite			flavour whose package depends on the newest image,
#				and the suite to build in, if not this machine's
# name	source			package of sources, and what is added to tinyconfig
# ARCH/name			where one processor's is somewhere else
KERNELS='
arm64/5.10	bullseye	cloud-ARCH
5.10	bullseye-security	cloud-ARCH
6.1	bookworm-security	cloud-ARCH
6.12	bookworm-backports	cloud-ARCH
newest	trixie-backports	cloud-ARCH		trixie
rt	bookworm-security	rt-ARCH
nobpf	source			linux-source-6.1	nobpf.config
debug	source			linux-source-6.1	nobpf.config	debug.config
kcsan	source			linux-source-6.1	nobpf.config	kcsan.config
'

# What hosts are like that the matrix is not: a kernel of the table above with more on
# its command line, on the lab's machine (two CPUs), and the tests to which that matters;
# some minutes of them.
# name	kernel	command line			tests
BOOTS='
rt	rt	-				waits fire
nohz	6.1	nohz_full=1			quiet timers reset
nojit	6.1	sysctl.net.core.bpf_jit_enable=0 engine loops
'

# The dependencies of package $2 that match $3.
dependencies() {
	private_apt "$1" apt-cache depends "$2" |
		sed -n 's/^ *Depends: //p' | grep -E "$3"
}

# Newer images come in parts.
download() {
	local suite=$1 flavour=$2 dest=$3 image release headers parts kbuild
	private_apt "$suite" apt-get update || return 1
	image=$(dependencies "$suite" "linux-image-$flavour" '^linux-image-') || return 1
	release=${image#linux-image-}
	headers=linux-headers-$release
	parts=$(dependencies "$suite" "$image" '^linux-(binary|modules)-' || true)
	parts+=" $(dependencies "$suite" "$headers" '^linux-headers-.*-common')"
	kbuild=$(dependencies "$suite" "$headers" '^linux-kbuild-')
	mkdir -p "$dest/debs"
	# shellcheck disable=SC2086
	(cd "$dest/debs" &&
		private_apt "$suite" apt-get download "$image" "$headers" $parts) || return 1
	# Its programs run where the module is built.
	local APT_ARCHS=$MACHINE_ARCH
	! is_foreign || private_apt "$suite" apt-get update || return 1
	(cd "$dest/debs" && private_apt "$suite" apt-get download "$kbuild") || return 1
	printf '%s\n' "$release" >"$dest/release"
}

# unpack DEST HEADERS: what is to be built with goes to the tree HEADERS
unpack() {
	local dest=$1 headers=$2 to
	mkdir -p "$dest/tree"
	for deb in "$dest"/debs/*.deb; do
		to=$dest/tree
		case ${deb##*/} in linux-headers-*|linux-kbuild-*) to=$headers ;; esac
		dpkg -x "$deb" "$to" || return 1
	done
	rm -r "$dest/debs"
	[ -e "$dest/tree/lib" ] || ln -s usr/lib "$dest/tree/lib"
	# These would point out of the tree.
	rm -f "$dest"/tree/lib/modules/*/{build,source}
}

# Where newer packages have it, and older.
find_image() {
	find "$1/tree/lib/modules/" "$1/tree/boot/" -name 'vmlinuz*' -type f 2>/dev/null
}

# The headers name each other below /usr/src; here they are somewhere else.
relocate_headers() {
	local dest=$1 final=$2 release
	release=$(cat "$dest/release")
	sed -i "s,/usr/src/,$final/tree/usr/src/,g; s,/usr/lib/,$final/tree/usr/lib/,g" \
		"$dest/tree/usr/src/linux-headers-$release/Makefile"
}

modules_image() {
	local dest=$1 release
	release=$(cat "$dest/release")
	depmod -b "$dest/tree" "$release" || return 1
	# Mounted read-only; a tenth more than the files need.
	local kb
	kb=$(du -sk "$dest/tree/lib/modules/" | cut -f1)
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
		virtio_pci virtio_blk virtio_console ext4 crc32c_generic
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

# KASAN notes who allocated and who freed, each time 64 callers deep: half of what a
# message to kpstat cost there. The innermost are enough to find them.
shallow_traces() { sed -i 's/^\(#define KASAN_STACK_DEPTH\) .*/\1 8/' "$1/mm/kasan/kasan.h"; }

# KCSAN, where it is, looks at kpstat and at what changes beneath it.  Races of the
# kernel with itself are not the matter, and it takes several times as long with them.
compile() {
	local source=$1 out=$2 make=(make -s -C "$1" O="$2" KCSAN_SANITIZE=n)
	shift 2
	shallow_traces "$source" || return 1
	rm -rf "$out"
	mkdir -p "$out"
	"${make[@]}" tinyconfig &&
		cat "$@" >>"$out/.config" &&
		"${make[@]}" olddefconfig &&
		"${make[@]}" -j"$(nproc)" bzImage modules &&
		"${make[@]}" INSTALL_MOD_PATH="$out/tree" modules_install
}

# sum_of CONFIG...: a hash of what is added to tinyconfig
sum_of() { (cd "$LAB" && cat "$@") | sha256sum; }

# Built anew when its configuration changes; a build tree is 400 MB.
build() {
	local name=$1 package=$2 dest=$3 source=$SHARED/$2 sum
	shift 3
	local configs=("${@/#/$LAB/}")
	! is_foreign || die "kernel $name can be compiled for this machine's processor only"
	sum=$(sum_of "$@")
	[ "$(cat "$dest/config.sum" 2>/dev/null)" != "$sum" ] || return 0
	rm -rf "$dest"
	mkdir -p "$dest"
	step "unpacking $package" unpack_source "$package" "$source"
	step "compiling kernel $name, which takes ten minutes" \
		compile "$source" "$dest/build" "${configs[@]}"
	make -s -C "$source" O="$dest/build" kernelrelease | tail -n1 >"$dest/release"
	cp "$dest/build/arch/x86/boot/bzImage" "$dest/vmlinuz"
	mv "$dest/build/tree" "$dest/tree"
	step "packing its modules" modules_image "$dest"
	# Without ACPI's interrupt routing, which so small a kernel gets wrong, and
	# without a fifth level of page tables: KASAN asks whether there is one
	# while the CPU's features are being looked up, and takes a timer's
	# interrupt then for a wild access.
	echo acpi=noirq no5lvl >"$dest/append"
	echo "$sum" >"$dest/config.sum"
	touch "$dest/ready"
}

fetch() {
	local name=$1 suite=$2 flavour=$3 chroot=$4 dest=$CACHE/kernels/$1
	local new=$dest.new headers=$dest.new/tree release
	[ ! -e "$dest/ready" ] || return 0
	rm -rf "$new" "$dest"
	mkdir -p "$new"
	! is_foreign || chroot=${chroot:-bookworm}
	if [ -n "$chroot" ]; then
		headers=$("$LAB/fetch-toolchain.sh" "$chroot")
		echo "$headers" >"$new/toolchain"
	fi
	step "downloading Debian's kernel $name ($suite)" download "$suite" "$flavour" "$new"
	release=$(cat "$new/release")
	step "unpacking kernel $release" unpack "$new" "$headers"
	if [ -z "$chroot" ]; then
		relocate_headers "$new" "$dest"
		headers=$dest/tree
	fi
	ln -sfn "$headers/usr/src/linux-headers-$release" "$new/build"
	cp "$(find_image "$new")" "$new/vmlinuz"
	step "packing its modules" modules_image "$new"
	touch "$new/ready"
	mv "$new" "$dest"
}

# row TABLE NAME
row() { awk -v n="$2" -v own="$ARCH/$2" '$1 == own || $1 == n' <<<"$1" | sed "1!d; s/ARCH/$ARCH/"; }

names() { awk 'NF && $1 !~ "/" { print $1 }' <<<"$1"; }

# A boot is its kernel, but for the command line.
link_boot() {
	local name=$1 kernel=$2 append=$3 dest=$CACHE/kernels/$1 file
	mkdir -p "$dest"
	for file in release vmlinuz modules.img initrd build toolchain ready; do
		ln -sfn "../$kernel/$file" "$dest/$file"
	done
	echo "$append" >"$dest/append"
}

# Whether kernel NAME is in the cache, as this tree wants it.
have() {
	local suite from more
	read -r _ suite from more <<<"$(row "$KERNELS" "$1")"
	[ -e "$CACHE/kernels/$1/ready" ] || return 1
	# shellcheck disable=SC2086
	[ "$suite" != source ] || [ "$(cat "$CACHE/kernels/$1/config.sum")" = "$(sum_of $more)" ]
}

main() {
	local name=${1:-$DEFAULT_KERNEL} suite from more dest kernel append tests
	case $name in
	--list|--boots)
		names "$([ "$name" = --list ] && echo "$KERNELS" || echo "$BOOTS")"
		return ;;
	--tests)
		read -r _ _ _ tests <<<"$(row "$BOOTS" "$2")"
		echo "${tests:-selftests}"
		return ;;
	--have)
		have "$2"
		return ;;
	esac
	read -r _ kernel append _ <<<"$(row "$BOOTS" "$name")"
	if [ "${kernel:-$name}" != "$name" ]; then
		"$0" "$kernel"
		link_boot "$name" "$kernel" "$append"
		return
	fi
	read -r _ suite from more <<<"$(row "$KERNELS" "$name")"
	[ -n "$suite" ] || die "unknown kernel $name; known: $(names "$KERNELS$BOOTS" | sort -u | paste -sd' ')"

	dest=$CACHE/kernels/$name
	lock_cache "kernel-$name"
	if [ "$suite" = source ]; then
		# shellcheck disable=SC2086
		build "$name" "$from" "$dest" $more
	else
		fetch "$name" "$suite" "$from" "$more"
	fi
	if [ ! -e "$dest/initrd" ] || [ "$LAB/guest-initrd" -nt "$dest/initrd" ]; then
		step "building its initrd" make_initrd "$dest"
	fi
}

main "$@"

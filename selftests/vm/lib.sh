# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What the lab's scripts share: where things are, which processor the guests have, how
# progress is said, and a private apt that leaves the machine's own package state alone.

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$LAB/../.." && pwd)
CACHE=${KPSTAT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kpstat}
# What is the same for every processor: sources.
SHARED=$CACHE
# Debian's name of the guests' processor, which is this machine's if nobody asks for
# another; that one has a part of the cache of its own.
MACHINE_ARCH=$(dpkg --print-architecture)
ARCH=${KPSTAT_ARCH:-$MACHINE_ARCH}
[ "$ARCH" = "$MACHINE_ARCH" ] || CACHE=$CACHE/$ARCH
# The kernel that is booted when nobody asks for another.
DEFAULT_KERNEL=${KPSTAT_KERNEL:-6.1}
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

# Everything that is not a result goes to stderr, so that stdout is TAP.
say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

is_foreign() { [ "$ARCH" != "$MACHINE_ARCH" ]; }

# name	kbuild	GNU's			QEMU	its packages
ARCHS='
amd64	x86	x86_64-linux-gnu	x86_64	qemu-system-x86 seabios
arm64	arm64	aarch64-linux-gnu	aarch64	qemu-system-arm
'
read -r _ KARCH GNU_TYPE QEMU_ARCH QEMU_PACKAGES \
	< <(awk -v n="$ARCH" '$1 == n' <<<"$ARCHS") ||
	die "no such processor: KPSTAT_ARCH=$ARCH; known:$(awk 'NF { printf " %s", $1 }' <<<"$ARCHS")"

# step TEXT COMMAND...: one line of progress with the time taken; the
# command's own output is shown only when it fails.
step() {
	local text=$1 log start=$SECONDS
	shift
	log=$(mktemp)
	printf '==> %s ... ' "$text" >&2
	if "$@" >"$log" 2>&1 </dev/null; then
		printf '%ds\n' $((SECONDS - start)) >&2
		rm -f "$log"
		return 0
	fi
	printf 'FAILED\n' >&2
	sed 's/^/    /' "$log" >&2
	rm -f "$log"
	return 1
}

# result NAME FILE: one line of TAP; no output is a pass, and what there is, is the diagnosis.
# main sets N=0 FAILED=0 and ABOUT, what all are about.
result() {
	N=$((N + 1))
	[ -s "$2" ] || { echo "ok $N - $ABOUT: $1"; return; }
	FAILED=1
	echo "not ok $N - $ABOUT: $1"
	head -n 200 "$2" | sed 's/^/# /'
}

# The machine's own sources as "URI SUITE SIGNED-BY", one-line and deb822
# format alike.
machine_sources() {
	local files=()
	shopt -s nullglob
	files=(/etc/apt/sources.list /etc/apt/sources.list.d/*.list)
	for f in "${files[@]}"; do
		[ -r "$f" ] || continue
		awk '$1 == "deb" {
			line = $0; key = "-"
			if (match(line, /\[[^]]*\]/)) {
				opts = substr(line, RSTART + 1, RLENGTH - 2)
				if (match(opts, /signed-by=[^ ]*/))
					key = substr(opts, RSTART + 10, RLENGTH - 10)
				sub(/\[[^]]*\]/, "", line)
			}
			split(line, w, /[ \t]+/)
			print w[2], w[3], key
		}' "$f"
	done
	files=(/etc/apt/sources.list.d/*.sources)
	shopt -u nullglob
	for f in "${files[@]}"; do
		awk '
		function flush(  i, j, nu, ns, u, s) {
			if (types ~ /(^| )deb( |$)/ && enabled !~ /^no/) {
				nu = split(uris, u, " "); ns = split(suites, s, " ")
				for (i = 1; i <= nu; i++)
					for (j = 1; j <= ns; j++)
						print u[i], s[j], key
			}
			types = uris = suites = enabled = ""; key = "-"
		}
		BEGIN { key = "-" }
		/^#/ { next }
		/^[ \t]*$/ { flush(); next }
		/^[A-Za-z-]+:/ { field = tolower($1); $1 = ""; sub(/^ /, "") }
		field == "types:" { types = types " " $0 }
		field == "uris:" { uris = uris " " $0 }
		field == "suites:" { suites = suites " " $0 }
		field == "enabled:" { enabled = $0 }
		field == "signed-by:" && /^\// { key = $1 }
		END { flush() }' "$f"
	done
}

# archive_for SUITE: "URI SIGNED-BY" of the archive that carries SUITE, as far
# as the machine's own sources tell.  A suite that the machine does not use
# itself (another release) is looked for where its kind is: *-security in the
# security archive, anything else in the main one.
archive_for() {
	local suite=$1 sources found=
	sources=$(machine_sources)
	found=$(awk -v s="$suite" '$2 == s { print $1, $3; exit }' <<<"$sources")
	if [ -z "$found" ]; then
		case $suite in
		*-security)
			found=$(awk '$2 ~ /-security$/ { print $1, $3; exit }' <<<"$sources") ;;
		*)
			found=$(awk '$2 ~ /-updates$/ { print $1, $3; exit }' <<<"$sources")
			[ -n "$found" ] || found=$(awk '
				$1 ~ /\/debian\/?$/ { print $1, $3; exit }' <<<"$sources") ;;
		esac
	fi
	[ -n "$found" ] || die "no archive for $suite in this machine's apt sources"
	printf '%s\n' "$found"
}

# Whose packages the private apt takes, the first if nobody says whose.
APT_ARCHS=$ARCH

# apt_dir SUITE[,SUITE...]: where that keeps what it knows and gets
apt_dir() {
	local of=
	[ "$APT_ARCHS" = "$ARCH" ] || of=-${APT_ARCHS//,/-}
	echo "$CACHE/apt/${1//,/+}$of"
}

# private_apt SUITE[,SUITE...] COMMAND...: apt-get or apt-cache with lists,
# cache and package state of its own below the cache directory.
private_apt() {
	local suites=$1 dir suite uri key opt
	shift
	dir=$(apt_dir "$suites")
	if [ ! -s "$dir/sources.list" ]; then
		mkdir -p "$dir/lists/partial" "$dir/archives/partial" "$dir/state"
		: >"$dir/status"
		for suite in ${suites//,/ }; do
			read -r uri key <<<"$(archive_for "$suite")"
			[ -n "$uri" ] || return 1
			opt=
			[ "$key" = - ] || opt=" signed-by=$key"
			printf 'deb [arch=%s%s] %s %s main\n' "$APT_ARCHS" "$opt" "$uri" "$suite"
		done >"$dir/sources.list.new"
		mv "$dir/sources.list.new" "$dir/sources.list"
	fi
	local tool=$1
	shift
	"$tool" -q \
		-o Dir::Etc::SourceList="$dir/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null \
		-o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$dir/state" \
		-o Dir::State::Lists="$dir/lists" \
		-o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir" \
		-o Dir::Cache::archives="$dir/archives" \
		-o Dir::Log="$dir" \
		-o APT::Architecture="${APT_ARCHS%%,*}" \
		-o APT::Architectures="$APT_ARCHS" \
		-o APT::Install-Recommends=false \
		-o APT::Sandbox::User= \
		-o APT::Keep-Downloaded-Packages=true \
		-o Acquire::Languages=none \
		-o Acquire::Retries=3 \
		-o Debug::NoLocking=true \
		"$@"
}

# unpack_root DIR DEBS: a root file system of packages that are not configured
unpack_root() {
	local root=$1 debs=$2
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
	for d in bin sbin lib lib64; do
		ln -s "usr/$d" "$root/$d"
	done
	for deb in "$debs"/*.deb; do
		dpkg -x "$deb" "$root" || return 1
	done
}

# inside ROOT COMMAND...: in another release's tree
inside() {
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t proc proc "$0/proc" && exec chroot "$@"' "$1" "$@"
}

# What is this tree's in such a tree; trees that share a cache share no copy.
copy_in() { echo "build/$(cksum <<<"$TOP" | cut -d' ' -f1)"; }

# copy_module_sources DIR: what kbuild needs, without what it made.  Only newer
# files are copied, so that make sees what changed; what is gone from the tree
# goes from the copy.
copy_module_sources() {
	local to=$1
	mkdir -p "$to"
	(cd "$TOP" && find Kbuild kmod uapi -type f ! -name '*.o' ! -name '.*' \
		! -name '*.mod' ! -name '*.mod.c' ! -name '*.ko' ! -name '*.a' \
		! -name '*.order' ! -name '*.inc' -print0 | xargs -0 cp -pu --parents -t "$to")
	(cd "$to" && find kmod uapi -type f -name '*.[ch]' ! -name '*.mod.c' -print0) |
		while read -r -d '' f; do
			[ -e "$TOP/$f" ] || rm -f "$to/$f"
		done
}

# built: where kpctl and the tests' programs are
built() { if is_foreign; then echo "$TOP/build/$ARCH"; else echo "$TOP"; fi; }

# stage_tree RELEASE DIR: the tree as the guest gets it.
stage_tree() {
	local built=$TOP/build/$1 root=$2 from
	from=$(built)
	mkdir -p "$root/kpstat"
	if [ -e "$built/kpstat.ko" ]; then
		# As DKMS installs them: the one without its debug information, which
		# is what every insmod would read, the other with it.
		cp "$built/bare/kpstat.ko" "$built/kpstat_types.ko" "$root/kpstat/" || return 1
		cp "$built"/measure/kps_*.ko "$root/kpstat/" 2>/dev/null || :
	else
		echo "there is no kpstat.ko"
	fi
	cp -r "$from/selftests" "$from/uapi" "$from/docs" \
		"$from/userspace/fuzz/corpus" "$root/kpstat/" || return 1
	if is_foreign; then
		cp -r "$from/installed/." "$root/"
	elif [ -x "$from/userspace/kpctl" ]; then
		make -s --no-print-directory -C "$from/userspace" install DESTDIR="$root" PREFIX=/usr/local
	fi
}

# One process at a time may fill one part of the cache.
lock_cache() {
	mkdir -p "$CACHE"
	exec {LOCK_FD}>"$CACHE/lock.$1"
	flock "$LOCK_FD"
}
unlock_cache() { exec {LOCK_FD}>&-; }
